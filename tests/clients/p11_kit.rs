//! p11-kit: a token that one process has and others use over a socket. The clients have no configuration of ours.

use crate::workshop::{P256, RSA, Setting, USER_PIN, Workshop, text};

/// The module on the other side of the socket.
fn client_module() -> String {
    let folders = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let module = folders.map(|folder| folder.join("pkcs11/p11-kit-client.so")).find(|module| module.exists());
    module.expect("p11-kit-modules, which .ci/run installs").display().to_string()
}

#[test]
fn another_process_signs_over_a_socket() {
    for setting in Setting::ALL {
        let workshop = Workshop::stocked(setting, &[("rsa", RSA), ("ec", P256)]);
        workshop.put("data", b"what is signed\n");
        let socket = workshop.path("socket");
        let server = format!("p11-kit server -f -n {socket} --provider {} pkcs11:token=web", workshop.module());
        let _server = workshop.serve(&server, "server.log");
        workshop.until("server.log", || workshop.exists("socket"));

        let over_the_socket = |command: &str| {
            let mut command = workshop.command(command);
            command.env_remove("FERROTOKEN_CONF").env("P11_KIT_SERVER_ADDRESS", format!("unix:path={socket}"));
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}\n{}", text(&output.stderr), text(&workshop.get("server.log")));
            text(&output.stdout)
        };
        let tool = format!("pkcs11-tool --module {} --login --pin {USER_PIN}", client_module());
        let listed = over_the_socket(&format!("{tool} --list-objects --type privkey"));
        for (key, mechanism) in [("rsa", "SHA256-RSA-PKCS"), ("ec", "ECDSA")] {
            let after = listed.split(&format!("label:      {key}\n")).nth(1).expect("the key is listed");
            let id = after.lines().find_map(|line| line.trim().strip_prefix("ID:")).expect("it has an ID").trim();
            // p11-kit 0.24 passes on only the mechanisms that it knows: the hash of ECDSA is made outside.
            workshop.ok("openssl dgst -sha256 -binary -out hash data");
            let (input, format) = if key == "ec" { ("hash", "--signature-format openssl") } else { ("data", "") };
            over_the_socket(&format!(
                "{tool} --sign --mechanism {mechanism} --id {id} -i {input} -o signature {format}"
            ));
            workshop.ok(&format!("openssl dgst -sha256 -verify {key}.pub -signature signature data"));
            let url = format!("pkcs11:token=web;object={key};type=private");
            over_the_socket(&format!("p11tool --provider {} --batch --login --test-sign {url}", client_module()));
        }
        if workshop.lasts() {
            // The server starts a process for each client: what one makes over the socket, the next one uses.
            over_the_socket(&format!("{tool} --keypairgen --key-type EC:prime256v1 --id 77 --label made"));
            over_the_socket(&format!(
                "{tool} --sign --mechanism ECDSA --id 77 -i hash -o signature --signature-format openssl"
            ));
            let url = "pkcs11:token=web;object=made;type=public";
            over_the_socket(&format!(
                "p11tool --provider {} --batch --export-pubkey {url} --outfile made.pub",
                client_module()
            ));
            workshop.ok("openssl dgst -sha256 -verify made.pub -signature signature data");
        }
    }
}

/// A file makes the token known to every program of the system that asks p11-kit. It is seen by these programs alone: a mount
/// of their own covers the system's folder.
#[test]
fn a_module_file_makes_the_token_known_to_all_programs() {
    let workshop = Workshop::stocked(Setting::Trixie, &[("rsa", RSA), ("ec", P256)]);
    workshop.ok("mkdir modules");
    let module = format!("module: {}\n", workshop.module());
    workshop.put("modules/ferrotoken.module", module.as_bytes());
    workshop.put("installed.sh", b"mount --bind modules /usr/share/p11-kit/modules && exec \"$@\"\n");
    workshop.put("data", b"what is signed\n");
    let installed = |command: &str| workshop.ok(&format!("sh installed.sh {command}"));

    let listed = installed("p11-kit list-modules");
    assert!(listed.contains("ferrotoken") && listed.contains("token: web"), "{listed}");
    for key in ["rsa", "ec"] {
        let url = format!("pkcs11:token=web;object={key};type=private");
        installed(&format!("p11tool --batch --login --test-sign {url}"));
    }
    // The proxy is one module for all that are installed.
    let proxy = client_module().replace("pkcs11/p11-kit-client.so", "p11-kit-proxy.so");
    let tool = format!("pkcs11-tool --module {proxy} --token-label web --login --pin {USER_PIN}");
    let id = crate::pkcs11_tool::id(&workshop, "ec");
    let sign = format!("--sign --mechanism ECDSA-SHA256 --id {id} -i data -o signature --signature-format openssl");
    installed(&format!("{tool} {sign}"));
    workshop.ok("openssl dgst -sha256 -verify ec.pub -signature signature data");
}
