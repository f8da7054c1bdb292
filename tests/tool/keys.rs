//! Keys that are generated, imported and exported.

use crate::desk::{Desk, USER, complaint, says};
use serde_json::json;
use std::path::Path;

/// Each kind of key, its type in the list, and whether it is a pair.
const KINDS: [(&str, &str, bool); 34] = [
    ("aes:128", "CKK_AES 128", false),
    ("aes:192", "CKK_AES 192", false),
    ("aes:256", "CKK_AES 256", false),
    ("generic:32", "CKK_GENERIC_SECRET 256", false),
    ("rsa:2048", "CKK_RSA 2048", true),
    ("ec:P-224", "CKK_EC", true),
    ("ec:P-256", "CKK_EC", true),
    ("ec:P-384", "CKK_EC", true),
    ("ec:P-521", "CKK_EC", true),
    ("ec:secp256k1", "CKK_EC", true),
    ("ec:brainpoolP256r1", "CKK_EC", true),
    ("ec:brainpoolP384r1", "CKK_EC", true),
    ("ed25519", "CKK_EC_EDWARDS", true),
    ("ed448", "CKK_EC_EDWARDS", true),
    ("x25519", "CKK_EC_MONTGOMERY", true),
    ("x448", "CKK_EC_MONTGOMERY", true),
    ("ml-dsa:44", "CKK_ML_DSA", true),
    ("ml-dsa:65", "CKK_ML_DSA", true),
    ("ml-dsa:87", "CKK_ML_DSA", true),
    ("ml-kem:512", "CKK_ML_KEM", true),
    ("ml-kem:768", "CKK_ML_KEM", true),
    ("ml-kem:1024", "CKK_ML_KEM", true),
    ("slh-dsa:SHA2-128s", "CKK_SLH_DSA", true),
    ("slh-dsa:SHA2-128f", "CKK_SLH_DSA", true),
    ("slh-dsa:SHA2-192f", "CKK_SLH_DSA", true),
    ("slh-dsa:SHA2-256f", "CKK_SLH_DSA", true),
    ("slh-dsa:SHAKE-128s", "CKK_SLH_DSA", true),
    ("slh-dsa:SHAKE-128f", "CKK_SLH_DSA", true),
    ("slh-dsa:SHAKE-192f", "CKK_SLH_DSA", true),
    ("slh-dsa:SHAKE-256f", "CKK_SLH_DSA", true),
    ("des3", "CKK_DES3", false),
    ("hmac-sha256:32", "CKK_SHA256_HMAC 256", false),
    ("chacha20", "CKK_CHACHA20 256", false),
    ("hotp:20", "CKK_HOTP 160", false),
];

#[test]
fn every_kind_of_key_is_generated_with_its_names() {
    let desk = Desk::with_token("generate");
    for (index, (kind, shown, pair)) in KINDS.iter().enumerate() {
        let id = format!("{:04x}", index + 1);
        let said = desk.json(&["generate", kind, "--label", kind, "--id", &id]);
        assert_eq!(said, json!({ "generated": kind, "id": id, "label": kind }));
        let objects = desk.objects(&["--id", &id]);
        assert_eq!(objects.len(), if *pair { 2 } else { 1 }, "{kind}");
        for object in &objects {
            assert_eq!(object["type"], *shown);
            assert_eq!(object["label"], *kind);
            let access: Vec<_> =
                object["access"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
            if object["class"] == "CKO_PUBLIC_KEY" {
                assert_eq!(access, ["made here"]);
            } else {
                assert_eq!(access, ["private", "sensitive", "made here"]);
            }
        }
    }
    // In another process, too, all are there. Keys for one-time passwords have a class of their own.
    assert_eq!(desk.objects(&["--class", "private"]).len(), KINDS.iter().filter(|kind| kind.2).count());
    assert_eq!(
        desk.objects(&["--class", "secret"]).len(),
        KINDS.iter().filter(|kind| !kind.2 && !kind.0.starts_with("hotp")).count()
    );
}

#[test]
fn wishes_about_use_are_followed() {
    let desk = Desk::with_token("wishes");
    let said = desk.user(&["generate", "ec:P-256", "--label", "strict", "--extractable", "--always-authenticate"]);
    says(&said, &["ec:P-256 is generated; its id is "]);
    let objects = desk.objects(&["--label", "strict", "--class", "private"]);
    assert_eq!(objects[0]["access"], json!(["private", "sensitive", "extractable", "PIN for each use", "made here"]));
    assert_eq!(objects[0]["id"].as_str().unwrap().len(), 16);
}

#[test]
fn kinds_that_nobody_knows_are_told() {
    let desk = Desk::with_token("kinds");
    for kind in ["", "rsa", "rsa:", "rsa:many", "ec:P-257", "P-256", "ed25519:1", "ml-dsa:66", "blowfisch:128", "aes"] {
        says(&desk.fails(&["generate", kind]), &["nobody knows how to generate", "ferrotoken generate --help"]);
    }
    says(&desk.fails(&["generate", "rsa:512"]), &["C_GenerateKeyPair gave", "ferrotoken mechanisms"]);
    for kind in ["aes:100", "aes:0", "aes:129"] {
        says(&desk.fails(&["generate", kind]), &["aes:128, aes:192 or aes:256"]);
    }
    assert_eq!(desk.objects(&[]).len(), 0);
}

/// The keys and certificates that the tests of the configuration import.
fn sample(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(name).display().to_string()
}

#[test]
fn pem_files_are_imported() {
    let desk = Desk::with_token("import-pem");
    for (file, made) in [
        ("rsa.pem", json!(["private key", "public key"])),
        ("rsa-pkcs1.pem", json!(["private key", "public key"])),
        ("ec.pem", json!(["private key", "public key"])),
        ("ec-sec1.pem", json!(["private key", "public key"])),
        ("ed25519.pem", json!(["private key", "public key"])),
        ("rsa-public.pem", json!(["public key"])),
        ("rsa-certificate.pem", json!(["certificate"])),
        ("ed25519-certificate.pem", json!(["certificate"])),
    ] {
        assert_eq!(desk.json(&["import", &sample(file), "--label", file]), json!({ "imported": made }));
        assert_eq!(desk.objects(&["--label", file]).len(), made.as_array().unwrap().len());
    }
    // A key and its certificate have one identifier.
    let id = |label, class| desk.objects(&["--label", label, "--class", class])[0]["id"].clone();
    assert_eq!(id("rsa.pem", "private"), id("rsa-certificate.pem", "certificate"));
    assert_eq!(
        desk.objects(&["--label", "rsa.pem", "--class", "private"])[0]["access"],
        json!(["private", "sensitive"])
    );
}

#[test]
fn der_files_are_imported() {
    let desk = Desk::with_token("import-der");
    for name in ["rsa", "rsa-pkcs1", "ec", "ec-sec1", "ed25519", "ec-public", "ec-certificate"] {
        let pem = std::fs::read_to_string(sample(&format!("{name}.pem"))).unwrap();
        let (_, der) = last_block(&pem);
        desk.put("key.der", &der);
        desk.user(&["import", "key.der", "--label", name]);
        desk.user(&["import", &sample(&format!("{name}.pem")), "--label", &format!("{name}-pem")]);
        let (der, pem) = (desk.objects(&["--label", name]), desk.objects(&["--label", &format!("{name}-pem")]));
        assert_eq!(der.len(), pem.len());
        assert_eq!(der[0]["id"], pem[0]["id"], "the identifier follows from the key");
    }
}

/// The label and the DER of the last block of a PEM file.
fn last_block(pem: &str) -> (String, Vec<u8>) {
    let begin = pem.rfind("-----BEGIN ").unwrap();
    let document = der::pem::decode_vec(&pem.as_bytes()[begin..]).unwrap();
    (document.0.to_owned(), document.1)
}

#[test]
fn an_encrypted_key_is_imported_with_its_passphrase() {
    let desk = Desk::with_token("import-encrypted");
    // Encrypted by openssl with the passphrase of tests/config.rs.
    let file = sample("ec-encrypted.pem");
    says(&desk.fails(&["import", &file]), &["the ENCRYPTED PRIVATE KEY is encrypted", "--passphrase"]);
    let wrong = ["import", &file[..], "--passphrase", "env:WRONG", "--pin", USER];
    let output = desk.command(&wrong).env("WRONG", "not it").output().unwrap();
    says(&complaint(&wrong, output, 1), &["is not opened by this passphrase", "openssl pkey -in"]);
    assert_eq!(desk.objects(&[]).len(), 0);
}

#[test]
fn secret_bytes_are_imported_and_come_back() {
    let desk = Desk::with_token("import-secret");
    let value: Vec<u8> = (0..32).collect();
    desk.put("key.bin", &value);
    desk.user(&["import", "key.bin", "--secret", "aes", "--label", "stays", "--id", "01"]);
    desk.user(&["import", "key.bin", "--secret", "generic", "--label", "goes", "--extractable"]);
    assert_eq!(desk.objects(&["--label", "stays"])[0]["type"], "CKK_AES 256");
    says(
        &desk.fails(&["export", "--label", "stays", "--unprotected"]),
        &["the key is not extractable", "ferrotoken backup"],
    );
    says(&desk.fails(&["export", "--label", "goes"]), &["--unprotected"]);
    says(&desk.fails(&["export", "--label", "goes", "--passphrase", USER]), &["no encrypted form", "--unprotected"]);
    desk.user(&["export", "--label", "goes", "--unprotected", "--out", "back.bin"]);
    assert_eq!(desk.get("back.bin"), value);
    desk.put("short.bin", &value[..5]);
    says(
        &desk.fails(&["import", "short.bin", "--secret", "aes"]),
        &["short.bin: the secret key is refused: C_CreateObject gave CKR_ATTRIBUTE_VALUE_INVALID"],
    );
}

#[test]
fn files_that_cannot_be_imported_are_told() {
    let desk = Desk::with_token("import-bad");
    desk.put("rubbish", b"neither this nor that");
    says(&desk.fails(&["import", "rubbish"]), &["holds neither PEM nor the DER", "openssl pkey", "--secret TYPE"]);
    says(&desk.fails(&["import", "missing"]), &["cannot read missing", "No such file"]);
    desk.put("half.pem", b"\n-----BEGIN PRIVATE KEY-----\nAAAA\n");
    says(&desk.fails(&["import", "half.pem"]), &["half.pem:2: the block that begins here has no end"]);
    desk.put("wrong.pem", b"-----BEGIN PRIVATE KEY-----\nMAAwAA==\n-----END PRIVATE KEY-----\n");
    says(&desk.fails(&["import", "wrong.pem"]), &["wrong.pem:1: the PRIVATE KEY is refused"]);
    desk.put("other.pem", b"-----BEGIN SOMETHING-----\nMAAwAA==\n-----END SOMETHING-----\n");
    says(&desk.fails(&["import", "other.pem"]), &["other.pem:1: the SOMETHING cannot be imported", "Take it out"]);
    assert_eq!(desk.objects(&[]).len(), 0);
}

/// What comes out is what went in, both for keys that may be read and for those that only leave wrapped.
#[test]
fn private_keys_are_exported_only_as_asked() {
    let desk = Desk::with_token("export-private");
    for name in ["rsa", "ec", "ed25519"] {
        desk.user(&["import", &sample(&format!("{name}.pem")), "--label", name, "--extractable"]);
        let private = ["--label", name, "--class", "private"];
        says(&desk.fails(&[&["export"], &private[..]].concat()), &["--passphrase SOURCE", "--unprotected"]);
        let out = format!("{name}-out.pem");
        desk.user(&[&["export", "--unprotected", "--out", &out], &private[..]].concat());
        let text = String::from_utf8(desk.get(&out)).unwrap();
        assert_eq!(last_block(&text).0, "PRIVATE KEY");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(desk.path(&out)).unwrap().permissions().mode() & 0o777, 0o600);
        }
        // Over no file that is there: it might be the key's only copy.
        let again = [&["export", "--unprotected", "--out", &out], &private[..]].concat();
        says(&desk.fails(&again), &["cannot write", "exists"]);
        // Encrypted, and back again: the same key.
        let sealed = format!("{name}-sealed.pem");
        desk.user(&[&["export", "--passphrase", USER, "--out", &sealed], &private[..]].concat());
        assert_eq!(last_block(&String::from_utf8(desk.get(&sealed)).unwrap()).0, "ENCRYPTED PRIVATE KEY");
        desk.user(&["import", &sealed, "--passphrase", USER, "--label", "back"]);
        let (first, back) = (desk.objects(&private), desk.objects(&["--label", "back", "--class", "private"]));
        assert_eq!(first[0]["id"], back[0]["id"]);
        desk.user(&["delete", "--label", "back", "--all"]);
    }
    desk.user(&["generate", "ec:P-256", "--label", "stays"]);
    says(
        &desk.fails(&["export", "--label", "stays", "--class", "private", "--unprotected"]),
        &["the key is not extractable", "CKA_EXTRACTABLE is false"],
    );
}

#[test]
fn public_keys_are_exported_as_pem() {
    let desk = Desk::with_token("export-public");
    for (kind, _, _) in KINDS.iter().filter(|kind| kind.2 && !kind.0.starts_with("slh")) {
        desk.user(&["generate", kind, "--label", kind]);
        let pem = desk.user(&["export", "--label", kind, "--class", "public"]);
        assert_eq!(last_block(&pem).0, "PUBLIC KEY", "{kind}");
        // The module imports what it has exported.
        desk.put("public.pem", pem.as_bytes());
        desk.user(&["import", "public.pem", "--label", &format!("{kind} again")]);
    }
}
