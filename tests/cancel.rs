//! C_SessionCancel (section 5.6.12): each operation by its flag.

mod common;

use common::*;

struct Keys {
    secret: CK_OBJECT_HANDLE,
    public: CK_OBJECT_HANDLE,
    private: CK_OBJECT_HANDLE,
}

/// An operation: its flag, how it begins, and that it is there.
struct Operation {
    flag: CK_FLAGS,
    begin: fn(&Session, &Keys) -> Result<(), CK_RV>,
    is_there: fn(&Session, &Keys) -> bool,
}

/// What is begun again is active if it is there.
fn active(again: Result<(), CK_RV>) -> bool {
    match again {
        Err(CKR_OPERATION_ACTIVE) => true,
        Ok(()) => false,
        Err(code) => panic!("{code:#x}"),
    }
}

const OPERATIONS: &[Operation] = &[
    Operation {
        flag: CKF_ENCRYPT,
        begin: |session, keys| session.encrypt_init(&mech(CKM_AES_ECB), keys.secret),
        is_there: |session, _| session.encrypt_update(&[]).is_ok(),
    },
    Operation {
        flag: CKF_DECRYPT,
        begin: |session, keys| session.decrypt_init(&mech(CKM_AES_ECB), keys.secret),
        is_there: |session, _| session.decrypt_update(&[]).is_ok(),
    },
    Operation {
        flag: CKF_DIGEST,
        begin: |session, _| session.digest_init(&mech(CKM_SHA256)),
        is_there: |session, _| session.digest_update(&[]).is_ok(),
    },
    Operation {
        flag: CKF_SIGN,
        begin: |session, keys| session.sign_init(&mech(CKM_SHA256_RSA_PKCS), keys.private),
        is_there: |session, _| session.sign_update(&[]).is_ok(),
    },
    Operation {
        flag: CKF_VERIFY,
        begin: |session, keys| session.verify_init(&mech(CKM_SHA256_RSA_PKCS), keys.public),
        is_there: |session, _| session.verify_update(&[]).is_ok(),
    },
    Operation {
        flag: CKF_VERIFY,
        begin: |session, keys| session.verify_signature_init(&mech(CKM_SHA256_RSA_PKCS), keys.public, &[0; 128]),
        is_there: |session, _| session.put(f().C_VerifySignatureUpdate.unwrap(), &[]).is_ok(),
    },
    Operation {
        flag: CKF_SIGN_RECOVER,
        begin: |session, keys| session.sign_recover_init(&mech(CKM_RSA_PKCS), keys.private),
        is_there: |session, keys| active(session.sign_recover_init(&mech(CKM_RSA_PKCS), keys.private)),
    },
    Operation {
        flag: CKF_VERIFY_RECOVER,
        begin: |session, keys| session.verify_recover_init(&mech(CKM_RSA_PKCS), keys.public),
        is_there: |session, keys| active(session.verify_recover_init(&mech(CKM_RSA_PKCS), keys.public)),
    },
    Operation {
        flag: CKF_MESSAGE_ENCRYPT,
        begin: |session, keys| session.message_encrypt_init(CKM_AES_GCM, keys.secret),
        is_there: |session, keys| active(session.message_encrypt_init(CKM_AES_GCM, keys.secret)),
    },
    Operation {
        flag: CKF_MESSAGE_DECRYPT,
        begin: |session, keys| session.message_decrypt_init(CKM_AES_GCM, keys.secret),
        is_there: |session, keys| active(session.message_decrypt_init(CKM_AES_GCM, keys.secret)),
    },
    Operation {
        flag: CKF_MESSAGE_SIGN,
        begin: |session, keys| session.message_sign_init(&mech(CKM_SHA256_RSA_PKCS), keys.private),
        is_there: |session, keys| active(session.message_sign_init(&mech(CKM_SHA256_RSA_PKCS), keys.private)),
    },
    Operation {
        flag: CKF_MESSAGE_VERIFY,
        begin: |session, keys| session.message_verify_init(&mech(CKM_SHA256_RSA_PKCS), keys.public),
        is_there: |session, keys| active(session.message_verify_init(&mech(CKM_SHA256_RSA_PKCS), keys.public)),
    },
    Operation {
        flag: CKF_FIND_OBJECTS,
        begin: |session, _| session.find_init(&[]),
        is_there: |session, _| session.find_some(1).is_ok(),
    },
];

#[test]
fn each_flag_ends_its_own_operation_and_no_other() {
    let token = token();
    let session = token.user();
    let secret = ok(session.generate(&mech(CKM_AES_KEY_GEN), &[ulong(CKA_VALUE_LEN, 16)]));
    let rsa = [ulong(CKA_MODULUS_BITS, 1024)];
    let (public, private) = ok(session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &rsa, &[]));
    let keys = Keys { secret, public, private };
    for operation in OPERATIONS {
        let session = token.user();
        // There is nothing yet.
        ok(session.cancel(operation.flag));
        ok((operation.begin)(&session, &keys));
        // No flags, and those of all others, change nothing.
        ok(session.cancel(0));
        ok(session.cancel(!operation.flag));
        assert!((operation.is_there)(&session, &keys), "{:#x}", operation.flag);
        ok(session.cancel(operation.flag));
        ok((operation.begin)(&session, &keys));
        // With others, and with flags that nobody knows.
        ok(session.cancel(CK_FLAGS::MAX));
        assert!(!(operation.is_there)(&session, &keys), "{:#x}", operation.flag);
    }
}

#[test]
fn a_closed_session_has_nothing_to_cancel() {
    let token = token();
    let session = token.session();
    ok(session.cancel(CKF_DIGEST));
    ok(token.close_all());
    refused(session.cancel(CKF_DIGEST), CKR_SESSION_HANDLE_INVALID);
}
