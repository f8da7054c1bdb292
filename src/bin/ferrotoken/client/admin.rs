//! What looking after tokens and objects needs.

use super::template::raw_template;
use super::{Attribute, Failure, Mechanism, Module, Result, Session};
use cryptoki_sys::*;
use std::ptr::null_mut;
use zeroize::Zeroizing;

impl Module {
    /// `C_GetTokenInfo`.
    pub fn token_info(&self, slot: CK_SLOT_ID) -> Result<CK_TOKEN_INFO> {
        let mut info = CK_TOKEN_INFO::default();
        call!(self, C_GetTokenInfo(slot, &mut info))?;
        Ok(info)
    }
}

impl Session<'_> {
    /// `C_SetPIN`.
    pub fn set_pin(&self, old: &str, new: &str) -> Result<()> {
        let (old_length, new_length) = (old.len() as CK_ULONG, new.len() as CK_ULONG);
        let (old, new) = (old.as_ptr().cast_mut(), new.as_ptr().cast_mut());
        call!(self.module, C_SetPIN(self.handle, old, old_length, new, new_length))
    }

    /// `C_GenerateRandom`.
    pub fn random_bytes(&self, count: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.fill_random(&mut bytes)?;
        Ok(bytes)
    }

    /// All objects that match.
    pub fn find(&self, template: &[Attribute]) -> Result<Vec<CK_OBJECT_HANDLE>> {
        let template = raw_template(template);
        let length = template.len() as CK_ULONG;
        call!(self.module, C_FindObjectsInit(self.handle, template.as_ptr().cast_mut(), length))?;
        let mut found = Vec::new();
        loop {
            let (mut some, mut count) = ([0; 64], 0);
            call!(self.module, C_FindObjects(self.handle, some.as_mut_ptr(), some.len() as CK_ULONG, &mut count))?;
            if count == 0 {
                break;
            }
            found.extend(some.iter().take(count as usize));
        }
        call!(self.module, C_FindObjectsFinal(self.handle))?;
        Ok(found)
    }

    /// `C_GetAttributeValue` for a number.
    pub fn number(&self, object: CK_OBJECT_HANDLE, attribute: CK_ATTRIBUTE_TYPE) -> Result<CK_ULONG> {
        let value = self.attribute(object, attribute)?;
        let bytes = value.try_into().map_err(|_| Failure::Call("C_GetAttributeValue", CKR_ATTRIBUTE_VALUE_INVALID))?;
        Ok(CK_ULONG::from_ne_bytes(bytes))
    }

    /// `C_GetAttributeValue` for a boolean; false if the object does not have it.
    pub fn holds(&self, object: CK_OBJECT_HANDLE, attribute: CK_ATTRIBUTE_TYPE) -> bool {
        self.attribute(object, attribute).is_ok_and(|value| value == [CK_TRUE])
    }

    /// `C_WrapKey`.
    pub fn wrap(
        &self,
        mechanism: &Mechanism<'_>,
        wrapping: CK_OBJECT_HANDLE,
        key: CK_OBJECT_HANDLE,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let (mut raw, mut length) = (mechanism.raw(), 0);
        call!(self.module, C_WrapKey(self.handle, &mut raw, wrapping, key, null_mut(), &mut length))?;
        let mut wrapped = Zeroizing::new(vec![0; length as usize]);
        call!(self.module, C_WrapKey(self.handle, &mut raw, wrapping, key, wrapped.as_mut_ptr(), &mut length))?;
        wrapped.truncate(length as usize);
        Ok(wrapped)
    }

    /// `C_UnwrapKey`.
    pub fn unwrap(
        &self,
        mechanism: &Mechanism<'_>,
        wrapping: CK_OBJECT_HANDLE,
        wrapped: &[u8],
        template: &[Attribute],
    ) -> Result<CK_OBJECT_HANDLE> {
        let (mut raw, template, mut key) = (mechanism.raw(), raw_template(template), 0);
        let (from, length) = (wrapped.as_ptr().cast_mut(), wrapped.len() as CK_ULONG);
        let (first, count) = (template.as_ptr().cast_mut(), template.len() as CK_ULONG);
        call!(self.module, C_UnwrapKey(self.handle, &mut raw, wrapping, from, length, first, count, &mut key))?;
        Ok(key)
    }
}
