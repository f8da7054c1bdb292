//! Objects that are listed and deleted.

use crate::desk::{Desk, says};
use serde_json::{Value, json};

#[test]
fn objects_are_found_by_label_id_and_class() {
    let desk = Desk::with_token("find");
    desk.user(&["generate", "ec:P-256", "--label", "one", "--id", "01"]);
    desk.user(&["generate", "aes:256", "--label", "two", "--id", "02"]);
    let count = |more: &[&str]| desk.objects(more).len();
    assert_eq!(count(&[]), 3);
    assert_eq!(count(&["--label", "one"]), 2);
    assert_eq!(count(&["--id", "02"]), 1);
    assert_eq!(count(&["--label", "one", "--class", "public"]), 1);
    assert_eq!(count(&["--label", "one", "--id", "02"]), 0);
    let two = &desk.objects(&["--label", "two"])[0];
    assert_eq!(
        (&two["class"], &two["type"], &two["id"]),
        (&json!("CKO_SECRET_KEY"), &json!("CKK_AES 256"), &json!("02"))
    );
    let table = desk.user(&["objects"]);
    assert_eq!(table.lines().count(), 4);
    says(&table, &["class", "access", "CKO_PRIVATE_KEY", "private, sensitive, made here"]);
}

#[test]
fn deleting_wants_to_know_what_exactly() {
    let desk = Desk::with_token("delete");
    desk.user(&["generate", "ec:P-256", "--label", "one", "--id", "01"]);
    desk.user(&["generate", "aes:256", "--label", "two", "--id", "02"]);
    says(&desk.fails(&["delete"]), &["say what to delete"]);
    says(&desk.fails(&["delete", "--all"]), &["say what to delete"]);
    says(&desk.fails(&["delete", "--label", "one"]), &["2 objects match", "--label, --id or --class"]);
    says(&desk.fails(&["delete", "--label", "three"]), &["there is no such object", "ferrotoken objects"]);
    assert_eq!(desk.objects(&[]).len(), 3);
    assert_eq!(desk.json(&["delete", "--label", "one", "--class", "public"]), json!({ "deleted": 1 }));
    assert_eq!(desk.json(&["delete", "--label", "one", "--all"]), json!({ "deleted": 1 }));
    assert_eq!(desk.user(&["delete", "--id", "02"]), "objects deleted: 1\n");
    assert_eq!(desk.objects(&[]), Vec::<Value>::new());
}
