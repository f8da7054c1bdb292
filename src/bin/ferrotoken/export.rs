//! What leaves a token for a file.

use crate::Result;
use crate::cli::{Cli, Export};
use crate::client::{Module, Session};
use crate::material::{pkcs8, public_key_info, unwrapped};
use crate::objects::only;
use crate::pin::Source;
use crate::tokens::open;
use cryptoki_sys::*;
use der::pem::{LineEnding, encode_string};
use ferrotoken::files::ENCRYPTED_PRIVATE_KEY;
use ferrotoken::names::Shown;
use pkcs8::PrivateKeyInfoRef;
use pkcs8::pkcs5::pbes2;
use std::io::Write;
use std::path::Path;
use zeroize::Zeroizing;

/// `ferrotoken export`.
pub fn run(cli: &Cli, module: &Module, what: &Export) -> Result<()> {
    let session = open(cli, module)?;
    let object = only(&session, &what.wanted)?;
    let value = || Ok::<_, crate::client::Failure>(Zeroizing::new(session.attribute(object, CKA_VALUE)?));
    let (exported, secret) = match session.number(object, CKA_CLASS)? {
        CKO_PUBLIC_KEY => (pem("PUBLIC KEY", &public_key_info(&session, object)?)?, false),
        CKO_CERTIFICATE => (pem("CERTIFICATE", &value()?)?, false),
        CKO_DATA => (value()?, false),
        CKO_SECRET_KEY => (secret_key(&session, object, what)?, true),
        CKO_PRIVATE_KEY => (private_key(&session, object, what)?, true),
        other => return Err(format!("objects of class {} cannot be exported", Shown::class(other)).into()),
    };
    write(what.out.as_deref(), &exported, secret)
}

/// Writes to a file or to standard output; a secret into a file that only its owner reads, and over no other.
pub fn write(out: Option<&Path>, content: &[u8], secret: bool) -> Result<()> {
    let Some(path) = out else { return Ok(std::io::stdout().write_all(content)?) };
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if secret {
        options.create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    } else {
        options.create(true).truncate(true);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(content));
    written.map_err(|error| format!("cannot write {}: {error}", path.display()).into())
}

/// DER with PEM around it.
pub fn pem(label: &str, der: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let text = encode_string(label, LineEnding::LF, der).map_err(|error| error.to_string())?;
    Ok(Zeroizing::new(text.into_bytes()))
}

fn secret_key(session: &Session<'_>, object: CK_OBJECT_HANDLE, what: &Export) -> Result<Zeroizing<Vec<u8>>> {
    if what.passphrase.is_some() {
        return Err("secret keys have no encrypted form in files: --unprotected writes the bytes".into());
    }
    admit(session, object, what)?;
    if let Ok(value) = session.attribute(object, CKA_VALUE) {
        return Ok(Zeroizing::new(value));
    }
    unwrapped(session, object)
}

fn private_key(session: &Session<'_>, object: CK_OBJECT_HANDLE, what: &Export) -> Result<Zeroizing<Vec<u8>>> {
    admit(session, object, what)?;
    let readable = !session.holds(object, CKA_SENSITIVE);
    let encoded = if readable { pkcs8(session, object)? } else { unwrapped(session, object)? };
    match &what.passphrase {
        None => pem("PRIVATE KEY", &encoded),
        Some(source) => pem(ENCRYPTED_PRIVATE_KEY, &encrypted(session, &encoded, source)?),
    }
}

/// Refuses what is made to stay, and what nobody has said may be written in clear.
fn admit(session: &Session<'_>, object: CK_OBJECT_HANDLE, what: &Export) -> Result<()> {
    if !session.holds(object, CKA_EXTRACTABLE) {
        let why = "the key is not extractable (CKA_EXTRACTABLE is false) and stays on its token; that cannot be changed. \
                   `ferrotoken backup` copies a whole token";
        return Err(why.into());
    }
    if !what.unprotected && what.passphrase.is_none() {
        let how = "say how the key is to be protected: --passphrase SOURCE encrypts a private key, --unprotected writes it in \
                   clear";
        return Err(how.into());
    }
    Ok(())
}

/// PBES2 with PBKDF2 (600,000 times HMAC-SHA-256, as OWASP has it) and AES-256 in CBC mode: every OpenSSL reads it.
fn encrypted(session: &Session<'_>, key: &[u8], source: &Source) -> Result<Zeroizing<Vec<u8>>> {
    const ITERATIONS: u32 = 600_000;
    let passphrase = source.read_new("passphrase")?;
    if passphrase.is_empty() {
        return Err("the passphrase is empty: choose another, or write the key in clear with --unprotected".into());
    }
    let (salt, iv) = (session.random::<16>()?, session.random::<16>()?);
    let unfit = |_| "the key cannot be encrypted";
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ITERATIONS, &salt, iv).map_err(unfit)?;
    let info = PrivateKeyInfoRef::try_from(key).map_err(|_| "the module wrapped the key in an unknown way")?;
    let document =
        info.encrypt_with_params(parameters, passphrase.as_bytes()).map_err(|_| "the key cannot be encrypted")?;
    Ok(Zeroizing::new(document.as_bytes().to_vec()))
}
