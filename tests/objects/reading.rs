//! `C_GetAttributeValue`, `C_GetObjectSize`, and the attributes that the token computes.

use crate::common::*;
use crate::making::*;

const UNAVAILABLE: CK_ULONG = CK_UNAVAILABLE_INFORMATION;

#[test]
fn what_can_be_told_is_told_and_the_rest_is_unavailable() {
    let session = token().user();
    let key = aes(&session, &[yes(CKA_SENSITIVE), text(CKA_LABEL, "a label"), bytes(CKA_ID, b"id")]);
    let (mut class_, mut value, mut label, mut id) = ([0; 8], [7; 16], [7; 6], [7; 9]);
    let mut asked = [
        question(CKA_CLASS, &mut class_),
        question(CKA_VALUE, &mut value),
        length_of(CKA_VALUE),
        question(CKA_LABEL, &mut label),
        length_of(CKA_MODULUS),
        length_of(CKA_LABEL),
        length_of(0x7777),
        question(CKA_ID, &mut id),
    ];
    let code = ask(&session, key, &mut asked).unwrap_err();
    assert!([CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID, CKR_BUFFER_TOO_SMALL].contains(&code));
    let lengths = asked.map(|attribute| attribute.ulValueLen);
    assert_eq!(lengths, [8, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, 7, UNAVAILABLE, 2]);
    assert_eq!(class_, CKO_SECRET_KEY.to_ne_bytes());
    assert_eq!((value, label), ([7; 16], [7; 6]), "nothing is written where it is refused");
    assert_eq!(&id[..2], b"id");
    assert_eq!(&id[2..], [7; 7]);
}

#[test]
fn each_reason_has_its_code() {
    let session = token().user();
    let key = aes(&session, &[yes(CKA_SENSITIVE), text(CKA_LABEL, "a label")]);
    let (mut class_, mut small) = ([0; 8], [0; 3]);
    for (question, code) in [
        (length_of(CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE),
        (length_of(CKA_MODULUS), CKR_ATTRIBUTE_TYPE_INVALID),
        (length_of(CKA_VENDOR_DEFINED), CKR_ATTRIBUTE_TYPE_INVALID),
        (question(CKA_LABEL, &mut small), CKR_BUFFER_TOO_SMALL),
    ] {
        for reversed in [false, true] {
            let mut asked = [question, self::question(CKA_CLASS, &mut class_)];
            if reversed {
                asked.reverse();
            }
            refused(ask(&session, key, &mut asked), code);
        }
    }
    ok(ask(&session, key, &mut []));
    refused(ask(&session, 0, &mut [length_of(CKA_CLASS)]), CKR_OBJECT_HANDLE_INVALID);
}

/// An attribute that is hidden is hidden in any company, however it is asked for.
#[test]
fn secrets_are_not_told_to_those_who_ask_cleverly() {
    let session = token().user();
    let (_, private) = rsa(&session, &[], &[yes(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]);
    let hidden = [CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT];
    let mut room = vec![[0; 512]; hidden.len()];
    let mut asked: Vec<_> = hidden.iter().zip(&mut room).map(|(kind, room)| question(*kind, room)).collect();
    refused(ask(&session, private, &mut asked), CKR_ATTRIBUTE_SENSITIVE);
    assert!(room.iter().flatten().all(|byte| *byte == 0));
    assert!(asked.iter().all(|attribute| attribute.ulValueLen == UNAVAILABLE));
    let mut room = [0; 512];
    let mut twice = [question(CKA_MODULUS, &mut room), length_of(CKA_PRIME_1)];
    refused(ask(&session, private, &mut twice), CKR_ATTRIBUTE_SENSITIVE);
    assert_eq!(twice[0].ulValueLen, 128);
}

#[test]
fn a_size_grows_with_what_is_in_the_object() {
    let session = token().user();
    let size = |more: &[Attribute]| ok(session.size(aes(&session, more)));
    let plain = size(&[]);
    assert!(plain > 16);
    assert!(size(&[text(CKA_LABEL, "12345")]) >= plain + 5);
    assert!(size(&[template(CKA_WRAP_TEMPLATE, &[text(CKA_LABEL, "12345")])]) >= plain + 5);
    refused(session.size(0), CKR_OBJECT_HANDLE_INVALID);
}

#[test]
fn a_check_value_is_computed_compared_prevented_and_destroyed() {
    let session = token().user();
    let check = ok(session.encrypt(&mech(CKM_AES_ECB), aes(&session, &[]), &[0; 16]))[..3].to_vec();
    for access in [&[][..], &[yes(CKA_SENSITIVE)], &[no(CKA_ENCRYPT)], &[bytes(CKA_CHECK_VALUE, &check)]] {
        assert_eq!(ok(session.get(aes(&session, access), CKA_CHECK_VALUE)), check);
    }
    for wrong in [&[0, 0, 0][..], &check[..2], &[0]] {
        refused(session.create(&with(&aes_template(), &[bytes(CKA_CHECK_VALUE, wrong)])), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    let given = [ulong(CKA_VALUE_LEN, 16), bytes(CKA_CHECK_VALUE, b"")];
    let (public, private) = ec(&session, &[]);
    let (_point, agree) = ecdh(&session, public);
    for key in [
        aes(&session, &[bytes(CKA_CHECK_VALUE, b"")]),
        ok(session.generate(&mech(CKM_AES_KEY_GEN), &given)),
        ok(session.derive(&agree, private, &[bytes(CKA_CHECK_VALUE, b"")])),
    ] {
        refused(session.get(key, CKA_CHECK_VALUE), CKR_ATTRIBUTE_TYPE_INVALID);
    }
    let key = aes(&session, &[]);
    refused(session.set(key, &[bytes(CKA_CHECK_VALUE, &check)]), CKR_ATTRIBUTE_READ_ONLY);
    refused(session.set(key, &[bytes(CKA_CHECK_VALUE, b"abc")]), CKR_ATTRIBUTE_READ_ONLY);
    let copy = ok(session.copy(key, &[bytes(CKA_CHECK_VALUE, &check)]));
    assert_eq!(ok(session.get(copy, CKA_CHECK_VALUE)), check);
}

/// Once, a destroyed check value was there as an empty one.
#[test]
fn a_destroyed_check_value_is_gone() {
    let session = token().user();
    let key = aes(&session, &[]);
    ok(session.set(key, &[bytes(CKA_CHECK_VALUE, b"")]));
    refused(session.get(key, CKA_CHECK_VALUE), CKR_ATTRIBUTE_TYPE_INVALID);
    ok(session.set(key, &[bytes(CKA_CHECK_VALUE, b"")]));
    refused(session.get(ok(session.copy(key, &[])), CKA_CHECK_VALUE), CKR_ATTRIBUTE_TYPE_INVALID);
    // It is a key's that may be destroyed.
    let certificate = ok(session.create(&certificate_template()));
    refused(session.set(certificate, &[bytes(CKA_CHECK_VALUE, b"")]), CKR_ATTRIBUTE_READ_ONLY);
}

/// Once, a private key's public half could be emptied, and then its own was refused like any other.
#[test]
fn a_public_half_is_that_of_the_private_key_or_refused() {
    let session = token().user();
    let open = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    for ((public, private), kind, numbers) in [
        (ec(&session, &open), CKK_EC, &[CKA_EC_PARAMS, CKA_VALUE][..]),
        (rsa(&session, &[], &open), CKK_RSA, &[CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT]),
    ] {
        let info = ok(session.get(public, CKA_PUBLIC_KEY_INFO));
        assert_eq!(ok(session.get(private, CKA_PUBLIC_KEY_INFO)), info);
        let given = |value: &[u8]| [bytes(CKA_PUBLIC_KEY_INFO, value)];
        let mut wrong = info.clone();
        *wrong.last_mut().unwrap() ^= 1;
        let template = with(&[class(CKO_PRIVATE_KEY), key_type(kind)], &copied(&session, private, numbers));
        let created = ok(session.create(&with(&template, &given(&info))));
        assert_eq!(ok(session.get(created, CKA_PUBLIC_KEY_INFO)), info);
        for wrong in [&wrong[..], &info[1..], b"\x30\x00"] {
            refused(session.create(&with(&template, &given(wrong))), CKR_ATTRIBUTE_VALUE_INVALID);
            refused(session.set(private, &given(wrong)), CKR_ATTRIBUTE_VALUE_INVALID);
            refused(session.copy(private, &given(wrong)), CKR_ATTRIBUTE_VALUE_INVALID);
        }
        ok(session.set(private, &given(b"")));
        assert!(ok(session.get(private, CKA_PUBLIC_KEY_INFO)).is_empty());
        refused(session.set(private, &given(&wrong)), CKR_ATTRIBUTE_VALUE_INVALID);
        ok(session.set(private, &given(&info)));
        ok(session.copy(private, &given(&info)));
        refused(session.set(public, &given(&info)), CKR_ATTRIBUTE_READ_ONLY);
        assert_eq!(ok(session.get(private, CKA_PUBLIC_KEY_INFO)), info);
    }
}

#[test]
fn dates_are_kept_as_they_are_and_bind_nobody() {
    let session = token().user();
    let past = [text(CKA_START_DATE, "19990101"), text(CKA_END_DATE, "19991231")];
    let key = aes(&session, &past);
    assert_eq!(ok(session.get(key, CKA_END_DATE)), b"19991231");
    ok(session.encrypt(&mech(CKM_AES_ECB), key, &[0; 16]));
    ok(session.set(key, &[bytes(CKA_END_DATE, b"")]));
    assert!(ok(session.get(key, CKA_END_DATE)).is_empty());
    assert_eq!(session.find(&past[..1]), [key]);
}
