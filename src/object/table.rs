//! The objects of a token, found by handle, and indexed by class, label and id so that a search does not
//! depend on how many there are.

use super::Object;
use super::template::{Attributes, Raw, Read, Template};
use cryptoki_sys::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The attributes that have an index. None of them is ever sensitive.
pub const INDEXED: [CK_ATTRIBUTE_TYPE; 3] = [CKA_ID, CKA_LABEL, CKA_CLASS];

/// An object in a store, as it was at one moment. Neither number is ever used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which object.
    pub id: i64,
    /// Which of its versions.
    pub version: i64,
}

/// What is known of an object before it is first used: the attributes by which it is found.
pub(crate) struct Head {
    /// Where the rest is.
    pub place: Place,
    /// Whether only the user may see it.
    pub private: bool,
    /// The indexed attributes.
    pub attributes: Attributes,
}

/// An object in its table. One that lies in a store is read when it is first used.
pub struct Entry {
    /// The object, once it has been read.
    object: OnceLock<Arc<Object>>,
    /// Where it lies in the token's store, if it does.
    pub(crate) place: Option<Place>,
    /// Whether only the user may see it.
    pub private: bool,
    /// The session whose end is its end; `None` for token objects.
    pub owner: Option<CK_SESSION_HANDLE>,
    /// What it is indexed by; it outlives nothing else.
    keys: Keys,
}

type Keys = [Option<Arc<[u8]>>; INDEXED.len()];

impl Entry {
    /// An object that is there.
    fn of(object: Arc<Object>, place: Option<Place>, keys: Keys) -> Self {
        let (private, owner) = (object.is_private(), object.owner);
        Self { object: OnceLock::from(object), place, private, owner, keys }
    }

    /// The object, if it has been read.
    pub fn object(&self) -> Option<&Arc<Object>> {
        self.object.get()
    }

    /// Keeps the object that was read; if another thread was faster, all have that one.
    pub fn keep(&self, object: Arc<Object>) -> &Arc<Object> {
        self.object.get_or_init(|| object)
    }
}

type Index = HashMap<Arc<[u8]>, Handles>;

/// The objects that have a value in common. Mostly it is one, for which a set would be a hundred bytes more.
enum Handles {
    One(CK_OBJECT_HANDLE),
    Many(BTreeSet<CK_OBJECT_HANDLE>),
}

impl Handles {
    fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(handles) => handles.len(),
        }
    }

    fn contains(&self, handle: CK_OBJECT_HANDLE) -> bool {
        match self {
            Self::One(one) => *one == handle,
            Self::Many(handles) => handles.contains(&handle),
        }
    }

    /// In the order of their making.
    fn iter(&self) -> impl Iterator<Item = CK_OBJECT_HANDLE> {
        let (one, many) = match self {
            Self::One(one) => (Some(*one), None),
            Self::Many(handles) => (None, Some(handles)),
        };
        one.into_iter().chain(many.into_iter().flatten().copied())
    }

    fn insert(&mut self, handle: CK_OBJECT_HANDLE) {
        match self {
            Self::One(one) if *one == handle => {}
            Self::One(one) => *self = Self::Many(BTreeSet::from([*one, handle])),
            Self::Many(handles) => drop(handles.insert(handle)),
        }
    }

    /// Says whether there is none left.
    fn remove(&mut self, handle: CK_OBJECT_HANDLE) -> bool {
        match self {
            Self::One(one) => *one == handle,
            Self::Many(handles) => {
                handles.remove(&handle);
                handles.is_empty()
            }
        }
    }
}

/// The last object's handle, of all tokens. It outlives `C_InitToken` and `C_Finalize`: who still has a handle of before must not
/// meet another object.
static LAST_HANDLE: AtomicU64 = AtomicU64::new(0);

/// A handle that was never used before.
pub fn fresh_handle() -> CK_OBJECT_HANDLE {
    LAST_HANDLE.fetch_add(1, Ordering::Relaxed) as CK_OBJECT_HANDLE + 1
}

/// A token's objects.
#[derive(Default)]
pub struct Table {
    entries: BTreeMap<CK_OBJECT_HANDLE, Arc<Entry>>,
    indexes: [Index; INDEXED.len()],
    /// The handles of session objects, by their session.
    owned: HashMap<CK_SESSION_HANDLE, Handles>,
    /// The handles of objects in the store, by the numbers that they have there.
    stored: HashMap<i64, CK_OBJECT_HANDLE>,
}

impl Table {
    /// The object of a handle.
    pub fn get(&self, handle: CK_OBJECT_HANDLE) -> Option<&Arc<Entry>> {
        self.entries.get(&handle)
    }

    /// Adds an object under a handle that was never used before.
    pub(crate) fn insert(&mut self, object: Arc<Object>, place: Option<Place>) -> CK_OBJECT_HANDLE {
        let handle = fresh_handle();
        let keys = self.index_keys(&object.attributes);
        self.put(handle, Arc::new(Entry::of(object, place, keys)));
        handle
    }

    /// Replaces the object of a handle by a changed one.
    pub(crate) fn replace(&mut self, handle: CK_OBJECT_HANDLE, object: Arc<Object>, place: Option<Place>) {
        if self.remove(handle).is_some() {
            let keys = self.index_keys(&object.attributes);
            self.put(handle, Arc::new(Entry::of(object, place, keys)));
        }
    }

    /// Takes notice of an object in the store, new or changed. It keeps its handle; what is known of it in this version already
    /// is kept, unless it is to be read anew.
    pub(crate) fn note(&mut self, head: Head, anew: bool) {
        let handle = self.stored.get(&head.place.id).copied();
        let known = handle.and_then(|handle| self.get(handle)).and_then(|entry| entry.place);
        if known.is_some_and(|known| known.version > head.place.version || (known == head.place && !anew)) {
            return;
        }
        let handle = handle.inspect(|handle| drop(self.remove(*handle))).unwrap_or_else(fresh_handle);
        let Head { place, private, attributes } = head;
        let keys = self.index_keys(&attributes);
        let entry = Entry { object: OnceLock::new(), place: Some(place), private, owner: None, keys };
        self.put(handle, Arc::new(entry));
    }

    /// Removes an object that is no longer in the store.
    pub(crate) fn forget(&mut self, id: i64) {
        if let Some(handle) = self.stored.get(&id).copied() {
            self.remove(handle);
        }
    }

    /// Removes an object.
    pub fn remove(&mut self, handle: CK_OBJECT_HANDLE) -> Option<Arc<Entry>> {
        let entry = self.entries.remove(&handle)?;
        if let Some(place) = entry.place {
            self.stored.remove(&place.id);
        }
        for (index, key) in self.indexes.iter_mut().zip(&entry.keys) {
            let Some(key) = key else { continue };
            if index.get_mut(key).is_some_and(|handles| handles.remove(handle)) {
                index.remove(key);
            }
        }
        if let Some(owner) = entry.owner
            && self.owned.get_mut(&owner).is_some_and(|handles| handles.remove(handle))
        {
            self.owned.remove(&owner);
        }
        Some(entry)
    }

    /// Removes the objects of a session, and gives them.
    pub fn remove_owned_by(&mut self, session: CK_SESSION_HANDLE) -> Vec<Arc<Entry>> {
        let owned = self.owned.get(&session).map(|handles| handles.iter().collect::<Vec<_>>());
        owned.unwrap_or_default().into_iter().filter_map(|handle| self.remove(handle)).collect()
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Removes the objects that a rule names.
    pub fn remove_where(&mut self, gone: impl Fn(&Entry) -> bool) {
        for handle in self.handles_where(gone) {
            self.remove(handle);
        }
    }

    /// Gives new handles to the objects that a rule names, so that the old ones are dead for good.
    pub fn rename_where(&mut self, renamed: impl Fn(&Entry) -> bool) {
        for handle in self.handles_where(renamed) {
            if let Some(entry) = self.remove(handle) {
                let handle = fresh_handle();
                self.put(handle, entry);
            }
        }
    }

    /// The objects that match a template as far as the indexes can tell, in the order of their making; and what of the template
    /// they cannot.
    pub fn find(
        &self,
        template: &Template,
        visible: impl Fn(&Entry) -> bool,
    ) -> (Vec<(CK_OBJECT_HANDLE, Arc<Entry>)>, Template) {
        let (by_index, rest): (Template, Template) =
            template.iter().cloned().partition(|(attribute, _)| INDEXED.contains(attribute));
        let Some(mut sets) = by_index.iter().map(|wanted| self.handles(wanted)).collect::<Option<Vec<_>>>() else {
            return (Vec::new(), rest);
        };
        sets.sort_unstable_by_key(|handles| handles.len());
        let found = |handle: CK_OBJECT_HANDLE, entry: &Arc<Entry>| visible(entry).then(|| (handle, entry.clone()));
        let found = match sets.split_first() {
            None => self.entries.iter().filter_map(|(handle, entry)| found(*handle, entry)).collect(),
            Some((smallest, others)) => smallest
                .iter()
                .filter(|handle| others.iter().all(|handles| handles.contains(*handle)))
                .filter_map(|handle| found(handle, self.entries.get(&handle)?))
                .collect(),
        };
        (found, rest)
    }

    /// What an index has for an attribute's value.
    fn handles(&self, (attribute, raw): &(CK_ATTRIBUTE_TYPE, Raw)) -> Option<&Handles> {
        let Raw::Bytes(bytes) = raw else { return None };
        let (_, index) = INDEXED.iter().zip(&self.indexes).find(|(indexed, _)| *indexed == attribute)?;
        index.get(&bytes[..])
    }

    fn handles_where(&self, rule: impl Fn(&Entry) -> bool) -> Vec<CK_OBJECT_HANDLE> {
        self.entries.iter().filter(|(_, entry)| rule(entry)).map(|(handle, _)| *handle).collect()
    }

    fn put(&mut self, handle: CK_OBJECT_HANDLE, entry: Arc<Entry>) {
        for (index, key) in self.indexes.iter_mut().zip(&entry.keys) {
            if let Some(key) = key {
                add(index, key.clone(), handle);
            }
        }
        if let Some(place) = entry.place {
            self.stored.insert(place.id, handle);
        }
        if let Some(owner) = entry.owner {
            add(&mut self.owned, owner, handle);
        }
        self.entries.insert(handle, entry);
    }

    /// What an object is indexed by. Equal values share their bytes.
    fn index_keys(&self, attributes: &Attributes) -> Keys {
        let key = |index: &Index, value: &[u8]| {
            index.get_key_value(value).map_or_else(|| value.into(), |known| known.0.clone())
        };
        std::array::from_fn(|number| {
            let (attribute, index) = (INDEXED.get(number)?, self.indexes.get(number)?);
            match *attribute {
                CKA_CLASS => attributes.ulong(CKA_CLASS).map(|class| key(index, &class.to_ne_bytes())),
                other => attributes.bytes(other).map(|value| key(index, value)),
            }
        })
    }
}

fn add<K: Eq + std::hash::Hash>(index: &mut HashMap<K, Handles>, key: K, handle: CK_OBJECT_HANDLE) {
    index.entry(key).and_modify(|handles| handles.insert(handle)).or_insert(Handles::One(handle));
}
