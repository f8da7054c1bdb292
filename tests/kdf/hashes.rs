use crate::cases::*;

/// The hash of "abc" (FIPS 180-4, FIPS 202, NIST's examples for SHAKE; RFC 7693 and its reference implementation).
const OF_ABC: &[(CK_MECHANISM_TYPE, &str)] = &[
    (CKM_SHA1_KEY_DERIVATION, "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (CKM_SHA224_KEY_DERIVATION, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
    (CKM_SHA256_KEY_DERIVATION, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
        CKM_SHA384_KEY_DERIVATION,
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
    ),
    (
        CKM_SHA512_KEY_DERIVATION,
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    ),
    (CKM_SHA512_224_KEY_DERIVATION, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
    (CKM_SHA512_256_KEY_DERIVATION, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
    (CKM_SHA3_224_KEY_DERIVATION, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"),
    (CKM_SHA3_256_KEY_DERIVATION, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    (
        CKM_SHA3_384_KEY_DERIVATION,
        "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
    ),
    (
        CKM_SHA3_512_KEY_DERIVATION,
        "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e\
         10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
    ),
    (CKM_BLAKE2B_160_KEY_DERIVE, "384264f676f39536840523f284921cdc68b6846b"),
    (CKM_BLAKE2B_256_KEY_DERIVE, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
    (
        CKM_BLAKE2B_384_KEY_DERIVE,
        "6f56a82c8e7ef526dfe182eb5212f7db9df1317e57815dbda46083fc30f54ee6c66ba83be64b302d7cba6ce15bb556f4",
    ),
    (
        CKM_BLAKE2B_512_KEY_DERIVE,
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1\
         7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
    ),
    (CKM_SHAKE_128_KEY_DERIVATION, "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8"),
    (
        CKM_SHAKE_256_KEY_DERIVATION,
        "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739\
         d5a15bef186a5386c75744c0527e1faa9f8726e462a12a4feb06bd8801e751e4",
    ),
];

#[test]
fn the_hash_of_a_key_is_a_key() {
    let session = token().user();
    let base = open(&session, b"abc");
    for (kind, digest) in OF_ABC {
        let digest = hex(digest);
        assert_eq!(ok(value(&session, &mech(*kind), base, &seen())), digest, "{kind:#x}");
        assert_eq!(ok(value(&session, &mech(*kind), base, &seen_of(digest.len()))), digest);
        assert_eq!(ok(value(&session, &mech(*kind), base, &seen_of(10))), digest[..10]);
        refused(session.derive(&mech(*kind), base, &seen_of(digest.len() + 1)), CKR_KEY_SIZE_RANGE);
        refused(session.derive(&mech_bytes(*kind, b"x"), base, &seen()), CKR_MECHANISM_PARAM_INVALID);
        assert_eq!(info(&session, *kind), (8, 8 * 65_536, CKF_DERIVE));
    }
    let (public, _) =
        ok(session.generate_pair(&mech(CKM_EC_EDWARDS_KEY_PAIR_GEN), &[bytes(CKA_EC_PARAMS, hex("06032b6570"))], &[]));
    refused(session.derive(&mech(CKM_SHA256_KEY_DERIVATION), public, &seen()), CKR_KEY_TYPE_INCONSISTENT);
}

#[test]
fn sha_512_t_takes_its_t_from_the_parameter() {
    let session = token().user();
    let base = open(&session, b"abc");
    for (bits, digest) in [
        (224 as CK_ULONG, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
        (256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
        (160, "0a74fe1b43eecbea62182658da8a68b8acef25bf"),
    ] {
        let (mechanism, digest) = (mech_params(CKM_SHA512_T_KEY_DERIVATION, &bits), hex(digest));
        assert_eq!(ok(value(&session, &mechanism, base, &seen())), digest);
        assert_eq!(ok(value(&session, &mechanism, base, &seen_of(10))), digest[..10]);
        refused(session.derive(&mechanism, base, &seen_of(digest.len() + 1)), CKR_KEY_SIZE_RANGE);
    }
    for bits in [0, 384, 512, CK_ULONG::MAX] {
        let wrong = mech_params(CKM_SHA512_T_KEY_DERIVATION, &bits);
        refused(session.derive(&wrong, base, &seen()), CKR_MECHANISM_PARAM_INVALID);
    }
    refused(session.derive(&mech(CKM_SHA512_T_KEY_DERIVATION), base, &seen()), CKR_MECHANISM_PARAM_INVALID);
}
