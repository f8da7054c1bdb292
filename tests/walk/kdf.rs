//! How to use the derivations and the keys out of passwords.

use crate::keys::Kind;
use crate::recipe::Lengths::{Each, Range};
use crate::recipe::Unit::{Bits, Bytes};
use crate::recipe::*;
use std::ptr;

/// A secret key of any type, of which generic secrets and AES keys are tried.
pub const BASE: Keys = Keys::Secret(&[CKK_GENERIC_SECRET], Range(1, MAX), Bits);
const MAX: usize = 1 << 16;
const SECRETS: Keys = Keys::Secret(&[CKK_GENERIC_SECRET], Range(1, MAX), Bytes);
const GENERIC: Keys = Keys::Secret(&[CKK_GENERIC_SECRET], Range(1, MAX), Bits);
const TLS: Keys = Keys::Secret(&[CKK_GENERIC_SECRET], Each(&[48]), Bytes);

pub fn recipes(s: &Session) -> Vec<Recipe> {
    simple(s).into_iter().chain(formal()).chain(tls()).chain(ike(s)).chain(passwords()).collect()
}

fn simple(s: &Session) -> Vec<Recipe> {
    let own = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), yes(CKA_DERIVE)];
    let other = ok(s.create(&[&own[..], &[bytes(CKA_VALUE, data(20))]].concat()));
    let string = CK_KEY_DERIVATION_STRING_DATA { pData: kept(&data(20)), ulLen: 20 };
    vec![
        Recipe::new(CKM_GENERIC_SECRET_KEY_GEN, GENERIC),
        Recipe::new(CKM_CONCATENATE_BASE_AND_KEY, BASE).with(other).secret_of(21),
        Recipe::new(CKM_CONCATENATE_BASE_AND_DATA, BASE).with(string).secret_of(21),
        Recipe::new(CKM_CONCATENATE_DATA_AND_BASE, BASE).with(string).secret_of(21),
        Recipe::new(CKM_XOR_BASE_AND_DATA, BASE).with(string),
        Recipe::new(CKM_EXTRACT_KEY_FROM_KEY, BASE).with(4 as CK_ULONG),
        Recipe::new(CKM_PUB_KEY_FROM_PRIV_KEY, Keys::Pair(Kind::Any)),
    ]
}

fn formal() -> Vec<Recipe> {
    let hkdf = CK_HKDF_PARAMS {
        bExtract: CK_TRUE,
        bExpand: CK_TRUE,
        prfHashMechanism: CKM_SHA256,
        ulSaltType: CKF_HKDF_SALT_DATA,
        pSalt: kept(&data(20)),
        ulSaltLen: 20,
        hSaltKey: CK_INVALID_HANDLE,
        pInfo: kept(b"info"),
        ulInfoLen: 4,
    };
    let counter = kept_structure(CK_SP800_108_COUNTER_FORMAT { bLittleEndian: CK_FALSE, ulWidthInBits: 32 });
    let field = |kind, value: *mut CK_SP800_108_COUNTER_FORMAT| CK_PRF_DATA_PARAM {
        type_: kind,
        pValue: value.cast(),
        ulValueLen: if value.is_null() { 0 } else { size_of::<CK_SP800_108_COUNTER_FORMAT>() as CK_ULONG },
    };
    let text = CK_PRF_DATA_PARAM { type_: CK_SP800_108_BYTE_ARRAY, pValue: kept(b"a label").cast(), ulValueLen: 7 };
    let counted = kept_structure([field(CK_SP800_108_ITERATION_VARIABLE, counter), text]).cast();
    let iterated = kept_structure([field(CK_SP800_108_ITERATION_VARIABLE, ptr::null_mut()), text]).cast();
    let plain = |fields| CK_SP800_108_KDF_PARAMS {
        prfType: CKM_SHA256_HMAC,
        ulNumberOfDataParams: 2,
        pDataParams: fields,
        ulAdditionalDerivedKeys: 0,
        pAdditionalDerivedKeys: ptr::null_mut(),
    };
    let feedback = CK_SP800_108_FEEDBACK_KDF_PARAMS {
        prfType: CKM_SHA256_HMAC,
        ulNumberOfDataParams: 2,
        pDataParams: iterated,
        ulIVLen: 32,
        pIV: kept(&data(32)),
        ulAdditionalDerivedKeys: 0,
        pAdditionalDerivedKeys: ptr::null_mut(),
    };
    let hkdf_data = [class(CKO_DATA), ulong(CKA_VALUE_LEN, 40)];
    vec![
        Recipe::new(CKM_HKDF_KEY_GEN, Keys::Secret(&[CKK_HKDF], Range(1, MAX), Bytes)),
        Recipe::new(CKM_HKDF_DERIVE, Keys::Secret(&[CKK_HKDF, CKK_GENERIC_SECRET], Range(1, MAX), Bits))
            .with(hkdf)
            .secret_of(40),
        Recipe::new(CKM_HKDF_DATA, Keys::Secret(&[CKK_HKDF, CKK_GENERIC_SECRET], Range(1, MAX), Bits))
            .with(hkdf)
            .template(&hkdf_data)
            .makes(40),
        Recipe::new(CKM_SP800_108_COUNTER_KDF, GENERIC).with(plain(counted)).secret_of(40),
        Recipe::new(CKM_SP800_108_FEEDBACK_KDF, GENERIC).with(feedback).secret_of(40),
        Recipe::new(CKM_SP800_108_DOUBLE_PIPELINE_KDF, GENERIC).with(plain(iterated)).secret_of(40),
    ]
}

fn tls() -> Vec<Recipe> {
    let randoms = CK_SSL3_RANDOM_DATA {
        pClientRandom: kept(&data(32)),
        ulClientRandomLen: 32,
        pServerRandom: kept(&data(32)),
        ulServerRandomLen: 32,
    };
    let version = kept_structure(CK_VERSION { major: 3, minor: 3 });
    let master = |version| CK_TLS12_MASTER_KEY_DERIVE_PARAMS {
        RandomInfo: randoms,
        pVersion: version,
        prfHashMechanism: CKM_SHA256,
    };
    let extended = |version| CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS {
        prfHashMechanism: CKM_SHA256,
        pSessionHash: kept(&data(32)),
        ulSessionHashLen: 32,
        pVersion: version,
    };
    let exporter = CK_TLS_KDF_PARAMS {
        prfMechanism: CKM_SHA256,
        pLabel: kept(b"EXPERIMENTAL a label"),
        ulLabelLength: 20,
        RandomInfo: randoms,
        pContextData: ptr::null_mut(),
        ulContextDataLength: 0,
    };
    let out = CK_SSL3_KEY_MAT_OUT {
        hClientMacSecret: 0,
        hServerMacSecret: 0,
        hClientKey: 0,
        hServerKey: 0,
        pIVClient: kept(&[0; 16]),
        pIVServer: kept(&[0; 16]),
    };
    let connection = CK_TLS12_KEY_MAT_PARAMS {
        ulMacSizeInBits: 256,
        ulKeySizeInBits: 128,
        ulIVSizeInBits: 0,
        bIsExport: CK_FALSE,
        RandomInfo: randoms,
        pReturnedKeyMaterial: kept_structure(out),
        prfHashMechanism: CKM_SHA256,
    };
    let finished = CK_TLS_MAC_PARAMS { prfHashMechanism: CKM_SHA256, ulMacLength: 12, ulServerOrClient: 1 };
    let aes = [class(CKO_SECRET_KEY), key_type(CKK_AES)];
    vec![
        Recipe::new(CKM_TLS_PRE_MASTER_KEY_GEN, TLS).with(CK_VERSION { major: 3, minor: 3 }),
        Recipe::new(CKM_TLS12_MASTER_KEY_DERIVE, TLS).with(master(version)).makes(48),
        Recipe::new(CKM_TLS12_MASTER_KEY_DERIVE_DH, TLS).with(master(ptr::null_mut())).makes(48).sizes_of_result(),
        Recipe::new(CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE, TLS).with(extended(version)).makes(48),
        Recipe::new(CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH, TLS)
            .with(extended(ptr::null_mut()))
            .makes(48)
            .sizes_of_result(),
        Recipe::new(CKM_TLS12_KEY_AND_MAC_DERIVE, TLS).with(connection).template(&aes),
        Recipe::new(CKM_TLS12_KEY_SAFE_DERIVE, TLS).with(connection).template(&aes),
        Recipe::new(CKM_TLS_KDF, GENERIC).with(exporter).secret_of(40),
        Recipe::new(CKM_TLS12_KDF, GENERIC).with(exporter).secret_of(40),
        Recipe::new(CKM_TLS_MAC, GENERIC).with(finished),
        Recipe::new(CKM_TLS12_MAC, GENERIC).with(finished),
    ]
}

fn ike(s: &Session) -> Vec<Recipe> {
    let own = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), yes(CKA_DERIVE)];
    let shared = ok(s.create(&[&own[..], &[bytes(CKA_VALUE, data(32))]].concat()));
    let first = CK_IKE_PRF_DERIVE_PARAMS {
        prfMechanism: CKM_SHA256_HMAC,
        bDataAsKey: CK_TRUE,
        bRekey: CK_FALSE,
        pNi: kept(&data(16)),
        ulNiLen: 16,
        pNr: kept(&data(16)),
        ulNrLen: 16,
        hNewKey: CK_INVALID_HANDLE,
    };
    let further = CK_IKE1_PRF_DERIVE_PARAMS {
        prfMechanism: CKM_SHA256_HMAC,
        bHasPrevKey: CK_FALSE,
        hKeygxy: shared,
        hPrevKey: CK_INVALID_HANDLE,
        pCKYi: kept(&data(8)),
        ulCKYiLen: 8,
        pCKYr: kept(&data(8)),
        ulCKYrLen: 8,
        keyNumber: 0,
    };
    let extended = CK_IKE1_EXTENDED_DERIVE_PARAMS {
        prfMechanism: CKM_SHA256_HMAC,
        bHasKeygxy: CK_FALSE,
        hKeygxy: CK_INVALID_HANDLE,
        pExtraData: kept(&data(10)),
        ulExtraDataLen: 10,
    };
    let plus = CK_IKE2_PRF_PLUS_DERIVE_PARAMS {
        prfMechanism: CKM_SHA256_HMAC,
        bHasSeedKey: CK_FALSE,
        hSeedKey: CK_INVALID_HANDLE,
        pSeedData: kept(&data(16)),
        ulSeedDataLen: 16,
    };
    let whole = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)];
    vec![
        Recipe::new(CKM_IKE_PRF_DERIVE, BASE).with(first).template(&whole).makes(32),
        Recipe::new(CKM_IKE1_PRF_DERIVE, BASE).with(further).template(&whole).makes(32),
        Recipe::new(CKM_IKE1_EXTENDED_DERIVE, BASE).with(extended).secret_of(40),
        Recipe::new(CKM_IKE2_PRF_PLUS_DERIVE, BASE).with(plus).secret_of(40),
    ]
}

fn passwords() -> Vec<Recipe> {
    let password = |vector| CK_PBE_PARAMS {
        pInitVector: vector,
        pPassword: kept(b"password"),
        ulPasswordLen: 8,
        pSalt: kept(&data(8)),
        ulSaltLen: 8,
        ulIteration: 10,
    };
    let ciphers = [
        (CKM_PBE_MD5_DES_CBC, Keys::Secret(&[CKK_DES], Each(&[8]), Bytes)),
        (CKM_PBE_SHA1_DES3_EDE_CBC, Keys::Secret(&[CKK_DES3], Each(&[24]), Bytes)),
        (CKM_PBE_SHA1_DES2_EDE_CBC, Keys::Secret(&[CKK_DES2], Each(&[16]), Bytes)),
        (CKM_PBE_SHA1_RC2_128_CBC, Keys::Secret(&[CKK_RC2], Each(&[16]), Bytes)),
        (CKM_PBE_SHA1_RC2_40_CBC, Keys::Secret(&[CKK_RC2], Each(&[5]), Bytes)),
    ];
    let others = [
        (CKM_PBE_SHA1_RC4_128, Keys::Secret(&[CKK_RC4], Each(&[16]), Bytes)),
        (CKM_PBE_SHA1_RC4_40, Keys::Secret(&[CKK_RC4], Each(&[5]), Bytes)),
        (CKM_PBA_SHA1_WITH_SHA1_HMAC, Keys::Secret(&[CKK_GENERIC_SECRET], Each(&[20]), Bytes)),
    ];
    let pbkdf2 = CK_PKCS5_PBKD2_PARAMS2 {
        saltSource: CKZ_SALT_SPECIFIED,
        pSaltSourceData: kept(&data(8)).cast(),
        ulSaltSourceDataLen: 8,
        iterations: 10,
        prf: CKP_PKCS5_PBKD2_HMAC_SHA256,
        pPrfData: ptr::null_mut(),
        ulPrfDataLen: 0,
        pPassword: kept(b"password"),
        ulPasswordLen: 8,
    };
    let derived = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)];
    ciphers
        .map(|(kind, keys)| Recipe::new(kind, keys).with(password(kept(&[0; 8]))))
        .into_iter()
        .chain(others.map(|(kind, keys)| Recipe::new(kind, keys).with(password(ptr::null_mut()))))
        .chain([Recipe::new(CKM_PKCS5_PBKD2, SECRETS).with(pbkdf2).template(&derived)])
        .collect()
}
