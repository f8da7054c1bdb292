//! ML-KEM (PKCS#11 3.2, section "ML-KEM"; FIPS 203).

use super::{Mechanism, Params};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::key::ml_kem::{MlKemKey, SECRET_LEN, SETS};
use crate::key::parameter_set::generated;
use crate::object::template::Attributes;
use crate::object::template::Contribution;
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_ML_KEM_KEY_PAIR_GEN).generates_pairs(generate),
    row(CKM_ML_KEM).kem(ciphertext_len, encapsulate, decapsulate),
];

/// The sizes are those of the public keys in bytes.
const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).public_bytes(&[CKK_ML_KEM], 800, 1568)
}

fn generate(_: &Mechanism, _: &Params, public: &Attributes, _: &Attributes) -> Result<(Contribution, Contribution)> {
    generated(SETS, public)
}

fn ml_kem_key(key: &Key) -> Result<&MlKemKey> {
    match key {
        Key::MlKem(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

fn ciphertext_len(_: &Mechanism, _: &Params, key: &Key) -> Result<usize> {
    Ok(ml_kem_key(key)?.public()?.ciphertext_len())
}

fn encapsulate(_: &Mechanism, _: &Params, key: &Key, wanted: Option<usize>) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
    check_length(wanted)?;
    ml_kem_key(key)?.public()?.encapsulate()
}

fn decapsulate(
    _: &Mechanism,
    _: &Params,
    key: &Key,
    ciphertext: &[u8],
    wanted: Option<usize>,
) -> Result<Zeroizing<Vec<u8>>> {
    check_length(wanted)?;
    ml_kem_key(key)?.private()?.decapsulate(ciphertext).ok_or(Error::WrappedKeyLenRange)
}

/// "The mechanism contributes the result as the CKA_VALUE": as it is, so that no other length can be had of it.
fn check_length(wanted: Option<usize>) -> Result<()> {
    if wanted.is_none_or(|wanted| wanted == SECRET_LEN) { Ok(()) } else { Err(Error::TemplateInconsistent) }
}
