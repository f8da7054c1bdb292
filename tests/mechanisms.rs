//! The page of all mechanisms is what the rows give, and the tool lists the same.

mod bindings;
#[path = "mechanisms/wycheproof.rs"]
mod wycheproof_sets;

use bindings::compare;
use ferrotoken::mech::{Offer, Unit, all};
use ferrotoken::names::{Shown, functions};
use std::fmt::Write;
use std::process::Command;

/// What the openssl program knows of this, and which tests let it.
const OPENSSL: &str = "\
## The openssl program

What `openssl` knows of these mechanisms is tried both ways: what it makes the token opens, verifies or recomputes, and the other way round
(feature `clients`).

| openssl | tests |
|---|---|
| `enc`: AES (ECB, CBC, CTR, OFB, CFB1, CFB8, CFB128, key wrap with and without padding), Camellia, ARIA, DES, triple DES, Blowfish, RC2, ChaCha20 | openssl/ciphers, ciphers/rc2 |
| `dgst`, `mac`: MD5, RIPEMD-160, SHA-1, SHA-2, SHA-512/t, SHA-3, BLAKE2b, each with HMAC; CMAC of AES and triple DES, GMAC, Poly1305 | openssl/macs |
| `kdf`: HKDF, KBKDF (counter and feedback, HMAC and CMAC), PBKDF2, TLS1-PRF; X963KDF and SSKDF through ECDH | openssl/kdf, ecdh |
| `pkcs8`, `pkey`: private and public keys of all its types; PBES2 and PKCS #12 encryption | openssl/keys, openssl/pbe |
| RSA: PKCS #1 v1.5, PSS with every hash, OAEP, raw encryption | rsa_sign, rsa_encrypt, rsa_wrap |
| DSA signatures; DSA parameters out of a seed | dsa, dsa_parameters |
| ECDSA on every curve with every hash; Ed25519, Ed448; ECDH on every curve, X25519, X448; Diffie-Hellman of PKCS #3 and X9.42 | ecdsa, eddsa, curve448, ecdh, dh |
| version 3.5 through its provider: ML-KEM, ML-DSA (SLH-DSA against another implementation, in slh_dsa) | clients/provider |

Not by the program, which refuses them in `enc`: AEADs, XTS and ciphertext stealing; they have the vectors of NIST and Wycheproof. It has
nothing of IKE, HOTP, HSS, Twofish or Salsa20. SEED, SM4, RC4, RC5, CAST5 and IDEA it has and the token has not.
";

/// What the standard leaves open, and how it is here.
const CHOICES: &str = "\
## Where the standard leaves it open

- `CKM_DSA_PROBABILISTIC_PARAMETER_GEN` and `CKM_DSA_SHAWE_TAYLOR_PARAMETER_GEN` return the seed in `pSeed`, and the standard does not say who
  chooses its length. Here the caller does: `ulSeedLen` is the length in bytes of the seed that is made and written, at least that of the
  subprime. With Shawe-Taylor it is three times as long (first seed, seed of p, seed of q), which is what `CKM_DSA_FIPS_G_GEN` takes. In
  an asynchronous session the seed is written when `C_AsyncComplete` gives the result.
";

/// What the standard has, users may miss, and is not here.
const ABSENT: &str = "\
## Not there, and why

| mechanisms | why |
|---|---|
| `CKM_SEED_…` | no well-kept crate has the cipher, and AWS-LC has none: `kisaseed` 0.1.3, one author's, is built on an older generation of traits, writes words through pointers that need not be aligned (undefined behaviour), and copies its key schedule without wiping it |
| HSS with SHAKE, with hashes of 24 bytes, and the generation of trees higher than 15 | no crate of this generation has the first two; a tree of 20 grows for most of an hour |
| `CKM_SALSA20_POLY1305` | no specification says where the additional data goes, nor whether lengths are authenticated: NaCl's `secretbox`, the only authority on Salsa20 with Poly1305, has neither |
| `CKM_AES_CBC_PAD` with a generic secret, as NSS exports keys | a key of one type is not one of another: who means AES says `CKK_AES` |
| RC4 | broken: `CKM_PBE_SHA1_RC4_…` make its keys for others, and nothing here encrypts with them |
| Brainpool curves of 160, 192, 224, 320 and 512 bits | no maintained crate has them |
";

/// How many of the standard's mechanisms are there: of those that people use today, and of the others, which are old, national or
/// of one vendor.
fn counts() -> String {
    let mut counts = [(0, 0); 2];
    for [_, number, tier] in rows() {
        let (there, all) = &mut counts[usize::from(tier != "1")];
        *there += usize::from(all_ids().any(|id| id == number_of(number)));
        *all += 1;
    }
    let [(wanted, of), (others, of_others)] = counts;
    format!(
        "{} mechanisms: {wanted} of the {of} of PKCS #11 3.2 that are in use, and {others} of the {of_others} others, which are \
         old, national or one vendor's.",
        all().len()
    )
}

/// The standard's mechanisms: name, number, tier.
fn rows() -> impl Iterator<Item = [&'static str; 3]> {
    let lines = include_str!("walk/standard.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let fields: Vec<_> = line.split('\t').collect();
        [fields[0], fields[1], fields[2]]
    })
}

fn number_of(field: &str) -> u64 {
    u64::from_str_radix(field.trim_start_matches("0x"), 16).unwrap()
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
    compare("docs/mechanisms.md", &format!("{page}\n{CHOICES}\n{ABSENT}\n{}\n{OPENSSL}", wycheproof_sets::section()));
}

/// Of those in use; a line for a family ends with three dots.
#[test]
fn what_is_not_there_is_explained() {
    for [name, number, tier] in rows() {
        if tier == "1" && !all_ids().any(|id| id == number_of(number)) {
            let family = name.rfind('_').map(|end| format!("`{}_…`", &name[..end]));
            let families = [format!("`{name}`")].into_iter().chain(family);
            let first = name.splitn(3, '_').take(2).collect::<Vec<_>>().join("_");
            let mut named = families.chain([format!("`{first}_…`")]);
            assert!(named.any(|named| ABSENT.contains(&named)), "{name} is neither there nor explained");
        }
    }
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
