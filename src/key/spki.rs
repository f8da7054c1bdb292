//! Public keys out of an X.509 `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7).

use super::group::domain::Domain;
use super::{dh, dsa, hss, ml_dsa, ml_kem, oid, parameter_set, slh_dsa};
use crate::error::{Error, Result};
use crate::object::template::Contribution;
use crate::object::template::Value;
use cryptoki_sys::*;
use der::asn1::{OctetStringRef, UintRef};
use der::{Decode, Encode, Reader, SliceReader, Tag};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

/// How a key is laid out in a `SubjectPublicKeyInfo`.
#[derive(Clone, Copy)]
enum Layout {
    /// An `RSAPublicKey` (RFC 8017, appendix A.1.1).
    Rsa,
    /// The curve as the parameters, the point as the bits (RFC 5480).
    Curve,
    /// The algorithm is the curve, without parameters; the bits are the point (RFC 8410).
    OwnCurve,
    /// A group's parameters as the parameters, the number as the bits (RFC 3279).
    Group(&'static Domain),
    /// The bits are the value, without parameters (RFC 9802).
    Value,
    /// The algorithm is this parameter set, without parameters; the bits are the value (RFC 9881, 9909 and 9935).
    ParameterSet(CK_ULONG),
}

const ALGORITHMS: &[(ObjectIdentifier, CK_KEY_TYPE, Layout)] = &[
    (oid("1.2.840.113549.1.1.1"), CKK_RSA, Layout::Rsa),
    (oid("1.2.840.10045.2.1"), CKK_EC, Layout::Curve),
    (dsa::DOMAIN.oid, CKK_DSA, Layout::Group(&dsa::DOMAIN)),
    (dh::PKCS3.oid, CKK_DH, Layout::Group(&dh::PKCS3)),
    (dh::X942.oid, CKK_X9_42_DH, Layout::Group(&dh::X942)),
    (oid("1.3.101.110"), CKK_EC_MONTGOMERY, Layout::OwnCurve),
    (oid("1.3.101.111"), CKK_EC_MONTGOMERY, Layout::OwnCurve),
    (oid("1.3.101.112"), CKK_EC_EDWARDS, Layout::OwnCurve),
    (oid("1.3.101.113"), CKK_EC_EDWARDS, Layout::OwnCurve),
    (hss::OID, CKK_HSS, Layout::Value),
];

/// The key type and the attributes of a public key. `PublicKeyInvalid` if nobody knows it; whether the key is a
/// good one, its type's rules judge.
pub fn from_spki(der: &[u8]) -> Result<(CK_KEY_TYPE, Contribution)> {
    let info = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| Error::PublicKeyInvalid)?;
    let (key_type, layout) = layout(&info.algorithm.oid).ok_or(Error::PublicKeyInvalid)?;
    let contribution = attributes(&layout, &info).map_err(|_| Error::PublicKeyInvalid)?;
    Ok((key_type, contribution))
}

fn layout(oid: &ObjectIdentifier) -> Option<(CK_KEY_TYPE, Layout)> {
    let named = |key_type, id: Option<CK_ULONG>| Some((key_type, Layout::ParameterSet(id?)));
    let known = ALGORITHMS.iter().find(|known| known.0 == *oid).map(|known| (known.1, known.2));
    known
        .or_else(|| named(CKK_ML_KEM, parameter_set::named(ml_kem::SETS, oid)))
        .or_else(|| named(CKK_ML_DSA, parameter_set::named(ml_dsa::SETS, oid)))
        .or_else(|| named(CKK_SLH_DSA, parameter_set::named(slh_dsa::SETS, oid)))
}

fn attributes(layout: &Layout, info: &SubjectPublicKeyInfoRef<'_>) -> der::Result<Contribution> {
    let invalid = || der::Error::from(Tag::Sequence.value_error());
    let bits = info.subject_public_key.as_bytes().ok_or_else(invalid)?;
    // The point of a curve is kept in an OCTET STRING (section 6.3.3).
    let point = || Ok::<_, der::Error>((CKA_EC_POINT, Value::bytes(OctetStringRef::new(bits)?.to_der()?)));
    match (layout, info.algorithm.parameters) {
        (Layout::Rsa, _) => {
            let (modulus, exponent) = rsa(bits)?;
            Ok(vec![
                (CKA_MODULUS, Value::big_integer(modulus.as_bytes())),
                (CKA_PUBLIC_EXPONENT, Value::big_integer(exponent.as_bytes())),
            ])
        }
        (Layout::Curve, Some(curve)) => Ok(vec![(CKA_EC_PARAMS, Value::bytes(curve.to_der()?)), point()?]),
        (Layout::OwnCurve, None) => Ok(vec![(CKA_EC_PARAMS, Value::bytes(info.algorithm.oid.to_der()?)), point()?]),
        (Layout::Group(domain), Some(parameters)) => domain.from_spki(&parameters, bits),
        (Layout::ParameterSet(id), None) => {
            Ok(vec![(CKA_PARAMETER_SET, Value::Ulong(*id)), (CKA_VALUE, Value::bytes(bits))])
        }
        (Layout::Value, None) => Ok(vec![(CKA_VALUE, Value::bytes(bits))]),
        _ => Err(invalid()),
    }
}

/// The modulus and the exponent of an `RSAPublicKey`.
fn rsa(bits: &[u8]) -> der::Result<(UintRef<'_>, UintRef<'_>)> {
    let mut reader = SliceReader::new(bits)?;
    let numbers =
        reader.sequence(|reader| Ok::<_, der::Error>((UintRef::decode(reader)?, UintRef::decode(reader)?)))?;
    reader.finish()?;
    Ok(numbers)
}
