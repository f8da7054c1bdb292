//! The functions one by one, with whatever code they give: for the tests of a module, which look at the codes too.

use super::template::raw_template;
use super::{Attribute, Module};
use cryptoki_sys::*;
use std::ptr::null_mut;

/// The functions of a loaded module, initialised or not.
pub struct Calls<'a>(&'a Module);

/// A `C_…Init` function.
#[derive(Clone, Copy)]
pub enum Init {
    /// `C_EncryptInit`.
    Encrypt,
    /// `C_DecryptInit`.
    Decrypt,
    /// `C_SignInit`.
    Sign,
    /// `C_VerifyInit`.
    Verify,
}

/// A function from input to output.
#[derive(Clone, Copy)]
pub enum Pass {
    /// `C_Encrypt`.
    Encrypt,
    /// `C_Decrypt`.
    Decrypt,
    /// `C_Sign`.
    Sign,
    /// `C_Digest`.
    Digest,
}

/// An attribute as it was got: its length, and its value if there was room.
pub type Got = (CK_ULONG, Option<Vec<u8>>);

impl Module {
    /// The functions one by one.
    pub fn calls(&self) -> Calls<'_> {
        Calls(self)
    }
}

impl Calls<'_> {
    /// `C_Initialize`.
    pub fn initialize(&self) -> CK_RV {
        code!(self.0, C_Initialize(null_mut()))
    }

    /// `C_Finalize`.
    pub fn finalize(&self) -> CK_RV {
        code!(self.0, C_Finalize(null_mut()))
    }

    /// `C_GetInfo`.
    pub fn info(&self) -> (CK_RV, CK_INFO) {
        let mut info = CK_INFO::default();
        (code!(self.0, C_GetInfo(&mut info)), info)
    }

    /// `C_GetSlotList`: the count and, if there is room, the slots.
    pub fn slot_list(&self, present: bool, room: Option<usize>) -> (CK_RV, CK_ULONG, Vec<CK_SLOT_ID>) {
        list(room, |to, count| code!(self.0, C_GetSlotList(present.into(), to, count)))
    }

    /// `C_GetSlotInfo`.
    pub fn slot_info(&self, slot: CK_SLOT_ID) -> (CK_RV, CK_SLOT_INFO) {
        let mut info = CK_SLOT_INFO::default();
        (code!(self.0, C_GetSlotInfo(slot, &mut info)), info)
    }

    /// `C_GetTokenInfo`.
    pub fn token_info(&self, slot: CK_SLOT_ID) -> (CK_RV, CK_TOKEN_INFO) {
        let mut info = CK_TOKEN_INFO::default();
        (code!(self.0, C_GetTokenInfo(slot, &mut info)), info)
    }

    /// `C_GetMechanismList`: the count and, if there is room, the mechanisms.
    pub fn mechanism_list(&self, slot: CK_SLOT_ID, room: Option<usize>) -> (CK_RV, CK_ULONG, Vec<CK_MECHANISM_TYPE>) {
        list(room, |to, count| code!(self.0, C_GetMechanismList(slot, to, count)))
    }

    /// `C_GetMechanismInfo`.
    pub fn mechanism_info(&self, slot: CK_SLOT_ID, mechanism: CK_MECHANISM_TYPE) -> (CK_RV, CK_MECHANISM_INFO) {
        let mut info = CK_MECHANISM_INFO::default();
        (code!(self.0, C_GetMechanismInfo(slot, mechanism, &mut info)), info)
    }

    /// `C_OpenSession`.
    pub fn open_session(&self, slot: CK_SLOT_ID, flags: CK_FLAGS) -> (CK_RV, CK_SESSION_HANDLE) {
        let mut session = CK_INVALID_HANDLE;
        (code!(self.0, C_OpenSession(slot, flags, null_mut(), None, &mut session)), session)
    }

    /// `C_CloseSession`.
    pub fn close_session(&self, session: CK_SESSION_HANDLE) -> CK_RV {
        code!(self.0, C_CloseSession(session))
    }

    /// `C_CloseAllSessions`.
    pub fn close_all_sessions(&self, slot: CK_SLOT_ID) -> CK_RV {
        code!(self.0, C_CloseAllSessions(slot))
    }

    /// `C_GetSessionInfo`.
    pub fn session_info(&self, session: CK_SESSION_HANDLE) -> (CK_RV, CK_SESSION_INFO) {
        let mut info = CK_SESSION_INFO::default();
        (code!(self.0, C_GetSessionInfo(session, &mut info)), info)
    }

    /// `C_Login`.
    pub fn login(&self, session: CK_SESSION_HANDLE, user: CK_USER_TYPE, pin: &[u8]) -> CK_RV {
        code!(self.0, C_Login(session, user, pin.as_ptr().cast_mut(), length(pin)))
    }

    /// `C_Logout`.
    pub fn logout(&self, session: CK_SESSION_HANDLE) -> CK_RV {
        code!(self.0, C_Logout(session))
    }

    /// `C_CreateObject`.
    pub fn create_object(&self, session: CK_SESSION_HANDLE, template: &[Attribute]) -> (CK_RV, CK_OBJECT_HANDLE) {
        let (template, count) = (raw_template(template), template.len() as CK_ULONG);
        let mut object = CK_INVALID_HANDLE;
        (code!(self.0, C_CreateObject(session, template.as_ptr().cast_mut(), count, &mut object)), object)
    }

    /// `C_DestroyObject`.
    pub fn destroy_object(&self, session: CK_SESSION_HANDLE, object: CK_OBJECT_HANDLE) -> CK_RV {
        code!(self.0, C_DestroyObject(session, object))
    }

    /// `C_FindObjectsInit`.
    pub fn find_objects_init(&self, session: CK_SESSION_HANDLE, template: &[Attribute]) -> CK_RV {
        let (template, count) = (raw_template(template), template.len() as CK_ULONG);
        code!(self.0, C_FindObjectsInit(session, template.as_ptr().cast_mut(), count))
    }

    /// `C_FindObjects`.
    pub fn find_objects(&self, session: CK_SESSION_HANDLE, most: usize) -> (CK_RV, Vec<CK_OBJECT_HANDLE>) {
        let (mut found, mut count) = (vec![CK_INVALID_HANDLE; most], 0);
        let code = code!(self.0, C_FindObjects(session, found.as_mut_ptr(), most as CK_ULONG, &mut count));
        found.truncate(count as usize);
        (code, found)
    }

    /// `C_FindObjectsFinal`.
    pub fn find_objects_final(&self, session: CK_SESSION_HANDLE) -> CK_RV {
        code!(self.0, C_FindObjectsFinal(session))
    }

    /// `C_GetAttributeValue`, each attribute with so much room, or NULL: each one's length and, where there was room, value.
    pub fn attributes(
        &self,
        session: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        asked: &[(CK_ATTRIBUTE_TYPE, Option<usize>)],
    ) -> (CK_RV, Vec<Got>) {
        let mut buffers: Vec<Option<Vec<u8>>> = asked.iter().map(|(_, room)| room.map(|room| vec![0; room])).collect();
        let mut template: Vec<CK_ATTRIBUTE> = asked
            .iter()
            .zip(&mut buffers)
            .map(|((attribute, room), buffer)| CK_ATTRIBUTE {
                type_: *attribute,
                pValue: buffer.as_mut().map_or(null_mut(), |buffer| buffer.as_mut_ptr().cast()),
                ulValueLen: room.unwrap_or(0) as CK_ULONG,
            })
            .collect();
        let count = template.len() as CK_ULONG;
        let code = code!(self.0, C_GetAttributeValue(session, object, template.as_mut_ptr(), count));
        let got = template.iter().zip(buffers).map(|(attribute, buffer)| {
            let value = buffer.map(|mut buffer| {
                buffer.truncate(usize::try_from(attribute.ulValueLen).unwrap_or(0));
                buffer
            });
            (attribute.ulValueLen, value)
        });
        (code, got.collect())
    }

    /// A `C_…Init` with a key.
    pub fn init(
        &self,
        what: Init,
        session: CK_SESSION_HANDLE,
        mechanism: CK_MECHANISM_TYPE,
        parameter: &[u8],
        key: CK_OBJECT_HANDLE,
    ) -> CK_RV {
        let mut mechanism = super::Mechanism(mechanism, parameter).raw();
        match what {
            Init::Encrypt => code!(self.0, C_EncryptInit(session, &mut mechanism, key)),
            Init::Decrypt => code!(self.0, C_DecryptInit(session, &mut mechanism, key)),
            Init::Sign => code!(self.0, C_SignInit(session, &mut mechanism, key)),
            Init::Verify => code!(self.0, C_VerifyInit(session, &mut mechanism, key)),
        }
    }

    /// `C_DigestInit`.
    pub fn digest_init(&self, session: CK_SESSION_HANDLE, mechanism: CK_MECHANISM_TYPE, parameter: &[u8]) -> CK_RV {
        code!(self.0, C_DigestInit(session, &mut super::Mechanism(mechanism, parameter).raw()))
    }

    /// A function from input to output, with so much room or NULL: the length and, if there was room, the output.
    pub fn pass(
        &self,
        what: Pass,
        session: CK_SESSION_HANDLE,
        data: &[u8],
        room: Option<usize>,
    ) -> (CK_RV, CK_ULONG, Vec<u8>) {
        let (from, size) = (data.as_ptr().cast_mut(), length(data));
        list(room, |to, count| match what {
            Pass::Encrypt => code!(self.0, C_Encrypt(session, from, size, to, count)),
            Pass::Decrypt => code!(self.0, C_Decrypt(session, from, size, to, count)),
            Pass::Sign => code!(self.0, C_Sign(session, from, size, to, count)),
            Pass::Digest => code!(self.0, C_Digest(session, from, size, to, count)),
        })
    }

    /// `C_Verify`.
    pub fn verify(&self, session: CK_SESSION_HANDLE, data: &[u8], signature: &[u8]) -> CK_RV {
        let (from, signature_from) = (data.as_ptr().cast_mut(), signature.as_ptr().cast_mut());
        code!(self.0, C_Verify(session, from, length(data), signature_from, length(signature)))
    }
}

/// A call that fills a list of so many items, or only counts them.
fn list<T: Clone + Default>(
    room: Option<usize>,
    call: impl FnOnce(*mut T, *mut CK_ULONG) -> CK_RV,
) -> (CK_RV, CK_ULONG, Vec<T>) {
    let mut items = vec![T::default(); room.unwrap_or(0)];
    let mut count = items.len() as CK_ULONG;
    let to = if room.is_some() { items.as_mut_ptr() } else { null_mut() };
    let code = call(to, &mut count);
    items.truncate(if code == CKR_OK { count as usize } else { 0 });
    (code, count, items)
}

fn length(bytes: &[u8]) -> CK_ULONG {
    bytes.len() as CK_ULONG
}
