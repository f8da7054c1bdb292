//! The `[[token]]` tables.

use super::Problem;
use super::import::{self, Import, SecretKey};
use super::limits;
use super::mechanisms;
use super::source::{Placed, Section, Spot, read_secret, warn_if_shared};
use crate::error::Error;
use crate::mech::Offer;
use crate::output::padded;
use crate::pin::Policy;
use crate::token::{Limits, Names};
use cryptoki_sys::CK_SLOT_ID;
use zeroize::Zeroizing;

/// The keys of a token.
pub(super) const KEYS: &[&str] = &[
    SLOT,
    LABEL,
    SO_PIN.value,
    SO_PIN.file,
    USER_PIN.value,
    USER_PIN.file,
    SO_NAME,
    USER_NAME,
    PIN_MIN,
    PIN_MAX,
    PIN_TRIES,
    mechanisms::POLICY,
    mechanisms::ALLOW,
    mechanisms::DENY,
    WRAPPING_KEYS,
    limits::SESSIONS,
    limits::OBJECTS,
    limits::OBJECT_BYTES,
    IMPORT,
    SECRET_KEY,
];

pub(super) const SLOT: &str = "slot";
const LABEL: &str = "label";
pub(super) const SO_NAME: &str = "so-name";
pub(super) const USER_NAME: &str = "user-name";
pub(super) const PIN_MIN: &str = "pin-min";
pub(super) const PIN_MAX: &str = "pin-max";
pub(super) const PIN_TRIES: &str = "pin-tries";
pub(super) const WRAPPING_KEYS: &str = "wrapping-keys";
pub(super) const IMPORT: &str = "import";
/// The tables that [`import::TABLE`] names in full.
pub(super) const SECRET_KEY: &str = "secret-key";

/// The two ways to give a PIN.
struct PinKeys {
    value: &'static str,
    file: &'static str,
}

const SO_PIN: PinKeys = PinKeys { value: "so-pin", file: "so-pin-file" };
const USER_PIN: PinKeys = PinKeys { value: "user-pin", file: "user-pin-file" };

/// The longest PIN that any token accepts, in bytes.
pub(super) const LONGEST_PIN: u64 = 255;

/// The most tries that may be allowed: with more, a PIN of four digits could be guessed.
pub(super) const MOST_TRIES: u64 = 1000;

/// The length of a label in bytes (section 3.2, `CK_TOKEN_INFO`).
const LABEL_LENGTH: usize = 32;

/// One token.
pub struct TokenConfig {
    /// The number of its slot.
    pub slot: CK_SLOT_ID,
    /// The rules for its PINs.
    pub policy: Policy,
    /// The names for `C_LoginUser`.
    pub names: Names,
    /// What it offers of the mechanisms.
    pub offer: Offer,
    /// Whether keys that have wrapped hidden keys do nothing else any more.
    pub separate_wrapping: bool,
    /// How much it takes.
    pub limits: Limits,
    /// The label, padded with blanks. A token that is not initialised shows it until `C_InitToken` gives another.
    pub label: Option<[u8; LABEL_LENGTH]>,
    /// What it is initialised with; `None` leaves that to `C_InitToken`.
    pub ready: Option<Ready>,
}

/// What an initialised token has beside its label.
pub struct Ready {
    /// The security officer's PIN.
    pub so_pin: Zeroizing<String>,
    /// The user's PIN; `None` leaves it to the SO.
    pub user_pin: Option<Zeroizing<String>>,
    /// The PEM files that are imported, in this order.
    pub imports: Vec<Import>,
    /// The secret keys that are imported after them.
    pub secret_keys: Vec<SecretKey>,
}

impl TokenConfig {
    /// A token that is not initialised.
    pub fn blank(slot: CK_SLOT_ID) -> Self {
        Self {
            slot,
            policy: Policy::default(),
            names: Names::default(),
            offer: Offer::default(),
            separate_wrapping: true,
            limits: Limits::default(),
            label: None,
            ready: None,
        }
    }

    pub(super) fn read(section: &Section<'_>, slot: CK_SLOT_ID) -> Result<Self, Problem> {
        let policy = policy(section)?;
        let names = Names { so: name(section, SO_NAME)?, user: name(section, USER_NAME)? };
        let label = section.string(LABEL)?.map(|label| padded_label(&label)).transpose()?;
        let ready = Ready::read(section, &policy, label.is_some())?;
        let (offer, separate_wrapping) = (mechanisms::read(section)?, separate_wrapping(section)?);
        let limits = limits::read(section)?;
        Ok(Self { slot, policy, names, offer, separate_wrapping, limits, label, ready })
    }
}

/// Reads all tokens. A file that names none has the one that there is without a file.
pub(super) fn read_all(sections: &[Section<'_>]) -> Result<Vec<TokenConfig>, Problem> {
    if sections.is_empty() {
        return Ok(vec![TokenConfig::blank(0)]);
    }
    let mut tokens: Vec<TokenConfig> = Vec::with_capacity(sections.len());
    for (position, section) in sections.iter().enumerate() {
        let slot = slot(section, position)?;
        if tokens.iter().any(|token| token.slot == slot.value) {
            return Err(slot.spot.problem(
                format!("slot {} has a token already", slot.value),
                "Give each [[token]] a slot of its own; without one, its position in the file counts, from 0",
            ));
        }
        tokens.push(TokenConfig::read(section, slot.value)?);
    }
    Ok(tokens)
}

fn slot<'a>(section: &Section<'a>, position: usize) -> Result<Placed<'a, CK_SLOT_ID>, Problem> {
    // Thirty-one bits are the same number for every client on every platform.
    match section.number(SLOT, 0..=i32::MAX as u64)? {
        Some(Placed { value, spot }) => Ok(Placed { value: value as CK_SLOT_ID, spot }),
        None => Ok(Placed { value: position as CK_SLOT_ID, spot: section.spot }),
    }
}

fn policy(section: &Section<'_>) -> Result<Policy, Problem> {
    let usual = Policy::default();
    let min = section.number(PIN_MIN, 1..=LONGEST_PIN)?;
    let max = section.number(PIN_MAX, 1..=LONGEST_PIN)?;
    let tries = section.number(PIN_TRIES, 1..=MOST_TRIES)?;
    let policy = Policy {
        min_len: min.as_ref().map_or(usual.min_len, |min| min.value as usize),
        max_len: max.as_ref().map_or(usual.max_len, |max| max.value as usize),
        tries: tries.map_or(usual.tries, |tries| tries.value as u32),
    };
    match max.or(min) {
        Some(given) if policy.min_len > policy.max_len => Err(given.spot.problem(
            format!("{PIN_MIN} is {} and {PIN_MAX} is {}", policy.min_len, policy.max_len),
            format!("Make {PIN_MIN} no larger than {PIN_MAX}"),
        )),
        _ => Ok(policy),
    }
}

fn separate_wrapping(section: &Section<'_>) -> Result<bool, Problem> {
    let Some(given) = section.string(WRAPPING_KEYS)? else { return Ok(true) };
    match given.value {
        "separate" => Ok(true),
        "any-use" => Ok(false),
        other => Err(given.spot.problem(
            format!("{WRAPPING_KEYS} is {other:?}"),
            "Write \"separate\", or leave the key out, for the safe way, or \"any-use\"",
        )),
    }
}

impl Ready {
    fn read(section: &Section<'_>, policy: &Policy, labelled: bool) -> Result<Option<Self>, Problem> {
        let so_pin = pin(section, &SO_PIN, policy)?;
        let user_pin = pin(section, &USER_PIN, policy)?;
        let imports = section.strings(IMPORT)?;
        let secret_keys = section.tables(import::TABLE, import::KEYS)?;
        let Some(so_pin) = so_pin else {
            let user_pin = user_pin.map(|pin| (USER_PIN.value, pin.spot));
            let import = imports.first().map(|path| (IMPORT, path.spot));
            let secret_key = secret_keys.first().map(|table| (SECRET_KEY, table.spot));
            return match user_pin.or(import).or(secret_key) {
                None => Ok(None),
                Some((key, spot)) => Err(spot.problem(
                    format!("{key} is for a token that is initialised, and this one has no PIN for its SO"),
                    format!("Add: {} = \"…\"", SO_PIN.value),
                )),
            };
        };
        if !labelled {
            return Err(so_pin.spot.problem(
                "the token has a PIN for its SO, but no label by which clients could find it",
                format!("Add: {LABEL} = \"…\""),
            ));
        }
        Ok(Some(Self {
            so_pin: so_pin.value,
            user_pin: user_pin.map(|pin| pin.value),
            imports: imports.iter().map(Import::new).collect(),
            secret_keys: secret_keys.iter().map(SecretKey::read).collect::<Result<_, _>>()?,
        }))
    }
}

fn padded_label(label: &Placed<&str>) -> Result<[u8; LABEL_LENGTH], Problem> {
    if label.value.len() > LABEL_LENGTH {
        return Err(label.spot.problem(
            format!("the label has {} bytes of UTF-8; a token's label has room for {LABEL_LENGTH}", label.value.len()),
            "Choose a shorter one",
        ));
    }
    if label.value.is_empty() || label.value.contains(char::is_control) {
        return Err(label.spot.problem(
            "the label is empty or has control characters in it",
            "Choose one that people can read; clients find the token by it",
        ));
    }
    Ok(padded(label.value))
}

/// A name for `C_LoginUser`.
fn name(section: &Section<'_>, key: &str) -> Result<Option<String>, Problem> {
    let Some(name) = section.string(key)? else { return Ok(None) };
    if name.value.is_empty() || name.value.contains(char::is_control) {
        return Err(name.spot.problem(
            format!("the {key} is empty or has control characters in it"),
            "Choose one that people can write; without this key C_LoginUser takes no name",
        ));
    }
    Ok(Some(name.value.to_owned()))
}

/// A PIN, given itself or by the file that holds it.
fn pin<'a>(
    section: &Section<'a>,
    keys: &PinKeys,
    policy: &Policy,
) -> Result<Option<Placed<'a, Zeroizing<String>>>, Problem> {
    let pin = match (section.string(keys.value)?, section.string(keys.file)?) {
        (None, None) => return Ok(None),
        (Some(_), Some(file)) => {
            let what = format!("{} and {} are both given", keys.value, keys.file);
            return Err(file.spot.problem(what, "Take one of the two away"));
        }
        (Some(pin), None) => Placed { value: Zeroizing::new(pin.value.to_owned()), spot: pin.spot },
        (None, Some(file)) => Placed { value: read_pin(file.spot, file.value, keys.file)?, spot: file.spot },
    };
    let length = pin.value.len();
    match policy.admit(pin.value.as_bytes()) {
        Ok(()) => Ok(Some(pin)),
        Err(Error::PinLenRange) => Err(pin.spot.problem(
            format!(
                "the {} has {length} bytes, and this token's PINs have {} to {}",
                keys.value, policy.min_len, policy.max_len
            ),
            format!("Choose another PIN, or set {PIN_MIN} and {PIN_MAX}"),
        )),
        Err(error) => Err(pin.spot.problem(format!("the {} is refused: {error}", keys.value), "Choose another PIN")),
    }
}

/// The first line of a file, which is all there may be in it.
fn read_pin(spot: Spot<'_>, path: &str, key: &str) -> Result<Zeroizing<String>, Problem> {
    let path = spot.resolve(path);
    let bytes = read_secret(&path).map_err(|error| {
        let what = format!("{key} {} cannot be read: {error}", path.display());
        spot.problem(what, "Correct the path, or the rights of the file")
    })?;
    warn_if_shared(&path);
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match str::from_utf8(line) {
        Ok(pin) if !pin.contains('\n') => Ok(Zeroizing::new(pin.to_owned())),
        _ => Err(spot.problem(
            format!("{key} {} is not one line of UTF-8", path.display()),
            "Put the PIN in the file, and nothing else; a line end after it is ignored",
        )),
    }
}
