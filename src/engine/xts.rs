//! The tweaks of XTS (IEEE 1619, section 5.2), which both engines count on from.

/// A tweak so many blocks later: times x to that power in GF(2^128), modulo x^128 + x^7 + x^2 + x + 1, in constant time
/// but for the number of blocks.
pub(crate) fn advanced(tweak: &[u8; 16], blocks: usize) -> [u8; 16] {
    let tweak = u128::from_le_bytes(*tweak);
    let leaps = (0..blocks / LEAP).fold(tweak, |tweak, _| times_x_to(tweak, LEAP));
    times_x_to(leaps, blocks % LEAP).to_le_bytes()
}

/// The most that one reduction is enough for: what overflows has 64 bits, and times a polynomial of degree 7 it fits again.
const LEAP: usize = 64;

/// Times x to a power of at most [`LEAP`].
fn times_x_to(tweak: u128, power: usize) -> u128 {
    // Two steps, because a shift by 128 bits is none.
    let overflow = tweak >> 64 >> (LEAP - power);
    (tweak << power) ^ overflow ^ (overflow << 1) ^ (overflow << 2) ^ (overflow << 7)
}

#[cfg(test)]
mod tests {
    use super::advanced;

    /// One block on as the standard writes it, byte for byte (section 5.2).
    fn doubled(tweak: [u8; 16]) -> [u8; 16] {
        let mut carry = 0;
        let mut next = tweak.map(|byte| {
            let shifted = byte << 1 | carry;
            carry = byte >> 7;
            shifted
        });
        if carry == 1 {
            next[0] ^= 0x87;
        }
        next
    }

    #[test]
    fn leaps_lead_where_steps_lead() {
        for first in [
            [0xff; 16],
            [0x80; 16],
            [1; 16],
            std::array::from_fn(|index| (index as u8).wrapping_mul(37).wrapping_add(11)),
        ] {
            let mut tweak = first;
            for blocks in 0..300 {
                assert_eq!(advanced(&first, blocks), tweak, "{blocks}");
                tweak = doubled(tweak);
            }
        }
    }
}
