use crate::cases::*;

/// The HMAC of a hash, and the type of its keys.
fn prf(hash: &str) -> (CK_MECHANISM_TYPE, CK_KEY_TYPE) {
    match hash {
        "SHA-1" => (CKM_SHA_1_HMAC, CKK_SHA_1_HMAC),
        "SHA-224" => (CKM_SHA224_HMAC, CKK_SHA224_HMAC),
        "SHA-256" => (CKM_SHA256_HMAC, CKK_SHA256_HMAC),
        "SHA-384" => (CKM_SHA384_HMAC, CKK_SHA384_HMAC),
        "SHA-512" => (CKM_SHA512_HMAC, CKK_SHA512_HMAC),
        other => panic!("{other}"),
    }
}

/// A CK_IKE_PRF_DERIVE_PARAMS; it points into the slices.
fn initial(prf: CK_MECHANISM_TYPE, data_as_key: bool, new: Option<CK_OBJECT_HANDLE>, ni: &[u8], nr: &[u8]) -> Mech {
    mech_params(
        CKM_IKE_PRF_DERIVE,
        &CK_IKE_PRF_DERIVE_PARAMS {
            prfMechanism: prf,
            bDataAsKey: data_as_key.into(),
            bRekey: new.is_some().into(),
            pNi: start(ni),
            ulNiLen: ni.len() as CK_ULONG,
            pNr: start(nr),
            ulNrLen: nr.len() as CK_ULONG,
            hNewKey: new.unwrap_or(CK_INVALID_HANDLE),
        },
    )
}

fn further(
    prf: CK_MECHANISM_TYPE,
    shared: CK_OBJECT_HANDLE,
    previous: Option<CK_OBJECT_HANDLE>,
    cookies: [&[u8]; 2],
    number: u8,
) -> Mech {
    mech_params(
        CKM_IKE1_PRF_DERIVE,
        &CK_IKE1_PRF_DERIVE_PARAMS {
            prfMechanism: prf,
            bHasPrevKey: previous.is_some().into(),
            hKeygxy: shared,
            hPrevKey: previous.unwrap_or(CK_INVALID_HANDLE),
            pCKYi: start(cookies[0]),
            ulCKYiLen: cookies[0].len() as CK_ULONG,
            pCKYr: start(cookies[1]),
            ulCKYrLen: cookies[1].len() as CK_ULONG,
            keyNumber: number,
        },
    )
}

fn plus(prf: CK_MECHANISM_TYPE, key: Option<CK_OBJECT_HANDLE>, seed: &[u8]) -> Mech {
    mech_params(
        CKM_IKE2_PRF_PLUS_DERIVE,
        &CK_IKE2_PRF_PLUS_DERIVE_PARAMS {
            prfMechanism: prf,
            bHasSeedKey: key.is_some().into(),
            hSeedKey: key.unwrap_or(CK_INVALID_HANDLE),
            pSeedData: start(seed),
            ulSeedDataLen: seed.len() as CK_ULONG,
        },
    )
}

fn extended(prf: CK_MECHANISM_TYPE, shared: Option<CK_OBJECT_HANDLE>, extra: &[u8]) -> Mech {
    mech_params(
        CKM_IKE1_EXTENDED_DERIVE,
        &CK_IKE1_EXTENDED_DERIVE_PARAMS {
            prfMechanism: prf,
            bHasKeygxy: shared.is_some().into(),
            hKeygxy: shared.unwrap_or(CK_INVALID_HANDLE),
            pExtraData: start(extra),
            ulExtraDataLen: extra.len() as CK_ULONG,
        },
    )
}

/// The type must be named.
fn generic() -> Vec<Attribute> {
    [seen(), vec![key_type(CKK_GENERIC_SECRET)]].concat()
}

#[test]
fn nist_agrees_on_version_1() {
    let session = token().user();
    let mut count = 0;
    for row in rows(include_str!("vectors/ike1.tsv")) {
        let (mac, own) = prf(row[0]);
        let [ni, nr, cky_i, cky_r, shared, psk, skeyid, d, a, e] =
            row[1..].iter().map(|field| hex(field)).collect::<Vec<_>>().try_into().unwrap();
        let shared = open(&session, &shared);
        let (mechanism, base) = if psk.is_empty() {
            // With signatures: the nonces are the key.
            (initial(mac, true, None, &ni, &nr), shared)
        } else {
            (initial(mac, false, None, &ni, &nr), open(&session, &psk))
        };
        assert_eq!(ok(value(&session, &mechanism, base, &seen())), skeyid, "{row:?}");
        let base = open_of(&session, own, &skeyid);
        let mut previous = None;
        for (number, expected) in [(0, d), (1, a), (2, e)] {
            let mechanism = further(mac, shared, previous, [&cky_i, &cky_r], number);
            assert_eq!(ok(value(&session, &mechanism, base, &generic())), expected, "{row:?}");
            previous = Some(open(&session, &expected));
        }
        count += 1;
    }
    assert_eq!(count, 28);
}

#[test]
fn nist_agrees_on_version_2() {
    let session = token().user();
    let mut count = 0;
    for row in rows(include_str!("vectors/ike2.tsv")) {
        let (mac, own) = prf(row[0]);
        let [ni, nr, spi_i, spi_r, shared, new, skeyseed, dkm, child, child_dh, rekeyed] =
            row[1..].iter().map(|field| hex(field)).collect::<Vec<_>>().try_into().unwrap();
        let (shared, new) = (open(&session, &shared), open(&session, &new));
        let nonces = [&ni[..], &nr].concat();
        assert_eq!(ok(value(&session, &initial(mac, true, None, &ni, &nr), shared, &seen())), skeyseed, "{row:?}");
        let base = open_of(&session, own, &skeyseed);
        let seed = [&nonces[..], &spi_i, &spi_r].concat();
        assert_eq!(ok(value(&session, &plus(mac, None, &seed), base, &seen_of(dkm.len()))), dkm, "{row:?}");
        // The first of these keys is SK_d, as long as the function's output.
        let sk_d = open_of(&session, own, &dkm[..skeyseed.len()]);
        assert_eq!(ok(value(&session, &plus(mac, None, &nonces), sk_d, &seen_of(child.len()))), child, "{row:?}");
        let mechanism = plus(mac, Some(new), &nonces);
        assert_eq!(ok(value(&session, &mechanism, sk_d, &seen_of(child_dh.len()))), child_dh, "{row:?}");
        assert_eq!(ok(value(&session, &initial(mac, false, Some(new), &ni, &nr), sk_d, &seen())), rekeyed, "{row:?}");
        count += 1;
    }
    assert_eq!(count, 14);
}

/// RFC 2409, appendix B and section 5.5, by the token's own HMAC.
#[test]
fn long_keys_of_version_1_follow_the_definition() {
    let session = token().user();
    let base = open(&session, &[5; 32]);
    let shared = open(&session, b"g^xy");
    let mac = |input: &[u8]| ok(session.sign(&mech(CKM_SHA256_HMAC), base, input));
    let chain = |first: &[u8], rest: &[u8]| {
        let one = mac(first);
        let two = mac(&[&one[..], rest].concat());
        let three = mac(&[&two[..], rest].concat());
        [one, two, three].concat()[..70].to_vec()
    };
    let derived = |mechanism: &Mech, length| ok(value(&session, mechanism, base, &seen_of(length)));
    assert_eq!(derived(&extended(CKM_SHA256_HMAC, None, b""), 70), chain(&[0], b""));
    assert_eq!(derived(&extended(CKM_SHA256_HMAC, None, b"extra"), 70), chain(b"extra", b"extra"));
    let both = b"g^xyextra";
    assert_eq!(derived(&extended(CKM_SHA256_HMAC, Some(shared), b"extra"), 70), chain(both, both));
    // A short key is cut from the base if there is no shared secret.
    assert_eq!(derived(&extended(CKM_SHA256_HMAC, None, b"extra"), 24), [5; 24]);
    assert_eq!(derived(&extended(CKM_SHA256_HMAC, Some(shared), b"extra"), 24), chain(both, both)[..24]);
}

#[test]
fn types_and_lengths_are_the_standards() {
    let session = token().user();
    let (mac, own) = (CKM_SHA256_HMAC, CKK_SHA256_HMAC);
    let base = open_of(&session, own, &[5; 32]);
    let shared = open(&session, b"g^xy");
    let first = initial(mac, false, None, b"i", b"r");
    assert_eq!(ok(session.get_ulong(ok(session.derive(&first, base, &[])), CKA_KEY_TYPE)), own);
    ok(session.derive(&first, base, &[key_type(CKK_AES), ulong(CKA_VALUE_LEN, 32)]));
    refused(session.derive(&first, base, &[ulong(CKA_VALUE_LEN, 16)]), CKR_KEY_SIZE_RANGE);
    refused(session.derive(&initial(mac, true, Some(shared), b"i", b"r"), shared, &[]), CKR_ARGUMENTS_BAD);
    refused(session.derive(&initial(mac, true, None, b"i", b"r"), base, &[]), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.derive(&initial(mac, false, Some(base), b"i", b"r"), base, &[]), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.derive(&initial(CKM_SHA_1_HMAC, false, None, b"i", b"r"), base, &[]), CKR_KEY_TYPE_INCONSISTENT);
    refused(session.derive(&initial(CKM_SHA256, false, None, b"i", b"r"), base, &[]), CKR_MECHANISM_PARAM_INVALID);

    let second = further(mac, shared, None, [b"i", b"r"], 0);
    refused(session.derive(&second, base, &[]), CKR_TEMPLATE_INCOMPLETE);
    let whole = ok(value(&session, &second, base, &generic()));
    assert_eq!(whole.len(), 32);
    let short = [generic(), vec![ulong(CKA_VALUE_LEN, 20)]].concat();
    assert_eq!(ok(value(&session, &second, base, &short)), whole[..20]);
    for length in [0, 33] {
        refused(
            session.derive(&second, base, &[key_type(CKK_GENERIC_SECRET), ulong(CKA_VALUE_LEN, length)]),
            CKR_KEY_SIZE_RANGE,
        );
    }
    refused(session.derive(&further(mac, base, None, [b"i", b"r"], 0), base, &generic()), CKR_KEY_TYPE_INCONSISTENT);
    ok(session.derive(&further(mac, shared, Some(base), [b"i", b"r"], 1), base, &generic()));
    refused(
        session.derive(&further(mac, base + 1000, None, [b"i", b"r"], 0), base, &generic()),
        CKR_KEY_HANDLE_INVALID,
    );

    for mechanism in [plus(mac, Some(shared), b"seed"), extended(mac, Some(shared), b"extra")] {
        let key = ok(session.derive(&mechanism, base, &seen_of(255 * 32)));
        assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_GENERIC_SECRET);
        for length in [0, 255 * 32 + 1, usize::MAX] {
            refused(session.derive(&mechanism, base, &seen_of(length)), CKR_KEY_SIZE_RANGE);
        }
        refused(session.derive(&mechanism, base, &[]), CKR_TEMPLATE_INCOMPLETE);
        refused(
            session.derive(&mechanism, open_of(&session, CKK_AES, &[1; 16]), &seen_of(9)),
            CKR_KEY_TYPE_INCONSISTENT,
        );
    }
    for kind in [CKM_IKE_PRF_DERIVE, CKM_IKE1_PRF_DERIVE, CKM_IKE1_EXTENDED_DERIVE, CKM_IKE2_PRF_PLUS_DERIVE] {
        refused(session.derive(&mech(kind), base, &seen_of(32)), CKR_MECHANISM_PARAM_INVALID);
        assert_eq!(info(&session, kind).2, CKF_DERIVE);
    }
}

/// With AES-CMAC as the function, keys are AES keys.
#[test]
fn cmac_is_a_function_too() {
    let session = token().user();
    let base = open_of(&session, CKK_AES, &[5; 16]);
    let key = ok(session.derive(&initial(CKM_AES_CMAC, false, None, b"i", b"r"), base, &seen()));
    assert_eq!(ok(session.get_ulong(key, CKA_KEY_TYPE)), CKK_AES);
    assert_eq!(ok(session.get(key, CKA_VALUE)), ok(session.sign(&mech(CKM_AES_CMAC), base, b"ir")));
}

/// RFC 4434, section 3: keys of AES-XCBC-PRF-128 have any length.
#[test]
fn rfc_4434_agrees() {
    let session = token().user();
    let message = open(&session, &hex("000102030405060708090a0b0c0d0e0f10111213"));
    for (key, mac) in [
        ("000102030405060708090a0b0c0d0e0f", "47f51b4564966215b8985c63055ed308"),
        ("00010203040506070809", "0fa087af7d866e7653434e602fdde835"),
        ("000102030405060708090a0b0c0d0e0fedcb", "8cd3c93ae598a9803006ffb67c40e9e4"),
    ] {
        // The two nonces together are the key.
        let nonces = hex(key);
        let derived = initial(CKM_AES_XCBC_MAC, true, None, &nonces[..5], &nonces[5..]);
        assert_eq!(ok(value(&session, &derived, message, &seen())), hex(mac));
    }
    // A base key is an AES key.
    let base = open_of(&session, CKK_AES, &[5; 16]);
    let derived = initial(CKM_AES_XCBC_MAC, false, None, b"i", b"r");
    assert_eq!(ok(value(&session, &derived, base, &seen())), ok(session.sign(&mech(CKM_AES_XCBC_MAC), base, b"ir")));
    refused(session.derive(&derived, message, &seen()), CKR_KEY_TYPE_INCONSISTENT);
}

/// A part of the base comes out of a key that is cut from it: no short one from a hidden base.
#[test]
fn a_hidden_key_stays_hidden() {
    let session = token().user();
    let base = hidden(&session, &[5; 32]);
    let cut = extended(CKM_SHA256_HMAC, None, b"");
    refused(session.derive(&cut, base, &[ulong(CKA_VALUE_LEN, 1)]), CKR_KEY_SIZE_RANGE);
    refused(session.derive(&cut, base, &seen_of(32)), CKR_TEMPLATE_INCONSISTENT);
    let visible = open(&session, &[5; 32]);
    let shared = hidden(&session, b"a hidden shared secret");
    refused(
        session.derive(&plus(CKM_SHA256_HMAC, Some(shared), b""), visible, &seen_of(32)),
        CKR_TEMPLATE_INCONSISTENT,
    );
}
