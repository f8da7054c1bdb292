//! What each function must refuse, and with which code: a mechanism that cannot do it, a parameter that is missing, too much
//! or malformed, a key of the wrong type, class or size, a permission that the key does not give.

use crate::functions::{FUNCTIONS, Function};
use crate::keys::{Ground, Kind, Pair, nothing, public_value};
use crate::recipe::*;
use Function::*;

/// How a function speaks of a key.
struct Words {
    type_inconsistent: CK_RV,
    size_range: CK_RV,
}

fn words(function: Function) -> Words {
    let (type_inconsistent, size_range) = match function {
        Wrap => (CKR_WRAPPING_KEY_TYPE_INCONSISTENT, CKR_WRAPPING_KEY_SIZE_RANGE),
        Unwrap | Decapsulate => (CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT, CKR_UNWRAPPING_KEY_SIZE_RANGE),
        _ => (CKR_KEY_TYPE_INCONSISTENT, CKR_KEY_SIZE_RANGE),
    };
    Words { type_inconsistent, size_range }
}

/// Begins a function, and leaves nothing of it behind.
fn begin(ground: &Ground, recipe: &Recipe, function: Function, m: &Mech, key: CK_OBJECT_HANDLE) -> Result<(), CK_RV> {
    let s = &ground.s;
    let secret = [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET)];
    let outcome = match function {
        Encrypt => s.encrypt_init(m, key),
        Decrypt => s.decrypt_init(m, key),
        Digest => s.digest_init(m),
        Sign => s.sign_init(m, key),
        Verify => s.verify_init(m, key),
        SignRecover => s.sign_recover_init(m, key),
        VerifyRecover => s.verify_recover_init(m, key),
        Generate => s.generate(m, &generation(recipe)).map(drop),
        GenerateKeyPair => {
            let (public, private) = pair_generation(recipe);
            s.generate_pair(m, &public, &private).map(drop)
        }
        Wrap => s.wrap(m, key, ok(ground.secret(CKK_GENERIC_SECRET, 32))).map(drop),
        Unwrap => s.unwrap(m, key, &[0; 64], &secret).map(drop),
        Derive => s.derive(m, key, &recipe.template).map(drop),
        Encapsulate => s.encapsulate(m, key, &recipe.template).map(drop),
        Decapsulate => s.decapsulate(m, key, &[0; 64], &recipe.template).map(drop),
        MessageEncrypt => s.begin(f().C_MessageEncryptInit.unwrap(), m, key),
        MessageDecrypt => s.begin(f().C_MessageDecryptInit.unwrap(), m, key),
        MessageSign => s.message_sign_init(m, key),
        MessageVerify => s.message_verify_init(m, key),
    };
    if outcome.is_ok() {
        let all = FUNCTIONS.iter().fold(0, |flags, (_, flag, ..)| flags | flag);
        let _ = s.cancel(all & !(CKF_GENERATE | CKF_GENERATE_KEY_PAIR | CKF_WRAP | CKF_UNWRAP | CKF_DERIVE));
    }
    outcome
}

/// A template for what the mechanism generates, of the smallest length.
pub fn generation(recipe: &Recipe) -> Vec<Attribute> {
    match recipe.keys {
        Keys::Secret(_, Lengths::Range(min, _), _) => {
            [&recipe.template[..], &[ulong(CKA_VALUE_LEN, min as CK_ULONG)]].concat()
        }
        Keys::Secret(_, Lengths::Each(lengths), _) if lengths.len() > 1 => {
            vec![ulong(CKA_VALUE_LEN, lengths[0] as CK_ULONG)]
        }
        _ => recipe.template.clone(),
    }
}

fn pair_generation(recipe: &Recipe) -> (Vec<Attribute>, Vec<Attribute>) {
    match recipe.keys {
        Keys::Pair(kind) => (kind.generation().1[0].clone(), kind.private()),
        _ => Default::default(),
    }
}

/// All that must be refused with a key that is otherwise right.
pub fn refuse_all(ground: &Ground, recipe: &Recipe, flags: CK_FLAGS, pair: Pair) {
    for (function, flag, permission, public) in FUNCTIONS {
        let key = if public { pair.0 } else { pair.1 };
        let by_peer =
            (function == Derive).then_some(recipe.by).flatten().map(|by| by(&public_value(&ground.s, pair.0)));
        // Processes of messages of an AEAD begin without a parameter: it comes with each message.
        let bare = [MessageEncrypt, MessageDecrypt].contains(&function).then(|| mech(recipe.kind));
        let m = by_peer.as_ref().or(bare.as_ref()).unwrap_or(&recipe.mech);
        let go = |m: &Mech, key| begin(ground, recipe, function, m, key);
        let name = format!("{function:?}");
        if flags & flag == 0 {
            expect(&name, go(m, key), CKR_MECHANISM_INVALID);
            continue;
        }
        parameters(recipe, function, m, &|m| go(m, key));
        let Some(permission) = permission else { continue };
        keys(ground, recipe, function, (m, pair, public), &go);
        if recipe.kind == CKM_PUB_KEY_FROM_PRIV_KEY {
            continue;
        }
        ok(ground.s.set(key, &[no(permission)]));
        expect(&format!("{name} without permission"), go(m, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
        ok(ground.s.set(key, &[yes(permission)]));
        let restricted = match recipe.keys {
            Keys::Pair(kind) => ground.restricted(kind),
            Keys::Secret(kinds, lengths, _) => {
                let key = ok(ground.secret_with(kinds[0], lengths.bounds().0, &[nothing()]));
                (key, key)
            }
            Keys::None => continue,
        };
        let key = if public { restricted.0 } else { restricted.1 };
        expect(&format!("{name} not among the allowed"), go(m, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    }
}

/// A code, by name.
fn expect(what: &str, outcome: Result<(), CK_RV>, code: CK_RV) {
    let said = outcome.map_or_else(codes::name, |()| "OK".into());
    assert_eq!(said, codes::name(code), "{what}");
}

fn parameters(recipe: &Recipe, function: Function, m: &Mech, go: &dyn Fn(&Mech) -> Result<(), CK_RV>) {
    let right = &m.parameter;
    let mut wrong: Vec<Vec<u8>> = Vec::new();
    if right.is_empty() && !recipe.optional && !recipe.any_length {
        wrong.extend([vec![0], vec![0; 8]]);
    }
    if !right.is_empty() && !recipe.any_length {
        wrong.extend([vec![0], right[1..].to_vec(), [&right[..], &[0]].concat()]);
        if !recipe.optional {
            wrong.push(Vec::new());
        }
    }
    if recipe.optional {
        wrong.push(vec![0]);
    }
    for parameter in wrong {
        let what = format!("{function:?} with a parameter of {} bytes", parameter.len());
        expect(&what, go(&Mech { kind: recipe.kind, parameter }), CKR_MECHANISM_PARAM_INVALID);
    }
}

/// Keys of another type, of another class, none, and of a wrong size.
fn keys(
    ground: &Ground,
    recipe: &Recipe,
    function: Function,
    (m, (public, private), is_public): (&Mech, Pair, bool),
    go: &dyn Fn(&Mech, CK_OBJECT_HANDLE) -> Result<(), CK_RV>,
) {
    let words = words(function);
    let wrong_half = if is_public { private } else { public };
    // A type that no mechanism here encrypts or signs with.
    let foreign = ok(ground.secret(CKK_RC4, 16));
    match recipe.keys {
        Keys::Pair(_) => {
            expect(&format!("{function:?} with the other half"), go(m, wrong_half), words.type_inconsistent);
            expect(&format!("{function:?} with a secret key"), go(m, foreign), words.type_inconsistent);
            if matches!(recipe.keys, Keys::Pair(Kind::Rsa)) && is_public {
                for length in [1016 / 8, 8200 / 8] {
                    let odd = [&[0x80][..], &vec![0xff; length - 1]].concat();
                    let numbers = [bytes(CKA_MODULUS, odd), bytes(CKA_PUBLIC_EXPONENT, [1, 0, 1])];
                    match ground.s.create(&[&[class(CKO_PUBLIC_KEY), key_type(CKK_RSA)], &numbers[..]].concat()) {
                        Ok(key) => expect(&format!("{function:?} with {length} bytes"), go(m, key), words.size_range),
                        Err(code) => assert_eq!(code, CKR_ATTRIBUTE_VALUE_INVALID),
                    }
                }
            }
        }
        Keys::Secret(kinds, lengths, _) => {
            if function != Derive || kinds != [CKK_GENERIC_SECRET] {
                expect(&format!("{function:?} with another type"), go(m, foreign), words.type_inconsistent);
            }
            let pair = ground.pairs(Kind::Ec)[0];
            expect(&format!("{function:?} with a public key"), go(m, pair.0), words.type_inconsistent);
            expect(&format!("{function:?} with a private key"), go(m, pair.1), words.type_inconsistent);
            let (min, max) = lengths.bounds();
            for kind in kinds.iter().filter(|_| !recipe.sizes_of_result) {
                for length in [min - 1, max + 1] {
                    match ground.secret(*kind, length) {
                        Ok(key) => {
                            let what = format!("{function:?} with {length} bytes");
                            expect(&what, go(m, key), words.size_range);
                            ok(ground.s.destroy(key));
                        }
                        Err(code) => assert!(
                            [CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT].contains(&code),
                            "{}",
                            codes::name(code)
                        ),
                    }
                }
            }
        }
        Keys::None => {}
    }
    let none = match function {
        Wrap => CKR_WRAPPING_KEY_HANDLE_INVALID,
        Unwrap | Decapsulate => CKR_UNWRAPPING_KEY_HANDLE_INVALID,
        _ => CKR_KEY_HANDLE_INVALID,
    };
    expect(&format!("{function:?} without a key"), go(m, CK_INVALID_HANDLE), none);
    let data = ok(ground.s.create(&[class(CKO_DATA), bytes(CKA_VALUE, b"no key")]));
    if recipe.kind != CKM_HKDF_DERIVE && recipe.kind != CKM_HKDF_DATA {
        expect(&format!("{function:?} with data"), go(m, data), none);
    }
}
