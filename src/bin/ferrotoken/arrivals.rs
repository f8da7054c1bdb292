//! Objects that come from another token: what of them can be kept, making them, and the report.

use crate::Result;
use crate::cli::Cli;
use crate::client::{Attribute, Mechanism, Module, Session};
use crate::material::{info_of_private, wrapping_key};
use crate::progress::Counter;
use crate::show::table;
use crate::tokens::{open, warn_of_memory};
use cryptoki_sys::*;
use ferrotoken::key::fixed_length;
use ferrotoken::names::Shown;
use ferrotoken::object::rules::given;
use ferrotoken::object::template::ulong;
use serde_json::json;
use zeroize::Zeroizing;

/// An object on its way.
pub struct Arrival {
    attributes: Vec<Attribute>,
    /// Its value, if it comes wrapped.
    wrapped: Option<Wrapped>,
    /// Why it does not come.
    lost: Option<String>,
    /// Where it was, if nothing else is known.
    place: String,
    /// Whether the security officer has trusted it.
    trusted: bool,
}

/// A wrapped key, and how to unwrap it.
pub struct Wrapped {
    /// The AES key that wraps.
    pub key: Zeroizing<[u8; 32]>,
    /// Those by which it may be unwrapped: there are modules that mean another than they say. Where there are several, each has
    /// a checksum that tells.
    pub mechanisms: Vec<CK_MECHANISM_TYPE>,
    pub parameter: Vec<u8>,
    pub value: Zeroizing<Vec<u8>>,
}

/// Of a secret key that nobody may read it cannot be seen whether it is the same; to leave it out without a word might lose it.
const NAMESAKE: &str = "an object of this class, label and id is there, which is another or cannot be compared. Delete or rename it there \
                        to let this one come";

impl Arrival {
    /// An object with these attributes. Those that a token says of its own, or that follow from others, are left to it, as are
    /// vendors' and those of older versions of the standard.
    pub fn of(attributes: Vec<Attribute>) -> Self {
        let number = |kind| attributes.iter().find(|one| one.kind() == kind).and_then(|one| ulong(one.value()));
        let class = number(CKA_CLASS).unwrap_or(CK_UNAVAILABLE_INFORMATION);
        let given = given(class, number(CKA_KEY_TYPE).or(number(CKA_CERTIFICATE_TYPE)));
        let trusted = attributes.iter().any(|one| one.kind() == CKA_TRUSTED && one.value() == [CK_TRUE]);
        let kept = |one: &Attribute| {
            let kind = one.kind();
            // Of a kind of object that is not known here all is kept: the token says what is wrong with it.
            let known = given.is_empty() || given.iter().any(|(given, ..)| *given == kind);
            // An empty list of mechanisms means none here, and any elsewhere; other empty values are what is there anyway.
            known && kind != CKA_TOKEN && kind != CKA_TRUSTED && !one.value().is_empty()
        };
        let mut attributes: Vec<Attribute> = attributes.into_iter().filter(kept).collect();
        attributes.push(Attribute::boolean(CKA_TOKEN, true));
        Self { attributes, wrapped: None, lost: None, place: String::new(), trusted }
    }

    /// The same, with its value wrapped; a secret key's has this length, beyond which there may be padding.
    pub fn wrapped(mut self, wrapped: Wrapped, length: Option<CK_ULONG>) -> Self {
        let class = self.number(CKA_CLASS).unwrap_or(CK_UNAVAILABLE_INFORMATION);
        let given = given(class, self.number(CKA_KEY_TYPE));
        let in_key = |kind| given.iter().any(|(given, _, in_key)| *given == kind && *in_key);
        self.attributes.retain(|one| !in_key(one.kind()));
        let sized = |key_type| fixed_length(key_type).is_none();
        if class == CKO_SECRET_KEY && self.number(CKA_KEY_TYPE).is_some_and(sized) {
            self.attributes.extend(length.map(|length| Attribute::number(CKA_VALUE_LEN, length)));
        }
        Self { wrapped: Some(wrapped), ..self }
    }

    /// The same, which must stay where it is.
    pub fn stays(self, why: String) -> Self {
        Self { lost: Some(why), ..self }
    }

    /// One of which nothing is known but its place.
    pub fn lost(place: String, why: String) -> Self {
        Self { attributes: Vec::new(), wrapped: None, lost: Some(why), place, trusted: false }
    }

    fn bytes(&self, kind: CK_ATTRIBUTE_TYPE) -> &[u8] {
        self.attributes.iter().find(|one| one.kind() == kind).map(Attribute::value).unwrap_or_default()
    }

    fn number(&self, kind: CK_ATTRIBUTE_TYPE) -> Option<CK_ULONG> {
        ulong(self.bytes(kind))
    }

    /// By what it is recognised, if this was begun before: by more than its class.
    fn names(&self) -> Option<Vec<Attribute>> {
        const NAMES: [CK_ATTRIBUTE_TYPE; 4] = [CKA_CLASS, CKA_KEY_TYPE, CKA_LABEL, CKA_ID];
        let names: Vec<_> = self.attributes.iter().filter(|one| NAMES.contains(&one.kind())).cloned().collect();
        names.iter().any(|one| matches!(one.kind(), CKA_LABEL | CKA_ID)).then_some(names)
    }

    /// Whether an object is certainly this one: it has the same value, as far as that is not hidden, or the same public key.
    fn is(&self, session: &Session<'_>, object: CK_OBJECT_HANDLE) -> bool {
        let reads = |kind, value: &[u8]| {
            !value.is_empty() && session.attribute(object, kind).is_ok_and(|theirs| theirs == value)
        };
        let public = || {
            let private = self.number(CKA_CLASS) == Some(CKO_PRIVATE_KEY);
            if private { info_of_private(&self.attributes).unwrap_or_default() } else { Vec::new() }
        };
        [CKA_VALUE, CKA_MODULUS, CKA_EC_POINT].into_iter().any(|kind| reads(kind, self.bytes(kind)))
            || reads(CKA_PUBLIC_KEY_INFO, &public())
    }

    fn make(&self, session: &Session<'_>) -> Result<()> {
        let Some(wrapped) = &self.wrapped else {
            session.create(&self.attributes)?;
            return Ok(());
        };
        let wrapping = session.create(&wrapping_key(&*wrapped.key))?;
        let unwrap = |mechanism: &CK_MECHANISM_TYPE| {
            session.unwrap(&Mechanism(*mechanism, &wrapped.parameter), wrapping, &wrapped.value, &self.attributes)
        };
        let mut made = Err("nothing unwraps it".into());
        for mechanism in &wrapped.mechanisms {
            made = unwrap(mechanism).map(drop).map_err(Into::into);
            if made.is_ok() {
                break;
            }
        }
        session.destroy(wrapping)?;
        made
    }
}

/// Makes the objects on the chosen token, and says of each what became of it.
pub fn bring(cli: &Cli, module: &Module, arrivals: Vec<Arrival>) -> Result<()> {
    warn_of_memory(cli);
    let session = open(cli, module)?;
    // Asked before the first is made: two of the arrivals may have the same names.
    let mut there = Vec::new();
    for arrival in &arrivals {
        there.push(arrival.names().map(|names| session.find(&names)).transpose()?.unwrap_or_default());
    }
    let mut progress = Counter::new("objects", arrivals.len());
    let (mut rows, mut stayed) = (Vec::new(), 0);
    for (arrival, there) in arrivals.iter().zip(there) {
        let result = if let Some(why) = &arrival.lost {
            Err(why.clone())
        } else if there.iter().any(|object| arrival.is(&session, *object)) {
            Ok("was there already")
        } else if there.is_empty() {
            let came = if arrival.trusted { "came; the SO must trust it again (CKA_TRUSTED)" } else { "came" };
            arrival.make(&session).map_err(|error| error.to_string()).map(|()| came)
        } else {
            Err(NAMESAKE.into())
        };
        progress.next();
        stayed += usize::from(result.is_err());
        let result = result.map_or_else(|why| format!("stayed: {why}"), ToOwned::to_owned);
        let class = arrival.number(CKA_CLASS).map_or_else(|| arrival.place.clone(), Shown::class);
        rows.push(vec![
            json!(class),
            json!(arrival.number(CKA_KEY_TYPE).map(Shown::key_type)),
            json!(String::from_utf8_lossy(arrival.bytes(CKA_LABEL))),
            json!(base16ct::lower::encode_string(arrival.bytes(CKA_ID))),
            json!(result),
        ]);
    }
    drop(progress);
    let all = rows.len();
    table(cli.json, &["class", "type", "label", "id", "result"], rows)?;
    if stayed > 0 {
        return Err(format!("{stayed} of {all} objects stayed behind; the list above says why").into());
    }
    Ok(())
}
