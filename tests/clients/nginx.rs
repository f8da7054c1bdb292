//! nginx with its TLS key in the token, by the engine or (in Debian 13) by the provider: the master loads the key, four forked workers use it.

use crate::provider;
use crate::workshop::{RSA, Setting, USER_PIN, Workshop, free_port, listens, text};

#[test]
fn four_workers_answer_ten_thousand_requests_and_do_not_grow() {
    for setting in Setting::ALL {
        let workshop = Workshop::new(setting);
        workshop.make_key("rsa", RSA);
        workshop.found_authority();
        workshop.issue("rsa", "subjectAltName=DNS:localhost\n");
        workshop.fill(&["rsa.pem"], &[]);
        let port = free_port();
        let (directive, key) = if setting == Setting::Trixie { by_provider(&workshop) } else { by_engine(&workshop) };
        // nginx empties its environment but for what it is told to keep. Each connection is a new handshake.
        let configuration = format!(
            "daemon off; user root; worker_processes 4; pid nginx.pid; error_log error.log; {directive}
    env FERROTOKEN_CONF; env OPENSSL_CONF;
    events {{ worker_connections 512; }}
    http {{
        access_log off;
        client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
        server {{
            listen 127.0.0.1:{port} ssl reuseport;
            ssl_certificate rsa.crt;
            ssl_certificate_key \"{key}\";
            ssl_session_tickets off; ssl_session_cache off;
            location / {{ return 200 $pid; }}
        }}
    }}
    "
        );
        workshop.put("nginx.conf", configuration.as_bytes());
        workshop.put("error.log", b"");
        let command = format!("/usr/sbin/nginx -e error.log -p {} -c nginx.conf", workshop.path(""));
        let mut nginx = workshop.serve(&command, "nginx.log");
        workshop.until("error.log", || listens(port));

        let load = |count: u32| {
            let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/python/load.py");
            let workers = workshop.here(&format!("/usr/bin/python3 {program} {port} ca.crt {count}"));
            assert_eq!(workers.lines().count(), 4, "{workers}");
            workers.lines().map(resident_kib).sum::<u64>()
        };
        // The token in memory stands for as much as one that lasts: a part of the load is enough.
        let before = load(1000);
        let after = load(if setting == Setting::InMemory { 1000 } else { 9000 });
        assert!(after < before + 4 * 1024, "the four workers grew from {before} to {after} KiB");
        let errors = text(&workshop.get("error.log"));
        assert!(!errors.contains("[alert]") && !errors.contains("[crit]") && !errors.contains("signal 11"), "{errors}");

        // It ends well, and so do its workers.
        workshop.here(&format!("kill -TERM {}", nginx.0.id()));
        assert!(nginx.0.wait().unwrap().success(), "{}", text(&workshop.get("error.log")));
    }
}

/// The directive and the name of the key for the engine, which openssl.cnf configures.
fn by_engine(workshop: &Workshop) -> (&'static str, &'static str) {
    let configuration = format!(
        "openssl_conf = init\n[init]\nengines = engines\n[engines]\npkcs11 = token\n[token]\n\
         engine_id = pkcs11\nMODULE_PATH = {}\nPIN = {USER_PIN}\ninit = 0\n",
        workshop.module()
    );
    workshop.put("openssl.cnf", configuration.as_bytes());
    ("ssl_engine pkcs11;", "engine:pkcs11:pkcs11:token=web;object=rsa;type=private")
}

/// For the provider: nginx 1.26 knows no URIs of keys, but files that have them.
fn by_provider(workshop: &Workshop) -> (&'static str, &'static str) {
    workshop.put("openssl.cnf", provider::configuration(workshop, "").as_bytes());
    workshop.ok("openssl pkey -in pkcs11:token=web;object=rsa;type=private -out uri.pem");
    ("", "uri.pem")
}

/// How much memory a process has.
fn resident_kib(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
