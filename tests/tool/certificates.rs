//! Certificates: made, listed, exported. tests/clients/tool.rs has them checked by openssl.

use crate::desk::{Desk, says};
use der::{Decode, Encode};
use serde_json::json;
use x509_cert::Certificate;
use x509_cert::request::CertReq;

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

/// Whether a signature is right, by another implementation: the public key, what is signed, the signature.
type Check = fn(&[u8], &[u8], &[u8]) -> bool;

macro_rules! check {
    ($library:ident, $module:ident) => {
        |key, data, signature| {
            use $library::traits::{SerDes, Verifier};
            let key = $library::$module::PublicKey::try_from_bytes(key.try_into().unwrap()).unwrap();
            key.verify(data, signature.try_into().unwrap(), b"")
        }
    };
}

/// What no openssl of today's stable systems can check, others' FIPS 204 and FIPS 205 can.
#[test]
fn post_quantum_certificates_bear_signatures_that_are_right() {
    let desk = Desk::with_token("post-quantum");
    let kinds: [(&str, &str, Check); 5] = [
        ("ml-dsa:44", "2.16.840.1.101.3.4.3.17", check!(fips204, ml_dsa_44)),
        ("ml-dsa:65", "2.16.840.1.101.3.4.3.18", check!(fips204, ml_dsa_65)),
        ("ml-dsa:87", "2.16.840.1.101.3.4.3.19", check!(fips204, ml_dsa_87)),
        ("slh-dsa:SHA2-128f", "2.16.840.1.101.3.4.3.21", check!(fips205, slh_dsa_sha2_128f)),
        ("slh-dsa:SHAKE-128f", "2.16.840.1.101.3.4.3.27", check!(fips205, slh_dsa_shake_128f)),
    ];
    let der = |pem: String| der::pem::decode_vec(pem.as_bytes()).unwrap().1;
    for (kind, oid, check) in kinds {
        desk.user(&["generate", kind, "--label", kind]);
        let own = ["certificate", "self-signed", "--label", kind, "--subject", "CN=post-quantum"];
        let own = Certificate::from_der(&der(desk.user(&own))).unwrap();
        let fields = own.tbs_certificate();
        let key = fields.subject_public_key_info().subject_public_key.raw_bytes();
        for algorithm in [own.signature_algorithm(), fields.signature(), &fields.subject_public_key_info().algorithm] {
            assert_eq!((algorithm.oid.to_string().as_str(), &algorithm.parameters), (oid, &None));
        }
        let (signed, signature) = (fields.to_der().unwrap(), own.signature().raw_bytes());
        assert!(check(key, &signed, signature), "{kind}");
        assert!(!check(key, &signed[1..], signature), "{kind}");
        let request = ["certificate", "request", "--label", kind, "--subject", "CN=post-quantum", "--dns", "a.example"];
        let request = CertReq::from_der(&der(desk.user(&request))).unwrap();
        assert!(check(key, &request.info.to_der().unwrap(), request.signature.raw_bytes()), "{kind}");
    }
}
