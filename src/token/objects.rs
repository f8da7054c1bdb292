//! The token's objects.
//!
//! A token object is committed to the store before its handle is given away, and the call counts as made in that moment:
//! whatever ends a session or a login afterwards comes after it.

use super::{Login, State, Token};
use crate::error::{Error, Result};
use crate::log::{self, Level};
use crate::object::Object;
use crate::object::table::{self, Entry};
use crate::object::template::{Attributes, Read, Template, Value};
use crate::seal::Keys;
use crate::store::{Change, Committed, Place};
use crate::sync::MutexGuard;
use cryptoki_sys::*;
use std::sync::Arc;

/// How often an object is looked for that others change again and again.
const TRIES: usize = 100;

impl Token {
    /// The object of a handle, if it may be seen now.
    pub(crate) fn object(&self, handle: CK_OBJECT_HANDLE) -> Result<Arc<Object>> {
        self.object_or(handle, Error::ObjectHandleInvalid)
    }

    /// As [`Self::object`], with another code for a handle that is none.
    pub(crate) fn object_or(&self, handle: CK_OBJECT_HANDLE, invalid: Error) -> Result<Arc<Object>> {
        for _ in 0..TRIES {
            self.refresh()?;
            let (entry, keys) = {
                let state = self.state.read();
                let entry = state.objects.get(handle).filter(|entry| state.sees(entry)).ok_or(invalid)?;
                if let Some(object) = entry.object() {
                    return Ok(object.clone());
                }
                (entry.clone(), state.keys.clone())
            };
            match self.read(&entry, &keys) {
                Ok(object) => return Ok(entry.keep(object).clone()),
                // It was changed or destroyed a moment ago.
                Err(Error::ObjectHandleInvalid) => {}
                Err(error) => return Err(error),
            }
        }
        log::write(Level::Error, format_args!("slot {}: an object is neither there nor gone", self.slot));
        Err(Error::DeviceError)
    }

    /// The handles of the visible objects that match a template.
    pub(crate) fn find(&self, template: &Template) -> Result<Vec<CK_OBJECT_HANDLE>> {
        self.refresh()?;
        let (found, rest, keys) = {
            let state = self.state.read();
            let (found, rest) = state.objects.find(template, |entry| state.sees(entry));
            (found, rest, state.keys.clone())
        };
        let matches = |entry: &Entry| match entry.object() {
            _ if rest.is_empty() => true,
            Some(object) => object.matches_all(&rest),
            // It is not kept: a search through everything must not fill the memory. What is damaged has been told, and what is gone
            // matches nothing.
            None => self.read(entry, &keys).is_ok_and(|object| object.matches_all(&rest)),
        };
        Ok(found.into_iter().filter(|(_, entry)| matches(entry)).map(|(handle, _)| handle).collect())
    }

    /// Whether a session may make, change or destroy objects of these attributes: the one place of that rule.
    /// To be asked before costly work, and again by the functions that do it.
    pub(crate) fn may_write(&self, session: CK_SESSION_HANDLE, token_object: bool, private: bool) -> Result<()> {
        self.state.read().may_write(session, token_object, private)
    }

    /// Adds objects, all or none; returns their handles.
    pub(crate) fn insert<const N: usize>(
        &self,
        session: CK_SESSION_HANDLE,
        objects: [Object; N],
    ) -> Result<[CK_OBJECT_HANDLE; N]> {
        self.insert_all(session, objects.into())?.try_into().map_err(|_| Error::GeneralError)
    }

    /// As [`Self::insert`], for any number.
    pub(crate) fn insert_all(&self, session: CK_SESSION_HANDLE, objects: Vec<Object>) -> Result<Vec<CK_OBJECT_HANDLE>> {
        for object in &objects {
            self.offer.admit(object)?;
            self.admit_size(object)?;
        }
        let admit = |state: &State| {
            if state.objects.len().saturating_add(objects.len()) > self.limits.objects {
                return Err(Error::DeviceMemory);
            }
            objects
                .iter()
                .try_for_each(|object| state.may_write(session, object.is_token_object(), object.is_private()))
        };
        let kept = |object: &Object| self.store.keeps_objects() && object.is_token_object();
        let changes: Vec<_> =
            objects.iter().filter(|object| kept(object)).map(|object| Change::Create(&object.attributes)).collect();
        let mut places = Vec::new().into_iter();
        let (mut state, period) = if changes.is_empty() {
            let state = self.change();
            admit(&state)?;
            (state, self.login_period())
        } else {
            let _seen = self.seen.lock();
            let (keys, period) = {
                let state = self.state.read();
                admit(&state)?;
                (state.keys.clone(), self.login_period())
            };
            places = self.commit(&keys, &changes)?.ok_or(Error::FunctionFailed)?.into_iter();
            (self.change(), period)
        };
        // A login that ended meanwhile took its handles with it.
        let over = period != self.login_period();
        let mut handles = Vec::with_capacity(objects.len());
        for object in objects {
            let place = if kept(&object) { places.next() } else { None };
            let session_ended = object.owner.is_some_and(|owner| !state.sessions.contains_key(&owner));
            handles.push(match session_ended || (over && object.is_private()) {
                true => table::fresh_handle(),
                false => state.objects.insert(Arc::new(object), place),
            });
        }
        Ok(handles)
    }

    /// Replaces an object by a changed one, unless it was changed or destroyed meanwhile.
    pub(crate) fn replace(
        &self,
        session: CK_SESSION_HANDLE,
        handle: CK_OBJECT_HANDLE,
        old: &Arc<Object>,
        new: Object,
    ) -> Result<bool> {
        self.admit_size(&new)?;
        let may_write = |state: &State, _: &Entry| state.may_write(session, old.is_token_object(), old.is_private());
        self.replace_if(handle, old, new, may_write)
    }

    /// Replaces a key by what a signature leaves of it, unless it was changed or destroyed meanwhile. Who may use it may do
    /// that, in a read-only session too.
    pub(crate) fn spend(&self, handle: CK_OBJECT_HANDLE, old: &Arc<Object>, left: Attributes) -> Result<bool> {
        let left = old.with(left, old.owner.unwrap_or(CK_INVALID_HANDLE));
        let sees = |state: &State, entry: &Entry| if state.sees(entry) { Ok(()) } else { Err(Error::UserNotLoggedIn) };
        self.replace_if(handle, old, left, sees)
    }

    fn replace_if(
        &self,
        handle: CK_OBJECT_HANDLE,
        old: &Arc<Object>,
        new: Object,
        admit: impl Fn(&State, &Entry) -> Result<()>,
    ) -> Result<bool> {
        let _seen = self.writing(handle);
        let current = |state: &State| {
            let entry = state.objects.get(handle).ok_or(Error::ObjectHandleInvalid)?;
            admit(state, entry)?;
            Ok(entry.object().is_some_and(|object| Arc::ptr_eq(object, old)).then_some(entry.place))
        };
        let (place, keys) = {
            let state = self.state.read();
            let Some(place) = current(&state)? else { return Ok(false) };
            (place, state.keys.clone())
        };
        let new_place = match place {
            None => None,
            Some(place) => {
                let change = Change::Replace(place, &new.attributes);
                let Some(places) = self.commit(&keys, &[change])? else { return Ok(false) };
                places.first().copied()
            }
        };
        let mut state = self.change();
        if new_place.is_some() {
            state.objects.replace(handle, Arc::new(new), new_place);
            return Ok(true);
        }
        if current(&state)?.is_none() {
            return Ok(false);
        }
        state.objects.replace(handle, Arc::new(new), None);
        Ok(true)
    }

    /// Notes that a key wraps another, in the store too: to be called before the wrapped key is given away. Whoever may wrap may do
    /// that, in a read-only session too.
    pub(crate) fn note_wrapping(&self, wrapping: &Object, wrapped: &Object) -> Result<()> {
        let Some(mut record) = self.wrappers.news(wrapping, wrapped) else { return Ok(()) };
        if self.is_shared() {
            let _seen = self.seen.lock();
            let (keys, login) = {
                let state = self.state.read();
                (state.keys.clone(), state.login)
            };
            // Whoever sees the key must see this, with a login or without. A session key is seen by nobody else.
            let private = wrapping.is_private() || (!wrapping.is_token_object() && login == Login::User);
            record.insert(CKA_PRIVATE, Value::Bool(private));
            self.commit(&keys, &[Change::Create(&record)])?;
        }
        self.wrappers.learn(&record);
        Ok(())
    }

    /// `C_DestroyObject`; gives what there was.
    pub(crate) fn destroy(&self, session: CK_SESSION_HANDLE, handle: CK_OBJECT_HANDLE) -> Result<Arc<Object>> {
        loop {
            let object = self.object(handle)?;
            let _seen = self.writing(handle);
            let (place, keys) = {
                let state = self.state.read();
                let entry = state.objects.get(handle).ok_or(Error::ObjectHandleInvalid)?;
                state.may_write(session, object.is_token_object(), object.is_private())?;
                (entry.place, state.keys.clone())
            };
            if !object.attributes.bool(CKA_DESTROYABLE) {
                return Err(Error::ActionProhibited);
            }
            let mut state = match place {
                // Another process was faster: it may have destroyed it, or changed it so that it stays.
                Some(place) if self.commit(&keys, &[Change::Destroy(place)])?.is_none() => continue,
                Some(_) => self.change(),
                None => {
                    let state = self.change();
                    let current = state.objects.get(handle).ok_or(Error::ObjectHandleInvalid)?;
                    if !current.object().is_some_and(|current| Arc::ptr_eq(current, &object)) {
                        continue;
                    }
                    state
                }
            };
            state.objects.remove(handle);
            return Ok(object);
        }
    }

    fn admit_size(&self, object: &Object) -> Result<()> {
        if object.size() > self.limits.object_bytes { Err(Error::DeviceMemory) } else { Ok(()) }
    }

    /// What must be held while an object is changed, if it lies in the store.
    fn writing(&self, handle: CK_OBJECT_HANDLE) -> Option<MutexGuard<'_, i64>> {
        let stored = self.state.read().objects.get(handle).is_some_and(|entry| entry.place.is_some());
        stored.then(|| self.seen.lock())
    }

    /// Commits changes; gives the places of what is there now, or nothing if another process was faster.
    fn commit(&self, keys: &Keys, changes: &[Change<'_>]) -> Result<Option<Vec<Place>>> {
        match self.store.commit(keys, changes)? {
            Committed::Done(places) => Ok(Some(places)),
            Committed::Overtaken => Ok(None),
        }
    }

    fn read(&self, entry: &Entry, keys: &Keys) -> Result<Arc<Object>> {
        let place = entry.place.ok_or(Error::GeneralError)?;
        let attributes = self.store.body(&place, entry.private, keys)?;
        // What says that it is private, or not, lies outside of what is sealed.
        if attributes.bool(CKA_PRIVATE) != entry.private || !attributes.bool(CKA_TOKEN) {
            return Err(Error::DeviceError);
        }
        Ok(Arc::new(Object::new(attributes, CK_INVALID_HANDLE)))
    }
}
