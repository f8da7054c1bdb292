//! NSS: the token as a module of a certificate database, in normal and in FIPS mode.

use crate::workshop::{P256, RSA, Setting, USER_PIN, Workshop, free_port, listens, text};

/// With the database in normal and in FIPS mode.
const MODES: [(Setting, bool); 4] =
    [(Setting::InMemory, false), (Setting::Lasting, true), (Setting::Trixie, false), (Setting::Trixie, true)];

/// A token with the keys and certificates "rsa" and "ec" of an authority, and a database in the folder "db" that has the
/// token's module and trusts the authority.
fn workshop(setting: Setting, fips: bool) -> Workshop {
    let workshop = Workshop::new(setting);
    workshop.found_authority();
    for (key, how) in [("rsa", RSA), ("ec", P256)] {
        workshop.make_key(key, how);
        let names = "subjectAltName=DNS:localhost,email:somebody@token.example";
        workshop.issue(key, &format!("{names}\nnsCertType=server,client,email,objsign\n"));
    }
    workshop.fill(&["rsa.pem", "rsa.crt", "ec.pem", "ec.crt"], &[]);
    workshop.put("db.pin", b"A-database-pin1\n");
    workshop.put("token.pin", format!("{USER_PIN}\n").as_bytes());
    let name = if fips { "NSS FIPS 140-2 Certificate DB" } else { "NSS Certificate DB" };
    workshop.put("pins", format!("{name}:A-database-pin1\nweb:{USER_PIN}\n").as_bytes());
    workshop.put("noise", b"what certutil takes for random numbers is not the token's only source");
    workshop.put("data", b"what is signed and encrypted\n");
    workshop.ok("mkdir db");
    workshop.ok("certutil -N -d sql:db -f db.pin");
    if fips {
        workshop.ok("modutil -dbdir sql:db -force -fips true");
        workshop.ok("modutil -dbdir sql:db -chkfips true");
    }
    workshop.ok(&format!("modutil -dbdir sql:db -force -add Ferrotoken -libfile {}", workshop.module()));
    workshop.ok("certutil -A -d sql:db -f pins -n ca -t CT,C,C -i ca.crt");
    workshop
}

/// certutil on the token.
fn certutil(workshop: &Workshop, arguments: &str) -> String {
    workshop.ok(&format!("certutil -d sql:db -h web -f pins {arguments}"))
}

#[test]
fn a_database_lists_and_requests_and_makes() {
    for (setting, fips) in MODES {
        let workshop = workshop(setting, fips);
        let listed = workshop.ok("modutil -dbdir sql:db -list Ferrotoken");
        assert!(listed.contains("Token Name: web") && listed.contains("Status: Enabled"), "{listed}");
        let certificates = certutil(&workshop, "-L");
        assert!(certificates.contains("web:rsa") && certificates.contains("web:ec"), "{certificates}");
        let keys = certutil(&workshop, "-K");
        for key in ["rsa", "ec"] {
            let line = keys.lines().find(|line| line.ends_with(key)).unwrap_or_else(|| panic!("no {key} in {keys}"));
            let id = line.split_whitespace().find(|word| word.len() == 40).unwrap();
            certutil(&workshop, &format!("-R -k {id} -s CN=token.example -a -o request.pem"));
            workshop.ok("openssl req -in request.pem -verify -noout");
            let public = workshop.ok("openssl req -in request.pem -pubkey -noout");
            assert_eq!(public.as_bytes(), workshop.get(&format!("{key}.pub")), "{key}");
            assert!(certutil(&workshop, &format!("-V -n web:{key} -u V -e")).contains("certificate is valid"));
        }
        for how in ["-k rsa -g 2048", "-k ec -q nistp256", "-k ec -q secp384r1", "-k ec -q nistp521"] {
            certutil(&workshop, &format!("-R {how} -z noise -s CN=made.example -a -o request.pem"));
            workshop.ok("openssl req -in request.pem -verify -noout");
        }
        certutil(&workshop, "-F -n web:rsa");
    }
}

#[test]
fn certificates_get_their_trust_on_the_token() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, false);
        workshop.make_key("other", RSA);
        workshop.certify("other", "");
        certutil(&workshop, "-A -n other -t CT,C,C -i other.crt");
        for (name, how) in [("made-rsa", "-k rsa -g 2048"), ("made-ec", "-k ec -q nistp256")] {
            certutil(&workshop, &format!("-S {how} -z noise -n {name} -s CN={name} -x -m 7 -t CTu,Cu,Cu"));
            if workshop.lasts() {
                workshop.put("made.crt", certutil(&workshop, &format!("-L -n web:{name} -a")).as_bytes());
                workshop.ok(&format!("cmsutil -S -d sql:db -f pins -N web:{name} -G -H SHA256 -i data -o signed"));
                workshop.ok(
                    "openssl cms -verify -binary -inform DER -purpose any -CAfile made.crt -in signed -out content",
                );
                assert_eq!(workshop.get("content"), workshop.get("data"), "{name}");
                certutil(&workshop, &format!("-F -n web:{name}"));
            }
        }
        certutil(&workshop, "-M -n web:rsa -t P,P,P");
        certutil(&workshop, "-D -n web:rsa");
    }
}

#[test]
fn pk12util_imports_and_cannot_export_what_may_not_leave() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, false);
        for (name, how) in [("soft-rsa", RSA), ("soft-ec", P256)] {
            workshop.make_key(name, how);
            workshop.issue(name, "");
            workshop.ok(&format!(
                "openssl pkcs12 -export -passout pass:changeit -inkey {name}.pem -in {name}.crt -name {name} -out {name}.p12"
            ));
            let printed = workshop.ok(&format!("pk12util -i {name}.p12 -d sql:db -h web -W changeit -k token.pin"));
            assert!(printed.contains("PKCS12 IMPORT SUCCESSFUL"), "{printed}");
            if workshop.lasts() {
                workshop.ok(&format!("cmsutil -S -d sql:db -f pins -N web:{name} -G -H SHA256 -i data -o signed"));
                workshop
                    .ok("openssl cms -verify -binary -inform DER -purpose any -CAfile ca.crt -in signed -out content");
                assert_eq!(workshop.get("content"), workshop.get("data"), "{name}");
            }
        }
        let refused =
            workshop.fails(&format!("pk12util -o out.p12 -n web:rsa -d sql:db -h web -W changeit -K {USER_PIN}"));
        assert!(refused.contains("UNABLE_TO_EXPORT_KEY"), "{refused}");
    }
}

/// What NSS is told to make extractable goes to another token: here to a file that openssl opens.
#[test]
fn pk12util_exports_what_may_leave() {
    let workshop = workshop(Setting::Lasting, false);
    for (name, how) in [("made-rsa", "-k rsa -g 2048"), ("made-ec", "-k ec -q nistp256")] {
        let flags = "--keyAttrFlags token,private,sensitive,extractable";
        certutil(&workshop, &format!("-S {how} {flags} -z noise -n {name} -s CN={name} -x -m 7 -t u,u,u"));
        workshop.ok(&format!("pk12util -o out.p12 -n web:{name} -d sql:db -h web -W changeit -K {USER_PIN}"));
        workshop.ok("openssl pkcs12 -in out.p12 -passin pass:changeit -nodes -out out.pem");
        let public = workshop.ok("openssl x509 -in out.pem -pubkey -noout");
        assert_eq!(workshop.ok("openssl pkey -in out.pem -pubout"), public, "{name}");
    }
}

#[test]
fn the_pin_is_changed() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, false);
        let change = "modutil -dbdir sql:db -force -changepw web -pwfile token.pin -newpwfile db.pin";
        assert!(workshop.ok(change).contains("password changed successfully"));
        if workshop.lasts() {
            workshop.ok("certutil -d sql:db -h web -f db.pin -K");
            workshop.fails("certutil -d sql:db -h web -f token.pin -K");
        }
    }
}

#[test]
fn messages_and_archives_are_signed_and_decrypted() {
    for (setting, fips) in MODES {
        let workshop = workshop(setting, fips);
        for key in ["rsa", "ec"] {
            workshop.ok(&format!("cmsutil -S -d sql:db -f pins -N web:{key} -G -H SHA256 -i data -o signed"));
            let verify = "openssl cms -verify -binary -inform DER -purpose any -CAfile ca.crt -out content";
            workshop.ok(&format!("{verify} -in signed"));
            assert_eq!(workshop.get("content"), workshop.get("data"), "{key}");
            // Its digests are too weak for FIPS mode and for other programs: only its signature is checked.
            if !fips {
                workshop.ok("mkdir -p tree");
                workshop.put("tree/data", &workshop.get("data"));
                workshop.ok(&format!("signtool -d sql:db -k web:{key} -p {USER_PIN} -Z signed.jar tree"));
                let verified = workshop.ok("signtool -d sql:db -v signed.jar");
                assert!(verified.contains("verified   data"), "{verified}");
                let signature = "-in tree/META-INF/zigbert.rsa -content tree/META-INF/zigbert.sf";
                workshop.ok(&format!("{verify} {signature}"));
            }
        }
        workshop.ok("openssl cms -encrypt -aes256 -binary -in data -outform DER -out encrypted rsa.crt");
        assert_eq!(workshop.ok("cmsutil -D -d sql:db -f pins -i encrypted").as_bytes(), workshop.get("data"));
    }
}

#[test]
fn servers_and_clients_have_their_tls_keys_in_the_token() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, false);
        workshop.put("request", b"GET / HTTP/1.0\r\n\r\n");
        workshop.make_key("peer", P256);
        workshop.issue("peer", "");
        // "-rr" makes the server demand a certificate from its client.
        for (version, server, client) in [
            ("tls1.3:tls1.3", "-n web:rsa -rr", "web:ec"),
            ("tls1.2:tls1.2", "-n web:rsa -rr", "web:rsa"),
            ("tls1.2:tls1.3", "-n web:rsa -e web:ec -rr", "web:ec"),
        ] {
            let port = free_port();
            let command = format!("selfserv -d sql:db -f pins -V {version} -p {port} {server}");
            let _server = workshop.serve(&command, "selfserv.log");
            workshop.until("selfserv.log", || listens(port));
            let client = format!("tstclnt -d sql:db -W pins -h localhost -p {port} -V {version} -n {client}");
            let answer = workshop.ok_with(&client, "request");
            assert!(answer.contains("HTTP/1.0 200 OK"), "{answer}\n{}", text(&workshop.get("selfserv.log")));
            let client =
                format!("openssl s_client -quiet -connect 127.0.0.1:{port} -verify_return_error -CAfile ca.crt");
            let answer = workshop.ok_with(&format!("{client} -cert peer.crt -key peer.pem"), "request");
            assert!(answer.contains("HTTP/1.0 200 OK"), "{answer}\n{}", text(&workshop.get("selfserv.log")));
        }
    }
}
