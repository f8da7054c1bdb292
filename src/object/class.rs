//! The attribute table: the standard's tables of section 4 ("Objects") and of the key types of section 6, row by row.
//!
//! A row says which attribute it is, how its value is laid out, what the footnotes of the standard's table 13
//! demand, by their numbers, and what is there if nobody gives a value. `rules/` reads the rows; nothing else
//! knows what an attribute may do.

mod keys;
mod others;

use super::nss;
use super::row::Row;
use super::template::Kind;
use crate::key;
use cryptoki_sys::*;
use keys::*;
use others::*;

/// The rows of one kind of object.
pub(super) struct Rows([&'static [Row]; 4]);

impl Rows {
    /// All rows.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'static Row> + use<> {
        self.0.into_iter().flatten()
    }

    /// The row of an attribute.
    pub(super) fn find(&self, attribute: CK_ATTRIBUTE_TYPE) -> Option<&'static Row> {
        self.iter().find(|row| row.attribute == attribute)
    }
}

/// The attribute that tells the kinds of one class apart: its key type, its certificate type, its feature.
pub(super) fn subtype_attribute(class: CK_OBJECT_CLASS) -> Option<CK_ATTRIBUTE_TYPE> {
    match class {
        CKO_PUBLIC_KEY | CKO_PRIVATE_KEY | CKO_SECRET_KEY | CKO_OTP_KEY | CKO_DOMAIN_PARAMETERS => Some(CKA_KEY_TYPE),
        CKO_CERTIFICATE => Some(CKA_CERTIFICATE_TYPE),
        CKO_HW_FEATURE => Some(CKA_HW_FEATURE_TYPE),
        _ => None,
    }
}

/// The rows of a class and, where it has kinds, of one of them; `None` if there is no such object.
pub(super) fn rows(class: CK_OBJECT_CLASS, subtype: Option<CK_ULONG>) -> Option<Rows> {
    let own = match class {
        CKO_DATA => [STORAGE, DATA, &[], &[]],
        CKO_CERTIFICATE => [STORAGE, CERTIFICATE, pick(CERTIFICATE_TYPES, subtype?)?, &[]],
        CKO_PUBLIC_KEY => [STORAGE, KEY, PUBLIC_KEY, pick(PUBLIC_KEY_TYPES, subtype?)?],
        CKO_PRIVATE_KEY => [STORAGE, KEY, PRIVATE_KEY, pick(PRIVATE_KEY_TYPES, subtype?)?],
        CKO_SECRET_KEY => {
            let elsewhere = |subtype: &CK_ULONG| {
                [PRIVATE_KEY_TYPES, OTP_KEY_TYPES].iter().any(|kinds| pick(kinds, *subtype).is_some())
            };
            let key_type = subtype.filter(|subtype| !elsewhere(subtype))?;
            let own = match (key_type, key::find(key_type)?.fixed_length) {
                (CKK_CHACHA20 | CKK_SALSA20 | CKK_POLY1305, _) => STREAM_SECRET,
                (_, Some(_)) => FIXED_SECRET,
                (_, None) => SIZED_SECRET,
            };
            [STORAGE, KEY, SECRET_KEY, own]
        }
        CKO_OTP_KEY => [STORAGE, KEY, SECRET_KEY, pick(OTP_KEY_TYPES, subtype?)?],
        CKO_DOMAIN_PARAMETERS => [STORAGE, DOMAIN_PARAMETERS, pick(DOMAIN_PARAMETERS_TYPES, subtype?)?, &[]],
        CKO_TRUST => [STORAGE, TRUST, &[], &[]],
        nss::CKO_NSS_TRUST => [STORAGE, nss::TRUST, &[], &[]],
        CKO_HW_FEATURE => [COMMON, pick(HW_FEATURE_TYPES, subtype?)?, &[], &[]],
        CKO_MECHANISM => [COMMON, MECHANISM, &[], &[]],
        CKO_PROFILE => [COMMON, PROFILE, &[], &[]],
        CKO_VALIDATION => [COMMON, VALIDATION, &[], &[]],
        _ => return None,
    };
    Some(Rows(own))
}

/// Whether applications make objects of this class; the others are built in (section 4.1.1).
pub(super) fn is_storage(class: CK_OBJECT_CLASS) -> bool {
    !matches!(class, CKO_HW_FEATURE | CKO_MECHANISM | CKO_PROFILE | CKO_VALIDATION)
}

/// The layout of an attribute's value, whatever object has it; `None` if no object has.
pub(super) fn kind_of(attribute: CK_ATTRIBUTE_TYPE) -> Option<Kind> {
    let plain = [
        STORAGE,
        DATA,
        CERTIFICATE,
        KEY,
        PUBLIC_KEY,
        PRIVATE_KEY,
        SECRET_KEY,
        SIZED_SECRET,
        DOMAIN_PARAMETERS,
        TRUST,
        nss::TRUST,
        MECHANISM,
        PROFILE,
        VALIDATION,
    ];
    let kinds = [
        CERTIFICATE_TYPES,
        PUBLIC_KEY_TYPES,
        PRIVATE_KEY_TYPES,
        OTP_KEY_TYPES,
        DOMAIN_PARAMETERS_TYPES,
        HW_FEATURE_TYPES,
    ];
    let of_kinds = kinds.into_iter().flatten().map(|kind| kind.1);
    plain.into_iter().chain(of_kinds).flatten().find(|row| row.attribute == attribute).map(|row| row.kind)
}

type Kinds = &'static [(CK_ULONG, &'static [Row])];

fn pick(kinds: Kinds, subtype: CK_ULONG) -> Option<&'static [Row]> {
    kinds.iter().find(|kind| kind.0 == subtype).map(|kind| kind.1)
}
