//! Certificates: made, listed, exported. tests/clients/tool.rs has them checked by openssl.

use crate::desk::{Desk, says};
use serde_json::json;

#[test]
fn a_self_signed_certificate_is_kept_beside_its_key() {
    let desk = Desk::with_token("self-signed");
    desk.user(&["generate", "ec:P-256", "--label", "web", "--id", "abcd"]);
    let subject = "CN=www.example.org,O=Example";
    let pem = desk.user(&["certificate", "self-signed", "--label", "web", "--subject", subject, "--days", "30"]);
    says(&pem, &["-----BEGIN CERTIFICATE-----"]);
    let list = desk.json(&["certificate", "list"]);
    let row = &list[0];
    assert_eq!((&row["label"], &row["id"]), (&json!("web"), &json!("abcd")));
    assert_eq!((&row["subject"], &row["issuer"]), (&json!(subject), &json!(subject)));
    assert_eq!(row["serial"].as_str().unwrap().len(), 32);
    assert_eq!(desk.user(&["export", "--label", "web", "--class", "certificate"]), pem);
    let said = desk.json(&["certificate", "self-signed", "--id", "abcd", "--subject", "CN=b", "--out", "b.pem"]);
    assert_eq!(said["file"], "b.pem");
    assert_eq!(desk.json(&["certificate", "list"]).as_array().unwrap().len(), 2);
    assert_eq!(desk.objects(&["--class", "certificate"])[0]["type"], "CKC_X_509");
}

#[test]
fn what_cannot_be_certified_is_told() {
    let desk = Desk::with_token("not-certified");
    desk.user(&["generate", "x25519", "--label", "agrees"]);
    desk.user(&["generate", "ec:P-256", "--label", "signs"]);
    let request =
        |label: &str, more: &[&str]| desk.fails(&[&["certificate", "request", "--label", label], more].concat());
    says(&request("agrees", &["--subject", "CN=a"]), &["CKK_EC_MONTGOMERY", "sign no certificates", "Ed25519"]);
    says(&request("nobody", &["--subject", "CN=a"]), &["there is no such object"]);
    for subject in ["", "example", "CN"] {
        says(&request("signs", &["--subject", subject]), &["is no subject", "CN=www.example.org,O=Example"]);
    }
    says(&request("signs", &["--subject", "CN=a", "--dns", "b\u{fc}cher.example"]), &["has characters"]);
    let forever = ["certificate", "self-signed", "--label", "signs", "--subject", "CN=a", "--days", "4000000"];
    says(&desk.fails(&forever), &["beyond the year 9999"]);
    assert_eq!(desk.json(&["certificate", "list"]), json!([]));
}
