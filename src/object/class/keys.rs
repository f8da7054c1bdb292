//! The rows of keys and of domain parameters (sections 4.7 to 4.11, and the key types of section 6).

use super::super::row::*;
use super::super::template::Kind::{BigInteger, Bytes, Date, Template, Ulongs};
use super::Kinds;
use Fallback::{Absent, Decided, Empty};
use cryptoki_sys::*;

/// No mechanism has generated it here.
const NONE: Fallback = Fallback::Ulong(CK_UNAVAILABLE_INFORMATION);

/// Section 4.7, "Key objects".
pub(super) const KEY: &[Row] = &[
    row(CKA_KEY_TYPE, ULONG, &[1, 5], Absent),
    row(CKA_ID, Bytes, &[8], Empty),
    row(CKA_START_DATE, Date, &[8], Empty),
    row(CKA_END_DATE, Date, &[8], Empty),
    row(CKA_DERIVE, BOOL, &[8], Decided),
    row(CKA_LOCAL, BOOL, &[2, 4, 6], FALSE),
    row(CKA_KEY_GEN_MECHANISM, ULONG, &[2, 4, 6], NONE),
    row(CKA_ALLOWED_MECHANISMS, Ulongs, &[], Absent),
    // Nobody has validated us, so no object claims it.
    row(CKA_OBJECT_VALIDATION_FLAGS, ULONG, &[2, 4, 6], Fallback::Ulong(0)),
];

/// Section 4.8, "Public key objects".
pub(super) const PUBLIC_KEY: &[Row] = &[
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
pub(super) const PRIVATE_KEY: &[Row] = &[
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
pub(super) const SECRET_KEY: &[Row] = &[
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
pub(super) const FIXED_SECRET: &[Row] = &[row(CKA_VALUE, Bytes, &[1, 4, 6, 7], Absent)];

/// ChaCha20, Salsa20 and Poly1305 keys have one length only, and yet an attribute for it. Its footnote 3 is left out: that
/// length need not be told.
pub(super) const STREAM_SECRET: &[Row] =
    &[row(CKA_VALUE, Bytes, &[1, 4, 6, 7], Absent), row(CKA_VALUE_LEN, ULONG, &[2], Absent)];

/// Secret keys of several lengths (sections 6.8, 6.13 and others). `CKA_VALUE_LEN` may be given when unwrapping: the
/// modes that pad with zeros need it.
pub(super) const SIZED_SECRET: &[Row] =
    &[row(CKA_VALUE, Bytes, &[1, 4, 6, 7], Absent), row(CKA_VALUE_LEN, ULONG, &[2, 3], Absent)];

/// Sections 6.1.2, 6.2.2, 6.3.3 to 6.3.5 and 6.4.2.
pub(super) const PUBLIC_KEY_TYPES: Kinds = &[
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
    (
        CKK_HSS,
        &[
            row(CKA_HSS_LEVELS, ULONG, &[2, 4], Absent),
            row(CKA_HSS_LMS_TYPE, ULONG, &[2, 4], Absent),
            row(CKA_HSS_LMOTS_TYPE, ULONG, &[2, 4], Absent),
            row(CKA_VALUE, Bytes, &[1, 4], Absent),
        ],
    ),
];

/// Sections "ML-DSA", "ML-KEM" and "SLH-DSA".
const SET_PUBLIC: &[Row] = &[row(CKA_PARAMETER_SET, ULONG, &[1, 3], Absent), row(CKA_VALUE, Bytes, &[1, 4], Absent)];

const EC_PUBLIC: &[Row] = &[row(CKA_EC_PARAMS, Bytes, &[1, 3], Absent), row(CKA_EC_POINT, Bytes, &[1, 4], Absent)];

/// Sections 6.1.3, 6.2.3, 6.3.6 to 6.3.8 and 6.4.3.
pub(super) const PRIVATE_KEY_TYPES: Kinds = &[
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
    (
        CKK_HSS,
        &[
            row(CKA_HSS_LEVELS, ULONG, &[1, 3], Absent),
            row(CKA_HSS_LMS_TYPES, Ulongs, &[1, 3], Absent),
            row(CKA_HSS_LMOTS_TYPES, Ulongs, &[1, 3], Absent),
            row(CKA_VALUE, Bytes, &[1, 4, 6, 7], Absent),
            row(CKA_HSS_KEYS_REMAINING, ULONG, &[2, 4], Absent),
        ],
    ),
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

/// Section "OTP Key objects": of its three key types that of HOTP, which is nobody's own. What it computes with is the counter.
pub(super) const OTP_KEY_TYPES: Kinds = &[(
    CKK_HOTP,
    &[
        row(CKA_OTP_FORMAT, ULONG, &[], Fallback::Ulong(CK_OTP_FORMAT_DECIMAL)),
        row(CKA_OTP_LENGTH, ULONG, &[], Fallback::Ulong(6)),
        row(CKA_OTP_USER_FRIENDLY_MODE, BOOL, &[], TRUE),
        row(CKA_OTP_CHALLENGE_REQUIREMENT, ULONG, &[], Fallback::Ulong(CK_OTP_PARAM_IGNORED)),
        row(CKA_OTP_TIME_REQUIREMENT, ULONG, &[], Fallback::Ulong(CK_OTP_PARAM_IGNORED)),
        row(CKA_OTP_COUNTER_REQUIREMENT, ULONG, &[], Fallback::Ulong(CK_OTP_PARAM_OPTIONAL)),
        row(CKA_OTP_PIN_REQUIREMENT, ULONG, &[], Fallback::Ulong(CK_OTP_PARAM_IGNORED)),
        row(CKA_OTP_COUNTER, Bytes, &[], Empty),
        row(CKA_OTP_TIME, Bytes, &[], Empty),
        row(CKA_OTP_USER_IDENTIFIER, Bytes, &[], Empty),
        row(CKA_OTP_SERVICE_IDENTIFIER, Bytes, &[], Empty),
        row(CKA_OTP_SERVICE_LOGO, Bytes, &[], Empty),
        row(CKA_OTP_SERVICE_LOGO_TYPE, Bytes, &[], Empty),
        row(CKA_VALUE, Bytes, &[1, 4, 6, 7], Absent),
        row(CKA_VALUE_LEN, ULONG, &[2, 3], Absent),
    ],
)];

/// Section 4.11, "Domain parameter objects".
pub(super) const DOMAIN_PARAMETERS: &[Row] =
    &[row(CKA_KEY_TYPE, ULONG, &[1], Absent), row(CKA_LOCAL, BOOL, &[2, 4], FALSE)];

/// Sections 6.2.4, 6.4.4 and 6.4.5.
pub(super) const DOMAIN_PARAMETERS_TYPES: Kinds = &[
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
