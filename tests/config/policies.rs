//! What a token's policy leaves of its mechanisms: in lists, infos, objects, dispatch and keys.

use super::common::*;
use super::{READY, configured, file, pem};

fn user(slot: CK_SLOT_ID) -> Session {
    let session = Token { slot }.session();
    match session.login(CKU_USER, "S3CRET-user") {
        Ok(()) | Err(CKR_USER_ALREADY_LOGGED_IN) => session,
        Err(code) => panic!("{}", codes::name(code)),
    }
}

fn listed(slot: CK_SLOT_ID) -> Vec<CK_MECHANISM_TYPE> {
    let (mut list, mut count) = (vec![0; 1000], 1000);
    // SAFETY: a list with room for as many.
    ok(result(unsafe { f().C_GetMechanismList.unwrap()(slot, list.as_mut_ptr(), &mut count) }));
    list.truncate(count as usize);
    list
}

fn info(slot: CK_SLOT_ID, kind: CK_MECHANISM_TYPE) -> Result<CK_MECHANISM_INFO, CK_RV> {
    let mut info = CK_MECHANISM_INFO::default();
    // SAFETY: a place for the structure.
    result(unsafe { f().C_GetMechanismInfo.unwrap()(slot, kind, &mut info) }).map(|()| info)
}

/// Lists, infos and mechanism objects agree, and those of the policy are gone from all.
fn gone(session: &Session, kinds: &[CK_MECHANISM_TYPE]) {
    let list = listed(session.slot);
    assert_eq!(session.find(&[class(CKO_MECHANISM)]).len(), list.len());
    for kind in kinds {
        assert!(!list.contains(kind), "{kind:#x}");
        refused(info(session.slot, *kind), CKR_MECHANISM_INVALID);
        assert_eq!(session.find(&[ulong(CKA_MECHANISM_TYPE, *kind)]), []);
    }
    for kind in list {
        ok(info(session.slot, kind));
    }
}

fn rsa(session: &Session, bits: CK_ULONG) -> Result<(CK_OBJECT_HANDLE, CK_OBJECT_HANDLE), CK_RV> {
    session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &[ulong(CKA_MODULUS_BITS, bits)], &[])
}

fn with(lines: &str) -> String {
    format!("{READY}{lines}\n")
}

#[test]
fn by_default_there_is_everything() {
    configured("policies::by_default_there_is_everything", with("mechanism-policy = \"default\""), || {
        let session = user(0);
        assert_eq!(listed(0).len(), ferrotoken::mech::all().len());
        gone(&session, &[]);
        ok(session.digest(&mech(CKM_MD5), b"abc"));
    });
}

#[test]
fn modern_is_without_what_is_broken() {
    configured("policies::modern_is_without_what_is_broken", with("mechanism-policy = \"modern\""), || {
        let session = user(0);
        let old = [CKM_MD5, CKM_MD5_HMAC, CKM_SHA1_RSA_PKCS, CKM_ECDSA_SHA1, CKM_DES3_CBC, CKM_RC2_CBC, CKM_DSA_SHA256];
        gone(&session, &old);
        gone(&session, &[CKM_DES_KEY_GEN, CKM_BLOWFISH_CBC, CKM_RSA_X_509, CKM_PBE_SHA1_DES3_EDE_CBC]);
        refused(session.digest_init(&mech(CKM_MD5)), CKR_MECHANISM_INVALID);
        refused(session.generate(&mech(CKM_DES3_KEY_GEN), &[]), CKR_MECHANISM_INVALID);
        let des = [class(CKO_SECRET_KEY), key_type(CKK_DES), bytes(CKA_VALUE, [1; 8])];
        refused(session.create(&des), CKR_ATTRIBUTE_VALUE_INVALID);
        // Small keys are neither generated nor brought in.
        assert_eq!(ok(info(0, CKM_SHA256_RSA_PKCS)).ulMinKeySize, 2048);
        refused(rsa(&session, 1024), CKR_ATTRIBUTE_VALUE_INVALID);
        let modulus = [vec![0x80], vec![1; 127]].concat();
        let small = [
            class(CKO_PUBLIC_KEY),
            key_type(CKK_RSA),
            bytes(CKA_MODULUS, &modulus),
            bytes(CKA_PUBLIC_EXPONENT, [1, 0, 1]),
        ];
        refused(session.create(&small), CKR_ATTRIBUTE_VALUE_INVALID);
        // 1.2.840.10045.3.1.1 is P-192.
        let p192 = [bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030101"))];
        refused(session.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &p192, &[]), CKR_ATTRIBUTE_VALUE_INVALID);
        // PKCS #1 v1.5 signs, and does nothing else.
        let (public, private) = ok(rsa(&session, 2048));
        let signature = ok(session.sign(&mech(CKM_RSA_PKCS), private, b"abc"));
        ok(session.verify(&mech(CKM_RSA_PKCS), public, b"abc", &signature));
        refused(session.encrypt_init(&mech(CKM_RSA_PKCS), public), CKR_MECHANISM_INVALID);
        refused(session.wrap(&mech(CKM_RSA_PKCS), public, private), CKR_MECHANISM_INVALID);
        let flags = ok(info(0, CKM_RSA_PKCS)).flags;
        assert_eq!(flags & (CKF_ENCRYPT | CKF_DECRYPT | CKF_WRAP | CKF_UNWRAP), 0);
        // A hash that is refused by its name is refused as a parameter, too.
        let pss = |hash, mgf| mech_params(CKM_RSA_PKCS_PSS, &CK_RSA_PKCS_PSS_PARAMS { hashAlg: hash, mgf, sLen: 20 });
        refused(session.sign_init(&pss(CKM_SHA_1, CKG_MGF1_SHA1), private), CKR_MECHANISM_PARAM_INVALID);
        ok(session.sign_init(&pss(CKM_SHA256, CKG_MGF1_SHA256), private));
    });
}

#[test]
fn fips_like_has_what_is_approved() {
    configured("policies::fips_like_has_what_is_approved", with("mechanism-policy = \"fips-like\""), || {
        let session = user(0);
        gone(&session, &[CKM_CHACHA20_POLY1305, CKM_CAMELLIA_CBC, CKM_RIPEMD160, CKM_BLAKE2B_256, CKM_AES_MAC]);
        gone(&session, &[CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKM_SHA256_KEY_DERIVATION, CKM_EXTRACT_KEY_FROM_KEY]);
        for kind in [CKM_AES_GCM, CKM_SHA256, CKM_ECDSA_SHA384, CKM_EDDSA, CKM_ML_DSA, CKM_HKDF_DERIVE, CKM_PKCS5_PBKD2]
        {
            assert!(listed(0).contains(&kind), "{kind:#x}");
        }
        let secret = |length: usize| {
            [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, vec![7; length]), yes(CKA_SIGN)]
        };
        let (short, long) = (ok(session.create(&secret(13))), ok(session.create(&secret(14))));
        refused(session.sign_init(&mech(CKM_SHA256_HMAC), short), CKR_KEY_SIZE_RANGE);
        ok(session.sign(&mech(CKM_SHA256_HMAC), long, b"abc"));
        let short = [ulong(CKA_VALUE_LEN, 13)];
        refused(session.generate(&mech(CKM_GENERIC_SECRET_KEY_GEN), &short), CKR_ATTRIBUTE_VALUE_INVALID);
        // 1.3.101.110 is X25519.
        let x25519 = [
            class(CKO_PUBLIC_KEY),
            key_type(CKK_EC_MONTGOMERY),
            bytes(CKA_EC_PARAMS, hex("06032b656e")),
            bytes(CKA_EC_POINT, [9; 32]),
        ];
        refused(session.create(&x25519), CKR_ATTRIBUTE_VALUE_INVALID);
    });
}

/// Each token has its own lists; names are with or without prefix.
#[test]
fn lists_allow_and_deny() {
    let second = READY.replace("web", "second");
    let text = format!(
        "{READY}allow-mechanisms = [\"CKM_AES_KEY_GEN\", \"AES_GCM\", \"SHA256\", \"CKM_SHA256_RSA_PKCS_PSS\", \
         \"RSA_PKCS_KEY_PAIR_GEN\"]\ndeny-mechanisms = [\"SHA256\"]\n{second}deny-mechanisms = [\"CKM_AES_GCM\"]\n"
    );
    configured("policies::lists_allow_and_deny", text, || {
        let (first, second) = (user(0), user(1));
        let mut expected = [CKM_AES_KEY_GEN, CKM_AES_GCM, CKM_SHA256_RSA_PKCS_PSS, CKM_RSA_PKCS_KEY_PAIR_GEN];
        expected.sort_unstable();
        assert_eq!(listed(0), expected);
        gone(&first, &[CKM_SHA256, CKM_AES_CBC]);
        gone(&second, &[CKM_AES_GCM]);
        ok(second.digest(&mech(CKM_SHA256), b"abc"));
        refused(first.digest_init(&mech(CKM_SHA256)), CKR_MECHANISM_INVALID);
        ok(first.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16)]));
        // Nothing here takes keys on curves.
        let ec = [bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030107"))];
        refused(first.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &ec, &[]), CKR_MECHANISM_INVALID);
        let des = [class(CKO_SECRET_KEY), key_type(CKK_DES3), bytes(CKA_VALUE, [1; 24])];
        refused(first.create(&des), CKR_ATTRIBUTE_VALUE_INVALID);
    });
}

/// An empty list is one: nothing is allowed.
#[test]
fn an_empty_list_allows_nothing() {
    configured("policies::an_empty_list_allows_nothing", with("allow-mechanisms = []"), || {
        assert_eq!(listed(0), []);
        gone(&user(0), &[CKM_SHA256]);
    });
}

#[test]
fn keys_that_are_imported_at_the_start_are_judged() {
    let text = format!("{READY}allow-mechanisms = [\"AES_GCM\"]\nimport = [{:?}]\n", pem("ec.pem"));
    let path = file("judged.toml", text);
    in_child(
        "policies::keys_that_are_imported_at_the_start_are_judged",
        &[("FERROTOKEN_CONF", path.to_str().unwrap())],
        || {
            by_hand();
            assert_eq!(initialise(), CKR_FUNCTION_FAILED);
        },
    );
}
