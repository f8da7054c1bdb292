//! What pkcs11-tool does with secret keys: only the version of Debian 13 can write generic ones, and knows MACs and
//! authenticated encryption.

use crate::pkcs11_tool::tool;
use crate::workshop::{Secret, Setting, Workshop};

const IV: &str = "000102030405060708090a0b0c0d0e0f";

/// A token with an AES key of bytes 6b (id 67), which is extractable, and a generic one of the same bytes (id 66).
fn workshop() -> Workshop {
    let workshop = Workshop::new(Setting::Trixie);
    workshop.fill(&[], &[Secret { file: "key", bytes: &[0x6b; 32], id: "67" }]);
    tool(&workshop, "--write-object key --type secrkey --key-type GENERIC:32 --id 66 --usage-sign");
    workshop.put("data", &[5; 992]);
    workshop
}

fn key() -> String {
    "6b".repeat(32)
}

#[test]
fn macs_are_those_of_openssl() {
    let workshop = workshop();
    let hashes =
        [("SHA-1", "sha1"), ("SHA256", "sha256"), ("SHA384", "sha384"), ("SHA512", "sha512"), ("SHA3-256", "sha3-256")];
    let hmac = |(name, hash): (&str, &str)| (format!("{name}-HMAC"), "66", format!("-digest {hash} HMAC"));
    let cmac = ("AES-CMAC".to_owned(), "67", "-cipher aes-256-cbc CMAC".to_owned());
    for (mechanism, id, name) in hashes.map(hmac).into_iter().chain([cmac]) {
        tool(&workshop, &format!("--sign --mechanism {mechanism} --id {id} -i data -o mac"));
        let options = format!("-macopt hexkey:{} -in data -binary -out expected", key());
        workshop.ok(&format!("openssl mac {options} {name}"));
        assert_eq!(workshop.get("mac"), workshop.get("expected"), "{mechanism}");
        if id == "66" {
            let verify = format!("--verify --mechanism {mechanism} --id {id} -i data --signature-file mac");
            assert!(tool(&workshop, &verify).contains("Signature is valid"), "{mechanism}");
        }
    }
}

#[test]
fn what_is_encrypted_openssl_decrypts() {
    let workshop = workshop();
    for (mechanism, cipher) in [
        ("AES-ECB", "-aes-256-ecb -nopad".to_owned()),
        ("AES-CBC", format!("-aes-256-cbc -nopad -iv {IV}")),
        ("AES-CBC-PAD", format!("-aes-256-cbc -iv {IV}")),
    ] {
        tool(&workshop, &format!("--encrypt --mechanism {mechanism} --iv {IV} --id 67 -i data -o encrypted"));
        workshop.ok(&format!("openssl enc -d {cipher} -K {} -in encrypted -out plain", key()));
        assert_eq!(workshop.get("plain"), workshop.get("data"), "{mechanism}");
        tool(&workshop, &format!("--decrypt --mechanism {mechanism} --iv {IV} --id 67 -i encrypted -o plain-too"));
        assert_eq!(workshop.get("plain-too"), workshop.get("data"), "{mechanism}");
    }
    let gcm = "--mechanism AES-GCM --iv 000102030405060708090a0b --aad 010203 --tag-bits-len 128 --id 67";
    tool(&workshop, &format!("--encrypt {gcm} -i data -o encrypted"));
    assert_eq!(workshop.get("encrypted").len(), 992 + 16);
    tool(&workshop, &format!("--decrypt {gcm} -i encrypted -o plain-gcm"));
    assert_eq!(workshop.get("plain-gcm"), workshop.get("data"));
    workshop.put("encrypted", &[&workshop.get("encrypted")[1..], &[0]].concat());
    let refused = crate::pkcs11_tool::command(&workshop, &format!("--decrypt {gcm} -i encrypted -o nothing"));
    assert!(workshop.fails(&refused).contains("CKR_ENCRYPTED_DATA_INVALID"));
}

/// Known by its MAC: the key that comes back is the one that went.
#[test]
fn wrapped_keys_come_back_the_same() {
    let workshop = workshop();
    tool(&workshop, "--sign --mechanism AES-CMAC --id 67 -i data -o expected");
    tool(&workshop, "--keygen --key-type AES:32 --id 68 --usage-wrap");
    for mechanism in ["AES-KEY-WRAP", "AES-KEY-WRAP-PAD", "AES-CBC-PAD"] {
        tool(&workshop, &format!("--wrap --mechanism {mechanism} --iv {IV} --id 68 --application-id 67 -o wrapped"));
        let unwrap = format!("--unwrap --mechanism {mechanism} --iv {IV} --id 68 -i wrapped --key-type AES:");
        tool(&workshop, &format!("{unwrap} --application-id 69 --extractable"));
        tool(&workshop, "--sign --mechanism AES-CMAC --id 69 -i data -o mac");
        assert_eq!(workshop.get("mac"), workshop.get("expected"), "{mechanism}");
        tool(&workshop, "--delete-object --type secrkey --id 69");
    }
}
