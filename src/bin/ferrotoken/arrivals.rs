//! Objects that come from another token: what of them can be kept, making them, and the report.

use crate::Result;
use crate::cli::Cli;
use crate::client::{Attribute, Mechanism, Module, Session};
use crate::material::{MATERIAL, wrapping_key};
use crate::progress::Counter;
use crate::show::table;
use crate::tokens::{open, warn_of_memory};
use cryptoki_sys::*;
use ferrotoken::names::Shown;
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
    pub mechanism: CK_MECHANISM_TYPE,
    pub parameter: Vec<u8>,
    pub value: Zeroizing<Vec<u8>>,
}

/// What a token says of its own, or follows from the rest: nobody may set it (footnotes 2, 4 and 6 of the standard's tables).
const FOLLOWS: [CK_ATTRIBUTE_TYPE; 15] = [
    CKA_TOKEN,
    CKA_LOCAL,
    CKA_KEY_GEN_MECHANISM,
    CKA_ALWAYS_SENSITIVE,
    CKA_NEVER_EXTRACTABLE,
    CKA_MODULUS_BITS,
    CKA_VALUE_LEN,
    CKA_VALUE_BITS,
    CKA_PRIME_BITS,
    CKA_SUBPRIME_BITS,
    CKA_CHECK_VALUE,
    CKA_UNIQUE_ID,
    CKA_OBJECT_VALIDATION_FLAGS,
    CKA_PUBLIC_CRC64_VALUE,
    CKA_TRUSTED,
];

/// Of older versions of the standard, without a meaning today: CKA_SECONDARY_AUTH and CKA_AUTH_PIN_FLAGS.
const OLD: [CK_ATTRIBUTE_TYPE; 2] = [0x200, 0x201];

impl Arrival {
    /// An object with these attributes.
    pub fn of(attributes: Vec<Attribute>) -> Self {
        let trusted = attributes.iter().any(|one| one.kind() == CKA_TRUSTED && one.value() == [CK_TRUE]);
        let kept = |one: &Attribute| {
            let kind = one.kind();
            let told = FOLLOWS.contains(&kind) || OLD.contains(&kind) || kind & CKA_VENDOR_DEFINED != 0;
            // An empty list of mechanisms means none here, and any elsewhere; other empty values are what is there anyway.
            !told && !one.value().is_empty()
        };
        let mut attributes: Vec<Attribute> = attributes.into_iter().filter(kept).collect();
        attributes.push(Attribute::boolean(CKA_TOKEN, true));
        Self { attributes, wrapped: None, lost: None, place: String::new(), trusted }
    }

    /// The same, with its value wrapped.
    pub fn wrapped(mut self, wrapped: Wrapped) -> Self {
        self.attributes.retain(|one| !MATERIAL.contains(&one.kind()));
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

    fn make(&self, session: &Session<'_>) -> Result<()> {
        let Some(wrapped) = &self.wrapped else {
            session.create(&self.attributes)?;
            return Ok(());
        };
        let wrapping = session.create(&wrapping_key(&*wrapped.key))?;
        let mechanism = Mechanism(wrapped.mechanism, &wrapped.parameter);
        let made = session.unwrap(&mechanism, wrapping, &wrapped.value, &self.attributes);
        session.destroy(wrapping)?;
        made?;
        Ok(())
    }
}

/// Makes the objects on the chosen token, and says of each what became of it.
pub fn bring(cli: &Cli, module: &Module, arrivals: Vec<Arrival>) -> Result<()> {
    warn_of_memory(cli);
    let session = open(cli, module)?;
    // Asked before the first is made: two of the arrivals may have the same names.
    let mut there = Vec::new();
    for arrival in &arrivals {
        let found = arrival.names().map(|names| session.find(&names)).transpose()?;
        there.push(found.is_some_and(|found| !found.is_empty()));
    }
    let mut progress = Counter::new("objects", arrivals.len());
    let (mut rows, mut stayed) = (Vec::new(), 0);
    for (arrival, there) in arrivals.iter().zip(there) {
        let result = match (&arrival.lost, there) {
            (Some(why), _) => Err(why.clone()),
            (None, true) => Ok("was there already"),
            (None, false) => arrival
                .make(&session)
                .map_err(|error| error.to_string())
                .map(|()| if arrival.trusted { "came; the SO must trust it again (CKA_TRUSTED)" } else { "came" }),
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
