//! Wrapping by RSA or ECDH and AES at once, through the C interface. The parts are taken apart and opened by the
//! mechanisms that they are made of, which have known answers of their own.

mod common;
mod curves;

use common::*;
use curves::*;
use std::ptr;

/// CK_RSA_AES_KEY_WRAP_PARAMS; it points into the parameters of OAEP.
fn rsa_aes(bits: CK_ULONG, oaep: &CK_RSA_PKCS_OAEP_PARAMS) -> Mech {
    let params = CK_RSA_AES_KEY_WRAP_PARAMS { ulAESKeyBits: bits, pOAEPParams: ptr::from_ref(oaep).cast_mut() };
    mech_params(CKM_RSA_AES_KEY_WRAP, &params)
}

fn oaep(hash: CK_MECHANISM_TYPE, mgf: CK_RSA_PKCS_MGF_TYPE) -> CK_RSA_PKCS_OAEP_PARAMS {
    CK_RSA_PKCS_OAEP_PARAMS {
        hashAlg: hash,
        mgf,
        source: CKZ_DATA_SPECIFIED,
        pSourceData: ptr::null_mut(),
        ulSourceDataLen: 0,
    }
}

/// CK_ECDH_AES_KEY_WRAP_PARAMS; it points into the shared data.
fn ecdh_aes(kind: CK_MECHANISM_TYPE, bits: CK_ULONG, kdf: CK_EC_KDF_TYPE, shared: &[u8]) -> Mech {
    let start = if shared.is_empty() { ptr::null_mut() } else { shared.as_ptr().cast_mut() };
    let params = CK_ECDH_AES_KEY_WRAP_PARAMS {
        ulAESKeyBits: bits,
        kdf,
        ulSharedDataLen: shared.len() as CK_ULONG,
        pSharedData: start,
    };
    mech_params(kind, &params)
}

fn rsa_pair(session: &Session) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    ok(session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &[ulong(CKA_MODULUS_BITS, 2048)], &[]))
}

const OPEN: [fn() -> Attribute; 2] = [|| no(CKA_SENSITIVE), || yes(CKA_EXTRACTABLE)];

fn open() -> Vec<Attribute> {
    OPEN.iter().map(|attribute| attribute()).collect()
}

/// A secret key and a private key to be wrapped, and the templates to unwrap them by.
fn targets(session: &Session) -> Vec<(CK_OBJECT_HANDLE, Vec<Attribute>)> {
    let secret = [vec![class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)], open()].concat();
    let odd = ok(session.create(&[&secret[..], &[bytes(CKA_VALUE, [3; 21])]].concat()));
    let (_, private) = pair(session, CKM_EC_KEY_PAIR_GEN, P384.params);
    let template = [vec![class(CKO_PRIVATE_KEY), key_type(CKK_EC)], open()].concat();
    let rsa = ok(session.generate_pair(
        &mech(CKM_RSA_PKCS_KEY_PAIR_GEN),
        &[ulong(CKA_MODULUS_BITS, 1024)],
        &[yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)],
    ));
    let rsa_template = [vec![class(CKO_PRIVATE_KEY), key_type(CKK_RSA)], open()].concat();
    vec![(odd, secret), (private, template), (rsa.1, rsa_template)]
}

fn aes_key(session: &Session, value: &[u8]) -> CK_OBJECT_HANDLE {
    ok(session.create(&[class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, value), yes(CKA_UNWRAP)]))
}

fn same_key(session: &Session, one: CK_OBJECT_HANDLE, two: CK_OBJECT_HANDLE) {
    let value = |key| session.get(key, CKA_VALUE).or_else(|_| session.get(key, CKA_PRIVATE_EXPONENT));
    assert_eq!(ok(value(one)), ok(value(two)));
}

#[test]
fn rsa_wraps_an_aes_key_that_wraps_the_target() {
    let session = token().user();
    let (public, private) = rsa_pair(&session);
    for (bits, hash, mgf) in [
        (128, CKM_SHA_1, CKG_MGF1_SHA1),
        (192, CKM_SHA256, CKG_MGF1_SHA256),
        (256, CKM_SHA512, CKG_MGF1_SHA1),
        (256, CKM_SHA3_256, CKG_MGF1_SHA3_256),
    ] {
        let oaep = oaep(hash, mgf);
        let mechanism = rsa_aes(bits, &oaep);
        for (target, template) in targets(&session) {
            let wrapped = ok(session.wrap(&mechanism, public, target));
            same_key(&session, ok(session.unwrap(&mechanism, private, &wrapped, &template)), target);
            // By hand.
            let (first, second) = wrapped.split_at(256);
            let aes = ok(session.decrypt(&mech_params(CKM_RSA_PKCS_OAEP, &oaep), private, first));
            assert_eq!(aes.len() as CK_ULONG * 8, bits);
            let aes = aes_key(&session, &aes);
            same_key(&session, ok(session.unwrap(&mech(CKM_AES_KEY_WRAP_KWP), aes, second, &template)), target);
            assert_ne!(ok(session.wrap(&mechanism, public, target)), wrapped, "a fresh key each time");
        }
    }
}

#[test]
fn what_rsa_wrapped_wrongly_is_refused() {
    let session = token().user();
    let (public, private) = rsa_pair(&session);
    let sha256 = oaep(CKM_SHA256, CKG_MGF1_SHA256);
    let mechanism = rsa_aes(256, &sha256);
    let (target, template) = targets(&session).swap_remove(0);
    let wrapped = ok(session.wrap(&mechanism, public, target));
    let unwrap = |mechanism: &Mech, wrapped: &[u8]| session.unwrap(mechanism, private, wrapped, &template);
    for place in [0, 100, 255, 256, 270, wrapped.len() - 1] {
        let mut changed = wrapped.clone();
        changed[place] ^= 0x10;
        refused(unwrap(&mechanism, &changed), CKR_WRAPPED_KEY_INVALID);
    }
    for length in [0, 1, 255, 256, 264, wrapped.len() - 1] {
        refused(unwrap(&mechanism, &wrapped[..length]), CKR_WRAPPED_KEY_LEN_RANGE);
    }
    refused(unwrap(&rsa_aes(128, &sha256), &wrapped), CKR_WRAPPED_KEY_INVALID);
    refused(unwrap(&rsa_aes(256, &oaep(CKM_SHA256, CKG_MGF1_SHA1)), &wrapped), CKR_WRAPPED_KEY_INVALID);

    let nothing = CK_RSA_AES_KEY_WRAP_PARAMS { ulAESKeyBits: 256, pOAEPParams: ptr::null_mut() };
    let no_hash = oaep(CKM_AES_ECB, CKG_MGF1_SHA256);
    for wrong in [
        rsa_aes(0, &sha256),
        rsa_aes(64, &sha256),
        rsa_aes(255, &sha256),
        rsa_aes(CK_ULONG::MAX, &sha256),
        rsa_aes(256, &no_hash),
        mech_params(CKM_RSA_AES_KEY_WRAP, &nothing),
        mech(CKM_RSA_AES_KEY_WRAP),
        mech_bytes(CKM_RSA_AES_KEY_WRAP, &[1; 15]),
    ] {
        refused(session.wrap(&wrong, public, target), CKR_MECHANISM_PARAM_INVALID);
        refused(unwrap(&wrong, &wrapped), CKR_MECHANISM_PARAM_INVALID);
    }
    // A modulus of 1024 bits has no room for an AES key beside SHA-512.
    let size = [ulong(CKA_MODULUS_BITS, 1024)];
    let (small, _) = ok(session.generate_pair(&mech(CKM_RSA_PKCS_KEY_PAIR_GEN), &size, &[]));
    let sha512 = oaep(CKM_SHA512, CKG_MGF1_SHA512);
    refused(session.wrap(&rsa_aes(256, &sha512), small, target), CKR_MECHANISM_PARAM_INVALID);

    let (ec_public, ec_private) = pair(&session, CKM_EC_KEY_PAIR_GEN, P256.params);
    refused(session.wrap(&mechanism, ec_public, target), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
    refused(session.wrap(&mechanism, private, target), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
    refused(session.wrap(&mechanism, CK_INVALID_HANDLE, target), CKR_WRAPPING_KEY_HANDLE_INVALID);
    refused(session.unwrap(&mechanism, ec_private, &wrapped, &template), CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
    refused(session.unwrap(&mechanism, public, &wrapped, &template), CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
    let closed =
        ok(session.create(&[class(CKO_SECRET_KEY), key_type(CKK_AES), bytes(CKA_VALUE, [1; 16]), no(CKA_EXTRACTABLE)]));
    refused(session.wrap(&mechanism, public, closed), CKR_KEY_UNEXTRACTABLE);
    // These are mechanisms of wrapping only.
    refused(session.encrypt_init(&mechanism, public), CKR_MECHANISM_INVALID);
}

/// The AES key that a private key and a transport point give, cut by hand.
fn agreed(
    session: &Session,
    kdf: CK_EC_KDF_TYPE,
    shared: &[u8],
    private: CK_OBJECT_HANDLE,
    point: &[u8],
    length: usize,
) -> Vec<u8> {
    let params = CK_ECDH1_DERIVE_PARAMS {
        kdf,
        ulSharedDataLen: shared.len() as CK_ULONG,
        pSharedData: if shared.is_empty() { ptr::null_mut() } else { shared.as_ptr().cast_mut() },
        ulPublicDataLen: point.len() as CK_ULONG,
        pPublicData: point.as_ptr().cast_mut(),
    };
    let mut template = open();
    if kdf != CKD_NULL {
        template.push(ulong(CKA_VALUE_LEN, length as CK_ULONG));
    }
    let key = ok(session.derive(&mech_params(CKM_ECDH1_DERIVE, &params), private, &template));
    ok(session.get(key, CKA_VALUE))[..length].to_vec()
}

#[test]
fn ecdh_agrees_on_an_aes_key_that_wraps_the_target() {
    let session = token().user();
    let weierstrass = CURVES.iter().flat_map(|curve| {
        [CKM_ECDH_AES_KEY_WRAP, CKM_ECDH_COF_AES_KEY_WRAP]
            .map(|kind| (kind, CKM_EC_KEY_PAIR_GEN, curve.params, octets(&vec![0; 1 + 2 * curve.length]).len()))
    });
    let montgomery = [(X25519, 32), (X448, 56)].into_iter().flat_map(|(params, length)| {
        [CKM_ECDH_AES_KEY_WRAP, CKM_ECDH_X_AES_KEY_WRAP]
            .map(|kind| (kind, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, params, length))
    });
    let targets = targets(&session);
    for (kind, generator, params, length) in weierstrass.chain(montgomery) {
        let (public, private) = pair(&session, generator, params);
        for (bits, kdf, shared) in [
            (128, CKD_NULL, &b""[..]),
            (192, CKD_NULL, b""),
            (256, CKD_SHA256_KDF, b"shared"),
            (256, CKD_SHA1_KDF_SP800, b""),
            (192, CKD_BLAKE2B_256_KDF, b"shared"),
        ] {
            let mechanism = ecdh_aes(kind, bits, kdf, shared);
            for (target, template) in &targets[..2] {
                let wrapped = ok(session.wrap(&mechanism, public, *target));
                same_key(&session, ok(session.unwrap(&mechanism, private, &wrapped, template)), *target);
                let (first, second) = wrapped.split_at(length);
                let aes = agreed(&session, kdf, shared, private, first, bits as usize / 8);
                let aes = aes_key(&session, &aes);
                same_key(&session, ok(session.unwrap(&mech(CKM_AES_KEY_WRAP_KWP), aes, second, template)), *target);
            }
        }
    }
}

#[test]
fn what_ecdh_wrapped_wrongly_is_refused() {
    let session = token().user();
    let (target, template) = targets(&session).swap_remove(0);
    for (kind, generator, params, length) in [
        (CKM_ECDH_COF_AES_KEY_WRAP, CKM_EC_KEY_PAIR_GEN, P256.params, 67),
        (CKM_ECDH_X_AES_KEY_WRAP, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X25519, 32),
    ] {
        let (public, private) = pair(&session, generator, params);
        let mechanism = ecdh_aes(kind, 256, CKD_SHA256_KDF, b"shared");
        let wrapped = ok(session.wrap(&mechanism, public, target));
        let unwrap = |mechanism: &Mech, wrapped: &[u8]| session.unwrap(mechanism, private, wrapped, &template);
        for place in [5, length - 1, length, wrapped.len() - 1] {
            let mut changed = wrapped.clone();
            changed[place] ^= 1;
            refused(unwrap(&mechanism, &changed), CKR_WRAPPED_KEY_INVALID);
        }
        for cut in [0, 1, 31, length, length + 8, wrapped.len() - 1] {
            refused(unwrap(&mechanism, &wrapped[..cut]), CKR_WRAPPED_KEY_LEN_RANGE);
        }
        let zeros = [&vec![0; length][..], &wrapped[length..]].concat();
        refused(unwrap(&mechanism, &zeros), CKR_WRAPPED_KEY_INVALID);
        for other in [
            ecdh_aes(kind, 128, CKD_SHA256_KDF, b"shared"),
            ecdh_aes(kind, 256, CKD_SHA256_KDF, b"Shared"),
            ecdh_aes(kind, 256, CKD_NULL, b""),
        ] {
            refused(unwrap(&other, &wrapped), CKR_WRAPPED_KEY_INVALID);
        }
        for wrong in [
            ecdh_aes(kind, 0, CKD_SHA256_KDF, b""),
            ecdh_aes(kind, 257, CKD_SHA256_KDF, b""),
            ecdh_aes(kind, 256, CKD_NULL, b"shared"),
            ecdh_aes(kind, 256, 0xff, b""),
            mech(kind),
            mech_bytes(kind, &[0; 8]),
        ] {
            refused(session.wrap(&wrong, public, target), CKR_MECHANISM_PARAM_INVALID);
            refused(unwrap(&wrong, &wrapped), CKR_MECHANISM_PARAM_INVALID);
        }
        refused(session.wrap(&mechanism, private, target), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
        refused(session.unwrap(&mechanism, public, &wrapped, &template), CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
        let other = if kind == CKM_ECDH_X_AES_KEY_WRAP { CKM_ECDH_COF_AES_KEY_WRAP } else { CKM_ECDH_X_AES_KEY_WRAP };
        let other = ecdh_aes(other, 256, CKD_SHA256_KDF, b"shared");
        refused(session.wrap(&other, public, target), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
        let (closed, _) =
            ok(session.generate_pair(&mech(generator), &[bytes(CKA_EC_PARAMS, params), no(CKA_WRAP)], &[]));
        refused(session.wrap(&mechanism, closed, target), CKR_KEY_FUNCTION_NOT_PERMITTED);
    }
    // A secret of 24 bytes is no AES key of 32.
    let (public, _) = pair(&session, CKM_EC_KEY_PAIR_GEN, P192.params);
    let mechanism = ecdh_aes(CKM_ECDH_COF_AES_KEY_WRAP, 256, CKD_NULL, b"");
    refused(session.wrap(&mechanism, public, target), CKR_MECHANISM_PARAM_INVALID);
}

#[test]
fn information_says_what_the_mechanisms_take() {
    let token = token();
    let forms = CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME | CKF_EC_UNCOMPRESS | CKF_EC_COMPRESS;
    let wraps = CKF_WRAP | CKF_UNWRAP;
    for (kind, min, max, flags) in [
        (CKM_RSA_AES_KEY_WRAP, 1024, 8192, wraps),
        (CKM_ECDH_AES_KEY_WRAP, 192, 521, forms | wraps),
        (CKM_ECDH_COF_AES_KEY_WRAP, 192, 521, forms | wraps),
        (CKM_ECDH_X_AES_KEY_WRAP, 255, 448, forms | wraps),
    ] {
        let mut info = CK_MECHANISM_INFO { ulMinKeySize: 0, ulMaxKeySize: 0, flags: 0 };
        // SAFETY: a place for the information.
        ok(result(unsafe { f().C_GetMechanismInfo.unwrap()(token.slot, kind, &mut info) }));
        assert_eq!((info.ulMinKeySize, info.ulMaxKeySize, info.flags), (min, max, flags));
    }
}
