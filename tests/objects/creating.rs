//! What `C_CreateObject` refuses, and with which code (section 4.1.1).

use crate::common::*;
use crate::making::*;

#[test]
fn an_attribute_that_nobody_knows_is_an_invalid_type() {
    let session = token().user();
    for unknown in [0x7777_u64, 0x0000_06ff, CKA_VENDOR_DEFINED, CKA_VENDOR_DEFINED | 1, CK_ULONG::MAX, 0x4000_0999] {
        refused(session.create(&with(&aes_template(), &[yes(unknown)])), CKR_ATTRIBUTE_TYPE_INVALID);
        refused(session.set(aes(&session, &[]), &[yes(unknown)]), CKR_ATTRIBUTE_TYPE_INVALID);
        refused(session.copy(aes(&session, &[]), &[yes(unknown)]), CKR_ATTRIBUTE_TYPE_INVALID);
    }
}

/// Once, the attributes of objects that the token does not have (a display, a key type) were taken for no attributes at all.
#[test]
fn an_attribute_of_another_kind_of_object_makes_a_template_inconsistent() {
    let session = token().user();
    let strange = [
        bytes(CKA_MODULUS, [1, 2, 3]),
        bytes(CKA_EC_POINT, [4]),
        bytes(CKA_SUBJECT, b"\x30\x00"),
        bytes(CKA_APPLICATION, b"x"),
        ulong(CKA_CERTIFICATE_TYPE, CKC_X_509),
        yes(CKA_SIGN_RECOVER),
        yes(CKA_ALWAYS_AUTHENTICATE),
        ulong(CKA_MECHANISM_TYPE, CKM_SHA256),
        yes(CKA_HAS_RESET),
        ulong(CKA_PIXEL_X, 640),
        ulong(CKA_OTP_FORMAT, 1),
        ulong(CKA_PARAMETER_SET, 1),
    ];
    for attribute in strange {
        let given = std::slice::from_ref(&attribute);
        refused(session.create(&with(&aes_template(), given)), CKR_TEMPLATE_INCONSISTENT);
        refused(session.set(aes(&session, &[]), given), CKR_TEMPLATE_INCONSISTENT);
        refused(session.copy(aes(&session, &[]), given), CKR_TEMPLATE_INCONSISTENT);
    }
}

#[test]
fn a_contradiction_is_refused_and_a_repetition_is_not() {
    let session = token().user();
    for pair in [
        [text(CKA_LABEL, "one"), text(CKA_LABEL, "two")],
        [yes(CKA_ENCRYPT), no(CKA_ENCRYPT)],
        [ulong(CKA_CLASS, CKO_SECRET_KEY), ulong(CKA_CLASS, CKO_DATA)],
    ] {
        refused(session.create(&with(&aes_template(), &pair)), CKR_TEMPLATE_INCONSISTENT);
    }
    refused(session.set(data(&session, ""), &[text(CKA_LABEL, "1"), text(CKA_LABEL, "2")]), CKR_TEMPLATE_INCONSISTENT);
    refused(session.copy(data(&session, ""), &[text(CKA_LABEL, "1"), text(CKA_LABEL, "2")]), CKR_TEMPLATE_INCONSISTENT);
    let twice = ok(session.create(&with(&aes_template(), &[text(CKA_LABEL, "one"), text(CKA_LABEL, "one")])));
    assert_eq!(ok(session.get(twice, CKA_LABEL)), b"one");
}

#[test]
fn classes_and_types_that_do_not_exist_are_invalid_values() {
    let session = token().user();
    for unknown in [0x77_u64, CKO_VENDOR_DEFINED, CK_ULONG::MAX] {
        refused(session.create(&[class(unknown)]), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    for unknown in [0x7777_u64, CKK_VENDOR_DEFINED, CK_ULONG::MAX] {
        for class_ in [CKO_SECRET_KEY, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_DOMAIN_PARAMETERS] {
            refused(
                session.create(&[class(class_), key_type(unknown), bytes(CKA_VALUE, b"x")]),
                CKR_ATTRIBUTE_VALUE_INVALID,
            );
        }
        let certificate = but(&certificate_template(), ulong(CKA_CERTIFICATE_TYPE, unknown));
        refused(session.create(&certificate), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    refused(session.create(&[]), CKR_TEMPLATE_INCOMPLETE);
    refused(session.create(&[class(CKO_SECRET_KEY)]), CKR_TEMPLATE_INCOMPLETE);
}

/// Once, each was an invalid value by itself.
#[test]
fn a_key_type_of_another_class_makes_a_template_inconsistent() {
    let session = token().user();
    for (class_, kind) in [
        (CKO_SECRET_KEY, CKK_RSA),
        (CKO_SECRET_KEY, CKK_EC),
        (CKO_PRIVATE_KEY, CKK_AES),
        (CKO_PUBLIC_KEY, CKK_GENERIC_SECRET),
        (CKO_DOMAIN_PARAMETERS, CKK_AES),
    ] {
        refused(session.create(&[class(class_), key_type(kind), bytes(CKA_VALUE, SECRET)]), CKR_TEMPLATE_INCONSISTENT);
    }
}

#[test]
fn built_in_classes_are_not_made_by_applications() {
    let session = token().user();
    for built_in in [CKO_HW_FEATURE, CKO_MECHANISM, CKO_PROFILE, CKO_VALIDATION] {
        refused(session.create(&[class(built_in)]), CKR_TEMPLATE_INCONSISTENT);
    }
    let clock = [class(CKO_HW_FEATURE), ulong(CKA_HW_FEATURE_TYPE, CKH_CLOCK), text(CKA_VALUE, "2026112412000000")];
    refused(session.create(&clock), CKR_TEMPLATE_INCONSISTENT);
}

#[test]
fn a_history_cannot_be_forged() {
    let session = token().user();
    let (public, private) = ec(&session, &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]);
    let private_template =
        with(&[class(CKO_PRIVATE_KEY), key_type(CKK_EC)], &copied(&session, private, &[CKA_EC_PARAMS, CKA_VALUE]));
    let public_template =
        with(&[class(CKO_PUBLIC_KEY), key_type(CKK_EC)], &copied(&session, public, &[CKA_EC_PARAMS, CKA_EC_POINT]));
    let everywhere = [
        yes(CKA_LOCAL),
        no(CKA_LOCAL),
        ulong(CKA_KEY_GEN_MECHANISM, CKM_AES_KEY_GEN),
        bytes(CKA_UNIQUE_ID, b"mine"),
        bytes(CKA_UNIQUE_ID, b""),
        ulong(CKA_OBJECT_VALIDATION_FLAGS, 1),
    ];
    let secret =
        [yes(CKA_ALWAYS_SENSITIVE), no(CKA_ALWAYS_SENSITIVE), yes(CKA_NEVER_EXTRACTABLE), no(CKA_NEVER_EXTRACTABLE)];
    for template in [aes_template(), private_template, public_template] {
        let is_public = template.iter().any(|attribute| attribute.kind == CKA_EC_POINT);
        for forged in everywhere.iter().chain(if is_public { &[][..] } else { &secret[..] }) {
            let forged = std::slice::from_ref(forged);
            refused(session.create(&with(&template, forged)), CKR_ATTRIBUTE_READ_ONLY);
            let object = ok(session.create(&template));
            refused(session.set(object, forged), CKR_ATTRIBUTE_READ_ONLY);
        }
    }
    for forged in &everywhere[..2] {
        let given = [ulong(CKA_VALUE_LEN, 16), forged.clone()];
        refused(session.generate(&mech(CKM_AES_KEY_GEN), &given), CKR_ATTRIBUTE_READ_ONLY);
    }
}

#[test]
fn secret_values_of_a_wrong_length_are_refused() {
    let session = token().user();
    for length in [0, 1, 15, 17, 31, 33, 64] {
        let template = but(&aes_template(), bytes(CKA_VALUE, vec![1; length]));
        refused(session.create(&template), CKR_ATTRIBUTE_VALUE_INVALID);
    }
    refused(session.create(&generic_template(b"")), CKR_ATTRIBUTE_VALUE_INVALID);
}

/// Once, each value of a template might have 64 MiB, and a thousand of them could point to the same memory.
#[test]
fn values_have_a_bound_together_and_not_only_one_by_one() {
    let session = token().session();
    let big = vec![0; 24 << 20];
    let list = [CKA_VALUE, CKA_APPLICATION, CKA_OBJECT_ID].map(|kind| CK_ATTRIBUTE {
        type_: kind,
        pValue: big.as_ptr().cast_mut().cast(),
        ulValueLen: big.len() as CK_ULONG,
    });
    let mut class_value = CKO_DATA;
    let class_ = CK_ATTRIBUTE { type_: CKA_CLASS, pValue: (&raw mut class_value).cast(), ulValueLen: 8 };
    let create = |count: usize| {
        let mut template = vec![class_];
        template.extend_from_slice(&list[..count]);
        let mut object = CK_INVALID_HANDLE;
        let length = template.len() as CK_ULONG;
        // SAFETY: a template that is all there.
        result(unsafe { f().C_CreateObject.unwrap()(session.handle, template.as_mut_ptr(), length, &mut object) })
    };
    ok(create(2));
    refused(create(3), CKR_ATTRIBUTE_VALUE_INVALID);
}
