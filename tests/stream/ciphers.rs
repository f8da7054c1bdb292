//! ChaCha20 and Salsa20 alone.

use super::{SUNSCREEN, chacha20, key, salsa20};
use crate::common::*;
use std::ptr;

/// One known answer.
struct Case {
    name: &'static str,
    kind: CK_KEY_TYPE,
    key: Vec<u8>,
    counter: Vec<u8>,
    nonce: Vec<u8>,
    plain: Vec<u8>,
    cipher: Vec<u8>,
}

impl Case {
    fn mech(&self) -> Mech {
        match self.kind {
            CKK_SALSA20 => salsa20(self.counter.as_slice().try_into().unwrap(), &self.nonce),
            _ => chacha20(&self.counter, &self.nonce),
        }
    }
}

fn case(
    name: &'static str,
    kind: CK_KEY_TYPE,
    key: &str,
    counter: &[u8],
    nonce: &str,
    plain: &[u8],
    cipher: &str,
) -> Case {
    let (counter, plain) = (counter.to_vec(), plain.to_vec());
    Case { name, kind, key: hex(key), counter, nonce: hex(nonce), plain, cipher: hex(cipher) }
}

const COUNTED: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const SET_1: &str = "8000000000000000000000000000000000000000000000000000000000000000";

fn cases() -> Vec<Case> {
    let dhole = b"The dhole (pronounced \"dole\") is also known as the Asiatic wild dog, red dog, and whistling dog. \
        It is about the size of a German shepherd but looks more like a long-legged fox. This highly elusive and \
        skilled jumper is classified with wolves, coyotes, jackals, and foxes in the taxonomic family Canidae.";
    let long = |number: u64| number.to_le_bytes();
    vec![
        case(
            "RFC 8439, 2.4.2",
            CKK_CHACHA20,
            COUNTED,
            &1u32.to_le_bytes(),
            "000000000000004a00000000",
            SUNSCREEN,
            "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b357
             1639d624e65152ab8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736
             5af90bbf74a35be6b40b8eedf2785e42874d",
        ),
        case(
            "draft-agl-tls-chacha20poly1305, 7",
            CKK_CHACHA20,
            COUNTED,
            &long(0),
            "0001020304050607",
            &[0; 256],
            "f798a189f195e66982105ffb640bb7757f579da31602fc93ec01ac56f85ac3c134a4547b733b46413042c9440049176905d3be59ea
             1c53f15916155c2be8241a38008b9a26bc35941e2444177c8ade6689de95264986d95889fb60e84629c9bd9a5acb1cc118be563eb9
             b3a4a472f82e09a7e778492b562ef7130e88dfe031c79db9d4f7c7a899151b9a475032b63fc385245fe054e3dd5a97a5f576fe0640
             25d3ce042c566ab2c507b138db853e3d6959660996546cc9c4a6eafdc777c040d70eaf46f76dad3979e5c5360c3317166a1c894c94
             a371876a94df7628fe4eaaf2ccb27d5aaae0ad7ad0f9d4b6ad3b54098746d4524d38407a6deb3ab78fab78c9",
        ),
        // The counter steps over 32 bits; as PyCryptodome goes on.
        case(
            "ChaCha20 beyond 2^32 blocks",
            CKK_CHACHA20,
            COUNTED,
            &long((1 << 32) - 1),
            "0001020304050607",
            &[0; 256],
            "a2b8d04b13877b4a7013cb9031e4b70836e9705a9691bd18f8fca48502eacdcae0b8faaeef6c5dfee436afd8268aa6385dabb28557
             61127a3946b50d649f9a4b2fcab2c09a960545c6f57e9269ebc22b4ed12782e66dc4cb612536f5cdbed4bcba16af8a92140bf4ded4
             808af8eee82bd0f18fbb64f073c2a547bc2372528f36cbc048a2c82215c7942b999ba103f3831e882df26b12ff4897c0fa37670783
             be942f12b87c52c3fc5d03dc7a6b1860ad78024e1c7ee1b570ae413d1bb99537b814528bb4184522388f5400d2d0a4f67a33ea5a38
             cb8e9c7fc0aa4e256532f94fc9cb6f8524e0bf4b48d333e232dec3b45356920de426ed0dbe0f0df10573e8b0",
        ),
        case(
            "draft-irtf-cfrg-xchacha, A.3.2.1",
            CKK_CHACHA20,
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            &long(1),
            "404142434445464748494a4b4c4d4e4f5051525354555658",
            dhole,
            "7d0a2e6b7f7c65a236542630294e063b7ab9b555a5d5149aa21e4ae1e4fbce87ecc8e08a8b5e350abe622b2ffa617b202cfad72032
             a3037e76ffdcdc4376ee053a190d7e46ca1de04144850381b9cb29f051915386b8a710b8ac4d027b8b050f7cba5854e028d564e453
             b8a968824173fc16488b8970cac828f11ae53cabd20112f87107df24ee6183d2274fe4c8b1485534ef2c5fbc1ec24bfc3663efaa08
             bc047d29d25043532db8391a8a3d776bf4372a6955827ccb0cdd4af403a7ce4c63d595c75a43e045f0cce1f29c8b93bd65afc59749
             22f214a40b7c402cdb91ae73c0b63615cdad0480680f16515a7ace9d39236464328a37743ffc28f4ddb324f4d0f5bbdc270c65b174
             9a6efff1fbaa09536175ccd29fb9e6057b307320d316838a9c71f70b5b5907a66f7ea49aadc409",
        ),
        // eSTREAM's vectors, set 1, number 0: blocks 0, 3 and 7 of one stream.
        case(
            "Salsa20, block 0",
            CKK_SALSA20,
            SET_1,
            &long(0),
            "0000000000000000",
            &[0; 64],
            "e3be8fdd8beca2e3ea8ef9475b29a6e7003951e1097a5c38d23b7a5fad9f6844
             b22c97559e2723c7cbbd3fe4fc8d9a0744652a83e72a9c461876af4d7ef1a117",
        ),
        case(
            "Salsa20, block 3",
            CKK_SALSA20,
            SET_1,
            &long(3),
            "0000000000000000",
            &[0; 64],
            "57be81f47b17d9ae7c4ff15429a73e10acf250ed3a90a93c711308a74c6216a9
             ed84cd126da7f28e8abf8bb63517e1ca98e712f4fb2e1a6aed9fdc73291faa17",
        ),
        case(
            "Salsa20, block 7",
            CKK_SALSA20,
            SET_1,
            &long(7),
            "0000000000000000",
            &[0; 64],
            "696afcfd0cddcc83c7e77f11a649d79acdc3354e9635ff137e929933a0bd6f53
             77efa105a3a4266b7c0d089d08f1e855cc32b15b93784a36e56a76cc64bc8477",
        ),
        // "Cryptography in NaCl", section 8: the beginning of the stream.
        case(
            "XSalsa20",
            CKK_SALSA20,
            "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389",
            &long(0),
            "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37",
            &[0; 32],
            "eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880",
        ),
    ]
}

#[test]
fn known_answers_hold_in_one_part_and_in_many() {
    let s = token().user();
    for case in cases() {
        let (key, m) = (key(&s, case.kind, &case.key), case.mech());
        assert_eq!(ok(s.encrypt(&m, key, &case.plain)), case.cipher, "{}", case.name);
        assert_eq!(ok(s.decrypt(&m, key, &case.cipher)), case.plain, "{}", case.name);
        for size in [1, 7, 15, 63, 64, 65, 100] {
            let parts: Vec<&[u8]> = case.plain.chunks(size).collect();
            assert_eq!(ok(s.encrypt_parts(&m, key, &parts)), case.cipher, "{} by {size}", case.name);
            let parts: Vec<&[u8]> = case.cipher.chunks(size).collect();
            assert_eq!(ok(s.decrypt_parts(&m, key, &parts)), case.plain, "{} by {size}", case.name);
        }
        assert_eq!(ok(s.encrypt(&m, key, b"")), b"");
        assert_eq!(ok(s.encrypt_parts(&m, key, &[])), b"");
    }
}

#[test]
fn input_and_output_may_be_the_same_memory() {
    let s = token().user();
    for case in cases() {
        let key = key(&s, case.kind, &case.key);
        ok(s.encrypt_init(&case.mech(), key));
        let (mut buffer, mut length) = (case.plain.clone(), case.plain.len() as CK_ULONG);
        let start = buffer.as_mut_ptr();
        // SAFETY: a buffer of its length, for input and output.
        ok(result(unsafe { f().C_Encrypt.unwrap()(s.handle, start, length, start, &mut length) }));
        assert_eq!(buffer, case.cipher, "{}", case.name);
    }
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing() {
    let s = token().user();
    for case in cases() {
        let key = key(&s, case.kind, &case.key);
        ok(s.encrypt_init(&case.mech(), key));
        let mut all = Vec::new();
        for part in case.plain.chunks(33) {
            let (mut buffer, mut length) = ([0; 33], part.len() as CK_ULONG - 1);
            let start = part.as_ptr().cast_mut();
            let update = |length: &mut CK_ULONG, room: CK_BYTE_PTR| {
                // SAFETY: data of its length, and no buffer or one that is long enough.
                unsafe { f().C_EncryptUpdate.unwrap()(s.handle, start, part.len() as CK_ULONG, room, length) }
            };
            assert_eq!(update(&mut length, buffer.as_mut_ptr()), CKR_BUFFER_TOO_SMALL);
            assert_eq!(length as usize, part.len());
            assert_eq!(update(&mut length, ptr::null_mut()), CKR_OK);
            assert_eq!(update(&mut length, buffer.as_mut_ptr()), CKR_OK);
            all.extend_from_slice(&buffer[..length as usize]);
        }
        assert_eq!(ok(s.encrypt_final()), b"");
        assert_eq!(all, case.cipher, "{}", case.name);
    }
}

/// QUIC's header protection (RFC 9001, A.5) takes the counter from the sample.
#[test]
fn any_block_can_be_addressed() {
    let s = token().user();
    let sample = hex("5e5cd55c41f69080575d7999c25a5bfb");
    let value = hex("25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4");
    let mask = ok(s.encrypt(&chacha20(&sample[..4], &sample[4..]), key(&s, CKK_CHACHA20, &value), &[0; 5]));
    assert_eq!(mask, hex("aefefe7d03"));
}

#[test]
fn the_counter_never_begins_anew() {
    let s = token().user();
    let (chacha, salsa) = (key(&s, CKK_CHACHA20, &hex(COUNTED)), key(&s, CKK_SALSA20, &hex(COUNTED)));
    let (short, long, counted) = ([0xff; 4], [0xff; 8], hex(COUNTED));
    // One block less than there could be.
    let before_long = (u64::MAX - 1).to_le_bytes();
    let last = [
        (chacha, chacha20(&short, &counted[..12])),
        (chacha, chacha20(&long, &counted[..8])),
        (chacha, chacha20(&long, &counted[..24])),
        (salsa, salsa20(&before_long, &counted[..8])),
        (salsa, salsa20(&before_long, &counted[..24])),
    ];
    for (key, m) in &last {
        let block = ok(s.encrypt(m, *key, &[0; 64]));
        assert_eq!(ok(s.encrypt_parts(m, *key, &[&[0; 40], &[0; 24], b""])), block);
        refused(s.encrypt(m, *key, &[0; 65]), CKR_DATA_LEN_RANGE);
        refused(s.decrypt(m, *key, &[0; 65]), CKR_DATA_LEN_RANGE);
        refused(s.encrypt_parts(m, *key, &[&[0; 40], &[0; 24], &[0]]), CKR_DATA_LEN_RANGE);
        refused(s.decrypt_parts(m, *key, &[&[0; 64], &[0]]), CKR_DATA_LEN_RANGE);
    }
    refused(s.encrypt(&salsa20(&long, &counted[..8]), salsa, &[0]), CKR_DATA_LEN_RANGE);
    assert_eq!(ok(s.encrypt(&salsa20(&long, &counted[..8]), salsa, b"")), b"");
    // The last two blocks as PyCryptodome computes them.
    let before = (u32::MAX - 1).to_le_bytes();
    let both = ok(s.encrypt(&chacha20(&before, &counted[..12]), chacha, &[0; 128]));
    assert_eq!(
        both,
        hex(
            "76e88a6c6c8e86c73ebdbd2b836b6d2a17bd519b5d01fb5dc41f7d297dcf6ea1af66f7eab93347c94597eb68d6686b62a9b0dcd58a
             2a16ba7cde41b6d4a0c81914eed149cd60a456f359e704f9d4b07f940a2f5c6c971747df044f3475b769595bdb46b77c657b6c9369
             512a23d0d16e8cd2b886d11b4d66c9b328b3725463e2"
        )
    );
    assert_eq!(ok(s.encrypt(&last[0].1, chacha, &[0; 64])), both[64..]);
}

#[test]
fn wrong_parameters_are_refused() {
    let s = token().user();
    let (chacha, salsa) = (key(&s, CKK_CHACHA20, &hex(COUNTED)), key(&s, CKK_SALSA20, &hex(COUNTED)));
    let bytes = [0; 64];
    let nothing = ptr::null_mut();
    let pointer = bytes.as_ptr().cast_mut();
    let raw = |counter, counter_bits, nonce, nonce_bits| {
        let params = CK_CHACHA20_PARAMS {
            pBlockCounter: counter,
            blockCounterBits: counter_bits,
            pNonce: nonce,
            ulNonceBits: nonce_bits,
        };
        (chacha, mech_params(CKM_CHACHA20, &params))
    };
    let raw_salsa = |counter, nonce, bits| {
        let params = CK_SALSA20_PARAMS { pBlockCounter: counter, pNonce: nonce, ulNonceBits: bits };
        (salsa, mech_params(CKM_SALSA20, &params))
    };
    let wrong = [
        (chacha, mech(CKM_CHACHA20)),
        (chacha, mech_bytes(CKM_CHACHA20, &[0; 12])),
        // A counter of another variant, of another length, of no length.
        (chacha, chacha20(&bytes[..8], &bytes[..12])),
        (chacha, chacha20(&bytes[..4], &bytes[..8])),
        (chacha, chacha20(&bytes[..4], &bytes[..24])),
        (chacha, chacha20(&bytes[..5], &bytes[..12])),
        (chacha, chacha20(b"", &bytes[..12])),
        (chacha, chacha20(&bytes[..16], &bytes[..8])),
        // Nonces that there are not.
        (chacha, chacha20(&bytes[..4], b"")),
        (chacha, chacha20(&bytes[..4], &bytes[..11])),
        (chacha, chacha20(&bytes[..8], &bytes[..16])),
        (chacha, chacha20(&bytes[..8], &bytes[..32])),
        raw(nothing, 32, pointer, 96),
        raw(pointer, 32, nothing, 96),
        raw(pointer, 31, pointer, 96),
        raw(pointer, 32, pointer, 97),
        raw(pointer, CK_ULONG::MAX - 7, pointer, 96),
        raw(pointer, 32, pointer, CK_ULONG::MAX - 7),
        (salsa, mech(CKM_SALSA20)),
        (salsa, salsa20(&[0; 8], b"")),
        (salsa, salsa20(&[0; 8], &bytes[..12])),
        (salsa, salsa20(&[0; 8], &bytes[..16])),
        raw_salsa(nothing, pointer, 64),
        raw_salsa(pointer, nothing, 64),
        raw_salsa(pointer, pointer, 63),
        raw_salsa(pointer, pointer, CK_ULONG::MAX - 7),
    ];
    for (key, m) in wrong {
        refused(s.encrypt_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
        refused(s.decrypt_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
    }
}

#[test]
fn keys_are_wrapped_by_encrypting_them() {
    let s = token().user();
    for case in cases() {
        let (wrapping, m) = (key(&s, case.kind, &case.key), case.mech());
        let secret = key(&s, CKK_GENERIC_SECRET, &case.plain);
        assert_eq!(ok(s.wrap(&m, wrapping, secret)), case.cipher);
        let open = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
        let unwrapped = ok(s.unwrap(&m, wrapping, &case.cipher, &open));
        assert_eq!(ok(s.get(unwrapped, CKA_VALUE)), case.plain);
        refused(s.unwrap(&m, wrapping, b"", &open), CKR_WRAPPED_KEY_LEN_RANGE);
    }
}
