//! The tool among other people's programs: what it makes, openssl checks.

use crate::desk::{Desk, says};
use std::process::Command;

/// Runs a program of blank-separated words in the desk's folder, which must succeed; gives what it printed.
#[track_caller]
pub fn run(desk: &Desk, command: &str) -> Vec<u8> {
    let mut words = command.split_whitespace();
    let mut program = Command::new("timeout");
    program.arg("120").args(words.by_ref()).current_dir(&desk.folder);
    program.env("SOFTHSM2_CONF", desk.path("softhsm2.conf")).env("OPENSSL_CONF", desk.path("openssl.cnf"));
    let output = program.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command}: {}\n{stdout}\n{stderr}", output.status);
    output.stdout
}

pub fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn desk(test: &str) -> Desk {
    let desk = Desk::with_token(test);
    desk.put("openssl.cnf", b"[req]\ndistinguished_name = name\n[name]\n");
    desk
}

/// Kinds of keys whose certificates Debian's openssl can check.
const SIGNERS: [&str; 7] = ["rsa:2048", "rsa:4096", "ec:P-256", "ec:P-384", "ec:P-521", "ed25519", "ed448"];

#[test]
fn openssl_accepts_requests_of_all_kinds() {
    let desk = desk("openssl-request");
    for kind in SIGNERS {
        desk.user(&["generate", kind, "--label", kind]);
        let names = [
            "--dns",
            "a.example",
            "--dns",
            "b.example",
            "--ip",
            "192.0.2.7",
            "--ip",
            "2001:db8::1",
            "--email",
            "a@b.example",
        ];
        let request =
            ["certificate", "request", "--label", kind, "--subject", "CN=a.example,O=Example", "--out", "request.pem"];
        desk.user(&[&request[..], &names[..]].concat());
        let shown = text(run(&desk, "openssl req -in request.pem -noout -verify -text"));
        says(
            &shown,
            &["DNS:a.example, DNS:b.example", "IP Address:192.0.2.7", "2001:DB8:0:0:0:0:0:1", "email:a@b.example"],
        );
        says(&text(run(&desk, "openssl req -in request.pem -noout -subject")), &["CN = a.example", "O = Example"]);
    }
    // Without other names there is no extension, and openssl is as content.
    desk.user(&["certificate", "request", "--label", "ed25519", "--subject", "CN=plain", "--out", "plain.pem"]);
    run(&desk, "openssl req -in plain.pem -noout -verify");
}

/// Another authority's certificate for a key of the token is found by the key's identifier.
#[test]
fn an_issued_certificate_comes_back_to_its_key() {
    let desk = desk("openssl-issued");
    desk.user(&["generate", "ec:P-256", "--label", "ca", "--id", "ca"]);
    desk.user(&["certificate", "self-signed", "--ca", "--label", "ca", "--subject", "CN=Authority", "--out", "ca.pem"]);
    desk.user(&["generate", "rsa:2048", "--label", "web", "--id", "0123"]);
    desk.user(&["certificate", "request", "--label", "web", "--subject", "CN=web", "--out", "web.csr"]);
    run(&desk, "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.pem");
    run(&desk, "openssl req -x509 -key other.pem -subj /CN=Other -days 3 -out other.crt");
    run(&desk, "openssl x509 -req -in web.csr -CA other.crt -CAkey other.pem -days 3 -out web.crt");
    desk.user(&["import", "web.crt", "--label", "web"]);
    assert_eq!(desk.objects(&["--label", "web", "--class", "certificate"])[0]["id"], "0123");
    let list = desk.json(&["certificate", "list"]);
    let issuers: Vec<_> = list.as_array().unwrap().iter().map(|row| row["issuer"].clone()).collect();
    assert_eq!(issuers, ["CN=Authority", "CN=Other"]);
    desk.user(&["export", "--label", "web", "--class", "certificate", "--out", "back.crt"]);
    run(&desk, "openssl verify -CAfile other.crt back.crt");
}

#[test]
fn openssl_accepts_self_signed_certificates_of_all_kinds() {
    let desk = desk("openssl-self-signed");
    for kind in SIGNERS {
        desk.user(&["generate", kind, "--label", kind, "--always-authenticate"]);
        let file = format!("{}.pem", kind.replace(':', "-"));
        let command = [
            "certificate",
            "self-signed",
            "--label",
            kind,
            "--subject",
            "CN=Root",
            "--ca",
            "--days",
            "30",
            "--out",
            &file,
        ];
        desk.user(&command);
        run(&desk, &format!("openssl verify -check_ss_sig -x509_strict -CAfile {file} {file}"));
        let shown = text(run(&desk, &format!("openssl x509 -in {file} -noout -text")));
        says(&shown, &["CA:TRUE", "Certificate Sign", "Subject Key Identifier"]);
        // Valid now, and no longer than it should be.
        run(&desk, &format!("openssl x509 -in {file} -noout -checkend 2500000"));
        let mut later = Command::new("openssl");
        later.args(["x509", "-in", &file, "-noout", "-checkend", "2600000"]).current_dir(&desk.folder);
        assert_eq!(later.output().unwrap().status.code(), Some(1));
        assert_eq!(
            text(run(&desk, &format!("openssl x509 -in {file} -noout -pubkey"))),
            desk.user(&["export", "--label", kind, "--class", "public"])
        );
    }
}

/// Of ML-DSA openssl 3.0 can say only what it is.
#[test]
fn certificates_of_post_quantum_keys_are_well_formed() {
    let desk = desk("openssl-pqc");
    for (kind, oid) in [("ml-dsa:65", "2.16.840.1.101.3.4.3.18"), ("slh-dsa:SHA2-128f", "2.16.840.1.101.3.4.3.21")] {
        desk.user(&["generate", kind, "--label", kind]);
        desk.user(&["certificate", "self-signed", "--label", kind, "--subject", "CN=PQ", "--out", "pq.pem"]);
        let shown = text(run(&desk, "openssl x509 -in pq.pem -noout -text"));
        assert!(shown.contains(oid) || shown.contains(&kind.to_uppercase().replace(':', "-")), "{shown}");
    }
}

/// What leaves a token, openssl can use, and a passphrase protects it for openssl too.
#[test]
fn openssl_reads_exported_private_keys() {
    let desk = desk("openssl-export");
    desk.put("data", b"to be signed");
    for kind in ["rsa:2048", "ec:P-256", "ec:secp256k1", "ed25519", "x25519"] {
        desk.user(&["generate", kind, "--label", kind, "--extractable"]);
        let private = ["--label", kind, "--class", "private"];
        let plain = format!("{}.pem", kind.replace(':', "-"));
        let sealed = format!("{}.enc", kind.replace(':', "-"));
        desk.user(&[&["export", "--unprotected", "--out", &plain], &private[..]].concat());
        let mut export = desk.command(
            &[&["export", "--pin", crate::desk::USER, "--passphrase", "env:WORD", "--out", &sealed], &private[..]]
                .concat(),
        );
        assert!(export.env("WORD", "open-sesame").status().unwrap().success());
        let public = desk.user(&["export", "--label", kind, "--class", "public"]);
        assert_eq!(text(run(&desk, &format!("openssl pkey -in {plain} -pubout"))), public);
        assert_eq!(text(run(&desk, &format!("openssl pkey -in {sealed} -passin pass:open-sesame -pubout"))), public);
        let mut wrong = Command::new("openssl");
        wrong.args(["pkey", "-in", &sealed, "-passin", "pass:wrong", "-noout"]).current_dir(&desk.folder);
        assert!(!wrong.output().unwrap().status.success());
    }
}

/// Keys that openssl has encrypted, by the ways that its versions have as defaults.
#[test]
fn keys_encrypted_by_openssl_are_imported() {
    let desk = desk("openssl-import");
    run(&desk, "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem");
    for (index, how) in ["-v2 aes-256-cbc", "-v2 aes-128-cbc -v2prf hmacWithSHA512", "-scrypt"].iter().enumerate() {
        run(&desk, &format!("openssl pkcs8 -topk8 -in key.pem -passout pass:open-sesame {how} -out sealed.pem"));
        let label = format!("key-{index}");
        let mut import = desk.command(&[
            "import",
            "sealed.pem",
            "--label",
            &label,
            "--passphrase",
            "env:WORD",
            "--pin",
            crate::desk::USER,
        ]);
        assert!(import.env("WORD", "open-sesame").status().unwrap().success(), "{how}");
        assert_eq!(
            desk.user(&["export", "--label", &label, "--class", "public"]),
            text(run(&desk, "openssl pkey -in key.pem -pubout"))
        );
    }
}
