//! Keys that come to a token: generated there, or imported from files.

use crate::Result;
use crate::cli::{Cli, Names, Uses};
use crate::client::{Attribute, Mechanism, Module, Session};
use crate::show::done;
use crate::tokens::open;
use cryptoki_sys::*;
use ferrotoken::files::{self, Content, key_id};
use ferrotoken::key::ec::encoding::params_of_name;
use ferrotoken::key::{ec, edwards, from_pkcs8, from_spki, montgomery};
use ferrotoken::object::template::{Contribution, Value};
use serde_json::json;
use std::path::Path;
use zeroize::Zeroizing;

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
        let unknown =
            || format!("nobody knows how to generate {name:?}; `ferrotoken generate --help` lists what can be");
        let (family, size) = name.split_once(':').ok_or_else(unknown)?;
        let size: CK_ULONG = size.parse().map_err(|_| unknown())?;
        let (mechanism, pair, attribute) = match family {
            "rsa" => (CKM_RSA_PKCS_KEY_PAIR_GEN, true, Attribute::number(CKA_MODULUS_BITS, size)),
            "aes" => (CKM_AES_KEY_GEN, false, Attribute::number(CKA_VALUE_LEN, size / 8)),
            "generic" => (CKM_GENERIC_SECRET_KEY_GEN, false, Attribute::number(CKA_VALUE_LEN, size)),
            _ => return Err(unknown().into()),
        };
        Ok(Self { mechanism, pair, template: vec![attribute] })
    }
}

/// What each new object has: it is kept, and has these names.
fn common(names: &Names, id: &[u8]) -> Vec<Attribute> {
    vec![
        Attribute::boolean(CKA_TOKEN, true),
        Attribute::bytes(CKA_LABEL, names.label.as_bytes()),
        Attribute::bytes(CKA_ID, id),
    ]
}

/// What a private or secret key has beside.
fn guarded(uses: &Uses) -> Vec<Attribute> {
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
    let session = open(cli, module)?;
    let mechanism = Mechanism(mechanism, &[]);
    // Programs look for the two halves of a pair by one identifier.
    let id = match &names.id {
        Some(id) => id.0.clone(),
        None => session.random_bytes(8)?,
    };
    let common = || common(names, &id);
    if pair {
        let (public, private) = ([common(), template].concat(), [common(), guarded(uses)].concat());
        session.generate_key_pair(&mechanism, &public, &private)?;
    } else {
        session.generate_key(&mechanism, &[common(), template, guarded(uses)].concat())?;
    }
    let id = base16ct::lower::encode_string(&id);
    let sentence = format!("{kind} is generated; its id is {id}");
    done(cli.json, &sentence, json!({ "generated": kind, "id": id, "label": names.label }));
    Ok(())
}

/// `ferrotoken import`.
pub fn import(cli: &Cli, module: &Module, file: &Path, names: &Names, uses: &Uses) -> Result<()> {
    let text = Zeroizing::new(std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?);
    let blocks =
        files::pem::blocks(&text).map_err(|fault| format!("{}:{}: {}", file.display(), fault.line, fault.what))?;
    if blocks.is_empty() {
        return Err(format!("there is no PEM block in {}", file.display()).into());
    }
    let session = open(cli, module)?;
    let mut made = Vec::new();
    for block in &blocks {
        let import = || match files::content(block)? {
            Content::PrivateKey(pkcs8) => private_key(&session, &pkcs8, names, uses),
            Content::PublicKey(spki) => public_key(&session, spki, names),
            Content::Certificate(der) => certificate(&session, der, names),
            Content::Nothing => Ok(Vec::new()),
        };
        let place = || format!("{}:{}: the {}", file.display(), block.line, block.label);
        made.extend(import().map_err(|error| format!("{}: {error}", place()))?);
    }
    done(cli.json, &format!("imported: {}", made.join(", ")), json!({ "imported": made }));
    Ok(())
}

/// The identifier that was asked for, or that of the public key.
fn id(names: &Names, spki: &[u8]) -> Result<Vec<u8>> {
    Ok(match &names.id {
        Some(id) => id.0.clone(),
        None => key_id(spki)?.to_vec(),
    })
}

/// A private key out of PKCS #8 and, where the module tells it, its public key.
fn private_key(session: &Session<'_>, der: &[u8], names: &Names, uses: &Uses) -> Result<Vec<&'static str>> {
    let (key_type, contribution) = from_pkcs8(der)?;
    // The point is the public key's alone (section 6.3.4).
    let contribution = contribution.into_iter().filter(|(attribute, _)| *attribute != CKA_EC_POINT).collect();
    let mut template = key(CKO_PRIVATE_KEY, key_type, contribution);
    template.extend([common(names, &[]), guarded(uses)].concat());
    let private = session.create(&template)?;
    let Ok(info) = session.attribute(private, CKA_PUBLIC_KEY_INFO) else { return Ok(vec!["private key"]) };
    if info.is_empty() {
        return Ok(vec!["private key"]);
    }
    session.set(private, &[Attribute::bytes(CKA_ID, &id(names, &info)?)])?;
    public_key(session, &info, names)?;
    Ok(vec!["private key", "public key"])
}

fn public_key(session: &Session<'_>, info: &[u8], names: &Names) -> Result<Vec<&'static str>> {
    let (key_type, contribution) = from_spki(info)?;
    let mut template = key(CKO_PUBLIC_KEY, key_type, contribution);
    template.extend(common(names, &id(names, info)?));
    session.create(&template)?;
    Ok(vec!["public key"])
}

fn certificate(session: &Session<'_>, der: &[u8], names: &Names) -> Result<Vec<&'static str>> {
    let parts = files::certificate(der)?;
    let [.., (_, spki)] = &parts;
    let mut template =
        vec![Attribute::number(CKA_CLASS, CKO_CERTIFICATE), Attribute::number(CKA_CERTIFICATE_TYPE, CKC_X_509)];
    // Not every module knows the attribute of the public key's encoding.
    let own = parts.iter().filter(|(attribute, _)| *attribute != CKA_PUBLIC_KEY_INFO);
    template.extend(own.map(|(attribute, value)| Attribute::bytes(*attribute, value)));
    template.extend(common(names, &id(names, spki)?));
    session.create(&template)?;
    Ok(vec!["certificate"])
}

fn key(class: CK_OBJECT_CLASS, key_type: CK_KEY_TYPE, contribution: Contribution) -> Vec<Attribute> {
    let own = [Attribute::number(CKA_CLASS, class), Attribute::number(CKA_KEY_TYPE, key_type)];
    let value = |(attribute, value): (_, Value)| Attribute::bytes(attribute, &value.to_bytes());
    own.into_iter().chain(contribution.into_iter().map(value)).collect()
}
