//! `ferrotoken import-module`: what another PKCS#11 module gives through its interface.
//!
//! Certificates, data and public keys are read. A private or secret key that is extractable is read if it is not sensitive, and else
//! wrapped by its own module and unwrapped by ours, so that its value is never here. One that is not extractable stays.

use crate::Result;
use crate::arrivals::{Arrival, Wrapped, bring};
use crate::cli::{Cli, FromModule};
use crate::client::{Attribute, Mechanism, Module, Session};
use crate::material::{MATERIAL, wrapping_key};
use crate::progress::Counter;
use crate::show::text;
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// What is read beside the material of keys. Attributes that restrict a key are among them, and templates in a list of their own.
const READ: [CK_ATTRIBUTE_TYPE; 43] = [
    CKA_CLASS,
    CKA_KEY_TYPE,
    CKA_CERTIFICATE_TYPE,
    CKA_LABEL,
    CKA_ID,
    CKA_PRIVATE,
    CKA_MODIFIABLE,
    CKA_COPYABLE,
    CKA_DESTROYABLE,
    CKA_APPLICATION,
    CKA_OBJECT_ID,
    CKA_SUBJECT,
    CKA_ISSUER,
    CKA_SERIAL_NUMBER,
    CKA_CERTIFICATE_CATEGORY,
    CKA_URL,
    CKA_HASH_OF_SUBJECT_PUBLIC_KEY,
    CKA_HASH_OF_ISSUER_PUBLIC_KEY,
    CKA_JAVA_MIDP_SECURITY_DOMAIN,
    CKA_NAME_HASH_ALGORITHM,
    CKA_START_DATE,
    CKA_END_DATE,
    CKA_OWNER,
    CKA_AC_ISSUER,
    CKA_ATTR_TYPES,
    CKA_TRUSTED,
    CKA_SENSITIVE,
    CKA_EXTRACTABLE,
    CKA_WRAP_WITH_TRUSTED,
    CKA_ALWAYS_AUTHENTICATE,
    CKA_ALLOWED_MECHANISMS,
    CKA_ENCRYPT,
    CKA_DECRYPT,
    CKA_SIGN,
    CKA_SIGN_RECOVER,
    CKA_VERIFY,
    CKA_VERIFY_RECOVER,
    CKA_WRAP,
    CKA_UNWRAP,
    CKA_DERIVE,
    CKA_ENCAPSULATE,
    CKA_DECAPSULATE,
    CKA_PUBLIC_KEY_INFO,
];

/// Templates that bind what a key unwraps, derives and so on.
const TEMPLATES: [CK_ATTRIBUTE_TYPE; 5] =
    [CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE, CKA_ENCAPSULATE_TEMPLATE, CKA_DECAPSULATE_TEMPLATE];

/// By what the other module wraps, and by what ours unwraps it. Under the name of `CKM_AES_KEY_WRAP_PAD` some modules have the
/// wrapping of RFC 5649, which is CKM_AES_KEY_WRAP_KWP, and some the older one; each has a checksum that tells.
const WRAPPINGS: [(CK_MECHANISM_TYPE, CK_MECHANISM_TYPE, usize); 5] = [
    (CKM_AES_KEY_WRAP_KWP, CKM_AES_KEY_WRAP_KWP, 0),
    (CKM_AES_CBC_PAD, CKM_AES_CBC_PAD, 16),
    (CKM_AES_KEY_WRAP_PAD, CKM_AES_KEY_WRAP_KWP, 0),
    (CKM_AES_KEY_WRAP_PAD, CKM_AES_KEY_WRAP_PAD, 0),
    (CKM_AES_KEY_WRAP, CKM_AES_KEY_WRAP, 0),
];

/// `ferrotoken import-module`.
pub fn run(cli: &Cli, module: &Module, what: &FromModule) -> Result<()> {
    let foreign = match &what.from_parameter {
        Some(parameter) => Module::load_with(&what.library, parameter)?,
        None => Module::load(&what.library)?,
    };
    let arrivals = read(&foreign, module, cli, what);
    let arrivals = arrivals.and_then(|arrivals| Ok((arrivals, foreign.finalise()?)));
    bring(cli, module, arrivals?.0)
}

fn read(foreign: &Module, module: &Module, cli: &Cli, what: &FromModule) -> Result<Vec<Arrival>> {
    let slot = chosen(foreign, what)?;
    let session = foreign.open_session(slot)?;
    if foreign.token_info(slot)?.flags & CKF_LOGIN_REQUIRED != 0 {
        session.login(CKU_USER, &what.from_pin.read("user PIN of the other token")?)?;
    }
    let known = module.mechanisms(crate::tokens::chosen(cli, module)?)?;
    let offered = foreign.mechanisms(slot)?;
    let has = |list: &[(CK_MECHANISM_TYPE, CK_MECHANISM_INFO)], id, flag| {
        list.iter().any(|(known, info)| *known == id && info.flags & flag != 0)
    };
    let wrappings: Vec<_> = WRAPPINGS
        .into_iter()
        .filter(|(there, here, _)| has(&offered, *there, CKF_WRAP) && has(&known, *here, CKF_UNWRAP))
        .collect();
    let objects = session.find(&[Attribute::boolean(CKA_TOKEN, true)])?;
    let mut progress = Counter::new("objects read", objects.len());
    let mut arrivals = Vec::new();
    for object in objects {
        progress.next();
        arrivals.push(arrival(&session, object, &wrappings)?);
    }
    Ok(arrivals)
}

/// The token that is meant, or the only one.
fn chosen(foreign: &Module, what: &FromModule) -> Result<CK_SLOT_ID> {
    if let Some(slot) = what.from_slot {
        return Ok(slot);
    }
    let mut found = Vec::new();
    for slot in foreign.slots()? {
        let info = foreign.token_info(slot)?;
        let label = text(&info.label);
        let initialised = info.flags & CKF_TOKEN_INITIALIZED != 0;
        if what.from_token.as_ref().map_or(initialised, |wanted| label == *wanted) {
            found.push((slot, label));
        }
    }
    match &found[..] {
        [(slot, _)] => Ok(*slot),
        [] => Err(format!("{} has no such token", what.library.display()).into()),
        several => {
            let names: Vec<_> = several.iter().map(|(slot, label)| format!("{label:?} in slot {slot}")).collect();
            Err(format!(
                "the other module has several tokens ({}): say which with --from-token or --from-slot",
                names.join(", ")
            )
            .into())
        }
    }
}

type Wrapping = (CK_MECHANISM_TYPE, CK_MECHANISM_TYPE, usize);

fn arrival(session: &Session<'_>, object: CK_OBJECT_HANDLE, wrappings: &[Wrapping]) -> Result<Arrival> {
    let read = |kind: &CK_ATTRIBUTE_TYPE| {
        // A module that does not have the attribute says so in one way or another.
        session.attribute(object, *kind).ok().map(|value| Attribute::bytes(*kind, &value))
    };
    let attributes: Vec<_> = READ.iter().filter_map(read).collect();
    let class = session.number(object, CKA_CLASS)?;
    let bound = TEMPLATES.iter().any(|kind| session.attribute(object, *kind).is_ok_and(|value| !value.is_empty()));
    if bound {
        let why = "its templates for other keys (CKA_UNWRAP_TEMPLATE and the like) would be lost".into();
        return Ok(Arrival::of(attributes).stays(why));
    }
    if !matches!(class, CKO_PRIVATE_KEY | CKO_SECRET_KEY) {
        return Ok(Arrival::of(attributes.into_iter().chain(material(session, object, class)).collect()));
    }
    if !session.holds(object, CKA_EXTRACTABLE) {
        return Ok(Arrival::of(attributes).stays("it is not extractable, and its module gives it to nobody".into()));
    }
    if !session.holds(object, CKA_SENSITIVE) {
        return Ok(Arrival::of(attributes.into_iter().chain(material(session, object, class)).collect()));
    }
    Ok(match wrapped(session, object, wrappings)? {
        Some(wrapped) => Arrival::of(attributes).wrapped(wrapped),
        None => {
            let why = "it is sensitive, and its module wraps it by nothing that is known here (CKM_AES_KEY_WRAP_KWP, CKM_AES_CBC_PAD …)";
            Arrival::of(attributes).stays(why.into())
        }
    })
}

/// The material of an object that gives it.
fn material(session: &Session<'_>, object: CK_OBJECT_HANDLE, class: CK_OBJECT_CLASS) -> Vec<Attribute> {
    // The point is the public key's alone (section 6.3.4).
    let own = MATERIAL.iter().filter(|kind| class == CKO_PUBLIC_KEY || **kind != CKA_EC_POINT);
    let own = own.filter(|kind| **kind != CKA_PUBLIC_KEY_INFO);
    own.filter_map(|kind| Some(Attribute::bytes(*kind, &Zeroizing::new(session.attribute(object, *kind).ok()?))))
        .collect()
}

/// The key, wrapped by the first mechanism that its module does it with.
fn wrapped(session: &Session<'_>, object: CK_OBJECT_HANDLE, wrappings: &[Wrapping]) -> Result<Option<Wrapped>> {
    for (there, here, iv) in wrappings {
        let (key, parameter) = (Zeroizing::new(session.random::<32>()?), session.random_bytes(*iv)?);
        let wrapping = session.create(&wrapping_key(&*key))?;
        let value = session.wrap(&Mechanism(*there, &parameter), wrapping, object);
        session.destroy(wrapping)?;
        if let Ok(value) = value {
            return Ok(Some(Wrapped { key, mechanism: *here, parameter, value }));
        }
    }
    Ok(None)
}
