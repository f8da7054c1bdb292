//! Digests, through the C interface.

mod common;

use common::*;

/// Mechanism, then the digests of nothing, of "abc" and of a million times "a" (FIPS 180-4 and FIPS 202 examples, RFC
/// 1321, the RIPEMD-160 page of its authors; RFC 7693 and its reference implementation for BLAKE2b).
#[rustfmt::skip]
const ROWS: &[(CK_MECHANISM_TYPE, [&str; 3])] = &[
    (CKM_MD5, [
        "d41d8cd98f00b204e9800998ecf8427e",
        "900150983cd24fb0d6963f7d28e17f72",
        "7707d6ae4e027c70eea2a935c2296f21"]),
    (CKM_SHA_1, [
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "a9993e364706816aba3e25717850c26c9cd0d89d",
        "34aa973cd4c4daa4f61eeb2bdbad27316534016f"]),
    (CKM_SHA224, [
        "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
        "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        "20794655980c91d8bbb4c1ea97618a4bf03f42581948b2ee4ee7ad67"]),
    (CKM_SHA256, [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"]),
    (CKM_SHA384, [
        "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b07b8b3dc38ecc4ebae97ddd87f3d8985"]),
    (CKM_SHA512, [
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"]),
    (CKM_SHA512_224, [
        "6ed0dd02806fa89e25de060c19d3ac86cabb87d6a0ddd05c333b84f4",
        "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa",
        "37ab331d76f0d36de422bd0edeb22a28accd487b7a8453ae965dd287"]),
    (CKM_SHA512_256, [
        "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a",
        "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
        "9a59a052930187a97038cae692f30708aa6491923ef5194394dc68d56c74fb21"]),
    (CKM_SHA3_224, [
        "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7",
        "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
        "d69335b93325192e516a912e6d19a15cb51c6ed5c15243e7a7fd653c"]),
    (CKM_SHA3_256, [
        "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
        "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
        "5c8875ae474a3634ba4fd55ec85bffd661f32aca75c6d699d0cdcb6c115891c1"]),
    (CKM_SHA3_384, [
        "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47fb6bd1e058d5f004",
        "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
        "eee9e24d78c1855337983451df97c8ad9eedf256c6334f8e948d252d5e0e76847aa0774ddb90a842190d2c558b4b8340"]),
    (CKM_SHA3_512, [
        "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
        "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
        "3c3a876da14034ab60627c077bb98f7e120a2a5370212dffb3385a18d4f38859ed311d0a9d5141ce9cc5c66ee689b266a8aa18ace8282a0e0db596c90b0a7b87"]),
    (CKM_RIPEMD160, [
        "9c1185a5c5e9fc54612808977ee8f548b2258d31",
        "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
        "52783243c1697bdbe16d37f97f68f08325dc1528"]),
    (CKM_BLAKE2B_160, [
        "3345524abf6bbe1809449224b5972c41790b6cf2",
        "384264f676f39536840523f284921cdc68b6846b",
        "9b512a5ed7d52ddeb8d8762e4b6dd880b25ea54d"]),
    (CKM_BLAKE2B_256, [
        "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
        "0741850f36cba4259628355d1073e24ddb9ca0e1bfac36fd39ae5dc2101e23a4"]),
    (CKM_BLAKE2B_384, [
        "b32811423377f52d7862286ee1a72ee540524380fda1724a6f25d7978c6fd3244a6caf0498812673c5e05ef583825100",
        "6f56a82c8e7ef526dfe182eb5212f7db9df1317e57815dbda46083fc30f54ee6c66ba83be64b302d7cba6ce15bb556f4",
        "92650b7746765a98701ec2077c3603127c62525c8543477c8519d6cc53ac5a9f0098ed56eb7aaf03ca50bfe046e7bba3"]),
    (CKM_BLAKE2B_512, [
        "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce",
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
        "98fb3efb7206fd19ebf69b6f312cf7b64e3b94dbe1a17107913975a793f177e1d077609d7fba363cbba00d05f7aa4e4fa8715d6428104c0a75643b0ff3fd3eaf"]),
];

#[test]
fn known_answers_hold() {
    let s = token().session();
    for (kind, answers) in ROWS {
        let million = vec![b'a'; 1_000_000];
        for (data, answer) in [&b""[..], b"abc", &million].into_iter().zip(answers) {
            assert_eq!(ok(s.digest(&mech(*kind), data)), hex(answer), "{kind:#x}");
        }
    }
}

#[test]
fn parts_of_any_size_give_the_same() {
    let s = token().session();
    let data: Vec<u8> = (0..1000).map(|n| n as u8).collect();
    for (kind, answers) in ROWS {
        let m = mech(*kind);
        let whole = ok(s.digest(&m, &data));
        for size in [1, 7, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 136, 144, 999] {
            assert_eq!(ok(s.digest_parts(&m, &data.chunks(size).collect::<Vec<_>>())), whole, "{kind:#x} by {size}");
        }
        assert_eq!(ok(s.digest_parts(&m, &[b"", b"a", b"", b"bc"])), hex(answers[1]));
        assert_eq!(ok(s.digest_parts(&m, &[])), hex(answers[0]), "Final right after Init");
    }
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing() {
    let s = token().session();
    for (kind, answers) in ROWS {
        ok(s.digest_init(&mech(*kind)));
        ok(s.digest_update(b"abc"));
        let answer = hex(answers[1]);
        let (mut buffer, mut length) = (vec![0; answer.len()], answer.len() as CK_ULONG - 1);
        let mut end = |length: &mut CK_ULONG| {
            // SAFETY: a buffer that is at least of its length.
            unsafe { f().C_DigestFinal.unwrap()(s.handle, buffer.as_mut_ptr(), length) }
        };
        assert_eq!(end(&mut length), CKR_BUFFER_TOO_SMALL);
        assert_eq!(length as usize, answer.len());
        assert_eq!(end(&mut length), CKR_OK);
        assert_eq!(buffer, answer);
    }
}

#[test]
fn keys_are_digested_without_being_shown() {
    let s = token().user();
    let secret = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, b"bc"), yes(CKA_SENSITIVE)];
    let key = ok(s.create(&secret));
    for (kind, answers) in ROWS {
        ok(s.digest_init(&mech(*kind)));
        ok(s.digest_update(b"a"));
        ok(s.digest_key(key));
        assert_eq!(ok(s.digest_final()), hex(answers[1]));
        ok(s.digest_init(&mech(*kind)));
        refused(s.digest_key(CK_INVALID_HANDLE), CKR_KEY_HANDLE_INVALID);
        refused(s.digest_final(), CKR_OPERATION_NOT_INITIALIZED);
    }
    refused(s.digest_key(key), CKR_OPERATION_NOT_INITIALIZED);
}

/// Objects that are no keys have no valid handle here; keys that cannot be digested, or that do not allow the mechanism, are
/// indigestible.
#[test]
fn what_is_no_key_and_what_a_key_does_not_allow_are_told_apart() {
    let s = token().user();
    let digest = |handle| {
        ok(s.digest_init(&mech(CKM_SHA256)));
        let outcome = s.digest_key(handle);
        let _ = s.digest_final();
        outcome
    };
    let secret = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, b"bc")];
    let allowing = |kind: CK_MECHANISM_TYPE| bytes(CKA_ALLOWED_MECHANISMS, kind.to_ne_bytes());
    ok(digest(ok(s.create(&secret))));
    ok(digest(ok(s.create(&[&secret[..], &[allowing(CKM_SHA256)]].concat()))));
    let other = ok(s.create(&[&secret[..], &[allowing(CKM_SHA256_HMAC)]].concat()));
    refused(digest(other), CKR_KEY_INDIGESTIBLE);
    let p256 = bytes(CKA_EC_PARAMS, hex("06082a8648ce3d030107"));
    let (public, private) = ok(s.generate_pair(&mech(CKM_EC_KEY_PAIR_GEN), &[p256], &[]));
    refused(digest(public), CKR_KEY_INDIGESTIBLE);
    refused(digest(private), CKR_KEY_INDIGESTIBLE);
    refused(digest(ok(s.create(&[class(CKO_DATA)]))), CKR_KEY_HANDLE_INVALID);
    let domain = ok(s.generate(&mech(CKM_DH_PKCS_PARAMETER_GEN), &[ulong(CKA_PRIME_BITS, 2048)]));
    refused(digest(domain), CKR_KEY_HANDLE_INVALID);
}

#[test]
fn operations_are_saved_and_taken_up_again() {
    let t = token();
    let s = t.session();
    let data: Vec<u8> = (0..300).map(|n| n as u8).collect();
    for (kind, _) in ROWS {
        let m = mech(*kind);
        let whole = ok(s.digest(&m, &data));
        for cut in [0, 1, 64, 144, 299] {
            ok(s.digest_init(&m));
            ok(s.digest_update(&data[..cut]));
            if (CKM_BLAKE2B_160..=CKM_BLAKE2B_512).contains(kind) {
                // Its crate does not give out its state.
                refused(s.save_state(), CKR_STATE_UNSAVEABLE);
                ok(s.digest_update(&data[cut..]));
                assert_eq!(ok(s.digest_final()), whole, "{kind:#x} after the refusal");
                continue;
            }
            let state = ok(s.save_state());
            // The saved one is another's to go on with; this one goes on too.
            let other = t.session();
            ok(other.restore_state(&state, CK_INVALID_HANDLE, CK_INVALID_HANDLE));
            for s in [&s, &other] {
                ok(s.digest_update(&data[cut..]));
                assert_eq!(ok(s.digest_final()), whole, "{kind:#x} cut at {cut}");
            }
            let mut damaged = state.clone();
            damaged[cut % state.len()] ^= 1;
            refused(s.restore_state(&damaged, CK_INVALID_HANDLE, CK_INVALID_HANDLE), CKR_SAVED_STATE_INVALID);
        }
    }
    refused(s.save_state(), CKR_OPERATION_NOT_INITIALIZED);
}

#[test]
fn digests_take_no_parameter() {
    let s = token().session();
    for (kind, _) in ROWS {
        refused(s.digest_init(&mech_bytes(*kind, &[0; 8])), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(s.digest_init(&mech(CKM_AES_ECB)), CKR_MECHANISM_INVALID);
}

/// t, then the digests of "abc" and of the second message of FIPS 180-4's examples. FIPS 180-4 has examples for 224 and 256;
/// the others are by an implementation of its section 5.3.6 that has nothing in common with the library's.
#[rustfmt::skip]
const TRUNCATED: &[(CK_ULONG, [&str; 2])] = &[
    (224, ["4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa", "23fec5bb94d60b23308192640b0c453335d664734fe40e7268674af9"]),
    (256, ["53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23", "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"]),
    (8, ["c5", "55"]),
    (12, ["1ac0", "6460"]),
    (160, ["0a74fe1b43eecbea62182658da8a68b8acef25bf", "2644ee93c30a85c98bd1a8455cab73a0b4c98b3c"]),
    (200, ["2c199c1b8e934d616332dcfea4d50a1ddbbb8eb25be46bdc9d", "273ae8e74cfb04fb9630c0977242ee95cd49b44cc9a66dbb8e"]),
    (255, ["1ac8d311ed8bc4af193e7e95d98d2133c181f27e0b96594d68597d96f945423c", "63da75c2bdcd479107e6d472ce6104e6718308755dfc1cb40a8928bc738fcd7a"]),
    (385, ["e3231ce72df8ef7c4ee59af52dbc83fa99a34fa42683a0b4708428dd2b24fb65d73720315d771852883277f6a7a9f8d880", "8a135570981d731bd1ee482952f534eef5ba464338c8b77a57329ae063b179c563391005b8f3f1beaf658be3896348f580"]),
    (504, ["8c43e4bf1cad93067af1ad632ba38bba0b5673bf0129f01a469224c2d981b8ecaa301facf8e392f97efc5997885a1c90cefba70d81892f40267df4fd6fef9a", "0af75487c3a53b66cc2a0a0eed7ad5ae9ac7d7779e214392e93ed311c9e4a2e3f71e8b7540d846f2f81ddb8e9700a9d369d28ab82101d6334eba15d5c6668a"]),
    (511, ["71a80c6a46fbd2d092522f3a5d7750b9daa2c59f2ff05dfde25cd68e53317f4e79a080da3d4145b3fc2d8fe520cd787da4bb0165a90296a99a9a9b87994a087c", "8d3352e18661e0940a1e531dfe81e195c284ed840c9f5106138bfa80134b67075e35e0a94f786a2ddb2062a3d97ebda3ebf7b9a6d10d2a7bbbd06f6bd6af10cc"]),
];

const LONG: &[u8] =
    b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";

#[test]
fn sha_512_is_cut_to_any_number_of_bits() {
    let s = token().session();
    for (bits, answers) in TRUNCATED {
        let m = mech_params(CKM_SHA512_T, bits);
        for (data, answer) in [&b"abc"[..], LONG].into_iter().zip(answers) {
            assert_eq!(ok(s.digest(&m, data)), hex(answer), "SHA-512/{bits}");
            assert_eq!(ok(s.digest_parts(&m, &data.chunks(7).collect::<Vec<_>>())), hex(answer), "SHA-512/{bits}");
        }
        for cut in [0, 1, 112] {
            ok(s.digest_init(&m));
            ok(s.digest_update(&LONG[..cut]));
            let state = ok(s.save_state());
            ok(s.cancel(CKF_DIGEST));
            ok(s.restore_state(&state, CK_INVALID_HANDLE, CK_INVALID_HANDLE));
            ok(s.digest_update(&LONG[cut..]));
            assert_eq!(ok(s.digest_final()), hex(answers[1]), "SHA-512/{bits} cut at {cut}");
        }
    }
    for bits in [0, 384, 512, 1 << 16, CK_ULONG::MAX] {
        refused(s.digest_init(&mech_params(CKM_SHA512_T, &(bits as CK_ULONG))), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(s.digest_init(&mech(CKM_SHA512_T)), CKR_MECHANISM_PARAM_INVALID);
    refused(s.digest_init(&mech_bytes(CKM_SHA512_T, &[1; 4])), CKR_MECHANISM_PARAM_INVALID);
}
