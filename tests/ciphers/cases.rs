//! The ciphers with their mechanisms, and known answers of their encryptions.

use crate::common::*;

/// One cipher and what it has.
pub struct Cipher {
    pub name: &'static str,
    pub key_types: &'static [CK_KEY_TYPE],
    /// The size of a block in bytes.
    pub block: usize,
    pub ecb: Option<CK_MECHANISM_TYPE>,
    pub cbc: CK_MECHANISM_TYPE,
    pub cbc_pad: CK_MECHANISM_TYPE,
    pub mac: Option<Macs>,
    pub encrypt_data: Option<EncryptData>,
}

/// The MAC of half a block, and the one of any length.
pub struct Macs {
    pub half: CK_MECHANISM_TYPE,
    pub general: CK_MECHANISM_TYPE,
}

/// The derivations.
pub struct EncryptData {
    pub ecb: CK_MECHANISM_TYPE,
    pub cbc: CK_MECHANISM_TYPE,
}

pub const CIPHERS: &[Cipher] = &[
    Cipher {
        name: "DES",
        key_types: &[CKK_DES],
        block: 8,
        ecb: Some(CKM_DES_ECB),
        cbc: CKM_DES_CBC,
        cbc_pad: CKM_DES_CBC_PAD,
        mac: Some(Macs { half: CKM_DES_MAC, general: CKM_DES_MAC_GENERAL }),
        encrypt_data: Some(EncryptData { ecb: CKM_DES_ECB_ENCRYPT_DATA, cbc: CKM_DES_CBC_ENCRYPT_DATA }),
    },
    Cipher {
        name: "triple DES",
        key_types: &[CKK_DES3, CKK_DES2],
        block: 8,
        ecb: Some(CKM_DES3_ECB),
        cbc: CKM_DES3_CBC,
        cbc_pad: CKM_DES3_CBC_PAD,
        mac: Some(Macs { half: CKM_DES3_MAC, general: CKM_DES3_MAC_GENERAL }),
        encrypt_data: Some(EncryptData { ecb: CKM_DES3_ECB_ENCRYPT_DATA, cbc: CKM_DES3_CBC_ENCRYPT_DATA }),
    },
    Cipher {
        name: "Camellia",
        key_types: &[CKK_CAMELLIA],
        block: 16,
        ecb: Some(CKM_CAMELLIA_ECB),
        cbc: CKM_CAMELLIA_CBC,
        cbc_pad: CKM_CAMELLIA_CBC_PAD,
        mac: Some(Macs { half: CKM_CAMELLIA_MAC, general: CKM_CAMELLIA_MAC_GENERAL }),
        encrypt_data: Some(EncryptData { ecb: CKM_CAMELLIA_ECB_ENCRYPT_DATA, cbc: CKM_CAMELLIA_CBC_ENCRYPT_DATA }),
    },
    Cipher {
        name: "ARIA",
        key_types: &[CKK_ARIA],
        block: 16,
        ecb: Some(CKM_ARIA_ECB),
        cbc: CKM_ARIA_CBC,
        cbc_pad: CKM_ARIA_CBC_PAD,
        mac: Some(Macs { half: CKM_ARIA_MAC, general: CKM_ARIA_MAC_GENERAL }),
        encrypt_data: Some(EncryptData { ecb: CKM_ARIA_ECB_ENCRYPT_DATA, cbc: CKM_ARIA_CBC_ENCRYPT_DATA }),
    },
    Cipher {
        name: "Blowfish",
        key_types: &[CKK_BLOWFISH],
        block: 8,
        ecb: None,
        cbc: CKM_BLOWFISH_CBC,
        cbc_pad: CKM_BLOWFISH_CBC_PAD,
        mac: None,
        encrypt_data: None,
    },
    Cipher {
        name: "Twofish",
        key_types: &[CKK_TWOFISH],
        block: 16,
        ecb: None,
        cbc: CKM_TWOFISH_CBC,
        cbc_pad: CKM_TWOFISH_CBC_PAD,
        mac: None,
        encrypt_data: None,
    },
];

impl Cipher {
    /// A key of each type.
    pub fn keys(&self, s: &Session) -> Vec<CK_OBJECT_HANDLE> {
        self.key_types.iter().map(|kind| cipher_key(s, *kind, &sample(*kind))).collect()
    }

    /// The modes that encrypt, each with a parameter.
    pub fn modes(&self) -> Vec<Mech> {
        let iv: Vec<u8> = (1..=self.block as u8).collect();
        let ecb = self.ecb.map(mech);
        ecb.into_iter().chain([mech_bytes(self.cbc, &iv), mech_bytes(self.cbc_pad, &iv)]).collect()
    }

    /// Everything that works with keys of this cipher, with a parameter that is right.
    pub fn encryptions_and_macs(&self) -> (Vec<Mech>, Vec<Mech>) {
        let length = self.block as CK_ULONG;
        let macs = self.mac.iter().flat_map(|macs| [mech(macs.half), mech_params(macs.general, &length)]);
        (self.modes(), macs.collect())
    }
}

/// A key that may do everything, and leave.
pub fn cipher_key(s: &Session, kind: CK_KEY_TYPE, value: &[u8]) -> CK_OBJECT_HANDLE {
    let usage = [yes(CKA_EXTRACTABLE), yes(CKA_DERIVE), no(CKA_SENSITIVE)];
    ok(s.create(&[&[class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, value)], &usage[..]].concat()))
}

/// The value of some key of a type.
pub fn sample(kind: CK_KEY_TYPE) -> Vec<u8> {
    let digits = match kind {
        CKK_DES => "0123456789abcdef",
        CKK_DES2 => "0123456789abcdef23456789abcdef01",
        CKK_DES3 => "0123456789abcdef23456789abcdef01456789abcdef0123",
        _ => "2b7e151628aed2a6abf7158809cf4f3c",
    };
    hex(digits)
}

/// Mechanism, parameter, key type, key, plaintext, ciphertext.
pub struct Case {
    pub name: &'static str,
    kind: CK_MECHANISM_TYPE,
    parameter: &'static str,
    key_type: CK_KEY_TYPE,
    key: &'static str,
    plain: &'static str,
    cipher: &'static str,
}

impl Case {
    /// The block counter of CTR is the parameter's last 32 bits.
    pub fn mech(&self) -> Mech {
        let parameter = hex(self.parameter);
        match self.kind {
            CKM_CAMELLIA_CTR => {
                let cb = parameter.try_into().unwrap();
                mech_params(self.kind, &CK_CAMELLIA_CTR_PARAMS { ulCounterBits: 32, cb })
            }
            _ => mech_bytes(self.kind, &parameter),
        }
    }

    pub fn key(&self, s: &Session) -> CK_OBJECT_HANDLE {
        cipher_key(s, self.key_type, &hex(self.key))
    }

    pub fn plain(&self) -> Vec<u8> {
        hex(self.plain)
    }

    pub fn cipher(&self) -> Vec<u8> {
        hex(self.cipher)
    }
}

const fn case(
    name: &'static str,
    (kind, parameter): (CK_MECHANISM_TYPE, &'static str),
    (key_type, key): (CK_KEY_TYPE, &'static str),
    plain: &'static str,
    cipher: &'static str,
) -> Case {
    Case { name, kind, parameter, key_type, key, plain, cipher }
}

/// "Now is the time for all ".
const NOW: &str = "4e6f772069732074 68652074696d6520 666f7220616c6c20";
/// "The qufck brown fox jump".
const QUICK: &str = "5468652071756663 6b2062726f776e20 666f78206a756d70";
/// The plaintext of NIST SP 800-38A.
const PLAIN: &str = "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
                     30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710";
const IV: &str = "000102030405060708090a0b0c0d0e0f";
const IV_8: &str = "1234567890abcdef";
const KEY_128: &str = "2b7e151628aed2a6abf7158809cf4f3c";
const KEY_192: &str = "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b";
const KEY_256: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
const DES_KEY: &str = "0123456789abcdef";
const DES2_KEY: &str = "0123456789abcdef 23456789abcdef01";
const DES3_KEY: &str = "0123456789abcdef 23456789abcdef01 456789abcdef0123";

/// From where each cipher is defined; where no authority has one, made with OpenSSL.
pub const CASES: &[Case] = &[
    case(
        "FIPS 81, table B1",
        (CKM_DES_ECB, ""),
        (CKK_DES, DES_KEY),
        NOW,
        "3fa40e8a984d4815 6a271787ab8883f9 893d51ec4b563b53",
    ),
    case(
        "FIPS 81, table C1",
        (CKM_DES_CBC, IV_8),
        (CKK_DES, DES_KEY),
        NOW,
        "e5c7cdde872bf27c 43e934008c389c0f 683788499a7c05f6",
    ),
    case(
        "DES-CBC with padding (OpenSSL)",
        (CKM_DES_CBC_PAD, IV_8),
        (CKK_DES, DES_KEY),
        "4e6f772069732074 68652074696d65",
        "e5c7cdde872bf27c c031b490feb4d7ef",
    ),
    case(
        "SP 800-67, appendix B.1",
        (CKM_DES3_ECB, ""),
        (CKK_DES3, DES3_KEY),
        QUICK,
        "a826fd8ce53b855f cce21c8112256fe6 68d5c05dd9b6b900",
    ),
    case(
        "triple DES-CBC, three keys (OpenSSL)",
        (CKM_DES3_CBC, IV_8),
        (CKK_DES3, DES3_KEY),
        PLAIN,
        "9d50047a85efb2057a51e45711dae039 48cd3b077c4b56a5b30d38701104bbdb
         9000f41c5092c88618b82c0823a7b54a 8fb602f7049441c1859872d5dc10b234",
    ),
    case(
        "triple DES-ECB, two keys (OpenSSL)",
        (CKM_DES3_ECB, ""),
        (CKK_DES2, DES2_KEY),
        PLAIN,
        "06ede3d82884090aff322c19f0518486 730576972a666e58b6c88cf107340d3d
         43bee3f3b0f9024c23fa1223c747572c 0a540720edd996538fb964de76a507a3",
    ),
    case(
        "triple DES-CBC, two keys (OpenSSL)",
        (CKM_DES3_CBC, IV_8),
        (CKK_DES2, DES2_KEY),
        PLAIN,
        "a9f1da9821cd5a850a07d19f7683a84b 37d49d1dd3d886eba2ae5270a0968844
         b60c8cb2e12248be01770ac5afb25d52 59e47f8eaf421e61ad3355d672900deb",
    ),
    case(
        "RFC 3713, 128 bits",
        (CKM_CAMELLIA_ECB, ""),
        (CKK_CAMELLIA, "0123456789abcdeffedcba9876543210"),
        "0123456789abcdeffedcba9876543210",
        "67673138549669730857065648eabe43",
    ),
    case(
        "RFC 3713, 192 bits",
        (CKM_CAMELLIA_ECB, ""),
        (CKK_CAMELLIA, "0123456789abcdeffedcba98765432100011223344556677"),
        "0123456789abcdeffedcba9876543210",
        "b4993401b3e996f84ee5cee7d79b09b9",
    ),
    case(
        "RFC 3713, 256 bits",
        (CKM_CAMELLIA_ECB, ""),
        (CKK_CAMELLIA, "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff"),
        "0123456789abcdeffedcba9876543210",
        "9acc237dff16d76c20ef7c919e3a7509",
    ),
    case(
        "Camellia-CBC, 128 bits (OpenSSL)",
        (CKM_CAMELLIA_CBC, IV),
        (CKK_CAMELLIA, KEY_128),
        PLAIN,
        "1607cf494b36bbf00daeb0b503c831ab a2f2cf671629ef7840c5a5dfb5074887
         0f06165008cf8b8b5a63586362543e54 e7208a2ca89cc21aacd56aaa6fb98259",
    ),
    case(
        "Camellia-CBC, 192 bits (OpenSSL)",
        (CKM_CAMELLIA_CBC, IV),
        (CKK_CAMELLIA, KEY_192),
        PLAIN,
        "2a4830ab5ac4a1a2405955fd2195cf93 5d5a869bd14ce54264f892a6dd2ec3d5
         37d359c3349836d884e310addf68c449 01faaa930b4ab9916e9668e1428c6b08",
    ),
    case(
        "Camellia-CBC, 256 bits (OpenSSL)",
        (CKM_CAMELLIA_CBC, IV),
        (CKK_CAMELLIA, KEY_256),
        PLAIN,
        "e6cfa35fc02b134a4d2c0b6737ac3eda 36cbeb73bd504b4070b1b7de2b21eb50
         e31a6055297d96ca3330cdf1b1860a83 5d563f6d1cccf236051c0c5c1c58f28f",
    ),
    case(
        "RFC 5528, test vector 1",
        (CKM_CAMELLIA_CTR, "00000030 0000000000000000 00000001"),
        (CKK_CAMELLIA, "ae6852f8121067cc4bf7a5765577f39e"),
        "53696e676c6520626c6f636b206d7367",
        "d09dc29a8214619a20877c76db1f0b3f",
    ),
    case(
        "RFC 5794, 128 bits",
        (CKM_ARIA_ECB, ""),
        (CKK_ARIA, IV),
        "00112233445566778899aabbccddeeff",
        "d718fbd6ab644c739da95f3be6451778",
    ),
    case(
        "RFC 5794, 192 bits",
        (CKM_ARIA_ECB, ""),
        (CKK_ARIA, "000102030405060708090a0b0c0d0e0f1011121314151617"),
        "00112233445566778899aabbccddeeff",
        "26449c1805dbe7aa25a468ce263a9e79",
    ),
    case(
        "RFC 5794, 256 bits",
        (CKM_ARIA_ECB, ""),
        (CKK_ARIA, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
        "00112233445566778899aabbccddeeff",
        "f92bd7c79fb72e2f2b8f80c1972d24fc",
    ),
    case(
        "ARIA-CBC, 128 bits (OpenSSL)",
        (CKM_ARIA_CBC, IV),
        (CKK_ARIA, KEY_128),
        PLAIN,
        "a9f7b5dccaddf6b43a508169291dd5fb 103934265c51b36f2701313975bc27d4
         4741691dc6d50e03cd1feba01c65c103 1f8820d556912ebf2f033e459fe2d52a",
    ),
    case(
        "ARIA-CBC, 192 bits (OpenSSL)",
        (CKM_ARIA_CBC, IV),
        (CKK_ARIA, KEY_192),
        PLAIN,
        "e99e6390083259ecb7be8a6b9e1d116a 86978e35c7dbf97db3fbb94e5302cd0d
         0262066304a36a9b69902c92d05e3754 f3bbad2eb59a94a134cf27be71596a62",
    ),
    case(
        "ARIA-CBC, 256 bits (OpenSSL)",
        (CKM_ARIA_CBC, IV),
        (CKK_ARIA, KEY_256),
        PLAIN,
        "9b1dba5fccc6d5a59adc17ca70ff65b4 2c6fb9c8f2b6116a2bdb26ea87af6b47
         d1a22f86cc8433bfc6b9521db29ba7c0 9f9be530a7dd13e48e7954ca409efa9a",
    ),
    case(
        "Blowfish, E. Young's test of CBC",
        (CKM_BLOWFISH_CBC, "fedcba9876543210"),
        (CKK_BLOWFISH, "0123456789abcdeff0e1d2c3b4a59687"),
        "37363534333231204e6f77206973207468652074696d6520666f722000000000",
        "6b77b4d63006dee605b156e27403979358deb9e7154616d959f1652bd5ff92cc",
    ),
    // One block of CBC with zeros before it is one of ECB, of which these are the tests.
    case(
        "Twofish, 128 bits",
        (CKM_TWOFISH_CBC, "00000000000000000000000000000000"),
        (CKK_TWOFISH, "00000000000000000000000000000000"),
        "00000000000000000000000000000000",
        "9f589f5cf6122c32b6bfec2f2ae8c35a",
    ),
    case(
        "Twofish, 192 bits",
        (CKM_TWOFISH_CBC, "00000000000000000000000000000000"),
        (CKK_TWOFISH, "0123456789abcdeffedcba98765432100011223344556677"),
        "00000000000000000000000000000000",
        "cfd1d2e5a9be9cdf501f13b892bd2248",
    ),
    case(
        "Twofish, 256 bits",
        (CKM_TWOFISH_CBC, "00000000000000000000000000000000"),
        (CKK_TWOFISH, "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff"),
        "00000000000000000000000000000000",
        "37527be0052334b89f0cfccae87cfa20",
    ),
];
