//! The attribute table: the standard's tables of section 4 ("Objects") and of the key types of section 6, row by row.
//!
//! A row says which attribute it is, how its value is laid out, what the footnotes of the standard's table 13
//! demand, by their numbers, and what is there if nobody gives a value. `rules.rs` reads the rows; nothing else
//! knows what an attribute may do.

use super::nss;
use super::row::*;
use super::template::Kind;
use crate::key;
use cryptoki_sys::*;

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
        CKO_PUBLIC_KEY | CKO_PRIVATE_KEY | CKO_SECRET_KEY | CKO_DOMAIN_PARAMETERS => Some(CKA_KEY_TYPE),
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
            let key_type = subtype.filter(|subtype| pick(PRIVATE_KEY_TYPES, *subtype).is_none())?;
            let own = match (key_type, key::find(key_type)?.fixed_length) {
                (CKK_CHACHA20 | CKK_SALSA20 | CKK_POLY1305, _) => STREAM_SECRET,
                (_, Some(_)) => FIXED_SECRET,
                (_, None) => SIZED_SECRET,
            };
            [STORAGE, KEY, SECRET_KEY, own]
        }
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
    let kinds = [CERTIFICATE_TYPES, PUBLIC_KEY_TYPES, PRIVATE_KEY_TYPES, DOMAIN_PARAMETERS_TYPES, HW_FEATURE_TYPES];
    let of_kinds = kinds.into_iter().flatten().map(|kind| kind.1);
    plain.into_iter().chain(of_kinds).flatten().find(|row| row.attribute == attribute).map(|row| row.kind)
}

type Kinds = &'static [(CK_ULONG, &'static [Row])];

fn pick(kinds: Kinds, subtype: CK_ULONG) -> Option<&'static [Row]> {
    kinds.iter().find(|kind| kind.0 == subtype).map(|kind| kind.1)
}

use Fallback::{Absent, Decided, Empty};
use Kind::{BigInteger, Bytes, Date, Mechanisms, Template, Version};

const FALSE: Fallback = Fallback::Bool(false);
const TRUE: Fallback = Fallback::Bool(true);
const BOOL: Kind = Kind::Bool;
const ULONG: Kind = Kind::Ulong;
const NONE: Fallback = Fallback::Ulong(CK_UNAVAILABLE_INFORMATION);

/// Section 4.2, "Common attributes", for the objects that are not stored.
const COMMON: &[Row] = &[row(CKA_CLASS, ULONG, &[1], Absent), row(CKA_UNIQUE_ID, Bytes, &[2, 4, 6], Absent)];

/// Sections 4.2 and 4.4, "Storage objects".
const STORAGE: &[Row] = &[
    row(CKA_CLASS, ULONG, &[1], Absent),
    row(CKA_UNIQUE_ID, Bytes, &[2, 4, 6], Absent),
    row(CKA_TOKEN, BOOL, &[COPY_ONLY], FALSE),
    row(CKA_PRIVATE, BOOL, &[COPY_ONLY, STAYS_TRUE], Decided),
    row(CKA_MODIFIABLE, BOOL, &[COPY_ONLY, STAYS_FALSE], TRUE),
    row(CKA_LABEL, Bytes, &[8], Empty),
    // "Can't be set to TRUE once it is set to FALSE": so it may be set to FALSE.
    row(CKA_COPYABLE, BOOL, &[8, 12], TRUE),
    row(CKA_DESTROYABLE, BOOL, &[COPY_ONLY], TRUE),
];

/// Section 4.5, "Data objects".
const DATA: &[Row] = &[
    row(CKA_APPLICATION, Bytes, &[], Empty),
    row(CKA_OBJECT_ID, Bytes, &[], Empty),
    row(CKA_VALUE, Bytes, &[], Empty),
];

/// Section 4.6, "Certificate objects".
const CERTIFICATE: &[Row] = &[
    row(CKA_CERTIFICATE_TYPE, ULONG, &[1], Absent),
    row(CKA_TRUSTED, BOOL, &[10], FALSE),
    row(CKA_CERTIFICATE_CATEGORY, ULONG, &[], Fallback::Ulong(CK_CERTIFICATE_CATEGORY_UNSPECIFIED)),
    row(CKA_CHECK_VALUE, Bytes, &[], Absent),
    row(CKA_START_DATE, Date, &[], Empty),
    row(CKA_END_DATE, Date, &[], Empty),
    row(CKA_PUBLIC_KEY_INFO, Bytes, &[], Empty),
];

const CERTIFICATE_TYPES: Kinds = &[
    (
        CKC_X_509,
        &[
            row(CKA_SUBJECT, Bytes, &[1], Absent),
            row(CKA_ID, Bytes, &[8], Empty),
            row(CKA_ISSUER, Bytes, &[8], Empty),
            row(CKA_SERIAL_NUMBER, Bytes, &[8], Empty),
            row(CKA_VALUE, Bytes, &[1], Absent),
            row(CKA_URL, Bytes, &[], Empty),
            row(CKA_HASH_OF_SUBJECT_PUBLIC_KEY, Bytes, &[], Empty),
            row(CKA_HASH_OF_ISSUER_PUBLIC_KEY, Bytes, &[], Empty),
            row(CKA_JAVA_MIDP_SECURITY_DOMAIN, ULONG, &[], Fallback::Ulong(CK_SECURITY_DOMAIN_UNSPECIFIED)),
            row(CKA_NAME_HASH_ALGORITHM, ULONG, &[], Absent),
        ],
    ),
    (
        CKC_WTLS,
        &[
            row(CKA_SUBJECT, Bytes, &[1], Absent),
            row(CKA_ISSUER, Bytes, &[8], Empty),
            row(CKA_VALUE, Bytes, &[1], Absent),
            row(CKA_URL, Bytes, &[], Empty),
            row(CKA_HASH_OF_SUBJECT_PUBLIC_KEY, Bytes, &[], Empty),
            row(CKA_HASH_OF_ISSUER_PUBLIC_KEY, Bytes, &[], Empty),
            row(CKA_NAME_HASH_ALGORITHM, ULONG, &[], Absent),
        ],
    ),
    (
        CKC_X_509_ATTR_CERT,
        &[
            row(CKA_OWNER, Bytes, &[1], Absent),
            row(CKA_AC_ISSUER, Bytes, &[8], Empty),
            row(CKA_SERIAL_NUMBER, Bytes, &[8], Empty),
            row(CKA_ATTR_TYPES, Bytes, &[8], Empty),
            row(CKA_VALUE, Bytes, &[1], Absent),
        ],
    ),
];

/// Section 4.7, "Key objects".
const KEY: &[Row] = &[
    row(CKA_KEY_TYPE, ULONG, &[1, 5], Absent),
    row(CKA_ID, Bytes, &[8], Empty),
    row(CKA_START_DATE, Date, &[8], Empty),
    row(CKA_END_DATE, Date, &[8], Empty),
    row(CKA_DERIVE, BOOL, &[8], Decided),
    row(CKA_LOCAL, BOOL, &[2, 4, 6], FALSE),
    row(CKA_KEY_GEN_MECHANISM, ULONG, &[2, 4, 6], NONE),
    row(CKA_ALLOWED_MECHANISMS, Mechanisms, &[], Absent),
    // Nobody has validated us, so no object claims it.
    row(CKA_OBJECT_VALIDATION_FLAGS, ULONG, &[2, 4, 6], Fallback::Ulong(0)),
];

/// Section 4.8, "Public key objects".
const PUBLIC_KEY: &[Row] = &[
    row(CKA_SUBJECT, Bytes, &[8], Empty),
    row(CKA_ENCRYPT, BOOL, &[8], Decided),
    row(CKA_VERIFY, BOOL, &[8], Decided),
    row(CKA_VERIFY_RECOVER, BOOL, &[8], Decided),
    row(CKA_WRAP, BOOL, &[8], Decided),
    row(CKA_ENCAPSULATE, BOOL, &[8], Decided),
    row(CKA_TRUSTED, BOOL, &[10], FALSE),
    row(CKA_WRAP_TEMPLATE, Template, &[], Absent),
    row(CKA_ENCAPSULATE_TEMPLATE, Template, &[], Absent),
    row(CKA_PUBLIC_KEY_INFO, Bytes, &[], Absent),
    PUBLIC_CRC,
];

/// Its footnote 1, "must be specified", is left out: the standard's own templates do not specify it, and nobody's do. The token
/// computes it.
const PUBLIC_CRC: Row = row(CKA_PUBLIC_CRC64_VALUE, Bytes, &[4], Absent);

/// Section 4.9, "Private key objects".
const PRIVATE_KEY: &[Row] = &[
    row(CKA_SUBJECT, Bytes, &[8], Empty),
    row(CKA_SENSITIVE, BOOL, &[8, 11], Decided),
    row(CKA_DECRYPT, BOOL, &[8], Decided),
    row(CKA_SIGN, BOOL, &[8], Decided),
    row(CKA_SIGN_RECOVER, BOOL, &[8], Decided),
    row(CKA_UNWRAP, BOOL, &[8], Decided),
    row(CKA_DECAPSULATE, BOOL, &[8], Decided),
    row(CKA_EXTRACTABLE, BOOL, &[8, 12], Decided),
    row(CKA_ALWAYS_SENSITIVE, BOOL, &[2, 4, 6], FALSE),
    row(CKA_NEVER_EXTRACTABLE, BOOL, &[2, 4, 6], FALSE),
    row(CKA_WRAP_WITH_TRUSTED, BOOL, &[8, 11], Decided),
    row(CKA_UNWRAP_TEMPLATE, Template, &[], Absent),
    row(CKA_DECAPSULATE_TEMPLATE, Template, &[], Absent),
    row(CKA_DERIVE_TEMPLATE, Template, &[], Absent),
    row(CKA_ALWAYS_AUTHENTICATE, BOOL, &[], FALSE),
    row(CKA_PUBLIC_KEY_INFO, Bytes, &[8], Absent),
    PUBLIC_CRC,
];

/// Section 4.10, "Secret key objects".
const SECRET_KEY: &[Row] = &[
    row(CKA_SENSITIVE, BOOL, &[8, 11], Decided),
    row(CKA_ENCRYPT, BOOL, &[8], Decided),
    row(CKA_DECRYPT, BOOL, &[8], Decided),
    row(CKA_SIGN, BOOL, &[8], Decided),
    row(CKA_VERIFY, BOOL, &[8], Decided),
    row(CKA_WRAP, BOOL, &[8], Decided),
    row(CKA_UNWRAP, BOOL, &[8], Decided),
    row(CKA_EXTRACTABLE, BOOL, &[8, 12], Decided),
    row(CKA_ALWAYS_SENSITIVE, BOOL, &[2, 4, 6], FALSE),
    row(CKA_NEVER_EXTRACTABLE, BOOL, &[2, 4, 6], FALSE),
    row(CKA_CHECK_VALUE, Bytes, &[], Absent),
    row(CKA_WRAP_WITH_TRUSTED, BOOL, &[8, 11], Decided),
    row(CKA_TRUSTED, BOOL, &[10], FALSE),
    row(CKA_WRAP_TEMPLATE, Template, &[], Absent),
    row(CKA_UNWRAP_TEMPLATE, Template, &[], Absent),
    row(CKA_DERIVE_TEMPLATE, Template, &[], Absent),
];

/// Secret keys whose type has one length only.
const FIXED_SECRET: &[Row] = &[row(CKA_VALUE, Bytes, &[1, 4, 6, 7], Absent)];

/// ChaCha20, Salsa20 and Poly1305 keys have one length only, and yet an attribute for it. Its footnote 3 is left out: that
/// length need not be told.
const STREAM_SECRET: &[Row] = &[row(CKA_VALUE, Bytes, &[1, 4, 6, 7], Absent), row(CKA_VALUE_LEN, ULONG, &[2], Absent)];

/// Secret keys of several lengths (sections 6.8, 6.13 and others). `CKA_VALUE_LEN` may be given when unwrapping: the
/// modes that pad with zeros need it.
const SIZED_SECRET: &[Row] =
    &[row(CKA_VALUE, Bytes, &[1, 4, 6, 7], Absent), row(CKA_VALUE_LEN, ULONG, &[2, 3], Absent)];

/// Sections 6.1.2, 6.2.2, 6.3.3 to 6.3.5 and 6.4.2.
const PUBLIC_KEY_TYPES: Kinds = &[
    (
        CKK_RSA,
        &[
            row(CKA_MODULUS, BigInteger, &[1, 4], Absent),
            row(CKA_MODULUS_BITS, ULONG, &[2, 3], Absent),
            row(CKA_PUBLIC_EXPONENT, BigInteger, &[1], Absent),
        ],
    ),
    (CKK_EC, EC_PUBLIC),
    (CKK_EC_EDWARDS, EC_PUBLIC),
    (CKK_EC_MONTGOMERY, EC_PUBLIC),
    (
        CKK_DSA,
        &[
            row(CKA_PRIME, BigInteger, &[1, 3], Absent),
            row(CKA_SUBPRIME, BigInteger, &[1, 3], Absent),
            row(CKA_BASE, BigInteger, &[1, 3], Absent),
            row(CKA_VALUE, BigInteger, &[1, 4], Absent),
        ],
    ),
    (
        CKK_DH,
        &[
            row(CKA_PRIME, BigInteger, &[1, 3], Absent),
            row(CKA_BASE, BigInteger, &[1, 3], Absent),
            row(CKA_VALUE, BigInteger, &[1, 4], Absent),
        ],
    ),
    (
        CKK_X9_42_DH,
        &[
            row(CKA_PRIME, BigInteger, &[1, 3], Absent),
            row(CKA_BASE, BigInteger, &[1, 3], Absent),
            row(CKA_SUBPRIME, BigInteger, &[1, 3], Absent),
            row(CKA_VALUE, BigInteger, &[1, 4], Absent),
        ],
    ),
    (CKK_ML_KEM, SET_PUBLIC),
    (CKK_ML_DSA, SET_PUBLIC),
    (CKK_SLH_DSA, SET_PUBLIC),
];

/// Sections "ML-DSA", "ML-KEM" and "SLH-DSA".
const SET_PUBLIC: &[Row] = &[row(CKA_PARAMETER_SET, ULONG, &[1, 3], Absent), row(CKA_VALUE, Bytes, &[1, 4], Absent)];

const EC_PUBLIC: &[Row] = &[row(CKA_EC_PARAMS, Bytes, &[1, 3], Absent), row(CKA_EC_POINT, Bytes, &[1, 4], Absent)];

/// Sections 6.1.3, 6.2.3, 6.3.6 to 6.3.8 and 6.4.3.
const PRIVATE_KEY_TYPES: Kinds = &[
    (
        CKK_RSA,
        &[
            row(CKA_MODULUS, BigInteger, &[1, 4, 6], Absent),
            row(CKA_PUBLIC_EXPONENT, BigInteger, &[1, 4, 6], Absent),
            row(CKA_PRIVATE_EXPONENT, BigInteger, &[1, 4, 6, 7], Absent),
            row(CKA_PRIME_1, BigInteger, &[4, 6, 7], Absent),
            row(CKA_PRIME_2, BigInteger, &[4, 6, 7], Absent),
            row(CKA_EXPONENT_1, BigInteger, &[4, 6, 7], Absent),
            row(CKA_EXPONENT_2, BigInteger, &[4, 6, 7], Absent),
            row(CKA_COEFFICIENT, BigInteger, &[4, 6, 7], Absent),
        ],
    ),
    (
        CKK_EC,
        &[row(CKA_EC_PARAMS, Bytes, &[1, 4, 6], Absent), row(CKA_VALUE, BigInteger, &[1, 4, 6, 7], Absent), EC_POINT],
    ),
    (CKK_EC_EDWARDS, EC_BYTES_PRIVATE),
    (CKK_EC_MONTGOMERY, EC_BYTES_PRIVATE),
    (CKK_DSA, SUBGROUP_PRIVATE),
    (
        CKK_DH,
        &[
            row(CKA_PRIME, BigInteger, &[1, 4, 6], Absent),
            row(CKA_BASE, BigInteger, &[1, 4, 6], Absent),
            row(CKA_VALUE, BigInteger, &[1, 4, 6, 7], Absent),
            row(CKA_VALUE_BITS, ULONG, &[2], Absent),
        ],
    ),
    (CKK_X9_42_DH, SUBGROUP_PRIVATE),
    (CKK_ML_KEM, SEEDED_PRIVATE),
    (CKK_ML_DSA, SEEDED_PRIVATE),
    (CKK_SLH_DSA, &[row(CKA_PARAMETER_SET, ULONG, &[1, 4, 6], Absent), row(CKA_VALUE, Bytes, &[1, 4, 6, 7], Absent)]),
];

/// Sections 6.2.3 and 6.4.3.
const SUBGROUP_PRIVATE: &[Row] = &[
    row(CKA_PRIME, BigInteger, &[1, 4, 6], Absent),
    row(CKA_SUBPRIME, BigInteger, &[1, 4, 6], Absent),
    row(CKA_BASE, BigInteger, &[1, 4, 6], Absent),
    row(CKA_VALUE, BigInteger, &[1, 4, 6, 7], Absent),
];

/// Sections "ML-DSA" and "ML-KEM". "At least one of CKA_SEED and CKA_VALUE must be specified": so the value, of which the tables
/// say that it must, need not be.
const SEEDED_PRIVATE: &[Row] = &[
    row(CKA_PARAMETER_SET, ULONG, &[1, 4, 6], Absent),
    row(CKA_SEED, Bytes, &[4, 6, 7], Absent),
    row(CKA_VALUE, Bytes, &[4, 6, 7], Absent),
];

/// RFC 8032 and RFC 7748 keys are strings of bytes: a leading zero is part of them, though the standard's table says
/// "big integer".
const EC_BYTES_PRIVATE: &[Row] =
    &[row(CKA_EC_PARAMS, Bytes, &[1, 4, 6], Absent), row(CKA_VALUE, Bytes, &[1, 4, 6, 7], Absent), EC_POINT];

/// Not in the standard's tables of private keys, but several clients give it and look for it there.
const EC_POINT: Row = row(CKA_EC_POINT, Bytes, &[4, 6], Absent);

/// Section 4.11, "Domain parameter objects".
const DOMAIN_PARAMETERS: &[Row] = &[row(CKA_KEY_TYPE, ULONG, &[1], Absent), row(CKA_LOCAL, BOOL, &[2, 4], FALSE)];

/// Sections 6.2.4, 6.4.4 and 6.4.5.
const DOMAIN_PARAMETERS_TYPES: Kinds = &[
    (
        CKK_DSA,
        &[
            row(CKA_PRIME, BigInteger, &[1, 4], Absent),
            row(CKA_SUBPRIME, BigInteger, &[1, 4], Absent),
            row(CKA_BASE, BigInteger, &[1, 4], Absent),
            row(CKA_PRIME_BITS, ULONG, &[2, 3], Absent),
            // Not in the table, but in the text below it.
            row(CKA_SUBPRIME_BITS, ULONG, &[2], Absent),
        ],
    ),
    (
        CKK_DH,
        &[
            row(CKA_PRIME, BigInteger, &[1, 4], Absent),
            row(CKA_BASE, BigInteger, &[1, 4], Absent),
            row(CKA_PRIME_BITS, ULONG, &[2, 3], Absent),
        ],
    ),
    (
        CKK_X9_42_DH,
        &[
            row(CKA_PRIME, BigInteger, &[1, 4], Absent),
            row(CKA_BASE, BigInteger, &[1, 4], Absent),
            row(CKA_SUBPRIME, BigInteger, &[1, 4], Absent),
            row(CKA_PRIME_BITS, ULONG, &[2, 3], Absent),
            row(CKA_SUBPRIME_BITS, ULONG, &[2, 3], Absent),
        ],
    ),
];

/// Section 4.15, "Trust objects".
const TRUST: &[Row] = &[
    row(CKA_ISSUER, Bytes, &[1], Absent),
    row(CKA_SERIAL_NUMBER, Bytes, &[1], Absent),
    row(CKA_HASH_OF_CERTIFICATE, Bytes, &[8], Empty),
    row(CKA_NAME_HASH_ALGORITHM, ULONG, &[8], Absent),
    row(CKA_TRUST_SERVER_AUTH, ULONG, &[8], UNKNOWN_TRUST),
    row(CKA_TRUST_CLIENT_AUTH, ULONG, &[8], UNKNOWN_TRUST),
    row(CKA_TRUST_CODE_SIGNING, ULONG, &[8], UNKNOWN_TRUST),
    row(CKA_TRUST_EMAIL_PROTECTION, ULONG, &[8], UNKNOWN_TRUST),
    row(CKA_TRUST_IPSEC_IKE, ULONG, &[8], UNKNOWN_TRUST),
    row(CKA_TRUST_TIME_STAMPING, ULONG, &[8], UNKNOWN_TRUST),
    row(CKA_TRUST_OCSP_SIGNING, ULONG, &[8], UNKNOWN_TRUST),
];

const UNKNOWN_TRUST: Fallback = Fallback::Ulong(CKT_TRUST_UNKNOWN as CK_ULONG);

/// Section 4.3, "Hardware feature objects". There is no user interface here.
const HW_FEATURE_TYPES: Kinds = &[
    (CKH_CLOCK, &[row(CKA_HW_FEATURE_TYPE, ULONG, &[1], Absent), row(CKA_VALUE, Bytes, &[], Absent)]),
    (
        CKH_MONOTONIC_COUNTER,
        &[
            row(CKA_HW_FEATURE_TYPE, ULONG, &[1], Absent),
            row(CKA_RESET_ON_INIT, BOOL, &[1], Absent),
            row(CKA_HAS_RESET, BOOL, &[1], Absent),
            row(CKA_VALUE, Bytes, &[1], Absent),
        ],
    ),
];

/// Section 4.12, "Mechanism objects".
const MECHANISM: &[Row] = &[row(CKA_MECHANISM_TYPE, ULONG, &[], Absent)];

/// Section 4.13, "Profile objects".
const PROFILE: &[Row] = &[row(CKA_PROFILE_ID, ULONG, &[], Absent)];

/// Section 4.14, "Validation objects".
const VALIDATION: &[Row] = &[
    row(CKA_VALIDATION_TYPE, ULONG, &[], Absent),
    row(CKA_VALIDATION_VERSION, Version, &[], Absent),
    row(CKA_VALIDATION_LEVEL, ULONG, &[], Absent),
    row(CKA_VALIDATION_MODULE_ID, Bytes, &[], Absent),
    row(CKA_VALIDATION_FLAG, ULONG, &[], Absent),
    row(CKA_VALIDATION_AUTHORITY_TYPE, ULONG, &[], Absent),
    row(CKA_VALIDATION_COUNTRY, Bytes, &[], Empty),
    row(CKA_VALIDATION_CERTIFICATE_IDENTIFIER, Bytes, &[], Empty),
    row(CKA_VALIDATION_CERTIFICATE_URI, Bytes, &[], Empty),
    row(CKA_VALIDATION_VENDOR_URI, Bytes, &[], Empty),
    row(CKA_VALIDATION_PROFILE, Bytes, &[], Empty),
];
