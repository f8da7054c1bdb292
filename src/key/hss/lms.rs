//! LMS: the trees of which a hierarchy is made (RFC 8554, section 5). A tree signs as many messages as it has leaves; each leaf
//! is a key for one signature, and these are a crate's. Its own trees have fixed sizes on the stack, and so are low.

use crate::error::Error;
use crate::hash::Hash;
use core::convert::Infallible;
use digest::array::Array;
use digest::consts::U56;
use lms_signature::ots::{
    LmsOtsMode, LmsOtsSha256N32W1 as W1, LmsOtsSha256N32W2 as W2, LmsOtsSha256N32W4 as W4, LmsOtsSha256N32W8 as W8,
    Signature, SigningKey, VerifyingKey,
};
use rand_core::{TryCryptoRng, TryRng};
use slh_dsa::signature::{RandomizedSignerMut, SignatureEncoding};
use zeroize::Zeroizing;

/// A node of a tree, a seed, or a randomizer: what has the length of the hash.
pub(super) type Node = [u8; 32];

/// What tells a tree from all others.
pub(super) type Id = [u8; 16];

/// The length of a public key in bytes: two types, an identifier and the root.
pub(super) const PUBLIC_LEN: usize = 8 + size_of::<Id>() + size_of::<Node>();

/// `D_LEAF` and `D_INTR`: what a node is the hash of.
const LEAF: [u8; 2] = [0x82; 2];
const INTERIOR: [u8; 2] = [0x83; 2];

/// The types of trees with SHA-256 and their heights (RFC 8554, table 2).
const HEIGHTS: [(u32, u32); 5] = [(5, 5), (6, 10), (7, 15), (8, 20), (9, 25)];

/// The highest tree that is grown here: one of 20 takes most of an hour. Every height is verified, and two levels of 15 sign a
/// thousand million messages.
const HIGHEST: u32 = 15;

/// The types of one-time signatures (RFC 8554, table 1).
const OTS: [Ots; 4] = [ots::<W1>(), ots::<W2>(), ots::<W4>(), ots::<W8>()];

/// A leaf's signature with this randomizer.
type SignLeaf = fn(&Id, &Node, u32, &[u8], &Node) -> Option<Vec<u8>>;

#[derive(Clone, Copy)]
struct Ots {
    kind: u32,
    /// The length of a signature in bytes.
    len: usize,
    /// The public key of a leaf.
    public: fn(&Id, &Node, u32) -> Node,
    sign: SignLeaf,
    /// The public key of a leaf that has signed a message, if one has.
    recover: fn(&Id, u32, &[u8], &[u8]) -> Option<Node>,
}

const fn ots<Mode: LmsOtsMode + 'static>() -> Ots
where
    Array<u8, U56>: From<VerifyingKey<Mode>>,
    Signature<Mode>: SignatureEncoding,
{
    Ots {
        kind: Mode::TYPECODE,
        len: Mode::SIG_LEN,
        public: |id, seed, leaf| last(SigningKey::<Mode>::new_from_seed(leaf, *id, seed).public()),
        sign: |id, seed, leaf, message, randomizer| {
            let mut key = SigningKey::<Mode>::new_from_seed(leaf, *id, seed);
            Some(key.try_sign_with_rng(&mut Given(*randomizer), message).ok()?.to_vec())
        },
        recover: |id, leaf, message, signature| {
            Some(last(Signature::<Mode>::try_from(signature).ok()?.recover_pubkey(*id, leaf, message)))
        },
    }
}

/// The hash in an encoded public key.
fn last<Mode: LmsOtsMode>(key: VerifyingKey<Mode>) -> Node
where
    Array<u8, U56>: From<VerifyingKey<Mode>>,
{
    let encoded: Array<u8, U56> = key.into();
    encoded.last_chunk().copied().unwrap_or_default()
}

/// A type of tree with a type of one-time signature.
#[derive(Clone, Copy)]
pub(super) struct Set {
    /// The number of the tree's type.
    pub(super) lms: u32,
    /// The number of the signatures' type.
    pub(super) ots: u32,
    /// The tree has two to the power of this many leaves.
    pub(super) height: u32,
    signatures: Ots,
}

impl Set {
    /// The set of these numbers.
    pub(super) fn find(lms: u32, ots: u32) -> Option<Self> {
        let (_, height) = HEIGHTS.into_iter().find(|(kind, _)| *kind == lms)?;
        let signatures = OTS.into_iter().find(|signatures| signatures.kind == ots)?;
        Some(Self { lms, ots, height, signatures })
    }

    /// The set that a public key names at its beginning.
    pub(super) fn of_public(public: &[u8]) -> Option<Self> {
        let (lms, rest) = public.split_first_chunk()?;
        Self::find(u32::from_be_bytes(*lms), u32::from_be_bytes(*rest.first_chunk()?))
    }

    /// Whether trees of this set are grown here.
    pub(super) fn grows(&self) -> bool {
        self.height <= HIGHEST
    }

    /// The length of a signature in bytes.
    pub(super) fn signature_len(&self) -> usize {
        4 + self.signatures.len + 4 + self.height as usize * size_of::<Node>()
    }

    /// Whether a public key of this set has signed a message (RFC 8554, algorithms 6 and 6a).
    pub(super) fn verifies(&self, public: &[u8], message: &[u8], signature: &[u8]) -> bool {
        self.candidate(public, message, signature).is_some_and(|root| public.ends_with(&root))
    }

    fn candidate(&self, public: &[u8], message: &[u8], signature: &[u8]) -> Option<Node> {
        let id: &Id = public.get(8..)?.first_chunk()?;
        let (leaf, rest) = signature.split_first_chunk()?;
        let (own, rest) = rest.split_at_checked(self.signatures.len)?;
        let (kind, path) = rest.split_first_chunk()?;
        let (leaf, leaves) = (u32::from_be_bytes(*leaf), 1 << self.height);
        let (path, remainder) = path.as_chunks();
        let right = remainder.is_empty() && path.len() == self.height as usize;
        if leaf >= leaves || u32::from_be_bytes(*kind) != self.lms || !right {
            return None;
        }
        let mut number = leaves + leaf;
        let mut node = hashed(id, number, LEAF, &[&(self.signatures.recover)(id, leaf, message, own)?]);
        for beside in path {
            let pair: [&Node; 2] = if number % 2 == 1 { [beside, &node] } else { [&node, beside] };
            number /= 2;
            node = hashed(id, number, INTERIOR, &pair);
        }
        Some(node)
    }

    /// Grows the tree of an identifier and a seed (RFC 8554, algorithm 5 and appendix A).
    pub(super) fn grow(self, id: Id, seed: Zeroizing<Node>) -> Result<Tree, Error> {
        let leaves = 1_u32 << self.height;
        let mut nodes = Vec::new();
        nodes.try_reserve_exact(leaves as usize * 2).map_err(|_| Error::HostMemory)?;
        // From the leaves up, so that the root comes last.
        for leaf in 0..leaves {
            nodes.push(hashed(&id, leaves + leaf, LEAF, &[&(self.signatures.public)(&id, &seed, leaf)]));
        }
        let mut level = 0;
        for height in (0..self.height).rev() {
            let first = 1 << height;
            for index in 0..first {
                let left = level + 2 * index as usize;
                let pair = nodes.get(left..left + 2).ok_or(Error::GeneralError)?;
                let node = hashed(&id, first + index, INTERIOR, &pair.iter().collect::<Vec<_>>());
                nodes.push(node);
            }
            level += 2 * first as usize;
        }
        Ok(Tree { set: self, id, seed, nodes })
    }
}

fn hashed(id: &Id, number: u32, kind: [u8; 2], nodes: &[&Node]) -> Node {
    let head = [&id[..], &number.to_be_bytes(), &kind].concat();
    let parts: Vec<&[u8]> = [&head[..]].into_iter().chain(nodes.iter().map(|node| &node[..])).collect();
    Hash::Sha256.of(&parts).first_chunk().copied().unwrap_or_default()
}

/// A tree, grown.
pub(super) struct Tree {
    set: Set,
    id: Id,
    seed: Zeroizing<Node>,
    /// The leaves, then the nodes above them, and so on; the root last.
    nodes: Vec<Node>,
}

impl Tree {
    /// The public key.
    pub(super) fn public(&self) -> Vec<u8> {
        let root = self.nodes.last().copied().unwrap_or_default();
        [&self.set.lms.to_be_bytes()[..], &self.set.ots.to_be_bytes(), &self.id, &root].concat()
    }

    /// Signs with a leaf, which must not sign anything else; then its randomizer must be the same, too.
    pub(super) fn sign(&self, leaf: u32, message: &[u8], randomizer: &Node) -> Result<Vec<u8>, Error> {
        let own = (self.set.signatures.sign)(&self.id, &self.seed, leaf, message, randomizer);
        let own = own.ok_or(Error::GeneralError)?;
        let mut out = [&leaf.to_be_bytes()[..], &own, &self.set.lms.to_be_bytes()].concat();
        let (mut level, mut index) = (0, leaf as usize);
        for height in (1..=self.set.height).rev() {
            out.extend_from_slice(self.nodes.get(level + (index ^ 1)).ok_or(Error::GeneralError)?);
            level += 1 << height;
            index /= 2;
        }
        Ok(out)
    }
}

/// What the crate takes for random: the one randomizer that it asks for.
struct Given(Node);

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| word as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_be_bytes(word))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.iter_mut().zip(self.0.iter().cycle()).for_each(|(to, from)| *to = *from);
        Ok(())
    }
}

impl TryCryptoRng for Given {}
