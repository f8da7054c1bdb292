//! Reading templates within attributes, as section 4.7, "Template Attributes", demands.

use crate::common::*;
use crate::making::*;

const UNKNOWN: CK_ULONG = CK_UNAVAILABLE_INFORMATION;
const SIZE: usize = size_of::<CK_ATTRIBUTE>();

fn inner() -> Vec<Attribute> {
    vec![ulong(CKA_KEY_TYPE, CKK_AES), yes(CKA_SENSITIVE), text(CKA_LABEL, "inner label")]
}

fn key(session: &Session) -> CK_OBJECT_HANDLE {
    aes(session, &[template(CKA_UNWRAP_TEMPLATE, &inner())])
}

/// Asks with an array of elements; gives the code and the length that came back.
fn read(session: &Session, key: CK_OBJECT_HANDLE, array: &mut [CK_ATTRIBUTE]) -> (Result<(), CK_RV>, CK_ULONG) {
    let length = size_of_val(array) as CK_ULONG;
    read_as(session, key, array, length)
}

fn read_as(
    session: &Session,
    key: CK_OBJECT_HANDLE,
    array: &mut [CK_ATTRIBUTE],
    length: CK_ULONG,
) -> (Result<(), CK_RV>, CK_ULONG) {
    let mut outer = [asked_as(array, length)];
    (ask(session, key, &mut outer), outer[0].ulValueLen)
}

/// A question for the template with an array said to be so long.
fn asked_as(array: &mut [CK_ATTRIBUTE], length: CK_ULONG) -> CK_ATTRIBUTE {
    CK_ATTRIBUTE { type_: CKA_UNWRAP_TEMPLATE, pValue: array.as_mut_ptr().cast(), ulValueLen: length }
}

#[test]
fn number_then_types_then_values_are_told() {
    let session = token().user();
    let key = key(&session);
    let mut outer = [length_of(CKA_UNWRAP_TEMPLATE)];
    ok(ask(&session, key, &mut outer));
    assert_eq!(outer[0].ulValueLen as usize, 3 * SIZE);
    let mut array = [length_of(UNKNOWN); 3];
    let (code, length) = read(&session, key, &mut array);
    ok(code);
    assert_eq!(length as usize, 3 * SIZE);
    let mut values = Vec::new();
    for (element, expected) in array.iter_mut().zip(inner()) {
        let AttributeValue::Bytes(expected_value) = &expected.value else { unreachable!() };
        assert_eq!(element.type_, expected.kind);
        assert_eq!(element.ulValueLen as usize, expected_value.len());
        assert!(element.pValue.is_null());
        values.push(vec![0; element.ulValueLen as usize]);
        element.pValue = values.last_mut().unwrap().as_mut_ptr().cast();
    }
    ok(read(&session, key, &mut array).0);
    for (value, expected) in values.iter().zip(inner()) {
        let AttributeValue::Bytes(expected) = expected.value else { unreachable!() };
        assert_eq!(value, &expected);
    }
}

#[test]
fn elements_may_be_asked_for_in_any_order_and_some_left_out() {
    let session = token().user();
    let key = key(&session);
    let (mut label, mut sensitive) = ([0; 32], [9; 1]);
    let mut array = [question(CKA_LABEL, &mut label), question(CKA_SENSITIVE, &mut sensitive)];
    let (code, length) = read(&session, key, &mut array);
    ok(code);
    assert_eq!(length as usize, 2 * SIZE);
    assert_eq!(array[0].ulValueLen, 11);
    assert_eq!((&label[..11], sensitive), (&b"inner label"[..], [1]));
    let mut array = [length_of(CKA_KEY_TYPE)];
    ok(read(&session, key, &mut array).0);
    assert_eq!(array[0].ulValueLen, 8);
}

#[test]
fn an_element_without_room_is_marked_and_the_others_are_filled() {
    let session = token().user();
    let key = key(&session);
    let (mut label, mut sensitive, mut kind) = ([7; 10], [9; 1], [0; 8]);
    let mut array =
        [question(CKA_LABEL, &mut label), question(CKA_SENSITIVE, &mut sensitive), question(CKA_KEY_TYPE, &mut kind)];
    let (code, length) = read(&session, key, &mut array);
    refused(code, CKR_BUFFER_TOO_SMALL);
    // The array itself had room: what is in it says which element had none.
    assert_eq!(length as usize, 3 * SIZE);
    assert_eq!(array[0].ulValueLen, UNKNOWN);
    assert_eq!(label, [7; 10]);
    assert_eq!((sensitive, kind), ([1], CKK_AES.to_ne_bytes()));
}

/// Once, elements were filled in the object's order whatever types the caller had given, into an array of any size.
#[test]
fn an_array_that_fits_no_way_of_asking_is_inconsistent_and_untouched() {
    let session = token().user();
    let key = key(&session);
    let lists: &[&[CK_ATTRIBUTE_TYPE]] = &[
        &[UNKNOWN],
        &[UNKNOWN; 2],
        &[UNKNOWN; 4],
        &[CKA_LABEL, UNKNOWN, UNKNOWN],
        &[CKA_LABEL, CKA_SENSITIVE, UNKNOWN],
        &[CKA_LABEL, CKA_LABEL],
        &[CKA_LABEL, CKA_SENSITIVE, CKA_ID],
        &[CKA_ID],
        &[0x7777],
        &[CKA_LABEL, CKA_SENSITIVE, CKA_KEY_TYPE, CKA_ID],
        &[CKA_LABEL, CKA_SENSITIVE, CKA_KEY_TYPE, CKA_LABEL],
    ];
    for list in lists {
        let mut room = [[7; 32]; 4];
        let mut array: Vec<_> = list.iter().zip(&mut room).map(|(kind, room)| question(*kind, room)).collect();
        let (code, length) = read(&session, key, &mut array);
        refused(code, CKR_TEMPLATE_INCONSISTENT);
        assert_eq!(length, UNKNOWN);
        assert!(array.iter().zip(*list).all(|(element, kind)| element.type_ == *kind && element.ulValueLen == 32));
        assert_eq!(room, [[7; 32]; 4]);
    }
    let mut array = [length_of(UNKNOWN); 3];
    for length in [
        1,
        SIZE - 1,
        SIZE + 1,
        3 * SIZE - 1,
        3 * SIZE + 1,
        4 * SIZE,
        usize::MAX,
        usize::MAX - 7,
        usize::MAX / SIZE * SIZE,
    ] {
        refused(read_as(&session, key, &mut array, length as CK_ULONG).0, CKR_TEMPLATE_INCONSISTENT);
    }
    refused(read_as(&session, key, &mut array, 0).0, CKR_BUFFER_TOO_SMALL);
    assert!(array.iter().all(|element| element.type_ == UNKNOWN && element.ulValueLen == 0));
}

#[test]
fn an_inconsistent_array_does_not_keep_other_attributes_from_being_filled() {
    let session = token().user();
    let key = key(&session);
    let (mut first, mut last) = ([0; 8], [0; 8]);
    let mut array = [length_of(CKA_ID)];
    let mut asked = [
        question(CKA_KEY_TYPE, &mut first),
        asked_as(&mut array, SIZE as CK_ULONG),
        length_of(CKA_MODULUS),
        question(CKA_CLASS, &mut last),
    ];
    refused(ask(&session, key, &mut asked), CKR_TEMPLATE_INCONSISTENT);
    assert_eq!((first, last), (CKK_AES.to_ne_bytes(), CKO_SECRET_KEY.to_ne_bytes()));
    assert_eq!([asked[1].ulValueLen, asked[2].ulValueLen], [UNKNOWN; 2]);
}

#[test]
fn an_empty_template_is_read_as_one() {
    let session = token().user();
    let key = aes(&session, &[template(CKA_UNWRAP_TEMPLATE, &[])]);
    let mut outer = [length_of(CKA_UNWRAP_TEMPLATE)];
    ok(ask(&session, key, &mut outer));
    assert_eq!(outer[0].ulValueLen, 0);
    let mut array = [length_of(UNKNOWN)];
    ok(read_as(&session, key, &mut array, 0).0);
    refused(read(&session, key, &mut array).0, CKR_TEMPLATE_INCONSISTENT);
    refused(session.get(aes(&session, &[]), CKA_UNWRAP_TEMPLATE), CKR_ATTRIBUTE_TYPE_INVALID);
}

#[test]
fn every_template_attribute_is_kept_where_it_belongs() {
    let session = token().user();
    let given = |kind| template(kind, &[yes(CKA_SENSITIVE)]);
    let (public, private) = ok(session.generate_pair(
        &mech(CKM_EC_KEY_PAIR_GEN),
        &[bytes(CKA_EC_PARAMS, P256), given(CKA_WRAP_TEMPLATE), given(CKA_ENCAPSULATE_TEMPLATE)],
        &[given(CKA_UNWRAP_TEMPLATE), given(CKA_DECAPSULATE_TEMPLATE), given(CKA_DERIVE_TEMPLATE)],
    ));
    let secret = aes(&session, &[given(CKA_WRAP_TEMPLATE), given(CKA_UNWRAP_TEMPLATE), given(CKA_DERIVE_TEMPLATE)]);
    for (object, kinds) in [
        (public, &[CKA_WRAP_TEMPLATE, CKA_ENCAPSULATE_TEMPLATE][..]),
        (private, &[CKA_UNWRAP_TEMPLATE, CKA_DECAPSULATE_TEMPLATE, CKA_DERIVE_TEMPLATE]),
        (secret, &[CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE]),
        (ok(session.copy(secret, &[])), &[CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE]),
    ] {
        for kind in kinds {
            let mut asked = [length_of(*kind)];
            ok(ask(&session, object, &mut asked));
            assert_eq!(asked[0].ulValueLen as usize, SIZE);
            assert!(session.find(&[given(*kind)]).contains(&object), "and searched for");
            assert!(!session.find(&[template(*kind, &[no(CKA_SENSITIVE)])]).contains(&object));
        }
    }
    refused(session.create(&with(&data_template("x"), &[given(CKA_WRAP_TEMPLATE)])), CKR_TEMPLATE_INCONSISTENT);
}
