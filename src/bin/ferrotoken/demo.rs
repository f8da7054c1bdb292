//! `ferrotoken demo FILE`: what a token does, step by step, for somebody who has never seen one.

use crate::client::{Attribute, Failure, Mechanism, Module, Result, Session};
use cryptoki_sys::*;
use std::io;
use std::path::Path;

const SO_PIN: &str = "so-pin-of-the-demo";
const USER_PIN: &str = "user-pin-of-the-demo";

/// DER of the object identifier of the curve P-256 (SEC 2, "secp256r1").
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file.
    #[error("cannot read {0}: {1}")]
    File(String, io::Error),
    /// The module.
    #[error(transparent)]
    Module(#[from] Failure),
    /// A result that is wrong.
    #[error("{0}")]
    Wrong(&'static str),
}

/// Runs the demonstration.
pub fn run(file: &Path, library: &Path) -> std::result::Result<(), Error> {
    let data = std::fs::read(file).map_err(|error| Error::File(file.display().to_string(), error))?;
    println!("Ferrotoken demonstration with {} ({} bytes)\n", file.display(), data.len());

    step("Load the library, as any program that speaks PKCS#11 does");
    let module = Module::load(library)?;
    let info = module.info()?;
    done(&format!("{} by {}", text(&info.libraryDescription), text(&info.manufacturerID)));
    done(&format!("PKCS#11 {}.{}", info.cryptokiVersion.major, info.cryptokiVersion.minor));

    step("Initialise a token: the place that will keep the keys");
    let slot = *module.slots()?.first().ok_or(Error::Wrong("the library has no slot"))?;
    module.init_token(slot, SO_PIN, "demo")?;
    done(&format!("the token \"demo\" in slot {slot}, in memory: it is gone when this program ends"));
    let session = module.open_session(slot)?;
    session.login(CKU_SO, SO_PIN)?;
    session.init_pin(USER_PIN)?;
    session.logout()?;
    done("its security officer has set the user's PIN");

    step("Log in as its user");
    session.login(CKU_USER, USER_PIN)?;
    done("from now on the session may use private keys");

    step("Make keys inside the token");
    let (public_key, private_key) = make_key_pair(&session)?;
    done("a key pair on the curve P-256, for signatures");
    let secret_key = make_secret_key(&session)?;
    done("a 256-bit AES key, for encryption");

    step("Try to take the private key out");
    match session.attribute(private_key, CKA_VALUE) {
        Err(Failure::Call(_, CKR_ATTRIBUTE_SENSITIVE)) => {
            done("refused (CKR_ATTRIBUTE_SENSITIVE): keys can be used, but not taken away");
        }
        Err(other) => return Err(other.into()),
        Ok(_) => return Err(Error::Wrong("the token gave its private key away")),
    }

    step("Sign the file with the private key (ECDSA with SHA-256)");
    let ecdsa = Mechanism(CKM_ECDSA_SHA256, &[]);
    let signature = session.sign(&ecdsa, private_key, &data)?;
    done(&format!("signature {}", hex(&signature)));

    step("Digest and encrypt the file in one pass (SHA-256 and AES-CBC, C_DigestEncryptUpdate)");
    let iv: [u8; 16] = session.random()?;
    let (digest, cipher) = (Mechanism(CKM_SHA256, &[]), Mechanism(CKM_AES_CBC_PAD, &iv));
    let (encrypted, fingerprint) = session.digest_encrypt(&digest, &cipher, secret_key, &data)?;
    done(&format!("{} bytes became {} encrypted bytes", data.len(), encrypted.len()));
    done(&format!("SHA-256 {}", hex(&fingerprint)));

    step("Decrypt it again, and digest what comes out (C_DecryptDigestUpdate)");
    let (decrypted, again) = session.decrypt_digest(&digest, &cipher, secret_key, &encrypted)?;
    if decrypted != data || again != fingerprint {
        return Err(Error::Wrong("what came back is not what was encrypted"));
    }
    done("the same bytes, and the same digest");

    step("Verify the signature with the public key");
    if !session.verify(&ecdsa, public_key, &decrypted, &signature)? {
        return Err(Error::Wrong("the signature does not fit the file"));
    }
    done("it is the file that was signed");
    let forged = [&decrypted[..], b"!"].concat();
    if session.verify(&ecdsa, public_key, &forged, &signature)? {
        return Err(Error::Wrong("the signature fits another file too"));
    }
    done("with one byte more, it is not (CKR_SIGNATURE_INVALID)");

    step("Log out and finish");
    session.logout()?;
    drop(session);
    module.finalise()?;
    done("all went well");
    Ok(())
}

fn make_key_pair(session: &Session<'_>) -> Result<(CK_OBJECT_HANDLE, CK_OBJECT_HANDLE)> {
    session.generate_key_pair(
        &Mechanism(CKM_EC_KEY_PAIR_GEN, &[]),
        &[
            Attribute::bytes(CKA_EC_PARAMS, &P256),
            Attribute::bytes(CKA_LABEL, b"demo signing key"),
            Attribute::boolean(CKA_TOKEN, true),
            Attribute::boolean(CKA_VERIFY, true),
        ],
        &[
            Attribute::bytes(CKA_LABEL, b"demo signing key"),
            Attribute::boolean(CKA_TOKEN, true),
            Attribute::boolean(CKA_PRIVATE, true),
            Attribute::boolean(CKA_SENSITIVE, true),
            Attribute::boolean(CKA_EXTRACTABLE, false),
            Attribute::boolean(CKA_SIGN, true),
        ],
    )
}

fn make_secret_key(session: &Session<'_>) -> Result<CK_OBJECT_HANDLE> {
    session.generate_key(
        &Mechanism(CKM_AES_KEY_GEN, &[]),
        &[
            Attribute::number(CKA_VALUE_LEN, 32),
            Attribute::bytes(CKA_LABEL, b"demo encryption key"),
            Attribute::boolean(CKA_TOKEN, true),
            Attribute::boolean(CKA_SENSITIVE, true),
            Attribute::boolean(CKA_EXTRACTABLE, false),
            Attribute::boolean(CKA_ENCRYPT, true),
            Attribute::boolean(CKA_DECRYPT, true),
        ],
    )
}

fn step(what: &str) {
    println!("* {what}");
}

fn done(what: &str) {
    println!("    {what}");
}

fn text(padded: &[u8]) -> String {
    String::from_utf8_lossy(padded).trim_end().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
