//! The objects of a token, found by handle, and indexed by class, label and id so that a search does not
//! depend on how many there are.

use super::Object;
use super::template::{Raw, Read, Template};
use cryptoki_sys::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The attributes that have an index.
const INDEXED: [CK_ATTRIBUTE_TYPE; 3] = [CKA_ID, CKA_LABEL, CKA_CLASS];

type Index = HashMap<Vec<u8>, BTreeSet<CK_OBJECT_HANDLE>>;

/// A token's objects.
#[derive(Default)]
pub struct Table {
    objects: BTreeMap<CK_OBJECT_HANDLE, Arc<Object>>,
    indexes: [Index; INDEXED.len()],
    last_handle: CK_OBJECT_HANDLE,
}

impl Table {
    /// The object of a handle.
    pub fn get(&self, handle: CK_OBJECT_HANDLE) -> Option<&Arc<Object>> {
        self.objects.get(&handle)
    }

    /// Adds an object under a handle that was never used before.
    pub fn insert(&mut self, object: Arc<Object>) -> CK_OBJECT_HANDLE {
        self.last_handle += 1;
        self.put(self.last_handle, object);
        self.last_handle
    }

    /// Replaces the object of a handle by a changed one.
    pub fn replace(&mut self, handle: CK_OBJECT_HANDLE, object: Arc<Object>) {
        if self.remove(handle).is_some() {
            self.put(handle, object);
        }
    }

    /// Removes an object.
    pub fn remove(&mut self, handle: CK_OBJECT_HANDLE) -> Option<Arc<Object>> {
        let object = self.objects.remove(&handle)?;
        for (index, key) in self.indexes.iter_mut().zip(index_keys(&object)) {
            if let Some(handles) = key.as_ref().and_then(|key| index.get_mut(key)) {
                handles.remove(&handle);
                if let (true, Some(key)) = (handles.is_empty(), key) {
                    index.remove(&key);
                }
            }
        }
        Some(object)
    }

    /// Removes the objects that a rule names.
    pub fn remove_where(&mut self, gone: impl Fn(&Object) -> bool) {
        for handle in self.handles_where(gone) {
            self.remove(handle);
        }
    }

    /// Gives new handles to the objects that a rule names, so that the old ones are dead for good.
    pub fn rename_where(&mut self, renamed: impl Fn(&Object) -> bool) {
        for handle in self.handles_where(renamed) {
            if let Some(object) = self.remove(handle) {
                self.insert(object);
            }
        }
    }

    /// The handles of the objects that match a template, in the order of their making.
    pub fn find(&self, template: &Template, visible: impl Fn(&Object) -> bool) -> Vec<CK_OBJECT_HANDLE> {
        let matches = |object: &Object| visible(object) && object.matches_all(template);
        let found = |(handle, object): (&CK_OBJECT_HANDLE, &Arc<Object>)| matches(object).then_some(*handle);
        match self.candidates(template) {
            Some(Some(handles)) => {
                handles.iter().filter_map(|handle| found((handle, self.objects.get(handle)?))).collect()
            }
            Some(None) => Vec::new(),
            None => self.objects.iter().filter_map(found).collect(),
        }
    }

    /// The smallest set that an index offers: `None` if the template names no indexed attribute, `Some(None)` if an
    /// index has nothing.
    fn candidates(&self, template: &Template) -> Option<Option<&BTreeSet<CK_OBJECT_HANDLE>>> {
        INDEXED
            .iter()
            .zip(&self.indexes)
            .filter_map(|(indexed, index)| {
                let (_, raw) = template.iter().find(|(attribute, _)| attribute == indexed)?;
                let Raw::Bytes(bytes) = raw else { return Some(None) };
                Some(index.get(&bytes[..]))
            })
            .min_by_key(|handles| handles.map_or(0, BTreeSet::len))
    }

    fn handles_where(&self, rule: impl Fn(&Object) -> bool) -> Vec<CK_OBJECT_HANDLE> {
        self.objects.iter().filter(|(_, object)| rule(object)).map(|(handle, _)| *handle).collect()
    }

    fn put(&mut self, handle: CK_OBJECT_HANDLE, object: Arc<Object>) {
        for (index, key) in self.indexes.iter_mut().zip(index_keys(&object)) {
            if let Some(key) = key {
                index.entry(key).or_default().insert(handle);
            }
        }
        self.objects.insert(handle, object);
    }
}

fn index_keys(object: &Object) -> [Option<Vec<u8>>; INDEXED.len()] {
    INDEXED.map(|attribute| match attribute {
        CKA_CLASS => object.attributes.ulong(CKA_CLASS).map(|class| class.to_ne_bytes().to_vec()),
        _ => object.attributes.bytes(attribute).map(<[u8]>::to_vec),
    })
}
