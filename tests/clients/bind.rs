//! BIND of Debian 13: a zone whose keys are in the token, by OpenSSL's provider. BIND has an allocator of its own (jemalloc), and
//! the provider opens modules so that they do not see it; two crashes of ours were found here.

use crate::provider;
use crate::workshop::{P256, RSA, Setting, Workshop};

const ZONE: &str = "$TTL 300
@ IN SOA ns.token.example. root.token.example. 1 3600 600 86400 300
@ IN NS ns.token.example.
ns IN A 192.0.2.1
www IN A 192.0.2.2
";

#[test]
fn zones_are_signed_with_keys_of_the_token() {
    for (setting, algorithm, how) in [
        (Setting::Trixie, "ECDSAP256SHA256", P256),
        (Setting::Trixie, "RSASHA256", RSA),
        (Setting::TrixieInMemory, "ECDSAP256SHA256", P256),
    ] {
        let workshop = Workshop::stocked(setting, &[("ksk", how), ("zsk", how)]);
        workshop.put("provider.cnf", provider::configuration(&workshop, "").as_bytes());
        workshop.put("db.token.example", ZONE.as_bytes());
        let bind = |command: &str| workshop.ok(&format!("env OPENSSL_CONF=provider.cnf {command}"));
        for (key, flag) in [("ksk", "-f KSK"), ("zsk", "")] {
            let label = format!("-l pkcs11:token=web;object={key}");
            let name = bind(&format!("dnssec-keyfromlabel -a {algorithm} {flag} {label} token.example"));
            // What BIND keeps is the label and nothing of the key.
            let kept = workshop.get(&format!("{}.private", name.trim()));
            assert!(String::from_utf8(kept).unwrap().contains("Label: "));
        }
        bind("dnssec-signzone -S -o token.example db.token.example");
        // Without the token.
        let verified = workshop.ok("dnssec-verify -o token.example db.token.example.signed");
        assert!(verified.contains("Zone fully signed"), "{verified}");
    }
}
