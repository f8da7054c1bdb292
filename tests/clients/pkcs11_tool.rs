//! `pkcs11-tool` of OpenSC. Every signature, ciphertext, shared secret and digest is checked with the openssl program.

use crate::workshop::{ED25519, P256, P384, P521, RSA, SO_PIN, Secret, Setting, USER_PIN, Workshop, text};

/// The keys' names, and how openssl makes them.
const KEYS: [(&str, &str); 6] = [
    ("rsa", RSA),
    ("p256", P256),
    ("p384", P384),
    ("p521", P521),
    ("k256", "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"),
    ("ed", ED25519),
];

pub fn tool(workshop: &Workshop, arguments: &str) -> String {
    workshop.ok(&command(workshop, arguments))
}

pub fn command(workshop: &Workshop, arguments: &str) -> String {
    format!("pkcs11-tool --module {} --login --pin {USER_PIN} {arguments}", workshop.module())
}

/// A token with these keys in it, and data to work on.
fn workshop(setting: Setting, keys: &[&str], secrets: &[Secret]) -> Workshop {
    let workshop = Workshop::new(setting);
    for name in keys {
        let (_, how) = KEYS.iter().find(|key| key.0 == *name).unwrap();
        workshop.make_key(name, how);
    }
    let files: Vec<_> = keys.iter().map(|name| format!("{name}.pem")).collect();
    workshop.fill(&files.iter().map(String::as_str).collect::<Vec<_>>(), secrets);
    workshop.put("data", &(0..3000u32).map(|byte| byte as u8).collect::<Vec<_>>());
    workshop
}

/// The CKA_ID under which a key was imported.
pub fn id(workshop: &Workshop, name: &str) -> String {
    let listed = tool(workshop, "--list-objects --type privkey");
    let after =
        listed.split(&format!("label:      {name}\n")).nth(1).unwrap_or_else(|| panic!("no {name} in {listed}"));
    after.lines().find_map(|line| line.trim().strip_prefix("ID:")).unwrap().trim().to_owned()
}

#[test]
fn its_own_test_finds_no_error() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &["rsa", "p256", "ed"], &[]);
        for generated in
            ["", "--keypairgen --key-type EC:secp384r1 --id 77", "--keypairgen --key-type rsa:2048 --id 78"]
        {
            let printed = tool(&workshop, &format!("{generated} --test"));
            assert!(printed.contains("No errors"), "{printed}");
            for line in ["RSA-PKCS: OK", "RSA-X-509: OK", "SHA256: OK", "seems to be OK"] {
                assert!(printed.contains(line), "{line} is missing in {printed}");
            }
        }
    }
}

#[test]
fn its_fork_test_finds_a_child_that_can_initialise() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &["p256"], &[]);
        assert!(tool(&workshop, "--test-fork").contains("in forked child process"));
    }
}

#[test]
fn its_test_of_curves_finds_no_error() {
    for setting in Setting::HERE {
        let workshop = workshop(setting, &[], &[]);
        for curve in ["prime256v1", "secp384r1", "secp521r1"] {
            let printed = tool(&workshop, &format!("--session-rw --test-ec --id 55 --key-type EC:{curve}"));
            assert!(printed.contains("==> OK"), "{printed}");
        }
    }
}

/// Each option is a thread, which initialises (in two ways), asks for the library, the slots, and a token, at the same time as the
/// others and the tool itself.
#[test]
fn its_threads_do_not_disturb_each_other() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &["p256"], &[]);
        let threads = ["INGISLT0", "ILGISLT0", "INGISLT0", "ILGISLT0"];
        let options = threads.map(|thread| format!("--test-threads {thread}")).join(" ");
        let output = workshop.run(&command(&workshop, &format!("--use-locking {options} --list-objects")));
        let told = text(&output.stderr);
        assert!(output.status.success(), "{told}");
        for (number, thread) in threads.iter().enumerate() {
            let of_this = format!("Test thread {number} ");
            let said = |what: &str| told.contains(&format!("{of_this}{what}"));
            assert!(said(&format!("started with options:{thread}")), "{told}");
            assert!(said("C_GetSlotList returned CKR_OK") && said("C_GetTokenInfo from"), "{told}");
        }
        let codes = told
            .split("CKR_")
            .skip(1)
            .map(|rest| rest.split(|next: char| !next.is_ascii_uppercase() && next != '_').next().unwrap());
        let wrong: Vec<_> = codes.filter(|code| !["OK", "CRYPTOKI_ALREADY_INITIALIZED"].contains(code)).collect();
        assert!(wrong.is_empty() && !told.contains("Unknown"), "{wrong:?} {told}");
    }
}

#[test]
fn its_lists_show_interfaces_slots_and_mechanisms() {
    let workshop = workshop(Setting::Lasting, &[], &[]);
    let interfaces = tool(&workshop, "--list-interfaces");
    for version in ["version: 3.2", "version: 3.0", "version: 2.40"] {
        assert!(interfaces.contains(version), "{interfaces}");
    }
    assert!(tool(&workshop, "--show-info").contains("Manufacturer     Ferrotoken"));
    assert!(tool(&workshop, "--list-token-slots").contains("token label        : web"));
    assert!(tool(&workshop, "--list-mechanisms").contains("AES-GCM"));
}

#[test]
fn an_empty_token_is_initialised_and_given_pins() {
    for setting in Setting::ALL {
        let workshop = Workshop::new(setting);
        let module = workshop.module();
        let slots = workshop.ok(&format!("pkcs11-tool --module {module} --list-slots"));
        assert!(slots.contains("uninitialized"), "{slots}");
        let printed = workshop.ok(&format!(
            "pkcs11-tool --module {module} --init-token --label fresh --so-pin {SO_PIN} --init-pin --pin {USER_PIN}"
        ));
        assert!(
            printed.contains("Token successfully initialized") && printed.contains("User PIN successfully"),
            "{printed}"
        );
        if !workshop.lasts() {
            workshop.fill(&[], &[]);
        }
        let wrong = workshop.fails(&format!("pkcs11-tool --module {module} --login --pin 000000 --list-objects"));
        assert!(wrong.contains("CKR_PIN_INCORRECT"), "{wrong}");
        assert!(tool(&workshop, "--change-pin --new-pin 777777").contains("PIN successfully changed"));
        if workshop.lasts() {
            workshop.fails(&command(&workshop, "--list-objects"));
            workshop.ok(&format!("pkcs11-tool --module {module} --login --pin 777777 --list-objects"));
        }
    }
}

#[test]
fn signatures_of_every_kind_are_verified_by_openssl() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &["rsa", "p256", "p384", "p521", "k256", "ed"], &[]);
        let dgst = |key: &str, hash: &str, options: &str| {
            format!("openssl dgst -{hash} {options} -verify {key}.pub -signature signature data")
        };
        let pss = "-sigopt rsa_padding_mode:pss";
        let cases = [
            ("rsa", "SHA1-RSA-PKCS", dgst("rsa", "sha1", "")),
            ("rsa", "SHA256-RSA-PKCS", dgst("rsa", "sha256", "")),
            ("rsa", "SHA384-RSA-PKCS", dgst("rsa", "sha384", "")),
            ("rsa", "SHA512-RSA-PKCS", dgst("rsa", "sha512", "")),
            ("rsa", "SHA256-RSA-PKCS-PSS", dgst("rsa", "sha256", pss)),
            ("rsa", "SHA512-RSA-PKCS-PSS", dgst("rsa", "sha512", pss)),
            ("p256", "ECDSA-SHA256", dgst("p256", "sha256", "")),
            ("p384", "ECDSA-SHA384", dgst("p384", "sha384", "")),
            ("p521", "ECDSA-SHA512", dgst("p521", "sha512", "")),
            ("k256", "ECDSA-SHA256", dgst("k256", "sha256", "")),
            ("ed", "EDDSA", "openssl pkeyutl -verify -pubin -inkey ed.pub -rawin -in data -sigfile signature".into()),
        ];
        for (key, mechanism, verify) in cases {
            let id = id(&workshop, key);
            let format = if mechanism.starts_with("ECDSA") { "--signature-format openssl" } else { "" };
            tool(&workshop, &format!("--sign --mechanism {mechanism} --id {id} -i data -o signature {format}"));
            workshop.ok(&verify);
            let verified = tool(
                &workshop,
                &format!("--verify --mechanism {mechanism} --id {id} -i data --signature-file signature {format}"),
            );
            assert!(verified.contains("Signature is valid"), "{mechanism}: {verified}");
            let mut broken = workshop.get("data");
            broken[0] ^= 1;
            workshop.put("broken", &broken);
            let refused = workshop.run(&command(
                &workshop,
                &format!("--verify --mechanism {mechanism} --id {id} -i broken --signature-file signature {format}"),
            ));
            assert!(!text(&refused.stdout).contains("Signature is valid"), "{mechanism} took a wrong signature");
        }
    }
}

#[test]
fn what_openssl_encrypts_is_decrypted_and_the_other_way_round() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &["rsa"], &[]);
        let id = id(&workshop, "rsa");
        workshop.put("secret", b"forty-two");
        workshop.ok("openssl pkeyutl -encrypt -pubin -inkey rsa.pub -in secret -out encrypted");
        tool(&workshop, &format!("--decrypt --mechanism RSA-PKCS --id {id} -i encrypted -o plain"));
        assert_eq!(workshop.get("plain"), b"forty-two");

        let oaep = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256";
        workshop.ok(&format!("openssl pkeyutl -encrypt -pubin -inkey rsa.pub {oaep} -in secret -out encrypted"));
        let parameters = "--hash-algorithm SHA256 --mgf MGF1-SHA256";
        tool(&workshop, &format!("--decrypt --mechanism RSA-PKCS-OAEP {parameters} --id {id} -i encrypted -o plain"));
        assert_eq!(workshop.get("plain"), b"forty-two");
    }
}

#[test]
fn secret_keys_encrypt_as_openssl_does() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &[], &[Secret { file: "disk.key", bytes: &[7; 32], id: "01" }]);
        let iv = "000102030405060708090a0b0c0d0e0f";
        let key = "07".repeat(32);
        tool(&workshop, &format!("--encrypt --mechanism AES-CBC-PAD --iv {iv} --id 01 -i data -o encrypted"));
        workshop.ok(&format!("openssl enc -d -aes-256-cbc -K {key} -iv {iv} -in encrypted -out plain"));
        assert_eq!(workshop.get("plain"), workshop.get("data"));
        workshop.ok(&format!("openssl enc -aes-256-cbc -K {key} -iv {iv} -in data -out encrypted"));
        tool(&workshop, &format!("--decrypt --mechanism AES-CBC-PAD --iv {iv} --id 01 -i encrypted -o plain"));
        assert_eq!(workshop.get("plain"), workshop.get("data"));
    }
}

#[test]
fn keys_are_unwrapped_and_wrapped() {
    for setting in Setting::ALL {
        let disk = Secret { file: "disk.key", bytes: &[7; 32], id: "03" };
        let workshop = workshop(setting, &["rsa"], &[disk]);
        let id = id(&workshop, "rsa");
        workshop.put("key", &[9; 16]);
        workshop.ok("openssl pkeyutl -encrypt -pubin -inkey rsa.pub -in key -out wrapped");
        let unwrap = format!("--unwrap --mechanism RSA-PKCS --id {id} -i wrapped --key-type AES:16");
        let printed =
            tool(&workshop, &format!("{unwrap} --application-label unwrapped --application-id 02 --extractable"));
        assert!(printed.contains("AES length 16") && printed.contains(&"09".repeat(16)), "{printed}");

        tool(&workshop, &format!("--wrap --mechanism RSA-PKCS --id {id} --application-id 03 -o wrapped"));
        workshop.ok("openssl pkeyutl -decrypt -inkey rsa.pem -in wrapped -out plain");
        assert_eq!(workshop.get("plain"), [7; 32]);
    }
}

#[test]
fn agreed_secrets_are_those_of_openssl() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &["p256", "p384"], &[]);
        for (key, how) in [("p256", P256), ("p384", P384)] {
            workshop.make_key("peer", how);
            let id = id(&workshop, key);
            tool(&workshop, &format!("--derive --mechanism ECDH1-DERIVE --id {id} -i peer.der -o agreed"));
            workshop.ok(&format!("openssl pkeyutl -derive -inkey {key}.pem -peerkey peer.pub -out expected"));
            assert_eq!(workshop.get("agreed"), workshop.get("expected"), "{key}");
        }
    }
}

#[test]
fn keys_of_every_type_are_generated() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &[], &[]);
        let curves = ["secp192r1", "secp224r1", "prime256v1", "secp384r1", "secp521r1", "secp256k1", "brainpoolP256r1"];
        let curves = curves.into_iter().chain(["brainpoolP384r1", "edwards25519", "curve25519"]);
        let newer: &[&str] = if setting == Setting::Trixie { &["Ed448", "X448"] } else { &[] };
        let types = curves.chain(newer.iter().copied()).map(|curve| format!("EC:{curve}"));
        for key_type in types.chain(["rsa:1024", "rsa:2048", "rsa:4096"].map(str::to_owned)) {
            let printed = tool(&workshop, &format!("--keypairgen --key-type {key_type} --id 01 --label made"));
            assert!(printed.contains("Private Key Object") && printed.contains("Public Key Object"), "{printed}");
        }
        for key_type in ["AES:16", "AES:24", "AES:32", "GENERIC:20", "DES:8", "DES3:24"] {
            let printed = tool(&workshop, &format!("--keygen --key-type {key_type} --id 01 --label made"));
            assert!(printed.contains("Secret Key Object") && printed.contains("local"), "{printed}");
        }
    }
}

#[test]
fn objects_are_written_read_and_deleted() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &["rsa", "p256"], &[]);
        workshop.ok("openssl req -x509 -key p256.pem -subj /CN=token.example -days 30 -outform DER -out cert.der");
        let written = tool(&workshop, "--write-object cert.der --type cert --id 0b --label site --list-objects");
        assert!(written.contains("Created certificate"), "{written}");
        tool(&workshop, "--write-object cert.der --type cert --id 0b --read-object --label site");
        let written = tool(&workshop, "--write-object data --type data --label note --application-label app");
        assert!(written.contains("note"), "{written}");
        for (file, kind) in [("p256.der", "pubkey"), ("rsa.der", "pubkey")] {
            assert!(
                tool(&workshop, &format!("--write-object {file} --type {kind} --id 0c")).contains("Created public key")
            );
        }
        for key in ["rsa", "p256"] {
            workshop.ok(&format!("openssl pkey -in {key}.pem -outform DER -out private.der"));
            let written =
                tool(&workshop, &format!("--write-object private.der --type privkey --id 0d --label {key}-again"));
            assert!(written.contains("Created private key") && written.contains("sensitive"), "{written}");
        }
        // OpenSC 0.23 reads an EC point from memory that it has freed, so the public key that is read back is RSA's.
        let id = id(&workshop, "rsa");
        tool(&workshop, &format!("--read-object --type pubkey --id {id} -o read.der"));
        workshop.ok("openssl rsa -pubin -inform DER -in read.der -out read.pub");
        workshop.ok("openssl rsa -pubin -in rsa.pub -out expected.pub");
        assert_eq!(workshop.get("read.pub"), workshop.get("expected.pub"));
        tool(&workshop, &format!("--delete-object --type privkey --id {id}"));
    }
}

#[test]
fn digests_are_those_of_openssl() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &[], &[]);
        for (mechanism, name) in
            [("MD5", "md5"), ("SHA-1", "sha1"), ("SHA256", "sha256"), ("SHA512", "sha512"), ("SHA3-256", "sha3-256")]
        {
            tool(&workshop, &format!("--hash --mechanism {mechanism} -i data -o digest"));
            workshop.ok(&format!("openssl dgst -{name} -binary -out expected data"));
            assert_eq!(workshop.get("digest"), workshop.get("expected"), "{mechanism}");
        }
    }
}

#[test]
fn random_bytes_do_not_repeat() {
    for setting in Setting::ALL {
        let workshop = workshop(setting, &[], &[]);
        tool(&workshop, "--generate-random 64 -o first");
        tool(&workshop, "--generate-random 64 -o second");
        assert_eq!(workshop.get("first").len(), 64);
        assert_ne!(workshop.get("first"), workshop.get("second"));
    }
}

/// Each command is a process of its own: what one makes, the next finds.
#[test]
fn its_commands_share_a_token_that_lasts() {
    let workshop = Workshop::new(Setting::Lasting);
    let module = workshop.module();
    let slots = workshop.ok(&format!("pkcs11-tool --module {module} --list-slots"));
    assert!(slots.contains("uninitialized"), "{slots}");
    workshop.ok(&format!("pkcs11-tool --module {module} --init-token --slot 0 --label lasting --so-pin {SO_PIN}"));
    let so = format!("--login --login-type so --so-pin {SO_PIN}");
    workshop.ok(&format!("pkcs11-tool --module {module} {so} --init-pin --pin {USER_PIN}"));
    tool(&workshop, "--keypairgen --key-type EC:secp256r1 --id 01 --label pair");
    tool(&workshop, "--keygen --key-type AES:32 --id 02 --label secret");
    workshop.put("data", b"to be signed");
    tool(
        &workshop,
        "--sign --mechanism ECDSA-SHA256 --id 01 --input-file data --output-file sig --signature-format openssl",
    );
    tool(&workshop, "--read-object --type pubkey --id 01 --output-file pub.der");
    let verified = workshop.ok("openssl dgst -sha256 -verify pub.der -keyform DER -signature sig data");
    assert!(verified.contains("Verified OK"), "{verified}");
    let listed = tool(&workshop, "--list-objects");
    assert!(listed.contains("label:      pair") && listed.contains("label:      secret"), "{listed}");
    tool(&workshop, "--delete-object --type secrkey --id 02");
    assert!(!tool(&workshop, "--list-objects").contains("label:      secret"));
    workshop.fails(&format!("pkcs11-tool --module {module} --login --pin 999999 --list-objects"));
}
