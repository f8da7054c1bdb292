//! Whether the two halves of a key pair that was just made belong together: tried before anybody gets them, so that a fault in the
//! making makes no key that signs what nobody verifies, or encrypts what nobody decrypts (FIPS 140-3, "pair-wise consistency").
//!
//! RSA pairs are tried by `key/rsa.rs`, imported ones too. On curves and in groups the public half of an imported private key is always
//! computed from it, and private keys of several parts are judged by [`super::parameter_set::PrivateKey::is_sound`].

use super::Key;
use crate::error::{Error, Result};
use crate::object::template::strip_zeros;
use dsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use subtle::ConstantTimeEq;

/// What is signed: any digest will do.
const DIGEST: [u8; 32] = [0x5a; 32];

/// `DeviceError` for halves that do not belong together.
pub fn check(public: &Key, private: &Key) -> Result<()> {
    if fit(public, private)? { Ok(()) } else { Err(Error::DeviceError) }
}

fn fit(public: &Key, private: &Key) -> Result<bool> {
    Ok(match (public, private) {
        (Key::Rsa(_), Key::Rsa(_)) => true,
        // On curves the public half is computed once more (SP 800-56A, section 5.6.2.1.4), which the parsing of a private key does
        // anyway. A signature and its verification would take three times as long as all the rest, and their code is tried by
        // its known answers (`mech/self_test.rs`).
        (Key::Ec(public), Key::Ec(private)) => public.public()?.point() == private.private()?.point(),
        (Key::Edwards(public), Key::Edwards(private)) => public.public()?.point() == private.private()?.point(),
        (Key::Montgomery(public), Key::Montgomery(private)) => {
            public.curve.public_of(private.private()?).as_deref() == Some(public.public()?)
        }
        (Key::Dsa(public), Key::Dsa(private)) => {
            let signature: dsa::Signature = private.private()?.sign_prehash(&DIGEST).map_err(|_| Error::DeviceError)?;
            public.public()?.verify_prehash(&DIGEST, &signature).is_ok()
        }
        (Key::Dh(public), Key::Dh(private)) => {
            let group = &private.group;
            let value = group.power(group.generator(), private.private()?);
            *strip_zeros(&value) == *strip_zeros(&public.public()?.to_be_bytes())
        }
        (Key::MlKem(public), Key::MlKem(private)) => {
            let (ciphertext, secret) = public.public()?.encapsulate()?;
            let opened = private.private()?.decapsulate(&ciphertext);
            opened.is_some_and(|opened| opened.ct_eq(&secret).into())
        }
        (Key::MlDsa(public), Key::MlDsa(private)) => {
            let mu = [0x5a; 64];
            public.public()?.verify(&mu, &private.private()?.sign(&mu, true)?).is_ok()
        }
        // A signature takes a second with some parameter sets. What the root is of, is what a signature would show.
        (Key::SlhDsa(_), Key::SlhDsa(private)) => private.private()?.is_sound(),
        // A signature would use a leaf up. The tree that is grown here signs later.
        (Key::Hss(public), Key::Hss(private)) => private.private()?.public_value()? == public.public()?.value(),
        _ => false,
    })
}
