//! The rows of the objects that are no keys (sections 4.2 to 4.6 and 4.12 to 4.15).

use super::super::row::*;
use super::super::template::Kind::{Bytes, Date, Version};
use super::Kinds;
use Fallback::{Absent, Decided, Empty};
use cryptoki_sys::*;

/// Section 4.2, "Common attributes", for the objects that are not stored.
pub(super) const COMMON: &[Row] = &[row(CKA_CLASS, ULONG, &[1], Absent), row(CKA_UNIQUE_ID, Bytes, &[2, 4, 6], Absent)];

/// Sections 4.2 and 4.4, "Storage objects".
pub(super) const STORAGE: &[Row] = &[
    row(CKA_CLASS, ULONG, &[1], Absent),
    row(CKA_UNIQUE_ID, Bytes, &[2, 4, 6], Absent),
    row(CKA_TOKEN, BOOL, &[COPY_ONLY], FALSE),
    row(CKA_PRIVATE, BOOL, &[COPY_ONLY, STAYS_TRUE], Decided),
    row(CKA_MODIFIABLE, BOOL, &[COPY_ONLY, STAYS_FALSE], TRUE),
    row(CKA_LABEL, Bytes, &[8], Empty),
    // "Can't be set to TRUE once it is set to FALSE": so it may be set to FALSE.
    row(CKA_COPYABLE, BOOL, &[8, 12], Decided),
    row(CKA_DESTROYABLE, BOOL, &[COPY_ONLY], TRUE),
];

/// Section 4.5, "Data objects".
pub(super) const DATA: &[Row] = &[
    row(CKA_APPLICATION, Bytes, &[], Empty),
    row(CKA_OBJECT_ID, Bytes, &[], Empty),
    row(CKA_VALUE, Bytes, &[], Empty),
];

/// Section 4.6, "Certificate objects".
pub(super) const CERTIFICATE: &[Row] = &[
    row(CKA_CERTIFICATE_TYPE, ULONG, &[1], Absent),
    row(CKA_TRUSTED, BOOL, &[10], FALSE),
    row(CKA_CERTIFICATE_CATEGORY, ULONG, &[], Fallback::Ulong(CK_CERTIFICATE_CATEGORY_UNSPECIFIED)),
    row(CKA_CHECK_VALUE, Bytes, &[], Absent),
    row(CKA_START_DATE, Date, &[], Empty),
    row(CKA_END_DATE, Date, &[], Empty),
    row(CKA_PUBLIC_KEY_INFO, Bytes, &[], Empty),
];

pub(super) const CERTIFICATE_TYPES: Kinds = &[
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

/// Section 4.15, "Trust objects".
pub(super) const TRUST: &[Row] = &[
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
pub(super) const HW_FEATURE_TYPES: Kinds = &[
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
pub(super) const MECHANISM: &[Row] = &[row(CKA_MECHANISM_TYPE, ULONG, &[], Absent)];

/// Section 4.13, "Profile objects".
pub(super) const PROFILE: &[Row] = &[row(CKA_PROFILE_ID, ULONG, &[], Absent)];

/// Section 4.14, "Validation objects".
pub(super) const VALIDATION: &[Row] = &[
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
