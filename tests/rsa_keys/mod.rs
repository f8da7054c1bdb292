//! Keys of the test vectors that RSA Laboratories published with PKCS #1 v2.1, and what the tests of RSA share.
#![allow(dead_code, unused_imports)] // Each test program uses a part of it.

pub mod implicit_rejection;
mod numbers;
mod wrong;

use crate::common::*;
pub use numbers::*;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A key's numbers, in hexadecimal digits.
#[derive(Clone, Copy)]
pub struct Numbers {
    pub n: &'static str,
    pub e: &'static str,
    pub d: &'static str,
    pub p: &'static str,
    pub q: &'static str,
    pub dp: &'static str,
    pub dq: &'static str,
    pub qinv: &'static str,
}

impl Numbers {
    /// The size of the modulus in bytes.
    pub fn k(&self) -> usize {
        hex(self.n).len()
    }

    pub fn public(&self) -> Vec<Attribute> {
        let numbers = [(CKA_MODULUS, self.n), (CKA_PUBLIC_EXPONENT, self.e)];
        template_of(CKO_PUBLIC_KEY, &numbers)
    }

    /// What the standard demands and no more.
    pub fn least(&self) -> Vec<Attribute> {
        let numbers = [(CKA_MODULUS, self.n), (CKA_PUBLIC_EXPONENT, self.e), (CKA_PRIVATE_EXPONENT, self.d)];
        template_of(CKO_PRIVATE_KEY, &numbers)
    }

    pub fn private(&self) -> Vec<Attribute> {
        let numbers = SECRET_NUMBERS.into_iter().zip([self.d, self.p, self.q, self.dp, self.dq, self.qinv]);
        let numbers: Vec<_> =
            [(CKA_MODULUS, self.n), (CKA_PUBLIC_EXPONENT, self.e)].into_iter().chain(numbers).collect();
        template_of(CKO_PRIVATE_KEY, &numbers)
    }

    /// RSAPrivateKey.
    pub fn der(&self) -> Vec<u8> {
        private_der(&hex(self.n), &hex(self.e), &[self.d, self.p, self.q, self.dp, self.dq, self.qinv].map(hex))
    }

    /// The public and the private key as session objects.
    pub fn import(&self, session: &Session) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
        (ok(session.create(&self.public())), ok(session.create(&self.private())))
    }
}

pub const SECRET_NUMBERS: [CK_ATTRIBUTE_TYPE; 6] =
    [CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT];

fn template_of(kind: CK_OBJECT_CLASS, numbers: &[(CK_ATTRIBUTE_TYPE, &str)]) -> Vec<Attribute> {
    let mut template = vec![class(kind), key_type(CKK_RSA)];
    if kind == CKO_PRIVATE_KEY {
        template.extend([no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]);
    }
    template.extend(numbers.iter().map(|(attribute, number)| bytes(*attribute, hex(number))));
    template
}

/// The template with one attribute replaced.
pub fn with(template: &[Attribute], attribute: Attribute) -> Vec<Attribute> {
    let mut template = without(template, attribute.kind);
    template.push(attribute);
    template
}

/// The template without an attribute.
pub fn without(template: &[Attribute], kind: CK_ATTRIBUTE_TYPE) -> Vec<Attribute> {
    template.iter().filter(|attribute| attribute.kind != kind).cloned().collect()
}

/// A hash as the standard names it and its mask generation function, and as openssl names it.
pub type Named = (CK_MECHANISM_TYPE, CK_RSA_PKCS_MGF_TYPE, &'static str, usize);

/// Every hash that has a mask generation function, with its length in bytes.
pub const HASHES: [Named; 9] = [
    (CKM_SHA_1, CKG_MGF1_SHA1, "sha1", 20),
    (CKM_SHA224, CKG_MGF1_SHA224, "sha224", 28),
    (CKM_SHA256, CKG_MGF1_SHA256, "sha256", 32),
    (CKM_SHA384, CKG_MGF1_SHA384, "sha384", 48),
    (CKM_SHA512, CKG_MGF1_SHA512, "sha512", 64),
    (CKM_SHA3_224, CKG_MGF1_SHA3_224, "sha3-224", 28),
    (CKM_SHA3_256, CKG_MGF1_SHA3_256, "sha3-256", 32),
    (CKM_SHA3_384, CKG_MGF1_SHA3_384, "sha3-384", 48),
    (CKM_SHA3_512, CKG_MGF1_SHA3_512, "sha3-512", 64),
];

pub fn pss(kind: CK_MECHANISM_TYPE, hash: CK_MECHANISM_TYPE, mgf: CK_RSA_PKCS_MGF_TYPE, salt: usize) -> Mech {
    mech_params(kind, &CK_RSA_PKCS_PSS_PARAMS { hashAlg: hash, mgf, sLen: salt as CK_ULONG })
}

/// OAEP; the label must outlive the mechanism's use.
pub fn oaep(hash: CK_MECHANISM_TYPE, mgf: CK_RSA_PKCS_MGF_TYPE, label: &[u8]) -> Mech {
    let source = if label.is_empty() { std::ptr::null_mut() } else { label.as_ptr().cast_mut().cast() };
    let params = CK_RSA_PKCS_OAEP_PARAMS {
        hashAlg: hash,
        mgf,
        source: CKZ_DATA_SPECIFIED,
        pSourceData: source,
        ulSourceDataLen: label.len() as CK_ULONG,
    };
    mech_params(CKM_RSA_PKCS_OAEP, &params)
}

/// RSAPrivateKey (RFC 8017, appendix A.1.2).
pub fn private_der(n: &[u8], e: &[u8], secret: &[Vec<u8>]) -> Vec<u8> {
    let element = |tag: u8, content: &[u8]| [&[tag, 0x82], &(content.len() as u16).to_be_bytes()[..], content].concat();
    let numbers = [&[0], n, e].into_iter().chain(secret.iter().map(|number| &number[..]));
    let content: Vec<u8> = numbers.flat_map(integer).collect();
    element(0x30, &content)
}

fn integer(number: &[u8]) -> Vec<u8> {
    let sign = if number[0] >= 0x80 { &[0][..] } else { &[] };
    let length = number.len() + sign.len();
    let header = match length {
        0..0x80 => vec![2, length as u8],
        0x80..0x100 => vec![2, 0x81, length as u8],
        _ => vec![2, 0x82, (length >> 8) as u8, length as u8],
    };
    [&header, sign, number].concat()
}

/// Files for the openssl program, removed when dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rsa-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn put(&self, name: &str, content: &[u8]) {
        std::fs::write(self.0.join(name), content).unwrap();
    }

    pub fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    /// Runs openssl here; its output if it succeeds.
    #[track_caller]
    pub fn openssl(&self, arguments: &[&str]) -> String {
        let output = Command::new("openssl").args(arguments).current_dir(&self.0).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Writes a key's CKA_PUBLIC_KEY_INFO as `public.der`.
    pub fn put_public(&self, session: &Session, key: CK_OBJECT_HANDLE) {
        self.put("public.der", &ok(session.get(key, CKA_PUBLIC_KEY_INFO)));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
