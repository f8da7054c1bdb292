//! AES-GMAC (section 6.17, "AES-GMAC"; NIST SP 800-38D): GCM that has additional data only.

use super::gcm::Gcm;
use crate::engine::Direction;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::aead::Aead;
use crate::mech::mac::{Mac, MacOp};
use crate::mech::{Mechanism, Params};
use crate::op::{Sign, Verify};
use zeroize::Zeroizing;

pub(super) fn sign(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    Ok(Box::new(begin(params, key)?))
}

pub(super) fn verify(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    Ok(Box::new(begin(params, key)?))
}

/// `MechanismParamInvalid`, beside what GCM refuses, for additional data in the parameter, because the data that is signed
/// is the additional data; and for a tag of no length, by which any data would be authentic.
fn begin(params: &Params, key: &Key) -> Result<MacOp> {
    let Params::Gcm { aad, .. } = params else { return Err(Error::MechanismParamInvalid) };
    let gcm = Gcm::new(params, key, Direction::Encrypt)?;
    let length = gcm.tag_len();
    if !aad.is_empty() || length == 0 {
        return Err(Error::MechanismParamInvalid);
    }
    MacOp::new(Box::new(Gmac(Some(gcm))), &Params::None, length)
}

/// Nothing once the engine has failed, which is told at the end.
struct Gmac(Option<Gcm>);

impl Mac for Gmac {
    fn update(&mut self, data: &[u8]) {
        self.0.take_if(|gcm| gcm.add(data).is_err());
    }

    fn finish(&mut self) -> Zeroizing<Vec<u8>> {
        let tag = self.0.as_mut().and_then(|gcm| gcm.tag().ok());
        Zeroizing::new(tag.map(Vec::from).unwrap_or_default())
    }
}
