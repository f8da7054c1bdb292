//! The public key of a private one (PKCS#11 3.2, section 6.43, "Public key from private key").

use crate::error::{Error, Result};
use crate::key;
use crate::mech::derive::{Described, Ingredients, Outcome, Wanted, Wish};
use crate::mech::{Mechanism, Params};
use crate::object::template::{Attributes, Read, Value};
use cryptoki_sys::*;

/// The row. Every private key has a public one, whatever it may be used for.
pub const ROWS: &[Mechanism] =
    &[Mechanism::new(CKM_PUB_KEY_FROM_PRIV_KEY).key_pairs(&[], 0, 0).unconditional().derives_by(plan, make)];

/// The attributes of the public key that come from the private one's, unless the template has others.
const COPIED: &[(CK_ATTRIBUTE_TYPE, CK_ATTRIBUTE_TYPE)] = &[
    (CKA_ENCRYPT, CKA_DECRYPT),
    (CKA_VERIFY, CKA_SIGN),
    (CKA_VERIFY_RECOVER, CKA_SIGN_RECOVER),
    (CKA_WRAP, CKA_UNWRAP),
    (CKA_ENCAPSULATE, CKA_DECAPSULATE),
    (CKA_DERIVE, CKA_DERIVE),
    (CKA_ID, CKA_ID),
    (CKA_START_DATE, CKA_START_DATE),
    (CKA_END_DATE, CKA_END_DATE),
    (CKA_SUBJECT, CKA_SUBJECT),
    (CKA_ALLOWED_MECHANISMS, CKA_ALLOWED_MECHANISMS),
];

fn plan(_: &Mechanism, _: &Params, private: &Attributes) -> Result<Vec<Wish>> {
    let mut wish = Wish::new(CKO_PUBLIC_KEY, Described::ByCall);
    if let Some(key_type) = private.get(&CKA_KEY_TYPE) {
        wish = wish.implying(CKA_KEY_TYPE, key_type);
    }
    for (public, own) in COPIED {
        if let Some(value) = private.get(own) {
            wish = wish.suggesting(*public, value);
        }
    }
    Ok(vec![wish])
}

/// The token computes `CKA_PUBLIC_KEY_INFO` for every private key whose type it can.
fn make(_: &Mechanism, _: &Params, keys: &Ingredients<'_>, _: &[Wanted]) -> Result<Outcome> {
    let (private, unknown) = (keys.base.attributes, Error::KeyTypeInconsistent);
    let info = private.required(CKA_PUBLIC_KEY_INFO).map_err(|_| unknown)?;
    let (found, mut contribution) = key::from_spki(info).map_err(|_| unknown)?;
    if keys.base.key_type != Some(found) {
        return Err(unknown);
    }
    if let Some(mechanism) = private.ulong(CKA_KEY_GEN_MECHANISM) {
        contribution.push((CKA_KEY_GEN_MECHANISM, Value::Ulong(mechanism)));
    }
    Ok(Outcome::object(contribution))
}
