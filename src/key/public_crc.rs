//! `CKA_PUBLIC_CRC64_VALUE`: a checksum by which the halves of a key pair are seen to belong together (sections 4.8 and 4.9).

use super::spki::from_spki;
use crate::object::template::{Attributes, Read, Value};
use crc::{CRC_64_ECMA_182, Crc};
use cryptoki_sys::*;

const ECMA: Crc<u64> = Crc::<u64>::new(&CRC_64_ECMA_182);

/// The CRC-64-ECMA of a complete key, most significant byte first: over the modulus of an RSA key (section 6.1), else over the
/// `CKA_VALUE` of the public key. The public keys on curves have no such attribute, and so no checksum.
pub fn public_crc64(class: CK_OBJECT_CLASS, attributes: &Attributes) -> Option<Value> {
    let of = |bytes: &[u8]| Some(Value::bytes(ECMA.checksum(bytes).to_be_bytes()));
    match (attributes.ulong(CKA_KEY_TYPE), class) {
        (Some(CKK_RSA), CKO_PUBLIC_KEY | CKO_PRIVATE_KEY) => of(attributes.bytes(CKA_MODULUS)?),
        (_, CKO_PUBLIC_KEY) => of(attributes.bytes(CKA_VALUE)?),
        (_, CKO_PRIVATE_KEY) => {
            let (_, public) = from_spki(attributes.bytes(CKA_PUBLIC_KEY_INFO)?).ok()?;
            let (_, value) = public.into_iter().find(|(attribute, _)| *attribute == CKA_VALUE)?;
            match value {
                Value::Bytes(value) => of(&value),
                _ => None,
            }
        }
        _ => None,
    }
}
