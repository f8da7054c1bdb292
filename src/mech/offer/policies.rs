//! The ready-made policies. docs/configuration.md says for users what each refuses.

use crate::hash::Hash;
use crate::mech::kdf::Form;
use crate::mech::{Mechanism, Shape, Unit, registry};
use cryptoki_sys::*;
use std::sync::LazyLock;

/// A policy by its position in [`POLICIES`].
pub type PolicyName = usize;

/// The names, as a configuration has them.
pub const POLICIES: [&str; 3] = ["default", "modern", "fips-like"];

/// Everything.
pub const DEFAULT: PolicyName = 0;

/// A policy.
pub(super) struct Policy {
    rules: &'static Rules,
    rows: Vec<Mechanism>,
}

struct Rules {
    /// What it makes of a row; `None` refuses it.
    judge: fn(Mechanism) -> Option<Mechanism>,
    /// Key types that it refuses, with the mechanisms that have them first.
    refused_keys: &'static [CK_KEY_TYPE],
    /// The fewest bits of public and private keys.
    fewest_bits: &'static [(CK_KEY_TYPE, CK_ULONG)],
}

static RULES: [Rules; POLICIES.len()] = [
    Rules { judge: Some, refused_keys: &[], fewest_bits: &[] },
    Rules { judge: modern, refused_keys: OLD_KEYS, fewest_bits: FEWEST_BITS },
    Rules { judge: fips_like, refused_keys: UNAPPROVED_KEYS, fewest_bits: FEWEST_BITS },
];

static MADE: LazyLock<[Policy; POLICIES.len()]> = LazyLock::new(|| RULES.each_ref().map(Policy::new));

/// The policy of a name. An unknown one is the last, which is the strictest.
pub(super) fn policy(name: PolicyName) -> &'static Policy {
    let [.., strictest] = &*MADE;
    MADE.get(name).unwrap_or(strictest)
}

impl Policy {
    fn new(rules: &'static Rules) -> Self {
        let rows = registry::all().iter().copied();
        let rows = rows.filter(|row| row.key_types.first().is_none_or(|first| !rules.refused_keys.contains(first)));
        let rows = rows.filter_map(rules.judge).map(|row| rules.enlarged(row)).collect();
        Self { rules, rows }
    }

    /// What it leaves of the mechanisms, by number.
    pub(super) fn rows(&self) -> &[Mechanism] {
        &self.rows
    }

    pub(super) fn find(&self, id: CK_MECHANISM_TYPE) -> Option<&Mechanism> {
        let index = self.rows.binary_search_by_key(&id, |row| row.id).ok()?;
        self.rows.get(index)
    }

    pub(super) fn is_everything(&self) -> bool {
        std::ptr::eq(self.rules, RULES.as_ptr())
    }

    pub(super) fn refuses_keys(&self, key_type: CK_KEY_TYPE) -> bool {
        self.rules.refused_keys.contains(&key_type)
    }

    pub(super) fn fewest_bits(&self, key_type: CK_KEY_TYPE) -> Option<CK_ULONG> {
        self.rules.fewest_bits(key_type)
    }
}

impl Rules {
    fn fewest_bits(&self, key_type: CK_KEY_TYPE) -> Option<CK_ULONG> {
        self.fewest_bits.iter().find(|fewest| fewest.0 == key_type).map(|fewest| fewest.1)
    }

    /// A row with the smallest keys that the policy leaves it. Key types that share a row share the smaller limit.
    fn enlarged(&self, mut row: Mechanism) -> Mechanism {
        let limits = row.key_types.iter().map(|key_type| self.fewest_bits(*key_type).unwrap_or(0));
        if row.unit == Unit::Bits
            && let Some(fewest) = limits.min()
        {
            row.sizes.0 = row.sizes.0.max(fewest);
        }
        row
    }
}

/// NIST SP 800-131A Rev. 2, and what browsers and certification authorities ask for.
const FEWEST_BITS: &[(CK_KEY_TYPE, CK_ULONG)] =
    &[(CKK_RSA, 2048), (CKK_DSA, 2048), (CKK_DH, 2048), (CKK_X9_42_DH, 2048), (CKK_EC, 224)];

/// Broken, or with blocks of 64 bits.
const OLD_KEYS: &[CK_KEY_TYPE] = &[CKK_DES, CKK_DES2, CKK_DES3, CKK_RC2, CKK_RC4, CKK_BLOWFISH, CKK_DSA, CKK_MD5_HMAC];

/// Without what has been broken or given up: MD5, SHA-1 and RIPEMD-160 in signatures, DES, RC2, RC4 and Blowfish, DSA, PKCS #1
/// v1.5 encryption, raw RSA, password-based encryption of PKCS #12.
fn modern(mut row: Mechanism) -> Option<Mechanism> {
    let signs = row.asymmetric && row.can_sign();
    let weak = match row.hash {
        Some(Hash::Md5) => true,
        Some(Hash::Sha1 | Hash::Ripemd160) => signs,
        _ => false,
    };
    if weak || row.id == CKM_RSA_X_509 || row.shape == Shape::Kdf(Form::Pbe) {
        return None;
    }
    if row.id == CKM_RSA_PKCS {
        (row.encrypt, row.decrypt, row.wrap, row.unwrap) = (None, None, None, None);
    }
    Some(row)
}

/// Those of [`OLD_KEYS`], and what no FIPS or SP 800 has.
const UNAPPROVED_KEYS: &[CK_KEY_TYPE] = &[
    CKK_DES,
    CKK_DES2,
    CKK_DES3,
    CKK_RC2,
    CKK_RC4,
    CKK_BLOWFISH,
    CKK_DSA,
    CKK_MD5_HMAC,
    CKK_CAMELLIA,
    CKK_ARIA,
    CKK_TWOFISH,
    CKK_CHACHA20,
    CKK_SALSA20,
    CKK_POLY1305,
    CKK_EC_MONTGOMERY,
    CKK_RIPEMD160_HMAC,
    CKK_BLAKE2B_160_HMAC,
    CKK_BLAKE2B_256_HMAC,
    CKK_BLAKE2B_384_HMAC,
    CKK_BLAKE2B_512_HMAC,
    CKK_SHA512_T_HMAC,
];

/// The fewest bytes of keys for MACs: 112 bits (SP 800-131A Rev. 2, section 10).
const FEWEST_BYTES_OF_SECRETS: CK_ULONG = 14;

/// What is approved by FIPS 140-3's annexes (SP 800-140C and D) and by SP 800-131A Rev. 2: with a hash of FIPS 180 or 202, or by
/// name. It is only like FIPS: no laboratory has validated anything here.
fn fips_like(row: Mechanism) -> Option<Mechanism> {
    let mut row = modern(row)?;
    let hashes = row.digest.is_some() || row.can_sign();
    let approved = match row.hash {
        Some(hash) if hashes => APPROVED_HASHES.contains(&hash),
        _ => APPROVED.contains(&row.id),
    };
    let keyed_by_any = row.can_sign() || row.generate.is_some();
    if !row.asymmetric && keyed_by_any && !row.key_types.is_empty() {
        row.sizes.0 = row.sizes.0.max(match row.unit {
            Unit::Bytes => FEWEST_BYTES_OF_SECRETS,
            Unit::Bits => FEWEST_BYTES_OF_SECRETS * 8,
        });
    }
    approved.then_some(row)
}

/// FIPS 180-4 and FIPS 202. SHA-1 has gone from signatures before.
const APPROVED_HASHES: &[Hash] = &[
    Hash::Sha1,
    Hash::Sha224,
    Hash::Sha256,
    Hash::Sha384,
    Hash::Sha512,
    Hash::Sha512_224,
    Hash::Sha512_256,
    Hash::Sha3_224,
    Hash::Sha3_256,
    Hash::Sha3_384,
    Hash::Sha3_512,
];

#[rustfmt::skip]
const APPROVED: &[CK_MECHANISM_TYPE] = &[
    // Keys (SP 800-133).
    CKM_GENERIC_SECRET_KEY_GEN, CKM_AES_KEY_GEN, CKM_AES_XTS_KEY_GEN, CKM_SHA_1_KEY_GEN, CKM_SHA224_KEY_GEN,
    CKM_SHA256_KEY_GEN, CKM_SHA384_KEY_GEN, CKM_SHA512_KEY_GEN, CKM_SHA512_224_KEY_GEN, CKM_SHA512_256_KEY_GEN,
    CKM_SHA3_224_KEY_GEN, CKM_SHA3_256_KEY_GEN, CKM_SHA3_384_KEY_GEN, CKM_SHA3_512_KEY_GEN, CKM_HKDF_KEY_GEN,
    CKM_RSA_PKCS_KEY_PAIR_GEN, CKM_EC_KEY_PAIR_GEN, CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS, CKM_EC_EDWARDS_KEY_PAIR_GEN,
    CKM_DH_PKCS_KEY_PAIR_GEN, CKM_DH_PKCS_PARAMETER_GEN, CKM_X9_42_DH_KEY_PAIR_GEN,
    CKM_ML_KEM_KEY_PAIR_GEN, CKM_ML_DSA_KEY_PAIR_GEN, CKM_SLH_DSA_KEY_PAIR_GEN,
    // AES (FIPS 197; SP 800-38A to 38G).
    CKM_AES_ECB, CKM_AES_CBC, CKM_AES_CBC_PAD, CKM_AES_CTS, CKM_AES_CTR, CKM_AES_OFB, CKM_AES_CFB1, CKM_AES_CFB8,
    CKM_AES_CFB128, CKM_AES_GCM, CKM_AES_CCM, CKM_AES_GMAC, CKM_AES_CMAC, CKM_AES_CMAC_GENERAL, CKM_AES_XTS,
    CKM_AES_KEY_WRAP, CKM_AES_KEY_WRAP_PAD, CKM_AES_KEY_WRAP_KWP,
    // Signatures (FIPS 186-5, 204, 205).
    CKM_RSA_PKCS, CKM_RSA_PKCS_PSS, CKM_ECDSA, CKM_EDDSA, CKM_ML_DSA, CKM_HASH_ML_DSA, CKM_SLH_DSA, CKM_HASH_SLH_DSA,
    // Transport and agreement of keys (SP 800-56A and B, FIPS 203).
    CKM_RSA_PKCS_OAEP, CKM_RSA_AES_KEY_WRAP, CKM_ECDH1_DERIVE, CKM_ECDH1_COFACTOR_DERIVE, CKM_ECDH_AES_KEY_WRAP,
    CKM_ECDH_COF_AES_KEY_WRAP, CKM_DH_PKCS_DERIVE, CKM_X9_42_DH_DERIVE, CKM_ML_KEM,
    // Derivation (SP 800-56C, 108, 132, 133, 135).
    CKM_HKDF_DERIVE, CKM_HKDF_DATA, CKM_SP800_108_COUNTER_KDF, CKM_SP800_108_FEEDBACK_KDF,
    CKM_SP800_108_DOUBLE_PIPELINE_KDF, CKM_PKCS5_PBKD2, CKM_CONCATENATE_BASE_AND_KEY, CKM_CONCATENATE_BASE_AND_DATA,
    CKM_CONCATENATE_DATA_AND_BASE, CKM_XOR_BASE_AND_DATA, CKM_PUB_KEY_FROM_PRIV_KEY,
    CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE, CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH, CKM_TLS12_KEY_AND_MAC_DERIVE,
    CKM_TLS12_KEY_SAFE_DERIVE, CKM_TLS12_KDF, CKM_TLS12_MAC, CKM_TLS_KDF, CKM_TLS_MAC,
    CKM_IKE_PRF_DERIVE, CKM_IKE1_PRF_DERIVE, CKM_IKE1_EXTENDED_DERIVE, CKM_IKE2_PRF_PLUS_DERIVE,
];
