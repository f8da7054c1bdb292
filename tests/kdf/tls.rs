use crate::cases::*;
use std::ptr;

const MASTER: CK_MECHANISM_TYPE = CKM_TLS12_MASTER_KEY_DERIVE;
const MASTER_DH: CK_MECHANISM_TYPE = CKM_TLS12_MASTER_KEY_DERIVE_DH;
const EXTENDED: CK_MECHANISM_TYPE = CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE;
const EXTENDED_DH: CK_MECHANISM_TYPE = CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE_DH;

fn randoms(client: &[u8], server: &[u8]) -> CK_SSL3_RANDOM_DATA {
    CK_SSL3_RANDOM_DATA {
        pClientRandom: start(client),
        ulClientRandomLen: client.len() as CK_ULONG,
        pServerRandom: start(server),
        ulServerRandomLen: server.len() as CK_ULONG,
    }
}

fn master(
    kind: CK_MECHANISM_TYPE,
    hash: CK_MECHANISM_TYPE,
    client: &[u8],
    server: &[u8],
    version: *mut CK_VERSION,
) -> Mech {
    let randoms = randoms(client, server);
    let params = CK_TLS12_MASTER_KEY_DERIVE_PARAMS { RandomInfo: randoms, pVersion: version, prfHashMechanism: hash };
    mech_params(kind, &params)
}

fn extended(kind: CK_MECHANISM_TYPE, hash: CK_MECHANISM_TYPE, session: &[u8], version: *mut CK_VERSION) -> Mech {
    mech_params(
        kind,
        &CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS {
            prfHashMechanism: hash,
            pSessionHash: start(session),
            ulSessionHashLen: session.len() as CK_ULONG,
            pVersion: version,
        },
    )
}

fn kdf(
    kind: CK_MECHANISM_TYPE,
    prf: CK_MECHANISM_TYPE,
    label: &[u8],
    seeds: [&[u8]; 2],
    context: Option<&[u8]>,
) -> Mech {
    mech_params(
        kind,
        &CK_TLS_KDF_PARAMS {
            prfMechanism: prf,
            pLabel: start(label),
            ulLabelLength: label.len() as CK_ULONG,
            RandomInfo: randoms(seeds[0], seeds[1]),
            // An empty context is there, but has no bytes.
            pContextData: context.map_or(ptr::null_mut(), |context| context.as_ptr().cast_mut()),
            ulContextDataLength: context.map_or(0, <[u8]>::len) as CK_ULONG,
        },
    )
}

/// The keys of a connection: what C_DeriveKey says, and what it has written.
struct Connection {
    code: Result<(), CK_RV>,
    out: CK_SSL3_KEY_MAT_OUT,
    ivs: [Vec<u8>; 2],
}

const UNTOUCHED: CK_OBJECT_HANDLE = 0xdead_beef;

impl Connection {
    fn derive(
        session: &Session,
        kind: CK_MECHANISM_TYPE,
        change: impl FnOnce(&mut CK_TLS12_KEY_MAT_PARAMS),
        seeds: [&[u8]; 2],
        base: CK_OBJECT_HANDLE,
        template: &[Attribute],
    ) -> Self {
        let mut ivs = [vec![0xee; 64], vec![0xee; 64]];
        let mut out = CK_SSL3_KEY_MAT_OUT {
            hClientMacSecret: UNTOUCHED,
            hServerMacSecret: UNTOUCHED,
            hClientKey: UNTOUCHED,
            hServerKey: UNTOUCHED,
            pIVClient: ivs[0].as_mut_ptr(),
            pIVServer: ivs[1].as_mut_ptr(),
        };
        let mut params = CK_TLS12_KEY_MAT_PARAMS {
            ulMacSizeInBits: 0,
            ulKeySizeInBits: 0,
            ulIVSizeInBits: 0,
            bIsExport: CK_FALSE,
            RandomInfo: randoms(seeds[0], seeds[1]),
            pReturnedKeyMaterial: &mut out,
            prfHashMechanism: CKM_SHA256,
        };
        change(&mut params);
        let template = Template::new(template);
        let (list, count) = (template.list(), template.count());
        let mechanism = mech_params(kind, &params);
        // SAFETY: a mechanism and a template; this mechanism needs no place for a handle.
        let code = unsafe {
            f().C_DeriveKey.unwrap()(session.handle, &mut mechanism.raw(), base, list, count, ptr::null_mut())
        };
        Self { code: result(code), out, ivs }
    }

    fn handles(&self) -> [CK_OBJECT_HANDLE; 4] {
        [self.out.hClientMacSecret, self.out.hServerMacSecret, self.out.hClientKey, self.out.hServerKey]
    }
}

fn sizes(mac: usize, key: usize, iv: usize) -> impl FnOnce(&mut CK_TLS12_KEY_MAT_PARAMS) {
    move |params| {
        [params.ulMacSizeInBits, params.ulKeySizeInBits, params.ulIVSizeInBits] =
            [mac, key, iv].map(|bytes| 8 * bytes as CK_ULONG);
    }
}

#[test]
fn nist_agrees() {
    let session = token().user();
    let mut count = 0;
    for row in rows(include_str!("vectors/tls.tsv")) {
        let [version, pre_master, hello_client, hello_server, client, server, secret, block] = row[..] else {
            panic!("{row:?}")
        };
        let [pre_master, hello_client, hello_server, client, server, secret, block] =
            [pre_master, hello_client, hello_server, client, server, secret, block].map(hex);
        let base = open(&session, &pre_master);
        let hash = match version {
            "TLS 1.0/1.1" => CKM_TLS_PRF,
            "TLS 1.2, SHA-256" => CKM_SHA256,
            "TLS 1.2, SHA-384" => CKM_SHA384,
            _ => CKM_SHA512,
        };
        // The exporter is the same function, with whatever label.
        for kind in [CKM_TLS_KDF, CKM_TLS12_KDF] {
            let seeds = [&hello_client[..], &hello_server];
            let exporter = kdf(kind, hash, b"master secret", seeds, None);
            assert_eq!(ok(value(&session, &exporter, base, &seen_of(48))), secret, "{row:?}");
            let key = open(&session, &secret);
            let exporter = kdf(kind, hash, b"key expansion", [&server, &client], None);
            assert_eq!(ok(value(&session, &exporter, key, &seen_of(block.len()))), block, "{row:?}");
        }
        count += 1;
        if hash == CKM_TLS_PRF {
            continue;
        }
        for kind in [MASTER, MASTER_DH] {
            let mechanism = master(kind, hash, &hello_client, &hello_server, ptr::null_mut());
            assert_eq!(ok(value(&session, &mechanism, base, &seen())), secret, "{row:?}");
        }
        let key = open(&session, &secret);
        let aes = [seen(), vec![key_type(CKK_AES)]].concat();
        let set = |params: &mut CK_TLS12_KEY_MAT_PARAMS| {
            sizes(20, 32, 12)(params);
            params.prfHashMechanism = hash;
        };
        let seeds = [&client[..], &server];
        let made = Connection::derive(&session, CKM_TLS12_KEY_AND_MAC_DERIVE, set, seeds, key, &aes);
        ok(made.code);
        let values = made.handles().map(|handle| ok(session.get(handle, CKA_VALUE)));
        assert_eq!(values, [&block[..20], &block[20..40], &block[40..72], &block[72..104]]);
        assert_eq!([&made.ivs[0][..12], &made.ivs[1][..12]], [&block[104..116], &block[116..128]]);
        assert_eq!(made.ivs[0][12..], [0xee; 52], "no more than the vector");
    }
    assert_eq!(count, 40);
}

/// "extended master secret" (RFC 7627) has no vectors of its own, but is the same function with another label.
#[test]
fn the_extended_master_secret_is_bound_to_the_session() {
    let session = token().user();
    let base = open(&session, &[3; 48]);
    let hash = [7; 32];
    let label = b"extended master secret";
    let expected = ok(value(&session, &kdf(CKM_TLS_KDF, CKM_SHA256, label, [&hash, &[]], None), base, &seen_of(48)));
    for kind in [EXTENDED, EXTENDED_DH] {
        assert_eq!(ok(value(&session, &extended(kind, CKM_SHA256, &hash, ptr::null_mut()), base, &seen())), expected);
    }
    // By OpenSSL 3.4 (test/recipes/30-test_evp_data/evpkdf_tls12_prf.txt), SHA-512/256.
    let secret =
        hex("f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bcadb386b411fd4fe4313a604fce6c17fbc");
    let hash = hex("36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c\
                    f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce");
    let expected =
        hex("17be20a3b4cc05524d7de353b2f125537c23372144111b0367bda166fcfc09cf1c94909a408b986f53afbdc41d93ae09");
    let base = open(&session, &secret);
    let mechanism = extended(EXTENDED, CKM_SHA512_256, &hash, ptr::null_mut());
    assert_eq!(ok(value(&session, &mechanism, base, &seen())), expected);
}

#[test]
fn a_pre_master_secret_begins_with_its_version_and_tells_it() {
    let session = token().user();
    let version = CK_VERSION { major: 3, minor: 3 };
    let generate = mech_params(CKM_TLS_PRE_MASTER_KEY_GEN, &version);
    let visible = [seen(), vec![yes(CKA_DERIVE)]].concat();
    let base = ok(session.generate(&generate, &visible));
    let secret = ok(session.get(base, CKA_VALUE));
    assert_eq!((secret.len(), &secret[..2]), (48, &[3, 3][..]));
    assert_ne!(secret, ok(session.get(ok(session.generate(&generate, &visible)), CKA_VALUE)));
    assert_eq!(ok(session.get_ulong(base, CKA_KEY_TYPE)), CKK_GENERIC_SECRET);
    for told in [key_type(CKK_AES), ulong(CKA_VALUE_LEN, 47)] {
        refused(session.generate(&generate, &[told]), CKR_TEMPLATE_INCONSISTENT);
    }
    ok(session.generate(&generate, &[key_type(CKK_GENERIC_SECRET), ulong(CKA_VALUE_LEN, 48)]));
    refused(session.generate(&mech(CKM_TLS_PRE_MASTER_KEY_GEN), &[]), CKR_MECHANISM_PARAM_INVALID);

    let mut told = CK_VERSION { major: 0, minor: 0 };
    let mechanism = master(MASTER, CKM_SHA256, b"client", b"server", &mut told);
    let key = ok(session.derive(&mechanism, base, &[]));
    assert_eq!((told.major, told.minor), (3, 3));
    assert_eq!(ok(session.get_ulong(key, CKA_VALUE_LEN)), 48);
    told.major = 0;
    ok(session.derive(&extended(EXTENDED, CKM_SHA256, b"hash", &mut told), base, &[]));
    assert_eq!(told.major, 3);
    // A key agreement's secret has no version.
    told.major = 0;
    for mechanism in [
        master(MASTER_DH, CKM_SHA256, b"client", b"server", &mut told),
        extended(EXTENDED_DH, CKM_SHA256, b"hash", &mut told),
    ] {
        refused(session.derive(&mechanism, base, &[]), CKR_MECHANISM_PARAM_INVALID);
    }
    // A refused derivation tells nothing.
    refused(session.derive(&mechanism, base, &[yes(CKA_LOCAL)]), CKR_ATTRIBUTE_READ_ONLY);
    assert_eq!(told.major, 0);
}

#[test]
fn a_master_secret_is_for_what_master_secrets_are_for() {
    let session = token().user();
    let base = open(&session, &[3; 48]);
    let mechanism = master(MASTER, CKM_SHA256, b"client", b"server", ptr::null_mut());
    let key = ok(session.derive(&mechanism, base, &[yes(CKA_DERIVE), yes(CKA_SIGN)]));
    refused(session.derive(&mech(CKM_SHA256_KEY_DERIVATION), key, &[]), CKR_KEY_FUNCTION_NOT_PERMITTED);
    refused(session.sign(&mech(CKM_SHA256_HMAC), key, b""), CKR_KEY_FUNCTION_NOT_PERMITTED);
    ok(session.sign(&finished(CKM_TLS_MAC, CKM_SHA256, 12, 1), key, b"handshake"));
    let made = Connection::derive(&session, CKM_TLS12_KEY_SAFE_DERIVE, sizes(32, 0, 0), [b"c", b"s"], key, &[]);
    ok(made.code);
    for contradiction in
        [key_type(CKK_AES), ulong(CKA_VALUE_LEN, 47), mechanisms(CKA_ALLOWED_MECHANISMS, &[CKM_SHA256_HMAC])]
    {
        refused(session.derive(&mechanism, base, &[contradiction]), CKR_TEMPLATE_INCONSISTENT);
    }
    for length in [47, 49] {
        let base = open(&session, &vec![3; length]);
        refused(session.derive(&mechanism, base, &[]), CKR_KEY_SIZE_RANGE);
        let agreed = master(MASTER_DH, CKM_SHA256, b"client", b"server", ptr::null_mut());
        ok(session.derive(&agreed, base, &[]));
    }
    for kind in [MASTER, MASTER_DH, EXTENDED, EXTENDED_DH] {
        assert_eq!(info(&session, kind), (48, 48, CKF_DERIVE));
        refused(session.derive(&mech(kind), base, &[]), CKR_MECHANISM_PARAM_INVALID);
    }
    assert_eq!(info(&session, CKM_TLS_PRE_MASTER_KEY_GEN), (48, 48, CKF_GENERATE));
    let wrong = master(MASTER, CKM_SHA256_HMAC, b"client", b"server", ptr::null_mut());
    refused(session.derive(&wrong, base, &[]), CKR_MECHANISM_PARAM_INVALID);
}

#[test]
fn the_keys_of_a_connection_are_of_their_kinds() {
    let session = token().user();
    let base = open(&session, &[3; 48]);
    let seeds: [&[u8]; 2] = [b"client", b"server"];
    let kind = CKM_TLS12_KEY_AND_MAC_DERIVE;
    let aes = [key_type(CKK_AES), text(CKA_LABEL, "cipher"), no(CKA_DERIVE)];
    let made = Connection::derive(&session, kind, sizes(32, 16, 16), seeds, base, &aes);
    ok(made.code);
    let [client_mac, server_mac, client, server] = made.handles();
    for mac in [client_mac, server_mac] {
        assert_eq!(ok(session.get_ulong(mac, CKA_KEY_TYPE)), CKK_GENERIC_SECRET);
        assert!(ok(session.get_bool(mac, CKA_SIGN)) && ok(session.get_bool(mac, CKA_VERIFY)));
        assert_eq!(ok(session.get(mac, CKA_LABEL)), b"");
        ok(session.sign(&mech(CKM_SHA256_HMAC), mac, b"record"));
    }
    for key in [client, server] {
        assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_AES);
        assert!(ok(session.get_bool(key, CKA_ENCRYPT)) && ok(session.get_bool(key, CKA_DECRYPT)));
        assert!(!ok(session.get_bool(key, CKA_DERIVE)));
        assert_eq!(ok(session.get(key, CKA_LABEL)), b"cipher");
        assert_eq!(sensitivity(&session, key), sensitivity(&session, base));
    }
    // What is not asked for is not there.
    let made = Connection::derive(&session, kind, sizes(0, 16, 4), seeds, base, &aes);
    ok(made.code);
    assert_eq!(made.handles()[..2], [CK_INVALID_HANDLE; 2]);
    assert_eq!(made.ivs[0][4], 0xee);
    let made = Connection::derive(&session, kind, sizes(20, 0, 0), seeds, base, &[]);
    ok(made.code);
    assert_eq!(made.handles()[2..], [CK_INVALID_HANDLE; 2]);
    assert_ne!(made.handles()[0], made.handles()[1]);
}

fn sensitivity(session: &Session, key: CK_OBJECT_HANDLE) -> [bool; 4] {
    [CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE]
        .map(|attribute| ok(session.get_bool(key, attribute)))
}

#[test]
fn the_keys_of_a_connection_are_as_open_as_the_master_secret() {
    let session = token().user();
    let aes = key_type(CKK_AES);
    for (base, contradictions) in [
        (open(&session, &[3; 48]), [yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]),
        (hidden(&session, &[3; 48]), [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]),
    ] {
        for kind in [CKM_TLS12_KEY_AND_MAC_DERIVE, CKM_TLS12_KEY_SAFE_DERIVE] {
            let derive = |template: &[Attribute]| {
                Connection::derive(&session, kind, sizes(20, 16, 0), [b"c", b"s"], base, template)
            };
            let made = derive(std::slice::from_ref(&aes));
            ok(made.code);
            for key in made.handles() {
                assert_eq!(sensitivity(&session, key), sensitivity(&session, base));
            }
            let before = count(&session);
            for contradiction in &contradictions {
                let made = derive(&[aes.clone(), contradiction.clone()]);
                refused(made.code, CKR_TEMPLATE_INCONSISTENT);
                assert_eq!(made.handles(), [UNTOUCHED; 4]);
                assert_eq!(count(&session), before);
            }
        }
    }
}

/// Whoever asks for shorter keys gets a piece of somebody's longer ones as a vector ("Note Well").
#[test]
fn vectors_give_away_no_keys() {
    let session = token().user();
    let base = open(&session, &[3; 48]);
    let derive = |kind, mac, key, iv| {
        let template = if key > 0 { vec![key_type(CKK_AES)] } else { vec![] };
        let made = Connection::derive(&session, kind, sizes(mac, key, iv), [b"c", b"s"], base, &template);
        assert!(made.code.is_ok() || made.ivs == [vec![0xee; 64], vec![0xee; 64]]);
        made
    };
    let both = CKM_TLS12_KEY_AND_MAC_DERIVE;
    for (mac, key, iv) in [(0, 0, 16), (20, 0, 16), (0, 16, 17), (0, 16, 48), (0, 0, 0), (65, 16, 0), (0, 65, 0)] {
        refused(derive(both, mac, key, iv).code, CKR_MECHANISM_PARAM_INVALID);
    }
    // The safe mechanism gives none.
    let made = derive(CKM_TLS12_KEY_SAFE_DERIVE, 20, 16, 16);
    ok(made.code);
    assert_eq!(made.ivs, [vec![0xee; 64], vec![0xee; 64]]);
}

#[test]
fn wrong_parameters_of_a_connection_are_refused() {
    let session = token().user();
    let base = open(&session, &[3; 48]);
    let kind = CKM_TLS12_KEY_AND_MAC_DERIVE;
    type Change = fn(&mut CK_TLS12_KEY_MAT_PARAMS);
    let changes: [Change; 9] = [
        |params| params.ulMacSizeInBits = 161,
        |params| params.ulKeySizeInBits = CK_ULONG::MAX - 7,
        |params| params.ulIVSizeInBits = 1 << 40,
        |params| params.bIsExport = CK_TRUE,
        |params| params.prfHashMechanism = CKM_SHA256_HMAC,
        |params| params.prfHashMechanism = CKM_TLS_PRF,
        |params| params.pReturnedKeyMaterial = ptr::null_mut(),
        |params| params.RandomInfo.pClientRandom = ptr::null_mut(),
        // SAFETY: the structure of the test.
        |params| unsafe { (*params.pReturnedKeyMaterial).pIVServer = ptr::null_mut() },
    ];
    for change in changes {
        let both = |params: &mut CK_TLS12_KEY_MAT_PARAMS| {
            sizes(20, 16, 16)(params);
            change(params);
        };
        let made = Connection::derive(&session, kind, both, [b"c", b"s"], base, &[key_type(CKK_AES)]);
        refused(made.code, CKR_MECHANISM_PARAM_INVALID);
    }
    let made = Connection::derive(
        &session,
        kind,
        sizes(20, 16, 0),
        [b"c", b"s"],
        base,
        &[key_type(CKK_AES), ulong(CKA_VALUE_LEN, 32)],
    );
    refused(made.code, CKR_TEMPLATE_INCONSISTENT);
    let short = open(&session, &[3; 47]);
    let made = Connection::derive(&session, kind, sizes(20, 16, 0), [b"c", b"s"], short, &[key_type(CKK_AES)]);
    refused(made.code, CKR_KEY_SIZE_RANGE);
    // All other mechanisms need a place for the handle.
    // SAFETY: no place for the handle.
    let code = unsafe {
        let derive = f().C_DeriveKey.unwrap();
        derive(session.handle, &mut mech(CKM_SHA256_KEY_DERIVATION).raw(), base, ptr::null_mut(), 0, ptr::null_mut())
    };
    refused(result(code), CKR_ARGUMENTS_BAD);
}

/// "PRF Testvector" for P_SHA256, published with RFC 5246's discussion (mailing list of the TLS working group, 2009).
#[test]
fn the_exporter_takes_label_and_seed_as_one() {
    let session = token().user();
    let base = open(&session, &hex("9bbe436ba940f017b17652849a71db35"));
    let seed = hex("a0ba9f936cda311827a6f796ffd5198c");
    let output = hex(
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af\
                      0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66",
    );
    let exporter = kdf(CKM_TLS_KDF, CKM_SHA256, b"test label", [&seed, &[]], None);
    assert_eq!(ok(value(&session, &exporter, base, &seen_of(100))), output);
    // A context comes with its length (RFC 5705), an empty one too.
    let with = |context| kdf(CKM_TLS_KDF, CKM_SHA256, b"label", [b"client", b"server"], context);
    let seeds: [&[u8]; 2] = [b"client", b"server\0\x03abc"];
    let by_hand = kdf(CKM_TLS_KDF, CKM_SHA256, b"label", seeds, None);
    let exported = |mechanism: &Mech| ok(value(&session, mechanism, base, &seen_of(32)));
    assert_eq!(exported(&with(Some(b"abc"))), exported(&by_hand));
    let by_hand = kdf(CKM_TLS_KDF, CKM_SHA256, b"label", [b"client", b"server\0\0"], None);
    assert_eq!(exported(&with(Some(b""))), exported(&by_hand));
    assert_ne!(exported(&with(Some(b""))), exported(&with(None)));

    refused(session.derive(&with(None), base, &seen()), CKR_TEMPLATE_INCOMPLETE);
    refused(session.derive(&with(None), base, &seen_of(0)), CKR_KEY_SIZE_RANGE);
    refused(session.derive(&with(Some(&[0; 65_536])), base, &seen_of(32)), CKR_MECHANISM_PARAM_INVALID);
    let wrong = kdf(CKM_TLS_KDF, CKM_SHA256_HMAC, b"label", [b"c", b"s"], None);
    refused(session.derive(&wrong, base, &seen_of(32)), CKR_MECHANISM_PARAM_INVALID);
    let aes = open_of(&session, CKK_AES, &[1; 16]);
    refused(session.derive(&with(None), aes, &seen_of(32)), CKR_KEY_TYPE_INCONSISTENT);
}

fn finished(kind: CK_MECHANISM_TYPE, prf: CK_MECHANISM_TYPE, length: CK_ULONG, side: CK_ULONG) -> Mech {
    mech_params(kind, &CK_TLS_MAC_PARAMS { prfHashMechanism: prf, ulMacLength: length, ulServerOrClient: side })
}

#[test]
fn finished_messages_are_signed_and_verified() {
    let session = token().user();
    let key = open(&session, &[3; 48]);
    for kind in [CKM_TLS_MAC, CKM_TLS12_MAC] {
        for (prf, length) in [(CKM_TLS_PRF, 12), (CKM_SHA256, 12), (CKM_SHA256, 32), (CKM_SHA384, 48)] {
            for (side, label) in [(1, b"server finished"), (2, b"client finished")] {
                let mac = finished(kind, prf, length, side);
                let exporter = kdf(CKM_TLS_KDF, prf, label, [b"handshake", b""], None);
                let expected = ok(value(&session, &exporter, key, &seen_of(length as usize)));
                assert_eq!(ok(session.sign(&mac, key, b"handshake")), expected);
                assert_eq!(ok(session.sign_parts(&mac, key, &[b"hand", b"", b"shake"])), expected);
                ok(session.verify(&mac, key, b"handshake", &expected));
                ok(session.verify_parts(&mac, key, &[b"hand", b"shake"], &expected));
                refused(session.verify(&mac, key, b"handshakf", &expected), CKR_SIGNATURE_INVALID);
                refused(session.verify(&mac, key, b"handshake", &expected[1..]), CKR_SIGNATURE_LEN_RANGE);
            }
        }
        for (prf, length, side) in [
            (CKM_SHA256, 11, 1),
            (CKM_SHA256, 33, 1),
            (CKM_SHA256, CK_ULONG::MAX, 1),
            (CKM_TLS_PRF, 13, 1),
            (CKM_SHA256, 12, 0),
            (CKM_SHA256, 12, 3),
            (CKM_SHA256_HMAC, 12, 1),
        ] {
            refused(session.sign_init(&finished(kind, prf, length, side), key), CKR_MECHANISM_PARAM_INVALID);
        }
        refused(session.sign_init(&mech(kind), key), CKR_MECHANISM_PARAM_INVALID);
        let aes = open_of(&session, CKK_AES, &[1; 16]);
        refused(session.sign_init(&finished(kind, CKM_SHA256, 12, 1), aes), CKR_KEY_TYPE_INCONSISTENT);
        assert_eq!(info(&session, kind).2, SIGNS_IN_PARTS);
    }
}
