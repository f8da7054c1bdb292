//! The dual functions (section 5.15): the four pairs, and that no half is fed what the other does not take.

mod common;
use common::*;
use std::ptr;

const IV: [u8; 16] = [3; 16];

/// A session with an AES key and an HMAC key.
struct Setting {
    session: Session,
    aes: CK_OBJECT_HANDLE,
    hmac: CK_OBJECT_HANDLE,
}

fn setting() -> Setting {
    let session = token().user();
    let aes = [class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [1; 16]), yes(CKA_ENCRYPT), yes(CKA_DECRYPT)];
    let hmac = [
        class(CKO_SECRET_KEY),
        key_type(CKK_GENERIC_SECRET),
        bytes(CKA_VALUE, [2; 32]),
        yes(CKA_SIGN),
        yes(CKA_VERIFY),
    ];
    let (aes, hmac) = (ok(session.create(&aes)), ok(session.create(&hmac)));
    Setting { session, aes, hmac }
}

type Dual = unsafe extern "C" fn(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR) -> CK_RV;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pair {
    DigestEncrypt,
    DecryptDigest,
    SignEncrypt,
    DecryptVerify,
}

const PAIRS: [Pair; 4] = [Pair::DigestEncrypt, Pair::DecryptDigest, Pair::SignEncrypt, Pair::DecryptVerify];

impl Setting {
    fn cipher(&self, kind: CK_MECHANISM_TYPE) -> Mech {
        match kind {
            CKM_AES_CTR => mech_params(CKM_AES_CTR, &CK_AES_CTR_PARAMS { ulCounterBits: 128, cb: IV }),
            _ => mech_bytes(kind, &IV),
        }
    }

    fn begin(&self, pair: Pair, cipher: CK_MECHANISM_TYPE) {
        let (session, cipher) = (&self.session, self.cipher(cipher));
        match pair {
            Pair::DigestEncrypt | Pair::SignEncrypt => ok(session.encrypt_init(&cipher, self.aes)),
            Pair::DecryptDigest | Pair::DecryptVerify => ok(session.decrypt_init(&cipher, self.aes)),
        }
        match pair {
            Pair::DigestEncrypt | Pair::DecryptDigest => ok(session.digest_init(&mech(CKM_SHA256))),
            Pair::SignEncrypt => ok(session.sign_init(&mech(CKM_SHA256_HMAC), self.hmac)),
            Pair::DecryptVerify => ok(session.verify_init(&mech(CKM_SHA256_HMAC), self.hmac)),
        }
    }

    /// What the pair makes of plaintext, by single operations: the input of the dual function, the output that it and the
    /// cipher's Final give together, and the digest or the MAC.
    fn expected(&self, pair: Pair, cipher: CK_MECHANISM_TYPE, plain: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let encrypted = ok(self.session.encrypt(&self.cipher(cipher), self.aes, plain));
        let digest = ok(self.session.digest(&mech(CKM_SHA256), plain));
        let mac = ok(self.session.sign(&mech(CKM_SHA256_HMAC), self.hmac, plain));
        match pair {
            Pair::DigestEncrypt => (plain.to_vec(), encrypted, digest),
            Pair::DecryptDigest => (encrypted, plain.to_vec(), digest),
            Pair::SignEncrypt => (plain.to_vec(), encrypted, mac),
            Pair::DecryptVerify => (encrypted, plain.to_vec(), mac),
        }
    }

    /// Ends both halves and compares what they give. What the cipher's Final gives of a decryption belongs to the other half.
    fn end(&self, pair: Pair, mut got: Vec<u8>, output: &[u8], integrity: &[u8]) {
        let session = &self.session;
        match pair {
            Pair::DigestEncrypt => {
                got.extend(ok(session.encrypt_final()));
                assert_eq!(ok(session.digest_final()), integrity);
            }
            Pair::SignEncrypt => {
                got.extend(ok(session.encrypt_final()));
                assert_eq!(ok(session.sign_final()), integrity);
            }
            Pair::DecryptDigest => {
                let last = ok(session.decrypt_final());
                ok(session.digest_update(&last));
                got.extend(last);
                assert_eq!(ok(session.digest_final()), integrity);
            }
            Pair::DecryptVerify => {
                let last = ok(session.decrypt_final());
                ok(session.verify_update(&last));
                got.extend(last);
                ok(session.verify_final(integrity));
            }
        }
        assert_eq!(got, output);
        self.nothing_is_active();
    }

    fn nothing_is_active(&self) {
        refused(self.session.save_state(), CKR_OPERATION_NOT_INITIALIZED);
    }
}

fn function(pair: Pair) -> Dual {
    match pair {
        Pair::DigestEncrypt => f().C_DigestEncryptUpdate,
        Pair::DecryptDigest => f().C_DecryptDigestUpdate,
        Pair::SignEncrypt => f().C_SignEncryptUpdate,
        Pair::DecryptVerify => f().C_DecryptVerifyUpdate,
    }
    .unwrap()
}

fn plain(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 7) as u8).collect()
}

#[test]
fn each_pair_gives_what_its_halves_give_in_pieces_of_any_size() {
    let setting = setting();
    for pair in PAIRS {
        for cipher in [CKM_AES_CBC_PAD, CKM_AES_CTR] {
            for size in [1, 3, 15, 16, 17, 32, 100, 1000] {
                let (input, output, integrity) = setting.expected(pair, cipher, &plain(333));
                setting.begin(pair, cipher);
                let mut got = Vec::new();
                for piece in input.chunks(size) {
                    got.extend(ok(setting.session.pass(function(pair), piece)));
                }
                setting.end(pair, got, &output, &integrity);
            }
        }
    }
}

#[test]
fn a_query_or_a_small_buffer_feeds_nothing_to_either_half() {
    let setting = setting();
    let session = setting.session.handle;
    for pair in PAIRS {
        for cipher in [CKM_AES_CBC_PAD, CKM_AES_CTR] {
            let (input, output, integrity) = setting.expected(pair, cipher, &plain(200));
            setting.begin(pair, cipher);
            let (mut got, mut small) = (Vec::new(), 0);
            for piece in input.chunks(40) {
                let mut buffer = [0u8; 64];
                let (data, size) = (piece.as_ptr().cast_mut(), piece.len() as CK_ULONG);
                for room in 0..64 {
                    let mut length = 0;
                    // SAFETY: data of its length, and no buffer.
                    let code = unsafe { function(pair)(session, data, size, ptr::null_mut(), &mut length) };
                    assert_eq!(code, CKR_OK);
                    let told = length;
                    length = room;
                    // SAFETY: data of its length, and a buffer of its length.
                    let code = unsafe { function(pair)(session, data, size, buffer.as_mut_ptr(), &mut length) };
                    if code == CKR_OK {
                        got.extend(&buffer[..length as usize]);
                        break;
                    }
                    assert_eq!(codes::name(code), "CKR_BUFFER_TOO_SMALL");
                    assert!(length > room && length <= told, "{length} of {told}");
                    assert_eq!(buffer, [0; 64], "nothing is written");
                    small += 1;
                }
            }
            assert!(small > 100);
            setting.end(pair, got, &output, &integrity);
        }
    }
}

#[test]
fn a_pair_works_in_place() {
    let setting = setting();
    for pair in PAIRS {
        let (input, output, integrity) = setting.expected(pair, CKM_AES_CTR, &plain(100));
        setting.begin(pair, CKM_AES_CTR);
        let mut buffer = input.clone();
        for piece in buffer.chunks_mut(33) {
            let (start, mut length) = (piece.as_mut_ptr(), piece.len() as CK_ULONG);
            // SAFETY: a buffer of its length, which is the data as well.
            let code = unsafe { function(pair)(setting.session.handle, start, length, start, &mut length) };
            assert_eq!((code, length as usize), (CKR_OK, piece.len()));
        }
        setting.end(pair, buffer, &output, &integrity);
    }
}

#[test]
fn the_halves_may_be_fed_alone_in_between() {
    let setting = setting();
    let session = &setting.session;
    setting.begin(Pair::DigestEncrypt, CKM_AES_CTR);
    let mut got = ok(session.digest_encrypt_update(b"both "));
    ok(session.digest_update(b"digest only "));
    got.extend(ok(session.encrypt_update(b"cipher only ")));
    ok(session.digest_key(setting.hmac));
    got.extend(ok(session.digest_encrypt_update(b"both")));
    got.extend(ok(session.encrypt_final()));
    let digest = ok(session.digest_final());
    let fed = [&b"both digest only "[..], &[2; 32], b"both"].concat();
    assert_eq!(digest, ok(session.digest(&mech(CKM_SHA256), &fed)));
    assert_eq!(got, ok(session.encrypt(&setting.cipher(CKM_AES_CTR), setting.aes, b"both cipher only both")));
}

#[test]
fn a_dual_function_wants_both_halves_and_leaves_a_lonely_one_alone() {
    let setting = setting();
    let session = &setting.session;
    for pair in PAIRS {
        refused(session.pass(function(pair), b"data"), CKR_OPERATION_NOT_INITIALIZED);
    }
    ok(session.digest_init(&mech(CKM_SHA256)));
    refused(session.digest_encrypt_update(b"x"), CKR_OPERATION_NOT_INITIALIZED);
    refused(session.decrypt_digest_update(b"x"), CKR_OPERATION_NOT_INITIALIZED);
    ok(session.encrypt_init(&setting.cipher(CKM_AES_CTR), setting.aes));
    refused(session.sign_encrypt_update(b"x"), CKR_OPERATION_NOT_INITIALIZED);
    refused(session.decrypt_digest_update(b"x"), CKR_OPERATION_NOT_INITIALIZED);
    ok(session.digest_encrypt_update(b"abc"));
    ok(session.encrypt_final());
    refused(session.digest_encrypt_update(b"x"), CKR_OPERATION_NOT_INITIALIZED);
    assert_eq!(ok(session.digest_final())[..4], hex("ba7816bf"));
}

#[test]
fn a_bad_argument_ends_both_halves() {
    let setting = setting();
    for pair in PAIRS {
        for (data, length) in [(true, false), (false, true)] {
            setting.begin(pair, CKM_AES_CTR);
            let (mut buffer, mut room) = ([0; 64], 64);
            let data = if data { buffer.as_mut_ptr() } else { ptr::null_mut() };
            let length = if length { &mut room } else { ptr::null_mut() };
            // SAFETY: data of its length or NULL, and a buffer of its length, or none.
            let code = unsafe { function(pair)(setting.session.handle, data, 16, buffer.as_mut_ptr(), length) };
            assert_eq!(code, CKR_ARGUMENTS_BAD);
            setting.nothing_is_active();
        }
    }
}

#[test]
fn only_the_four_pairs_may_be_active_together() {
    let setting = setting();
    let session = &setting.session;
    let (public, private) = ok(session.generate_pair(
        &mech(CKM_RSA_PKCS_KEY_PAIR_GEN),
        &[ulong(CKA_MODULUS_BITS, 1024), yes(CKA_VERIFY_RECOVER)],
        &[yes(CKA_SIGN_RECOVER)],
    ));
    let ctr = || setting.cipher(CKM_AES_CTR);
    let begin = |what: &str| match what {
        "encrypt" => session.encrypt_init(&ctr(), setting.aes),
        "decrypt" => session.decrypt_init(&ctr(), setting.aes),
        "digest" => session.digest_init(&mech(CKM_SHA256)),
        "sign" => session.sign_init(&mech(CKM_SHA256_HMAC), setting.hmac),
        "verify" => session.verify_init(&mech(CKM_SHA256_HMAC), setting.hmac),
        "sign recover" => session.sign_recover_init(&mech(CKM_RSA_PKCS), private),
        _ => session.verify_recover_init(&mech(CKM_RSA_PKCS), public),
    };
    let all = ["encrypt", "decrypt", "digest", "sign", "verify", "sign recover", "verify recover"];
    let allowed = [("encrypt", "digest"), ("decrypt", "digest"), ("encrypt", "sign"), ("decrypt", "verify")];
    for first in all {
        for second in all {
            ok(begin(first));
            let pair = allowed.contains(&(first, second)) || allowed.contains(&(second, first));
            let begun = begin(second);
            assert_eq!(begun, if pair { Ok(()) } else { Err(CKR_OPERATION_ACTIVE) }, "{first}, then {second}");
            // A third one never fits.
            for third in all.iter().filter(|_| pair) {
                refused(begin(third), CKR_OPERATION_ACTIVE);
            }
            ok(session.find_init(&[]));
            ok(session.find_final());
            ok(session.cancel(CK_FLAGS::MAX));
            setting.nothing_is_active();
        }
    }
}

#[test]
fn cancelling_one_half_leaves_the_other() {
    let setting = setting();
    let session = &setting.session;
    for by_flags in [false, true] {
        setting.begin(Pair::DigestEncrypt, CKM_AES_CTR);
        ok(session.digest_encrypt_update(b"abc"));
        if by_flags {
            ok(session.cancel(CKF_ENCRYPT));
        } else {
            // SAFETY: NULL for the mechanism cancels.
            ok(result(unsafe { f().C_EncryptInit.unwrap()(session.handle, ptr::null_mut(), 0) }));
        }
        refused(session.encrypt_update(b"x"), CKR_OPERATION_NOT_INITIALIZED);
        assert_eq!(ok(session.digest_final())[..4], hex("ba7816bf"));
    }
}
