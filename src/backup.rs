//! Backups of tokens that last: one encrypted file, which the token's own PINs open anywhere. docs/store-format.md describes it.
//!
//! The token's file is sealed as it is, but for its public objects. A backup seals those, too, and everything that tells how many
//! objects there are, under a key from the token key; and it has the two PINs' own rows before it, as they are in the token. So a
//! PIN is tried at the same price on a backup, on a restored token, and on the token's file.

use crate::error::Error;
use crate::pin::{Guard, Pin};
use crate::random;
use crate::seal::{Cost, KEY_SEALED, Keys, SALT, TokenKey, Wrapped, checksum};
use crate::store::{Header, files, snapshot};
use cryptoki_sys::CK_SLOT_ID;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Why there is no backup, or no token of it.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The PIN is not one of the token's.
    #[error("the PIN opens nothing here: it is neither the user's nor the security officer's")]
    Pin,
    /// The backup's bytes are not those that were written.
    #[error("the backup is damaged: {0}. Take another copy of it")]
    Damaged(&'static str),
    /// It is something else.
    #[error("this is no backup of Ferrotoken's, or one of a newer version")]
    Foreign,
    /// The token is there already.
    #[error(
        "the token is there already, in slot {0}. To go back to the backup, take the file {0}.token out of the directory first"
    )]
    Present(CK_SLOT_ID),
    /// The slot has a token.
    #[error("slot {0} has a token: name another by --slot, or none for the first that is free")]
    Taken(CK_SLOT_ID),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// The token cannot be read or written.
    #[error("{0}: {1}. FERROTOKEN_LOG=error says more")]
    Token(String, Error),
}

type Result<T> = core::result::Result<T, Problem>;

/// The first bytes; the number is the format.
const MAGIC: &[u8; 20] = b"ferrotoken backup 1\n";
/// How much is sealed at once.
const PIECE: usize = 1 << 20;
/// The longest sealed piece: a nonce and a tag are added.
const SEALED_PIECE: usize = PIECE + 40;
/// The checksum's length.
const CHECK: usize = 16;

/// A directory of tokens.
pub struct Place<'a> {
    /// The directory.
    pub directory: &'a Path,
    /// Whether others than its owner may have rights on it.
    pub shared: bool,
}

/// Looks whether the file of a slot is whole, as far as that can be told without a PIN; a slot without a file is.
pub fn examine(place: &Place<'_>, slot: CK_SLOT_ID) -> Result<()> {
    let path = files::path_of(place.directory, slot);
    if !path.exists() {
        return Ok(());
    }
    snapshot::examine(&path, place.shared).map(drop).map_err(|error| Problem::Token(shown(&path), error))
}

/// Writes a backup of the token of a slot, as it is now, which this PIN of its opens.
pub fn write(place: &Place<'_>, slot: CK_SLOT_ID, pin: &str, out: &mut impl Write) -> Result<()> {
    let path = files::path_of(place.directory, slot);
    let draft = Draft::new(place.directory)?;
    let header = snapshot::copy(&path, place.shared, &draft.0).map_err(|error| Problem::Token(shown(&path), error))?;
    let keys = opened(&header, pin)?;
    let key = keys.token_key().ok_or(Problem::Pin)?;
    let failed = |error| Problem::File("the backup".into(), error);
    let head = head(&header)?;
    out.write_all(&head).map_err(failed)?;
    let mut copy = draft.open()?;
    let mut number = 0;
    loop {
        let piece = piece_of(&mut copy).map_err(|error| draft.problem(error))?;
        let last = piece.len() < PIECE;
        let sealed = key
            .seal_backup(&context(&head, number, last), &piece)
            .map_err(|error| Problem::Token(shown(&path), error))?;
        out.write_all(&(sealed.len() as u32).to_le_bytes()).and_then(|()| out.write_all(&sealed)).map_err(failed)?;
        if last {
            return Ok(());
        }
        number += 1;
    }
}

/// Makes a token of a backup, in the slot that is named or the first free one; gives the slot and the label.
pub fn restore(
    place: &Place<'_>,
    slot: Option<CK_SLOT_ID>,
    pin: &str,
    from: &mut impl Read,
) -> Result<(CK_SLOT_ID, String)> {
    let (head, pins) = read_head(from)?;
    let keys = opened(&pins, pin)?;
    let key = keys.token_key().ok_or(Problem::Pin)?;
    files::make_directory(place.directory).map_err(|error| Problem::File(shown(place.directory), error))?;
    let draft = Draft::new(place.directory)?;
    unseal(key, &head, from, &draft)?;
    // What was sealed whole is whole; but whether it is a token that this version reads is to be known before it is one.
    let header = snapshot::examine(&draft.0, place.shared)
        .map_err(|error| Problem::Token("the token in the backup".into(), error))?;
    let taken = files::slots(place.directory).map_err(|error| Problem::File(shown(place.directory), error))?;
    for other in &taken {
        let path = files::path_of(place.directory, *other);
        if snapshot::examine(&path, place.shared).is_ok_and(|other| other.serial == header.serial) {
            return Err(Problem::Present(*other));
        }
    }
    let slot = slot.or_else(|| (0..).find(|slot| !taken.contains(slot))).unwrap_or_default();
    snapshot::place(&draft.0, place.directory, slot).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Problem::Taken(slot),
        _ => Problem::File(shown(&files::path_of(place.directory, slot)), error),
    })?;
    Ok((slot, String::from_utf8_lossy(&header.label).trim_end().to_owned()))
}

/// A file of the directory that is gone in the end, whatever happens.
struct Draft(PathBuf);

impl Draft {
    fn new(directory: &Path) -> Result<Self> {
        let mut number = [0; 8];
        random::fill(&mut number).map_err(|error| Problem::Token(shown(directory), error))?;
        // Not the name of a token, and nobody else's.
        Ok(Self(directory.join(format!(".backup-{:016x}", u64::from_ne_bytes(number)))))
    }

    fn open(&self) -> Result<File> {
        File::open(&self.0).map_err(|error| self.problem(error))
    }

    fn problem(&self, error: io::Error) -> Problem {
        Problem::File(shown(&self.0), error)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Under its own name it is gone when it has become a token.
        let _ = fs::remove_file(&self.0);
    }
}

fn unseal(key: &TokenKey, head: &[u8], from: &mut impl Read, draft: &Draft) -> Result<()> {
    files::create(&draft.0).map_err(|error| draft.problem(error))?;
    let mut file = File::options().write(true).open(&draft.0).map_err(|error| draft.problem(error))?;
    for number in 0.. {
        let mut length = [0; 4];
        read(from, &mut length)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > SEALED_PIECE {
            return Err(Problem::Damaged("a piece of it is too long"));
        }
        let mut sealed = vec![0; length];
        read(from, &mut sealed)?;
        let last = length < SEALED_PIECE;
        let piece = key
            .open_backup(&context(head, number, last), &sealed)
            .map_err(|_| Problem::Damaged("a piece of it is not what was sealed"))?;
        file.write_all(&piece).map_err(|error| draft.problem(error))?;
        if last {
            break;
        }
    }
    if from.read(&mut [0]).map_err(|error| Problem::File("the backup".into(), error))? != 0 {
        return Err(Problem::Damaged("there is something behind its end"));
    }
    file.sync_all().map_err(|error| draft.problem(error))
}

/// What a piece is bound to: its backup, its place in it, and whether another follows.
fn context(head: &[u8], number: u64, last: bool) -> Vec<u8> {
    [&checksum(&[head])[..], &number.to_le_bytes(), &[u8::from(last)]].concat()
}

/// What stands before the pieces: how the PINs open the token key.
fn head(header: &Header) -> Result<Vec<u8>> {
    let mut head = MAGIC.to_vec();
    for pin in [&header.so_pin, &header.user_pin] {
        let wrapped = pin.as_ref().and_then(|pin| match &pin.guard {
            Guard::Wrapped(wrapped) => Some(wrapped),
            Guard::Hash(_) => None,
        });
        let whole = |wrapped: &&Wrapped| wrapped.salt.len() == SALT && wrapped.sealed.len() == KEY_SEALED;
        match wrapped.filter(whole) {
            None => head.push(0),
            Some(Wrapped { cost, salt, sealed }) => {
                head.push(1);
                head.extend(cost.memory.to_le_bytes());
                head.extend(cost.passes.to_le_bytes());
                head.extend(salt);
                head.extend(sealed);
            }
        }
    }
    head.extend(&*checksum(&[&head]));
    Ok(head)
}

/// The head, and the PINs in it.
fn read_head(from: &mut impl Read) -> Result<(Vec<u8>, Header)> {
    let mut head = Vec::new();
    let mut take = |count: usize| {
        let start = head.len();
        head.resize(start + count, 0);
        let taken = head.get_mut(start..).unwrap_or_default();
        read(from, taken)?;
        Ok::<_, Problem>(taken.to_vec())
    };
    if take(MAGIC.len()).map_err(|_| Problem::Foreign)? != MAGIC {
        return Err(Problem::Foreign);
    }
    let number = |bytes: Vec<u8>| bytes.try_into().map_or(0, u32::from_le_bytes);
    let mut pins = [None, None];
    for pin in &mut pins {
        if take(1)? == [0] {
            continue;
        }
        let cost = Cost { memory: number(take(4)?), passes: number(take(4)?) };
        let wrapped = Wrapped { cost, salt: take(SALT)?, sealed: take(KEY_SEALED)? };
        *pin = Some(Pin { guard: Guard::Wrapped(wrapped), tries: 0, tries_left: 0 });
    }
    let written = take(CHECK)?;
    let before = head.len() - CHECK;
    if head.get(..before).map(|head| checksum(&[head])).as_deref() != Some(&written) {
        return Err(Problem::Damaged("its first bytes are not what was written"));
    }
    let [so_pin, user_pin] = pins;
    Ok((head, Header { so_pin, user_pin, ..Header::blank([b' '; 16]) }))
}

/// The token key, opened by one of the token's PINs.
fn opened(header: &Header, pin: &str) -> Result<Keys> {
    for known in [&header.user_pin, &header.so_pin].into_iter().flatten() {
        let opened = known.guard.open(pin.as_bytes());
        if let Some(keys) = opened.map_err(|error| Problem::Token("the PIN cannot be tried".into(), error))? {
            return Ok(keys);
        }
    }
    Err(Problem::Pin)
}

/// Up to a piece of what is left.
fn piece_of(file: &mut File) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut piece = Zeroizing::new(Vec::with_capacity(PIECE));
    file.take(PIECE as u64).read_to_end(&mut piece)?;
    Ok(piece)
}

fn read(from: &mut impl Read, to: &mut [u8]) -> Result<()> {
    from.read_exact(to).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Problem::Damaged("its end is missing"),
        _ => Problem::File("the backup".into(), error),
    })
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
