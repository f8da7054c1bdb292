//! What a power failure may leave of the files that a process has written, from the list that `tests/c/disk.c` makes.
//!
//! What was synchronised is there. Of what was not, any part may be: of each write any of its sectors, a later one without an earlier
//! one, a new length or not, a new name or not. What lies between what is there is zeros, or what was on the disk before.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const SECTOR: usize = 512;

/// One thing that the process did.
pub enum Deed {
    Create(String),
    Write { name: String, at: usize, data: Vec<u8> },
    Resize { name: String, length: usize },
    Sync(String),
    SyncFolder(String),
    Unlink(String),
    MakeFolder(String),
}

/// Reads the list.
pub fn read(list: &[u8]) -> Vec<Deed> {
    let mut rest = list;
    let mut deeds = Vec::new();
    while !rest.is_empty() {
        let number = |at: usize, length: usize| {
            rest[at..at + length].iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte))
        };
        let (name_length, at, length) = (number(1, 4), number(5, 8), number(13, 4));
        let name = String::from_utf8(rest[17..17 + name_length].to_vec()).unwrap();
        let data = &rest[17 + name_length..][..length];
        deeds.push(match rest[0] {
            b'C' => Deed::Create(name),
            b'W' => Deed::Write { name, at, data: data.to_vec() },
            b'T' => Deed::Resize { name, length: at },
            b'S' => Deed::Sync(name),
            b'D' => Deed::SyncFolder(name),
            b'U' => Deed::Unlink(name),
            b'M' => Deed::MakeFolder(name),
            other => panic!("what is {other}?"),
        });
        rest = &rest[17 + name_length + length..];
    }
    deeds
}

/// Numbers that are the same in each run.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

enum Change {
    Write(usize, Vec<u8>),
    Resize(usize),
}

#[derive(Default)]
struct File {
    durable: Vec<u8>,
    /// What was not synchronised, in its order.
    pending: Vec<Change>,
}

/// A name that came or went, and has not been synchronised.
struct Naming {
    name: String,
    file: Option<usize>,
}

/// The disk as it is written to.
#[derive(Default)]
pub struct Disk {
    files: Vec<File>,
    /// The names as the process sees them, and as they are on the disk. Folders are files without content.
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    pending_names: Vec<Naming>,
}

impl Disk {
    /// A disk on which all is that lies in a place, as a folder of that name.
    pub fn with(folder: &str, place: &Path) -> Self {
        let mut disk = Self::default();
        let entries = fs::read_dir(place).into_iter().flatten().map(|entry| entry.unwrap().path());
        let named = entries.map(|path| (format!("{folder}/{}", path.file_name().unwrap().display()), path));
        let files = named.map(|(name, path)| (name, fs::read(path).unwrap()));
        for (name, durable) in files.chain(place.exists().then(|| (folder.to_string(), Vec::new()))) {
            disk.names.insert(name.clone(), disk.files.len());
            disk.durable_names.insert(name, disk.files.len());
            disk.files.push(File { durable, pending: Vec::new() });
        }
        disk
    }

    pub fn take(&mut self, deed: &Deed) {
        match deed {
            Deed::Create(name) | Deed::MakeFolder(name) => {
                self.files.push(File::default());
                self.name(name, Some(self.files.len() - 1));
            }
            Deed::Unlink(name) => self.name(name, None),
            Deed::Write { name, at, data } => self.change(name, Change::Write(*at, data.clone())),
            Deed::Resize { name, length } => self.change(name, Change::Resize(*length)),
            Deed::Sync(name) => {
                let file = self.file(name);
                for change in std::mem::take(&mut file.pending) {
                    apply(&mut file.durable, &change, &mut || true, 0);
                }
            }
            Deed::SyncFolder(folder) => {
                let (done, pending) = std::mem::take(&mut self.pending_names)
                    .into_iter()
                    .partition(|naming: &Naming| folder_of(&naming.name) == folder);
                self.pending_names = pending;
                done.into_iter().for_each(|naming| rename(&mut self.durable_names, naming.name, naming.file));
            }
        }
    }

    fn name(&mut self, name: &str, file: Option<usize>) {
        rename(&mut self.names, name.into(), file);
        self.pending_names.push(Naming { name: name.into(), file });
    }

    fn file(&mut self, name: &str) -> &mut File {
        let number = *self.names.get(name).unwrap_or_else(|| panic!("{name} was never made"));
        &mut self.files[number]
    }

    fn change(&mut self, name: &str, change: Change) {
        self.file(name).pending.push(change);
    }

    /// Puts into a place what a failure now may leave of a folder.
    pub fn fail(&self, chance: &mut Chance, folder: &str, place: &Path) {
        let _ = fs::remove_dir_all(place);
        // How much of what was not synchronised has come onto the disk, and what is where nothing has.
        let kept = [0, 10, 50, 90, 100][chance.below(5)];
        let old = [0, chance.below(256) as u8][chance.below(2)];
        let mut names = self.durable_names.clone();
        for Naming { name, file } in &self.pending_names {
            if chance.percent(kept) {
                rename(&mut names, name.clone(), *file);
            }
        }
        if !names.contains_key(folder) {
            return;
        }
        fs::create_dir_all(place).unwrap();
        fs::set_permissions(place, Permissions::from_mode(0o700)).unwrap();
        for (name, number) in names.iter().filter(|(name, _)| folder_of(name) == folder) {
            let file = &self.files[*number];
            let mut content = file.durable.clone();
            for change in &file.pending {
                apply(&mut content, change, &mut || chance.percent(kept), old);
            }
            let place = place.join(&name[folder.len() + 1..]);
            fs::write(&place, content).unwrap();
            fs::set_permissions(&place, Permissions::from_mode(0o600)).unwrap();
        }
    }
}

fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn rename(names: &mut BTreeMap<String, usize>, name: String, file: Option<usize>) {
    match file {
        Some(file) => names.insert(name, file),
        None => names.remove(&name),
    };
}

/// Changes a file, as far as it comes onto the disk.
fn apply(content: &mut Vec<u8>, change: &Change, kept: &mut dyn FnMut() -> bool, old: u8) {
    match change {
        Change::Resize(length) if kept() => content.resize(*length, 0),
        Change::Resize(_) => {}
        Change::Write(at, data) => {
            let mut done = 0;
            while done < data.len() {
                let place = at + done;
                let length = (SECTOR - place % SECTOR).min(data.len() - done);
                if kept() {
                    if content.len() < place + length {
                        content.resize(place + length, old);
                    }
                    content[place..place + length].copy_from_slice(&data[done..done + length]);
                }
                done += length;
            }
        }
    }
}
