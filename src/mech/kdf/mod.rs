//! Key derivation: one file for each chapter of the standard.

pub mod hashes;
pub mod hkdf;
pub mod ike;
pub mod params;
pub mod pbe;
pub mod pbkdf2;
mod prf;
pub mod public;
pub mod simple;
pub mod sp800;
pub mod tls;
pub mod tls_keys;

pub use params::{Form, KdfParams};

use super::secret::MAX_BYTES;
use super::{Mechanism, Params, Shape, Unit};
use crate::error::{Error, Result};
use cryptoki_sys::*;

/// A derivation from secret keys of any type.
const fn from_any_secret(id: CK_MECHANISM_TYPE, form: Form) -> Mechanism {
    from_secrets(id, form, &[])
}

/// A derivation from secret keys of these types.
const fn from_secrets(id: CK_MECHANISM_TYPE, form: Form, types: &'static [CK_KEY_TYPE]) -> Mechanism {
    Mechanism::new(id).secret_keys(types, 8, MAX_BYTES * 8, Unit::Bits).params(Shape::Kdf(form))
}

/// The parameter of a derivation.
fn kdf_params(params: &Params) -> Result<&KdfParams> {
    match params {
        Params::Kdf(params) => Ok(params),
        _ => Err(Error::MechanismParamInvalid),
    }
}
