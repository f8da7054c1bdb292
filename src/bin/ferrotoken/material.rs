//! Key material as the objects of any module have it, and its encodings in files.

use crate::Result;
use crate::cli::Bytes;
use crate::client::{Attribute, Mechanism, Session};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use cryptoki_sys::*;
use ferrotoken::key;
use ferrotoken::object::rules::{Draft, Origin, Request, given};
use ferrotoken::object::template::{Attributes, Contribution, Raw, Read, Template, ulong};
use zeroize::Zeroizing;

/// The `SubjectPublicKeyInfo` of a key, public or private: as its module gives it, or made of its attributes, or of those of
/// the public key with the same identifier.
pub fn public_key_info(session: &Session<'_>, object: CK_OBJECT_HANDLE) -> Result<Vec<u8>> {
    if let Some(info) = session.attribute(object, CKA_PUBLIC_KEY_INFO).ok().filter(|info| !info.is_empty()) {
        return Ok(info);
    }
    let class = session.number(object, CKA_CLASS)?;
    let public = match class {
        CKO_PUBLIC_KEY => object,
        _ => {
            let id = session.attribute(object, CKA_ID)?;
            let wanted = [Attribute::number(CKA_CLASS, CKO_PUBLIC_KEY), Attribute::bytes(CKA_ID, &id)];
            *session.find(&wanted)?.first().ok_or("there is no public key with the identifier of the private one")?
        }
    };
    let attributes = completed(session, public, CKO_PUBLIC_KEY)?;
    Ok(attributes.required(CKA_PUBLIC_KEY_INFO)?.to_vec())
}

/// The PKCS #8 encoding of a private key whose attributes can be read.
pub fn pkcs8(session: &Session<'_>, object: CK_OBJECT_HANDLE) -> Result<Zeroizing<Vec<u8>>> {
    let encode = key::find(session.number(object, CKA_KEY_TYPE)?).and_then(|key_type| key_type.to_pkcs8);
    let encode = encode.ok_or("keys of this type have no encoding in PKCS #8")?;
    Ok(encode(&completed(session, object, CKO_PRIVATE_KEY)?)?)
}

/// The attributes of a key that make it, with what follows from them.
fn completed(session: &Session<'_>, object: CK_OBJECT_HANDLE, class: CK_OBJECT_CLASS) -> Result<Attributes> {
    let key_type = session.number(object, CKA_KEY_TYPE)?;
    let mut template = vec![number(CKA_CLASS, class), number(CKA_KEY_TYPE, key_type)];
    // What an unwrapped key would have inside; of a public key, all that is not of its names and uses. A private key's point
    // is not of it (section 6.3.4).
    let own = |attribute: CK_ATTRIBUTE_TYPE, in_key| match class {
        CKO_PUBLIC_KEY => PUBLIC.contains(&attribute),
        _ => in_key && attribute != CKA_EC_POINT,
    };
    for (attribute, _, _) in
        given(class, Some(key_type)).into_iter().filter(|(attribute, _, in_key)| own(*attribute, *in_key))
    {
        if let Some(value) = session.attribute(object, attribute).ok().filter(|value| !value.is_empty()) {
            template.push((attribute, Raw::Bytes(Zeroizing::new(value))));
        }
    }
    complete(&template)
}

/// The `SubjectPublicKeyInfo` that belongs to a private key of these attributes.
pub fn info_of_private(attributes: &[Attribute]) -> Result<Vec<u8>> {
    let key_type = attributes.iter().find(|one| one.kind() == CKA_KEY_TYPE).and_then(|one| ulong(one.value()));
    let given = given(CKO_PRIVATE_KEY, key_type);
    let own = |one: &&Attribute| {
        let in_key = given.iter().any(|(given, _, in_key)| *given == one.kind() && *in_key);
        in_key && one.kind() != CKA_EC_POINT || matches!(one.kind(), CKA_CLASS | CKA_KEY_TYPE)
    };
    let raw = |one: &Attribute| (one.kind(), Raw::Bytes(Zeroizing::new(one.value().to_vec())));
    let template = attributes.iter().filter(own).map(raw).collect();
    Ok(complete(&template)?.required(CKA_PUBLIC_KEY_INFO)?.to_vec())
}

/// What the library makes of a template.
fn complete(template: &Template) -> Result<Attributes> {
    Ok(Draft::begin(Request::new(Origin::Create), template)?.finish(Contribution::new())?)
}

fn number(attribute: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> (CK_ATTRIBUTE_TYPE, Raw) {
    (attribute, Raw::Bytes(Zeroizing::new(value.to_ne_bytes().to_vec())))
}

/// What makes public keys.
const PUBLIC: [CK_ATTRIBUTE_TYPE; 9] = [
    CKA_MODULUS,
    CKA_PUBLIC_EXPONENT,
    CKA_EC_PARAMS,
    CKA_EC_POINT,
    CKA_PARAMETER_SET,
    CKA_PRIME,
    CKA_SUBPRIME,
    CKA_BASE,
    CKA_VALUE,
];

/// The identifier of the key on the token to which this public key belongs.
pub fn named_like(session: &Session<'_>, info: &[u8]) -> Result<Option<Bytes>> {
    for class in [CKO_PRIVATE_KEY, CKO_PUBLIC_KEY] {
        let wanted = [Attribute::number(CKA_CLASS, class), Attribute::bytes(CKA_PUBLIC_KEY_INFO, info)];
        // A module that does not know the attribute finds nothing, or says so.
        let found = session.find(&wanted).unwrap_or_default();
        if let Some(key) = found.first() {
            let id = session.attribute(*key, CKA_ID).unwrap_or_default();
            return Ok(Some(Bytes(id)).filter(|id| !id.0.is_empty()));
        }
    }
    Ok(None)
}

/// The value of an extractable key that is sensitive: it is wrapped by a key that lives no longer than the session, and
/// unwrapped here. Of private keys this is PKCS #8.
pub fn unwrapped(session: &Session<'_>, object: CK_OBJECT_HANDLE) -> Result<Zeroizing<Vec<u8>>> {
    let (key, iv) = (Zeroizing::new(session.random::<32>()?), session.random::<16>()?);
    let wrapping = session.create(&wrapping_key(&*key))?;
    let wrapped = session.wrap(&Mechanism(CKM_AES_CBC_PAD, &iv), wrapping, object);
    session.destroy(wrapping)?;
    decrypt_cbc(&*key, &iv, &wrapped?).ok_or_else(|| "the module wrapped the key in an unknown way".into())
}

/// An AES key of this value, for wrapping and unwrapping in a session.
pub fn wrapping_key(value: &[u8]) -> Vec<Attribute> {
    vec![
        Attribute::number(CKA_CLASS, CKO_SECRET_KEY),
        Attribute::number(CKA_KEY_TYPE, CKK_AES),
        Attribute::boolean(CKA_TOKEN, false),
        Attribute::boolean(CKA_WRAP, true),
        Attribute::boolean(CKA_UNWRAP, true),
        Attribute::bytes(CKA_VALUE, value),
    ]
}

/// Decrypts AES-256 in CBC mode with the padding of PKCS #7; `None` if that is wrong.
pub fn decrypt_cbc(key: &[u8], iv: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let cipher = cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv).ok()?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let length = cipher.decrypt_padded::<Pkcs7>(&mut buffer).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}
