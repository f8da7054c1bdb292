//! What NSS adds to the standard's objects. Until it learned `CKO_TRUST` it had trust objects of its own, and it wants them on
//! the token that has the certificate: without them `certutil -A` and `certutil -S` fail if they are to set trust there.
//! The numbers are NSS's, in its part of the vendors' range.

use super::row::{Fallback, MODIFIABLE, MUST_CREATE, Row, row};
use super::template::Kind::{Bool, Bytes, Ulong};
use cryptoki_sys::*;

/// `CKO_NSS_TRUST`
pub(super) const CKO_NSS_TRUST: CK_OBJECT_CLASS = 0xce53_4353;

/// `CKT_NSS_TRUST_UNKNOWN`
const UNKNOWN: Fallback = Fallback::Ulong(0xce53_4355);

/// Its attributes: as those of the standard's trust objects, with two hashes and fewer uses.
pub(super) const TRUST: &[Row] = &[
    row(CKA_ISSUER, Bytes, &[MUST_CREATE], Fallback::Absent),
    row(CKA_SERIAL_NUMBER, Bytes, &[MUST_CREATE], Fallback::Absent),
    // CKA_CERT_SHA1_HASH, CKA_CERT_MD5_HASH
    row(0xce53_63b4, Bytes, &[MODIFIABLE], Fallback::Empty),
    row(0xce53_63b5, Bytes, &[MODIFIABLE], Fallback::Empty),
    // CKA_TRUST_SERVER_AUTH, _CLIENT_AUTH, _CODE_SIGNING, _EMAIL_PROTECTION
    row(0xce53_6358, Ulong, &[MODIFIABLE], UNKNOWN),
    row(0xce53_6359, Ulong, &[MODIFIABLE], UNKNOWN),
    row(0xce53_635a, Ulong, &[MODIFIABLE], UNKNOWN),
    row(0xce53_635b, Ulong, &[MODIFIABLE], UNKNOWN),
    // CKA_TRUST_STEP_UP_APPROVED
    row(0xce53_6360, Bool, &[MODIFIABLE], Fallback::Bool(false)),
];
