//! What the keys of all elliptic curves share: how their attributes and their PKCS#8 form are read and written.
//!
//! `CKA_EC_PARAMS` and `CKA_EC_POINT` come in several forms (section 6.3.3, "Short Weierstrass Elliptic Curve public
//! key objects", and the two after it). All are understood here, and each is given back in one form.

use crate::error::{Error, Result};
use crate::object::template::{Attributes, Contribution, Read, Value};
use cryptoki_sys::*;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, PrintableStringRef};
use der::{Decode, Encode, Tag, Tagged};
use pkcs8::PrivateKeyInfoRef;
use spki::{AlgorithmIdentifier, SubjectPublicKeyInfo};
use zeroize::Zeroizing;

/// How a curve is named in `CKA_EC_PARAMS`.
pub struct Names {
    /// Its object identifiers. The first is the one that is given back.
    pub oids: &'static [ObjectIdentifier],
    /// Its names as a PrintableString (the choice `curveName`); case does not matter.
    pub printable: &'static [&'static str],
    /// What some client sends that is no DER at all, byte for byte.
    pub misspelt: &'static [&'static [u8]],
}

impl Names {
    fn fit(&self, params: &Params<'_>) -> bool {
        match params {
            Params::Oid(oid) => self.oids.contains(oid),
            Params::Name(name) => self.printable.iter().any(|own| own.eq_ignore_ascii_case(name)),
        }
    }
}

/// A curve of any form, as attributes and encodings see it.
pub trait Curve: Sync + 'static {
    /// Its names.
    fn names(&self) -> &Names;

    /// Whether a point's encoding may have so many bytes.
    fn is_point_len(&self, length: usize) -> bool;

    /// The one encoding of a public point that is given back; `None` if the bytes encode no point that may be used.
    fn canonical_point(&self, encoded: &[u8]) -> Option<Vec<u8>>;

    /// The form of a private value that `CKA_VALUE` has, and its public point; `None` if it is out of range.
    fn private(&self, value: &[u8]) -> Option<(Value, Vec<u8>)>;

    /// The algorithm that names the keys of this curve in SubjectPublicKeyInfo and PKCS#8.
    fn algorithm(&self) -> AlgorithmIdentifier<ObjectIdentifier>;
}

/// The curve that `CKA_EC_PARAMS` names.
///
/// `CurveNotSupported` for a name that is not in the table, `DomainParamsInvalid` for what is no DER, and for the
/// choices that are not supported: `ecParameters` and `implicitlyCA`.
pub fn curve_of<C: Curve>(curves: &'static [C], params: &[u8]) -> Result<&'static C> {
    if let Some(curve) = curves.iter().find(|curve| curve.names().misspelt.contains(&params)) {
        return Ok(curve);
    }
    let params = Params::read(params).ok_or(Error::DomainParamsInvalid)?;
    curves.iter().find(|curve| curve.names().fit(&params)).ok_or(Error::CurveNotSupported)
}

/// `CKA_EC_PARAMS` of the curve that has this name; case does not matter.
pub fn params_of_name<C: Curve>(curves: &'static [C], name: &str) -> Option<Value> {
    curves.iter().find(|curve| curve.names().fit(&Params::Name(name))).and_then(|curve| params(curve).ok())
}

/// The curve of an object's or a template's `CKA_EC_PARAMS`; `TemplateIncomplete` where there is none.
pub fn curve_in<C: Curve>(curves: &'static [C], attributes: &Attributes) -> Result<&'static C> {
    curve_of(curves, attributes.bytes(CKA_EC_PARAMS).ok_or(Error::TemplateIncomplete)?)
}

/// `CKA_EC_PARAMS` in the form that is given back.
pub fn params<C: Curve>(curve: &C) -> Result<Value> {
    let oid = curve.names().oids.first().ok_or(Error::GeneralError)?;
    Ok(Value::bytes(der(oid)?))
}

/// A public point from any form that clients send: as it is, or in a DER OCTET STRING or BIT STRING.
///
/// A point of 65 bytes begins with 04 and so does an OCTET STRING. The length tells them apart: no curve has a point
/// that is as long as another of its points with a DER header.
pub fn point<C: Curve>(curve: &C, sent: &[u8]) -> Option<Vec<u8>> {
    curve.canonical_point(encoded_point(curve, sent)?)
}

/// As [`point`], before it is known whether the bytes are one: for those who find that out themselves.
pub fn encoded_point<'a, C: Curve>(curve: &C, sent: &'a [u8]) -> Option<&'a [u8]> {
    let encoded = if curve.is_point_len(sent.len()) {
        sent
    } else {
        let wrapped = AnyRef::from_der(sent).ok()?;
        match wrapped.tag() {
            Tag::OctetString => wrapped.value(),
            Tag::BitString => BitStringRef::try_from(wrapped).ok()?.as_bytes()?,
            _ => return None,
        }
    };
    curve.is_point_len(encoded.len()).then_some(encoded)
}

/// `CKA_EC_POINT` in the form that is given back.
pub fn point_value(point: &[u8]) -> Result<Value> {
    let octets = OctetStringRef::new(point).map_err(|_| Error::GeneralError)?;
    Ok(Value::bytes(der(&octets)?))
}

/// [`crate::key::KeyType::complete`] for the keys of such curves.
pub fn complete<C: Curve>(curves: &'static [C], class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
    let curve = curve_in(curves, attributes)?;
    let given = match attributes.bytes(CKA_EC_POINT) {
        Some(given) => Some(point(curve, given).ok_or(Error::AttributeValueInvalid)?),
        None => None,
    };
    let point = match class {
        CKO_PUBLIC_KEY => given.ok_or(Error::TemplateIncomplete)?,
        CKO_PRIVATE_KEY => {
            let given_value = attributes.bytes(CKA_VALUE).ok_or(Error::TemplateIncomplete)?;
            let (value, own) = curve.private(given_value).ok_or(Error::AttributeValueInvalid)?;
            if given.is_some_and(|given| given != own) {
                return Err(Error::AttributeValueInvalid);
            }
            attributes.insert(CKA_VALUE, value);
            own
        }
        _ => return Err(Error::TemplateInconsistent),
    };
    attributes.insert(CKA_EC_PARAMS, params(curve)?);
    attributes.insert(CKA_EC_POINT, point_value(&point)?);
    attributes.insert(CKA_PUBLIC_KEY_INFO, public_key_info(curve, &point)?);
    Ok(())
}

/// What the generation of a key pair contributes to the public and to the private key.
pub fn generated<C: Curve>(curve: &C, private: &[u8]) -> Result<(Contribution, Contribution)> {
    let (value, point) = curve.private(private).ok_or(Error::GeneralError)?;
    let public = vec![(CKA_EC_POINT, point_value(&point)?)];
    Ok((public, vec![(CKA_EC_PARAMS, params(curve)?), (CKA_VALUE, value)]))
}

/// A private key's PKCS#8 form around the encoding that is particular to its type.
pub fn to_pkcs8<C: Curve>(curve: &C, private_key: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let private_key = OctetStringRef::new(private_key).map_err(|_| Error::GeneralError)?;
    secret_der(&pkcs8::PrivateKeyInfo::<_, _, BitStringRef<'_>>::new(curve.algorithm(), private_key))
}

/// The attributes of a private key out of PKCS#8, once curve and value have been read: `WrappedKeyInvalid` if the
/// value is out of range or a public key beside it is not its own.
pub fn from_pkcs8<C: Curve>(
    curve: &C,
    info: &PrivateKeyInfoRef<'_>,
    value: &[u8],
    inner_public: Option<&[u8]>,
) -> Result<Contribution> {
    let (value, own) = curve.private(value).ok_or(Error::WrappedKeyInvalid)?;
    let outer_public = match &info.public_key {
        Some(public) => Some(public.as_bytes().ok_or(Error::WrappedKeyInvalid)?),
        None => None,
    };
    let is_own = |public: &[u8]| curve.canonical_point(public).is_some_and(|public| public == own);
    if ![outer_public, inner_public].into_iter().flatten().all(is_own) {
        return Err(Error::WrappedKeyInvalid);
    }
    Ok(vec![(CKA_EC_PARAMS, params(curve)?), (CKA_VALUE, value)])
}

/// [`to_pkcs8`] of a key whose value is a string of bytes: a `CurvePrivateKey` (RFC 8410, section 7).
pub fn bytes_to_pkcs8<C: Curve>(curves: &'static [C], attributes: &Attributes) -> Result<Zeroizing<Vec<u8>>> {
    let value = OctetStringRef::new(attributes.required(CKA_VALUE)?).map_err(|_| Error::GeneralError)?;
    to_pkcs8(curve_in(curves, attributes)?, &secret_der(&value)?)
}

/// The reverse of [`bytes_to_pkcs8`].
pub fn bytes_from_pkcs8<C: Curve>(curves: &'static [C], info: &PrivateKeyInfoRef<'_>) -> Result<Contribution> {
    let invalid = Error::WrappedKeyInvalid;
    let curve = curves.iter().find(|curve| curve.algorithm().oid == info.algorithm.oid).ok_or(invalid)?;
    if info.algorithm.parameters.is_some() {
        return Err(invalid);
    }
    let value = <&OctetStringRef>::from_der(info.private_key.as_bytes()).map_err(|_| invalid)?;
    from_pkcs8(curve, info, value.as_bytes(), None)
}

/// The DER encoding of something public.
pub fn der(value: &impl Encode) -> Result<Vec<u8>> {
    value.to_der().map_err(|_| Error::GeneralError)
}

/// The DER encoding of a secret: of the right size from the start, so that no copy is left behind in a freed buffer.
pub fn secret_der(value: &impl Encode) -> Result<Zeroizing<Vec<u8>>> {
    let length = value.encoded_len().map_err(|_| Error::GeneralError)?;
    let mut out = Zeroizing::new(vec![0; usize::try_from(length).map_err(|_| Error::GeneralError)?]);
    value.encode_to_slice(&mut out).map_err(|_| Error::GeneralError)?;
    Ok(out)
}

/// The two choices of `Parameters` that are supported.
enum Params<'a> {
    Oid(ObjectIdentifier),
    Name(&'a str),
}

impl<'a> Params<'a> {
    /// Strict: all of the bytes are one value.
    fn read(params: &'a [u8]) -> Option<Self> {
        let any = AnyRef::from_der(params).ok()?;
        match any.tag() {
            Tag::ObjectIdentifier => Some(Self::Oid(ObjectIdentifier::try_from(any).ok()?)),
            Tag::PrintableString => {
                PrintableStringRef::try_from(any).ok()?;
                Some(Self::Name(core::str::from_utf8(any.value()).ok()?))
            }
            _ => None,
        }
    }
}

fn public_key_info<C: Curve>(curve: &C, point: &[u8]) -> Result<Value> {
    let subject_public_key = BitStringRef::from_bytes(point).map_err(|_| Error::GeneralError)?;
    Ok(Value::bytes(der(&SubjectPublicKeyInfo { algorithm: curve.algorithm(), subject_public_key })?))
}
