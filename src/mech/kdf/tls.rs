//! TLS: the master secret, the exporter, the MAC of the "finished" message (PKCS#11 3.2, section "TLS 1.2 mechanisms";
//! RFC 2246, 5246, 5705, 7627).

use super::params::{MasterSeed, Randoms};
use super::{Form, KdfParams, from_secrets, kdf_params};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::key::Key;
use crate::mech::derive::{Ingredients, Outcome, Wanted, Wish};
use crate::mech::hmac;
use crate::mech::secret::MAX_BYTES;
use crate::mech::{Mechanism, Params, Shape, Unit};
use crate::object::template::{Attributes, Contribution, Value};
use crate::op::{self, Gather, GatherVerify, Sign, Verify};
use crate::random;
use cryptoki_sys::*;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    secret_of_48(CKM_TLS_PRE_MASTER_KEY_GEN, Form::Version).generates(generate_pre_master),
    master(CKM_TLS12_MASTER_KEY_DERIVE, Form::TlsMaster),
    master(CKM_TLS12_MASTER_KEY_DERIVE_DH, Form::TlsMaster).sizes_of_result(),
    master(CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE, Form::TlsExtendedMaster),
    master(CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH, Form::TlsExtendedMaster).sizes_of_result(),
    exporter(CKM_TLS_KDF),
    exporter(CKM_TLS12_KDF),
    mac(CKM_TLS_MAC),
    mac(CKM_TLS12_MAC),
];

/// The length of pre-master and master secrets in bytes.
const LENGTH: usize = 48;

/// What a master secret is for.
const USES: &[CK_MECHANISM_TYPE] =
    &[CKM_TLS12_KEY_AND_MAC_DERIVE, CKM_TLS12_KEY_SAFE_DERIVE, CKM_TLS_KDF, CKM_TLS_MAC, CKM_TLS12_KDF, CKM_TLS12_MAC];

const fn secret_of_48(id: CK_MECHANISM_TYPE, form: Form) -> Mechanism {
    Mechanism::new(id)
        .secret_keys(&[CKK_GENERIC_SECRET], LENGTH as CK_ULONG, LENGTH as CK_ULONG, Unit::Bytes)
        .params(Shape::Kdf(form))
        .implies(&[(CKA_KEY_TYPE, CKK_GENERIC_SECRET), (CKA_VALUE_LEN, LENGTH as CK_ULONG)])
}

const fn master(id: CK_MECHANISM_TYPE, form: Form) -> Mechanism {
    secret_of_48(id, form).derives_by(plan_master, derive_master)
}

const fn exporter(id: CK_MECHANISM_TYPE) -> Mechanism {
    from_secrets(id, Form::TlsKdf, &[CKK_GENERIC_SECRET]).derives_by(crate::mech::derive::one_key, export)
}

const fn mac(id: CK_MECHANISM_TYPE) -> Mechanism {
    from_secrets(id, Form::TlsMac, &[CKK_GENERIC_SECRET]).signs(sign, verify)
}

/// The client's version, then random bytes.
fn generate_pre_master(_: &Mechanism, params: &Params, _: &Attributes) -> Result<Contribution> {
    let KdfParams::Version(version) = kdf_params(params)? else { return Err(Error::MechanismParamInvalid) };
    let mut secret = random::secret(LENGTH)?;
    secret.iter_mut().zip(version).for_each(|(to, from)| *to = *from);
    Ok(vec![(CKA_VALUE, Value::Bytes(secret.into()))])
}

fn plan_master(_: &Mechanism, _: &Params, _: &Attributes) -> Result<Vec<Wish>> {
    Ok(vec![Wish::secret_key().implying(CKA_ALLOWED_MECHANISMS, &Value::Ulongs(USES.into()))])
}

fn derive_master(mechanism: &Mechanism, params: &Params, keys: &Ingredients<'_>, _: &[Wanted]) -> Result<Outcome> {
    let KdfParams::TlsMaster { hash, seed, version } = kdf_params(params)? else {
        return Err(Error::MechanismParamInvalid);
    };
    let prf = Prf::of_hash(*hash)?;
    let base = keys.base.value()?;
    // Only the secret that an RSA client made begins with a version; a key agreement's has none to be told.
    if mechanism.sizes_of_result && *version {
        return Err(Error::MechanismParamInvalid);
    }
    let master = match seed {
        MasterSeed::Randoms(Randoms { client, server }) => prf.of(base, &[b"master secret", client, server], LENGTH),
        MasterSeed::Session(hash) => prf.of(base, &[b"extended master secret", hash], LENGTH),
    };
    let told = base.get(..2).filter(|_| *version).map(<[u8]>::to_vec);
    Ok(Outcome { disclosed: told.into_iter().collect(), ..Outcome::value(master) })
}

fn export(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    let KdfParams::TlsKdf { prf, label, randoms, context } = kdf_params(params)? else {
        return Err(Error::MechanismParamInvalid);
    };
    let prf = Prf::of_mechanism(*prf)?;
    let length = Wanted::only(wanted)?.at_most(MAX_BYTES as usize)?;
    let context_length =
        u16::try_from(context.as_ref().map_or(0, Vec::len)).map_err(|_| Error::MechanismParamInvalid)?;
    let context_length = context_length.to_be_bytes();
    let mut parts = vec![&label[..], &randoms.client, &randoms.server];
    if let Some(context) = context {
        parts.extend([&context_length[..], context]);
    }
    Ok(Outcome::value(prf.of(keys.base.value()?, &parts, length)))
}

fn sign(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Sign>> {
    let mac = Finished::new(params, key)?;
    Ok(Box::new(Gather::parts(mac.length, move |data: &[u8], out: &mut [u8]| op::write(out, &mac.of(data)))))
}

fn verify(_: &Mechanism, params: &Params, key: &Key) -> Result<Box<dyn Verify>> {
    let mac = Finished::new(params, key)?;
    Ok(Box::new(GatherVerify::parts(move |data: &[u8], given: &[u8]| {
        if given.len() != mac.length {
            return Err(Error::SignatureLenRange);
        }
        if bool::from(mac.of(data).ct_eq(given)) { Ok(()) } else { Err(Error::SignatureInvalid) }
    })))
}

/// The MAC of a "finished" message.
struct Finished {
    prf: Prf,
    key: Zeroizing<Vec<u8>>,
    label: &'static [u8],
    length: usize,
}

impl Finished {
    /// From 12 bytes on, and exactly those before TLS 1.2; no cipher suite has more than a hash gives.
    fn new(params: &Params, key: &Key) -> Result<Self> {
        let KdfParams::TlsMac { prf, length, side } = kdf_params(params)? else {
            return Err(Error::MechanismParamInvalid);
        };
        let prf = Prf::of_mechanism(*prf)?;
        let longest = match prf {
            Prf::Old => 12,
            Prf::New(hash) => hash.output_len(),
        };
        let label: &[u8] = match side {
            1 => b"server finished",
            2 => b"client finished",
            _ => return Err(Error::MechanismParamInvalid),
        };
        let length = usize::try_from(*length).map_err(|_| Error::MechanismParamInvalid)?;
        if !(12..=longest).contains(&length) {
            return Err(Error::MechanismParamInvalid);
        }
        Ok(Self { prf, key: Zeroizing::new(key.secret()?.to_vec()), label, length })
    }

    fn of(&self, data: &[u8]) -> Zeroizing<Vec<u8>> {
        self.prf.of(&self.key, &[self.label, data], self.length)
    }
}

/// The pseudo-random function of TLS.
#[derive(Clone, Copy)]
pub(super) enum Prf {
    /// That of TLS 1.0 and 1.1 (RFC 2246, section 5), of MD5 and SHA-1.
    Old,
    /// That of TLS 1.2 (RFC 5246, section 5), of any hash.
    New(Hash),
}

impl Prf {
    /// By the mechanism of a hash.
    pub(super) fn of_hash(id: CK_MECHANISM_TYPE) -> Result<Self> {
        Hash::of_mechanism(id).map(Self::New).ok_or(Error::MechanismParamInvalid)
    }

    /// By the mechanism of a hash, or by `CKM_TLS_PRF`.
    pub(super) fn of_mechanism(id: CK_MECHANISM_TYPE) -> Result<Self> {
        if id == CKM_TLS_PRF { Ok(Self::Old) } else { Self::of_hash(id) }
    }

    /// So many bytes of its output. Label and seed are one, after all.
    pub(super) fn of(self, secret: &[u8], seed: &[&[u8]], length: usize) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(vec![0; length]);
        match self {
            Self::New(hash) => mix(hash, secret, seed, &mut out),
            Self::Old => {
                let half = secret.len().div_ceil(2);
                mix(Hash::Md5, secret.get(..half).unwrap_or_default(), seed, &mut out);
                mix(Hash::Sha1, secret.get(secret.len() - half..).unwrap_or_default(), seed, &mut out);
            }
        }
        out
    }
}

/// XORs `P_hash` (RFC 5246, section 5) into a buffer.
fn mix(hash: Hash, secret: &[u8], seed: &[&[u8]], out: &mut [u8]) {
    let hmac = |first: &[u8], rest: &[&[u8]]| {
        let mut hmac = hmac::keyed(hash, secret);
        hmac.update(first);
        rest.iter().for_each(|part| hmac.update(part));
        hmac.finish()
    };
    let mut link = hmac(&[], seed);
    for chunk in out.chunks_mut(hash.output_len()) {
        let bytes = hmac(&link, seed);
        chunk.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to ^= *from);
        link = hmac(&link, &[]);
    }
}
