//! Python with python-pkcs11: the program in tests/clients/python. pip fetches the package into an environment of its own.

use crate::workshop::{P256, RSA, Setting, USER_PIN, Workshop};

#[test]
fn python_signs_decrypts_agrees_and_makes() {
    for setting in Setting::HERE {
        let workshop = Workshop::stocked(setting, &[("rsa", RSA), ("ec", P256)]);
        workshop.put("data", b"what is signed and encrypted");
        workshop.make_key("peer", P256);
        let peer = workshop.get("peer.der");
        workshop.put("peer.point", &peer[peer.len() - 65..]);
        workshop.ok("openssl pkeyutl -encrypt -pubin -inkey rsa.pub -pkeyopt rsa_padding_mode:oaep -in data -out oaep");

        workshop.ok("/usr/bin/python3 -m venv python");
        workshop.ok("python/bin/pip install --quiet --disable-pip-version-check python-pkcs11==0.10.1");
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/python/client.py");
        workshop.ok(&format!("python/bin/python {program} {} {USER_PIN}", workshop.module()));

        for key in ["rsa", "ec"] {
            workshop.ok(&format!("openssl dgst -sha256 -verify {key}.pub -signature {key}.signature data"));
        }
        assert_eq!(workshop.get("oaep.plain"), workshop.get("data"));
        let key: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
        workshop.ok(&format!("openssl enc -d -aes-256-cbc -K {key} -iv {} -in encrypted -out plain", &key[..32]));
        assert_eq!(workshop.get("plain"), workshop.get("data"));
        workshop.ok("openssl pkeyutl -derive -inkey ec.pem -peerkey peer.pub -out expected");
        assert_eq!(workshop.get("agreed"), workshop.get("expected"));
    }
}
