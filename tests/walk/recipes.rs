//! How to use every mechanism.

use crate::curves::P256;
use crate::kdf;
use crate::keys::{Ground, Kind};
use crate::recipe::Lengths::{Each, Range};
use crate::recipe::Unit::{Bits, Bytes};
use crate::recipe::*;

const AES: Keys = Keys::Secret(&[CKK_AES], Each(&[16, 24, 32]), Bytes);
const AES_128: Keys = Keys::Secret(&[CKK_AES], Each(&[16]), Bytes);
const XTS: Keys = Keys::Secret(&[CKK_AES_XTS], Each(&[32, 64]), Bytes);
const CAMELLIA: Keys = Keys::Secret(&[CKK_CAMELLIA], Each(&[16, 24, 32]), Bytes);
const ARIA: Keys = Keys::Secret(&[CKK_ARIA], Each(&[16, 24, 32]), Bytes);
const TWOFISH: Keys = Keys::Secret(&[CKK_TWOFISH], Each(&[16, 24, 32]), Bytes);
const BLOWFISH: Keys = Keys::Secret(&[CKK_BLOWFISH], Range(4, 56), Bytes);
const RC2: Keys = Keys::Secret(&[CKK_RC2], Range(1, 128), Bytes);
const DES: Keys = Keys::Secret(&[CKK_DES], Each(&[8]), Bytes);
const DES2: Keys = Keys::Secret(&[CKK_DES2], Each(&[16]), Bytes);
const DES3_ONLY: Keys = Keys::Secret(&[CKK_DES3], Each(&[24]), Bytes);
const DES3: Keys = Keys::Secret(&[CKK_DES2, CKK_DES3], Each(&[16, 24]), Bytes);

const RSA: Keys = Keys::Pair(Kind::Rsa);
const MAX: usize = 1 << 16;

/// All recipes.
pub fn all(ground: &Ground) -> Vec<Recipe> {
    [digests(), rsa(), ec(), dsa(), dh(), post_quantum(), aes(), old_ciphers()]
        .into_iter()
        .flatten()
        .chain(streams())
        .chain(passwords())
        .chain(kdf::recipes(&ground.s))
        .collect()
}

/// A hash by name, with the length of its value, its mechanisms for HMAC, for key generation and derivation, the key type.
type Hashed = (
    CK_MECHANISM_TYPE,
    usize,
    [CK_MECHANISM_TYPE; 2],
    Option<(CK_MECHANISM_TYPE, CK_MECHANISM_TYPE)>,
    &'static [CK_KEY_TYPE],
);

macro_rules! hashes {
    ($($digest:ident $length:literal $hmac:ident $general:ident $generation:ident $derivation:ident $kind:ident)*) => {
        &[$(($digest, $length, [$hmac, $general], Some(($generation, $derivation)), &[CKK_GENERIC_SECRET, $kind])),*]
    };
}

const HASHES: &[Hashed] = hashes! {
    CKM_SHA_1 20 CKM_SHA_1_HMAC CKM_SHA_1_HMAC_GENERAL CKM_SHA_1_KEY_GEN CKM_SHA1_KEY_DERIVATION CKK_SHA_1_HMAC
    CKM_SHA224 28 CKM_SHA224_HMAC CKM_SHA224_HMAC_GENERAL CKM_SHA224_KEY_GEN CKM_SHA224_KEY_DERIVATION CKK_SHA224_HMAC
    CKM_SHA256 32 CKM_SHA256_HMAC CKM_SHA256_HMAC_GENERAL CKM_SHA256_KEY_GEN CKM_SHA256_KEY_DERIVATION CKK_SHA256_HMAC
    CKM_SHA384 48 CKM_SHA384_HMAC CKM_SHA384_HMAC_GENERAL CKM_SHA384_KEY_GEN CKM_SHA384_KEY_DERIVATION CKK_SHA384_HMAC
    CKM_SHA512 64 CKM_SHA512_HMAC CKM_SHA512_HMAC_GENERAL CKM_SHA512_KEY_GEN CKM_SHA512_KEY_DERIVATION CKK_SHA512_HMAC
    CKM_SHA512_224 28 CKM_SHA512_224_HMAC CKM_SHA512_224_HMAC_GENERAL CKM_SHA512_224_KEY_GEN CKM_SHA512_224_KEY_DERIVATION CKK_SHA512_224_HMAC
    CKM_SHA512_256 32 CKM_SHA512_256_HMAC CKM_SHA512_256_HMAC_GENERAL CKM_SHA512_256_KEY_GEN CKM_SHA512_256_KEY_DERIVATION CKK_SHA512_256_HMAC
    CKM_SHA3_224 28 CKM_SHA3_224_HMAC CKM_SHA3_224_HMAC_GENERAL CKM_SHA3_224_KEY_GEN CKM_SHA3_224_KEY_DERIVATION CKK_SHA3_224_HMAC
    CKM_SHA3_256 32 CKM_SHA3_256_HMAC CKM_SHA3_256_HMAC_GENERAL CKM_SHA3_256_KEY_GEN CKM_SHA3_256_KEY_DERIVATION CKK_SHA3_256_HMAC
    CKM_SHA3_384 48 CKM_SHA3_384_HMAC CKM_SHA3_384_HMAC_GENERAL CKM_SHA3_384_KEY_GEN CKM_SHA3_384_KEY_DERIVATION CKK_SHA3_384_HMAC
    CKM_SHA3_512 64 CKM_SHA3_512_HMAC CKM_SHA3_512_HMAC_GENERAL CKM_SHA3_512_KEY_GEN CKM_SHA3_512_KEY_DERIVATION CKK_SHA3_512_HMAC
    CKM_BLAKE2B_160 20 CKM_BLAKE2B_160_HMAC CKM_BLAKE2B_160_HMAC_GENERAL CKM_BLAKE2B_160_KEY_GEN CKM_BLAKE2B_160_KEY_DERIVE CKK_BLAKE2B_160_HMAC
    CKM_BLAKE2B_256 32 CKM_BLAKE2B_256_HMAC CKM_BLAKE2B_256_HMAC_GENERAL CKM_BLAKE2B_256_KEY_GEN CKM_BLAKE2B_256_KEY_DERIVE CKK_BLAKE2B_256_HMAC
    CKM_BLAKE2B_384 48 CKM_BLAKE2B_384_HMAC CKM_BLAKE2B_384_HMAC_GENERAL CKM_BLAKE2B_384_KEY_GEN CKM_BLAKE2B_384_KEY_DERIVE CKK_BLAKE2B_384_HMAC
    CKM_BLAKE2B_512 64 CKM_BLAKE2B_512_HMAC CKM_BLAKE2B_512_HMAC_GENERAL CKM_BLAKE2B_512_KEY_GEN CKM_BLAKE2B_512_KEY_DERIVE CKK_BLAKE2B_512_HMAC
};

/// Those without generation and derivation.
const OLD_HASHES: &[Hashed] = &[
    (CKM_MD5, 16, [CKM_MD5_HMAC, CKM_MD5_HMAC_GENERAL], None, &[CKK_GENERIC_SECRET, CKK_MD5_HMAC]),
    (
        CKM_RIPEMD160,
        20,
        [CKM_RIPEMD160_HMAC, CKM_RIPEMD160_HMAC_GENERAL],
        None,
        &[CKK_GENERIC_SECRET, CKK_RIPEMD160_HMAC],
    ),
];

fn digests() -> Vec<Recipe> {
    let mut recipes = Vec::new();
    for (digest, length, [hmac, general], making, kinds) in HASHES.iter().chain(OLD_HASHES) {
        let keys = Keys::Secret(kinds, Range(1, MAX), Bytes);
        recipes.push(Recipe::new(*digest, Keys::None));
        recipes.push(Recipe::new(*hmac, keys));
        recipes.push(Recipe::new(*general, keys).with((length - 1) as CK_ULONG));
        if let Some((generation, derivation)) = making {
            recipes.push(Recipe::new(*generation, Keys::Secret(&kinds[1..], Range(1, MAX), Bytes)));
            recipes.push(Recipe::new(*derivation, kdf::BASE).makes(*length));
        }
    }
    let truncated = Keys::Secret(&[CKK_GENERIC_SECRET, CKK_SHA512_T_HMAC], Range(1, MAX), Bytes);
    recipes.extend([
        Recipe::new(CKM_SHA512_T, Keys::None).with(250 as CK_ULONG),
        Recipe::new(CKM_SHA512_T_HMAC, truncated).with(250 as CK_ULONG),
        Recipe::new(CKM_SHA512_T_HMAC_GENERAL, truncated).with(31 as CK_ULONG),
        Recipe::new(CKM_SHA512_T_KEY_GEN, Keys::Secret(&[CKK_SHA512_T_HMAC], Range(1, MAX), Bytes)),
        Recipe::new(CKM_SHA512_T_KEY_DERIVATION, kdf::BASE).with(250 as CK_ULONG).makes(32),
        Recipe::new(CKM_SHAKE_128_KEY_DERIVATION, kdf::BASE).makes(32),
        Recipe::new(CKM_SHAKE_256_KEY_DERIVATION, kdf::BASE).makes(64),
    ]);
    recipes
}

pub fn pss(hash: CK_MECHANISM_TYPE, mgf: CK_RSA_PKCS_MGF_TYPE, salt: CK_ULONG) -> CK_RSA_PKCS_PSS_PARAMS {
    CK_RSA_PKCS_PSS_PARAMS { hashAlg: hash, mgf, sLen: salt }
}

fn oaep() -> CK_RSA_PKCS_OAEP_PARAMS {
    let (source, length) = (std::ptr::null_mut(), 0);
    CK_RSA_PKCS_OAEP_PARAMS {
        hashAlg: CKM_SHA256,
        mgf: CKG_MGF1_SHA256,
        source: CKZ_DATA_SPECIFIED,
        pSourceData: source,
        ulSourceDataLen: length,
    }
}

fn rsa() -> Vec<Recipe> {
    let hashed = [
        CKM_MD5_RSA_PKCS,
        CKM_SHA1_RSA_PKCS,
        CKM_RIPEMD160_RSA_PKCS,
        CKM_SHA224_RSA_PKCS,
        CKM_SHA256_RSA_PKCS,
        CKM_SHA384_RSA_PKCS,
        CKM_SHA512_RSA_PKCS,
        CKM_SHA3_224_RSA_PKCS,
        CKM_SHA3_256_RSA_PKCS,
        CKM_SHA3_384_RSA_PKCS,
        CKM_SHA3_512_RSA_PKCS,
    ];
    let salted = [
        (CKM_SHA1_RSA_PKCS_PSS, CKM_SHA_1, CKG_MGF1_SHA1),
        (CKM_SHA224_RSA_PKCS_PSS, CKM_SHA224, CKG_MGF1_SHA224),
        (CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256),
        (CKM_SHA384_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384),
        (CKM_SHA512_RSA_PKCS_PSS, CKM_SHA512, CKG_MGF1_SHA512),
        (CKM_SHA3_224_RSA_PKCS_PSS, CKM_SHA3_224, CKG_MGF1_SHA3_224),
        (CKM_SHA3_256_RSA_PKCS_PSS, CKM_SHA3_256, CKG_MGF1_SHA3_256),
        (CKM_SHA3_384_RSA_PKCS_PSS, CKM_SHA3_384, CKG_MGF1_SHA3_384),
        (CKM_SHA3_512_RSA_PKCS_PSS, CKM_SHA3_512, CKG_MGF1_SHA3_512),
    ];
    let envelope = CK_RSA_AES_KEY_WRAP_PARAMS { ulAESKeyBits: 256, pOAEPParams: kept_structure(oaep()) };
    let short = Data::Lengths(&[20, 32, 62]);
    [
        Recipe::new(CKM_RSA_PKCS_KEY_PAIR_GEN, RSA),
        Recipe::new(CKM_RSA_PKCS, RSA).data(Data::Lengths(&[20, 0, 117])).one_part().secret_of(32),
        Recipe::new(CKM_RSA_X_509, RSA)
            .data(Data::Modulus)
            .one_part()
            .template(&[class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)]),
        Recipe::new(CKM_RSA_PKCS_OAEP, RSA).with(oaep()).data(short).one_part().secret_of(32),
        Recipe::new(CKM_RSA_PKCS_PSS, RSA)
            .with(pss(CKM_SHA256, CKG_MGF1_SHA256, 32))
            .data(Data::Lengths(&[32]))
            .one_part(),
        Recipe::new(CKM_RSA_AES_KEY_WRAP, RSA).with(envelope),
    ]
    .into_iter()
    .chain(hashed.map(|kind| Recipe::new(kind, RSA).costly()))
    .chain(salted.map(|(kind, hash, mgf)| Recipe::new(kind, RSA).with(pss(hash, mgf, 20)).costly()))
    .collect()
}

/// CK_ECDH1_DERIVE_PARAMS.
fn ecdh(kind: CK_MECHANISM_TYPE, peer: &[u8]) -> Mech {
    let agree = CK_ECDH1_DERIVE_PARAMS {
        kdf: CKD_SHA256_KDF,
        ulSharedDataLen: 0,
        pSharedData: std::ptr::null_mut(),
        ulPublicDataLen: peer.len() as CK_ULONG,
        pPublicData: kept(peer),
    };
    mech_params(kind, &agree)
}

fn ec() -> Vec<Recipe> {
    let (weierstrass, edwards) = (Keys::Pair(Kind::Ec), Keys::Pair(Kind::Edwards));
    let hashed = [
        CKM_ECDSA_SHA1,
        CKM_ECDSA_SHA224,
        CKM_ECDSA_SHA256,
        CKM_ECDSA_SHA384,
        CKM_ECDSA_SHA512,
        CKM_ECDSA_SHA3_224,
        CKM_ECDSA_SHA3_256,
        CKM_ECDSA_SHA3_384,
        CKM_ECDSA_SHA3_512,
    ];
    let envelope = CK_ECDH_AES_KEY_WRAP_PARAMS {
        ulAESKeyBits: 256,
        kdf: CKD_SHA256_KDF,
        ulSharedDataLen: 0,
        pSharedData: std::ptr::null_mut(),
    };
    [
        Recipe::new(CKM_EC_KEY_PAIR_GEN, weierstrass).template(&[bytes(CKA_EC_PARAMS, P256.params)]),
        Recipe::new(CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS, weierstrass).template(&[bytes(CKA_EC_PARAMS, P256.params)]),
        Recipe::new(CKM_EC_EDWARDS_KEY_PAIR_GEN, edwards),
        Recipe::new(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, Keys::Pair(Kind::Montgomery)),
        Recipe::new(CKM_ECDSA, weierstrass).data(Data::Lengths(&[20, 32, 64])).one_part(),
        Recipe::new(CKM_EDDSA, edwards).optional(),
        Recipe::new(CKM_ECDH1_DERIVE, Keys::Pair(Kind::Agreement))
            .agrees(|peer| ecdh(CKM_ECDH1_DERIVE, peer))
            .secret_of(32),
        Recipe::new(CKM_ECDH1_COFACTOR_DERIVE, weierstrass)
            .agrees(|peer| ecdh(CKM_ECDH1_COFACTOR_DERIVE, peer))
            .secret_of(32),
        Recipe::new(CKM_ECDH_AES_KEY_WRAP, weierstrass).with(envelope),
        Recipe::new(CKM_ECDH_COF_AES_KEY_WRAP, weierstrass).with(envelope),
        Recipe::new(CKM_ECDH_X_AES_KEY_WRAP, Keys::Pair(Kind::Montgomery)).with(envelope),
    ]
    .into_iter()
    .chain(hashed.map(|kind| Recipe::new(kind, weierstrass)))
    .collect()
}

fn dsa() -> Vec<Recipe> {
    let keys = Keys::Pair(Kind::Dsa);
    let hashed = [
        CKM_DSA_SHA1,
        CKM_DSA_SHA224,
        CKM_DSA_SHA256,
        CKM_DSA_SHA384,
        CKM_DSA_SHA512,
        CKM_DSA_SHA3_224,
        CKM_DSA_SHA3_256,
        CKM_DSA_SHA3_384,
        CKM_DSA_SHA3_512,
    ];
    [
        Recipe::new(CKM_DSA_KEY_PAIR_GEN, keys),
        Recipe::new(CKM_DSA_PARAMETER_GEN, keys).template(&[ulong(CKA_PRIME_BITS, 1024)]),
        Recipe::new(CKM_DSA_PROBABILISTIC_PARAMETER_GEN, keys).with(seed()).template(&[ulong(CKA_PRIME_BITS, 1024)]),
        Recipe::new(CKM_DSA_SHAWE_TAYLOR_PARAMETER_GEN, keys).with(seed()).template(&[ulong(CKA_PRIME_BITS, 1024)]),
        Recipe::new(CKM_DSA_FIPS_G_GEN, keys)
            .with(seed())
            .template(&[bytes(CKA_PRIME, hex(crate::groups::P_1024)), bytes(CKA_SUBPRIME, hex(crate::groups::Q_1024))]),
        Recipe::new(CKM_DSA, keys).data(Data::Lengths(&[20])).one_part(),
    ]
    .into_iter()
    .chain(hashed.map(|kind| Recipe::new(kind, keys).costly()))
    .collect()
}

/// CK_DSA_PARAMETER_GEN_PARAM, with a seed or room for three.
fn seed() -> CK_DSA_PARAMETER_GEN_PARAM {
    CK_DSA_PARAMETER_GEN_PARAM { hash: CKM_SHA256, pSeed: kept(&[7; 96]), ulSeedLen: 96, ulIndex: 1 }
}

/// CK_X9_42_DH1_DERIVE_PARAMS.
fn x942(peer: &[u8]) -> Mech {
    let agree = CK_X9_42_DH1_DERIVE_PARAMS {
        kdf: CKD_NULL,
        ulOtherInfoLen: 0,
        pOtherInfo: std::ptr::null_mut(),
        ulPublicDataLen: peer.len() as CK_ULONG,
        pPublicData: kept(peer),
    };
    mech_params(CKM_X9_42_DH_DERIVE, &agree)
}

fn dh() -> Vec<Recipe> {
    let by = |peer: &[u8]| mech_bytes(CKM_DH_PKCS_DERIVE, peer);
    vec![
        Recipe::new(CKM_DH_PKCS_KEY_PAIR_GEN, Keys::Pair(Kind::Dh)),
        Recipe::new(CKM_DH_PKCS_PARAMETER_GEN, Keys::Pair(Kind::Dh)).template(&[ulong(CKA_PRIME_BITS, 2048)]),
        Recipe::new(CKM_DH_PKCS_DERIVE, Keys::Pair(Kind::Dh)).agrees(by).any_length().secret_of(32),
        Recipe::new(CKM_X9_42_DH_KEY_PAIR_GEN, Keys::Pair(Kind::X942)),
        Recipe::new(CKM_X9_42_DH_DERIVE, Keys::Pair(Kind::X942)).agrees(x942).secret_of(32),
    ]
}

/// The pre-hash forms of a signature scheme; the first takes the hash from its parameter, and the value of it as data.
fn pre_hashed(keys: Keys, whole: CK_MECHANISM_TYPE, hashed: [CK_MECHANISM_TYPE; 11]) -> Vec<Recipe> {
    let named = CK_HASH_SIGN_ADDITIONAL_CONTEXT {
        hedgeVariant: CKH_HEDGE_PREFERRED,
        pContext: std::ptr::null_mut(),
        ulContextLen: 0,
        hash: CKM_SHA256,
    };
    let first = Recipe::new(hashed[0], keys).with(named).data(Data::Lengths(&[32])).one_part();
    let others = hashed[1..].iter().map(|kind| Recipe::new(*kind, keys).optional());
    [Recipe::new(whole, keys).optional(), first].into_iter().chain(others).collect()
}

fn post_quantum() -> Vec<Recipe> {
    let (ml_dsa, slh_dsa, ml_kem) = (Keys::Pair(Kind::MlDsa), Keys::Pair(Kind::SlhDsa), Keys::Pair(Kind::MlKem));
    let ml_dsa_hashed = [
        CKM_HASH_ML_DSA,
        CKM_HASH_ML_DSA_SHA224,
        CKM_HASH_ML_DSA_SHA256,
        CKM_HASH_ML_DSA_SHA384,
        CKM_HASH_ML_DSA_SHA512,
        CKM_HASH_ML_DSA_SHA3_224,
        CKM_HASH_ML_DSA_SHA3_256,
        CKM_HASH_ML_DSA_SHA3_384,
        CKM_HASH_ML_DSA_SHA3_512,
        CKM_HASH_ML_DSA_SHAKE128,
        CKM_HASH_ML_DSA_SHAKE256,
    ];
    let slh_dsa_hashed = [
        CKM_HASH_SLH_DSA,
        CKM_HASH_SLH_DSA_SHA224,
        CKM_HASH_SLH_DSA_SHA256,
        CKM_HASH_SLH_DSA_SHA384,
        CKM_HASH_SLH_DSA_SHA512,
        CKM_HASH_SLH_DSA_SHA3_224,
        CKM_HASH_SLH_DSA_SHA3_256,
        CKM_HASH_SLH_DSA_SHA3_384,
        CKM_HASH_SLH_DSA_SHA3_512,
        CKM_HASH_SLH_DSA_SHAKE128,
        CKM_HASH_SLH_DSA_SHAKE256,
    ];
    let generations =
        [(CKM_ML_KEM_KEY_PAIR_GEN, ml_kem), (CKM_ML_DSA_KEY_PAIR_GEN, ml_dsa), (CKM_SLH_DSA_KEY_PAIR_GEN, slh_dsa)];
    let generations = generations.map(|(kind, keys)| Recipe::new(kind, keys));
    let hss = Keys::Pair(Kind::Hss);
    [
        Recipe::new(CKM_ML_KEM, ml_kem).template(&[class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)]).makes(32),
        Recipe::new(CKM_HSS_KEY_PAIR_GEN, hss),
        Recipe::new(CKM_HSS, hss),
    ]
    .into_iter()
    .chain(generations)
    .chain(pre_hashed(ml_dsa, CKM_ML_DSA, ml_dsa_hashed))
    .chain(pre_hashed(slh_dsa, CKM_SLH_DSA, slh_dsa_hashed).into_iter().map(|recipe| {
        let one = if recipe.parts { Data::Lengths(&[100]) } else { recipe.data };
        recipe.data(one).costly()
    }))
    .collect()
}

/// The mode of many ciphers, by their mechanisms: ECB, CBC, CBC with padding, MAC, MAC of any length, the two derivations.
fn modes(keys: Keys, block: usize, kinds: [CK_MECHANISM_TYPE; 7]) -> Vec<Recipe> {
    let [ecb, cbc, pad, mac, general, ecb_data, cbc_data] = kinds;
    let iv = &data(block)[..];
    let text = kept(&data(32));
    let string = CK_KEY_DERIVATION_STRING_DATA { pData: text, ulLen: 32 };
    let derivation = Recipe::new(cbc_data, keys).secret_of(32);
    let derivation = if block == 8 {
        derivation.with(CK_DES_CBC_ENCRYPT_DATA_PARAMS { iv: [1; 8], pData: text, length: 32 })
    } else {
        derivation.with(CK_AES_CBC_ENCRYPT_DATA_PARAMS { iv: [1; 16], pData: text, length: 32 })
    };
    vec![
        Recipe::new(ecb, keys).blocks(),
        Recipe::new(cbc, keys).with_bytes(iv).blocks(),
        Recipe::new(pad, keys).with_bytes(iv),
        Recipe::new(mac, keys),
        Recipe::new(general, keys).with((block - 1) as CK_ULONG),
        Recipe::new(ecb_data, keys).with(string).secret_of(32),
        derivation,
    ]
}

fn aes() -> Vec<Recipe> {
    let iv = &data(16)[..];
    let counter = CK_AES_CTR_PARAMS { ulCounterBits: 64, cb: [3; 16] };
    let gcm = CK_GCM_PARAMS {
        pIv: kept(&data(12)),
        ulIvLen: 12,
        ulIvBits: 96,
        pAAD: kept(b"additional"),
        ulAADLen: 10,
        ulTagBits: 128,
    };
    let ccm = CK_CCM_PARAMS {
        ulDataLen: 32,
        pNonce: kept(&data(12)),
        ulNonceLen: 12,
        pAAD: kept(b"additional"),
        ulAADLen: 10,
        ulMACLen: 16,
    };
    let wrapping = Data::Lengths(&[32, 16, 64]);
    let any = [
        CKM_AES_ECB,
        CKM_AES_CBC,
        CKM_AES_CBC_PAD,
        CKM_AES_MAC,
        CKM_AES_MAC_GENERAL,
        CKM_AES_ECB_ENCRYPT_DATA,
        CKM_AES_CBC_ENCRYPT_DATA,
    ];
    let own = [
        Recipe::new(CKM_AES_KEY_GEN, AES),
        Recipe::new(CKM_AES_XTS_KEY_GEN, XTS),
        Recipe::new(CKM_AES_XTS, XTS).with_bytes(iv).data(Data::Lengths(&[64, 16, 33])),
        Recipe::new(CKM_AES_CTR, AES).with(counter),
        Recipe::new(CKM_AES_GCM, AES).with(gcm),
        Recipe::new(CKM_AES_CCM, AES).with(ccm).data(Data::Lengths(&[32])),
        Recipe::new(CKM_AES_CTS, AES).with_bytes(iv).data(Data::Lengths(&[64, 16, 33])),
        Recipe::new(CKM_AES_OFB, AES).with_bytes(iv),
        Recipe::new(CKM_AES_CFB1, AES).with_bytes(iv),
        Recipe::new(CKM_AES_CFB8, AES).with_bytes(iv),
        Recipe::new(CKM_AES_CFB64, AES).with_bytes(iv),
        Recipe::new(CKM_AES_CFB128, AES).with_bytes(iv),
        Recipe::new(CKM_AES_CMAC, AES),
        Recipe::new(CKM_AES_CMAC_GENERAL, AES).with(12 as CK_ULONG),
        Recipe::new(CKM_AES_XCBC_MAC, AES_128),
        Recipe::new(CKM_AES_XCBC_MAC_96, AES_128),
        Recipe::new(CKM_AES_GMAC, AES).with(CK_GCM_PARAMS { ulAADLen: 0, ..gcm }),
        Recipe::new(CKM_AES_KEY_WRAP, AES).data(wrapping).one_part().optional().whole_blocks(),
        Recipe::new(CKM_AES_KEY_WRAP_PAD, AES).data(Data::Lengths(&[32, 1, 20])).one_part().optional(),
        Recipe::new(CKM_AES_KEY_WRAP_KWP, AES).data(Data::Lengths(&[32, 1, 20])).one_part().optional(),
        Recipe::new(CKM_AES_KEY_WRAP_PKCS7, AES).data(Data::Lengths(&[32, 8, 20])).one_part().optional(),
    ];
    modes(AES, 16, any).into_iter().chain(own).collect()
}

fn old_ciphers() -> Vec<Recipe> {
    let (iv, iv_8) = (&data(16)[..], &data(8)[..]);
    let counter = CK_CAMELLIA_CTR_PARAMS { ulCounterBits: 64, cb: [3; 16] };
    let rc2_iv = CK_RC2_CBC_PARAMS { ulEffectiveBits: 128, iv: [1; 8] };
    let rc2_mac = CK_RC2_MAC_GENERAL_PARAMS { ulEffectiveBits: 128, ulMacLength: 7 };
    let camellia = [
        CKM_CAMELLIA_ECB,
        CKM_CAMELLIA_CBC,
        CKM_CAMELLIA_CBC_PAD,
        CKM_CAMELLIA_MAC,
        CKM_CAMELLIA_MAC_GENERAL,
        CKM_CAMELLIA_ECB_ENCRYPT_DATA,
        CKM_CAMELLIA_CBC_ENCRYPT_DATA,
    ];
    let aria = [
        CKM_ARIA_ECB,
        CKM_ARIA_CBC,
        CKM_ARIA_CBC_PAD,
        CKM_ARIA_MAC,
        CKM_ARIA_MAC_GENERAL,
        CKM_ARIA_ECB_ENCRYPT_DATA,
        CKM_ARIA_CBC_ENCRYPT_DATA,
    ];
    let des = [
        CKM_DES_ECB,
        CKM_DES_CBC,
        CKM_DES_CBC_PAD,
        CKM_DES_MAC,
        CKM_DES_MAC_GENERAL,
        CKM_DES_ECB_ENCRYPT_DATA,
        CKM_DES_CBC_ENCRYPT_DATA,
    ];
    let des3 = [
        CKM_DES3_ECB,
        CKM_DES3_CBC,
        CKM_DES3_CBC_PAD,
        CKM_DES3_MAC,
        CKM_DES3_MAC_GENERAL,
        CKM_DES3_ECB_ENCRYPT_DATA,
        CKM_DES3_CBC_ENCRYPT_DATA,
    ];
    let own = [
        Recipe::new(CKM_CAMELLIA_KEY_GEN, CAMELLIA),
        Recipe::new(CKM_CAMELLIA_CTR, CAMELLIA).with(counter),
        Recipe::new(CKM_ARIA_KEY_GEN, ARIA),
        Recipe::new(CKM_DES_KEY_GEN, DES),
        Recipe::new(CKM_DES2_KEY_GEN, DES2),
        Recipe::new(CKM_DES3_KEY_GEN, DES3_ONLY),
        Recipe::new(CKM_DES3_CMAC, DES3),
        Recipe::new(CKM_DES3_CMAC_GENERAL, DES3).with(5 as CK_ULONG),
        Recipe::new(CKM_BLOWFISH_KEY_GEN, BLOWFISH),
        Recipe::new(CKM_BLOWFISH_CBC, BLOWFISH).with_bytes(iv_8).blocks(),
        Recipe::new(CKM_BLOWFISH_CBC_PAD, BLOWFISH).with_bytes(iv_8),
        Recipe::new(CKM_TWOFISH_KEY_GEN, TWOFISH),
        Recipe::new(CKM_TWOFISH_CBC, TWOFISH).with_bytes(iv).blocks(),
        Recipe::new(CKM_TWOFISH_CBC_PAD, TWOFISH).with_bytes(iv),
        Recipe::new(CKM_RC2_KEY_GEN, RC2),
        Recipe::new(CKM_RC2_ECB, RC2).with(128 as CK_RC2_PARAMS).blocks(),
        Recipe::new(CKM_RC2_CBC, RC2).with(rc2_iv).blocks(),
        Recipe::new(CKM_RC2_CBC_PAD, RC2).with(rc2_iv),
        Recipe::new(CKM_RC2_MAC, RC2).with(128 as CK_RC2_PARAMS),
        Recipe::new(CKM_RC2_MAC_GENERAL, RC2).with(rc2_mac),
    ];
    [modes(CAMELLIA, 16, camellia), modes(ARIA, 16, aria), modes(DES, 8, des), modes(DES3, 8, des3)]
        .into_iter()
        .flatten()
        .chain(own)
        .collect()
}

/// Their keys are told in bytes where they are generated, in bits where they are used.
fn streams() -> Vec<Recipe> {
    let chacha = CK_CHACHA20_PARAMS {
        pBlockCounter: kept(&[0; 4]),
        blockCounterBits: 32,
        pNonce: kept(&data(12)),
        ulNonceBits: 96,
    };
    let salsa = CK_SALSA20_PARAMS { pBlockCounter: kept(&[0; 8]), pNonce: kept(&data(8)), ulNonceBits: 64 };
    let sealed = CK_SALSA20_CHACHA20_POLY1305_PARAMS {
        pNonce: kept(&data(12)),
        ulNonceLen: 96,
        pAAD: kept(b"additional"),
        ulAADLen: 10,
    };
    const CHACHA20: &[CK_KEY_TYPE] = &[CKK_CHACHA20];
    const SALSA20: &[CK_KEY_TYPE] = &[CKK_SALSA20];
    const POLY1305: &[CK_KEY_TYPE] = &[CKK_POLY1305];
    let keys = |kinds, unit| Keys::Secret(kinds, Each(&[32]), unit);
    vec![
        Recipe::new(CKM_CHACHA20_KEY_GEN, keys(CHACHA20, Bytes)),
        Recipe::new(CKM_CHACHA20, keys(CHACHA20, Bits)).with(chacha),
        Recipe::new(CKM_CHACHA20_POLY1305, keys(CHACHA20, Bits)).with(sealed),
        Recipe::new(CKM_SALSA20_KEY_GEN, keys(SALSA20, Bytes)),
        Recipe::new(CKM_SALSA20, keys(SALSA20, Bits)).with(salsa),
        Recipe::new(CKM_POLY1305_KEY_GEN, keys(POLY1305, Bytes)),
        Recipe::new(CKM_POLY1305, keys(POLY1305, Bits)),
    ]
}

/// Passwords by a counter, which is told.
fn passwords() -> Vec<Recipe> {
    let counter = CK_OTP_PARAM { type_: CK_OTP_COUNTER, pValue: kept(&[0, 0, 0, 0, 0, 0, 0, 9]).cast(), ulValueLen: 8 };
    let told = CK_OTP_PARAMS { pParams: kept_structure(counter), ulCount: 1 };
    let keys = Keys::Secret(&[CKK_HOTP], Range(10, 64), Bytes);
    vec![Recipe::new(CKM_HOTP_KEY_GEN, keys), Recipe::new(CKM_HOTP, keys).with(told)]
}
