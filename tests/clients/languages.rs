//! Bindings for other languages. The programs in the folders beside this file all do the same, and here is looked at what they
//! made. Each runs once on a token in memory; on one that lasts a second time, with the key that it has made there.

use crate::workshop::{P256, RSA, Setting, USER_PIN, Workshop};

/// The files beside this one.
const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

#[test]
fn python_with_python_pkcs11() {
    let tools = python("python-pkcs11==0.10.1");
    try_what_is_shown(&tools, "python.md", "python", "import pkcs11");
    try_out(&format!("{} {HERE}/python/client.py", tools.path("python/bin/python")));
}

#[test]
fn python_with_pykcs11() {
    let tools = python("PyKCS11==1.5.20");
    try_what_is_shown(&tools, "python.md", "python", "from PyKCS11");
    try_out(&format!("{} {HERE}/python/pykcs11.py", tools.path("python/bin/python")));
}

#[test]
fn node_with_pkcs11js_and_graphene() {
    let tools = Workshop::new(Setting::InMemory);
    // What is compiled finds Node's headers on this machine.
    let install =
        "npm install --silent --no-audit --no-fund --nodedir=/usr --cache npm pkcs11js@2.1.7 graphene-pk11@2.3.6";
    tools.ok(install);
    try_what_is_shown(&tools, "languages.md", "js", "graphene");
    for name in ["pkcs11js", "graphene"] {
        tools.put(&format!("{name}.js"), &std::fs::read(format!("{HERE}/node/{name}.js")).unwrap());
        try_out(&format!("node {}", tools.path(&format!("{name}.js"))));
    }
}

#[test]
fn go_with_miekg_pkcs11() {
    let tools = Workshop::new(Setting::InMemory);
    // The package as Debian has it, which knows nothing of modules.
    let build = format!("env GO111MODULE=off GOPATH=/usr/share/gocode go build -o program {HERE}/go/main.go");
    tools.ok(&build);
    try_out(&tools.path("program"));
}

#[test]
fn rust_with_cryptoki() {
    let tools = Workshop::new(Setting::InMemory);
    let target = concat!(env!("CARGO_TARGET_TMPDIR"), "/rust");
    tools.here(&format!("cargo build --quiet --locked --manifest-path {HERE}/rust/Cargo.toml --target-dir {target}"));
    try_out(&format!("{target}/debug/client"));
}

/// An environment with a package that pip fetches.
fn python(package: &str) -> Workshop {
    let tools = Workshop::new(Setting::InMemory);
    tools.ok("/usr/bin/python3 -m venv python");
    tools.ok(&format!("python/bin/pip install --quiet --disable-pip-version-check {package}"));
    tools
}

/// The program of a page with this word in it, as it stands there, but for the module's place: the signature that it makes is right.
fn try_what_is_shown(tools: &Workshop, page: &str, language: &str, word: &str) {
    let text = std::fs::read_to_string(format!("{}/docs/clients/{page}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let fence = format!("```{language}\n");
    let mut blocks = text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    let program = blocks.find(|block| block.contains(word)).unwrap();
    let workshop = Workshop::stocked(Setting::InMemory, &[("rsa", RSA)]);
    workshop.put("data", b"document");
    let (interpreter, file, save) = match language {
        "python" => (tools.path("python/bin/python"), "shown.py", "open('signature', 'wb').write(signature)"),
        _ => ("node".to_owned(), "shown.js", "require('fs').writeFileSync('signature', signature)"),
    };
    let program = program.replace("/usr/local/lib/pkcs11/libferrotoken.so", &workshop.module());
    tools.put(file, format!("{program}\n{save}\n").as_bytes());
    workshop.ok(&format!("{interpreter} {}", tools.path(file)));
    workshop.ok("openssl dgst -sha256 -verify rsa.pub -signature signature data");
}

fn try_out(program: &str) {
    for setting in Setting::HERE {
        let workshop = Workshop::stocked(setting, &[("rsa", RSA), ("ec", P256)]);
        workshop.put("data", b"what is signed and encrypted");
        workshop.make_key("peer", P256);
        let peer = workshop.get("peer.der");
        workshop.put("peer.point", &peer[peer.len() - 65..]);
        workshop.ok("openssl pkeyutl -encrypt -pubin -inkey rsa.pub -pkeyopt rsa_padding_mode:oaep -in data -out oaep");
        let program = format!("{program} {} {USER_PIN}", workshop.module());
        workshop.ok(&format!("{program} first"));

        workshop.ok("openssl dgst -sha256 -verify rsa.pub -signature rsa.signature data");
        verify(&workshop, "ec.raw", "-verify ec.pub");
        assert_eq!(workshop.get("oaep.plain"), workshop.get("data"));
        let key: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
        workshop.ok(&format!("openssl enc -d -aes-256-cbc -K {key} -iv {} -in encrypted -out plain", &key[..32]));
        assert_eq!(workshop.get("plain"), workshop.get("data"));
        workshop.ok("openssl pkeyutl -derive -inkey ec.pem -peerkey peer.pub -out expected");
        assert_eq!(workshop.get("agreed"), workshop.get("expected"));

        if workshop.lasts() {
            workshop.ok(&format!("{program} again"));
            let url = "pkcs11:token=web;object=kept;type=public";
            let export = format!("p11tool --provider {} --batch --export-pubkey {url}", workshop.module());
            workshop.ok(&format!("{export} --outfile kept.pub"));
            verify(&workshop, "kept.raw", "-verify kept.pub");
        }
    }
}

/// Has openssl verify a signature in the form of PKCS#11.
fn verify(workshop: &Workshop, raw: &str, options: &str) {
    let signature = p256::ecdsa::Signature::from_slice(&workshop.get(raw)).unwrap();
    workshop.put("signature", signature.to_der().as_bytes());
    workshop.ok(&format!("openssl dgst -sha256 {options} -signature signature data"));
}
