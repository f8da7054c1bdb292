//! What ML-DSA and SLH-DSA do with a message before they sign it: contexts, hedging and pre-hashing (PKCS#11 3.2, sections
//! "ML-DSA" and "SLH-DSA"; FIPS 204, algorithms 2 to 5; FIPS 205, algorithms 22 to 25, which are the same in this).

use super::digest::{HashThen, HashThenVerify};
use super::{Mechanism, Params};
use crate::error::{Error, Result};
use crate::hash::{Hash, Hasher, Shake128, Shake256};
use crate::op::{Gather, GatherVerify, Sign, Verify};
use cryptoki_sys::*;

/// How data becomes M′, what is signed in the end.
pub(super) struct Encoding {
    /// What M′ has before the message or its hash: a byte that tells them apart, the context, the hash's name.
    pub(super) prefix: Vec<u8>,
    /// What the data is.
    pub(super) data: Data,
    hedge: CK_HEDGE_TYPE,
}

/// What a caller gives to be signed.
#[derive(Clone, Copy)]
pub(super) enum Data {
    /// The message, which is signed itself.
    Message,
    /// The message, whose hash is signed.
    ToHash(PreHash),
    /// The hash of the message.
    Hashed(PreHash),
}

/// A hash function that FIPS 204, section 5.4, and FIPS 205, section 10.2, have names for.
#[derive(Clone, Copy)]
pub(super) enum PreHash {
    Fixed(Hash),
    Shake128,
    Shake256,
}

impl Encoding {
    /// Of a mechanism and its parameter. `MechanismParamInvalid` for a context of more than 255 bytes and for a hash that
    /// there is no name for.
    pub(super) fn of(mechanism: &Mechanism, params: &Params) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let (hedge, context, named) = match params {
            Params::None => (CKH_HEDGE_PREFERRED, &[][..], None),
            Params::SignContext { hedge, context, hash } => (*hedge, &context[..], *hash),
            _ => return Err(invalid),
        };
        let data = match (PreHash::in_mechanism(mechanism), named) {
            (Some(hash), _) => Data::ToHash(hash),
            (None, Some(id)) => Data::Hashed(PreHash::Fixed(Hash::of_mechanism(id).ok_or(invalid)?)),
            (None, None) => Data::Message,
        };
        let length = u8::try_from(context.len()).map_err(|_| invalid)?;
        let mut prefix = vec![0, length];
        prefix.extend_from_slice(context);
        if let Data::ToHash(hash) | Data::Hashed(hash) = data {
            prefix.splice(..1, [1]);
            prefix.extend_from_slice(&[0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02]);
            prefix.push(hash.arc().ok_or(invalid)?);
        }
        Ok(Self { prefix, data, hedge })
    }

    /// Whether signatures take in fresh randomness, which is preferred; `MechanismParamInvalid` for an unknown wish.
    /// Verification does not ask.
    pub(super) fn hedged(&self) -> Result<bool> {
        match self.hedge {
            CKH_HEDGE_PREFERRED | CKH_HEDGE_REQUIRED => Ok(true),
            CKH_DETERMINISTIC_REQUIRED => Ok(false),
            _ => Err(Error::MechanismParamInvalid),
        }
    }
}

impl Data {
    /// A signature: `end` gets the message or its hash. `DataLenRange` for a hash of another length.
    pub(super) fn signs(
        self,
        bound: usize,
        mut end: impl FnMut(&[u8], &mut [u8]) -> Result<usize> + Send + 'static,
    ) -> Box<dyn Sign> {
        match self {
            Self::Message => Box::new(Gather::parts(bound, end)),
            Self::ToHash(hash) => Box::new(HashThen::over(hash.begin(), bound, end)),
            Self::Hashed(hash) => Box::new(Gather::single(bound, move |digest: &[u8], out: &mut [u8]| {
                hash.check_length(digest)?;
                end(digest, out)
            })),
        }
    }

    /// A verification: `end` gets the message or its hash, and the signature. Errors as of [`Self::signs`].
    pub(super) fn verifies(self, mut end: impl FnMut(&[u8], &[u8]) -> Result<()> + Send + 'static) -> Box<dyn Verify> {
        match self {
            Self::Message => Box::new(GatherVerify::parts(end)),
            Self::ToHash(hash) => Box::new(HashThenVerify::over(hash.begin(), end)),
            Self::Hashed(hash) => Box::new(GatherVerify::single(move |digest: &[u8], signature: &[u8]| {
                hash.check_length(digest)?;
                end(digest, signature)
            })),
        }
    }
}

impl PreHash {
    /// The hash that a mechanism has in its name.
    fn in_mechanism(mechanism: &Mechanism) -> Option<Self> {
        match mechanism.id {
            CKM_HASH_ML_DSA_SHAKE128 | CKM_HASH_SLH_DSA_SHAKE128 => Some(Self::Shake128),
            CKM_HASH_ML_DSA_SHAKE256 | CKM_HASH_SLH_DSA_SHAKE256 => Some(Self::Shake256),
            _ => mechanism.hash.map(Self::Fixed),
        }
    }

    /// The last arc of its name, under 2.16.840.1.101.3.4.2; those before are the same for all.
    fn arc(self) -> Option<u8> {
        Some(match self {
            Self::Fixed(Hash::Sha256) => 1,
            Self::Fixed(Hash::Sha384) => 2,
            Self::Fixed(Hash::Sha512) => 3,
            Self::Fixed(Hash::Sha224) => 4,
            Self::Fixed(Hash::Sha512_224) => 5,
            Self::Fixed(Hash::Sha512_256) => 6,
            Self::Fixed(Hash::Sha3_224) => 7,
            Self::Fixed(Hash::Sha3_256) => 8,
            Self::Fixed(Hash::Sha3_384) => 9,
            Self::Fixed(Hash::Sha3_512) => 10,
            Self::Shake128 => 11,
            Self::Shake256 => 12,
            Self::Fixed(_) => return None,
        })
    }

    fn begin(self) -> Box<dyn Hasher> {
        match self {
            Self::Fixed(hash) => hash.begin(),
            Self::Shake128 => Box::<Shake128>::default(),
            Self::Shake256 => Box::<Shake256>::default(),
        }
    }

    fn check_length(self, digest: &[u8]) -> Result<()> {
        let length = match self {
            Self::Fixed(hash) => hash.output_len(),
            Self::Shake128 => 32,
            Self::Shake256 => 64,
        };
        if digest.len() == length { Ok(()) } else { Err(Error::DataLenRange) }
    }
}
