//! `ferrotoken import-module`: what another PKCS#11 module gives through its interface.
//!
//! Certificates, data and public keys are read. A private or secret key that is extractable is read if it is not sensitive, and else
//! wrapped by its own module and unwrapped by ours. One that is not extractable stays.

use crate::Result;
use crate::arrivals::{Arrival, Wrapped, bring};
use crate::cli::{Cli, FromModule};
use crate::client::{Attribute, Mechanism, Module, Session};
use crate::material::wrapping_key;
use crate::progress::Counter;
use crate::show::text;
use cryptoki_sys::*;
use ferrotoken::names::Shown;
use ferrotoken::object::rules::given;
use zeroize::Zeroizing;

/// By what the other module wraps, by what ours may unwrap it, and the length of the initialisation vector. Under the name of
/// CKM_AES_KEY_WRAP_PAD some modules have the wrapping of RFC 5649, which is CKM_AES_KEY_WRAP_KWP.
const WRAPPINGS: [(CK_MECHANISM_TYPE, &[CK_MECHANISM_TYPE], usize); 4] = [
    (CKM_AES_KEY_WRAP_KWP, &[CKM_AES_KEY_WRAP_KWP], 0),
    (CKM_AES_CBC_PAD, &[CKM_AES_CBC_PAD], 16),
    // SoftHSM pads keys with zeros before any wrapping, which only this one allows for.
    (CKM_AES_KEY_WRAP, &[CKM_AES_KEY_WRAP], 0),
    (CKM_AES_KEY_WRAP_PAD, &[CKM_AES_KEY_WRAP_PAD, CKM_AES_KEY_WRAP_KWP], 0),
];

/// `ferrotoken import-module`.
pub fn run(cli: &Cli, module: &Module, what: &FromModule) -> Result<()> {
    let foreign = match &what.from_parameter {
        Some(parameter) => Module::load_with(&what.library, parameter)?,
        None => Module::load(&what.library)?,
    };
    let arrivals = read(&foreign, what);
    let arrivals = arrivals.and_then(|arrivals| Ok((arrivals, foreign.finalise()?)));
    bring(cli, module, arrivals?.0)
}

fn read(foreign: &Module, what: &FromModule) -> Result<Vec<Arrival>> {
    let slot = chosen(foreign, what)?;
    let session = foreign.open_session(slot)?;
    if foreign.token_info(slot)?.flags & CKF_LOGIN_REQUIRED != 0 {
        session.login(CKU_USER, &what.from_pin.read("user PIN of the other token")?)?;
    }
    let offered = foreign.mechanisms(slot)?;
    let wraps = |id| offered.iter().any(|(known, info)| *known == id && info.flags & CKF_WRAP != 0);
    let wrappings: Vec<_> = WRAPPINGS.into_iter().filter(|(there, ..)| wraps(*there)).collect();
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

type Wrapping = (CK_MECHANISM_TYPE, &'static [CK_MECHANISM_TYPE], usize);

fn arrival(session: &Session<'_>, object: CK_OBJECT_HANDLE, wrappings: &[Wrapping]) -> Result<Arrival> {
    let class = session.number(object, CKA_CLASS)?;
    let kind = session.number(object, CKA_KEY_TYPE).or_else(|_| session.number(object, CKA_CERTIFICATE_TYPE)).ok();
    let mut attributes = Vec::new();
    let mut bound = false;
    for (attribute, template, _) in given(class, kind) {
        // A module that does not have an attribute, or does not give it, says so in one way or another.
        let Ok(value) = session.attribute(object, attribute).map(Zeroizing::new) else { continue };
        bound |= template && !value.is_empty();
        // The point is the public key's alone (section 6.3.4).
        if !template && (attribute != CKA_EC_POINT || class == CKO_PUBLIC_KEY) {
            attributes.push(Attribute::bytes(attribute, &value));
        }
    }
    if attributes.is_empty() {
        let class = Shown::class(class);
        return Ok(Arrival::lost(class, "objects of this kind are not known here".into()));
    }
    let arrival = Arrival::of(attributes);
    let secret = matches!(class, CKO_PRIVATE_KEY | CKO_SECRET_KEY);
    Ok(if bound {
        arrival.stays("its templates for other keys (CKA_UNWRAP_TEMPLATE and the like) would be lost".into())
    } else if secret && !session.holds(object, CKA_EXTRACTABLE) {
        arrival.stays("it is not extractable, and its module gives it to nobody".into())
    } else if secret && session.holds(object, CKA_SENSITIVE) {
        match wrapped(session, object, wrappings)? {
            Some(wrapped) => arrival.wrapped(wrapped, session.number(object, CKA_VALUE_LEN).ok()),
            None => {
                let names: Vec<_> = WRAPPINGS.iter().map(|wrapping| Shown::mechanism(wrapping.0)).collect();
                arrival.stays(format!("it is sensitive, and its module wraps it by none of {}", names.join(", ")))
            }
        }
    } else {
        arrival
    })
}

/// The key, wrapped by the first mechanism that its module does it with.
fn wrapped(session: &Session<'_>, object: CK_OBJECT_HANDLE, wrappings: &[Wrapping]) -> Result<Option<Wrapped>> {
    for (there, here, iv) in wrappings {
        let (key, parameter) = (Zeroizing::new(session.random::<32>()?), session.random_bytes(*iv)?);
        // A module that takes no AES key wraps by none.
        let Ok(wrapping) = session.create(&wrapping_key(&*key)) else { break };
        let value = session.wrap(&Mechanism(*there, &parameter), wrapping, object);
        session.destroy(wrapping)?;
        if let Ok(value) = value {
            return Ok(Some(Wrapped { key, mechanisms: here.to_vec(), parameter, value }));
        }
    }
    Ok(None)
}
