//! DES keys of single, double and triple length (PKCS#11 3.2, section 6.18; FIPS 46-3): the lowest bit of each byte makes
//! the number of its ones odd.

use super::KeyType;
use super::secret::{complete, parse};
use crate::block_cipher::{self, BlockCipher, Des, TdesEde3};
use crate::error::{Error, Result};
use crate::object::template::{Attributes, Contribution, Read, Value};
use cryptoki_sys::*;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The key types.
pub const TYPES: &[KeyType] = &[
    fixed(CKK_DES, 8, complete_des::<Des, 8>),
    fixed(CKK_DES2, 16, complete_des::<TdesEde3, 16>),
    fixed(CKK_DES3, 24, complete_des::<TdesEde3, 24>),
];

const fn fixed(
    id: CK_KEY_TYPE,
    length: usize,
    complete: fn(CK_OBJECT_CLASS, &mut Attributes) -> Result<()>,
) -> KeyType {
    KeyType { id, complete, parse, to_pkcs8: None, from_pkcs8: None, fixed_length: Some(length) }
}

/// Gives a DES key that was made here its parity; leaves every other key alone.
pub fn set_parity(attributes: &mut Attributes) {
    let des = attributes.ulong(CKA_KEY_TYPE).is_some_and(|id| TYPES.iter().any(|key_type| key_type.id == id));
    let Some(value) = attributes.bytes(CKA_VALUE).filter(|_| des) else { return };
    let value: Zeroizing<Vec<u8>> = Zeroizing::new(value.iter().copied().map(with_parity).collect());
    attributes.insert(CKA_VALUE, Value::Bytes(value.into()));
}

/// Whether a key of triple DES has two equal neighbours, and so does no more than a key of single DES: what somebody makes who
/// puts the pieces of a wrapped key together anew to guess them one by one (Clulow 2003).
pub fn repeats(template: &Attributes, contribution: &Contribution) -> bool {
    let triple = matches!(template.ulong(CKA_KEY_TYPE), Some(CKK_DES2 | CKK_DES3));
    let value = contribution.iter().find(|(attribute, _)| *attribute == CKA_VALUE);
    let Some((_, Value::Bytes(value))) = value.filter(|_| triple) else { return false };
    let parts: Vec<_> = value.chunks(8).collect();
    parts.windows(2).any(|pair| matches!(pair, [one, next] if bool::from(one.ct_eq(next))))
}

/// "Attempting to create or unwrap a DES2 key with incorrect parity will return an error." Weak keys are let through: the
/// standard leaves that to the token, and nobody meets one by chance.
fn complete_des<C: BlockCipher, const LENGTH: usize>(
    class: CK_OBJECT_CLASS,
    attributes: &mut Attributes,
) -> Result<()> {
    complete(class, attributes, |value| {
        let odd = value.iter().fold(true, |odd, byte| odd & (*byte == with_parity(*byte)));
        if value.len() != LENGTH || !odd {
            return Err(Error::AttributeValueInvalid);
        }
        block_cipher::encrypted_zeros::<C>(value)
    })
}

fn with_parity(byte: u8) -> u8 {
    let key = byte & !1;
    key | u8::from(key.count_ones().is_multiple_of(2))
}
