//! Every footnote of every attribute of every kind of object, by the tables of `standard.rs`.

use crate::common::*;
use crate::making::*;
use crate::standard::*;

/// Another value of an attribute than the object has, in its form.
fn other(session: &Session, object: CK_OBJECT_HANDLE, row: &Row) -> Attribute {
    let (kind, _, form, _) = *row;
    match form {
        Form::Bool if session.get_bool(object, kind) == Ok(true) => no(kind),
        Form::Bool => yes(kind),
        Form::Ulong if session.get_ulong(object, kind) == Ok(1) => ulong(kind, 2),
        Form::Ulong => ulong(kind, 1),
        Form::Bytes => bytes(kind, b"something else"),
        Form::Date => text(kind, "20261124"),
        Form::Mechanisms => mechanisms(kind, &[CKM_SHA256]),
        Form::Template => template(kind, &[yes(CKA_EXTRACTABLE)]),
    }
}

/// Runs a check for each row of each kind; says which it was if it fails.
fn for_each_row(check: impl Fn(&Session, &Kind, &Row)) {
    let token = token();
    let session = token.user();
    for kind in kinds(&session) {
        for row in &kind.rows {
            let checked = std::panic::AssertUnwindSafe(|| check(&session, &kind, row));
            if std::panic::catch_unwind(checked).is_err() {
                panic!("{}, attribute {:#x}", kind.name, row.0);
            }
        }
    }
}

#[test]
fn what_must_be_given_to_create_an_object_must_be_given() {
    for_each_row(|session, kind, row| {
        if row.1.contains(&1) {
            refused(session.create(&without(&kind.least, row.0)), CKR_TEMPLATE_INCOMPLETE);
        } else {
            assert!(kind.least.iter().all(|given| given.kind != row.0), "the least template has no more than must be");
        }
    });
}

#[test]
fn what_must_not_be_given_to_create_an_object_is_refused() {
    for_each_row(|session, kind, row| {
        if row.1.contains(&2) {
            let object = ok(session.create(&kind.least));
            let given = other(session, object, row);
            refused(session.create(&with(&kind.least, &[given])), CKR_ATTRIBUTE_READ_ONLY);
            // What it is anyway is no better.
            let same = bytes(row.0, ok(session.get(object, row.0)));
            refused(session.create(&with(&kind.least, &[same])), CKR_ATTRIBUTE_READ_ONLY);
        }
    });
}

#[test]
fn what_may_be_given_to_create_an_object_is_what_it_has() {
    for_each_row(|session, kind, row| {
        let computed = [CKA_CHECK_VALUE, CKA_PUBLIC_KEY_INFO, CKA_PUBLIC_CRC64_VALUE].contains(&row.0);
        let trust = (CKA_TRUST_SERVER_AUTH..=CKA_TRUST_OCSP_SIGNING).contains(&row.0);
        if row.1.contains(&1) || row.1.contains(&2) || row.1.contains(&10) || row.1.contains(&7) || computed || trust {
            return;
        }
        // The token makes no claim of validation (section 4.14), numbers of RSA keys must fit, a URL wants hashes, and only
        // private keys can be strict.
        if [CKA_OBJECT_VALIDATION_FLAGS, CKA_PUBLIC_EXPONENT, CKA_URL, CKA_ALWAYS_AUTHENTICATE].contains(&row.0) {
            return;
        }
        let given = other(session, ok(session.create(&kind.least)), row);
        let object = ok(session.create(&but(&kind.open(), given.clone())));
        if let AttributeValue::Bytes(value) = given.value {
            assert_eq!(ok(session.get(object, row.0)), value);
        }
    });
}

#[test]
fn defaults_are_those_of_the_standard() {
    for_each_row(|session, kind, row| {
        let object = ok(session.create(&kind.least));
        match row.3 {
            Unsaid::Open => {}
            Unsaid::Empty => assert!(ok(session.get(object, row.0)).is_empty()),
            Unsaid::False => assert!(!ok(session.get_bool(object, row.0))),
            Unsaid::True => assert!(ok(session.get_bool(object, row.0))),
            Unsaid::Number(number) => assert_eq!(ok(session.get_ulong(object, row.0)), number),
        }
    });
}

#[test]
fn values_of_a_wrong_form_are_refused() {
    for_each_row(|session, kind, row| {
        if row.1.contains(&2) || row.0 == CKA_OBJECT_VALIDATION_FLAGS {
            return;
        }
        let wrong: &[&[u8]] = match row.2 {
            Form::Bool => &[&[], &[1, 0], &[1, 0, 0, 0], &[1, 0, 0, 0, 0, 0, 0, 0]],
            Form::Ulong => &[&[], &[1], &[1, 0, 0, 0], &[1, 0, 0, 0, 0, 0, 0, 0, 0]],
            Form::Date => &[b"2026112", b"202611240", b"20261324", b"20260024", b"20261100", b"2026112x"],
            Form::Mechanisms => &[&[1], &[1, 0, 0, 0], &[0; 9]],
            Form::Template => &[&[1], &[0; 8], &[0; 23], &[0; 25]],
            Form::Bytes => &[],
        };
        for value in wrong {
            let given = but(&kind.least, bytes(row.0, value));
            refused(session.create(&given), CKR_ATTRIBUTE_VALUE_INVALID);
        }
    });
}

#[test]
fn what_may_be_set_can_be_set_and_nothing_else() {
    for_each_row(|session, kind, row| {
        let object = ok(session.create(&kind.open()));
        let before = session.get(object, row.0);
        let change = other(session, object, row);
        if row.1.contains(&SILENT) {
            return;
        }
        if !row.1.contains(&8) {
            refused(session.set(object, std::slice::from_ref(&change)), CKR_ATTRIBUTE_READ_ONLY);
            return assert_eq!(session.get(object, row.0), before);
        }
        check_one_way(
            session,
            row,
            &change,
            |change| {
                ok(session.set(object, std::slice::from_ref(change)));
                object
            },
            |object, back| session.set(object, std::slice::from_ref(back)),
        );
    });
}

#[test]
fn what_may_change_in_a_copy_can_change_and_nothing_else() {
    for_each_row(|session, kind, row| {
        let object = ok(session.create(&with(&kind.open(), &[no(CKA_PRIVATE)])));
        let change = other(session, object, row);
        if row.1.contains(&SILENT) {
            return;
        }
        if !row.1.contains(&8) && !row.1.contains(&COPY) {
            return refused(session.copy(object, &[change]), CKR_ATTRIBUTE_READ_ONLY);
        }
        if row.0 == CKA_PRIVATE {
            let copy = ok(session.copy(object, &[yes(CKA_PRIVATE)]));
            return refused(session.copy(copy, &[no(CKA_PRIVATE)]), CKR_TEMPLATE_INCONSISTENT);
        }
        if row.0 == CKA_COPYABLE || row.0 == CKA_MODIFIABLE {
            let copy = ok(session.copy(object, &[change]));
            return assert!(!ok(session.get_bool(copy, row.0)));
        }
        check_one_way(
            session,
            row,
            &change,
            |change| {
                let copy = ok(session.copy(object, std::slice::from_ref(change)));
                assert_ne!(session.get(object, row.0), session.get(copy, row.0), "the original stays as it is");
                copy
            },
            |object, back| session.copy(object, std::slice::from_ref(back)).map(drop),
        );
    });
}

/// Makes a change and sees it; then tries the way back, which footnotes 11 and 12 close.
fn check_one_way(
    session: &Session,
    row: &Row,
    change: &Attribute,
    make: impl Fn(&Attribute) -> CK_OBJECT_HANDLE,
    undo: impl Fn(CK_OBJECT_HANDLE, &Attribute) -> Result<(), CK_RV>,
) {
    let changed = make(change);
    let AttributeValue::Bytes(value) = &change.value else { panic!("no template may be changed") };
    assert_eq!(&ok(session.get(changed, row.0)), value);
    if row.2 != Form::Bool {
        return;
    }
    let back = other(session, changed, row);
    let closed = row.1.contains(if value == &[CK_TRUE] { &11 } else { &12 });
    if closed {
        refused(undo(changed, &back), CKR_ATTRIBUTE_READ_ONLY);
        assert_eq!(&ok(session.get(changed, row.0)), value);
    } else {
        ok(undo(changed, &back));
    }
}

#[test]
fn secrets_of_sensitive_and_of_unextractable_keys_are_hidden_and_nothing_else() {
    for_each_row(|session, kind, row| {
        if !kind.rows.iter().any(|row| row.0 == CKA_SENSITIVE) {
            let object = ok(session.create(&kind.least));
            return assert_ne!(session.get(object, row.0), Err(CKR_ATTRIBUTE_SENSITIVE));
        }
        let open = ok(session.create(&kind.open()));
        assert_ne!(session.get(open, row.0), Err(CKR_ATTRIBUTE_SENSITIVE));
        for (sensitive, extractable) in [(true, true), (true, false), (false, false)] {
            let (sensitive, extractable) = (u8::from(sensitive), u8::from(extractable));
            let access = [bytes(CKA_SENSITIVE, [sensitive]), bytes(CKA_EXTRACTABLE, [extractable])];
            let object = ok(session.create(&with(&kind.least, &access)));
            let hidden = session.get(object, row.0) == Err(CKR_ATTRIBUTE_SENSITIVE);
            assert_eq!(hidden, row.1.contains(&7));
            // Nor by the detour of a search.
            if hidden {
                let value = ok(session.get(open, row.0));
                assert!(!session.find(&[bytes(row.0, value)]).contains(&object));
            }
        }
    });
}

#[test]
fn only_the_security_officer_says_that_an_object_is_trusted() {
    for_each_row(|session, kind, row| {
        if row.1.contains(&10) {
            refused(session.create(&with(&kind.least, &[yes(row.0)])), CKR_ATTRIBUTE_READ_ONLY);
            let object = ok(session.create(&with(&kind.least, &[no(row.0)])));
            refused(session.set(object, &[yes(row.0)]), CKR_ATTRIBUTE_READ_ONLY);
            refused(session.copy(object, &[yes(row.0)]), CKR_ATTRIBUTE_READ_ONLY);
        }
    });
}

/// A function that makes a key, and gives the handle of the one that is looked at.
type Make<'a> = dyn Fn(&[Attribute]) -> Result<CK_OBJECT_HANDLE, CK_RV> + 'a;

/// What the functions that make keys give to the tables.
struct Maker<'a> {
    name: &'static str,
    kind: &'static str,
    /// The footnotes for what must and what must not be given.
    notes: (u8, u8),
    make: Box<Make<'a>>,
    least: Vec<Attribute>,
}

#[test]
fn what_must_and_must_not_be_given_to_generate_and_unwrap_is_asked_and_refused() {
    let token = token();
    let session = token.user();
    let session = &session;
    let wrapping = aes(session, &[yes(CKA_WRAP), yes(CKA_UNWRAP)]);
    let wrap = |key| ok(session.wrap(&mech(CKM_AES_KEY_WRAP_KWP), wrapping, key));
    let open = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
    let secret = wrap(aes(session, &open));
    let private = wrap(ec(session, &open).1);
    let rsa_private = wrap(rsa(session, &[], &open).1);
    let unwrap = |wrapped: &[u8], template: &[Attribute]| {
        session.unwrap(&mech(CKM_AES_KEY_WRAP_KWP), wrapping, wrapped, template)
    };
    let rsa_gen = mech(CKM_RSA_PKCS_KEY_PAIR_GEN);
    let ec_gen = mech(CKM_EC_KEY_PAIR_GEN);
    let bits = [ulong(CKA_MODULUS_BITS, 1024)];
    let curve = [bytes(CKA_EC_PARAMS, P256)];
    let identity = |class_: CK_OBJECT_CLASS, kind| vec![class(class_), key_type(kind)];
    let makers = [
        Maker {
            name: "generated",
            kind: "AES",
            notes: (3, 4),
            least: vec![ulong(CKA_VALUE_LEN, 16)],
            make: Box::new(|t| session.generate(&mech(CKM_AES_KEY_GEN), t)),
        },
        Maker {
            name: "generated",
            kind: "generic secret",
            notes: (3, 4),
            least: vec![ulong(CKA_VALUE_LEN, 16)],
            make: Box::new(|t| session.generate(&mech(CKM_GENERIC_SECRET_KEY_GEN), t)),
        },
        Maker {
            name: "generated",
            kind: "RSA public",
            notes: (3, 4),
            least: bits.to_vec(),
            make: Box::new(|t| session.generate_pair(&rsa_gen, t, &[]).map(|pair| pair.0)),
        },
        Maker {
            name: "generated",
            kind: "RSA private",
            notes: (3, 4),
            least: vec![],
            make: Box::new(|t| session.generate_pair(&rsa_gen, &bits, t).map(|pair| pair.1)),
        },
        Maker {
            name: "generated",
            kind: "EC public",
            notes: (3, 4),
            least: curve.to_vec(),
            make: Box::new(|t| session.generate_pair(&ec_gen, t, &[]).map(|pair| pair.0)),
        },
        Maker {
            name: "generated",
            kind: "EC private",
            notes: (3, 4),
            least: vec![],
            make: Box::new(|t| session.generate_pair(&ec_gen, &curve, t).map(|pair| pair.1)),
        },
        Maker {
            name: "unwrapped",
            kind: "AES",
            notes: (5, 6),
            least: identity(CKO_SECRET_KEY, CKK_AES),
            make: Box::new(|t| unwrap(&secret, t)),
        },
        Maker {
            name: "unwrapped",
            kind: "EC private",
            notes: (5, 6),
            least: identity(CKO_PRIVATE_KEY, CKK_EC),
            make: Box::new(|t| unwrap(&private, t)),
        },
        Maker {
            name: "unwrapped",
            kind: "RSA private",
            notes: (5, 6),
            least: identity(CKO_PRIVATE_KEY, CKK_RSA),
            make: Box::new(|t| unwrap(&rsa_private, t)),
        },
    ];
    let kinds = kinds(session);
    for maker in makers {
        let kind = kinds.iter().find(|kind| kind.name == maker.kind).unwrap();
        let made = ok((maker.make)(&maker.least));
        for row in &kind.rows {
            println!("{} {}: {:#x}", maker.name, maker.kind, row.0);
            // The class and the key type follow from the generating mechanism.
            if row.1.contains(&maker.notes.0) {
                refused((maker.make)(&without(&maker.least, row.0)), CKR_TEMPLATE_INCOMPLETE);
            }
            if row.1.contains(&maker.notes.1) {
                let given = with(&maker.least, &[other(session, made, row)]);
                refused((maker.make)(&given), CKR_ATTRIBUTE_READ_ONLY);
            }
            if row.1.contains(&10) {
                refused((maker.make)(&with(&maker.least, &[yes(row.0)])), CKR_ATTRIBUTE_READ_ONLY);
            }
        }
    }
}
