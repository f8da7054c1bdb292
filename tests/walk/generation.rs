//! Keys and domain parameters that are generated: what they are, and what they remember of it.

use crate::keys::{Ground, Kind};
use crate::recipe::*;
use crate::{functions, recipes, walk};

/// What a template says of a key that nobody may ever see.
fn hidden() -> [Attribute; 2] {
    [yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]
}

fn open() -> [Attribute; 2] {
    [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]
}

fn private(kind: Kind, more: &[Attribute]) -> Vec<Attribute> {
    [&kind.private()[..], more].concat()
}

/// Sensitive and extractable, and whether it always and never was so.
fn history(s: &Session, key: CK_OBJECT_HANDLE) -> [bool; 4] {
    [CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE].map(|kind| ok(s.get_bool(key, kind)))
}

fn was_made_by(s: &Session, key: CK_OBJECT_HANDLE, kind: CK_MECHANISM_TYPE) {
    assert!(ok(s.get_bool(key, CKA_LOCAL)));
    assert_eq!(ok(s.get_ulong(key, CKA_KEY_GEN_MECHANISM)), kind);
}

#[test]
fn secret_keys_are_what_was_asked_for() {
    let ground = Ground::new();
    let s = &ground.s;
    walk(&ground, |recipe, info| {
        let (Keys::Secret(kinds, lengths, _), true) = (recipe.keys, info.flags & CKF_GENERATE != 0) else { return };
        let one_length = lengths.bounds().0 == lengths.bounds().1;
        // The length of a DES key goes without saying, and with others that have one length it may.
        let template = |length: usize, more: &[Attribute]| {
            let told = if one_length { vec![] } else { vec![ulong(CKA_VALUE_LEN, length as CK_ULONG)] };
            [&recipe.template[..], &told, more].concat()
        };
        for length in lengths.tried() {
            let key = ok(s.generate(&recipe.mech, &template(length, &open())));
            assert_eq!(ok(s.get(key, CKA_VALUE)).len(), length);
            let class = if recipe.kind == CKM_HOTP_KEY_GEN { CKO_OTP_KEY } else { CKO_SECRET_KEY };
            assert_eq!(ok(s.get_ulong(key, CKA_CLASS)), class);
            assert_eq!(ok(s.get_ulong(key, CKA_KEY_TYPE)), kinds[0]);
            was_made_by(s, key, recipe.kind);
            assert_eq!(history(s, key), [false, true, false, false]);
            let other = ok(s.generate(&recipe.mech, &template(length, &hidden())));
            assert_eq!(history(s, other), [true, false, true, true]);
            was_made_by(s, other, recipe.kind);
            refused(s.get(other, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
        }
        // A password's key is always the same, others never are.
        let values = [(), ()].map(|()| {
            let key = ok(s.generate(&recipe.mech, &template(lengths.bounds().1, &open())));
            ok(s.get(key, CKA_VALUE))
        });
        let of_password = !recipe.mech.parameter.is_empty() && recipe.kind != CKM_TLS_PRE_MASTER_KEY_GEN;
        assert_eq!(values[0] == values[1], of_password);
        for length in [lengths.bounds().0 - 1, lengths.bounds().1 + 1] {
            let template = [&recipe.template[..], &[ulong(CKA_VALUE_LEN, length as CK_ULONG)]].concat();
            let Err(code) = s.generate(&recipe.mech, &template) else { panic!("{length} bytes are taken") };
            assert!([CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT].contains(&code), "{}", codes::name(code));
        }
        if !one_length {
            refused(s.generate(&recipe.mech, &recipe.template), CKR_TEMPLATE_INCOMPLETE);
        }
        for (wrong, code) in [
            (class(CKO_PUBLIC_KEY), CKR_TEMPLATE_INCONSISTENT),
            (bytes(CKA_VALUE, [1; 16]), CKR_ATTRIBUTE_READ_ONLY),
            (yes(CKA_LOCAL), CKR_ATTRIBUTE_READ_ONLY),
        ] {
            refused(s.generate(&recipe.mech, &template(lengths.bounds().0, &[wrong])), code);
        }
    });
}

#[test]
fn pairs_are_what_was_asked_for_and_fit_together() {
    let ground = Ground::new();
    let s = &ground.s;
    let all = recipes::all(&ground);
    walk(&ground, |recipe, info| {
        let (Keys::Pair(kind), true) = (recipe.keys, info.flags & CKF_GENERATE_KEY_PAIR != 0) else { return };
        for (index, public) in kind.generation().1.into_iter().enumerate() {
            let (one, two) = ok(s.generate_pair(&recipe.mech, &public, &private(kind, &kind.open())));
            let (_, three) = ok(s.generate_pair(&recipe.mech, &public, &private(kind, &hidden())));
            for (key, of) in [(one, CKO_PUBLIC_KEY), (two, CKO_PRIVATE_KEY), (three, CKO_PRIVATE_KEY)] {
                was_made_by(s, key, recipe.kind);
                assert_eq!(ok(s.get_ulong(key, CKA_CLASS)), of);
            }
            let opened = if kind == Kind::Hss { [true, false, true, true] } else { [false, true, false, false] };
            assert_eq!(history(s, two), opened);
            assert_eq!(history(s, three), [true, false, true, true]);
            assert_eq!(ok(s.get(one, CKA_PUBLIC_KEY_INFO)), ok(s.get(two, CKA_PUBLIC_KEY_INFO)));
            assert_ne!(ok(s.get(one, CKA_PUBLIC_KEY_INFO)), ok(s.get(three, CKA_PUBLIC_KEY_INFO)));
            let secret = if kind == Kind::Rsa { CKA_PRIVATE_EXPONENT } else { CKA_VALUE };
            refused(s.get(three, secret), CKR_ATTRIBUTE_SENSITIVE);
            let same = |other: &&Recipe| matches!(other.keys, Keys::Pair(of) if of == kind || of == Kind::Agreement && kind == Kind::Montgomery);
            let does = |other: &&Recipe| ground.flags(other.kind) & (CKF_SIGN | CKF_DERIVE | CKF_ENCAPSULATE) != 0;
            let user = all.iter().filter(same).find(does).expect("a mechanism uses such keys");
            if index == 0 || !user.costly {
                functions::do_all(&ground, user, ground.flags(user.kind), (one, two));
            }
        }
        for (wrong, code) in kind.beyond() {
            refused(s.generate_pair(&recipe.mech, &[wrong], &[]), code);
        }
        refused(s.generate_pair(&recipe.mech, &[], &[]), CKR_TEMPLATE_INCOMPLETE);
        let public = &kind.generation().1[0];
        let wrong = private(kind, &[class(CKO_SECRET_KEY)]);
        refused(s.generate_pair(&recipe.mech, public, &wrong), CKR_TEMPLATE_INCONSISTENT);
    });
}

#[test]
fn domain_parameters_make_pairs() {
    let ground = Ground::new();
    let s = &ground.s;
    walk(&ground, |recipe, info| {
        let (Keys::Pair(kind), true) = (recipe.keys, info.flags & CKF_GENERATE != 0) else { return };
        let made = ok(s.generate(&recipe.mech, &recipe.template));
        assert_eq!(ok(s.get_ulong(made, CKA_CLASS)), CKO_DOMAIN_PARAMETERS);
        assert!(ok(s.get_bool(made, CKA_LOCAL)));
        let numbers = [CKA_PRIME, CKA_SUBPRIME, CKA_BASE]
            .map(|number| s.get(made, number).ok().map(|value| bytes(number, value)));
        let mut numbers: Vec<_> = numbers.into_iter().flatten().collect();
        if numbers.iter().all(|number| number.kind != CKA_BASE) {
            // Primes only: another mechanism makes a base for them.
            let complete = recipes::all(&ground).into_iter().find(|other| other.kind == CKM_DSA_FIPS_G_GEN).unwrap();
            let made = ok(s.generate(&complete.mech, &numbers));
            numbers.push(bytes(CKA_BASE, ok(s.get(made, CKA_BASE))));
        }
        ok(s.generate_pair(&mech(kind.generation().0), &numbers, &[]));
        refused(s.generate(&recipe.mech, &[]), CKR_TEMPLATE_INCOMPLETE);
        if recipe.kind == CKM_DSA_FIPS_G_GEN {
            return; // It does not choose the size.
        }
        for bits in [0, 1023, info.ulMaxKeySize + 1, CK_ULONG::MAX] {
            refused(s.generate(&recipe.mech, &[ulong(CKA_PRIME_BITS, bits)]), CKR_ATTRIBUTE_VALUE_INVALID);
        }
    });
}
