//! RSA as a key encapsulation: a secret that is made here and encrypted as a wrapped key is, or for the bare operation RSASVE of
//! SP 800-56B, where a random number below the modulus is the secret.

use super::encryption::Encryption;
use super::rsa;
use crate::error::{Error, Result};
use crate::key::Key;
use crate::key::rsa::Modulus;
use crate::mech::{Mechanism, Params};
use crate::random;
use cryptoki_sys::CKM_RSA_X_509;
use zeroize::Zeroizing;

/// [`crate::mech::CiphertextLen`].
pub(super) fn ciphertext_len(_: &Mechanism, _: &Params, key: &Key) -> Result<usize> {
    Ok(rsa(key)?.public()?.modulus.size())
}

/// [`crate::mech::Encapsulate`]. Where the padding leaves the length open, the template must say it.
pub(super) fn encapsulate(
    mechanism: &Mechanism,
    params: &Params,
    key: &Key,
    wanted: Option<usize>,
) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
    let public = rsa(key)?.public()?;
    if mechanism.id == CKM_RSA_X_509 {
        check_whole(wanted, public.modulus.size())?;
        let secret = random_number(&public.modulus)?;
        return Ok((public.apply(&secret)?.to_vec(), secret));
    }
    let scheme = Encryption::of(mechanism, params, public.modulus.size())?;
    let length = wanted.ok_or(Error::TemplateIncomplete)?;
    if !(1..=scheme.capacity(public.modulus.size())).contains(&length) {
        return Err(Error::TemplateInconsistent);
    }
    let secret = random::secret(length)?;
    Ok((scheme.encrypt(public, &secret)?.to_vec(), secret))
}

/// [`crate::mech::Decapsulate`]: "exactly equivalent to C_UnwrapKey" where there is a padding.
pub(super) fn decapsulate(
    mechanism: &Mechanism,
    params: &Params,
    key: &Key,
    ciphertext: &[u8],
    wanted: Option<usize>,
) -> Result<Zeroizing<Vec<u8>>> {
    let private = rsa(key)?.private()?;
    if mechanism.id == CKM_RSA_X_509 {
        check_whole(wanted, private.modulus.size())?;
        if ciphertext.len() != private.modulus.size() {
            return Err(Error::WrappedKeyLenRange);
        }
        let number = private.modulus.representative(ciphertext).filter(|number| private.modulus.has_inside(number));
        return private.apply(&number.ok_or(Error::WrappedKeyInvalid)?);
    }
    let secret = mechanism.unwrap.ok_or(Error::MechanismInvalid)?(mechanism, params, key, ciphertext)?;
    if wanted.is_some_and(|wanted| wanted != secret.len()) { Err(Error::WrappedKeyLenRange) } else { Ok(secret) }
}

/// The secret of RSASVE is as long as the modulus.
fn check_whole(wanted: Option<usize>, k: usize) -> Result<()> {
    if wanted.is_none_or(|wanted| wanted == k) { Ok(()) } else { Err(Error::TemplateInconsistent) }
}

/// A random number of RSASVE: k bytes.
fn random_number(modulus: &Modulus) -> Result<Zeroizing<Vec<u8>>> {
    let unused = modulus.size() * 8 - modulus.bits();
    loop {
        // With as many bits as the modulus, every second number at least is below it.
        let mut bytes = random::secret(modulus.size())?;
        if let Some(first) = bytes.first_mut() {
            *first &= 0xff >> unused;
        }
        if let Some(number) = modulus.representative(&bytes).filter(|number| modulus.has_inside(number)) {
            return Ok(number);
        }
    }
}
