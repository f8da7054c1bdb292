//! Messages signed and verified.

use super::*;

#[test]
fn a_process_signs_what_the_single_functions_sign() {
    let s = token().user();
    let aes = aes(&s);
    let hmac = key(&s, CKK_GENERIC_SECRET, &[5; 20]);
    // RFC 4231, test case 2, and RFC 4493 under its own key.
    let jefe = key(&s, CKK_GENERIC_SECRET, b"Jefe");
    ok(s.message_sign_init(&mech(CKM_SHA256_HMAC), jefe));
    let known = hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    for _ in 0..3 {
        assert_eq!(ok(s.sign_message(&none(), b"what do ya want for nothing?")), known);
        ok(s.sign_message_begin(&none()));
        ok(s.sign_message_part(b"what do ya want "));
        ok(s.sign_message_part(b""));
        assert_eq!(ok(s.sign_message_last(b"for nothing?")), known);
    }
    ok(s.message_sign_final());
    for (mechanism, key) in [(CKM_AES_CMAC, aes), (CKM_SHA512_HMAC, hmac), (CKM_AES_XCBC_MAC, aes)] {
        let mechanism = mech(mechanism);
        let mut signatures = Vec::new();
        ok(s.message_sign_init(&mechanism, key));
        for length in 0..40 {
            signatures.push(ok(s.sign_message(&none(), &vec![1; length])));
        }
        ok(s.message_sign_final());
        for (length, signature) in signatures.iter().enumerate() {
            assert_eq!(ok(s.sign(&mechanism, key, &vec![1; length])), *signature);
        }
        ok(s.message_verify_init(&mechanism, key));
        for (length, signature) in signatures.iter().enumerate() {
            ok(s.verify_message(&none(), &vec![1; length], signature));
            refused(s.verify_message(&none(), &vec![2; length + 1], signature), CKR_SIGNATURE_INVALID);
            refused(s.verify_message(&none(), &vec![1; length], &signature[1..]), CKR_SIGNATURE_LEN_RANGE);
            ok(s.verify_message_begin(&none()));
            ok(s.verify_message_next(&vec![1; length / 2], None));
            ok(s.verify_message_next(&vec![1; length - length / 2], Some(signature)));
        }
        ok(s.message_verify_final());
    }
}

/// The flags say which mechanisms sign messages, and whether in parts; and so it is, for every one of them.
#[test]
fn the_flags_say_what_every_mechanism_does() {
    let token = token();
    let s = token.user();
    let keys = Keys::new(&s);
    let (mut signing, mut encrypting, mut without_key) = (0, 0, Vec::new());
    for kind in list(&token) {
        let mut info = CK_MECHANISM_INFO::default();
        // SAFETY: a place for the structure.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
        let has = |flag| info.flags & flag != 0;
        let any = CKF_MESSAGE_SIGN | CKF_MESSAGE_ENCRYPT;
        assert!(!has(CKF_MULTI_MESSAGE) || has(any), "{kind:#x}");
        assert_eq!(has(CKF_MESSAGE_SIGN), has(CKF_MESSAGE_VERIFY), "{kind:#x}");
        assert_eq!(has(CKF_MESSAGE_ENCRYPT), has(CKF_MESSAGE_DECRYPT), "{kind:#x}");
        assert_eq!(has(CKF_MESSAGE_SIGN), has(CKF_SIGN) && kind != CKM_POLY1305, "{kind:#x}");
        encrypting += usize::from(has(CKF_MESSAGE_ENCRYPT));
        if !has(CKF_SIGN) {
            continue;
        }
        let Some((mechanism, (private, public), data)) = keys.find(&s, kind) else {
            without_key.push(kind);
            continue;
        };
        if !has(CKF_MESSAGE_SIGN) {
            refused(s.message_sign_init(&mechanism, private), CKR_MECHANISM_INVALID);
            refused(s.message_verify_init(&mechanism, public), CKR_MECHANISM_INVALID);
            continue;
        }
        ok(s.message_sign_init(&mechanism, private));
        let signature = ok(s.sign_message(&own(kind, 1), &data));
        if has(CKF_MULTI_MESSAGE) {
            ok(s.sign_message_begin(&own(kind, 2)));
            ok(s.sign_message_part(&data[..5]));
            let parts = ok(s.sign_message_last(&data[5..]));
            ok(s.message_sign_final());
            ok(s.message_verify_init(&mechanism, public));
            ok(s.verify_message_begin(&own(kind, 2)));
            ok(s.verify_message_next(&data, None));
            ok(s.verify_message_next(b"", Some(&parts)));
        } else {
            refused(s.sign_message_begin(&none()), CKR_OPERATION_NOT_INITIALIZED);
            ok(s.message_sign_final());
            ok(s.message_verify_init(&mechanism, public));
            refused(s.verify_message_begin(&none()), CKR_OPERATION_NOT_INITIALIZED);
        }
        ok(s.verify_message(&own(kind, 1), &data, &signature));
        let mut wrong = signature.clone();
        wrong[signature.len() / 2] ^= 1;
        refused(s.verify_message(&own(kind, 1), &data, &wrong), CKR_SIGNATURE_INVALID);
        ok(s.message_verify_final());
        signing += 1;
    }
    assert_eq!(encrypting, 3);
    // Those whose keys and parameters are not here; tests of their own sign messages with HOTP and HSS.
    let dsa = [
        CKM_DSA,
        CKM_DSA_SHA1,
        CKM_DSA_SHA224,
        CKM_DSA_SHA256,
        CKM_DSA_SHA384,
        CKM_DSA_SHA512,
        CKM_DSA_SHA3_224,
        CKM_DSA_SHA3_256,
        CKM_DSA_SHA3_384,
        CKM_DSA_SHA3_512,
    ];
    let others = [CKM_RC2_MAC, CKM_RC2_MAC_GENERAL, CKM_HOTP, CKM_TLS12_MAC, CKM_TLS_MAC, CKM_HSS];
    assert_eq!(without_key, [&dsa[..], &others].concat());
    assert!(signing > 90, "only {signing} mechanisms sign");
}

fn list(token: &Token) -> Vec<CK_MECHANISM_TYPE> {
    let (mut list, mut count) = (vec![0; 1000], 1000);
    // SAFETY: a list of its length.
    ok(result(unsafe { f().C_GetMechanismList.unwrap()(token.slot, list.as_mut_ptr(), &mut count) }));
    list.truncate(count as usize);
    list
}

/// The parameter of a message, where each must have one of its own.
fn own(kind: CK_MECHANISM_TYPE, number: u8) -> Mech {
    if kind == CKM_AES_GMAC { mech_bytes(kind, &[number; 12]) } else { none() }
}

/// A GMAC with the same nonce twice gives its key away.
#[test]
fn each_message_under_a_gmac_has_a_nonce_of_its_own() {
    let s = token().user();
    let (aes, iv) = (aes(&s), |number: u8| mech_bytes(CKM_AES_GMAC, &[number; 12]));
    ok(s.message_sign_init(&iv(1), aes));
    let first = ok(s.sign_message(&none(), b"data"));
    refused(s.sign_message(&none(), b"other"), CKR_MECHANISM_PARAM_INVALID);
    refused(s.sign_message_begin(&none()), CKR_MECHANISM_PARAM_INVALID);
    refused(s.sign_message(&iv(1), b"other"), CKR_MECHANISM_PARAM_INVALID);
    let second = ok(s.sign_message(&iv(2), b"data"));
    assert_ne!(first, second);
    refused(s.sign_message(&iv(2), b"other"), CKR_MECHANISM_PARAM_INVALID);
    refused(s.sign_message(&mech_bytes(CKM_AES_GMAC, &[1; 11]), b"other"), CKR_MECHANISM_PARAM_INVALID);
    ok(s.message_sign_final());
    assert_eq!(ok(s.sign(&iv(2), aes, b"data")), second);
    ok(s.message_verify_init(&iv(1), aes));
    for _ in 0..2 {
        ok(s.verify_message(&none(), b"data", &first));
        ok(s.verify_message(&iv(2), b"data", &second));
        refused(s.verify_message(&none(), b"data", &second), CKR_SIGNATURE_INVALID);
    }
}

#[test]
fn a_superfluous_parameter_is_refused_and_the_process_goes_on() {
    let s = token().user();
    ok(s.message_sign_init(&mech(CKM_AES_CMAC), aes(&s)));
    refused(s.sign_message(&mech_bytes(0, b"x"), b"data"), CKR_MECHANISM_PARAM_INVALID);
    refused(s.sign_message_begin(&mech_bytes(0, b"x")), CKR_MECHANISM_PARAM_INVALID);
    ok(s.sign_message(&none(), b"data"));
    refused(s.sign_message_part(b"data"), CKR_OPERATION_NOT_INITIALIZED);
    ok(s.sign_message_begin(&none()));
    ok(s.sign_message_part(b"da"));
    refused(s.sign_message(&none(), b"data"), CKR_OPERATION_ACTIVE);
    refused(s.sign_message_begin(&none()), CKR_OPERATION_ACTIVE);
    refused(s.message_sign_final(), CKR_OPERATION_ACTIVE);
    let parts = ok(s.sign_message_last(b"ta"));
    assert_eq!(ok(s.sign_message(&none(), b"data")), parts);
    // The parameter is judged when the process begins.
    refused(s.message_verify_init(&mech(CKM_AES_CMAC), aes(&s)), CKR_OPERATION_ACTIVE);
    ok(s.message_sign_final());
    let long = mech_params::<CK_ULONG>(CKM_AES_CMAC_GENERAL, &17);
    refused(s.message_sign_init(&long, aes(&s)), CKR_MECHANISM_PARAM_INVALID);
}

#[test]
fn a_wrong_signature_ends_the_message_and_not_the_process() {
    let s = token().user();
    ok(s.message_verify_init(&mech(CKM_AES_CMAC), aes(&s)));
    for signature in [&[0; 16][..], &[0; 15], &[]] {
        let code = if signature.len() == 16 { CKR_SIGNATURE_INVALID } else { CKR_SIGNATURE_LEN_RANGE };
        ok(s.verify_message_begin(&none()));
        ok(s.verify_message_next(b"da", None));
        refused(s.verify_message_next(b"ta", Some(if signature.is_empty() { &b"x"[..0] } else { signature })), code);
        refused(s.verify_message_next(b"ta", None), CKR_OPERATION_NOT_INITIALIZED);
    }
    ok(s.message_verify_final());
}

/// "The user has to supply the PIN for each use": a message is a use.
#[test]
fn a_key_that_wants_a_login_for_each_use_wants_it_for_each_message() {
    let s = token().user();
    let careful = [yes(CKA_PRIVATE), yes(CKA_SIGN), yes(CKA_ALWAYS_AUTHENTICATE)];
    let curve = [bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030107")), yes(CKA_VERIFY)];
    let (_, private) = ok(s.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &curve, &careful));
    ok(s.message_sign_init(&mech(CKM_ECDSA_SHA256), private));
    refused(s.sign_message(&none(), b"data"), CKR_USER_NOT_LOGGED_IN);
    for _ in 0..2 {
        ok(s.login(CKU_CONTEXT_SPECIFIC, USER_PIN));
        ok(s.sign_message(&none(), b"data"));
        refused(s.sign_message(&none(), b"data"), CKR_USER_NOT_LOGGED_IN);
        refused(s.sign_message_begin(&none()), CKR_USER_NOT_LOGGED_IN);
        ok(s.login(CKU_CONTEXT_SPECIFIC, USER_PIN));
        ok(s.sign_message_begin(&none()));
        ok(s.sign_message_part(b"da"));
        ok(s.sign_message_last(b"ta"));
        refused(s.sign_message_begin(&none()), CKR_USER_NOT_LOGGED_IN);
    }
    ok(s.message_sign_final());
}

/// A key for nearly every mechanism that signs.
struct Keys(Vec<(CK_OBJECT_HANDLE, CK_OBJECT_HANDLE)>);

impl Keys {
    fn new(s: &Session) -> Self {
        let pair = |generation, public: &[Attribute]| {
            let public = [public, &[yes(CKA_VERIFY)]].concat();
            let (public, private) = ok(s.generate_pair(&mech(generation), &public, &[yes(CKA_SIGN)]));
            (private, public)
        };
        let odd = hex("0123456789abcdef fedcba9876543210 1032547698badcfe");
        let secret = [
            (CKK_AES, 16),
            (CKK_DES3, 24),
            (CKK_DES, 8),
            (CKK_CAMELLIA, 16),
            (CKK_ARIA, 16),
            (CKK_GENERIC_SECRET, 48),
            (CKK_POLY1305, 32),
        ];
        let value = |length| odd.iter().copied().cycle().take(length).collect::<Vec<_>>();
        let secret = secret.map(|(kind, length)| key(s, kind, &value(length))).map(|key| (key, key));
        let set = |kind, value| [ulong(kind, value)];
        let pairs = [
            pair(CKM_RSA_PKCS_KEY_PAIR_GEN, &set(CKA_MODULUS_BITS, 2048)),
            pair(CKM_EC_KEY_PAIR_GEN, &[bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030107"))]),
            pair(CKM_EC_EDWARDS_KEY_PAIR_GEN, &[bytes(CKA_EC_PARAMS, hex("06032b6570"))]),
            pair(CKM_ML_DSA_KEY_PAIR_GEN, &set(CKA_PARAMETER_SET, CKP_ML_DSA_44)),
            pair(CKM_SLH_DSA_KEY_PAIR_GEN, &set(CKA_PARAMETER_SET, CKP_SLH_DSA_SHA2_128F)),
        ];
        Self(secret.into_iter().chain(pairs).collect())
    }

    /// A mechanism with its parameter, the keys that sign and verify, and data that it takes: whatever the single
    /// functions take.
    fn find(
        &self,
        s: &Session,
        kind: CK_MECHANISM_TYPE,
    ) -> Option<(Mech, (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE), Vec<u8>)> {
        let pss = [
            (CKM_SHA_1, CKG_MGF1_SHA1),
            (CKM_SHA224, CKG_MGF1_SHA224),
            (CKM_SHA256, CKG_MGF1_SHA256),
            (CKM_SHA384, CKG_MGF1_SHA384),
            (CKM_SHA512, CKG_MGF1_SHA512),
            (CKM_SHA3_224, CKG_MGF1_SHA3_224),
            (CKM_SHA3_256, CKG_MGF1_SHA3_256),
            (CKM_SHA3_384, CKG_MGF1_SHA3_384),
            (CKM_SHA3_512, CKG_MGF1_SHA3_512),
        ];
        let pss = pss.map(|(hash, mgf)| mech_params(kind, &CK_RSA_PKCS_PSS_PARAMS { hashAlg: hash, mgf, sLen: 20 }));
        let hashed = CK_HASH_SIGN_ADDITIONAL_CONTEXT {
            hedgeVariant: CKH_HEDGE_PREFERRED,
            pContext: std::ptr::null_mut(),
            ulContextLen: 0,
            hash: CKM_SHA256,
        };
        let others =
            [mech(kind), mech_params::<CK_ULONG>(kind, &4), mech_bytes(kind, &[9; 12]), mech_params(kind, &hashed)];
        for mechanism in others.into_iter().chain(pss) {
            for keys in &self.0 {
                for length in [20, 32, 200] {
                    // Not the number of a message that is too long for RSA.
                    let data = vec![0x31; length];
                    if s.sign(&mechanism, keys.0, &data).is_ok() {
                        return Some((mechanism, *keys, data));
                    }
                }
            }
        }
        None
    }
}
