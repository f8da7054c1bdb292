//! HSS keys (PKCS#11 3.2, "HSS public key objects" and "HSS private key objects"; RFC 8554, section 6): a hierarchy of trees,
//! each of which is signed by a leaf of the tree above it; the trees at the bottom sign messages.
//!
//! A leaf must never sign two messages. So the private key says how many signatures there have been, everything follows from
//! that number and from a seed, and the number grows before a signature leaves the token (`session/spending.rs`). Trees are
//! grown when they are needed and kept while they are, in memory.

mod lms;

use super::ec::encoding::der;
use super::half::Half;
use super::{Key, KeyType, oid};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::object::template::{Attributes, Contribution, Read, Value};
use crate::random;
use crate::sync::Mutex;
use cryptoki_sys::*;
use der::asn1::BitStringRef;
use lms::{Node, PUBLIC_LEN, Set, Tree};
use spki::{AlgorithmIdentifier, ObjectIdentifier, SubjectPublicKeyInfo};
use zeroize::Zeroizing;

/// The key type.
pub const TYPES: &[KeyType] =
    &[KeyType { id: CKK_HSS, complete, parse, to_pkcs8: None, from_pkcs8: None, fixed_length: None }];

/// `id-alg-hss-lms-hashsig` (RFC 9802): no parameters, and the key as it is.
pub const OID: ObjectIdentifier = oid("1.2.840.113549.1.9.16.3.17");

/// The most levels (RFC 8554, section 6).
const MOST_LEVELS: usize = 8;

/// Two to the power of this many signatures are more than anybody makes, and can be counted in 64 bits.
const MOST_BITS: u32 = 60;

/// The length of the seed in bytes.
const SEED_LEN: usize = 32;

/// An HSS key.
pub struct HssKey(Half<PublicKey, PrivateKey>);

impl HssKey {
    /// The public key; `KeyTypeInconsistent` if it is a private one.
    pub fn public(&self) -> Result<&PublicKey> {
        self.0.public()
    }

    /// The private key; `KeyTypeInconsistent` if it is a public one.
    pub fn private(&self) -> Result<&PrivateKey> {
        self.0.private()
    }

    /// The size that the mechanisms' information is about, in bits: that of the public key. There are no limits.
    pub fn bits(&self) -> usize {
        (4 + PUBLIC_LEN) * 8
    }
}

/// A public key: the number of levels, and the public key of the tree at the top.
#[derive(Clone)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// `CKA_VALUE`.
    pub fn value(&self) -> &[u8] {
        &self.0
    }

    fn parse(value: &[u8]) -> Option<(usize, &[u8], Set)> {
        let (levels, top) = value.split_first_chunk()?;
        let levels = usize::try_from(u32::from_be_bytes(*levels)).ok()?;
        let right = (1..=MOST_LEVELS).contains(&levels) && top.len() == PUBLIC_LEN;
        right.then_some((levels, top, Set::of_public(top)?))
    }

    /// Judges a signature (RFC 8554, section 6.3): `SignatureLenRange`, `SignatureInvalid`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let (levels, top, set) = Self::parse(&self.0).ok_or(Error::GeneralError)?;
        let (signed, mut rest) = signature.split_first_chunk().ok_or(Error::SignatureLenRange)?;
        if usize::try_from(u32::from_be_bytes(*signed)) != Ok(levels - 1) {
            return Err(Error::SignatureInvalid);
        }
        let (mut key, mut set) = (top, set);
        for _ in 1..levels {
            let (own, after) = rest.split_at_checked(set.signature_len()).ok_or(Error::SignatureLenRange)?;
            let (child, after) = after.split_at_checked(PUBLIC_LEN).ok_or(Error::SignatureLenRange)?;
            if !set.verifies(key, child, own) {
                return Err(Error::SignatureInvalid);
            }
            set = Set::of_public(child).ok_or(Error::SignatureInvalid)?;
            (key, rest) = (child, after);
        }
        match rest.len() == set.signature_len() {
            false => Err(Error::SignatureLenRange),
            true if set.verifies(key, message, rest) => Ok(()),
            true => Err(Error::SignatureInvalid),
        }
    }
}

/// A private key without its state: what never changes of it.
pub struct PrivateKey {
    seed: Zeroizing<[u8; SEED_LEN]>,
    levels: Vec<Set>,
    /// The trees that the last signature was made with, from the top.
    grown: Mutex<Vec<Grown>>,
}

struct Grown {
    /// Which of the trees of its level it is.
    number: u64,
    tree: Tree,
    /// Of its public key, by the tree above; and the public key.
    signed: Vec<u8>,
}

impl PrivateKey {
    fn new(seed: &[u8], levels: Vec<Set>) -> Result<Self> {
        let seed = Zeroizing::new(seed.try_into().map_err(|_| Error::AttributeValueInvalid)?);
        Ok(Self { seed, levels, grown: Mutex::default() })
    }

    /// The length of every signature in bytes.
    pub fn signature_len(&self) -> usize {
        let signatures: usize = self.levels.iter().map(|set| set.signature_len()).sum();
        4 + signatures + self.levels.len().saturating_sub(1) * PUBLIC_LEN
    }

    /// The value of the public key; this grows the tree at the top.
    pub fn public_value(&self) -> Result<Vec<u8>> {
        let mut grown = self.grown.lock();
        self.grow(&mut grown, 0)?;
        let top = grown.first().ok_or(Error::GeneralError)?;
        Ok([&(self.levels.len() as u32).to_be_bytes(), &top.tree.public()[..]].concat())
    }

    /// The signature after so many (RFC 8554, section 6.2): `KeyExhausted` if there is none.
    pub fn sign(&self, used: u64, message: &[u8]) -> Result<Vec<u8>> {
        if used >= 1 << bits(&self.levels) {
            return Err(Error::KeyExhausted);
        }
        let mut grown = self.grown.lock();
        self.grow(&mut grown, used)?;
        let above = self.levels.len() - 1;
        let mut out = (above as u32).to_be_bytes().to_vec();
        grown.iter().for_each(|level| out.extend_from_slice(&level.signed));
        let bottom = grown.last().ok_or(Error::GeneralError)?;
        out.extend_from_slice(&self.sign_with(bottom, above, used, message)?);
        Ok(out)
    }

    /// Grows the trees of the signature after so many, where they are not there yet.
    fn grow(&self, grown: &mut Vec<Grown>, used: u64) -> Result<()> {
        let mut below = bits(&self.levels);
        for (level, set) in self.levels.iter().enumerate() {
            // Of all trees of this level; and so it is the number of the leaf above, among all leaves.
            let number = used >> below;
            below -= set.height;
            if grown.get(level).is_some_and(|known| known.number == number) {
                continue;
            }
            grown.truncate(level);
            let tree = set.grow(
                self.derived(b"treename", level, number).first_chunk().copied().unwrap_or_default(),
                self.derived(b"treeseed", level, number),
            )?;
            let public = tree.public();
            let signed = match grown.last() {
                Some(above) => [self.sign_with(above, level - 1, number, &public)?, public].concat(),
                None => Vec::new(),
            };
            grown.push(Grown { number, tree, signed });
        }
        Ok(())
    }

    /// Signs with one of all leaves of a level.
    fn sign_with(&self, grown: &Grown, level: usize, leaf: u64, message: &[u8]) -> Result<Vec<u8>> {
        let height = self.levels.get(level).map_or(0, |set| set.height);
        // A leaf that signs again, because a call came too late or the tree was grown anew, has the same randomizer.
        let randomizer = self.derived(b"randomiz", level, leaf);
        grown.tree.sign((leaf - (grown.number << height)) as u32, message, &randomizer)
    }

    /// Thirty-two bytes for one use, of one tree or leaf.
    fn derived(&self, label: &[u8; 8], level: usize, number: u64) -> Zeroizing<Node> {
        let all = Hash::Sha256.of(&[&self.seed[..], label, &(level as u32).to_be_bytes(), &number.to_be_bytes()]);
        Zeroizing::new(all.first_chunk().copied().unwrap_or_default())
    }
}

/// How many signatures there are, as a power of two.
fn bits(levels: &[Set]) -> u32 {
    levels.iter().map(|set| set.height).sum()
}

/// What is in `CKA_VALUE` of a private key: how many signatures there have been, and the seed.
fn state(value: &[u8]) -> Result<(u64, &[u8])> {
    let (used, seed) = value.split_first_chunk().ok_or(Error::AttributeValueInvalid)?;
    if seed.len() == SEED_LEN { Ok((u64::from_be_bytes(*used), seed)) } else { Err(Error::AttributeValueInvalid) }
}

/// The attributes of a private key that has made so many signatures.
fn after(used: u64, seed: &[u8], levels: &[Set]) -> Contribution {
    let value = Zeroizing::new([&used.to_be_bytes(), seed].concat());
    let remaining = ((1_u64 << bits(levels)) - used).min(u32::MAX.into());
    vec![(CKA_VALUE, Value::Bytes(value.into())), (CKA_HSS_KEYS_REMAINING, Value::Ulong(remaining as CK_ULONG))]
}

/// Signs with a private key as its attributes say that it is now, and gives the attributes that say what is left.
pub fn sign(key: &PrivateKey, attributes: &Attributes, message: &[u8]) -> Result<(Vec<u8>, Contribution)> {
    let (used, seed) = state(attributes.required(CKA_VALUE)?)?;
    let signature = key.sign(used, message)?;
    Ok((signature, after(used + 1, seed, &key.levels)))
}

/// What the generation of a key pair contributes to the public and to the private key.
pub fn generated(private: &Attributes) -> Result<(Contribution, Contribution)> {
    let levels = levels(private)?;
    let seed = random::secret(SEED_LEN)?;
    let contribution = after(0, &seed, &levels);
    let public = PrivateKey::new(&seed, levels)?.public_value()?;
    let info = (CKA_PUBLIC_KEY_INFO, public_key_info(&public)?);
    Ok((vec![(CKA_VALUE, Value::bytes(&public))], [contribution, vec![info]].concat()))
}

/// The levels that a private key's attributes name: `TemplateInconsistent` if their numbers contradict each other,
/// `AttributeValueInvalid` for types that cannot be grown here.
fn levels(attributes: &Attributes) -> Result<Vec<Set>> {
    let list = |attribute| match attributes.get(&attribute) {
        Some(Value::Ulongs(list)) => Ok(&list[..]),
        _ => Err(Error::TemplateIncomplete),
    };
    let (lms, ots) = (list(CKA_HSS_LMS_TYPES)?, list(CKA_HSS_LMOTS_TYPES)?);
    let count = attributes.ulong(CKA_HSS_LEVELS).ok_or(Error::TemplateIncomplete)?;
    if [lms.len(), ots.len()].iter().any(|length| *length as CK_ULONG != count) {
        return Err(Error::TemplateInconsistent);
    }
    let set = |(lms, ots): (&CK_ULONG, &CK_ULONG)| {
        Set::find(u32::try_from(*lms).ok()?, u32::try_from(*ots).ok()?).filter(|set| set.grows())
    };
    let levels: Vec<_> = lms.iter().zip(ots).map(set).collect::<Option<_>>().ok_or(Error::AttributeValueInvalid)?;
    let right = (1..=MOST_LEVELS).contains(&levels.len()) && bits(&levels) <= MOST_BITS;
    if right { Ok(levels) } else { Err(Error::AttributeValueInvalid) }
}

fn complete(class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    match class {
        CKO_PUBLIC_KEY => {
            let value = attributes.required(CKA_VALUE)?;
            let (levels, _, set) = PublicKey::parse(value).ok_or(Error::AttributeValueInvalid)?;
            let info = public_key_info(value)?;
            let numbers = [
                (CKA_HSS_LEVELS, levels as CK_ULONG),
                (CKA_HSS_LMS_TYPE, set.lms.into()),
                (CKA_HSS_LMOTS_TYPE, set.ots.into()),
            ];
            attributes.extend(numbers.map(|(attribute, number)| (attribute, Value::Ulong(number))));
            attributes.insert(CKA_PUBLIC_KEY_INFO, info);
        }
        CKO_PRIVATE_KEY => {
            // "MUST be": a copy would use the same leaves.
            if !attributes.bool(CKA_SENSITIVE) || attributes.bool(CKA_EXTRACTABLE) || attributes.bool(CKA_COPYABLE) {
                return Err(Error::TemplateInconsistent);
            }
            let levels = levels(attributes)?;
            let (used, seed) = state(attributes.required(CKA_VALUE)?)?;
            if used > 1 << bits(&levels) {
                return Err(Error::AttributeValueInvalid);
            }
            let contribution = after(used, seed, &levels);
            attributes.extend(contribution);
        }
        _ => return Err(Error::TemplateInconsistent),
    }
    Ok(())
}

fn parse(class: CK_OBJECT_CLASS, attributes: &Attributes) -> Result<Key> {
    let value = attributes.required(CKA_VALUE)?;
    let half = match class {
        CKO_PUBLIC_KEY => Half::Public(PublicKey(value.to_vec())),
        CKO_PRIVATE_KEY => Half::Private(PrivateKey::new(state(value)?.1, levels(attributes)?)?),
        _ => return Err(Error::KeyTypeInconsistent),
    };
    Ok(Key::Hss(HssKey(half)))
}

fn public_key_info(value: &[u8]) -> Result<Value> {
    let algorithm = AlgorithmIdentifier::<ObjectIdentifier> { oid: OID, parameters: None };
    let subject_public_key = BitStringRef::from_bytes(value).map_err(|_| Error::GeneralError)?;
    Ok(Value::bytes(der(&SubjectPublicKeyInfo { algorithm, subject_public_key })?))
}
