//! The attribute tables of the standard (sections 4.2 to 4.15, and those of the key types in section 6), copied row by
//! row: attribute, footnotes by number, the form of its value, the default where the standard has one.

use crate::common::*;
use crate::groups::*;
use crate::making::*;

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    Bool,
    Ulong,
    Bytes,
    Date,
    Mechanisms,
    Template,
}

/// What the standard says that it is if nobody gives a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unsaid {
    /// Nothing is said, or it is the token's to say.
    Open,
    Empty,
    False,
    True,
    Number(CK_ULONG),
}

use Form::{Bool, Bytes, Date, Mechanisms, Template, Ulong};
use Unsaid::{Empty, False, Number, Open, True};

/// Not a footnote: the attributes that section 4.1.3 names beside the modifiable ones.
pub const COPY: u8 = 100;

/// Not a footnote: the standard calls the objects modifiable, but does not say which attributes. Not tried.
pub const SILENT: u8 = 101;

pub type Row = (CK_ATTRIBUTE_TYPE, &'static [u8], Form, Unsaid);

/// One kind of object, and a template that makes one, with no more in it than must be.
pub struct Kind {
    pub name: &'static str,
    pub least: Vec<Attribute>,
    pub rows: Vec<Row>,
}

impl Kind {
    /// A template of an object whose secrets may be seen.
    pub fn open(&self) -> Vec<Attribute> {
        let open = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
        let has = |kind| self.rows.iter().any(|row| row.0 == kind);
        with(&self.least, if has(CKA_SENSITIVE) { &open } else { &[] })
    }
}

/// Section 4.4. The text under its table lets the label change, and CKA_COPYABLE in one direction.
const STORAGE: &[Row] = &[
    (CKA_CLASS, &[1], Ulong, Open),
    (CKA_UNIQUE_ID, &[2, 4, 6], Bytes, Open),
    (CKA_TOKEN, &[COPY], Bool, False),
    (CKA_PRIVATE, &[COPY, 11], Bool, Open),
    (CKA_MODIFIABLE, &[COPY], Bool, True),
    (CKA_LABEL, &[8], Bytes, Empty),
    (CKA_COPYABLE, &[8, 12], Bool, True),
    (CKA_DESTROYABLE, &[COPY], Bool, True),
];

/// Section 4.5.
const DATA: &[Row] =
    &[(CKA_APPLICATION, &[], Bytes, Empty), (CKA_OBJECT_ID, &[], Bytes, Empty), (CKA_VALUE, &[], Bytes, Empty)];

/// Section 4.6.
const CERTIFICATE: &[Row] = &[
    (CKA_CERTIFICATE_TYPE, &[1], Ulong, Open),
    (CKA_TRUSTED, &[10], Bool, Open),
    (CKA_CERTIFICATE_CATEGORY, &[], Ulong, Number(CK_CERTIFICATE_CATEGORY_UNSPECIFIED)),
    (CKA_CHECK_VALUE, &[], Bytes, Open),
    (CKA_START_DATE, &[], Date, Empty),
    (CKA_END_DATE, &[], Date, Empty),
    (CKA_PUBLIC_KEY_INFO, &[], Bytes, Empty),
];

/// Section 4.6.3; the text under the table says which may change.
const X_509: &[Row] = &[
    (CKA_SUBJECT, &[1], Bytes, Open),
    (CKA_ID, &[8], Bytes, Empty),
    (CKA_ISSUER, &[8], Bytes, Empty),
    (CKA_SERIAL_NUMBER, &[8], Bytes, Empty),
    (CKA_VALUE, &[1], Bytes, Open),
    (CKA_URL, &[], Bytes, Empty),
    (CKA_HASH_OF_SUBJECT_PUBLIC_KEY, &[], Bytes, Empty),
    (CKA_HASH_OF_ISSUER_PUBLIC_KEY, &[], Bytes, Empty),
    (CKA_JAVA_MIDP_SECURITY_DOMAIN, &[], Ulong, Number(CK_SECURITY_DOMAIN_UNSPECIFIED)),
    (CKA_NAME_HASH_ALGORITHM, &[], Ulong, Open),
];

/// Section 4.6.4.
const WTLS: &[Row] = &[
    (CKA_SUBJECT, &[1], Bytes, Open),
    (CKA_ISSUER, &[8], Bytes, Empty),
    (CKA_VALUE, &[1], Bytes, Open),
    (CKA_URL, &[], Bytes, Open),
    (CKA_HASH_OF_SUBJECT_PUBLIC_KEY, &[], Bytes, Empty),
    (CKA_HASH_OF_ISSUER_PUBLIC_KEY, &[], Bytes, Empty),
    (CKA_NAME_HASH_ALGORITHM, &[], Ulong, Open),
];

/// Section 4.6.5.
const ATTRIBUTE_CERTIFICATE: &[Row] = &[
    (CKA_OWNER, &[1], Bytes, Open),
    (CKA_AC_ISSUER, &[8], Bytes, Empty),
    (CKA_SERIAL_NUMBER, &[8], Bytes, Empty),
    (CKA_ATTR_TYPES, &[8], Bytes, Empty),
    (CKA_VALUE, &[1], Bytes, Open),
];

/// Section 4.7. CKA_DERIVE is false by default, but clients want it true on private EC keys (CLIENTS.md): not tried here.
const KEY: &[Row] = &[
    (CKA_KEY_TYPE, &[1, 5], Ulong, Open),
    (CKA_ID, &[8], Bytes, Empty),
    (CKA_START_DATE, &[8], Date, Empty),
    (CKA_END_DATE, &[8], Date, Empty),
    (CKA_DERIVE, &[8], Bool, Open),
    (CKA_LOCAL, &[2, 4, 6], Bool, False),
    (CKA_KEY_GEN_MECHANISM, &[2, 4, 6], Ulong, Number(CK_UNAVAILABLE_INFORMATION)),
    (CKA_ALLOWED_MECHANISMS, &[], Mechanisms, Open),
    (CKA_OBJECT_VALIDATION_FLAGS, &[4, 6], Ulong, Open),
];

/// Section 4.8.
const PUBLIC: &[Row] = &[
    (CKA_SUBJECT, &[8], Bytes, Empty),
    (CKA_ENCRYPT, &[8], Bool, Open),
    (CKA_VERIFY, &[8], Bool, Open),
    (CKA_VERIFY_RECOVER, &[8], Bool, Open),
    (CKA_WRAP, &[8], Bool, Open),
    (CKA_ENCAPSULATE, &[8], Bool, Open),
    (CKA_TRUSTED, &[10], Bool, Open),
    (CKA_WRAP_TEMPLATE, &[], Template, Open),
    (CKA_ENCAPSULATE_TEMPLATE, &[], Template, Open),
    (CKA_PUBLIC_KEY_INFO, &[], Bytes, Open),
    PUBLIC_CRC,
];

/// Nobody gives it, and the standard's own examples do not: its footnote 1 is not held (`public_crc.rs`).
const PUBLIC_CRC: Row = (CKA_PUBLIC_CRC64_VALUE, &[4], Bytes, Open);

/// Section 4.9. CKA_PUBLIC_KEY_INFO may be "modified" to what it is only (`reading.rs`).
const PRIVATE: &[Row] = &[
    (CKA_SUBJECT, &[8], Bytes, Empty),
    (CKA_SENSITIVE, &[8, 11], Bool, Open),
    (CKA_DECRYPT, &[8], Bool, Open),
    (CKA_SIGN, &[8], Bool, Open),
    (CKA_SIGN_RECOVER, &[8], Bool, Open),
    (CKA_UNWRAP, &[8], Bool, Open),
    (CKA_DECAPSULATE, &[8], Bool, Open),
    (CKA_EXTRACTABLE, &[8, 12], Bool, Open),
    (CKA_ALWAYS_SENSITIVE, &[2, 4, 6], Bool, Open),
    (CKA_NEVER_EXTRACTABLE, &[2, 4, 6], Bool, Open),
    (CKA_WRAP_WITH_TRUSTED, &[8, 11], Bool, False),
    (CKA_UNWRAP_TEMPLATE, &[], Template, Open),
    (CKA_DECAPSULATE_TEMPLATE, &[], Template, Open),
    (CKA_DERIVE_TEMPLATE, &[], Template, Open),
    (CKA_ALWAYS_AUTHENTICATE, &[], Bool, False),
    PUBLIC_CRC,
];

/// Section 4.10.
const SECRET_KEY: &[Row] = &[
    (CKA_SENSITIVE, &[8, 11], Bool, False),
    (CKA_ENCRYPT, &[8], Bool, Open),
    (CKA_DECRYPT, &[8], Bool, Open),
    (CKA_SIGN, &[8], Bool, Open),
    (CKA_VERIFY, &[8], Bool, Open),
    (CKA_WRAP, &[8], Bool, Open),
    (CKA_UNWRAP, &[8], Bool, Open),
    (CKA_EXTRACTABLE, &[8, 12], Bool, Open),
    (CKA_ALWAYS_SENSITIVE, &[2, 4, 6], Bool, Open),
    (CKA_NEVER_EXTRACTABLE, &[2, 4, 6], Bool, Open),
    (CKA_CHECK_VALUE, &[], Bytes, Open),
    (CKA_WRAP_WITH_TRUSTED, &[8, 11], Bool, False),
    (CKA_TRUSTED, &[10], Bool, Open),
    (CKA_WRAP_TEMPLATE, &[], Template, Open),
    (CKA_UNWRAP_TEMPLATE, &[], Template, Open),
    (CKA_DERIVE_TEMPLATE, &[], Template, Open),
];

/// Sections 6.8 and 6.13.
const SECRET_VALUE: &[Row] = &[(CKA_VALUE, &[1, 4, 6, 7], Bytes, Open), (CKA_VALUE_LEN, &[2, 3], Ulong, Open)];

/// Section 6.1.2.
const RSA_PUBLIC: &[Row] = &[
    (CKA_MODULUS, &[1, 4], Bytes, Open),
    (CKA_MODULUS_BITS, &[2, 3], Ulong, Open),
    (CKA_PUBLIC_EXPONENT, &[1], Bytes, Open),
];

/// Section 6.1.3.
const RSA_PRIVATE: &[Row] = &[
    (CKA_MODULUS, &[1, 4, 6], Bytes, Open),
    (CKA_PUBLIC_EXPONENT, &[1, 4, 6], Bytes, Open),
    (CKA_PRIVATE_EXPONENT, &[1, 4, 6, 7], Bytes, Open),
    (CKA_PRIME_1, &[4, 6, 7], Bytes, Open),
    (CKA_PRIME_2, &[4, 6, 7], Bytes, Open),
    (CKA_EXPONENT_1, &[4, 6, 7], Bytes, Open),
    (CKA_EXPONENT_2, &[4, 6, 7], Bytes, Open),
    (CKA_COEFFICIENT, &[4, 6, 7], Bytes, Open),
];

/// Sections 6.3.3, 6.3.5 and 6.3.7.
const EC_PUBLIC: &[Row] = &[(CKA_EC_PARAMS, &[1, 3], Bytes, Open), (CKA_EC_POINT, &[1, 4], Bytes, Open)];

/// Sections 6.3.4, 6.3.6 and 6.3.8.
const EC_PRIVATE: &[Row] = &[(CKA_EC_PARAMS, &[1, 4, 6], Bytes, Open), (CKA_VALUE, &[1, 4, 6, 7], Bytes, Open)];

/// Sections 6.2.2 and 6.4.2.
const SUBGROUP_PUBLIC: &[Row] = &[
    (CKA_PRIME, &[1, 3], Bytes, Open),
    (CKA_SUBPRIME, &[1, 3], Bytes, Open),
    (CKA_BASE, &[1, 3], Bytes, Open),
    (CKA_VALUE, &[1, 4], Bytes, Open),
];

/// Sections 6.2.3 and 6.4.3.
const SUBGROUP_PRIVATE: &[Row] = &[
    (CKA_PRIME, &[1, 4, 6], Bytes, Open),
    (CKA_SUBPRIME, &[1, 4, 6], Bytes, Open),
    (CKA_BASE, &[1, 4, 6], Bytes, Open),
    (CKA_VALUE, &[1, 4, 6, 7], Bytes, Open),
];

/// Section 6.4.2.
const DH_PUBLIC: &[Row] =
    &[(CKA_PRIME, &[1, 3], Bytes, Open), (CKA_BASE, &[1, 3], Bytes, Open), (CKA_VALUE, &[1, 4], Bytes, Open)];

/// Section 6.4.3.
const DH_PRIVATE: &[Row] = &[
    (CKA_PRIME, &[1, 4, 6], Bytes, Open),
    (CKA_BASE, &[1, 4, 6], Bytes, Open),
    (CKA_VALUE, &[1, 4, 6, 7], Bytes, Open),
    (CKA_VALUE_BITS, &[2], Ulong, Open),
];

/// Section 4.11.
const DOMAIN: &[Row] = &[(CKA_KEY_TYPE, &[1], Ulong, Open), (CKA_LOCAL, &[2, 4], Bool, False)];

/// Section 6.2.4.
const DSA: &[Row] = &[
    (CKA_PRIME, &[1, 4], Bytes, Open),
    (CKA_SUBPRIME, &[1, 4], Bytes, Open),
    (CKA_BASE, &[1, 4], Bytes, Open),
    (CKA_PRIME_BITS, &[2, 3], Ulong, Number(1024)),
];

/// Section 6.4.4.
const DH: &[Row] = &[
    (CKA_PRIME, &[1, 4], Bytes, Open),
    (CKA_BASE, &[1, 4], Bytes, Open),
    (CKA_PRIME_BITS, &[2, 3], Ulong, Number(1024)),
];

/// Section 6.4.5.
const X9_42: &[Row] = &[
    (CKA_PRIME, &[1, 4], Bytes, Open),
    (CKA_BASE, &[1, 4], Bytes, Open),
    (CKA_SUBPRIME, &[1, 4], Bytes, Open),
    (CKA_PRIME_BITS, &[2, 3], Ulong, Number(1024)),
    (CKA_SUBPRIME_BITS, &[2, 3], Ulong, Number(160)),
];

/// Section 4.15.
const TRUST: &[Row] = &[
    (CKA_ISSUER, &[1], Bytes, Open),
    (CKA_SERIAL_NUMBER, &[1], Bytes, Open),
    (CKA_HASH_OF_CERTIFICATE, &[SILENT], Bytes, Empty),
    (CKA_NAME_HASH_ALGORITHM, &[SILENT], Ulong, Open),
    (CKA_TRUST_SERVER_AUTH, &[SILENT], Ulong, Number(CKT_TRUST_UNKNOWN as CK_ULONG)),
    (CKA_TRUST_CLIENT_AUTH, &[SILENT], Ulong, Number(CKT_TRUST_UNKNOWN as CK_ULONG)),
    (CKA_TRUST_CODE_SIGNING, &[SILENT], Ulong, Number(CKT_TRUST_UNKNOWN as CK_ULONG)),
    (CKA_TRUST_EMAIL_PROTECTION, &[SILENT], Ulong, Number(CKT_TRUST_UNKNOWN as CK_ULONG)),
    (CKA_TRUST_IPSEC_IKE, &[SILENT], Ulong, Number(CKT_TRUST_UNKNOWN as CK_ULONG)),
    (CKA_TRUST_TIME_STAMPING, &[SILENT], Ulong, Number(CKT_TRUST_UNKNOWN as CK_ULONG)),
    (CKA_TRUST_OCSP_SIGNING, &[SILENT], Ulong, Number(CKT_TRUST_UNKNOWN as CK_ULONG)),
];

/// Every kind of object that an application can make.
pub fn kinds(session: &Session) -> Vec<Kind> {
    let mut kinds = vec![
        kind("data", &[class(CKO_DATA)], &[DATA]),
        kind("X.509", &certificate_template(), &[CERTIFICATE, X_509]),
        kind("WTLS", &but(&certificate_template(), ulong(CKA_CERTIFICATE_TYPE, CKC_WTLS)), &[CERTIFICATE, WTLS]),
        kind("attribute certificate", &attribute_certificate(), &[CERTIFICATE, ATTRIBUTE_CERTIFICATE]),
        kind("AES", &aes_template(), &[KEY, SECRET_KEY, SECRET_VALUE]),
        kind("generic secret", &generic_template(b"any"), &[KEY, SECRET_KEY, SECRET_VALUE]),
        kind(
            "SHA-256 HMAC",
            &but(&generic_template(b"any"), key_type(CKK_SHA256_HMAC)),
            &[KEY, SECRET_KEY, SECRET_VALUE],
        ),
        kind("DSA", &domain(CKK_DSA, true), &[DOMAIN, DSA]),
        kind("DH", &domain(CKK_DH, false), &[DOMAIN, DH]),
        kind("X9.42", &domain(CKK_X9_42_DH, true), &[DOMAIN, X9_42]),
        kind("trust", &trust_template(), &[TRUST]),
    ];
    kinds.extend(pairs(session));
    kinds
}

fn pairs(session: &Session) -> Vec<Kind> {
    let open = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    let private_class = |kind| [class(CKO_PRIVATE_KEY), key_type(kind)];
    let public_class = |kind| [class(CKO_PUBLIC_KEY), key_type(kind)];
    let (public, private) = rsa(session, &[], &open);
    let numbers = [CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT];
    let mut kinds = vec![
        kind(
            "RSA public",
            &with(&public_class(CKK_RSA), &copied(session, public, &numbers[..2])),
            &[KEY, PUBLIC, RSA_PUBLIC],
        ),
        kind(
            "RSA private",
            &with(&private_class(CKK_RSA), &copied(session, private, &numbers)),
            &[KEY, PRIVATE, RSA_PRIVATE],
        ),
    ];
    for (public_name, private_name, key_type, params, generator) in [
        ("EC public", "EC private", CKK_EC, P256, CKM_EC_KEY_PAIR_GEN),
        ("Edwards public", "Edwards private", CKK_EC_EDWARDS, ED25519, CKM_EC_EDWARDS_KEY_PAIR_GEN),
        ("Montgomery public", "Montgomery private", CKK_EC_MONTGOMERY, X25519, CKM_EC_MONTGOMERY_KEY_PAIR_GEN),
    ] {
        let (public, private) = ok(session.generate_pair(&mech(generator), &[bytes(CKA_EC_PARAMS, params)], &open));
        let public = copied(session, public, &[CKA_EC_PARAMS, CKA_EC_POINT]);
        let private = copied(session, private, &[CKA_EC_PARAMS, CKA_VALUE]);
        kinds.push(kind(public_name, &with(&public_class(key_type), &public), &[KEY, PUBLIC, EC_PUBLIC]));
        kinds.push(kind(private_name, &with(&private_class(key_type), &private), &[KEY, PRIVATE, EC_PRIVATE]));
    }
    for (public_name, private_name, key_type, subprime, public, private) in [
        ("DSA public", "DSA private", CKK_DSA, true, SUBGROUP_PUBLIC, SUBGROUP_PRIVATE),
        ("DH public", "DH private", CKK_DH, false, DH_PUBLIC, DH_PRIVATE),
        ("X9.42 public", "X9.42 private", CKK_X9_42_DH, true, SUBGROUP_PUBLIC, SUBGROUP_PRIVATE),
    ] {
        let group = &domain(key_type, subprime)[2..];
        let of = |class: &[Attribute], value| [class, group, &[bytes(CKA_VALUE, hex(value))]].concat();
        kinds.push(kind(public_name, &of(&public_class(key_type), Y_A), &[KEY, PUBLIC, public]));
        kinds.push(kind(private_name, &of(&private_class(key_type), X_A), &[KEY, PRIVATE, private]));
    }
    kinds
}

fn kind(name: &'static str, least: &[Attribute], rows: &[&[Row]]) -> Kind {
    Kind { name, least: least.to_vec(), rows: [&[STORAGE], rows].concat().concat() }
}

pub fn attribute_certificate() -> Vec<Attribute> {
    vec![
        class(CKO_CERTIFICATE),
        ulong(CKA_CERTIFICATE_TYPE, CKC_X_509_ATTR_CERT),
        bytes(CKA_OWNER, b"\x30\x00"),
        bytes(CKA_VALUE, b"\x30\x03abc"),
    ]
}

/// The first group of RFC 5114.
pub fn domain(kind: CK_KEY_TYPE, subprime: bool) -> Vec<Attribute> {
    let group = [bytes(CKA_PRIME, hex(P_1024)), bytes(CKA_BASE, hex(G_1024)), bytes(CKA_SUBPRIME, hex(Q_1024))];
    let numbers = group.into_iter().take(if subprime { 3 } else { 2 });
    [class(CKO_DOMAIN_PARAMETERS), key_type(kind)].into_iter().chain(numbers).collect()
}
