//! Encryption at rest: what a PIN opens, and how records are sealed. docs/store-format.md describes it for others.

use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::mech::hmac;
use crate::random;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What distinguishes this format's keys and records from all others.
const DOMAIN: &[u8] = b"ferrotoken store 1";

const NONCE: usize = 24;
const KEY: usize = 32;
const TAG: usize = 16;
/// The length of a PIN's salt.
pub(crate) const SALT: usize = 16;
/// The length of a token key under a PIN.
pub(crate) const KEY_SEALED: usize = NONCE + KEY + TAG;
const MAC: usize = 32;
/// A checksum against accidents is shorter.
const CHECK: usize = 16;

/// How dear it is to try a PIN (RFC 9106).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Cost {
    /// The most that may be set: two gigabytes.
    pub const MOST: Self = Self { memory: 2 * 1024 * 1024, passes: 1000 };
}

impl Default for Cost {
    /// About a tenth of a second on a processor of 2024.
    fn default() -> Self {
        Self { memory: 64 * 1024, passes: 2 }
    }
}

/// The one key of a token, from which all others come. It is random, and lies in the store only wrapped.
pub(crate) struct TokenKey {
    key: Zeroizing<[u8; KEY]>,
    /// The keys that all objects share.
    heads: Zeroizing<Vec<u8>>,
    public: Zeroizing<Vec<u8>>,
    marks: Zeroizing<Vec<u8>>,
}

impl TokenKey {
    pub(crate) fn generate() -> Result<Self> {
        let mut key = Zeroizing::new([0; KEY]);
        random::fill(&mut *key)?;
        Ok(Self::of(key))
    }

    fn of(key: Zeroizing<[u8; KEY]>) -> Self {
        let [heads, public, marks] = [&b"heads"[..], b"public", b"marks"].map(|purpose| derive(&key, purpose, &[]));
        Self { key, heads, public, marks }
    }

    /// Tells this token key from others: after `C_InitToken` there is another.
    pub(crate) fn epoch(&self) -> Vec<u8> {
        derive(&self.key, b"epoch", &[]).to_vec()
    }

    /// What a version of an object adds to the register. Without the key nobody can tell it, and so nobody can find others that
    /// add up to the same.
    pub(crate) fn mark(&self, id: i64, version: i64) -> u128 {
        let mark = hmac::sha256(&self.marks, &[&id.to_le_bytes(), &version.to_le_bytes()]);
        mark.first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes))
    }

    /// Seals the register's sum, so that the marks cannot be told from it either.
    pub(crate) fn seal_register(&self, sum: u128) -> Result<Vec<u8>> {
        seal(&derive(&self.key, b"register", &[]), &sum.to_le_bytes(), &[DOMAIN, b" register"].concat())
    }

    /// Opens it; `DeviceError` if it is anything else.
    pub(crate) fn open_register(&self, sealed: &[u8]) -> Result<u128> {
        let sum = open(&derive(&self.key, b"register", &[]), sealed, &[DOMAIN, b" register"].concat())?;
        sum[..].try_into().map(u128::from_le_bytes).map_err(|_| Error::DeviceError)
    }

    /// Seals a piece of a backup, bound to what it is.
    pub(crate) fn seal_backup(&self, context: &[u8], piece: &[u8]) -> Result<Vec<u8>> {
        seal(&derive(&self.key, b"backup", &[]), piece, &[DOMAIN, b" backup ", context].concat())
    }

    /// Opens what [`Self::seal_backup`] has sealed; `DeviceError` if it is anything else.
    pub(crate) fn open_backup(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        open(&derive(&self.key, b"backup", &[]), sealed, &[DOMAIN, b" backup ", context].concat())
    }

    /// Heads have one key for all, so that a token with many objects is opened quickly; bodies have one for each object.
    fn record_key(&self, record: &Record) -> Zeroizing<Vec<u8>> {
        match record.part {
            Part::Head => self.heads.clone(),
            Part::Body => derive(&self.key, b"object", &record.id.to_le_bytes()),
        }
    }
}

/// What a login opens: the token's key, if it has one.
#[derive(Clone, Default)]
pub(crate) struct Keys(Option<Arc<TokenKey>>);

impl Keys {
    pub(crate) fn of(key: TokenKey) -> Self {
        Self(Some(Arc::new(key)))
    }

    pub(crate) fn token_key(&self) -> Option<&TokenKey> {
        self.0.as_deref()
    }

    /// The epoch that they are of; empty without a key.
    pub(crate) fn epoch(&self) -> Vec<u8> {
        self.0.as_ref().map(|key| key.epoch()).unwrap_or_default()
    }
}

/// A key for one purpose: HMAC-SHA256 as a pseudo-random function.
fn derive(key: &[u8; KEY], purpose: &[u8], of: &[u8]) -> Zeroizing<Vec<u8>> {
    hmac::sha256(key, &[DOMAIN, b" ", purpose, b" ", of])
}

/// A token key as it is wrapped for one PIN.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wrapped {
    /// The cost of the key from the PIN.
    pub cost: Cost,
    /// Its salt.
    pub salt: Vec<u8>,
    /// Nonce, ciphertext and tag.
    pub sealed: Vec<u8>,
}

impl Wrapped {
    /// Wraps the token key for a PIN. This takes its time: no lock may be held.
    pub(crate) fn new(key: &TokenKey, pin: &[u8], cost: Cost) -> Result<Self> {
        let mut salt = vec![0; SALT];
        random::fill(&mut salt)?;
        let pin_key = pin_key(pin, &salt, cost)?;
        let sealed = seal(&*pin_key, &*key.key, DOMAIN)?;
        Ok(Self { cost, salt, sealed })
    }

    /// The token key, if this is the PIN. No lock may be held.
    pub(crate) fn open(&self, pin: &[u8]) -> Result<Option<TokenKey>> {
        let pin_key = pin_key(pin, &self.salt, self.cost)?;
        let Ok(plain) = open(&*pin_key, &self.sealed, DOMAIN) else { return Ok(None) };
        let mut key = Zeroizing::new([0; KEY]);
        if plain.len() != KEY {
            return Err(Error::DeviceError);
        }
        key.copy_from_slice(&plain);
        Ok(Some(TokenKey::of(key)))
    }
}

fn pin_key(pin: &[u8], salt: &[u8], cost: Cost) -> Result<Zeroizing<[u8; KEY]>> {
    if cost.memory > Cost::MOST.memory || cost.passes > Cost::MOST.passes {
        // No configuration sets so much: somebody wrote it into the file to exhaust those who read it.
        return Err(Error::DeviceError);
    }
    let params = Params::new(cost.memory, cost.passes, 1, Some(KEY)).map_err(|_| Error::DeviceError)?;
    let mut key = Zeroizing::new([0; KEY]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pin, salt, &mut *key)
        .map_err(|_| Error::HostMemory)?;
    Ok(key)
}

/// The two parts of an object in the store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The attributes by which it is found.
    Head,
    /// All of them.
    Body,
}

/// What a sealed text belongs to: it opens nowhere else.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    pub part: Part,
    pub id: i64,
    pub version: i64,
    pub private: bool,
}

impl Record {
    fn context(&self) -> Vec<u8> {
        let part: &[u8] = if self.part == Part::Head { b" head " } else { b" body " };
        let private = [u8::from(self.private)];
        [DOMAIN, part, &self.id.to_le_bytes()[..], &self.version.to_le_bytes()[..], &private[..]].concat()
    }

    /// Seals the text: encrypted if it is private, else in clear with a checksum, and with a MAC if there is a key.
    pub(crate) fn seal(&self, key: Option<&TokenKey>, text: &[u8]) -> Result<Vec<u8>> {
        if self.private {
            // There is no private object without a login.
            let key = key.ok_or(Error::UserNotLoggedIn)?;
            return seal(&key.record_key(self), text, &self.context());
        }
        let mut sealed = self.check(text).to_vec();
        sealed.extend_from_slice(&match key {
            Some(key) => self.mac(key, text).to_vec(),
            None => vec![0; MAC],
        });
        sealed.extend_from_slice(text);
        Ok(sealed)
    }

    /// Opens it; `DeviceError` if it is damaged or belongs elsewhere. Without a key, a MAC is not looked at. Also says whether
    /// there was a MAC, or nobody vouches for the text.
    pub(crate) fn open(&self, key: Option<&TokenKey>, sealed: &[u8]) -> Result<(Zeroizing<Vec<u8>>, bool)> {
        let damaged = Error::DeviceError;
        if self.private {
            let key = key.ok_or(Error::UserNotLoggedIn)?;
            return Ok((open(&key.record_key(self), sealed, &self.context())?, true));
        }
        let (check, rest) = sealed.split_at_checked(CHECK).ok_or(damaged)?;
        let (mac, text) = rest.split_at_checked(MAC).ok_or(damaged)?;
        let vouched = is_vouched(false, sealed);
        let intact = self.check(text)[..] == *check;
        let genuine = match key {
            Some(key) if vouched => self.mac(key, text).ct_eq(mac).into(),
            _ => true,
        };
        if intact && genuine { Ok((Zeroizing::new(text.to_vec()), vouched)) } else { Err(damaged) }
    }

    fn check(&self, text: &[u8]) -> Zeroizing<Vec<u8>> {
        checksum(&[&self.context(), text])
    }

    fn mac(&self, key: &TokenKey, text: &[u8]) -> Zeroizing<Vec<u8>> {
        hmac::sha256(&key.public, &[&self.context(), text])
    }
}

/// Whether a record was sealed in a login: it is encrypted, or has a MAC.
pub(crate) fn is_vouched(private: bool, sealed: &[u8]) -> bool {
    private || sealed.iter().skip(CHECK).take(MAC).any(|byte| *byte != 0)
}

/// A checksum against accidents: it has no key. The parts have lengths that do not depend on what is written.
pub(crate) fn checksum(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut sum = Hash::Sha256.of(parts);
    sum.truncate(CHECK);
    sum
}

/// Nonces are random and of 192 bits: that none comes twice needs no counter, in however many processes.
fn seal(key: &[u8], text: &[u8], context: &[u8]) -> Result<Vec<u8>> {
    let mut nonce = [0; NONCE];
    random::fill(&mut nonce)?;
    let cipher = XChaCha20Poly1305::new_from_slice(key).map_err(|_| Error::GeneralError)?;
    let sealed =
        cipher.encrypt(&XNonce::from(nonce), Payload { msg: text, aad: context }).map_err(|_| Error::GeneralError)?;
    Ok([&nonce[..], &sealed[..]].concat())
}

fn open(key: &[u8], sealed: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let damaged = Error::DeviceError;
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(damaged)?;
    let cipher = XChaCha20Poly1305::new_from_slice(key).map_err(|_| Error::GeneralError)?;
    let text = cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: context }).map_err(|_| damaged)?;
    Ok(Zeroizing::new(text))
}
