//! Digests, through the C interface.

mod common;

use common::*;

/// Mechanism, then the digests of nothing, of "abc" and of a million times "a" (FIPS 180-4 and FIPS 202 examples, RFC 1321).
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
