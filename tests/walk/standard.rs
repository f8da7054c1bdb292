//! The standard's own tables of what each mechanism does, against what the token's flags say.

use crate::keys::Ground;
use crate::{info, list};
use cryptoki_sys::*;
use ferrotoken::names::Shown;

/// Name, number, tier, functions.
fn rows() -> impl Iterator<Item = [&'static str; 4]> {
    let lines = include_str!("standard.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect::<Vec<_>>().try_into().expect("four fields"))
}

fn number(row: &[&str; 4]) -> CK_MECHANISM_TYPE {
    CK_MECHANISM_TYPE::from_str_radix(row[1].trim_start_matches("0x"), 16).unwrap()
}

/// What is wanted and not there, for the reasons in docs/mechanisms.md.
const ABSENT: &[&str] = &[
    "CKM_SEED_KEY_GEN",
    "CKM_SEED_ECB",
    "CKM_SEED_CBC",
    "CKM_SEED_MAC",
    "CKM_SEED_MAC_GENERAL",
    "CKM_SEED_CBC_PAD",
    "CKM_SEED_ECB_ENCRYPT_DATA",
    "CKM_SEED_CBC_ENCRYPT_DATA",
];

#[test]
fn what_is_wanted_is_there() {
    let ground = Ground::new();
    let there = list(&ground.token);
    let wanted = || rows().filter(|row| row[2] == "1");
    let absent: Vec<_> = wanted().filter(|row| !there.contains(&number(row))).map(|row| row[0]).collect();
    assert_eq!(absent, ABSENT);
}

#[test]
fn the_flags_are_the_standards() {
    let ground = Ground::new();
    let kinds = CKF_GENERATE | CKF_GENERATE_KEY_PAIR;
    let both = |name| match name {
        "encrypt" => CKF_ENCRYPT | CKF_DECRYPT,
        "sign" => CKF_SIGN | CKF_VERIFY,
        "sign_recover" => CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER,
        "digest" => CKF_DIGEST,
        "wrap" => CKF_WRAP | CKF_UNWRAP,
        "derive" => CKF_DERIVE,
        "encapsulate" => CKF_ENCAPSULATE | CKF_DECAPSULATE,
        "generate" => kinds,
        other => panic!("{other}"),
    };
    let all = ["encrypt", "sign", "sign_recover", "digest", "wrap", "derive", "encapsulate", "generate"];
    let mask = all.iter().fold(0, |mask, name| mask | both(name));
    for kind in list(&ground.token) {
        let name = Shown::mechanism(kind).to_string();
        // The standard's table says that it encrypts and wraps; its text, that it signs.
        let Some(row) = rows().find(|row| number(row) == kind && row[3] != "-" && kind != CKM_POLY1305) else {
            continue;
        };
        let flags = info(&ground.token, kind).flags;
        let promised = row[3].split(',').fold(0, |flags, name| flags | both(name));
        let done = if flags & kinds == 0 { flags & mask } else { flags & mask | kinds };
        assert_eq!(done, promised, "{name}");
    }
}

/// The flags of elliptic curves: what fields there are, how a curve may be named, how a point comes.
#[test]
fn the_flags_of_curves_are_told_and_held() {
    let ground = Ground::new();
    let curves = CKF_EC_F_P
        | CKF_EC_F_2M
        | CKF_EC_ECPARAMETERS
        | CKF_EC_OID
        | CKF_EC_UNCOMPRESS
        | CKF_EC_COMPRESS
        | CKF_EC_CURVENAME;
    for kind in list(&ground.token) {
        let name = Shown::mechanism(kind).to_string();
        let flags = info(&ground.token, kind).flags & curves;
        let is_curve = name.contains("_EC") && !name.contains("ECB") || kind == CKM_EDDSA;
        assert_eq!(flags != 0, is_curve, "{name}");
        assert_eq!(flags & CKF_EC_F_2M, 0, "{name}");
    }
}
