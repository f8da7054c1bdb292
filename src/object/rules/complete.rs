//! What makes the objects complete that are no keys; keys have their own ways (`key`).

use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::object::template::{Attributes, Read, Value};
use cryptoki_sys::*;

/// Section 4.6: a certificate has a value or a place where it is, with the hashes to know it by; and a check value.
pub(super) fn complete_certificate(attributes: &mut Attributes) -> Result<()> {
    let given = |attribute| attributes.bytes(attribute).is_some_and(|bytes| !bytes.is_empty());
    if !given(CKA_VALUE) && !given(CKA_URL) {
        return Err(Error::TemplateIncomplete);
    }
    if given(CKA_URL) && !(given(CKA_HASH_OF_SUBJECT_PUBLIC_KEY) && given(CKA_HASH_OF_ISSUER_PUBLIC_KEY)) {
        return Err(Error::TemplateIncomplete);
    }
    let wtls = attributes.ulong(CKA_CERTIFICATE_TYPE) == Some(CKC_WTLS);
    if wtls && given(CKA_VALUE) && !given(CKA_SUBJECT) {
        return Err(Error::TemplateIncomplete);
    }
    in_range(attributes, CKA_CERTIFICATE_CATEGORY, CK_CERTIFICATE_CATEGORY_OTHER_ENTITY)?;
    in_range(attributes, CKA_JAVA_MIDP_SECURITY_DOMAIN, CK_SECURITY_DOMAIN_THIRD_PARTY)?;
    if let Some(value) = attributes.bytes(CKA_VALUE).filter(|value| !value.is_empty()) {
        let digest = Hash::Sha1.of(&[value]);
        let check = Value::bytes(digest.get(..3).unwrap_or_default());
        attributes.insert(CKA_CHECK_VALUE, check);
    }
    Ok(())
}

/// Section 4.15: who trusts a certificate says which one.
pub(super) fn complete_trust(attributes: &Attributes) -> Result<()> {
    let mut trusts = false;
    for attribute in CKA_TRUST_SERVER_AUTH..=CKA_TRUST_OCSP_SIGNING {
        in_range(attributes, attribute, CK_ULONG::from(CKT_TRUST_MUST_VERIFY_TRUST))?;
        let harmless = [CKT_TRUST_UNKNOWN, CKT_NOT_TRUSTED].map(|trust| Some(CK_ULONG::from(trust)));
        trusts |= !harmless.contains(&attributes.ulong(attribute));
    }
    if trusts && attributes.required(CKA_HASH_OF_CERTIFICATE).is_err() {
        return Err(Error::TemplateIncomplete);
    }
    Ok(())
}

/// `AttributeValueInvalid` for a number beyond the last that the standard has.
fn in_range(attributes: &Attributes, attribute: CK_ATTRIBUTE_TYPE, last: CK_ULONG) -> Result<()> {
    if attributes.ulong(attribute).is_some_and(|value| value > last) {
        return Err(Error::AttributeValueInvalid);
    }
    Ok(())
}
