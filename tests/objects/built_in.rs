//! The objects that every token has: clock, counter, mechanisms, profiles (sections 4.3, 4.12 and 4.13).

use crate::common::*;
use crate::making::*;

fn features(session: &Session) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    let feature = |kind| {
        let found = session.find(&[class(CKO_HW_FEATURE), ulong(CKA_HW_FEATURE_TYPE, kind)]);
        assert_eq!(found.len(), 1);
        found[0]
    };
    (feature(CKH_CLOCK), feature(CKH_MONOTONIC_COUNTER))
}

fn mechanism_list(token: &Token) -> Vec<CK_MECHANISM_TYPE> {
    let mut count = 0;
    // SAFETY: a place for the count.
    ok(result(unsafe { f().C_GetMechanismList.unwrap()(token.slot, std::ptr::null_mut(), &mut count) }));
    let mut list = vec![0; count as usize];
    // SAFETY: room for as many.
    ok(result(unsafe { f().C_GetMechanismList.unwrap()(token.slot, list.as_mut_ptr(), &mut count) }));
    list
}

#[test]
fn the_clock_tells_the_time_of_the_token() {
    let token = token();
    let session = token.session();
    let (clock, _) = features(&session);
    let before = token.info().utcTime;
    let time = ok(session.get(clock, CKA_VALUE));
    let after = token.info().utcTime;
    assert!(time.len() == 16 && time.iter().all(u8::is_ascii_digit) && time.ends_with(b"00"));
    assert!(before[..] <= time[..] && time[..] <= after[..]);
}

#[test]
fn the_counter_grows_whenever_it_is_read() {
    let token = token();
    let (session, other) = (token.session(), token.session());
    let (_, counter) = features(&session);
    let mut last = Vec::new();
    for _ in 0..100 {
        for session in [&session, &other] {
            let value = ok(session.get(counter, CKA_VALUE));
            assert!(value > last, "big endian, so that it compares as bytes");
            last = value;
        }
    }
    assert!(!ok(session.get_bool(counter, CKA_RESET_ON_INIT)));
    assert!(!ok(session.get_bool(counter, CKA_HAS_RESET)));
}

#[test]
fn there_is_one_mechanism_object_for_each_mechanism() {
    let token = token();
    let session = token.session();
    let objects = session.find(&[class(CKO_MECHANISM)]);
    let mut told: Vec<_> = objects.iter().map(|object| ok(session.get_ulong(*object, CKA_MECHANISM_TYPE))).collect();
    let mut listed = mechanism_list(&token);
    told.sort();
    listed.sort();
    assert_eq!(told, listed);
    for mechanism in listed {
        let found = session.find(&[class(CKO_MECHANISM), ulong(CKA_MECHANISM_TYPE, mechanism)]);
        assert_eq!(found.len(), 1);
        // "To allow applications to find information about a specific mechanism": also by that alone.
        assert_eq!(session.find(&[ulong(CKA_MECHANISM_TYPE, mechanism)]), found);
    }
    assert_eq!(session.find(&[ulong(CKA_MECHANISM_TYPE, 0x7777_7777)]), []);
}

#[test]
fn there_is_one_profile_object_for_each_profile_that_holds() {
    let token = token();
    for session in [token.read_only(), token.user()] {
        let objects = session.find(&[class(CKO_PROFILE)]);
        let told: Vec<_> = objects.iter().map(|object| ok(session.get_ulong(*object, CKA_PROFILE_ID))).collect();
        let held = [
            CKP_BASELINE_PROVIDER,
            CKP_EXTENDED_PROVIDER,
            CKP_AUTHENTICATION_TOKEN,
            CKP_PUBLIC_CERTIFICATES_TOKEN,
            CKP_HKDF_TLS_TOKEN,
        ];
        assert_eq!(told, held);
        for (object, profile) in objects.into_iter().zip(held) {
            assert_eq!(session.find(&[ulong(CKA_PROFILE_ID, profile)]), [object]);
            assert_eq!(ok(session.get_ulong(object, CKA_CLASS)), CKO_PROFILE);
            refused(session.get(object, CKA_TOKEN), CKR_ATTRIBUTE_TYPE_INVALID);
        }
        assert_eq!(session.find(&[ulong(CKA_PROFILE_ID, CKP_COMPLETE_PROVIDER)]), []);
        assert_eq!(session.find(&[ulong(CKA_PROFILE_ID, CKP_INVALID_ID)]), []);
    }
}

#[test]
fn a_list_of_everything_shows_what_users_put_there() {
    let session = token().user();
    assert_eq!(session.find(&[]), []);
    assert_eq!(session.find(&[no(CKA_TOKEN)]), []);
    assert_eq!(session.find(&[class(CKO_DATA)]), []);
    assert_eq!(session.find(&[class(CKO_VALIDATION)]), [], "nobody has validated this module");
    let own = data(&session, "own");
    assert_eq!(session.find(&[]), [own]);
}

#[test]
fn built_in_objects_are_not_changed_copied_or_destroyed() {
    let token = token();
    for session in [token.session(), token.user()] {
        let (clock, counter) = features(&session);
        let mechanism = session.find(&[class(CKO_MECHANISM)])[0];
        let profile = session.find(&[class(CKO_PROFILE)])[0];
        for object in [clock, counter, mechanism, profile] {
            for template in [&[][..], &[text(CKA_VALUE, "2026112412000000")], &[text(CKA_LABEL, "x")]] {
                refused(session.set(object, template), CKR_ACTION_PROHIBITED);
                refused(session.copy(object, template), CKR_ACTION_PROHIBITED);
            }
            refused(session.destroy(object), CKR_ACTION_PROHIBITED);
            refused(session.encrypt_init(&mech(CKM_AES_ECB), object), CKR_KEY_HANDLE_INVALID);
            assert!(ok(session.size(object)) > 0);
        }
    }
}

/// Once, built-in objects had no unique identifier.
#[test]
fn built_in_objects_have_unique_identifiers_by_which_they_are_found() {
    let session = token().session();
    let (clock, counter) = features(&session);
    let mut objects = session.find(&[class(CKO_MECHANISM)]);
    objects.extend(session.find(&[class(CKO_PROFILE)]));
    objects.extend([clock, counter]);
    let mut seen = std::collections::HashSet::new();
    for object in objects {
        let id = ok(session.get(object, CKA_UNIQUE_ID));
        assert_eq!(session.find(&[bytes(CKA_UNIQUE_ID, &id)]), [object]);
        assert!(seen.insert(id));
    }
}

#[test]
fn no_handle_beside_theirs_is_one() {
    let session = token().session();
    let objects = session.find(&[class(CKO_MECHANISM)]);
    let last = *objects.iter().max().unwrap();
    let first = features(&session).0;
    for handle in [first - 1, last + 1, CK_ULONG::MAX, CK_ULONG::MAX - 1, 0] {
        refused(session.get(handle, CKA_CLASS), CKR_OBJECT_HANDLE_INVALID);
        refused(session.destroy(handle), CKR_OBJECT_HANDLE_INVALID);
    }
}
