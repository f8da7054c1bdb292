//! Keys that are generated on a token.

use crate::Result;
use crate::cli::{Cli, Names, Uses};
use crate::client::{Attribute, Mechanism, Module};
use crate::progress;
use crate::show::done;
use crate::tokens::{open, warn_of_memory};
use cryptoki_sys::*;
use ferrotoken::key::ec::encoding::params_of_name;
use ferrotoken::key::{ec, edwards, montgomery};
use ferrotoken::object::template::Value;
use serde_json::json;

/// What can be generated.
struct Kind {
    mechanism: CK_MECHANISM_TYPE,
    /// Whether it is a pair.
    pair: bool,
    /// The attributes that say which: of the secret or the public key.
    template: Vec<Attribute>,
}

/// The curves for signatures and key agreement, by the names that the library knows them by.
const EC: [&str; 7] = ["P-224", "P-256", "P-384", "P-521", "secp256k1", "brainpoolP256r1", "brainpoolP384r1"];
const EDWARDS: [&str; 2] = ["Ed25519", "Ed448"];
const MONTGOMERY: [&str; 2] = ["X25519", "X448"];

/// The mechanism that generates on the curve of this name, and its `CKA_EC_PARAMS`.
fn curve(name: &str) -> Option<(CK_MECHANISM_TYPE, Value)> {
    let is = |known: &[&str], name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    let (mechanism, params) = match name.split_once(':') {
        Some((family, name)) if family.eq_ignore_ascii_case("ec") && is(&EC, name) => {
            (CKM_EC_KEY_PAIR_GEN, params_of_name(ec::curves::CURVES, name))
        }
        None if is(&EDWARDS, name) => (CKM_EC_EDWARDS_KEY_PAIR_GEN, params_of_name(edwards::CURVES, name)),
        None if is(&MONTGOMERY, name) => (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, params_of_name(montgomery::CURVES, name)),
        _ => return None,
    };
    Some((mechanism, params?))
}

/// Names of parameter sets.
const SETS: [(&str, CK_ULONG, CK_MECHANISM_TYPE); 18] = [
    ("ml-dsa:44", CKP_ML_DSA_44, CKM_ML_DSA_KEY_PAIR_GEN),
    ("ml-dsa:65", CKP_ML_DSA_65, CKM_ML_DSA_KEY_PAIR_GEN),
    ("ml-dsa:87", CKP_ML_DSA_87, CKM_ML_DSA_KEY_PAIR_GEN),
    ("ml-kem:512", CKP_ML_KEM_512, CKM_ML_KEM_KEY_PAIR_GEN),
    ("ml-kem:768", CKP_ML_KEM_768, CKM_ML_KEM_KEY_PAIR_GEN),
    ("ml-kem:1024", CKP_ML_KEM_1024, CKM_ML_KEM_KEY_PAIR_GEN),
    ("slh-dsa:SHA2-128s", CKP_SLH_DSA_SHA2_128S, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHA2-128f", CKP_SLH_DSA_SHA2_128F, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHA2-192s", CKP_SLH_DSA_SHA2_192S, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHA2-192f", CKP_SLH_DSA_SHA2_192F, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHA2-256s", CKP_SLH_DSA_SHA2_256S, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHA2-256f", CKP_SLH_DSA_SHA2_256F, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHAKE-128s", CKP_SLH_DSA_SHAKE_128S, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHAKE-128f", CKP_SLH_DSA_SHAKE_128F, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHAKE-192s", CKP_SLH_DSA_SHAKE_192S, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHAKE-192f", CKP_SLH_DSA_SHAKE_192F, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHAKE-256s", CKP_SLH_DSA_SHAKE_256S, CKM_SLH_DSA_KEY_PAIR_GEN),
    ("slh-dsa:SHAKE-256f", CKP_SLH_DSA_SHAKE_256F, CKM_SLH_DSA_KEY_PAIR_GEN),
];

/// Secret keys of one length.
const FIXED: [(&str, CK_MECHANISM_TYPE); 2] = [("des3", CKM_DES3_KEY_GEN), ("chacha20", CKM_CHACHA20_KEY_GEN)];

/// Keys for HMAC and for one-time passwords, of any length.
const HMAC: [(&str, CK_MECHANISM_TYPE); 4] = [
    ("hotp", CKM_HOTP_KEY_GEN),
    ("hmac-sha256", CKM_SHA256_KEY_GEN),
    ("hmac-sha384", CKM_SHA384_KEY_GEN),
    ("hmac-sha512", CKM_SHA512_KEY_GEN),
];

impl Kind {
    fn parse(name: &str) -> Result<Self> {
        if let Some((mechanism, params)) = curve(name) {
            let template = vec![Attribute::bytes(CKA_EC_PARAMS, &params.to_bytes())];
            return Ok(Self { mechanism, pair: true, template });
        }
        if let Some((_, set, mechanism)) = SETS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)) {
            let template = vec![Attribute::number(CKA_PARAMETER_SET, *set)];
            return Ok(Self { mechanism: *mechanism, pair: true, template });
        }
        if let Some((_, mechanism)) = FIXED.iter().find(|(fixed, _)| fixed.eq_ignore_ascii_case(name)) {
            return Ok(Self { mechanism: *mechanism, pair: false, template: Vec::new() });
        }
        let unknown =
            || format!("nobody knows how to generate {name:?}; `ferrotoken generate --help` lists what can be");
        let (family, size) = name.split_once(':').ok_or_else(unknown)?;
        let size: CK_ULONG = size.parse().map_err(|_| unknown())?;
        let (mechanism, pair, attribute) = match family {
            "rsa" => (CKM_RSA_PKCS_KEY_PAIR_GEN, true, Attribute::number(CKA_MODULUS_BITS, size)),
            "aes" if ![128, 192, 256].contains(&size) => {
                return Err("AES keys have 128, 192 or 256 bits: write aes:128, aes:192 or aes:256".into());
            }
            "aes" => (CKM_AES_KEY_GEN, false, Attribute::number(CKA_VALUE_LEN, size / 8)),
            "generic" => (CKM_GENERIC_SECRET_KEY_GEN, false, Attribute::number(CKA_VALUE_LEN, size)),
            _ => {
                let hmac = HMAC.iter().find(|(hmac, _)| *hmac == family).ok_or_else(unknown)?;
                (hmac.1, false, Attribute::number(CKA_VALUE_LEN, size))
            }
        };
        Ok(Self { mechanism, pair, template: vec![attribute] })
    }
}

/// What each new object has: it is kept, and has these names.
pub fn common(names: &Names, id: &[u8]) -> Vec<Attribute> {
    vec![
        Attribute::boolean(CKA_TOKEN, true),
        Attribute::bytes(CKA_LABEL, names.label.as_bytes()),
        Attribute::bytes(CKA_ID, id),
    ]
}

/// What a private or secret key has beside.
pub fn guarded(uses: &Uses) -> Vec<Attribute> {
    let mut template = vec![
        Attribute::boolean(CKA_PRIVATE, true),
        Attribute::boolean(CKA_SENSITIVE, true),
        Attribute::boolean(CKA_EXTRACTABLE, uses.extractable),
    ];
    if uses.always_authenticate {
        template.push(Attribute::boolean(CKA_ALWAYS_AUTHENTICATE, true));
    }
    template
}

/// `ferrotoken generate`.
pub fn generate(cli: &Cli, module: &Module, kind: &str, names: &Names, uses: &Uses) -> Result<()> {
    let Kind { mechanism, pair, template } = Kind::parse(kind)?;
    warn_of_memory(cli);
    let session = open(cli, module)?;
    let mechanism = Mechanism(mechanism, &[]);
    // Programs look for the two halves of a pair by one identifier.
    let id = match &names.id {
        Some(id) => id.0.clone(),
        None => session.random_bytes(8)?,
    };
    let common = || common(names, &id);
    progress::waiting(&format!("generating {kind}"), || {
        let guarded = [common(), guarded(uses)].concat();
        if pair {
            session.generate_key_pair(&mechanism, &[common(), template].concat(), &guarded).map(drop)
        } else {
            session.generate_key(&mechanism, &[template, guarded].concat()).map(drop)
        }
    })?;
    let id = base16ct::lower::encode_string(&id);
    let sentence = format!("{kind} is generated; its id is {id}");
    done(cli.json, &sentence, json!({ "generated": kind, "id": id, "label": names.label }));
    Ok(())
}
