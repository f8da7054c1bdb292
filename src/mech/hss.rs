//! HSS, hash-based signatures with a state (PKCS#11 3.2, section "HSS"; RFC 8554, NIST SP 800-208).
//!
//! The standard asks for parts in verification only of `C_VerifySignatureInit`; here `C_VerifyUpdate` works as well.

use super::{Mechanism, Params, Place, Spends};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::key::hss::{self, HssKey};
use crate::object::template::{Attributes, Contribution};
use crate::op::{GatherVerify, Verify};
use cryptoki_sys::*;

/// The rows. "Not used and must be set to 0": the sizes.
pub const ROWS: &[Mechanism] =
    &[row(CKM_HSS_KEY_PAIR_GEN).generates_pairs(generate), row(CKM_HSS).spends(Spends { bound, sign }, verify)];

const fn row(id: CK_MECHANISM_TYPE) -> Mechanism {
    Mechanism::new(id).public_bytes(&[CKK_HSS], 0, 0)
}

fn generate(_: &Mechanism, _: &Params, _: &Attributes, private: &Attributes) -> Result<(Contribution, Contribution)> {
    hss::generated(private)
}

fn hss_key(key: &Key) -> Result<&HssKey> {
    match key {
        Key::Hss(key) => Ok(key),
        _ => Err(Error::KeyTypeInconsistent),
    }
}

fn bound(_: &Mechanism, _: &Params, key: &Key) -> Result<usize> {
    Ok(hss_key(key)?.private()?.signature_len())
}

fn sign(
    _: &Mechanism,
    _: &Params,
    key: &Key,
    attributes: &Attributes,
    data: &[u8],
    _: Place,
) -> Result<(Vec<u8>, Contribution)> {
    hss::sign(hss_key(key)?.private()?, attributes, data)
}

fn verify(_: &Mechanism, _: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let key = hss_key(key)?.public()?.clone();
    Ok(Box::new(GatherVerify::parts(move |data: &[u8], signature: &[u8]| key.verify(data, signature))))
}
