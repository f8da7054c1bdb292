//! Objects as a session makes, changes, reads and seeks them (section 5.7, "Object management functions").

use super::Session;
use crate::error::{Error, Result};
use crate::object::rules::{self, Change, Draft, Origin, Request};
use crate::object::template::{Read, Template};
use crate::object::{Object, builtin};
use crate::token::Login;
use cryptoki_sys::*;
use std::sync::Arc;

impl Session {
    /// `C_CreateObject`.
    pub(crate) fn create_object(&self, template: &Template) -> Result<CK_OBJECT_HANDLE> {
        let draft = Draft::begin(self.request(Origin::Create), template)?;
        self.admit(&draft)?;
        let attributes = draft.finish(Vec::new())?;
        let [handle] = self.token.insert(self.handle, [Object::new(attributes, self.handle)])?;
        Ok(handle)
    }

    /// `C_CopyObject`.
    pub(crate) fn copy_object(&self, handle: CK_OBJECT_HANDLE, template: &Template) -> Result<CK_OBJECT_HANDLE> {
        let object = self.object(handle)?;
        let attributes = rules::change(&object.attributes, template, Change::Copy, self.is_so())?;
        let [copy] = self.token.insert(self.handle, [object.with(attributes, self.handle)])?;
        Ok(copy)
    }

    /// `C_SetAttributeValue`: all or nothing.
    pub(crate) fn set_attributes(&self, handle: CK_OBJECT_HANDLE, template: &Template) -> Result<()> {
        loop {
            let object = self.object(handle)?;
            self.token.may_write(self.handle, object.is_token_object(), object.is_private())?;
            let attributes = rules::change(&object.attributes, template, Change::Set, self.is_so())?;
            let changed = object.with(attributes, object.owner.unwrap_or(self.handle));
            // Another thread may have changed the object meanwhile: then the rules are judged anew.
            if self.token.replace(self.handle, handle, &object, changed)? {
                return Ok(());
            }
        }
    }

    /// `C_DestroyObject`; gives what there was.
    pub(crate) fn destroy_object(&self, handle: CK_OBJECT_HANDLE) -> Result<Arc<Object>> {
        if self.built_in(handle).is_some() {
            return Err(Error::ActionProhibited);
        }
        let object = self.token.destroy(self.handle, handle)?;
        self.end_what_is_over();
        Ok(object)
    }

    /// An object by its handle, built-in ones included.
    pub(crate) fn object(&self, handle: CK_OBJECT_HANDLE) -> Result<Arc<Object>> {
        match self.built_in(handle) {
            Some(object) => Ok(object),
            None => self.token.object(handle),
        }
    }

    /// A built-in object, if this token has it.
    fn built_in(&self, handle: CK_OBJECT_HANDLE) -> Option<Arc<Object>> {
        builtin::get(handle).filter(|object| self.token.offer().shows(object))
    }

    /// `C_FindObjectsInit`.
    pub(crate) fn find_begin(&self, template: &Template) -> Result<()> {
        let mut state = self.lock();
        if state.search.is_some() {
            return Err(Error::OperationActive);
        }
        let mut found = self.token.find(template)?;
        found.extend(builtin::find(template, |object| self.token.offer().shows(object)));
        state.search = Some(found.into());
        Ok(())
    }

    /// `C_FindObjects`: the next handles, at most so many.
    pub(crate) fn find_next(&self, most: usize) -> Result<Vec<CK_OBJECT_HANDLE>> {
        let mut state = self.lock();
        let search = state.search.as_mut().ok_or(Error::OperationNotInitialized)?;
        let count = most.min(search.len());
        Ok(search.drain(..count).collect())
    }

    /// `C_FindObjectsFinal`.
    pub(crate) fn find_end(&self) -> Result<()> {
        self.lock().search.take().map(drop).ok_or(Error::OperationNotInitialized)
    }

    pub(super) fn is_so(&self) -> bool {
        self.token.login_state() == Login::So
    }

    /// What the rules need to know of this session for a new object.
    pub(super) fn request(&self, origin: Origin) -> Request {
        Request::new(origin).so(self.is_so())
    }

    /// Refuses an object that this session may not make, before costly work is done for it.
    pub(super) fn admit(&self, draft: &Draft) -> Result<()> {
        let attributes = draft.attributes();
        self.token.may_write(self.handle, attributes.bool(CKA_TOKEN), attributes.bool(CKA_PRIVATE))
    }
}
