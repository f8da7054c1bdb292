//! The key of a token that lasts, and what comes of it, go with the login from the memory of the process; and so do the objects that
//! were read. The test opens the token itself, by what docs/store-format.md says, in another process than the one that is looked
//! through.
#![cfg(target_os = "linux")]

use crate::common::*;
use crate::memory::{hide, search};
use crate::scene::*;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::{Path, PathBuf};

static VALUE: [u8; 24] = *b"what a user keeps secret";

/// The user's way to the token's key.
fn token_key(file: &Path) -> Vec<u8> {
    let token = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let row = token.query_row("select memory, passes, salt, sealed from pin where who = 1", [], |row| {
        Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?, row.get::<_, Vec<u8>>(2)?, row.get::<_, Vec<u8>>(3)?))
    });
    let (memory, passes, salt, sealed) = row.unwrap();
    let mut pin_key = [0; 32];
    let params = Params::new(memory, passes, 1, Some(32)).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(USER_PIN.as_bytes(), &salt, &mut pin_key).unwrap();
    let (nonce, ciphertext) = sealed.split_at(24);
    let cipher = XChaCha20Poly1305::new_from_slice(&pin_key).unwrap();
    let payload = Payload { msg: ciphertext, aad: b"ferrotoken store 1" };
    cipher.decrypt(&XNonce::try_from(nonce).unwrap(), payload).unwrap()
}

fn heads_key(token_key: &[u8]) -> Vec<u8> {
    let mut hmac = Hmac::<sha2::Sha256>::new_from_slice(token_key).unwrap();
    hmac.update(b"ferrotoken store 1 heads ");
    hmac.finalize().into_bytes().to_vec()
}

/// Where the needles lie, for the process that searches.
fn needles_beside(directory: &Path) -> PathBuf {
    directory.with_file_name("needles")
}

#[test]
fn the_key_of_a_token_goes_with_the_login() {
    let test = "secrets::the_key_of_a_token_goes_with_the_login";
    let make = || {
        make();
        ok(TOKEN.user().create(&secret("kept", &VALUE)));
        finalise();
    };
    let look = || {
        let needles = fs::read(needles_beside(&Stage::here(test).directory)).unwrap();
        let names = ["token key", "heads key", "value"];
        let needles: Vec<_> =
            names.iter().zip(needles.chunks(16)).map(|(name, needle)| (name.to_string(), needle.to_vec())).collect();
        open();
        let session = TOKEN.session();
        let use_it = || {
            ok(session.login(CKU_USER, USER_PIN));
            ok(session.sign(&mech(CKM_SHA256_HMAC), only(&session, "kept"), b"data"));
        };
        use_it();
        let found = search(&needles);
        let there = |name: &str| found.iter().any(|found| found.starts_with(name));
        assert!(names.iter().all(|name| there(name)), "the search finds what there is: {found:?}");
        ok(session.logout());
        assert_eq!(search(&needles), [""; 0], "after C_Logout");
        use_it();
        finalise();
        assert_eq!(search(&needles), [""; 0], "after C_Finalize");
    };
    direct(test, &[("make", &make), ("look", &look)], |stage| {
        stage.play("make");
        let key = token_key(&stage.file());
        let needles = [&key[..], &heads_key(&key), &VALUE].map(|secret| hide(secret, false)).concat();
        fs::write(needles_beside(&stage.directory), needles).unwrap();
        stage.play("look");
    });
}
