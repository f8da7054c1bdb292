//! CBC-MAC and CMAC.

use super::cases::{CIPHERS, cipher_key, sample};
use crate::common::*;

#[test]
fn known_answers_of_cbc_mac_hold() {
    let s = token().user();
    // "7654321 Now is the time for ", FIPS 113's example; the others are the last block of OpenSSL's CBC.
    let now = "37363534333231204e6f77206973207468652074696d6520666f7220";
    let plain =
        "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51 30c81c46a35ce411e5fbc1191a0a52ef f69f2445";
    let key = "2b7e151628aed2a6abf7158809cf4f3c";
    for (general, half, kind, key, data, mac) in [
        (CKM_DES_MAC_GENERAL, CKM_DES_MAC, CKK_DES, "0123456789abcdef", now, "f1d30f6849312ca4"),
        (CKM_CAMELLIA_MAC_GENERAL, CKM_CAMELLIA_MAC, CKK_CAMELLIA, key, plain, "7031c7bb509354578e6da7b53c77451c"),
        (CKM_ARIA_MAC_GENERAL, CKM_ARIA_MAC, CKK_ARIA, key, plain, "40eed94ff109ee7038b4aed336ea65c5"),
    ] {
        let (key, data, mac) = (cipher_key(&s, kind, &hex(key)), hex(data), hex(mac));
        let full = mac.len() as CK_ULONG;
        assert_eq!(ok(s.sign(&mech_params(general, &full), key, &data)), mac);
        assert_eq!(ok(s.sign(&mech(half), key, &data)), mac[..mac.len() / 2]);
    }
}

/// NIST's examples for SP 800-38B: key type, key, length of the message, MAC.
#[test]
fn known_answers_of_cmac_hold() {
    let s = token().user();
    let message = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
    let three = "8aa83bf8cbda1062 0bc1bf19fbb6cd58 bc313d4a371ca8b5";
    let two = "4cf15134a2850dd5 8a3d10ba80570d38";
    for (kind, key, length, mac) in [
        (CKK_DES3, three, 0, "b7a688e122ffaf95"),
        (CKK_DES3, three, 8, "8e8f293136283797"),
        (CKK_DES3, three, 20, "743ddbe0ce2dc2ed"),
        (CKK_DES3, three, 32, "33e6b1092400eae5"),
        (CKK_DES2, two, 0, "bd2ebf9a3ba00361"),
        (CKK_DES2, two, 8, "4ff2ab813c53ce83"),
        (CKK_DES2, two, 20, "62dd1b471902bd4e"),
        (CKK_DES2, two, 32, "31b1e431dabc4eb8"),
    ] {
        let (key, data, mac) = (cipher_key(&s, kind, &hex(key)), &message[..length], hex(mac));
        assert_eq!(ok(s.sign(&mech(CKM_DES3_CMAC), key, data)), mac);
        every_way(&s, CKM_DES3_CMAC_GENERAL, key, data, &mac);
    }
}

#[test]
fn cbc_mac_is_the_end_of_cbc_over_zero_padded_data() {
    let s = token().user();
    for cipher in CIPHERS {
        let Some(macs) = &cipher.mac else { continue };
        let block = cipher.block;
        for key in cipher.keys(&s) {
            for length in 0..=3 * block {
                let data: Vec<u8> = (1..=length).map(|n| n as u8).collect();
                // Nothing is padded, too: else its MAC would be zeros whatever the key.
                let mut padded = data.clone();
                padded.resize(length.max(1).next_multiple_of(block), 0);
                let sealed = ok(s.encrypt(&mech_bytes(cipher.cbc, &vec![0; block]), key, &padded));
                let mac = &sealed[sealed.len() - block..];
                every_way(&s, macs.general, key, &data, mac);
                assert_eq!(ok(s.sign(&mech(macs.half), key, &data)), mac[..block / 2], "{}", cipher.name);
                ok(s.verify(&mech(macs.half), key, &data, &mac[..block / 2]));
                refused(s.verify(&mech(macs.half), key, &data, mac), CKR_SIGNATURE_LEN_RANGE);
            }
        }
    }
}

#[test]
fn wrong_parameters_are_refused() {
    let s = token().user();
    let des3 = cipher_key(&s, CKK_DES3, &sample(CKK_DES3));
    let mut table = vec![(CKM_DES3_CMAC, CKM_DES3_CMAC_GENERAL, des3, 8)];
    for cipher in CIPHERS {
        table.extend(cipher.mac.iter().map(|macs| (macs.half, macs.general, cipher.keys(&s)[0], cipher.block)));
    }
    for (fixed, general, key, block) in table {
        let length: CK_ULONG = 4;
        let too_long = block as CK_ULONG + 1;
        for m in [
            mech_params(fixed, &length),
            mech(general),
            mech_bytes(general, &[4]),
            mech_params(general, &too_long),
            mech_params(general, &0),
            mech_params(general, &CK_ULONG::MAX),
        ] {
            refused(s.sign_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
            refused(s.verify_init(&m, key), CKR_MECHANISM_PARAM_INVALID);
        }
    }
}

/// Every length of the MAC, whole and in parts of several sizes, signed and verified.
fn every_way(s: &Session, general: CK_MECHANISM_TYPE, key: CK_OBJECT_HANDLE, data: &[u8], mac: &[u8]) {
    for length in 1..=mac.len() {
        let m = mech_params(general, &(length as CK_ULONG));
        assert_eq!(ok(s.sign(&m, key, data)), mac[..length]);
        ok(s.verify(&m, key, data, &mac[..length]));
    }
    let m = mech_params(general, &(mac.len() as CK_ULONG));
    for size in [1, 5, 8, 17] {
        let parts: Vec<&[u8]> = data.chunks(size).collect();
        assert_eq!(ok(s.sign_parts(&m, key, &parts)), mac);
        ok(s.verify_parts(&m, key, &parts, mac));
    }
    let mut wrong = mac.to_vec();
    wrong[0] ^= 1;
    refused(s.verify(&m, key, data, &wrong), CKR_SIGNATURE_INVALID);
    refused(s.verify(&m, key, data, &mac[1..]), CKR_SIGNATURE_LEN_RANGE);
}
