//! Known answers of each mode, and the keys and parameters that they are used with.

use crate::common::*;

/// A mechanism's parameter; it owns what the C structure points to.
#[derive(Clone, Default)]
pub enum Parameter {
    #[default]
    None,
    Bytes(Vec<u8>),
    Counter {
        block: [u8; 16],
        bits: CK_ULONG,
    },
    Gcm {
        iv: Vec<u8>,
        aad: Vec<u8>,
        tag_bits: CK_ULONG,
    },
    Ccm {
        data_len: CK_ULONG,
        nonce: Vec<u8>,
        aad: Vec<u8>,
        mac_len: CK_ULONG,
    },
}

impl Parameter {
    pub fn bytes(digits: &str) -> Self {
        Self::Bytes(hex(digits))
    }

    pub fn counter(digits: &str, bits: CK_ULONG) -> Self {
        Self::Counter { block: hex(digits).try_into().unwrap(), bits }
    }

    pub fn gcm(iv: &[u8], aad: &[u8], tag_bits: usize) -> Self {
        Self::Gcm { iv: iv.to_vec(), aad: aad.to_vec(), tag_bits: tag_bits as CK_ULONG }
    }

    pub fn ccm(data_len: usize, nonce: &[u8], aad: &[u8], mac_len: usize) -> Self {
        let (data_len, mac_len) = (data_len as CK_ULONG, mac_len as CK_ULONG);
        Self::Ccm { data_len, nonce: nonce.to_vec(), aad: aad.to_vec(), mac_len }
    }

    /// The mechanism; it points into this parameter.
    pub fn mech(&self, kind: CK_MECHANISM_TYPE) -> Mech {
        let pointer = |bytes: &Vec<u8>| bytes.as_ptr().cast_mut();
        match self {
            Self::None => mech(kind),
            Self::Bytes(bytes) => mech_bytes(kind, bytes),
            Self::Counter { block, bits } => mech_params(kind, &CK_AES_CTR_PARAMS { ulCounterBits: *bits, cb: *block }),
            Self::Gcm { iv, aad, tag_bits } => mech_params(
                kind,
                &CK_GCM_PARAMS {
                    pIv: pointer(iv),
                    ulIvLen: iv.len() as CK_ULONG,
                    ulIvBits: iv.len() as CK_ULONG * 8,
                    pAAD: pointer(aad),
                    ulAADLen: aad.len() as CK_ULONG,
                    ulTagBits: *tag_bits,
                },
            ),
            Self::Ccm { data_len, nonce, aad, mac_len } => mech_params(
                kind,
                &CK_CCM_PARAMS {
                    ulDataLen: *data_len,
                    pNonce: pointer(nonce),
                    ulNonceLen: nonce.len() as CK_ULONG,
                    pAAD: pointer(aad),
                    ulAADLen: aad.len() as CK_ULONG,
                    ulMACLen: *mac_len,
                },
            ),
        }
    }
}

/// One known answer.
pub struct Case {
    pub name: &'static str,
    pub kind: CK_MECHANISM_TYPE,
    pub parameter: Parameter,
    pub key: Vec<u8>,
    pub plain: Vec<u8>,
    pub cipher: Vec<u8>,
    /// Whether it can be fed in parts.
    pub parts: bool,
}

impl Case {
    pub fn mech(&self) -> Mech {
        self.parameter.mech(self.kind)
    }

    /// Its key, of the type that its mechanism takes.
    pub fn key_in(&self, s: &Session) -> CK_OBJECT_HANDLE {
        let kind = if self.kind == CKM_AES_XTS { CKK_AES_XTS } else { CKK_AES };
        open_key(s, kind, &self.key)
    }
}

/// An AES key that may do everything, and leave.
pub fn aes_key(s: &Session, value: &[u8]) -> CK_OBJECT_HANDLE {
    open_key(s, CKK_AES, value)
}

/// As [`aes_key`], of any type.
pub fn open_key(s: &Session, kind: CK_KEY_TYPE, value: &[u8]) -> CK_OBJECT_HANDLE {
    ok(s.create(&[class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, value), yes(CKA_EXTRACTABLE)]))
}

pub const KEY_128: &str = "2b7e151628aed2a6abf7158809cf4f3c";
pub const KEY_192: &str = "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b";
pub const KEY_256: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
pub const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
                     30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710";
pub const IV: &str = "000102030405060708090a0b0c0d0e0f";
const COUNTER: &str = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

/// NIST SP 800-38A, appendix F: mechanism, key, ciphertext of the four blocks above.
const MODES: &[(&str, CK_MECHANISM_TYPE, &str, &str)] = &[
    (
        "F.1.1 ECB-AES128",
        CKM_AES_ECB,
        KEY_128,
        "3ad77bb40d7a3660a89ecaf32466ef97 f5d3d58503b9699de785895a96fdbaaf
         43b1cd7f598ece23881b00e3ed030688 7b0c785e27e8ad3f8223207104725dd4",
    ),
    (
        "F.1.3 ECB-AES192",
        CKM_AES_ECB,
        KEY_192,
        "bd334f1d6e45f25ff712a214571fa5cc 974104846d0ad3ad7734ecb3ecee4eef
         ef7afd2270e2e60adce0ba2face6444e 9a4b41ba738d6c72fb16691603c18e0e",
    ),
    (
        "F.1.5 ECB-AES256",
        CKM_AES_ECB,
        KEY_256,
        "f3eed1bdb5d2a03c064b5a7e3db181f8 591ccb10d410ed26dc5ba74a31362870
         b6ed21b99ca6f4f9f153e7b1beafed1d 23304b7a39f9f3ff067d8d8f9e24ecc7",
    ),
    (
        "F.2.1 CBC-AES128",
        CKM_AES_CBC,
        KEY_128,
        "7649abac8119b246cee98e9b12e9197d 5086cb9b507219ee95db113a917678b2
         73bed6b8e3c1743b7116e69e22229516 3ff1caa1681fac09120eca307586e1a7",
    ),
    (
        "F.2.3 CBC-AES192",
        CKM_AES_CBC,
        KEY_192,
        "4f021db243bc633d7178183a9fa071e8 b4d9ada9ad7dedf4e5e738763f69145a
         571b242012fb7ae07fa9baac3df102e0 08b0e27988598881d920a9e64f5615cd",
    ),
    (
        "F.2.5 CBC-AES256",
        CKM_AES_CBC,
        KEY_256,
        "f58c4c04d6e5f1ba779eabfb5f7bfbd6 9cfc4e967edb808d679f777bc6702c7d
         39f23369a9d9bacfa530e26304231461 b2eb05e2c39be9fcda6c19078c6a9d1b",
    ),
    (
        "F.5.1 CTR-AES128",
        CKM_AES_CTR,
        KEY_128,
        "874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff
         5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee",
    ),
    (
        "F.5.3 CTR-AES192",
        CKM_AES_CTR,
        KEY_192,
        "1abc932417521ca24f2b0459fe7e6e0b 090339ec0aa6faefd5ccc2c6f4ce8e94
         1e36b26bd1ebc670d1bd1d665620abf7 4f78a7f6d29809585a97daec58c6b050",
    ),
    (
        "F.5.5 CTR-AES256",
        CKM_AES_CTR,
        KEY_256,
        "601ec313775789a5b7a7f504bbf3d228 f443e3ca4d62b59aca84e990cacaf5c5
         2b0930daa23de94ce87017ba2d84988d dfc9c58db67aada613c2dd08457941a6",
    ),
];

/// All known answers: SP 800-38A, and one or two of each other mode from where it is defined.
pub fn cases() -> Vec<Case> {
    let modes = MODES.iter().map(|(name, kind, key, cipher)| {
        let parameter = match *kind {
            CKM_AES_CBC => Parameter::bytes(IV),
            // The counter steps over the end of its last byte, so that it needs more than eight bits.
            CKM_AES_CTR => Parameter::counter(COUNTER, 16),
            _ => Parameter::None,
        };
        case(name, *kind, parameter, key, PLAIN, cipher)
    });
    let gcm_key = "feffe9928665731c6d6a8f9467308308";
    let gcm_aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    let gcm_plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
                     1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    let ccm_key = "404142434445464748494a4b4c4d4e4f";
    let kwp_key = "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8";
    let others = [
        // The first block of SP 800-38A's CBC, and the block of padding that RFC 5652 puts behind it (made with OpenSSL).
        case(
            "CBC with padding",
            CKM_AES_CBC_PAD,
            Parameter::bytes(IV),
            KEY_128,
            "6bc1bee22e409f96e93d7e117393172a",
            "7649abac8119b246cee98e9b12e9197d 8964e0b149c10b7b682e6e39aaeb731c",
        ),
        case(
            "GCM specification, test case 4",
            CKM_AES_GCM,
            Parameter::gcm(&hex("cafebabefacedbaddecaf888"), &gcm_aad, 128),
            gcm_key,
            gcm_plain,
            "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e
             21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091 5bc94fbc3221a5db94fae95ae7121a47",
        ),
        case(
            "GCM specification, test case 6",
            CKM_AES_GCM,
            Parameter::gcm(
                &hex("9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728
                      c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b"),
                &gcm_aad,
                128,
            ),
            gcm_key,
            gcm_plain,
            "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7
             01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5 619cc5aefffe0bfa462af43c1699d050",
        ),
        case(
            "SP 800-38C, example 1",
            CKM_AES_CCM,
            Parameter::ccm(4, &hex("10111213141516"), &hex("0001020304050607"), 4),
            ccm_key,
            "20212223",
            "7162015b 4dac255d",
        ),
        case(
            "SP 800-38C, example 2",
            CKM_AES_CCM,
            Parameter::ccm(16, &hex("1011121314151617"), &hex("000102030405060708090a0b0c0d0e0f"), 6),
            ccm_key,
            "202122232425262728292a2b2c2d2e2f",
            "d2a1f0e051ea5f62081a7792073d593d 1fc64fbfaccd",
        ),
    ];
    let wraps = [
        (
            "RFC 3394, 4.1",
            CKM_AES_KEY_WRAP,
            "000102030405060708090a0b0c0d0e0f",
            "00112233445566778899aabbccddeeff",
            "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
        ),
        (
            "RFC 3394, 4.6",
            CKM_AES_KEY_WRAP,
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
            "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
        ),
        (
            "RFC 5649, 20 bytes",
            CKM_AES_KEY_WRAP_KWP,
            kwp_key,
            "c37b7e6492584340bed12207808941155068f738",
            "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
        ),
        ("RFC 5649, 7 bytes", CKM_AES_KEY_WRAP_PAD, kwp_key, "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"),
        // As OpenSSL wraps the same bytes and one of 01.
        (
            "KW over PKCS#7",
            CKM_AES_KEY_WRAP_PKCS7,
            "000102030405060708090a0b0c0d0e0f",
            "00112233445566778899aabbccddee",
            "79ceb64913b3d068aa92a2cea546fcb3154a3f9ba5e0a2bc",
        ),
    ]
    .map(|(name, kind, key, plain, cipher)| Case {
        parts: false,
        ..case(name, kind, Parameter::None, key, plain, cipher)
    });
    // Java's AES/KW/PKCS5Padding, which was refused: the initial value tells it from RFC 5649.
    let java = Case {
        parts: false,
        ..case(
            "KW over PKCS#7, as Java asks for it",
            CKM_AES_KEY_WRAP_PAD,
            Parameter::Bytes(vec![0xa6; 8]),
            "000102030405060708090a0b0c0d0e0f",
            "00112233445566778899aabbccddee",
            "79ceb64913b3d068aa92a2cea546fcb3154a3f9ba5e0a2bc",
        )
    };
    modes.chain(others).chain(wraps).chain([java]).chain(super::modes::cases()).collect()
}

pub fn case(
    name: &'static str,
    kind: CK_MECHANISM_TYPE,
    parameter: Parameter,
    key: &str,
    plain: &str,
    cipher: &str,
) -> Case {
    let (key, plain, cipher) = (hex(key), hex(plain), hex(cipher));
    Case { name, kind, parameter, key, plain, cipher, parts: true }
}
