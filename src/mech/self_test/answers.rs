//! The known answers, of the authorities that defined the algorithms.

use crate::hash::Hash;
use crate::mech::Params;
use cryptoki_sys::*;

/// Hash functions, and the beginnings of their digests of "abc" (FIPS 180-4 and FIPS 202 examples, RFC 1321, RFC 7693 and its
/// reference implementation, the page of RIPEMD-160).
pub(super) const HASHES: &[(Hash, &str)] = &[
    (Hash::Md5, "900150983cd24fb0d6963f7d28e17f72"),
    (Hash::Sha1, "a9993e364706816aba3e25717850c26c"),
    (Hash::Sha224, "23097d223405d8228642a477bda255b3"),
    (Hash::Sha256, "ba7816bf8f01cfea414140de5dae2223"),
    (Hash::Sha384, "cb00753f45a35e8bb5a03d699ac65007"),
    (Hash::Sha512, "ddaf35a193617abacc417349ae204131"),
    (Hash::Sha512_224, "4634270f707b6a54daae7530460842e2"),
    (Hash::Sha512_256, "53048e2681941ef99b2e29b76b4c7dab"),
    (Hash::Sha3_224, "e642824c3f8cf24ad09234ee7d3c766f"),
    (Hash::Sha3_256, "3a985da74fe225b2045c172d6bd390bd"),
    (Hash::Sha3_384, "ec01498288516fc926459f58e2c6ad8d"),
    (Hash::Sha3_512, "b751850b1a57168a5693cd924b6b096e"),
    (Hash::Ripemd160, "8eb208f7e05d987a9b044a8e98c6b087"),
    (Hash::Blake2b160, "384264f676f39536840523f284921cdc"),
    (Hash::Blake2b256, "bddd813c634239723171ef3fee98579b"),
    (Hash::Blake2b384, "6f56a82c8e7ef526dfe182eb5212f7db"),
    (Hash::Blake2b512, "ba80a53f981c4d0d6a2797b69f12f6e9"),
];

/// RFC 4231, test case 2: HMAC-SHA-256 with key "Jefe".
pub(super) const HMAC: (&str, &str, &str) = (
    "4a656665",
    "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
);

/// A block cipher: a mechanism that encrypts a block, key, plaintext, ciphertext.
pub(super) type Block = (CK_MECHANISM_TYPE, fn() -> Params, &'static str, &'static str, &'static str);

/// FIPS 197, appendix C.1 and C.3.
pub(super) const AES: &[Block] = &[
    (
        CKM_AES_ECB,
        || Params::None,
        "000102030405060708090a0b0c0d0e0f",
        "00112233445566778899aabbccddeeff",
        "69c4e0d86a7b0430d8cdb78070b4c55a",
    ),
    (
        CKM_AES_ECB,
        || Params::None,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "00112233445566778899aabbccddeeff",
        "8ea2b7ca516745bfeafc49904b496089",
    ),
    // The GCM specification of McGrew and Viega, test case 2.
    (
        CKM_AES_GCM,
        || Params::Gcm { iv: vec![0; 12], aad: Vec::new(), tag_bits: 128 },
        "00000000000000000000000000000000",
        "00000000000000000000000000000000",
        "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf",
    ),
];

/// SP 800-38B, appendix D.1, example 1: AES-CMAC of nothing.
pub(super) const CMAC: (&str, &str) = ("2b7e151628aed2a6abf7158809cf4f3c", "bb1d6929e95937287fa37d129b756746");

/// FIPS 81, table B1; SP 800-67, appendix B.1.
pub(super) const DES: &[Block] = &[
    (CKM_DES_ECB, || Params::None, "0123456789abcdef", "4e6f772069732074", "3fa40e8a984d4815"),
    (
        CKM_DES3_ECB,
        || Params::None,
        "0123456789abcdef23456789abcdef01456789abcdef0123",
        "5468652071756663",
        "a826fd8ce53b855f",
    ),
];

/// RFC 3713, appendix A.
pub(super) const CAMELLIA: &[Block] = &[(
    CKM_CAMELLIA_ECB,
    || Params::None,
    "0123456789abcdeffedcba9876543210",
    "0123456789abcdeffedcba9876543210",
    "67673138549669730857065648eabe43",
)];

/// RFC 5794, appendix A.1.
pub(super) const ARIA: &[Block] = &[(
    CKM_ARIA_ECB,
    || Params::None,
    "000102030405060708090a0b0c0d0e0f",
    "00112233445566778899aabbccddeeff",
    "d718fbd6ab644c739da95f3be6451778",
)];

/// The test vectors of Eric Young, of which the first.
pub(super) const BLOWFISH: &[Block] =
    &[(CKM_BLOWFISH_CBC, || Params::Iv(vec![0; 8]), "0000000000000000", "0000000000000000", "4ef997456198dd78")];

/// The Twofish paper, appendix A.
pub(super) const TWOFISH: &[Block] = &[(
    CKM_TWOFISH_CBC,
    || Params::Iv(vec![0; 16]),
    "00000000000000000000000000000000",
    "00000000000000000000000000000000",
    "9f589f5cf6122c32b6bfec2f2ae8c35a",
)];

/// RFC 2268, section 5.
pub(super) const RC2: &[Block] = &[(
    CKM_RC2_ECB,
    || Params::Rc2 { effective_bits: 63, mode: Box::new(Params::None) },
    "0000000000000000",
    "0000000000000000",
    "ebb773f993278eff",
)];

/// RFC 8439, section 2.3.2.
pub(super) const CHACHA20: &[Block] = &[(
    CKM_CHACHA20,
    || Params::Stream { counter: vec![1, 0, 0, 0], nonce: vec![0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0] },
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    "0000000000000000",
    "10f1e7e4d13b5915",
)];

/// eSTREAM, set 1, vector 0, 256 bits.
pub(super) const SALSA20: &[Block] = &[(
    CKM_SALSA20,
    || Params::Stream { counter: vec![0; 8], nonce: vec![0; 8] },
    "8000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000",
    "e3be8fdd8beca2e3",
)];

/// RFC 8439, section 2.5.2.
pub(super) const POLY1305: (&str, &str, &str) = (
    "85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b",
    "43727970746f6772617068696320466f72756d2052657365617263682047726f7570",
    "a8061dc1305136c6c22b8baf0c0127a9",
);

/// RSA Laboratories, PKCS #1 v1.5 signatures, example 1.1 (exponent 65537): n, d, p, q, message, signature with SHA-1.
pub(super) const RSA: [&str; 6] = [
    "\
        a56e4a0e701017589a5187dc7ea841d156f2ec0e36ad52a44dfeb1e61f7ad991d8c51056ffedb162b4c0f283a12a88a394df\
        f526ab7291cbb307ceabfce0b1dfd5cd9508096d5b2b8b6df5d671ef6377c0921cb23c270a70e2598e6ff89d19f105acc2d3\
        f0cb35f29280e1386b6f64c4ef22e1e1f20d0ce8cffb2249bd9a2137",
    "\
        33a5042a90b27d4f5451ca9bbbd0b44771a101af884340aef9885f2a4bbe92e894a724ac3c568c8f97853ad07c0266c8c6a3\
        ca0929f1e8f11231884429fc4d9ae55fee896a10ce707c3ed7e734e44727a39574501a532683109c2abacaba283c31b4bd2f\
        53c3ee37e352cee34f9e503bd80c0622ad79c6dcee883547c6a3b325",
    "\
        e7e8942720a877517273a356053ea2a1bc0c94aa72d55c6e86296b2dfc967948c0a72cbccca7eacb35706e09a1df55a1535b\
        d9b3cc34160b3b6dcd3eda8e6443",
    "\
        b69dca1cf7d4d7ec81e75b90fcca874abcde123fd2700180aa90479b6e48de8d67ed24f9f19d85ba275874f542cd20dc723e\
        6963364a1f9425452b269a6799fd",
    "\
        cdc87da223d786df3b45e0bbbc721326d1ee2af806cc315475cc6f0d9c66e1b62371d45ce2392e1ac92844c310102f156a0d\
        8d52c1f4c40ba3aa65095786cb769757a6563ba958fed0bcc984e8b517a3d5f515b23b8a41e74aa867693f90dfb061a6e86d\
        faaee64472c00e5f20945729cbebe77f06ce78e08f4098fba41f9d6193c0317e8b60d4b6084acb42d29e3808a3bc372d85e3\
        31170fcbf7cc72d0b71c296648b3a4d10f416295d0807aa625cab2744fd9ea8fd223c42537029828bd16be02546f130fd2e3\
        3b936d2676e08aed1b73318b750a0167d0",
    "\
        6bc3a06656842930a247e30d5864b4d819236ba7c68965862ad7dbc4e24af28e86bb531f03358be5fb74777c6086f850caef\
        893f0d6fcc2d0c91ec013693b4ea00b80cd49aac4ecb5f8911afe539ada4a8f3823d1d13e472d1490547c659c7617f3d2408\
        7ddb6f2b72096167fc097cab18e9a458fcb634cdce8ee35894c484d7",
];

/// RFC 6979, appendix A.2.5, "sample" with SHA-256: curve, private value, public point, digest, signature.
pub(super) const P256: [&str; 5] = [
    "06082a8648ce3d030107",
    "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
        7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
    "af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf",
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
        f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
];

/// NIST CAVP, ECC CDH, P-256, count 0: private value, the other's point, secret.
pub(super) const ECDH: [&str; 3] = [
    "7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534",
    "04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287\
        db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac",
    "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b",
];

/// SEC 2, secp256k1: twice the generator.
pub(super) const SECP256K1: [&str; 3] = [
    "06052b8104000a",
    "02",
    "04c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5\
        1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a",
];

/// RFC 8032, sections 7.1 and 7.4, the first of each: curve, private value, public point, signature of nothing.
pub(super) const EDWARDS: [[&str; 4]; 2] = [
    [
        "06032b6570",
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "\
            e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25b\
            f5f0595bbe24655141438e7a100b",
    ],
    [
        "06032b6571",
        "\
            6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e\
            7549a20098f95b",
        "\
            5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa\
            1abeafe8256180",
        "\
            533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c5\
            9bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f0\
            5a7363268c71d95808ff2e652600",
    ],
];

/// RFC 7748, section 5.2: curve, scalar, coordinate, result.
pub(super) const MONTGOMERY: [[&str; 4]; 2] = [
    [
        "06032b656e",
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ],
    [
        "06032b656f",
        "\
            3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121700a779c984c24f8cdd78fbff44943eba368f54b2925\
            9a4f1c600ad3",
        "\
            06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031ddbdc38c19c6da2583fa5429db94ada18aa7\
            a7fb4ef8a086",
        "\
            ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaadeb445fc66a01b0779d98223961111e217662\
            82f73dd96b6f",
    ],
];

/// Wycheproof, ML-KEM-512, test 1: seed, SHA-256 of the public key.
pub(super) const ML_KEM: [&str; 2] = [
    "\
        a3896e30892230a6c1dff667f8caee759ff84a08e3462ae484fcbca9971d7959cdc6c5ec65f10a5a24b5145aac863232ee3b\
        2229ca3a6c4b9c8a2dafc315d9d4",
    "3399ef1223024bd0f646ce6f860fd99557b67058fa620850e772f8531af36231",
];

/// Wycheproof, ML-DSA-44 signatures from seeds, test 1: seed, SHA-256 of the public key, μ, SHA-256 of the signature.
pub(super) const ML_DSA: [&str; 4] = [
    "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a",
    "d87f8ca136ac1aa55e2d6c4521680efb3a378cbb9bc0bfb446e9c60893931ea3",
    "\
        0ba2d90bc4fa5877844e47f7563eefccf658f898eaf4197b2a9a89d3df683955c73a80895ac0a51cc9049d44cdc1d1c550ef\
        3870c1126afdb3d52ee057cbbcdd",
    "8cd6fc03daa72e87210a4e721523e84c14f27733789075e65736744d4787fdd5",
];

/// NIST ACVP, SLH-DSA key generation, SHA2-128f, the first: seeds, public key.
pub(super) const SLH_DSA: [&str; 2] = [
    "c42bcb3b5a6f331f5cce899253c6d9e29ff2b7ead7a04bab1794db8cc659c3b4a868f1bd5debc12d4c9fad66aabd0a94",
    "a868f1bd5debc12d4c9fad66aabd0a94b546df247be4c457f3d467cdfcfabd39",
];

/// RFC 8554, appendix F.
pub(super) const HSS: &str = include_str!("rfc8554.txt");
