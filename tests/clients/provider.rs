//! OpenSSL's provider for PKCS#11 in Debian 13, and the version of its backports, which knows post-quantum keys: keys of the
//! token by their URI. What they made is checked without the provider.

use crate::debian::NEWER;
use crate::workshop::{ED25519, P256, P384, P521, RSA, Setting, Workshop, free_port, listens, text};

/// Under which folders there is a provider: Debian 13's own (1.0), and that of its backports (1.2).
const BOTH: [&str; 2] = ["", NEWER];

/// These, and one of them with a token in memory.
const ALL: [(&str, Setting); 3] = [("", Setting::Trixie), (NEWER, Setting::Trixie), ("", Setting::TrixieInMemory)];

/// How OpenSSL loads a module through the provider in the folder.
pub fn configuration(workshop: &Workshop, folder: &str) -> String {
    format!(
        "openssl_conf = init
[init]
providers = providers
[providers]
default = own
pkcs11 = token
[own]
activate = 1
[token]
module = {folder}/usr/lib/{}-linux-gnu/ossl-modules/pkcs11.so
pkcs11-module-path = {}
pkcs11-module-token-pin = file:{}
pkcs11-module-encode-provider-uri-to-pem = true
activate = 1
",
        std::env::consts::ARCH,
        workshop.module(),
        workshop.path("user.pin")
    )
}

/// A token that lasts, with these keys.
fn workshop(folder: &str, keys: &[(&str, &str)]) -> Workshop {
    with_token(folder, Setting::Trixie, keys)
}

fn with_token(folder: &str, setting: Setting, keys: &[(&str, &str)]) -> Workshop {
    let workshop = Workshop::stocked(setting, keys);
    workshop.put("data", &[1; 5000]);
    let configuration = configuration(&workshop, folder) + "[req]\ndistinguished_name = name\n[name]\n";
    workshop.put("provider.cnf", configuration.as_bytes());
    // From the start: else the digests are not asked for in time.
    let early = configuration.replace("[token]\n", "[token]\npkcs11-module-load-behavior = early\n");
    workshop.put("early.cnf", early.as_bytes());
    workshop
}

/// The openssl program with the provider. It must end well, too: the provider unloads the module at exit.
#[track_caller]
fn token(workshop: &Workshop, arguments: &str) -> String {
    with(workshop, "provider.cnf", arguments)
}

#[track_caller]
fn with(workshop: &Workshop, configuration: &str, arguments: &str) -> String {
    workshop.ok(&format!("env OPENSSL_CONF={configuration} openssl {arguments}"))
}

fn uri(key: &str) -> String {
    format!("pkcs11:token=web;object={key};type=private")
}

/// Signs with a key, and has another process without the provider verify that.
#[track_caller]
fn sign(workshop: &Workshop, key: &str, name: &str, options: &str) {
    token(workshop, &format!("pkeyutl -sign -rawin {options} -inkey {key} -in data -out signature"));
    let verify = format!("openssl pkeyutl -verify -rawin {options} -pubin -inkey {name}.pub");
    workshop.ok(&format!("{verify} -in data -sigfile signature"));
}

#[test]
fn keys_made_through_the_provider_serve_the_next_process() {
    for folder in BOTH {
        let workshop = workshop(folder, &[]);
        for (name, how) in [
            ("rsa", RSA),
            ("p256", P256),
            ("p384", P384),
            ("p521", P521),
            ("ed25519", ED25519),
            ("ed448", "-algorithm ED448"),
        ] {
            // The file that it writes names the key, for programs that know files only.
            let place = format!("-pkeyopt pkcs11_uri:pkcs11:token=web;object={name}");
            token(&workshop, &format!("genpkey -propquery provider=pkcs11 {how} {place} -out {name}.pem"));
            assert!(text(&workshop.get(&format!("{name}.pem"))).starts_with("-----BEGIN PKCS#11 PROVIDER URI-----"));
            token(&workshop, &format!("pkey -in {} -pubout -out {name}.pub", uri(name)));
            workshop.ok(&format!("openssl pkey -pubin -in {name}.pub -noout"));
            sign(&workshop, &uri(name), name, "");
            sign(&workshop, &format!("{name}.pem"), name, "");
        }
        let listed = token(&workshop, "storeutl -noout pkcs11:token=web");
        assert!(listed.contains("Total found: 12"), "{listed}");
    }
}

#[test]
fn keys_of_the_token_sign_requests_certificates_and_data() {
    for (folder, setting) in ALL {
        let keys = [("rsa", RSA), ("p256", P256), ("p384", P384), ("p521", P521), ("ed", ED25519)];
        let workshop = with_token(folder, setting, &keys);
        for (key, _) in keys {
            token(&workshop, &format!("req -new -key {} -subj /CN=www.example -out request.pem", uri(key)));
            workshop.ok("openssl req -in request.pem -verify -noout");
            let public = workshop.ok("openssl req -in request.pem -pubkey -noout");
            assert_eq!(public.as_bytes(), workshop.get(&format!("{key}.pub")), "{key}");
            let certify = "req -new -x509 -addext basicConstraints=critical,CA:TRUE -subj /CN=token.example";
            token(&workshop, &format!("{certify} -key {} -out cert.pem", uri(key)));
            workshop.ok("openssl verify -CAfile cert.pem cert.pem");
            // An authority whose key is in the token.
            let authority = format!("-CA cert.pem -CAkey {}", uri(key));
            token(&workshop, &format!("x509 -req -in request.pem {authority} -days 30 -out issued.pem"));
            workshop.ok("openssl verify -CAfile cert.pem issued.pem");
            sign(&workshop, &uri(key), key, "");
        }
        let pss = "-pkeyopt rsa_padding_mode:pss -pkeyopt rsa_pss_saltlen";
        for options in ["", &format!("{pss}:digest"), &format!("{pss}:20 -pkeyopt rsa_mgf1_md:sha256")] {
            for hash in ["sha256", "sha384", "sha512", "sha3-256"] {
                sign(&workshop, &uri("rsa"), "rsa", &format!("-digest {hash} {options}"));
            }
        }
        for hash in ["sha1", "sha384", "sha512"] {
            sign(&workshop, &uri("p256"), "p256", &format!("-digest {hash}"));
        }
        // Public keys, too, are used where they are.
        let public = "-propquery provider=pkcs11 -pubin -inkey pkcs11:token=web;object=rsa;type=public";
        token(&workshop, &format!("dgst -sha256 -sign {} -out signature data", uri("rsa")));
        let verify = format!("pkeyutl -verify -rawin -digest sha256 {public} -in data -sigfile signature");
        assert!(with(&workshop, "early.cnf", &verify).contains("Verified Successfully"));
    }
}

#[test]
fn keys_of_the_token_decrypt_and_agree() {
    for (folder, setting) in ALL {
        let workshop = with_token(folder, setting, &[("rsa", RSA), ("p256", P256), ("p384", P384), ("p521", P521)]);
        workshop.put("secret", b"forty-two");
        // The provider leaves the generator function open unless it is said.
        let oaep = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:";
        let sha1 = format!("{oaep}sha1 -pkeyopt rsa_mgf1_md:sha1");
        let sha256 = format!("{oaep}sha256 -pkeyopt rsa_mgf1_md:sha256");
        for padding in ["-pkeyopt rsa_padding_mode:pkcs1", &sha1, &sha256] {
            workshop.ok(&format!("openssl pkeyutl -encrypt -pubin -inkey rsa.pub {padding} -in secret -out encrypted"));
            token(&workshop, &format!("pkeyutl -decrypt -inkey {} {padding} -in encrypted -out plain", uri("rsa")));
            assert_eq!(workshop.get("plain"), b"forty-two");
        }
        for (key, how) in [("p256", P256), ("p384", P384), ("p521", P521)] {
            workshop.make_key("peer", how);
            token(&workshop, &format!("pkeyutl -derive -inkey {} -peerkey peer.pub -out agreed", uri(key)));
            workshop.ok(&format!("openssl pkeyutl -derive -inkey {key}.pem -peerkey peer.pub -out expected"));
            assert_eq!(workshop.get("agreed"), workshop.get("expected"), "{key}");
        }
    }
}

#[test]
fn keys_of_the_token_sign_and_open_messages() {
    for (folder, setting) in ALL {
        let workshop = with_token(folder, setting, &[("rsa", RSA), ("ec", P256)]);
        for (key, sign, encrypt) in [
            ("rsa", "", ""),
            ("rsa", "-keyopt rsa_padding_mode:pss", "-keyopt rsa_padding_mode:oaep"),
            ("ec", "", "-keyopt ecdh_kdf_md:sha256"),
        ] {
            let signer = format!("-signer {key}.crt -inkey {} {sign}", uri(key));
            token(&workshop, &format!("cms -sign -binary -in data {signer} -out signed"));
            workshop.ok(&format!("openssl cms -verify -binary -in signed -CAfile {key}.crt -purpose any -out content"));
            assert_eq!(workshop.get("content"), workshop.get("data"));
            workshop.ok(&format!(
                "openssl cms -encrypt -binary -aes256 -in data -out encrypted -recip {key}.crt {encrypt}"
            ));
            token(
                &workshop,
                &format!("cms -decrypt -binary -in encrypted -recip {key}.crt -inkey {} -out content", uri(key)),
            );
            assert_eq!(workshop.get("content"), workshop.get("data"));
        }
    }
}

#[test]
fn post_quantum_keys_sign_and_decapsulate() {
    let workshop = workshop(NEWER, &[]);
    let make = |name: &str| {
        let place = format!("-algorithm {name} -pkeyopt pkcs11_uri:pkcs11:token=web;object={name}");
        with(&workshop, "early.cnf", &format!("genpkey -propquery provider=pkcs11 {place} -out {name}.pem"));
        token(&workshop, &format!("pkey -in {} -pubout -out {name}.pub", uri(name)));
    };
    for name in ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] {
        make(name);
        sign(&workshop, &uri(name), name, "");
        token(&workshop, &format!("req -new -x509 -key {} -subj /CN=token.example -out cert.pem", uri(name)));
        workshop.ok("openssl verify -CAfile cert.pem cert.pem");
        exchange(&workshop, (&uri(name), "cert.pem"), (&uri(name), "cert.pem"), "cert.pem", "-tls1_3");
    }
    for name in ["ML-KEM-512", "ML-KEM-768", "ML-KEM-1024"] {
        make(name);
        workshop.ok(&format!("openssl pkeyutl -encap -pubin -inkey {name}.pub -secret expected -out encapsulated"));
        token(&workshop, &format!("pkeyutl -decap -inkey {} -in encapsulated -secret agreed", uri(name)));
        assert_eq!(workshop.get("agreed"), workshop.get("expected"), "{name}");
        let public = format!("pkcs11:token=web;object={name};type=public");
        let encapsulate = format!("pkeyutl -encap -propquery provider=pkcs11 -inkey {public}");
        token(&workshop, &format!("{encapsulate} -secret expected -out encapsulated"));
        token(&workshop, &format!("pkeyutl -decap -inkey {} -in encapsulated -secret agreed", uri(name)));
        assert_eq!(workshop.get("agreed"), workshop.get("expected"), "{name}");
    }
    for name in ["X25519", "X448"] {
        make(name);
        workshop.make_key("peer", &format!("-algorithm {name}"));
        token(&workshop, &format!("pkeyutl -derive -inkey {} -peerkey peer.pub -out agreed", uri(name)));
        workshop.ok(&format!("openssl pkeyutl -derive -inkey peer.pem -peerkey {name}.pub -out expected"));
        assert_eq!(workshop.get("agreed"), workshop.get("expected"), "{name}");
    }
}

#[test]
fn digests_and_random_bytes_come_from_the_token() {
    for folder in BOTH {
        let workshop = workshop(folder, &[]);
        for hash in [
            "sha1",
            "sha224",
            "sha256",
            "sha384",
            "sha512",
            "sha512-256",
            "sha3-224",
            "sha3-256",
            "sha3-384",
            "sha3-512",
        ] {
            with(&workshop, "early.cnf", &format!("dgst -propquery provider=pkcs11 -{hash} -binary -out digest data"));
            workshop.ok(&format!("openssl dgst -{hash} -binary -out expected data"));
            assert_eq!(workshop.get("digest"), workshop.get("expected"), "{hash}");
        }
        let random =
            |file: &str| with(&workshop, "early.cnf", &format!("rand -propquery provider=pkcs11 -out {file} 32"));
        random("first");
        random("second");
        assert_eq!(workshop.get("first").len(), 32);
        assert_ne!(workshop.get("first"), workshop.get("second"));
    }
}

#[test]
fn servers_and_clients_have_their_tls_keys_in_the_token() {
    for (folder, setting) in ALL {
        let workshop = with_token(folder, setting, &[("rsa", RSA), ("ec", P256), ("ed", ED25519)]);
        workshop.put("trust.pem", &["rsa.crt", "ec.crt", "ed.crt"].map(|file| workshop.get(file)).concat());
        for (key, client, options) in [
            ("rsa", "ec", "-tls1_3"),
            ("ec", "ed", "-tls1_3"),
            ("ed", "rsa", "-tls1_3"),
            ("rsa", "ed", "-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384"),
            ("rsa", "rsa", "-tls1_2 -cipher AES256-GCM-SHA384"),
            ("ec", "rsa", "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"),
            ("ed", "ec", "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305"),
        ] {
            let [server, client] = [key, client].map(|key| (uri(key), format!("{key}.crt")));
            exchange(&workshop, (&server.0, &server.1), (&client.0, &client.1), "trust.pem", options);
        }
    }
}

/// A server and a client, each with a key and a certificate, ask for the other's and show theirs.
#[track_caller]
fn exchange(workshop: &Workshop, server: (&str, &str), client: (&str, &str), trust: &str, options: &str) {
    workshop.put("request", b"GET / HTTP/1.0\r\n\r\n");
    let port = free_port();
    // It ends by itself after so many connections: one of the test that it listens, one of the client.
    let (key, certificate) = server;
    let demand = format!("-CAfile {trust} -Verify 1 -verify_return_error");
    let command = format!("openssl s_server -www -port {port} -naccept 2 -key {key} -cert {certificate} {demand}");
    let mut server = workshop.serve(&format!("env OPENSSL_CONF=provider.cnf {command}"), "s_server.log");
    workshop.until("s_server.log", || listens(port));
    let (key, certificate) = client;
    let connect = format!("-connect 127.0.0.1:{port} -CAfile {trust} -verify_return_error");
    let command = format!("openssl s_client -quiet {connect} -key {key} -cert {certificate} {options}");
    let answer = workshop.ok_with(&format!("env OPENSSL_CONF=provider.cnf {command}"), "request");
    let log = || text(&workshop.get("s_server.log"));
    assert!(answer.contains("HTTP/1.0 200"), "{options}: {answer}\n{}", log());
    let status = server.0.wait().unwrap();
    assert!(status.success(), "{status}: {}", log());
}
