//! A key that has wrapped a hidden key does nothing but wrap and unwrap any more: by its other uses, what it wrapped
//! could be read (Clulow 2003, Bortolozzo and others 2010).

use crate::common::*;
use crate::making::*;

/// A key that may leave the token, but only wrapped.
fn hidden(session: &Session) -> CK_OBJECT_HANDLE {
    generated_aes(session, &[yes(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)])
}

/// A key of all uses: what most clients make.
fn all_uses(session: &Session) -> CK_OBJECT_HANDLE {
    generated_aes(session, &[yes(CKA_DERIVE)])
}

/// A key to be unwrapped, with what the caller would like.
fn unwrapped(more: &[Attribute]) -> Vec<Attribute> {
    with(&[class(CKO_SECRET_KEY), key_type(CKK_AES), yes(CKA_EXTRACTABLE)], more)
}

fn ecb() -> Mech {
    mech(CKM_AES_ECB)
}

fn data_derivation(data: &[u8; 16]) -> Mech {
    let params = CK_KEY_DERIVATION_STRING_DATA { pData: data.as_ptr().cast_mut(), ulLen: data.len() as CK_ULONG };
    mech_params(CKM_AES_ECB_ENCRYPT_DATA, &params)
}

#[test]
fn what_a_key_has_wrapped_it_does_not_decrypt() {
    let session = token().user();
    let iv = [7; 16];
    let counter = mech_params(CKM_AES_CTR, &CK_AES_CTR_PARAMS { ulCounterBits: 128, cb: iv });
    let data = [1; 16];
    for wrapping_mechanism in [ecb(), mech_bytes(CKM_AES_CBC, &iv), mech(CKM_AES_KEY_WRAP), counter] {
        let key = all_uses(&session);
        let blob = ok(session.wrap(&wrapping_mechanism, key, hidden(&session)));
        for copy in [key, ok(session.copy(key, &[])), ok(session.copy(key, &[yes(CKA_TOKEN)]))] {
            if wrapping_mechanism.kind != CKM_AES_KEY_WRAP {
                refused(session.decrypt(&wrapping_mechanism, copy, &blob), CKR_KEY_FUNCTION_NOT_PERMITTED);
                // In a stream mode, encryption is the same as decryption.
                refused(session.encrypt(&wrapping_mechanism, copy, &blob), CKR_KEY_FUNCTION_NOT_PERMITTED);
            }
            refused(session.decrypt(&ecb(), copy, &blob[..16]), CKR_KEY_FUNCTION_NOT_PERMITTED);
            refused(session.sign(&mech(CKM_AES_CMAC), copy, &blob), CKR_KEY_FUNCTION_NOT_PERMITTED);
            let derived = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)];
            refused(session.derive(&data_derivation(&data), copy, &derived), CKR_KEY_FUNCTION_NOT_PERMITTED);
        }
    }
}

/// The same key under another handle, and of another type, is the same key.
#[test]
fn the_key_counts_and_not_its_handle() {
    let session = token().user();
    let blob = ok(session.wrap(&ecb(), aes(&session, &[]), hidden(&session)));
    refused(session.decrypt(&ecb(), aes(&session, &[]), &blob), CKR_KEY_FUNCTION_NOT_PERMITTED);

    let halves = [[0x23; 8], [0x45; 8]];
    let des2 = [class(CKO_SECRET_KEY), key_type(CKK_DES2), bytes(CKA_VALUE, halves.concat())];
    let des3 =
        [class(CKO_SECRET_KEY), key_type(CKK_DES3), bytes(CKA_VALUE, [halves[0], halves[1], halves[0]].concat())];
    let blob = ok(session.wrap(&mech(CKM_DES3_ECB), ok(session.create(&des2)), hidden(&session)));
    refused(session.decrypt(&mech(CKM_DES3_ECB), ok(session.create(&des3)), &blob), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

#[test]
fn what_was_hidden_is_unwrapped_hidden() {
    let session = token().user();
    let key = all_uses(&session);
    let secret = hidden(&session);
    let blob = ok(session.wrap(&ecb(), key, secret));
    for copy in [key, ok(session.copy(key, &[]))] {
        let open = unwrapped(&[no(CKA_SENSITIVE)]);
        refused(session.unwrap(&ecb(), copy, &blob, &open), CKR_TEMPLATE_INCONSISTENT);
        let back = ok(session.unwrap(&ecb(), copy, &blob, &unwrapped(&[])));
        assert!(ok(session.get_bool(back, CKA_SENSITIVE)));
        refused(session.get(back, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
        // It is the same key.
        let plain = [9; 16];
        let cipher = ok(session.encrypt(&ecb(), back, &plain));
        assert_eq!(ok(session.decrypt(&ecb(), secret, &cipher)), plain);
    }
}

#[test]
fn what_is_wrapped_only_with_trusted_keys_stays_so() {
    let token = token();
    let so = token.so();
    let trusted = aes(&so, &[yes(CKA_TOKEN), no(CKA_PRIVATE), yes(CKA_TRUSTED), yes(CKA_UNWRAP)]);
    ok(so.logout());
    let session = token.user();
    let secret = generated_aes(&session, &[yes(CKA_EXTRACTABLE), yes(CKA_WRAP_WITH_TRUSTED)]);
    let blob = ok(session.wrap(&ecb(), trusted, secret));
    let freed = unwrapped(&[no(CKA_WRAP_WITH_TRUSTED)]);
    refused(session.unwrap(&ecb(), trusted, &blob, &freed), CKR_TEMPLATE_INCONSISTENT);
    let back = ok(session.unwrap(&ecb(), trusted, &blob, &unwrapped(&[])));
    assert!(ok(session.get_bool(back, CKA_WRAP_WITH_TRUSTED)));
    refused(session.wrap(&ecb(), all_uses(&session), back), CKR_KEY_NOT_WRAPPABLE);
}

#[test]
fn an_rsa_pair_that_has_wrapped_neither_decrypts_nor_does_the_bare_operation() {
    let session = token().user();
    let (public, private) = rsa(&session, &[], &[yes(CKA_SIGN_RECOVER)]);
    let blob = ok(session.wrap(&mech(CKM_RSA_PKCS), public, hidden(&session)));
    for kind in [CKM_RSA_PKCS, CKM_RSA_X_509] {
        refused(session.decrypt(&mech(kind), private, &blob), CKR_KEY_FUNCTION_NOT_PERMITTED);
    }
    refused(session.sign(&mech(CKM_RSA_X_509), private, &blob), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.sign_recover(&mech(CKM_RSA_X_509), private, &blob), CKR_KEY_FUNCTION_NOT_PERMITTED);
    // What cannot open anything goes on.
    ok(session.sign(&mech(CKM_SHA256_RSA_PKCS), private, b"message"));
    ok(session.encrypt(&mech(CKM_RSA_PKCS), public, b"message"));
    let back = ok(session.unwrap(&mech(CKM_RSA_PKCS), private, &blob, &unwrapped(&[])));
    assert!(ok(session.get_bool(back, CKA_SENSITIVE)));
}

#[test]
fn an_ec_pair_that_has_wrapped_agrees_on_nothing() {
    let session = token().user();
    let (public, private) = ec(&session, &[yes(CKA_UNWRAP), yes(CKA_DERIVE)]);
    let params = CK_ECDH_AES_KEY_WRAP_PARAMS {
        ulAESKeyBits: 256,
        kdf: CKD_SHA256_KDF,
        ulSharedDataLen: 0,
        pSharedData: std::ptr::null_mut(),
    };
    let envelope = mech_params(CKM_ECDH_AES_KEY_WRAP, &params);
    let (_point, agreement) = ecdh(&session, public);
    let secret = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)];
    ok(session.derive(&agreement, private, &secret));
    let blob = ok(session.wrap(&envelope, public, hidden(&session)));
    refused(session.derive(&agreement, private, &secret), CKR_KEY_FUNCTION_NOT_PERMITTED);
    ok(session.unwrap(&envelope, private, &blob, &unwrapped(&[])));
}

/// A decryption that waited for the blob ends when there is one.
#[test]
fn an_operation_begun_before_ends_with_the_wrapping() {
    let token = token();
    let (first, second) = (token.user(), token.session());
    let key = all_uses(&first);
    ok(first.decrypt_init(&ecb(), key));
    ok(first.decrypt_update(&[1; 16]));
    let other = all_uses(&second);
    ok(second.decrypt_init(&ecb(), other));
    let blob = ok(second.wrap(&ecb(), key, hidden(&second)));
    refused(first.decrypt_update(&blob), CKR_OPERATION_NOT_INITIALIZED);
    // Another key's goes on.
    ok(second.decrypt_update(&blob));
}

#[test]
fn wrapping_what_anybody_may_read_takes_no_use_away() {
    let session = token().user();
    let key = all_uses(&session);
    let open = aes(&session, &[no(CKA_SENSITIVE)]);
    let blob = ok(session.wrap(&ecb(), key, open));
    assert_eq!(ok(session.decrypt(&ecb(), key, &blob)), SECRET);
    let back = ok(session.unwrap(&ecb(), key, &blob, &unwrapped(&[no(CKA_SENSITIVE)])));
    assert_eq!(ok(session.get(back, CKA_VALUE)), SECRET);
    // Nor does a question for the length, or a wrapping that fails.
    let (mut mechanism, mut length) = (ecb().raw(), 0);
    // SAFETY: a query.
    let asked = unsafe {
        f().C_WrapKey.unwrap()(session.handle, &mut mechanism, key, hidden(&session), std::ptr::null_mut(), &mut length)
    };
    assert_eq!((asked, length), (CKR_OK, 16));
    refused(session.wrap(&ecb(), key, aes(&session, &[no(CKA_EXTRACTABLE)])), CKR_KEY_UNEXTRACTABLE);
    ok(session.decrypt(&ecb(), key, &blob));
}

/// Once, what a stream mode had wrapped could be cut to its first byte, unwrapped as a key of one byte, and guessed; then the
/// next.
#[test]
fn a_blob_that_is_cut_gives_no_short_keys() {
    let session = token().user();
    let iv = [7; 16];
    let counter = mech_params(CKM_AES_CTR, &CK_AES_CTR_PARAMS { ulCounterBits: 128, cb: iv });
    let generic = |more: &[Attribute]| with(&[class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)], more);
    let secret = ok(session.generate(
        &mech(CKM_GENERIC_SECRET_KEY_GEN),
        &[ulong(CKA_VALUE_LEN, 32), yes(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)],
    ));
    for mechanism in [counter, mech_bytes(CKM_AES_OFB, &iv), mech_bytes(CKM_AES_CFB8, &iv)] {
        let key = all_uses(&session);
        let blob = ok(session.wrap(&mechanism, key, secret));
        for length in [1, 2, 8, 13] {
            refused(session.unwrap(&mechanism, key, &blob[..length], &generic(&[])), CKR_WRAPPED_KEY_LEN_RANGE);
        }
        // What is put together of pieces is not taken apart again.
        let back = ok(session.unwrap(&mechanism, key, &blob, &generic(&[yes(CKA_DERIVE)])));
        let extract = mech_params(CKM_EXTRACT_KEY_FROM_KEY, &(8 as CK_ULONG));
        refused(session.derive(&extract, back, &[ulong(CKA_VALUE_LEN, 16)]), CKR_KEY_SIZE_RANGE);
        ok(session.derive(&extract, back, &[ulong(CKA_VALUE_LEN, 32)]));
    }
    // Where changes are noticed, short keys come back.
    let short = ok(session.create(&generic(&[bytes(CKA_VALUE, [1; 5]), yes(CKA_SENSITIVE)])));
    let key = all_uses(&session);
    let blob = ok(session.wrap(&mech(CKM_AES_KEY_WRAP_KWP), key, short));
    ok(session.unwrap(&mech(CKM_AES_KEY_WRAP_KWP), key, &blob, &generic(&[])));
    refused(session.unwrap(&mech(CKM_AES_KEY_WRAP_KWP), key, &blob[..8], &generic(&[])), CKR_WRAPPED_KEY_LEN_RANGE);
}

/// A key of triple DES in ECB is three blobs. Put together anew, one of them thrice is a key of single DES (Clulow 2003).
#[test]
fn a_key_of_triple_des_is_not_taken_apart() {
    let session = token().user();
    let des3 = |more: &[Attribute]| with(&[class(CKO_SECRET_KEY), key_type(CKK_DES3), yes(CKA_EXTRACTABLE)], more);
    let make = |hidden: &[Attribute]| {
        ok(session.generate(&mech(CKM_DES3_KEY_GEN), &with(&[yes(CKA_EXTRACTABLE), yes(CKA_WRAP)], hidden)))
    };
    let ecb = mech(CKM_DES3_ECB);
    let key = make(&[]);
    let blob = ok(session.wrap(&ecb, key, make(&[yes(CKA_SENSITIVE)])));
    let part = |index: usize| &blob[8 * index..8 * index + 8];
    for parts in [[0, 0, 0], [0, 0, 1], [1, 0, 0]] {
        let forged = parts.map(part).concat();
        refused(session.unwrap(&ecb, key, &forged, &des3(&[])), CKR_WRAPPED_KEY_INVALID);
    }
    let single = with(&[class(CKO_SECRET_KEY), key_type(CKK_DES)], &[]);
    refused(session.unwrap(&ecb, key, part(0), &single), CKR_WRAPPED_KEY_LEN_RANGE);
    let double = with(&[class(CKO_SECRET_KEY), key_type(CKK_DES2)], &[]);
    refused(session.unwrap(&ecb, key, &[part(2), part(2)].concat(), &double), CKR_WRAPPED_KEY_INVALID);
    ok(session.unwrap(&ecb, key, &blob, &des3(&[])));
}

/// Once, the bare RSA operation unwrapped what PKCS #1 had wrapped, multiplied by what the caller liked: whether that was smaller
/// than a power of 256 was told, and so the key could be found bit by bit (Manger 2001).
#[test]
fn the_bare_rsa_operation_does_not_compare_what_was_wrapped() {
    let session = token().user();
    let (public, private) = rsa(&session, &[], &[]);
    let template = with(&[class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)], &[ulong(CKA_VALUE_LEN, 127)]);
    let bare = mech(CKM_RSA_X_509);
    for kind in [CKM_RSA_PKCS, CKM_RSA_X_509] {
        let blob = ok(session.wrap(&mech(kind), public, hidden(&session)));
        refused(session.unwrap(&bare, private, &blob, &template), CKR_KEY_FUNCTION_NOT_PERMITTED);
        refused(session.decapsulate(&bare, private, &blob, &[]), CKR_KEY_FUNCTION_NOT_PERMITTED);
    }
}
