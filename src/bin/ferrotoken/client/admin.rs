//! What looking after tokens and objects needs.

use super::{Attribute, Failure, Module, Result, Session, raw_template};
use cryptoki_sys::*;

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

    /// `C_SetAttributeValue`.
    pub fn set(&self, object: CK_OBJECT_HANDLE, template: &[Attribute]) -> Result<()> {
        let template = raw_template(template);
        let count = template.len() as CK_ULONG;
        call!(self.module, C_SetAttributeValue(self.handle, object, template.as_ptr().cast_mut(), count))
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
}
