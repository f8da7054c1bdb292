//! The openssl program through libp11's engine: keys of the token by their PKCS#11 URI.

use crate::workshop::{P256, RSA, Setting, USER_PIN, Workshop, free_port, listens, text};

/// A token with an RSA and an EC key, and an OpenSSL configuration that loads it. (libp11 0.4.12 stops at the first key
/// that is neither, so there is no Ed25519 key here.)
fn workshop(setting: Setting) -> Workshop {
    let workshop = Workshop::stocked(setting, &[("rsa", RSA), ("ec", P256)]);
    workshop.put("data", &[1; 5000]);
    let configuration = format!(
        "openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = token
[token]
engine_id = pkcs11
MODULE_PATH = {}
PIN = {USER_PIN}
init = 0
[req]
distinguished_name = name
req_extensions = extensions
prompt = no
[name]
C = CH
O = Example
CN = token.example
[extensions]
subjectAltName = DNS:token.example,DNS:www.token.example
keyUsage = digitalSignature
",
        workshop.module()
    );
    workshop.put("openssl.cnf", configuration.as_bytes());
    workshop
}

fn uri(key: &str) -> String {
    format!("pkcs11:token=web;object={key};type=private")
}

#[test]
fn keys_of_the_token_sign_certificate_requests() {
    for setting in Setting::HERE {
        let workshop = workshop(setting);
        for key in ["rsa", "ec"] {
            workshop.ok(&format!("openssl req -new -engine pkcs11 -keyform engine -key {} -out request.pem", uri(key)));
            workshop.ok("openssl req -in request.pem -verify -noout");
            let public = workshop.ok("openssl req -in request.pem -pubkey -noout");
            assert_eq!(public.as_bytes(), workshop.get(&format!("{key}.pub")), "{key}");
            // Self-signed, and verified as a certificate.
            workshop.ok(&format!(
                "openssl req -new -x509 -engine pkcs11 -keyform engine -key {} -days 30 -out cert.pem",
                uri(key)
            ));
            workshop.ok("openssl verify -CAfile cert.pem cert.pem");
        }
    }
}

#[test]
fn keys_of_the_token_sign_data() {
    for setting in Setting::HERE {
        let workshop = workshop(setting);
        let pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
        for (key, hash, options) in
            [("rsa", "sha256", ""), ("rsa", "sha512", pss), ("ec", "sha256", ""), ("ec", "sha384", "")]
        {
            let sign = format!("-{hash} {options} -sign {} -out signature data", uri(key));
            workshop.ok(&format!("openssl dgst -engine pkcs11 -keyform engine {sign}"));
            workshop.ok(&format!("openssl dgst -{hash} {options} -verify {key}.pub -signature signature data"));
        }
    }
}

#[test]
fn keys_of_the_token_decrypt_and_agree() {
    for setting in Setting::HERE {
        let workshop = workshop(setting);
        workshop.put("secret", b"forty-two");
        for padding in ["pkcs1", "oaep"] {
            let padding = format!("-pkeyopt rsa_padding_mode:{padding}");
            workshop.ok(&format!("openssl pkeyutl -encrypt -pubin -inkey rsa.pub {padding} -in secret -out encrypted"));
            workshop.ok(&format!(
                "openssl pkeyutl -decrypt -engine pkcs11 -keyform engine -inkey {} {padding} -in encrypted -out plain",
                uri("rsa")
            ));
            assert_eq!(workshop.get("plain"), b"forty-two");
        }
        workshop.make_key("peer", P256);
        workshop.ok(&format!(
            "openssl pkeyutl -derive -engine pkcs11 -keyform engine -inkey {} -peerkey peer.pub -out agreed",
            uri("ec")
        ));
        workshop.ok("openssl pkeyutl -derive -inkey ec.pem -peerkey peer.pub -out expected");
        assert_eq!(workshop.get("agreed"), workshop.get("expected"));
    }
}

#[test]
fn keys_of_the_token_sign_and_open_messages() {
    for setting in Setting::HERE {
        let workshop = workshop(setting);
        for key in ["rsa", "ec"] {
            let token_key = format!("-engine pkcs11 -keyform engine -inkey {}", uri(key));
            workshop.ok(&format!("openssl cms -sign -binary -in data -signer {key}.crt {token_key} -out signed"));
            workshop.ok(&format!("openssl cms -verify -binary -in signed -CAfile {key}.crt -purpose any -out content"));
            assert_eq!(workshop.get("content"), workshop.get("data"));
            workshop.ok(&format!("openssl cms -encrypt -binary -aes256 -in data -out encrypted {key}.crt"));
            workshop
                .ok(&format!("openssl cms -decrypt -binary -in encrypted -recip {key}.crt {token_key} -out content"));
            assert_eq!(workshop.get("content"), workshop.get("data"));
        }
    }
}

/// Without the suites in which a client encrypts a secret for the server: OpenSSL 3.0 refuses that to engines by itself.
#[test]
fn servers_and_clients_have_their_tls_keys_in_the_token() {
    for setting in Setting::HERE {
        let workshop = workshop(setting);
        workshop.put("request", b"GET / HTTP/1.0\r\n\r\n");
        workshop.put("trust.pem", &["rsa.crt", "ec.crt"].map(|file| workshop.get(file)).concat());
        let port = free_port();
        let command = format!(
            "openssl s_server -www -port {port} -Verify 1 -verify_return_error -CAfile trust.pem -engine pkcs11 \
             -keyform engine -key {} -cert rsa.crt -dkeyform engine -dkey {} -dcert ec.crt",
            uri("rsa"),
            uri("ec")
        );
        let _server = workshop.serve(&command, "s_server.log");
        workshop.until("s_server.log", || listens(port));
        for (client, options) in [
            ("ec", "-tls1_3 -sigalgs rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256"),
            ("rsa", "-tls1_3 -sigalgs ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256"),
            ("ec", "-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384"),
            ("rsa", "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"),
        ] {
            let client = format!("-engine pkcs11 -keyform engine -key {} -cert {client}.crt", uri(client));
            let connect = format!("-connect localhost:{port} -CAfile trust.pem -verify_return_error");
            let answer = workshop.ok_with(&format!("openssl s_client -quiet {connect} {client} {options}"), "request");
            assert!(answer.contains("HTTP/1.0 200"), "{options}: {answer}\n{}", text(&workshop.get("s_server.log")));
        }
    }
}
