//! Where other programs are told of this module, and whether what they are told is there.

use std::fs;
use std::path::{Path, PathBuf};

/// Settings that name the module: which, and under what path.
pub struct Mention {
    pub settings: PathBuf,
    pub module: PathBuf,
}

/// The files in which p11-kit, OpenSSL, OpenSSH and NSS name modules.
pub fn mentions(home: Option<&Path>) -> Vec<Mention> {
    let system = ["/etc/ssl/openssl.cnf", "/etc/ssh/ssh_config"].map(PathBuf::from);
    let own = [".config/pkcs11/modules", ".ssh/config", ".pki/nssdb/pkcs11.txt"];
    let own = own.iter().filter_map(|file| Some(home?.join(file)));
    let named = std::env::var_os("OPENSSL_CONF").map(PathBuf::from);
    let folders = ["/etc/pkcs11/modules", "/usr/share/p11-kit/modules"].map(PathBuf::from);
    let places = system.into_iter().chain(own).chain(named).chain(folders);
    places.flat_map(files).flat_map(|file| mentioned(&file)).collect()
}

/// A file, or the files of a folder.
fn files(place: PathBuf) -> Vec<PathBuf> {
    match fs::read_dir(&place) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(_) => vec![place],
    }
}

/// Each word of a file that is the path of this module.
fn mentioned(file: &Path) -> Vec<Mention> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(['#', ';']));
    let words = lines.flat_map(|line| line.split([' ', '\t', '=', ':', '"', '\'', ',', ';']));
    let named = words.filter(|word| word.starts_with('/') && word.contains("libferrotoken"));
    named.map(|word| Mention { settings: file.to_owned(), module: word.into() }).collect()
}
