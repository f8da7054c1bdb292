//! TLS 1.2: the keys of a connection (PKCS#11 3.2, section "TLS 1.2 mechanisms", "Key and MAC derivation"; RFC 5246, section
//! 6.3).

use super::tls::Prf;
use super::{Form, KdfParams, kdf_params};
use crate::error::{Error, Result};
use crate::mech::derive::{Described, Ingredients, Length, Outcome, Wanted, Wish};
use crate::mech::{Inherits, Mechanism, Params, Shape, Unit};
use crate::object::template::{Attributes, Value};
use cryptoki_sys::*;

/// The rows.
pub const ROWS: &[Mechanism] =
    &[row(CKM_TLS12_KEY_AND_MAC_DERIVE, Form::TlsKeys), row(CKM_TLS12_KEY_SAFE_DERIVE, Form::TlsKeysOnly)];

const fn row(id: CK_MECHANISM_TYPE, form: Form) -> Mechanism {
    Mechanism::new(id)
        .secret_keys(&[CKK_GENERIC_SECRET], 48, 48, Unit::Bytes)
        .params(Shape::Kdf(form))
        .derives_by(plan, make)
        .inherits(Inherits::Exactly)
}

/// The longest initialisation vector that a cipher of TLS has, in bytes: a block.
const LONGEST_IV: usize = 16;

/// The longest key, in bytes: that of the longest HMAC.
const LONGEST_KEY: usize = 64;

/// The lengths of one side's keys in bytes.
struct Lengths {
    mac: usize,
    key: usize,
    iv: usize,
}

impl Lengths {
    /// Everything comes out of one stream, the secret keys first, the public vectors behind them. Whoever lies about the
    /// lengths gets a piece of somebody's keys as a vector: so vectors are no longer than a block, and there are none
    /// without keys.
    fn of(params: &Params) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let KdfParams::TlsKeys { bits, export: false, .. } = kdf_params(params)? else { return Err(invalid) };
        let [mac, key, iv] = bits.map(|bits| usize::try_from(bits).ok().filter(|bits| bits % 8 == 0));
        let (Some(mac), Some(key), Some(iv)) = (mac, key, iv) else { return Err(invalid) };
        let lengths = Self { mac: mac / 8, key: key / 8, iv: iv / 8 };
        let too_long = lengths.mac > LONGEST_KEY || lengths.key > LONGEST_KEY || lengths.iv > LONGEST_IV;
        let nothing = lengths.mac == 0 && lengths.key == 0;
        if too_long || nothing || (lengths.iv > 0 && lengths.key == 0) { Err(invalid) } else { Ok(lengths) }
    }
}

/// The MAC keys, then the cipher keys; each time the client's first.
fn plan(_: &Mechanism, params: &Params, _: &Attributes) -> Result<Vec<Wish>> {
    let lengths = Lengths::of(params)?;
    let yes = Value::Bool(true);
    let mut wishes = Vec::new();
    if lengths.mac > 0 {
        wishes.extend([(); 2].map(|()| {
            Wish {
                length: Length::Exactly(lengths.mac),
                ..Wish::new(CKO_SECRET_KEY, Described::ByCallForAccess)
                    .implying(CKA_KEY_TYPE, &Value::Ulong(CKK_GENERIC_SECRET))
                    .implying(CKA_SIGN, &yes)
                    .implying(CKA_VERIFY, &yes)
            }
        }));
    }
    if lengths.key > 0 {
        wishes.extend([(); 2].map(|()| {
            Wish {
                length: Length::Exactly(lengths.key),
                ..Wish::secret_key()
                    .suggesting(CKA_ENCRYPT, &yes)
                    .suggesting(CKA_DECRYPT, &yes)
                    .suggesting(CKA_DERIVE, &yes)
            }
        }));
    }
    Ok(wishes)
}

fn make(_: &Mechanism, params: &Params, keys: &Ingredients<'_>, _: &[Wanted]) -> Result<Outcome> {
    let KdfParams::TlsKeys { hash, randoms, .. } = kdf_params(params)? else {
        return Err(Error::MechanismParamInvalid);
    };
    let (prf, lengths) = (Prf::of_hash(*hash)?, Lengths::of(params)?);
    let sizes = [lengths.mac, lengths.mac, lengths.key, lengths.key, lengths.iv, lengths.iv];
    let block = prf.of(keys.base.value()?, &[b"key expansion", &randoms.server, &randoms.client], sizes.iter().sum());
    let mut rest = &block[..];
    let mut parts = Vec::with_capacity(sizes.len());
    for size in sizes {
        let (part, others) = rest.split_at_checked(size).ok_or(Error::GeneralError)?;
        parts.push(part);
        rest = others;
    }
    let (secret, public) = parts.split_at_checked(4).ok_or(Error::GeneralError)?;
    let objects = secret.iter().filter(|part| !part.is_empty()).map(|part| vec![(CKA_VALUE, Value::bytes(part))]);
    let disclosed = if lengths.iv > 0 { public.iter().map(|part| part.to_vec()).collect() } else { Vec::new() };
    Ok(Outcome { objects: objects.collect(), disclosed })
}
