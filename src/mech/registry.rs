//! The list of all mechanisms, made of the families' rows.

use super::{
    Mechanism, aes, aria, blowfish, camellia, des, dh, digest, dsa, ecdh, ecdsa, eddsa, envelope, hmac, hotp, hss, kdf,
    ml_dsa, ml_kem, rc2, rsa, secret, slh_dsa, stream, twofish,
};
use cryptoki_sys::{CK_FLAGS, CK_KEY_TYPE, CK_MECHANISM_TYPE};
use std::sync::LazyLock;

/// Each family's rows. A family registers here, and nowhere else.
const FAMILIES: &[&[Mechanism]] = &[
    digest::ROWS,
    hmac::ROWS,
    secret::ROWS,
    aes::ROWS,
    des::ROWS,
    camellia::ROWS,
    aria::ROWS,
    blowfish::ROWS,
    twofish::ROWS,
    rc2::ROWS,
    rsa::ROWS,
    ecdsa::ROWS,
    ecdh::ROWS,
    eddsa::ROWS,
    envelope::ROWS,
    dsa::ROWS,
    dh::ROWS,
    ml_kem::ROWS,
    ml_dsa::ROWS,
    slh_dsa::ROWS,
    stream::ROWS,
    hss::ROWS,
    hotp::ROWS,
    kdf::hkdf::ROWS,
    kdf::sp800::ROWS,
    kdf::pbkdf2::ROWS,
    kdf::pbe::ROWS,
    kdf::simple::ROWS,
    kdf::hashes::ROWS,
    kdf::public::ROWS,
    kdf::tls::ROWS,
    kdf::tls_keys::ROWS,
    kdf::ike::ROWS,
];

static SORTED: LazyLock<Vec<Mechanism>> = LazyLock::new(|| {
    let mut rows: Vec<Mechanism> = FAMILIES.iter().flat_map(|rows| rows.iter().copied()).collect();
    rows.sort_by_key(|row| row.id);
    rows.iter_mut().enumerate().for_each(|(at, row)| row.at = at);
    rows
});

/// All mechanisms, by number.
pub fn all() -> &'static [Mechanism] {
    &SORTED
}

/// The mechanism of this number.
pub fn find(id: CK_MECHANISM_TYPE) -> Option<&'static Mechanism> {
    SORTED.get(SORTED.binary_search_by_key(&id, |row| row.id).ok()?)
}

/// Whether any mechanism can do something (one of the `CKF_…` flags) with secret keys or key pairs of a type.
pub fn serves(key_type: CK_KEY_TYPE, pair: bool, flag: CK_FLAGS) -> bool {
    let fits = |row: &&Mechanism| row.asymmetric == pair && row.key_types.contains(&key_type);
    SORTED.iter().filter(fits).any(|row| row.info_flags() & flag != 0)
}
