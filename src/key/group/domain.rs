//! What the keys of all such groups share: their attributes, their `SubjectPublicKeyInfo` and their PKCS#8 form.

use super::Group;
use crate::error::{Error, Result};
use crate::key::ec::encoding::{der, secret_der};
use crate::object::template::{Attributes, Contribution, Read, Value};
use crypto_bigint::BoxedUint;
use cryptoki_sys::*;
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use der::{Decode, Encode, Reader, SliceReader};
use spki::{AlgorithmIdentifier, SubjectPublicKeyInfo};
use zeroize::Zeroizing;

/// One kind of domain parameters: DSA's, those of PKCS #3, those of X9.42.
pub struct Domain {
    /// The algorithm of its keys.
    pub oid: ObjectIdentifier,
    /// The attributes of its parameters, in the order of their ASN.1 form (section 6.7).
    pub order: &'static [CK_ATTRIBUTE_TYPE],
    /// How many optional elements may follow them there. They are not kept.
    pub optional: usize,
    /// Whether a group has a size that the kind may have.
    pub fits: fn(&Group) -> bool,
}

impl Domain {
    /// The group of an object's or a template's attributes. `TemplateIncomplete` if there is none, `DomainParamsInvalid` if
    /// it is none; whether its numbers are prime is not looked at.
    pub fn group(&self, attributes: &Attributes) -> Result<Group> {
        let order = match self.order.contains(&CKA_SUBPRIME) {
            true => Some(given(attributes, CKA_SUBPRIME)?),
            false => None,
        };
        let group = Group::new(given(attributes, CKA_PRIME)?, order, given(attributes, CKA_BASE)?);
        group.filter(self.fits).ok_or(Error::DomainParamsInvalid)
    }

    /// [`crate::key::KeyType::complete`].
    pub fn complete(&self, class: CK_OBJECT_CLASS, attributes: &mut Attributes) -> Result<()> {
        if class == CKO_DOMAIN_PARAMETERS && !attributes.contains_key(&CKA_BASE) {
            return primes_only(attributes);
        }
        let group = self.group(attributes)?;
        if !group.is_valid() {
            return Err(Error::DomainParamsInvalid);
        }
        let invalid = Error::AttributeValueInvalid;
        match class {
            CKO_DOMAIN_PARAMETERS => {
                attributes.insert(CKA_PRIME_BITS, Value::Ulong(group.bits() as CK_ULONG));
                if let Some(bits) = group.order_bits() {
                    attributes.insert(CKA_SUBPRIME_BITS, Value::Ulong(bits as CK_ULONG));
                }
            }
            CKO_PUBLIC_KEY => {
                let element = group.element(given(attributes, CKA_VALUE)?).ok_or(invalid)?;
                let info = self.public_key_info(attributes, &element.to_be_bytes())?;
                attributes.insert(CKA_PUBLIC_KEY_INFO, info);
            }
            CKO_PRIVATE_KEY => {
                let exponent = group.exponent(given(attributes, CKA_VALUE)?).ok_or(invalid)?;
                let info = self.public_key_info(attributes, &group.power(group.generator(), &exponent))?;
                attributes.insert(CKA_PUBLIC_KEY_INFO, info);
            }
            _ => return Err(Error::TemplateInconsistent),
        }
        Ok(())
    }

    /// What a new pair contributes to its public and to its private object, beside the parameters that the public
    /// template has.
    pub fn contributions(
        &self,
        group: &Group,
        public: &Attributes,
        exponent: &[u8],
    ) -> Result<(Contribution, Contribution)> {
        let element = group.power(group.generator(), &*group.exponent(exponent).ok_or(Error::GeneralError)?);
        let parameters = self.order.iter().filter_map(|attribute| Some((*attribute, public.get(attribute)?.clone())));
        let private = parameters.chain([(CKA_VALUE, Value::big_integer(exponent))]).collect();
        Ok((vec![(CKA_VALUE, Value::big_integer(&*element))], private))
    }

    /// [`crate::key::KeyType::to_pkcs8`].
    pub fn to_pkcs8(&self, attributes: &Attributes) -> Result<Zeroizing<Vec<u8>>> {
        let failed = |_| Error::GeneralError;
        let value = secret_der(&UintRef::new(attributes.required(CKA_VALUE)?).map_err(failed)?)?;
        let parameters = self.parameters(attributes)?;
        let key = OctetStringRef::new(&value).map_err(failed)?;
        secret_der(&pkcs8::PrivateKeyInfo::<_, _, BitStringRef<'_>>::new(self.algorithm(&parameters)?, key))
    }

    /// [`crate::key::KeyType::from_pkcs8`].
    pub fn from_pkcs8(&self, info: &pkcs8::PrivateKeyInfoRef<'_>) -> Result<Contribution> {
        let invalid = Error::WrappedKeyInvalid;
        let parameters = info.algorithm.parameters.filter(|_| info.algorithm.oid == self.oid).ok_or(invalid)?;
        let mut contribution = self.read(&parameters).map_err(|_| invalid)?;
        let value = UintRef::from_der(info.private_key.as_bytes()).map_err(|_| invalid)?;
        contribution.push((CKA_VALUE, Value::big_integer(value.as_bytes())));
        // Checked here, because what is wrong within is wrong with the wrapped key and not with the caller's template.
        let mut attributes = contribution.iter().cloned().collect();
        self.complete(CKO_PRIVATE_KEY, &mut attributes).map_err(|_| invalid)?;
        Ok(contribution)
    }

    /// The attributes of a public key in a `SubjectPublicKeyInfo`, once its algorithm is known.
    pub fn from_spki(&self, parameters: &AnyRef<'_>, bits: &[u8]) -> der::Result<Contribution> {
        let mut contribution = self.read(parameters)?;
        contribution.push((CKA_VALUE, Value::big_integer(UintRef::from_der(bits)?.as_bytes())));
        Ok(contribution)
    }

    /// The domain parameters in their ASN.1 form, as attributes.
    fn read(&self, parameters: &AnyRef<'_>) -> der::Result<Contribution> {
        let encoded = parameters.to_der()?;
        let mut reader = SliceReader::new(&encoded)?;
        let contribution = reader.sequence(|reader| {
            let numbers = self.order.iter().map(|attribute| {
                Ok::<_, der::Error>((*attribute, Value::big_integer(UintRef::decode(reader)?.as_bytes())))
            });
            let numbers = numbers.collect::<der::Result<Contribution>>()?;
            for _ in 0..self.optional {
                if !reader.is_finished() {
                    AnyRef::decode(reader)?;
                }
            }
            Ok::<_, der::Error>(numbers)
        })?;
        reader.finish()?;
        Ok(contribution)
    }

    /// The domain parameters in their ASN.1 form.
    fn parameters(&self, attributes: &Attributes) -> Result<Vec<u8>> {
        let number = |attribute: &CK_ATTRIBUTE_TYPE| {
            UintRef::new(attributes.required(*attribute)?).map_err(|_| Error::GeneralError)
        };
        der(&self.order.iter().map(number).collect::<Result<Vec<_>>>()?)
    }

    fn algorithm<'a>(&self, parameters: &'a [u8]) -> Result<AlgorithmIdentifier<AnyRef<'a>>> {
        let parameters = AnyRef::from_der(parameters).map_err(|_| Error::GeneralError)?;
        Ok(AlgorithmIdentifier { oid: self.oid, parameters: Some(parameters) })
    }

    fn public_key_info(&self, attributes: &Attributes, element: &[u8]) -> Result<Value> {
        let failed = |_| Error::GeneralError;
        let value = der(&UintRef::new(element).map_err(failed)?)?;
        let parameters = self.parameters(attributes)?;
        let subject_public_key = BitStringRef::from_bytes(&value).map_err(failed)?;
        Ok(Value::bytes(der(&SubjectPublicKeyInfo { algorithm: self.algorithm(&parameters)?, subject_public_key })?))
    }
}

/// The primes that DSA's mechanisms make before there is a generator; everybody else must give one.
fn primes_only(attributes: &mut Attributes) -> Result<()> {
    for (number, length) in [(CKA_PRIME, CKA_PRIME_BITS), (CKA_SUBPRIME, CKA_SUBPRIME_BITS)] {
        let bits = BoxedUint::from_be_slice_vartime(given(attributes, number)?).bit_width_vartime();
        attributes.insert(length, Value::Ulong(bits.into()));
    }
    Ok(())
}

/// A number of an object; `TemplateIncomplete` where there is none. Zero is one, though a wrong one.
fn given(attributes: &Attributes, attribute: CK_ATTRIBUTE_TYPE) -> Result<&[u8]> {
    attributes.bytes(attribute).ok_or(Error::TemplateIncomplete)
}

/// A number in the form of attributes.
pub fn number(number: &BoxedUint) -> Value {
    Value::big_integer(number.to_be_bytes())
}
