//! Java's own PKCS#11 provider: keytool, jarsigner, and two programs in tests/clients/java.

use crate::workshop::{P256, RSA, Setting, USER_PIN, Workshop, text};

fn workshop(setting: Setting) -> Workshop {
    let workshop = Workshop::stocked(setting, &[("rsa", RSA), ("ec", P256)]);
    let configuration = format!("name = Ferrotoken\nlibrary = {}\nslot = 0\n", workshop.module());
    workshop.put("java.cfg", configuration.as_bytes());
    workshop
}

/// As [`workshop`], and Java asks that what it makes may be read, and be used as it needs them in TLS.
fn open_workshop(setting: Setting) -> Workshop {
    let workshop = workshop(setting);
    let more = "attributes(generate,CKO_SECRET_KEY,*) = { CKA_EXTRACTABLE = true }
attributes(*,CKO_SECRET_KEY,CKK_GENERIC_SECRET) = { CKA_DERIVE = true }
";
    workshop.put("java.cfg", format!("{}{more}", text(&workshop.get("java.cfg"))).as_bytes());
    workshop
}

/// Runs a program of tests/clients/java.
fn program(workshop: &Workshop, name: &str) -> String {
    let source = format!("{}/tests/clients/java/{name}.java", env!("CARGO_MANIFEST_DIR"));
    workshop.put(&format!("{name}.java"), &std::fs::read(source).unwrap());
    format!("java {name}.java java.cfg {USER_PIN}")
}

/// The options by which keytool and jarsigner find the token.
fn store() -> String {
    format!(
        "-keystore NONE -storetype PKCS11 -storepass {USER_PIN} \
         -providerClass sun.security.pkcs11.SunPKCS11 -providerArg java.cfg"
    )
}

#[test]
fn every_service_that_java_finds_does_as_java_itself() {
    for setting in Setting::ALL {
        let workshop = open_workshop(setting);
        for (name, how) in [("soft-rsa", RSA), ("soft-ec", P256)] {
            workshop.make_key(name, how);
            workshop.certify(name, "");
            workshop.ok(&format!(
                "openssl pkcs12 -export -passout pass:changeit -inkey {name}.pem -in {name}.crt -name {name} -out {name}.p12"
            ));
        }
        let printed = workshop.ok(&program(&workshop, "Services"));
        // A mechanism that Java does not find any more would otherwise go unnoticed.
        for (kind, count) in [
            ("MessageDigest", 12),
            ("Mac", 12),
            ("Cipher", 28),
            ("Signature", 57),
            ("KeyAgreement", 2),
            ("KeyFactory", 4),
            ("KeyGenerator", 17),
            ("KeyPairGenerator", 4),
            ("KeyStore", 1),
            ("SecretKeyFactory", 5),
            ("SecureRandom", 1),
        ] {
            let found = printed.lines().filter(|line| line.starts_with(&format!("ok {kind} "))).count();
            assert!(found >= count, "only {found} of {kind}: {printed}");
        }
    }
}

#[test]
fn java_serves_tls_with_keys_and_derivations_of_the_token() {
    for setting in Setting::ALL {
        let workshop = open_workshop(setting);
        workshop.put("trust.pem", &[workshop.get("rsa.crt"), workshop.get("ec.crt")].concat());
        let mut tls = workshop.command(&format!("{} trust.pem", program(&workshop, "Tls")));
        let output =
            tls.env("FERROTOKEN_LOG", "debug").env("FERROTOKEN_LOG_FILE", workshop.path("log")).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let printed = text(&output.stdout);
        assert_eq!(printed.lines().filter(|line| line.starts_with("ok ")).count(), 13, "{printed}");
        // Java falls back on its own code without a word.
        let log = text(&workshop.get("log"));
        for mechanism in [
            "CKM_RSA_PKCS_PSS",
            "CKM_ECDSA_SHA256",
            "CKM_ECDH1_DERIVE",
            "CKM_DH_PKCS_DERIVE",
            "CKM_TLS12_MASTER_KEY_DERIVE",
            "CKM_TLS12_MASTER_KEY_DERIVE_DH",
            "CKM_TLS12_KEY_AND_MAC_DERIVE",
            "CKM_TLS_MAC",
            "CKM_AES_GCM",
            "CKM_AES_CBC",
            "CKM_CHACHA20_POLY1305",
        ] {
            let used = |line: &str| line.contains(&format!("mechanism={mechanism}[")) && line.ends_with("= CKR_OK");
            assert!(log.lines().any(used), "{mechanism} was not used");
        }
    }
}

#[test]
fn keytool_lists_requests_generates_and_imports() {
    for setting in Setting::ALL {
        let workshop = workshop(setting);
        let store = store();
        let listed = workshop.ok(&format!("keytool -list {store}"));
        assert!(listed.contains("Your keystore contains 2 entries"), "{listed}");
        for key in ["rsa", "ec"] {
            workshop.ok(&format!("keytool -certreq -alias {key} -file request.pem {store}"));
            workshop.ok("openssl req -in request.pem -verify -noout");
            let public = workshop.ok("openssl req -in request.pem -pubkey -noout");
            assert_eq!(public.as_bytes(), workshop.get(&format!("{key}.pub")), "{key}");
        }
        workshop.ok(&format!("keytool -exportcert -rfc -alias rsa -file exported.crt {store}"));
        let fingerprint = |file: &str| workshop.ok(&format!("openssl x509 -in {file} -noout -fingerprint -sha256"));
        assert_eq!(fingerprint("exported.crt"), fingerprint("rsa.crt"));
        for (alias, how) in [
            ("made-rsa", "-keyalg RSA -keysize 2048"),
            ("made-ec", "-keyalg EC -groupname secp384r1"),
            ("made-dsa", "-keyalg DSA -keysize 2048"),
        ] {
            workshop.ok(&format!("keytool -genkeypair -alias {alias} {how} -dname CN=made.example {store}"));
            if workshop.lasts() {
                sign_archive(&workshop, alias);
                workshop.ok(&format!("keytool -delete -alias {alias} {store}"));
            }
        }
        workshop.ok(&format!("keytool -genseckey -alias secret -keyalg AES -keysize 256 {store}"));
        // The answer to a request: another certificate for the key.
        workshop.ok("openssl req -x509 -new -key rsa.pem -subj /CN=other.example -days 30 -out answer.crt");
        workshop.ok(&format!("keytool -importcert -noprompt -alias rsa -file answer.crt {store}"));
        workshop.make_key("other", RSA);
        workshop.certify("other", "");
        workshop.ok(
            "openssl pkcs12 -export -passout pass:changeit -inkey other.pem -in other.crt -name other -out other.p12",
        );
        let destination = store.replace("-keystore", "-destkeystore").replace("-store", "-deststore");
        workshop.ok(&format!(
            "keytool -importkeystore -srckeystore other.p12 -srcstoretype PKCS12 -srcstorepass changeit {destination}"
        ));
        if workshop.lasts() {
            sign_archive(&workshop, "other");
            let listed = workshop.ok(&format!("keytool -list {store}"));
            assert!(listed.contains("secret, SecretKeyEntry") && listed.contains("other, PrivateKeyEntry"), "{listed}");
        }
    }
}

/// Makes the archive `data.jar`, has jarsigner sign it with a key of the token, and verify it.
fn sign_archive(workshop: &Workshop, key: &str) {
    workshop.put("data", &[1; 5000]);
    workshop.ok("jar --create --file data.jar data");
    let signed = workshop.ok(&format!("jarsigner {} -sigfile TOKEN data.jar {key}", store()));
    assert!(signed.contains("jar signed."), "{signed}");
    let verified = workshop.ok("jarsigner -verify data.jar");
    assert!(verified.contains("jar verified."), "{verified}");
}

#[test]
fn jarsigner_signs_archives() {
    for setting in Setting::ALL {
        let workshop = workshop(setting);
        for (key, block) in [("rsa", "RSA"), ("ec", "EC")] {
            sign_archive(&workshop, key);
            workshop.ok("jar --extract --file data.jar");
            workshop.ok(&format!(
                "openssl cms -verify -inform DER -in META-INF/TOKEN.{block} -content META-INF/TOKEN.SF \
                 -CAfile {key}.crt -purpose any -out verified"
            ));
        }
    }
}
