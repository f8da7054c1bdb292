use crate::cases::*;
use std::ptr;

const COUNTER: CK_MECHANISM_TYPE = CKM_SP800_108_COUNTER_KDF;
const FEEDBACK: CK_MECHANISM_TYPE = CKM_SP800_108_FEEDBACK_KDF;
const PIPELINE: CK_MECHANISM_TYPE = CKM_SP800_108_DOUBLE_PIPELINE_KDF;

/// A field of the input.
enum Field {
    Iteration,
    Counting(CK_SP800_108_COUNTER_FORMAT),
    Counter(CK_SP800_108_COUNTER_FORMAT),
    Length(CK_SP800_108_DKM_LENGTH_FORMAT),
    Bytes(Vec<u8>),
    Key(CK_OBJECT_HANDLE),
    Other(CK_PRF_DATA_PARAM),
}

fn big(bits: CK_ULONG) -> CK_SP800_108_COUNTER_FORMAT {
    CK_SP800_108_COUNTER_FORMAT { bLittleEndian: CK_FALSE, ulWidthInBits: bits }
}

fn counting(bits: CK_ULONG) -> Field {
    Field::Counting(big(bits))
}

fn field<T>(kind: CK_PRF_DATA_TYPE, value: &T) -> CK_PRF_DATA_PARAM {
    CK_PRF_DATA_PARAM {
        type_: kind,
        pValue: ptr::from_ref(value).cast_mut().cast(),
        ulValueLen: size_of::<T>() as CK_ULONG,
    }
}

impl Field {
    fn raw(&self) -> CK_PRF_DATA_PARAM {
        match self {
            Self::Iteration => {
                CK_PRF_DATA_PARAM { type_: CK_SP800_108_ITERATION_VARIABLE, pValue: ptr::null_mut(), ulValueLen: 0 }
            }
            Self::Counting(format) => field(CK_SP800_108_ITERATION_VARIABLE, format),
            Self::Counter(format) => field(CK_SP800_108_COUNTER, format),
            Self::Length(format) => field(CK_SP800_108_DKM_LENGTH, format),
            Self::Bytes(bytes) => CK_PRF_DATA_PARAM {
                type_: CK_SP800_108_BYTE_ARRAY,
                pValue: start(bytes).cast(),
                ulValueLen: bytes.len() as CK_ULONG,
            },
            Self::Key(handle) => field(CK_SP800_108_KEY_HANDLE, handle),
            Self::Other(raw) => *raw,
        }
    }
}

/// A derivation with additional keys: the handle of the call, those of the additional keys.
fn derive(
    session: &Session,
    kind: CK_MECHANISM_TYPE,
    prf: CK_MECHANISM_TYPE,
    fields: &[Field],
    iv: &[u8],
    base: CK_OBJECT_HANDLE,
    templates: &[Vec<Attribute>],
) -> (Result<(), CK_RV>, Vec<CK_OBJECT_HANDLE>) {
    let raw: Vec<CK_PRF_DATA_PARAM> = fields.iter().map(Field::raw).collect();
    let templates: Vec<Template> = templates.iter().map(|template| Template::new(template)).collect();
    let mut handles = vec![UNTOUCHED; templates.len()];
    let (first, others) = handles.split_first_mut().unwrap();
    let keys: Vec<CK_DERIVED_KEY> = others
        .iter_mut()
        .zip(&templates[1..])
        .map(|(handle, template)| CK_DERIVED_KEY {
            pTemplate: template.list(),
            ulAttributeCount: template.count(),
            phKey: handle,
        })
        .collect();
    let fields = if raw.is_empty() { ptr::null_mut() } else { raw.as_ptr().cast_mut() };
    let list = if keys.is_empty() { ptr::null_mut() } else { keys.as_ptr().cast_mut() };
    let mechanism = if kind == FEEDBACK {
        mech_params(
            kind,
            &CK_SP800_108_FEEDBACK_KDF_PARAMS {
                prfType: prf,
                ulNumberOfDataParams: raw.len() as CK_ULONG,
                pDataParams: fields,
                ulIVLen: iv.len() as CK_ULONG,
                pIV: start(iv),
                ulAdditionalDerivedKeys: keys.len() as CK_ULONG,
                pAdditionalDerivedKeys: list,
            },
        )
    } else {
        mech_params(
            kind,
            &CK_SP800_108_KDF_PARAMS {
                prfType: prf,
                ulNumberOfDataParams: raw.len() as CK_ULONG,
                pDataParams: fields,
                ulAdditionalDerivedKeys: keys.len() as CK_ULONG,
                pAdditionalDerivedKeys: list,
            },
        )
    };
    let (list, count) = (templates[0].list(), templates[0].count());
    // SAFETY: a mechanism, a template and a place for the handle.
    let code = unsafe { f().C_DeriveKey.unwrap()(session.handle, &mut mechanism.raw(), base, list, count, first) };
    (result(code), handles)
}

/// What a place holds before the call.
const UNTOUCHED: CK_OBJECT_HANDLE = 0xdead_beef;

/// One key that everybody may see.
fn one(
    session: &Session,
    kind: CK_MECHANISM_TYPE,
    prf: CK_MECHANISM_TYPE,
    fields: &[Field],
    iv: &[u8],
    base: CK_OBJECT_HANDLE,
    length: usize,
) -> Result<Vec<u8>, CK_RV> {
    let (code, handles) = derive(session, kind, prf, fields, iv, base, &[seen_of(length)]);
    code?;
    let value = session.get(handles[0], CKA_VALUE);
    ok(session.destroy(handles[0]));
    value
}

#[test]
fn nist_agrees() {
    let session = token().user();
    let mut count = 0;
    for row in rows(include_str!("vectors/sp800_108.tsv")) {
        let [mode, prf, location, bits, key, iv, before, after, output] = row[..] else { panic!("{row:?}") };
        let (kind, prf) = (
            match mode {
                "counter" => COUNTER,
                "feedback" => FEEDBACK,
                _ => PIPELINE,
            },
            match prf {
                "HMAC_SHA1" => CKM_SHA_1_HMAC,
                "HMAC_SHA224" => CKM_SHA224_HMAC,
                "HMAC_SHA256" => CKM_SHA256_HMAC,
                "HMAC_SHA384" => CKM_SHA384_HMAC,
                "HMAC_SHA512" => CKM_SHA512_HMAC,
                "CMAC_TDES2" | "CMAC_TDES3" => CKM_DES3_CMAC,
                _ => CKM_AES_CMAC,
            },
        );
        let mut key = hex(key);
        let key_type = match (prf, key.len()) {
            (CKM_AES_CMAC, _) => CKK_AES,
            (CKM_DES3_CMAC, 16) => CKK_DES2,
            (CKM_DES3_CMAC, _) => CKK_DES3,
            _ => CKK_GENERIC_SECRET,
        };
        if prf == CKM_DES3_CMAC {
            // NIST's keys have no parity, and the token's need it; the cipher takes no notice of it.
            key.iter_mut().for_each(|byte| *byte ^= u8::from(byte.count_ones() % 2 == 0));
        }
        let base = open_of(&session, key_type, &key);
        let counter = || {
            let format = big(bits.parse().unwrap());
            if kind == COUNTER { Field::Counting(format) } else { Field::Counter(format) }
        };
        let fixed = || Field::Bytes(hex(after));
        let fields = match (location, kind) {
            ("BEFORE_FIXED", _) => vec![counter(), fixed()],
            ("AFTER_FIXED", COUNTER) => vec![fixed(), counter()],
            ("MIDDLE_FIXED", _) => vec![Field::Bytes(hex(before)), counter(), fixed()],
            ("BEFORE_ITER", _) => vec![counter(), Field::Iteration, fixed()],
            ("AFTER_ITER", _) => vec![Field::Iteration, counter(), fixed()],
            ("AFTER_FIXED", _) => vec![Field::Iteration, fixed(), counter()],
            ("", _) => vec![Field::Iteration, fixed()],
            other => panic!("{other:?}"),
        };
        let output = hex(output);
        assert_eq!(ok(one(&session, kind, prf, &fields, &hex(iv), base, output.len())), output, "{row:?}");
        ok(session.destroy(base));
        count += 1;
    }
    assert_eq!(count, 410);
}

/// NIST's vectors have no SHA-3, and fix the order of all that is fixed: here the definition is followed with the token's
/// own HMAC, which has its own vectors.
#[test]
fn the_input_is_what_the_fields_say() {
    let session = token().user();
    let base = open(&session, &[7; 32]);
    let other = open(&session, b"another key");
    for (prf, size) in [
        (CKM_SHA3_224_HMAC, 28),
        (CKM_SHA3_256_HMAC, 32),
        (CKM_SHA3_384_HMAC, 48),
        (CKM_SHA3_512_HMAC, 64),
        (CKM_SHA256_HMAC, 32),
    ] {
        for (method, bits) in [
            (CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, 8 * (size + 3)),
            (CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS, 8 * 2 * size),
        ] {
            let fields = [
                Field::Length(CK_SP800_108_DKM_LENGTH_FORMAT {
                    dkmLengthMethod: method,
                    bLittleEndian: CK_FALSE,
                    ulWidthInBits: 64,
                }),
                Field::Bytes(b"label".to_vec()),
                Field::Counting(CK_SP800_108_COUNTER_FORMAT { bLittleEndian: CK_TRUE, ulWidthInBits: 24 }),
                Field::Key(other),
                Field::Bytes(vec![0]),
                Field::Key(base),
            ];
            let mut expected = Vec::new();
            for counter in 1..=2 {
                let input =
                    [&(bits as u64).to_be_bytes()[..], b"label", &[counter, 0, 0], b"another key", &[0], &[7; 32]];
                expected.extend(ok(session.sign(&mech(prf), base, &input.concat())));
            }
            expected.truncate(size + 3);
            assert_eq!(ok(one(&session, COUNTER, prf, &fields, &[], base, size + 3)), expected);
        }
    }
}

/// The example of "Deriving Additional Keys": three segments, of which the first key has one and a half.
#[test]
fn no_two_keys_share_a_segment() {
    let session = token().user();
    let base = open(&session, &[7; 32]);
    let fields = || [counting(32), Field::Bytes(b"fixed".to_vec())];
    let all = ok(one(&session, COUNTER, CKM_SHA256_HMAC, &fields(), &[], base, 7 * 32));
    let aes = [seen_of(16), vec![key_type(CKK_AES), text(CKA_LABEL, "second")]].concat();
    let templates = [seen_of(48), aes, seen_of(1), seen_of(65)];
    let (code, handles) = derive(&session, COUNTER, CKM_SHA256_HMAC, &fields(), &[], base, &templates);
    ok(code);
    let values = handles.iter().map(|handle| ok(session.get(*handle, CKA_VALUE)));
    assert_eq!(values.collect::<Vec<_>>(), [&all[..48], &all[64..80], &all[96..97], &all[128..193]]);
    assert_eq!(ok(session.get_ulong(handles[1], CKA_KEY_TYPE)), CKK_AES);
    assert_eq!(ok(session.get(handles[1], CKA_LABEL)), b"second");
    for kind in [FEEDBACK, PIPELINE] {
        let fields = || [Field::Iteration, Field::Bytes(b"fixed".to_vec())];
        let all = ok(one(&session, kind, CKM_SHA256_HMAC, &fields(), b"", base, 64));
        let (code, handles) =
            derive(&session, kind, CKM_SHA256_HMAC, &fields(), b"", base, &[seen_of(16), seen_of(32)]);
        ok(code);
        assert_eq!(ok(session.get(handles[0], CKA_VALUE)), all[..16]);
        assert_eq!(ok(session.get(handles[1], CKA_VALUE)), all[32..]);
    }
}

/// The length of all keys: 512 bits for the keys of the example, 768 for their segments.
#[test]
fn the_length_is_that_of_all_keys() {
    let session = token().user();
    let base = open(&session, &[7; 32]);
    for (method, bits) in [(CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS, 512), (CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS, 768)] {
        let length =
            CK_SP800_108_DKM_LENGTH_FORMAT { dkmLengthMethod: method, bLittleEndian: CK_TRUE, ulWidthInBits: 16 };
        let fields = [counting(8), Field::Length(length)];
        let (code, handles) =
            derive(&session, COUNTER, CKM_SHA256_HMAC, &fields, &[], base, &[seen_of(48), seen_of(16)]);
        ok(code);
        let fields = [counting(8), Field::Bytes(u16::to_le_bytes(bits).to_vec())];
        let all = ok(one(&session, COUNTER, CKM_SHA256_HMAC, &fields, &[], base, 96));
        assert_eq!(ok(session.get(handles[1], CKA_VALUE)), all[64..80]);
    }
}

#[test]
fn all_keys_are_made_or_none() {
    let session = token().user();
    let base = open(&session, &[7; 32]);
    let before = count(&session);
    let bad: [(Vec<Attribute>, CK_RV); 6] = [
        (vec![no(CKA_SENSITIVE)], CKR_TEMPLATE_INCOMPLETE),
        (vec![class(CKO_PRIVATE_KEY), ulong(CKA_VALUE_LEN, 16)], CKR_TEMPLATE_INCONSISTENT),
        (vec![yes(CKA_LOCAL), ulong(CKA_VALUE_LEN, 16)], CKR_ATTRIBUTE_READ_ONLY),
        (vec![bytes(CKA_TOKEN, b"no"), ulong(CKA_VALUE_LEN, 16)], CKR_ATTRIBUTE_VALUE_INVALID),
        (vec![key_type(CKK_AES), ulong(CKA_VALUE_LEN, 17)], CKR_ATTRIBUTE_VALUE_INVALID),
        (vec![ulong(CKA_VALUE_LEN, 0)], CKR_KEY_SIZE_RANGE),
    ];
    for (template, expected) in bad {
        for place in 0..3 {
            let mut templates = vec![seen_of(16); 3];
            templates[place] = template.clone();
            let fields = [counting(32)];
            let (code, handles) = derive(&session, COUNTER, CKM_SHA256_HMAC, &fields, &[], base, &templates);
            refused(code, expected);
            let mut marked = [UNTOUCHED; 3];
            marked[place] = CK_INVALID_HANDLE;
            assert_eq!(handles, marked, "the place of the wrong template is marked");
            assert_eq!(count(&session), before);
        }
    }
    // What is wrong with the parameter marks nothing.
    let (code, handles) = derive(&session, COUNTER, CKM_SHA256_HMAC, &[], &[], base, &[seen_of(16), seen_of(16)]);
    refused(code, CKR_MECHANISM_PARAM_INVALID);
    assert_eq!(handles, [UNTOUCHED; 2]);
}

#[test]
fn secrecy_comes_from_base_and_ingredients() {
    let session = token().user();
    let visible = open(&session, &[7; 32]);
    let template = [ulong(CKA_VALUE_LEN, 32), yes(CKA_DERIVE), yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)];
    let always = ok(session.generate(&mech(CKM_GENERIC_SECRET_KEY_GEN), &template));
    let plain = vec![ulong(CKA_VALUE_LEN, 16)];
    for (base, other) in [(visible, always), (always, visible), (always, always)] {
        let fields = || [counting(32), Field::Key(other)];
        let open_too = [plain.clone(), seen_of(16)];
        let (code, _) = derive(&session, COUNTER, CKM_SHA256_HMAC, &fields(), &[], base, &open_too);
        refused(code, CKR_TEMPLATE_INCONSISTENT);
        let both = [plain.clone(), plain.clone()];
        let (code, handles) = derive(&session, COUNTER, CKM_SHA256_HMAC, &fields(), &[], base, &both);
        ok(code);
        for handle in handles {
            assert!(ok(session.get_bool(handle, CKA_SENSITIVE)) && !ok(session.get_bool(handle, CKA_EXTRACTABLE)));
            // "If the base key or any of the additional input keys …"
            assert!(ok(session.get_bool(handle, CKA_ALWAYS_SENSITIVE)));
            assert!(ok(session.get_bool(handle, CKA_NEVER_EXTRACTABLE)));
        }
    }
    let fields = [counting(32)];
    let short = [vec![ulong(CKA_VALUE_LEN, 13)]];
    refused(derive(&session, COUNTER, CKM_SHA256_HMAC, &fields, &[], always, &short).0, CKR_KEY_SIZE_RANGE);
}

#[test]
fn what_does_not_fit_is_refused() {
    let session = token().user();
    let base = open(&session, &[7; 32]);
    let invalid = CKR_MECHANISM_PARAM_INVALID;
    let try_it = |kind, prf, fields: &[Field], length| one(&session, kind, prf, fields, &[], base, length);
    let length = |method, bits| {
        Field::Length(CK_SP800_108_DKM_LENGTH_FORMAT {
            dkmLengthMethod: method,
            bLittleEndian: CK_FALSE,
            ulWidthInBits: bits,
        })
    };
    let sum = CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS;
    let null = |kind, size| Field::Other(CK_PRF_DATA_PARAM { type_: kind, pValue: ptr::null_mut(), ulValueLen: size });
    // The fields of the counter mode.
    for fields in [
        vec![],
        vec![Field::Bytes(vec![1])],
        vec![Field::Iteration],
        vec![counting(32), counting(32)],
        vec![counting(32), Field::Counter(big(32))],
        vec![counting(0)],
        vec![counting(12)],
        vec![counting(40)],
        vec![counting(CK_ULONG::MAX)],
        vec![counting(32), length(sum, 64), length(sum, 64)],
        vec![counting(32), length(3, 64)],
        vec![counting(32), length(sum, 8), Field::Bytes(vec![1])],
        vec![counting(32), length(sum, 65)],
        vec![counting(32), Field::Bytes(vec![])],
        vec![counting(32), null(CK_SP800_108_BYTE_ARRAY, 1)],
        vec![counting(32), null(CK_SP800_108_DKM_LENGTH, 24)],
        vec![counting(32), null(CK_SP800_108_KEY_HANDLE, 8)],
        vec![counting(32), null(6, 0)],
        vec![null(CK_SP800_108_ITERATION_VARIABLE, 16)],
    ] {
        refused(try_it(COUNTER, CKM_SHA256_HMAC, &fields, 33), invalid);
    }
    // Those of the other two.
    for kind in [FEEDBACK, PIPELINE] {
        for fields in [
            vec![counting(32)],
            vec![Field::Iteration, Field::Iteration],
            vec![Field::Counter(big(32))],
            vec![Field::Iteration, Field::Counter(big(32)), Field::Counter(big(32))],
            vec![Field::Iteration, Field::Counter(big(40))],
        ] {
            refused(try_it(kind, CKM_SHA256_HMAC, &fields, 32), invalid);
        }
    }
    // The counter must not overflow.
    ok(try_it(COUNTER, CKM_SHA256_HMAC, &[counting(8)], 255 * 32));
    refused(try_it(COUNTER, CKM_SHA256_HMAC, &[counting(8)], 255 * 32 + 1), invalid);
    for prf in [CKM_MD5_HMAC, CKM_SHA512_256_HMAC, CKM_SHA256, CKM_SHA256_HMAC_GENERAL, CKM_AES_CMAC_GENERAL, 0] {
        refused(try_it(COUNTER, prf, &[counting(32)], 32), invalid);
    }
    for prf in [CKM_AES_CMAC, CKM_DES3_CMAC] {
        refused(try_it(COUNTER, prf, &[counting(32)], 32), CKR_KEY_TYPE_INCONSISTENT);
    }
    for length in [0, 65_537, usize::MAX] {
        refused(try_it(COUNTER, CKM_SHA256_HMAC, &[counting(32)], length), CKR_KEY_SIZE_RANGE);
    }
    refused(try_it(COUNTER, CKM_SHA256_HMAC, &[counting(32), Field::Key(base + 1000)], 32), CKR_KEY_HANDLE_INVALID);
    for kind in [COUNTER, FEEDBACK, PIPELINE] {
        refused(session.derive(&mech(kind), base, &seen_of(32)), invalid);
        refused(session.derive(&mech_bytes(kind, &[0; 41]), base, &seen_of(32)), invalid);
        assert_eq!(info(&session, kind), (8, 8 * 65_536, CKF_DERIVE));
    }
}

#[test]
fn wrong_lists_are_refused() {
    let session = token().user();
    let base = open(&session, &[7; 32]);
    let format = big(32);
    let iteration = field(CK_SP800_108_ITERATION_VARIABLE, &format);
    let attributes = seen_of(32);
    let template = Template::new(&attributes);
    let mut handle = UNTOUCHED;
    let key = CK_DERIVED_KEY { pTemplate: template.list(), ulAttributeCount: template.count(), phKey: &mut handle };
    let nowhere = CK_DERIVED_KEY { phKey: ptr::null_mut(), ..key };
    let untold = CK_DERIVED_KEY { pTemplate: ptr::null_mut(), ..key };
    let huge = CK_DERIVED_KEY { ulAttributeCount: 1 << 40, ..key };
    let good = CK_SP800_108_KDF_PARAMS {
        prfType: CKM_SHA256_HMAC,
        ulNumberOfDataParams: 1,
        pDataParams: ptr::from_ref(&iteration).cast_mut(),
        ulAdditionalDerivedKeys: 1,
        pAdditionalDerivedKeys: ptr::from_ref(&key).cast_mut(),
    };
    ok(session.derive(&mech_params(COUNTER, &good), base, &seen_of(32)));
    assert_ne!(handle, UNTOUCHED);
    let before = count(&session);
    for params in [
        CK_SP800_108_KDF_PARAMS { pDataParams: ptr::null_mut(), ..good },
        CK_SP800_108_KDF_PARAMS { pAdditionalDerivedKeys: ptr::null_mut(), ..good },
        CK_SP800_108_KDF_PARAMS { ulNumberOfDataParams: CK_ULONG::MAX, ..good },
        CK_SP800_108_KDF_PARAMS { ulAdditionalDerivedKeys: CK_ULONG::MAX, ..good },
        CK_SP800_108_KDF_PARAMS { pAdditionalDerivedKeys: ptr::from_ref(&nowhere).cast_mut(), ..good },
        CK_SP800_108_KDF_PARAMS { pAdditionalDerivedKeys: ptr::from_ref(&untold).cast_mut(), ..good },
        CK_SP800_108_KDF_PARAMS { pAdditionalDerivedKeys: ptr::from_ref(&huge).cast_mut(), ..good },
    ] {
        refused(session.derive(&mech_params(COUNTER, &params), base, &seen_of(32)), CKR_MECHANISM_PARAM_INVALID);
    }
    assert_eq!(count(&session), before);
}

/// Once, the code of the template came through, also from functions that may not give it.
#[test]
fn a_malformed_template_of_an_additional_key_is_a_malformed_parameter() {
    let session = token().user();
    let base = open(&session, &[7; 32]);
    let within = Template::new(&[template(CKA_WRAP_TEMPLATE, &[template(CKA_UNWRAP_TEMPLATE, &[])])]);
    let nowhere = CK_ATTRIBUTE { type_: CKA_LABEL, pValue: ptr::null_mut(), ulValueLen: 5 };
    let format = big(32);
    let iteration = field(CK_SP800_108_ITERATION_VARIABLE, &format);
    for list in [within.list(), ptr::from_ref(&nowhere).cast_mut()] {
        let mut handle = UNTOUCHED;
        let mut key = CK_DERIVED_KEY { pTemplate: list, ulAttributeCount: 1, phKey: &mut handle };
        let params = CK_SP800_108_KDF_PARAMS {
            prfType: CKM_SHA256_HMAC,
            ulNumberOfDataParams: 1,
            pDataParams: ptr::from_ref(&iteration).cast_mut(),
            ulAdditionalDerivedKeys: 1,
            pAdditionalDerivedKeys: &mut key,
        };
        let mechanism = mech_params(COUNTER, &params);
        refused(session.derive(&mechanism, base, &seen_of(32)), CKR_MECHANISM_PARAM_INVALID);
        refused(session.encrypt_init(&mechanism, base), CKR_MECHANISM_PARAM_INVALID);
    }
}
