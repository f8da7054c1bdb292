//! OpenSSH: keys of the token as a user's keys, alone and through the agent, at a real sshd.

use crate::workshop::{ED25519, P256, P384, RSA, Setting, USER_PIN, Workshop, free_port, listens, text};

/// The keys that OpenSSH takes from a token: version 9.2 passes over Ed25519, version 10.3 (of Debian 13's backports) does not.
fn keys(setting: Setting) -> &'static [(&'static str, &'static str)] {
    const KEYS: &[(&str, &str)] = &[("rsa", RSA), ("p256", P256), ("p384", P384), ("ed", ED25519)];
    if setting == Setting::Trixie { KEYS } else { &KEYS[..3] }
}

/// A token with these keys, a program that tells the PIN, and the public keys as OpenSSH sees them.
fn workshop(setting: Setting) -> Workshop {
    let workshop = Workshop::stocked(setting, keys(setting));
    workshop.put("askpass", format!("#!/bin/sh\necho {USER_PIN}\n").as_bytes());
    workshop.chmod("askpass", 0o700);
    let listed = workshop.ok(&format!("ssh-keygen -D {}", workshop.module()));
    assert_eq!(listed.lines().count(), keys(setting).len(), "{listed}");
    workshop.put("authorized_keys", listed.as_bytes());
    for (number, line) in listed.lines().enumerate() {
        workshop.put(&format!("key{number}.pub"), line.as_bytes());
    }
    workshop
}

/// Runs one of OpenSSH's programs, which asks for the PIN and may talk to an agent.
#[track_caller]
fn ssh(workshop: &Workshop, command: &str) -> String {
    let mut command = workshop.command(command);
    command.env("SSH_ASKPASS", workshop.path("askpass")).env("SSH_ASKPASS_REQUIRE", "force");
    let output = command.env("SSH_AUTH_SOCK", workshop.path("agent")).output().unwrap();
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn keys_of_the_token_are_those_that_openssl_made() {
    for setting in Setting::ALL {
        let workshop = workshop(setting);
        for (number, (key, _)) in keys(setting).iter().enumerate() {
            if *key == "ed" {
                // OpenSSH writes these in its own form only. Both forms end with the key's 32 bytes.
                let line = text(&workshop.get(&format!("key{number}.pub")));
                workshop.put("encoded", line.split(' ').nth(1).unwrap().as_bytes());
                workshop.ok("openssl base64 -d -A -in encoded -out decoded");
                let [seen, made] = ["decoded", "ed.der"].map(|file| workshop.get(file));
                assert_eq!(seen[seen.len() - 32..], made[made.len() - 32..]);
            } else {
                let exported = workshop.ok(&format!("ssh-keygen -e -m PKCS8 -f key{number}.pub"));
                assert_eq!(exported.as_bytes(), workshop.get(&format!("{key}.pub")), "{key}");
            }
        }
    }
}

#[test]
fn users_log_in_with_keys_of_the_token_with_and_without_an_agent() {
    for setting in Setting::ALL {
        let workshop = workshop(setting);
        let (module, port) = (workshop.module(), free_port());
        workshop.make_key("host", P256);
        workshop.chmod("host.pem", 0o600);
        let configuration = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n",
            workshop.path("host.pem"),
            workshop.path("authorized_keys"),
        );
        workshop.put("sshd_config", configuration.as_bytes());
        // Debian's sshd wants this folder, and only its service makes it; a user who is not root needs none.
        workshop.run("mkdir -p /run/sshd");
        let _sshd = workshop.serve("/usr/sbin/sshd -D -e -f sshd_config", "sshd.log");
        workshop.until("sshd.log", || listens(port));
        let login = format!(
            "ssh -F none -p {port} -o UserKnownHostsFile={} -o StrictHostKeyChecking=accept-new 127.0.0.1",
            workshop.path("known_hosts")
        );
        assert_eq!(ssh(&workshop, &format!("{login} -o PKCS11Provider={module} echo here")), "here\n");

        let socket = workshop.path("agent");
        let _agent = workshop.serve(&format!("ssh-agent -D -a {socket} -P {module}"), "agent.log");
        workshop.until("agent.log", || workshop.exists("agent"));
        ssh(&workshop, &format!("ssh-add -s {module}"));
        assert_eq!(ssh(&workshop, "ssh-add -l").lines().count(), keys(setting).len());
        for number in 0..keys(setting).len() {
            let key = format!("-o IdentitiesOnly=yes -i key{number}.pub");
            assert_eq!(ssh(&workshop, &format!("{login} {key} echo key {number}")), format!("key {number}\n"));
        }
        let accepted = text(&workshop.get("sshd.log"));
        // Two of the keys are of the kind ECDSA.
        for kind in &["RSA", "ECDSA", "ED25519"][..keys(setting).len() - 1] {
            let line = |line: &str| line.contains("Accepted publickey") && line.contains(&format!("ssh2: {kind} "));
            assert!(accepted.lines().any(line), "{accepted}");
        }

        // Signatures of files, too.
        workshop.put("data", b"what is signed\n");
        ssh(&workshop, "ssh-keygen -Y sign -f key1.pub -n file data");
        workshop.put("allowed", &[b"me ".as_slice(), &workshop.get("key1.pub")].concat());
        workshop.ok_with("ssh-keygen -Y verify -f allowed -I me -n file -s data.sig", "data");
        ssh(&workshop, &format!("ssh-add -e {module}"));
    }
}
