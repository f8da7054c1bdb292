//! Tokens of SoftHSM 2 and of NSS that move in, and the tool's commands on SoftHSM's own.

use crate::desk::{Desk, says};
use crate::tool::{desk, run, text};
use serde_json::{Value, json};
use std::fs;

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "1234";

/// SoftHSM with an empty directory of tokens, and one token in it.
fn softhsm(test: &str) -> Desk {
    let desk = desk(test);
    fs::create_dir(desk.path("softhsm")).unwrap();
    let directory = desk.path("softhsm");
    let configuration = format!("directories.tokendir = {}\nobjectstore.backend = file\n", directory.display());
    desk.put("softhsm2.conf", configuration.as_bytes());
    run(&desk, &format!("softhsm2-util --init-token --free --label old --so-pin 12345678 --pin {PIN}"));
    desk
}

/// `pkcs11-tool` on SoftHSM's token.
#[track_caller]
fn old(desk: &Desk, arguments: &str) -> String {
    text(run(desk, &format!("pkcs11-tool --module {SOFTHSM} --token-label old --login --pin {PIN} {arguments}")))
}

/// `pkcs11-tool` on ours.
#[track_caller]
fn new(desk: &Desk, arguments: &str) -> String {
    let pin = crate::desk::USER_PIN;
    let module = crate::common::library_path();
    let tool = format!("pkcs11-tool --module {} --token-label desk --login --pin {pin} {arguments}", module.display());
    let configuration = desk.path("ferrotoken.toml");
    text(run(desk, &format!("env FERROTOKEN_CONF={} {tool}", configuration.display())))
}

/// What `import-softhsm` says, as rows by class and label.
fn results(printed: &Value) -> Vec<(String, String, String)> {
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    printed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (word(row, "class"), word(row, "label"), word(row, "result")))
        .collect()
}

const MOVE: [&str; 4] = ["import-softhsm", "softhsm", "--from-pin", "env:OLD"];

#[track_caller]
fn moved(desk: &Desk, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json", "--pin", crate::desk::USER]].concat();
    let output =
        desk.command(&arguments).env("OLD", PIN).env("SOFTHSM2_CONF", desk.path("softhsm2.conf")).output().unwrap();
    serde_json::from_str(&crate::desk::good(&arguments, output)).unwrap()
}

#[test]
fn every_key_of_softhsm_moves_in_and_works() {
    let desk = softhsm("softhsm-keys");
    desk.put("data", b"to be signed, or kept");
    let keys = [
        ("rsa:2048", "01"),
        ("EC:prime256v1", "02"),
        ("EC:secp384r1", "03"),
        ("EC:secp521r1", "04"),
        ("EC:edwards25519", "05"),
    ];
    for (kind, id) in keys {
        old(&desk, &format!("--keypairgen --key-type {kind} --label key-{id} --id {id}"));
    }
    for (id, bytes) in [("11", 16), ("12", 32)] {
        old(&desk, &format!("--keygen --key-type AES:{bytes} --label aes-{id} --id {id} --sensitive --private"));
    }
    old(&desk, "--keygen --key-type GENERIC:32 --label secret --id 13");
    old(&desk, "--keypairgen --key-type EC:prime256v1 --label bound --id 14 --allowed-mechanisms ECDSA-SHA1");
    old(&desk, "--write-object data --type data --label private-data --private");
    run(&desk, "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out own.pem");
    run(&desk, "openssl req -x509 -key own.pem -subj /CN=own -days 3 -outform DER -out own.der");
    run(&desk, &format!("softhsm2-util --import own.pem --token old --label own --id 21 --pin {PIN}"));
    old(&desk, "--write-object own.der --type cert --label own --id 21");
    // Encrypted there, to be decrypted here.
    let iv = "00112233445566778899aabbccddeeff";
    desk.put("blocks", &[0x5a; 160]);
    old(&desk, &format!("--encrypt --id 12 -m AES-CBC-PAD --iv {iv} -i blocks -o encrypted"));
    let rows = results(&moved(&desk, &MOVE));
    assert_eq!(rows.len(), 2 * keys.len() + 2 + 3 + 1 + 3, "{rows:?}");
    assert!(rows.iter().all(|row| row.2 == "came"), "{rows:?}");
    // Once more: what is certainly there is left out, and of secret keys nobody can see whether they are the same.
    let again = [&MOVE[..], &["--json", "--pin", crate::desk::USER]].concat();
    let output = desk.command(&again).env("OLD", PIN).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    for (class, label, result) in results(&serde_json::from_slice(&output.stdout).unwrap()) {
        let hidden = class == "CKO_SECRET_KEY";
        let wanted =
            if hidden { "stayed: an object of this class, label and id is there" } else { "was there already" };
        assert!(result.starts_with(wanted), "{class} {label} {result}");
    }
    assert_eq!(desk.objects(&[]).len(), rows.len());

    // Signatures made here, for the public keys from there.
    for (kind, id) in keys {
        let (mechanism, more, check) = match kind {
            "rsa:2048" => ("SHA256-RSA-PKCS", "", "dgst -sha256 -verify public.pem -signature signature data"),
            "EC:edwards25519" => {
                ("EDDSA", "", "pkeyutl -verify -rawin -pubin -inkey public.pem -in data -sigfile signature")
            }
            _ => (
                "ECDSA-SHA256",
                "--signature-format openssl",
                "dgst -sha256 -verify public.pem -signature signature data",
            ),
        };
        new(&desk, &format!("--sign --id {id} -m {mechanism} {more} -i data -o signature"));
        let theirs =
            ["export", "--id", id, "--class", "public", "--module", SOFTHSM, "--pin", "env:OLD", "--token", "old"];
        let theirs = desk.command(&theirs).env("OLD", PIN).env("SOFTHSM2_CONF", desk.path("softhsm2.conf")).output();
        desk.put("public.pem", &theirs.unwrap().stdout);
        run(&desk, &format!("openssl {check}"));
    }
    new(&desk, &format!("--decrypt --id 12 -m AES-CBC-PAD --iv {iv} -i encrypted -o decrypted"));
    assert_eq!(desk.get("decrypted"), [0x5a; 160]);
    new(&desk, "--read-object --type data --label private-data -o back");
    assert_eq!(desk.get("back"), b"to be signed, or kept");
    new(&desk, "--sign --id 21 -m SHA256-RSA-PKCS -i data -o signature");
    run(&desk, "openssl x509 -inform DER -in own.der -noout -pubkey -out own.pub");
    run(&desk, "openssl dgst -sha256 -verify own.pub -signature signature data");

    // A list of mechanisms binds here as it did there.
    let signature = |mechanism: &str| {
        let pin = crate::desk::USER_PIN;
        let module = crate::common::library_path();
        let mut sign = std::process::Command::new("pkcs11-tool");
        sign.args(["--login", "--pin", pin, "--sign", "--id", "14", "-i", "data", "-o", "signature", "-m", mechanism]);
        sign.arg("--module").arg(module).env("FERROTOKEN_CONF", desk.path("ferrotoken.toml")).current_dir(&desk.folder);
        let output = sign.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(signature("ECDSA-SHA1").0);
    says(&signature("ECDSA-SHA256").1, &["CKR_KEY_FUNCTION_NOT_PERMITTED"]);

    // As hidden as they were, and no more open.
    for (id, class, access) in [
        ("01", "private", json!(["private", "sensitive"])),
        ("12", "secret", json!(["private", "sensitive"])),
        ("05", "private", json!(["private", "sensitive"])),
    ] {
        let object = &desk.objects(&["--id", id, "--class", class])[0];
        let theirs = old(&desk, &format!("--list-objects --id {id}"));
        assert_eq!(object["access"], access, "{theirs}");
    }
}

#[test]
fn what_cannot_move_from_softhsm_is_told() {
    let desk = softhsm("softhsm-refused");
    old(&desk, "--keygen --key-type AES:32 --label good --id 01");
    old(&desk, "--keygen --key-type AES:32 --label bad --id 02 --sensitive --private");
    let arguments = [&MOVE[..], &["--pin", crate::desk::USER]].concat();
    let import = |pin: &str, more: &[&str]| {
        let all = [&arguments[..], more].concat();
        desk.command(&all).env("OLD", pin).output().unwrap()
    };
    let complaint = |output| crate::desk::complaint(&arguments, output, 1);
    says(&complaint(import("wrong", &[])), &["the PIN does not open the SoftHSM token \"old\""]);
    says(&complaint(import(PIN, &["--from-token", "other"])), &["no SoftHSM token there has this label", "\"old\""]);
    says(
        &desk.fails(&["import-softhsm", "tokens", "--from-pin", "env:OLD"]),
        &["no SoftHSM token in tokens", "tokendir"],
    );
    says(&desk.fails(&["import-softhsm", "missing", "--from-pin", "env:OLD"]), &["cannot read missing"]);
    // A file that is cut off is named, and the rest comes.
    let token = fs::read_dir(desk.path("softhsm")).unwrap().next().unwrap().unwrap().path();
    let objects = fs::read_dir(&token).unwrap().map(|entry| entry.unwrap().path());
    let mut objects: Vec<_> = objects
        .filter(|path| path.extension().is_some_and(|e| e == "object") && !path.ends_with("token.object"))
        .collect();
    objects.sort();
    assert_eq!(objects.len(), 2);
    let content = fs::read(&objects[0]).unwrap();
    fs::write(&objects[0], &content[..content.len() - 1]).unwrap();
    let output = import(PIN, &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let rows = results(&serde_json::from_slice(&output.stdout).unwrap());
    assert!(rows[0].2.starts_with("stayed: ") && rows[0].2.ends_with(" is damaged"), "{rows:?}");
    assert_eq!(rows[1].2, "came");
    says(&String::from_utf8_lossy(&output.stderr), &["1 of 2 objects stayed behind"]);
    // Another key of the same names does not keep one back in silence.
    desk.user(&["delete", "--label", rows[1].1.as_str()]);
    desk.user(&["generate", "aes:256", "--label", "good", "--id", "01"]);
    desk.user(&["generate", "aes:256", "--label", "bad", "--id", "02"]);
    let output = import(PIN, &["--json"]);
    let rows = results(&serde_json::from_slice(&output.stdout).unwrap());
    says(&rows[1].2, &["stayed: an object of this class, label and id is there", "Delete or rename"]);
    // Two tokens: which?
    run(&desk, &format!("softhsm2-util --init-token --free --label second --so-pin 12345678 --pin {PIN}"));
    says(&complaint(import(PIN, &[])), &["several SoftHSM tokens", "--from-token"]);
}

/// Over the interface only extractable keys come; the others are named.
#[test]
fn another_module_gives_what_is_extractable() {
    let desk = softhsm("softhsm-module");
    desk.put("data", b"to be signed");
    old(&desk, "--keypairgen --key-type EC:prime256v1 --label stays --id 01");
    old(&desk, "--keypairgen --key-type rsa:2048 --label wrapped --id 02 --extractable");
    old(&desk, "--keypairgen --key-type EC:prime256v1 --label wrapped-ec --id 03 --extractable");
    old(&desk, "--keygen --key-type AES:32 --label secret --id 04 --extractable --sensitive --private");
    old(&desk, "--keygen --key-type GENERIC:20 --label short --id 05 --extractable --sensitive --private");
    old(&desk, "--write-object data --type data --label data");
    let arguments = [
        "import-module",
        SOFTHSM,
        "--from-token",
        "old",
        "--from-pin",
        "env:OLD",
        "--json",
        "--pin",
        crate::desk::USER,
    ];
    let output =
        desk.command(&arguments).env("OLD", PIN).env("SOFTHSM2_CONF", desk.path("softhsm2.conf")).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = results(&serde_json::from_slice(&output.stdout).unwrap());
    assert_eq!(rows.len(), 9, "{rows:?}");
    for (class, label, result) in &rows {
        if label == "stays" && class == "CKO_PRIVATE_KEY" {
            assert_eq!(result, "stayed: it is not extractable, and its module gives it to nobody");
        } else {
            assert_eq!(result, "came", "{class} {label}");
        }
    }
    for (id, mechanism, more) in [("02", "SHA256-RSA-PKCS", ""), ("03", "ECDSA-SHA256", "--signature-format openssl")] {
        new(&desk, &format!("--sign --id {id} -m {mechanism} {more} -i data -o signature"));
        old(&desk, &format!("--read-object --type pubkey --id {id} -o public.der"));
        run(&desk, "openssl pkey -pubin -inform DER -in public.der -out public.pem");
        run(&desk, "openssl dgst -sha256 -verify public.pem -signature signature data");
    }
    let private = &desk.objects(&["--id", "02", "--class", "private"])[0];
    assert_eq!(private["access"], json!(["private", "sensitive", "extractable"]));
    assert_eq!(desk.objects(&["--id", "05"])[0]["type"], "CKK_GENERIC_SECRET 160");
    // A module is not copied to itself.
    let own = crate::common::library_path().display().to_string();
    says(&desk.fails(&["import-module", &own, "--from-pin", "env:OLD"]), &["one and the same library"]);
}

/// Where Debian puts NSS's module: a folder for each architecture, and below that in some versions.
fn softokn() -> String {
    let folders = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let mut places = folders.flat_map(|folder| ["libsoftokn3.so", "nss/libsoftokn3.so"].map(|file| folder.join(file)));
    places.find(|place| place.exists()).expect("libnss3 is installed").display().to_string()
}

/// NSS keeps its keys sensitive and extractable, and wants to be told where they are.
#[test]
fn keys_of_nss_move_in() {
    let desk = desk("nss-module");
    desk.put("password", format!("{PIN}\n").as_bytes());
    desk.put("noise", &[7; 64]);
    fs::create_dir(desk.path("nssdb")).unwrap();
    run(&desk, "certutil -N -d sql:nssdb -f password");
    run(&desk, "certutil -S -d sql:nssdb -f password -n server -s CN=server -x -t u,u,u -k rsa -g 2048 -z noise -m 7");
    run(&desk, "certutil -S -d sql:nssdb -f password -n curve -s CN=curve -x -t u,u,u -k ec -q nistp256 -z noise -m 8");
    let parameter = format!("configdir='sql:{}' flags=readOnly", desk.path("nssdb").display());
    let softokn = softokn();
    let arguments = [
        "import-module",
        &softokn,
        "--from-parameter",
        &parameter,
        "--from-token",
        "NSS Certificate DB",
        "--from-pin",
        "env:OLD",
        "--json",
        "--pin",
        crate::desk::USER,
    ];
    let output = desk.command(&arguments).env("OLD", PIN).output().unwrap();
    let printed = crate::desk::good(&arguments, output);
    let rows = results(&serde_json::from_str(&printed).unwrap());
    for class in ["CKO_PRIVATE_KEY", "CKO_CERTIFICATE"] {
        assert_eq!(rows.iter().filter(|row| row.0 == class && row.2 == "came").count(), 2, "{rows:?}");
    }
    desk.put("data", b"to be signed");
    for (label, mechanism, more) in
        [("server", "SHA256-RSA-PKCS", ""), ("curve", "ECDSA-SHA256", "--signature-format openssl")]
    {
        let id = desk.objects(&["--label", label, "--class", "certificate"])[0]["id"].as_str().unwrap().to_owned();
        new(&desk, &format!("--sign --id {id} -m {mechanism} {more} -i data -o signature"));
        desk.user(&["export", "--label", label, "--class", "certificate", "--out", &format!("{label}.crt")]);
        run(&desk, &format!("openssl x509 -in {label}.crt -noout -pubkey -out public.pem"));
        run(&desk, "openssl dgst -sha256 -verify public.pem -signature signature data");
    }
}

/// Each command works on another library, too: SoftHSM's token gets another slot when it is initialised.
#[test]
fn the_commands_work_on_softhsm() {
    let desk = softhsm("softhsm-commands");
    let tool = |arguments: &[&str]| {
        let all = [&["--module", SOFTHSM], arguments].concat();
        let mut command = desk.command(&all);
        command.env("SOFTHSM2_CONF", desk.path("softhsm2.conf")).env("OLD", PIN).env("OLD_SO", "12345678");
        let output = command.output().unwrap();
        crate::desk::good(&all, output)
    };
    let json =
        |arguments: &[&str]| -> Value { serde_json::from_str(&tool(&[arguments, &["--json"]].concat())).unwrap() };
    assert_eq!(json(&["info"])[0]["manufacturer"], "SoftHSM");
    let made = json(&["init", "fresh", "--so-pin", "env:OLD_SO", "--new-pin", "env:OLD"]);
    let list = json(&["list"]);
    let fresh = list.as_array().unwrap().iter().find(|row| row["label"] == "fresh").unwrap().clone();
    assert_eq!(fresh["slot"], made["slot"]);
    assert_eq!(fresh["state"], json!(["initialised", "user PIN set"]));
    let on = |arguments: &[&str]| tool(&[arguments, &["--token", "fresh", "--pin", "env:OLD"]].concat());
    for kind in ["rsa:2048", "ec:P-256", "ed25519", "aes:256", "generic:32"] {
        on(&["generate", kind, "--label", kind]);
    }
    for kind in ["rsa:2048", "ec:P-256"] {
        let request = on(&["certificate", "request", "--label", kind, "--subject", "CN=softhsm"]);
        desk.put("request.pem", request.as_bytes());
        run(&desk, "openssl req -in request.pem -noout -verify");
        on(&["certificate", "self-signed", "--label", kind, "--subject", "CN=softhsm", "--out", "own.pem"]);
        run(&desk, "openssl verify -check_ss_sig -CAfile own.pem own.pem");
        let id = |class| {
            json(&["objects", "--label", kind, "--class", class, "--token", "fresh", "--pin", "env:OLD"])[0]["id"]
                .clone()
        };
        assert_eq!(id("certificate"), id("private"));
        desk.put("public.pem", on(&["export", "--label", kind, "--class", "public"]).as_bytes());
        run(&desk, "openssl pkey -pubin -in public.pem -noout");
    }
    run(&desk, "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out key.pem");
    on(&["import", "key.pem", "--label", "imported"]);
    assert_eq!(json(&["certificate", "list", "--token", "fresh", "--pin", "env:OLD"]).as_array().unwrap().len(), 2);
    assert_eq!(on(&["delete", "--label", "aes:256"]), "objects deleted: 1\n");
    assert_eq!(json(&["objects", "--token", "fresh", "--pin", "env:OLD"]).as_array().unwrap().len(), 3 * 2 + 1 + 2 + 2);
    tool(&["pin", "--token", "fresh", "--old", "env:OLD", "--new", "env:OLD_SO"]);
    tool(&["pin", "--reset", "--token", "fresh", "--old", "env:OLD_SO", "--new", "env:OLD"]);
    assert_eq!(on(&["random", "8", "--hex"]).len(), 17);
    says(&tool(&["mechanisms"]), &["CKM_RSA_PKCS"]);
    says(&tool(&["doctor"]), &["the token \"fresh\""]);
}

/// SoftHSM's other backend, which Debian's is built without: the same attributes as in its files, in the tables of its
/// DBObject.cpp.
#[test]
fn a_database_of_softhsm_moves_in() {
    let desk = softhsm("softhsm-database");
    desk.put("data", b"to be signed");
    old(&desk, "--keypairgen --key-type EC:prime256v1 --label key --id 01");
    old(&desk, "--keygen --key-type AES:32 --label aes --id 02 --sensitive --private");
    let token = fs::read_dir(desk.path("softhsm")).unwrap().next().unwrap().unwrap().path();
    let mut files: Vec<_> = fs::read_dir(&token).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "object"));
    // The token's own record is the first object.
    files.sort_by_key(|path| !path.ends_with("token.object"));
    fs::create_dir(desk.path("database")).unwrap();
    let database = rusqlite::Connection::open(desk.path("database/sqlite3.db")).unwrap();
    database.execute_batch("create table object (id integer primary key autoincrement);").unwrap();
    for (kind, value) in [("boolean", "boolean"), ("integer", "integer"), ("binary", "blob"), ("array", "blob")] {
        database
            .execute_batch(&format!(
                "create table attribute_{kind} (value {value}, type integer, \
                 object_id integer references object(id) on delete cascade, id integer primary key autoincrement)"
            ))
            .unwrap();
    }
    for (object, path) in (1i64..).zip(&files) {
        database.execute("insert into object default values", []).unwrap();
        let content = fs::read(path).unwrap();
        let mut rest = &content[8..];
        let mut take = |count: usize| {
            let (taken, behind) = rest.split_at(count);
            rest = behind;
            taken
        };
        let number = |bytes: &[u8]| i64::from_be_bytes(bytes.try_into().unwrap());
        let mut left = content.len() - 8;
        while left > 0 {
            let (kind, layout) = (number(take(8)), number(take(8)));
            let insert = |table: &str, value: &dyn rusqlite::ToSql| {
                let sql = format!("insert into attribute_{table} (value, type, object_id) values (?, ?, ?)");
                database.execute(&sql, rusqlite::params![value, kind, object]).unwrap();
            };
            left -= 16
                + match layout {
                    1 => {
                        insert("boolean", &(take(1) != [0]));
                        1
                    }
                    2 => {
                        insert("integer", &number(take(8)));
                        8
                    }
                    3 => {
                        let length = number(take(8)) as usize;
                        insert("binary", &take(length).to_vec());
                        8 + length
                    }
                    // Lists and templates are empty here.
                    _ => {
                        assert_eq!(number(take(8)), 0, "attribute {kind:#x} of layout {layout}");
                        insert(if layout == 4 { "array" } else { "binary" }, &Vec::<u8>::new());
                        8
                    }
                };
        }
    }
    // A template says that what the AES key unwraps is not extractable: CKA_UNWRAP_TEMPLATE with CKA_EXTRACTABLE, a boolean, in it.
    let template = [&0x162u64.to_le_bytes()[..], &1u32.to_le_bytes(), &[0]].concat();
    let key = "(select object_id from attribute_integer where type = 0 and value = 4)";
    database.execute(&format!("delete from attribute_array where object_id = {key}"), []).unwrap();
    let sql = format!("insert into attribute_array (value, type, object_id) values (?, {}, {key})", 0x4000_0212);
    database.execute(&sql, [template]).unwrap();
    drop(database);
    let rows = results(&moved(&desk, &["import-softhsm", "database", "--from-pin", "env:OLD"]));
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(rows.iter().all(|row| row.2 == "came"), "{rows:?}");
    new(&desk, "--sign --id 01 -m ECDSA-SHA256 --signature-format openssl -i data -o signature");
    desk.put("public.pem", desk.user(&["export", "--id", "01", "--class", "public"]).as_bytes());
    run(&desk, "openssl dgst -sha256 -verify public.pem -signature signature data");
    assert_eq!(desk.objects(&["--id", "02"])[0]["access"], json!(["private", "sensitive"]));
    desk.put("wrapped", &[0; 40]);
    // It holds here, too: a contradiction is refused before the wrapped key is looked at.
    let module = crate::common::library_path();
    let mut unwrap = std::process::Command::new("pkcs11-tool");
    unwrap.args([
        "--login",
        "--pin",
        crate::desk::USER_PIN,
        "--token-label",
        "desk",
        "--unwrap",
        "-m",
        "AES-KEY-WRAP",
        "--id",
        "02",
    ]);
    unwrap
        .args(["-i", "wrapped", "--key-type", "AES:", "--application-id", "77", "--extractable", "--module"])
        .arg(module);
    let output =
        unwrap.current_dir(&desk.folder).env("FERROTOKEN_CONF", desk.path("ferrotoken.toml")).output().unwrap();
    says(&String::from_utf8_lossy(&output.stderr), &["CKR_TEMPLATE_INCONSISTENT"]);
}
