//! Derivations: `openssl kdf`.

use crate::curves::Files;
use crate::*;
use std::ptr;

fn seen(length: usize) -> Vec<Attribute> {
    vec![
        class(CKO_SECRET_KEY),
        key_type(CKK_GENERIC_SECRET),
        ulong(CKA_VALUE_LEN, length as CK_ULONG),
        no(CKA_SENSITIVE),
        yes(CKA_EXTRACTABLE),
    ]
}

const HASHES: [(CK_MECHANISM_TYPE, CK_MECHANISM_TYPE, CK_ULONG, &str); 5] = [
    (CKM_SHA_1, CKM_SHA_1_HMAC, CKP_PKCS5_PBKD2_HMAC_SHA1, "SHA1"),
    (CKM_SHA224, CKM_SHA224_HMAC, CKP_PKCS5_PBKD2_HMAC_SHA224, "SHA224"),
    (CKM_SHA256, CKM_SHA256_HMAC, CKP_PKCS5_PBKD2_HMAC_SHA256, "SHA256"),
    (CKM_SHA384, CKM_SHA384_HMAC, CKP_PKCS5_PBKD2_HMAC_SHA384, "SHA384"),
    (CKM_SHA512, CKM_SHA512_HMAC, CKP_PKCS5_PBKD2_HMAC_SHA512, "SHA512"),
];

#[test]
fn keys_of_secrets_and_of_passwords_are_the_same() {
    let (s, files) = (token().user(), Files::new());
    let (base, salt, info) = (data(40), data(20), b"label");
    let kdf = |length: usize, options: &str, name: &str| {
        files.openssl_must(&format!("kdf -keylen {length} {options} -binary {name}"))
    };
    let key = secret(&s, CKK_GENERIC_SECRET, &base);
    let value = |made| ok(s.get(ok(made), CKA_VALUE));
    for (hash, hmac, prf, name) in HASHES {
        for length in [10, 32, 100] {
            let secret = format!("-kdfopt digest:{name} -kdfopt hexkey:{}", digits(&base));
            let hkdf = CK_HKDF_PARAMS {
                bExtract: CK_TRUE,
                bExpand: CK_TRUE,
                prfHashMechanism: hash,
                ulSaltType: CKF_HKDF_SALT_DATA,
                pSalt: kept(&salt),
                ulSaltLen: salt.len() as CK_ULONG,
                hSaltKey: CK_INVALID_HANDLE,
                pInfo: kept(info),
                ulInfoLen: info.len() as CK_ULONG,
            };
            let options = format!("{secret} -kdfopt hexsalt:{} -kdfopt info:label", digits(&salt));
            let ours = value(s.derive(&mech_params(CKM_HKDF_DERIVE, &hkdf), key, &seen(length)));
            assert_eq!(ours, kdf(length, &options, "HKDF"), "HKDF, {name}");

            let ours = value(s.derive(&counter_mode(hmac, b"label", b"context"), key, &seen(length)));
            let options = format!("{secret} -kdfopt mac:HMAC -kdfopt salt:label -kdfopt info:context");
            assert_eq!(ours, kdf(length, &options, "KBKDF"), "KBKDF, {name}");

            // KBKDF takes none, or one as long as the digest.
            let iv = if length == 10 { Vec::new() } else { ok(s.digest(&mech(hash), b"")) };
            let ours = value(s.derive(&feedback_mode(hmac, b"label", b"context", &iv), key, &seen(length)));
            let seed = if iv.is_empty() { String::new() } else { format!(" -kdfopt hexseed:{}", digits(&iv)) };
            let options = format!("{options} -kdfopt mode:FEEDBACK{seed}");
            assert_eq!(ours, kdf(length, &options, "KBKDF"), "KBKDF with feedback, {name}");

            let pbkdf2 = CK_PKCS5_PBKD2_PARAMS2 {
                saltSource: CKZ_SALT_SPECIFIED,
                pSaltSourceData: kept(&salt).cast(),
                ulSaltSourceDataLen: salt.len() as CK_ULONG,
                iterations: 1000,
                prf,
                pPrfData: ptr::null_mut(),
                ulPrfDataLen: 0,
                pPassword: kept(b"password"),
                ulPasswordLen: 8,
            };
            // Without the checks of SP 800-132, which want long keys.
            let options = format!(
                "-kdfopt digest:{name} -kdfopt pass:password -kdfopt hexsalt:{} -kdfopt iter:1000 -kdfopt pkcs5:1",
                digits(&salt)
            );
            let ours = value(s.generate(&mech_params(CKM_PKCS5_PBKD2, &pbkdf2), &seen(length)));
            assert_eq!(ours, kdf(length, &options, "PBKDF2"), "PBKDF2, {name}");
        }
    }
}

/// The function with AES-CMAC in the place of HMAC.
#[test]
fn keys_of_ciphers_are_the_same() {
    let (s, files) = (token().user(), Files::new());
    for (length, cipher) in [(16, "AES-128-CBC"), (24, "AES-192-CBC"), (32, "AES-256-CBC")] {
        let value = data(length);
        let key = secret(&s, CKK_AES, &value);
        let options = format!("-kdfopt mac:CMAC -kdfopt cipher:{cipher} -kdfopt hexkey:{}", digits(&value));
        let options = format!("{options} -kdfopt salt:label -kdfopt info:context");
        let theirs = files.openssl_must(&format!("kdf -keylen 40 {options} -binary KBKDF"));
        let ours = ok(s.derive(&counter_mode(CKM_AES_CMAC, b"label", b"context"), key, &seen(40)));
        assert_eq!(ok(s.get(ours, CKA_VALUE)), theirs, "{cipher}");
    }
}

/// SP 800-108 in counter mode as KBKDF has it: a counter of 32 bits, the label, a zero, the context, the length in bits.
fn counter_mode(prf: CK_MECHANISM_TYPE, label: &[u8], context: &[u8]) -> Mech {
    let fields = kbkdf_fields(&[CK_SP800_108_ITERATION_VARIABLE], label, context);
    mech_params(
        CKM_SP800_108_COUNTER_KDF,
        &CK_SP800_108_KDF_PARAMS {
            prfType: prf,
            ulNumberOfDataParams: fields.len() as CK_ULONG,
            pDataParams: fields.as_mut_ptr(),
            ulAdditionalDerivedKeys: 0,
            pAdditionalDerivedKeys: ptr::null_mut(),
        },
    )
}

/// With feedback, the same after what came last.
fn feedback_mode(prf: CK_MECHANISM_TYPE, label: &[u8], context: &[u8], iv: &[u8]) -> Mech {
    let fields = kbkdf_fields(&[CK_SP800_108_ITERATION_VARIABLE, CK_SP800_108_COUNTER], label, context);
    // Not a counter here: what came last has no format.
    fields[0].pValue = ptr::null_mut();
    fields[0].ulValueLen = 0;
    mech_params(
        CKM_SP800_108_FEEDBACK_KDF,
        &CK_SP800_108_FEEDBACK_KDF_PARAMS {
            prfType: prf,
            ulNumberOfDataParams: fields.len() as CK_ULONG,
            pDataParams: fields.as_mut_ptr(),
            ulIVLen: iv.len() as CK_ULONG,
            pIV: if iv.is_empty() { ptr::null_mut() } else { kept(iv) },
            ulAdditionalDerivedKeys: 0,
            pAdditionalDerivedKeys: ptr::null_mut(),
        },
    )
}

/// Fields that have the format of the counter, then the others of KBKDF.
fn kbkdf_fields(counters: &[CK_PRF_DATA_TYPE], label: &[u8], context: &[u8]) -> &'static mut [CK_PRF_DATA_PARAM] {
    let counter = Box::leak(Box::new(CK_SP800_108_COUNTER_FORMAT { bLittleEndian: CK_FALSE, ulWidthInBits: 32 }));
    let length = Box::leak(Box::new(CK_SP800_108_DKM_LENGTH_FORMAT {
        dkmLengthMethod: CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS,
        bLittleEndian: CK_FALSE,
        ulWidthInBits: 32,
    }));
    let middle = [label, &[0], context].concat();
    let field = |kind, value: *mut u8, length: usize| CK_PRF_DATA_PARAM {
        type_: kind,
        pValue: value.cast(),
        ulValueLen: length as CK_ULONG,
    };
    let counter =
        |kind: &CK_PRF_DATA_TYPE| field(*kind, ptr::from_mut(counter).cast(), size_of::<CK_SP800_108_COUNTER_FORMAT>());
    let mut fields: Vec<_> = counters.iter().map(counter).collect();
    fields.push(field(CK_SP800_108_BYTE_ARRAY, kept(&middle), middle.len()));
    let size = size_of::<CK_SP800_108_DKM_LENGTH_FORMAT>();
    fields.push(field(CK_SP800_108_DKM_LENGTH, ptr::from_mut(length).cast(), size));
    fields.leak()
}

/// The pseudo-random function of TLS 1.2: the master secret, and keys for others.
#[test]
fn the_function_of_tls_is_the_same() {
    let (s, files) = (token().user(), Files::new());
    let (base, client, server) = (data(48), data(32), [7; 32]);
    let key = secret(&s, CKK_GENERIC_SECRET, &base);
    let randoms = CK_SSL3_RANDOM_DATA {
        pClientRandom: kept(&client),
        ulClientRandomLen: 32,
        pServerRandom: kept(&server),
        ulServerRandomLen: 32,
    };
    for (hash, _, _, name) in &HASHES[2..4] {
        let prf = |length: usize, label: &str| {
            let seed = digits(&[label.as_bytes(), &client, &server].concat());
            let options = format!("-kdfopt digest:{name} -kdfopt hexsecret:{} -kdfopt hexseed:{seed}", digits(&base));
            files.openssl_must(&format!("kdf -keylen {length} {options} -binary TLS1-PRF"))
        };
        let master = CK_TLS12_MASTER_KEY_DERIVE_PARAMS {
            RandomInfo: randoms,
            pVersion: ptr::null_mut(),
            prfHashMechanism: *hash,
        };
        let made = ok(s.derive(&mech_params(CKM_TLS12_MASTER_KEY_DERIVE_DH, &master), key, &seen(48)));
        assert_eq!(ok(s.get(made, CKA_VALUE)), prf(48, "master secret"), "{name}");
        let exporter = CK_TLS_KDF_PARAMS {
            prfMechanism: *hash,
            pLabel: kept(b"EXPERIMENTAL"),
            ulLabelLength: 12,
            RandomInfo: randoms,
            pContextData: ptr::null_mut(),
            ulContextDataLength: 0,
        };
        let made = ok(s.derive(&mech_params(CKM_TLS12_KDF, &exporter), key, &seen(70)));
        assert_eq!(ok(s.get(made, CKA_VALUE)), prf(70, "EXPERIMENTAL"), "{name}");
    }
}
