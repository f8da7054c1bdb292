//! GnuTLS: p11tool, certtool, and servers with keys of the token.

use crate::workshop::{ED25519, P256, RSA, Setting, USER_PIN, Workshop, free_port, listens, text};

fn workshop(setting: Setting) -> Workshop {
    let workshop = Workshop::stocked(setting, &[("rsa", RSA), ("ec", P256), ("ed", ED25519)]);
    workshop.put("data", b"what is signed\n");
    workshop
}

fn url(key: &str, kind: &str) -> String {
    format!("pkcs11:token=web;object={key};type={kind}")
}

fn p11tool(workshop: &Workshop, arguments: &str) -> String {
    workshop.ok(&format!("p11tool --provider {} --batch {arguments}", workshop.module()))
}

#[test]
fn p11tool_lists_exports_and_tries_keys() {
    for setting in Setting::ALL {
        let workshop = workshop(setting);
        assert!(p11tool(&workshop, "--list-tokens").contains("Label: web"));
        assert!(p11tool(&workshop, "--list-mechanisms pkcs11:token=web").contains("CKM_EDDSA"));
        let listed = p11tool(&workshop, "--login --list-all pkcs11:token=web");
        for kind in ["Private key (RSA-2048)", "Private key (EC/ECDSA-SECP256R1)", "Private key (EdDSA (Ed25519))"] {
            assert!(listed.contains(kind), "{kind} is missing in {listed}");
        }
        p11tool(&workshop, &format!("--login --test-sign --sign-params=RSA-PSS {}", url("rsa", "private")));
        for key in ["rsa", "ec", "ed"] {
            // GnuTLS tells the hash of Ed25519 from the others.
            let hash = if key == "ed" { "SHA512" } else { "SHA256" };
            let exported = p11tool(&workshop, &format!("--export {}", url(key, "cert")));
            workshop.put("exported.crt", exported.as_bytes());
            let fingerprint = |file: &str| workshop.ok(&format!("openssl x509 -in {file} -noout -fingerprint -sha256"));
            assert_eq!(fingerprint("exported.crt"), fingerprint(&format!("{key}.crt")));
            p11tool(&workshop, &format!("--login --export-pubkey {} --outfile exported.pub", url(key, "private")));
            assert_eq!(
                workshop.ok("openssl pkey -pubin -in exported.pub").as_bytes(),
                workshop.get(&format!("{key}.pub"))
            );
            p11tool(&workshop, &format!("--login --test-sign --hash={hash} {}", url(key, "private")));
            p11tool(&workshop, &format!("--login --set-label other {}", url(key, "private")));
            let key = if workshop.lasts() { "other" } else { key };
            p11tool(&workshop, &format!("--login --set-id 0102 {}", url(key, "private")));
            p11tool(&workshop, &format!("--login --delete {}", url(key, "private")));
        }
    }
}

#[test]
fn p11tool_initialises_generates_and_writes() {
    for setting in Setting::ALL {
        let workshop = workshop(setting);
        workshop.put("template", b"cn = \"token.example\"\nsigning_key\n");
        p11tool(&workshop, "--initialize --label web pkcs11:model=Ferrotoken");
        p11tool(&workshop, "--initialize-pin pkcs11:token=web");
        // GnuTLS 3.7 generates Ed25519 keys by the mechanism with which they sign, which generates none.
        for how in ["rsa --bits 2048", "ecdsa --curve secp256r1", "ecdsa --curve secp384r1", "ecdsa --curve secp521r1"]
        {
            let command = format!("--login --generate-privkey {how} --label made pkcs11:token=web --outfile made.pub");
            p11tool(&workshop, &command);
            workshop.ok("openssl pkey -pubin -in made.pub -noout");
            if workshop.lasts() {
                p11tool(&workshop, &format!("--login --export-pubkey {} --outfile again.pub", url("made", "private")));
                assert_eq!(workshop.get("again.pub"), workshop.get("made.pub"));
                p11tool(&workshop, &format!("--login --test-sign {}", url("made", "private")));
                p11tool(&workshop, &format!("--login --delete {}", url("made", "private")));
                p11tool(&workshop, &format!("--login --delete {}", url("made", "public")));
            }
        }
        p11tool(&workshop, "--login --generate-random 32 --outfile random pkcs11:token=web");
        assert_eq!(workshop.get("random").len(), 32);
        for (name, how) in [("new-rsa", RSA), ("new-ec", P256), ("new-ed", ED25519)] {
            workshop.make_key(name, how);
            workshop.certify(name, "");
            let written = format!("--label {name} --write pkcs11:token=web");
            p11tool(&workshop, &format!("--login --load-privkey {name}.pem {written}"));
            p11tool(&workshop, &format!("--login --load-pubkey {name}.pub {written}"));
            p11tool(&workshop, &format!("--login --load-certificate {name}.crt {written}"));
            if workshop.lasts() {
                let keys = format!("--load-privkey {} --load-pubkey {}", url(name, "private"), url(name, "public"));
                let certtool = format!("certtool --provider {} --template template", workshop.module());
                workshop.ok(&format!("{certtool} --generate-request {keys} --outfile request.pem"));
                workshop.ok("openssl req -in request.pem -verify -noout");
                let public = workshop.ok("openssl req -in request.pem -pubkey -noout");
                assert_eq!(public.as_bytes(), workshop.get(&format!("{name}.pub")), "{name}");
            }
        }
        let written = "--label written --write pkcs11:token=web";
        p11tool(&workshop, &format!("--login --secret-key 00112233445566778899aabbccddeeff {written}"));
        p11tool(&workshop, &format!("--so-login --load-certificate new-rsa.crt --mark-trusted --mark-ca {written}"));
        if workshop.lasts() {
            let trusted = p11tool(&workshop, "--list-all-trusted pkcs11:token=web");
            assert!(trusted.contains("Label: written") && trusted.contains("CKA_TRUSTED"), "{trusted}");
        }
    }
}

#[test]
fn certtool_makes_certificates_requests_and_messages() {
    for setting in Setting::ALL {
        let workshop = workshop(setting);
        workshop.put("template", b"cn = \"token.example\"\nexpiration_days = 30\nca\nsigning_key\n");
        let certtool = format!("certtool --provider {} --template template", workshop.module());
        for key in ["rsa", "ec", "ed"] {
            let keys = format!("--load-privkey {} --load-pubkey {}", url(key, "private"), url(key, "public"));
            workshop.ok(&format!("{certtool} --generate-self-signed {keys} --outfile made.crt"));
            workshop.ok("openssl verify -CAfile made.crt made.crt");
            workshop.ok(&format!("{certtool} --generate-request {keys} --outfile request.pem"));
            workshop.ok("openssl req -in request.pem -verify -noout");
            let public = workshop.ok("openssl req -in request.pem -pubkey -noout");
            assert_eq!(public.as_bytes(), workshop.get(&format!("{key}.pub")), "{key}");
            if key != "ed" {
                let signer = format!("--load-privkey {} --load-certificate {key}.crt", url(key, "private"));
                workshop.ok(&format!("{certtool} --p7-sign {signer} --infile data --outfile signed"));
                workshop.ok(&format!(
                    "openssl cms -verify -binary -inform PEM -purpose any -in signed -CAfile {key}.crt -out content"
                ));
                assert_eq!(workshop.get("content"), workshop.get("data"));
            }
        }
    }
}

#[test]
fn a_server_has_its_tls_keys_in_the_token() {
    for setting in Setting::ALL {
        let workshop = workshop(setting);
        workshop.put("request", b"GET / HTTP/1.0\r\n\r\n");
        workshop.put("trust.pem", &["rsa.crt", "ec.crt", "ed.crt"].map(|file| workshop.get(file)).concat());
        let port = free_port();
        let keys = ["rsa", "ec", "ed"]
            .map(|key| format!("--x509keyfile {};pin-value={USER_PIN} --x509certfile {key}.crt", url(key, "private")))
            .join(" ");
        let command = format!("gnutls-serv --provider {} --http --port {port} {keys}", workshop.module());
        let _server = workshop.serve(&command, "gnutls-serv.log");
        workshop.until("gnutls-serv.log", || listens(port));
        for options in [
            "-tls1_3 -sigalgs rsa_pss_rsae_sha256",
            "-tls1_3 -sigalgs ecdsa_secp256r1_sha256",
            "-tls1_3 -sigalgs ed25519",
            "-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384",
            "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256",
            "-tls1_2 -cipher AES256-SHA",
        ] {
            let client = "openssl s_client -quiet -verify_return_error -CAfile trust.pem";
            let answer = workshop.ok_with(&format!("{client} -connect localhost:{port} {options}"), "request");
            assert!(answer.contains("HTTP/1.0 200"), "{options}: {answer}\n{}", text(&workshop.get("gnutls-serv.log")));
        }
    }
}
