//! The crate cryptoki on a token: the module, the PIN, and "first" or "again", as ../python/pykcs11.py has it.

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::Result;
use cryptoki::mechanism::elliptic_curve::{EcKdf, Ecdh1DeriveParams};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use std::fs;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let module = Pkcs11::new(&arguments[1])?;
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
    let slots = module.get_slots_with_token()?;
    let slot = slots.into_iter().find(|slot| module.get_token_info(*slot).is_ok_and(|token| token.label() == "web"));
    let session = module.open_rw_session(slot.expect("the token"))?;
    session.login(UserType::User, Some(&AuthPin::new(arguments[2].clone().into())))?;
    let data = read("data");
    if arguments[3] == "again" {
        let kept = find(&session, ObjectClass::PRIVATE_KEY, "kept")?;
        write("kept.raw", &session.sign(&Mechanism::EcdsaSha256, kept, &data)?);
        return Ok(());
    }

    let rsa = find(&session, ObjectClass::PRIVATE_KEY, "rsa")?;
    let ec = find(&session, ObjectClass::PRIVATE_KEY, "ec")?;
    write("rsa.signature", &session.sign(&Mechanism::Sha256RsaPkcs, rsa, &data)?);
    write("ec.raw", &session.sign(&Mechanism::EcdsaSha256, ec, &data)?);
    let public = find(&session, ObjectClass::PUBLIC_KEY, "rsa")?;
    session.verify(&Mechanism::Sha256RsaPkcs, public, &data, &read("rsa.signature"))?;
    assert!(session.verify(&Mechanism::Sha256RsaPkcs, public, b"something else", &read("rsa.signature")).is_err());
    let oaep = PkcsOaepParams::new(MechanismType::SHA1, PkcsMgfType::MGF1_SHA1, PkcsOaepSource::empty());
    write("oaep.plain", &session.decrypt(&Mechanism::RsaPkcsOaep(oaep), rsa, &read("oaep"))?);

    let numbers: Vec<u8> = (0..32).collect();
    let mut template = secret(KeyType::AES);
    template.extend([Attribute::Value(numbers.clone()), Attribute::Encrypt(true), Attribute::Decrypt(true)]);
    let aes = session.create_object(&template)?;
    let cbc = Mechanism::AesCbcPad(numbers[..16].try_into().unwrap());
    let encrypted = session.encrypt(&cbc, aes, &data)?;
    write("encrypted", &encrypted);
    session.decrypt_init(&cbc, aes)?;
    let plain = [
        session.decrypt_update(&encrypted[..20])?,
        session.decrypt_update(&encrypted[20..])?,
        session.decrypt_final()?,
    ];
    assert_eq!(plain.concat(), data);

    let point = read("peer.point");
    let agree = Mechanism::Ecdh1Derive(Ecdh1DeriveParams::new(EcKdf::null(), &point));
    let mut template = secret(KeyType::GENERIC_SECRET);
    template.extend([Attribute::ValueLen(32.into()), Attribute::Sensitive(false), Attribute::Extractable(true)]);
    let agreed = session.derive_key(&agree, ec, &template)?;
    let [Attribute::Value(value)] = &session.get_attributes(agreed, &[AttributeType::Value])?[..] else {
        panic!("no value");
    };
    write("agreed", value);

    let common = [Attribute::Token(true), Attribute::Label(b"kept".to_vec()), Attribute::Id(vec![0x77])];
    let p256 = Attribute::EcParams(vec![6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    session.generate_key_pair(&Mechanism::EccKeyPairGen, &[&common[..], &[p256]].concat(), &common)?;
    let wrapping = [Attribute::ValueLen(32.into()), Attribute::Wrap(true), Attribute::Unwrap(true)];
    let wrapping = session.generate_key(&Mechanism::AesKeyGen, &wrapping)?;
    assert_eq!(session.wrap_key(&Mechanism::AesKeyWrap, wrapping, agreed)?.len(), 40);
    assert!(session.digest(&Mechanism::Sha256, b"abc")?.starts_with(&[0xba, 0x78, 0x16, 0xbf]));
    assert_ne!(session.generate_random_vec(32)?, session.generate_random_vec(32)?);
    session.destroy_object(aes)?;
    session.logout()
}

fn read(name: &str) -> Vec<u8> {
    fs::read(name).unwrap()
}

fn write(name: &str, data: &[u8]) {
    fs::write(name, data).unwrap();
}

fn find(session: &Session, class: ObjectClass, label: &str) -> Result<ObjectHandle> {
    let found = session.find_objects(&[Attribute::Class(class), Attribute::Label(label.into())])?;
    Ok(found[0])
}

fn secret(kind: KeyType) -> Vec<Attribute> {
    vec![Attribute::Class(ObjectClass::SECRET_KEY), Attribute::KeyType(kind)]
}
