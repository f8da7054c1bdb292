//! A small PKCS#11 client: safe calls over the function list of a loaded module.
//!
//! A client of a C interface cannot do without `unsafe`: it is all here.
#![allow(unsafe_code)]

use crate::explain;
use cryptoki_sys::*;
use std::error::Error;
use std::ffi::CString;
use std::path::Path;
use std::ptr::{from_ref, null_mut};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// A call that failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// The module could not be loaded.
    #[error("cannot load {0}: {1}")]
    Load(String, String),
    /// The chart could not be written.
    #[error("cannot write {0}: {1}")]
    Chart(String, String),
    /// A function gave another code than `CKR_OK`.
    #[error("{0} gave {name}{why}", name = ferrotoken::names::Shown::return_code(*.1), why = explain::remedy(.0, *.1))]
    Call(&'static str, CK_RV),
}

/// The result of a call.
pub type Result<T> = std::result::Result<T, Failure>;

/// A loaded and initialised module.
pub struct Module {
    list: &'static CK_FUNCTION_LIST,
    /// If the module knows version 3.2.
    newest: Option<&'static CK_FUNCTION_LIST_3_2>,
    // Keeps the library loaded as long as its functions are used.
    _library: libloading::Library,
}

/// The code of a function of the list, called; a module without it does not support it.
macro_rules! code {
    ($module:expr, $name:ident($($argument:expr),* $(,)?)) => {
        match $module.list.$name {
            // SAFETY: the function is the module's own, and the arguments are what the standard says: pointers to memory
            // of the length given beside them, alive until the call is over.
            Some(function) => unsafe { function($($argument),*) },
            None => CKR_FUNCTION_NOT_SUPPORTED,
        }
    };
}

/// [`code!`] as a result.
macro_rules! call {
    ($module:expr, $name:ident($($argument:expr),* $(,)?)) => {
        match code!($module, $name($($argument),*)) {
            CKR_OK => Ok(()),
            code => Err(Failure::Call(stringify!($name), code)),
        }
    };
}

mod admin;
mod calls;

pub use calls::{Calls, Init, Pass};

impl Module {
    /// Loads a module and initialises it.
    pub fn load(path: &Path) -> Result<Self> {
        let module = Self::open(path)?;
        call!(module, C_Initialize(null_mut()))?;
        Ok(module)
    }

    /// Loads a module that wants to be told something when it is initialised, as NSS's does ("configdir=…").
    pub fn load_with(path: &Path, parameter: &str) -> Result<Self> {
        let module = Self::open(path)?;
        let unfit = |_| Failure::Call("C_Initialize", CKR_ARGUMENTS_BAD);
        let parameter = CString::new(parameter).map_err(unfit)?;
        let mut arguments = CK_C_INITIALIZE_ARGS {
            CreateMutex: None,
            DestroyMutex: None,
            LockMutex: None,
            UnlockMutex: None,
            flags: CKF_OS_LOCKING_OK,
            // Where the standard wants NULL, NSS has its parameters.
            pReserved: parameter.as_ptr().cast_mut().cast(),
        };
        call!(module, C_Initialize((&raw mut arguments).cast()))?;
        Ok(module)
    }

    /// `C_Finalize` and `C_Initialize`: some modules number their slots only then.
    pub fn restart(&self) -> Result<()> {
        call!(self, C_Finalize(null_mut()))?;
        call!(self, C_Initialize(null_mut()))
    }

    /// Loads a module.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |error: libloading::Error| {
            // The loader's own words are in the cause.
            let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            Failure::Load(path.display().to_string(), cause)
        };
        // SAFETY: loading runs the initialisers of a library that the user has named.
        let library = unsafe { libloading::Library::new(path) }.map_err(failed)?;
        let mut list = null_mut();
        {
            type Entry = unsafe extern "C" fn(*mut *mut CK_FUNCTION_LIST) -> CK_RV;
            // SAFETY: the standard gives the symbol this type.
            let entry = unsafe { library.get::<Entry>(b"C_GetFunctionList\0") }.map_err(failed)?;
            // SAFETY: the list has room for a pointer.
            match unsafe { entry(&mut list) } {
                CKR_OK if !list.is_null() => {}
                code => return Err(Failure::Call("C_GetFunctionList", code)),
            }
        }
        // SAFETY: not NULL; the list lives as long as the library, which `Self` keeps.
        let list = unsafe { &*list };
        let newest = newest_list(&library);
        Ok(Self { list, newest, _library: library })
    }

    /// `C_GetInfo`: the manufacturer, the description, the library's and the interface's version.
    pub fn info(&self) -> Result<CK_INFO> {
        let mut info = CK_INFO::default();
        call!(self, C_GetInfo(&mut info))?;
        Ok(info)
    }

    /// The slots.
    pub fn slots(&self) -> Result<Vec<CK_SLOT_ID>> {
        let mut count = 0;
        call!(self, C_GetSlotList(CK_TRUE, null_mut(), &mut count))?;
        let mut slots = vec![0; count as usize];
        call!(self, C_GetSlotList(CK_TRUE, slots.as_mut_ptr(), &mut count))?;
        slots.truncate(count as usize);
        Ok(slots)
    }

    /// The mechanisms of a slot, each with its information.
    pub fn mechanisms(&self, slot: CK_SLOT_ID) -> Result<Vec<(CK_MECHANISM_TYPE, CK_MECHANISM_INFO)>> {
        let mut count = 0;
        call!(self, C_GetMechanismList(slot, null_mut(), &mut count))?;
        let mut list = vec![0; count as usize];
        call!(self, C_GetMechanismList(slot, list.as_mut_ptr(), &mut count))?;
        list.truncate(count as usize);
        let information = |id| {
            let mut info = CK_MECHANISM_INFO::default();
            call!(self, C_GetMechanismInfo(slot, id, &mut info))?;
            Ok((id, info))
        };
        list.into_iter().map(information).collect()
    }

    /// `C_InitToken`.
    pub fn init_token(&self, slot: CK_SLOT_ID, so_pin: &str, label: &str) -> Result<()> {
        let mut padded = [b' '; 32];
        padded.iter_mut().zip(label.bytes()).for_each(|(to, from)| *to = from);
        call!(self, C_InitToken(slot, so_pin.as_ptr().cast_mut(), so_pin.len() as CK_ULONG, padded.as_mut_ptr()))
    }

    /// What the module calls itself, and its version.
    pub fn name(&self) -> Result<String> {
        let info = self.info()?;
        let description = String::from_utf8_lossy(&info.libraryDescription);
        let CK_VERSION { major, minor } = info.libraryVersion;
        Ok(format!("{} {major}.{minor}", description.trim_end()))
    }

    /// A token with this label and these PINs in the first slot whose token is not initialised.
    pub fn prepare_token(&self, so_pin: &str, user_pin: &str, label: &str) -> Result<CK_SLOT_ID> {
        let is_free =
            |slot: &CK_SLOT_ID| self.token_info(*slot).is_ok_and(|info| info.flags & CKF_TOKEN_INITIALIZED == 0);
        let none = Failure::Call("C_GetSlotList", CKR_TOKEN_NOT_PRESENT);
        let slot = self.slots()?.into_iter().find(is_free).ok_or(none)?;
        self.make_token(slot, so_pin, user_pin, label)
    }

    /// Initialises the token of a slot and gives it a user PIN; the slot in which it is then.
    pub fn make_token(&self, slot: CK_SLOT_ID, so_pin: &str, user_pin: &str, label: &str) -> Result<CK_SLOT_ID> {
        self.init_token(slot, so_pin, label)?;
        // Some modules give the token another slot, and keep one that is free.
        let is_it = |slot: &CK_SLOT_ID| {
            self.token_info(*slot).is_ok_and(|info| {
                String::from_utf8_lossy(&info.label).trim_end_matches([' ', '\0']) == label
                    && info.flags & (CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED) == CKF_TOKEN_INITIALIZED
            })
        };
        let none = Failure::Call("C_GetSlotList", CKR_TOKEN_NOT_PRESENT);
        // Asked anew, which is when they do it.
        let others = self.slots()?.into_iter().filter(|other| *other != slot);
        let slot = [slot].into_iter().chain(others).find(is_it).ok_or(none)?;
        let session = self.open_session(slot)?;
        session.login(CKU_SO, so_pin)?;
        session.init_pin(user_pin)?;
        session.logout()?;
        Ok(slot)
    }

    /// Opens a session in which objects can be made.
    pub fn open_session(&self, slot: CK_SLOT_ID) -> Result<Session<'_>> {
        let mut handle = 0;
        let flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
        call!(self, C_OpenSession(slot, flags, null_mut(), None, &mut handle))?;
        Ok(Session { module: self, handle })
    }

    /// `C_Finalize`.
    pub fn finalise(self) -> Result<()> {
        call!(self, C_Finalize(null_mut()))
    }
}

/// The function list of version 3.2, by `C_GetInterface`.
fn newest_list(library: &libloading::Library) -> Option<&'static CK_FUNCTION_LIST_3_2> {
    type Entry = unsafe extern "C" fn(*mut CK_UTF8CHAR, *mut CK_VERSION, *mut *mut CK_INTERFACE, CK_FLAGS) -> CK_RV;
    // SAFETY: the standard gives the symbol this type.
    let entry = unsafe { library.get::<Entry>(b"C_GetInterface\0") }.ok()?;
    let (mut name, mut version) = (*b"PKCS 11\0", CK_VERSION { major: 3, minor: 2 });
    let mut interface = null_mut();
    // SAFETY: name and version are what the standard says, and the place has room for a pointer. A list of this version
    // has this type, and lives as long as the library.
    unsafe {
        match entry(name.as_mut_ptr(), &mut version, &mut interface, 0) {
            CKR_OK if !interface.is_null() => (*interface).pFunctionList.cast::<CK_FUNCTION_LIST_3_2>().as_ref(),
            _ => None,
        }
    }
}

/// An attribute with its value.
#[derive(Clone)]
pub struct Attribute {
    kind: CK_ATTRIBUTE_TYPE,
    value: Zeroizing<Vec<u8>>,
    /// What the value points to, if it is a template.
    _inner: Arc<[Attribute]>,
}

impl Attribute {
    /// A number.
    pub fn number(attribute: CK_ATTRIBUTE_TYPE, value: CK_ULONG) -> Self {
        Self::bytes(attribute, &value.to_ne_bytes())
    }

    /// A boolean.
    pub fn boolean(attribute: CK_ATTRIBUTE_TYPE, value: bool) -> Self {
        Self::bytes(attribute, &[value.into()])
    }

    /// Bytes.
    pub fn bytes(attribute: CK_ATTRIBUTE_TYPE, value: &[u8]) -> Self {
        Self { kind: attribute, value: Zeroizing::new(value.to_vec()), _inner: Arc::new([]) }
    }

    /// A template: for `CKA_WRAP_TEMPLATE` and its like.
    pub fn template(attribute: CK_ATTRIBUTE_TYPE, inner: Vec<Attribute>) -> Self {
        let raw = raw_template(&inner);
        let words = raw.iter().flat_map(|raw| {
            [
                raw.type_.to_ne_bytes().to_vec(),
                (raw.pValue as usize).to_ne_bytes().to_vec(),
                raw.ulValueLen.to_ne_bytes().to_vec(),
            ]
        });
        let value = Zeroizing::new(words.flatten().collect());
        Self { kind: attribute, value, _inner: inner.into() }
    }

    /// Its type.
    pub fn kind(&self) -> CK_ATTRIBUTE_TYPE {
        self.kind
    }

    /// Its value.
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}

/// A mechanism and its parameter, if it has one that is a string of bytes.
pub struct Mechanism<'a>(pub CK_MECHANISM_TYPE, pub &'a [u8]);

impl Mechanism<'_> {
    fn raw(&self) -> CK_MECHANISM {
        let pointer = if self.1.is_empty() { null_mut() } else { self.1.as_ptr().cast_mut().cast() };
        CK_MECHANISM { mechanism: self.0, pParameter: pointer, ulParameterLen: self.1.len() as CK_ULONG }
    }
}

/// An open session; it is closed when dropped.
pub struct Session<'a> {
    module: &'a Module,
    handle: CK_SESSION_HANDLE,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        let close = || call!(self.module, C_CloseSession(self.handle));
        // Nothing is left to do about a session that cannot be closed.
        let _ = close();
    }
}

impl Session<'_> {
    /// `C_Login`.
    pub fn login(&self, user: CK_USER_TYPE, pin: &str) -> Result<()> {
        call!(self.module, C_Login(self.handle, user, pin.as_ptr().cast_mut(), pin.len() as CK_ULONG))
    }

    /// `C_Logout`.
    pub fn logout(&self) -> Result<()> {
        call!(self.module, C_Logout(self.handle))
    }

    /// `C_InitPIN`.
    pub fn init_pin(&self, pin: &str) -> Result<()> {
        call!(self.module, C_InitPIN(self.handle, pin.as_ptr().cast_mut(), pin.len() as CK_ULONG))
    }

    /// `C_GenerateRandom`.
    pub fn random<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill_random(&mut bytes)?;
        Ok(bytes)
    }

    /// `C_GenerateKey`.
    pub fn generate_key(&self, mechanism: &Mechanism<'_>, template: &[Attribute]) -> Result<CK_OBJECT_HANDLE> {
        let (mut raw, template) = (mechanism.raw(), raw_template(template));
        let mut key = 0;
        let count = template.len() as CK_ULONG;
        call!(self.module, C_GenerateKey(self.handle, &mut raw, template.as_ptr().cast_mut(), count, &mut key))?;
        Ok(key)
    }

    /// `C_GenerateKeyPair`: the public key, then the private one.
    pub fn generate_key_pair(
        &self,
        mechanism: &Mechanism<'_>,
        public: &[Attribute],
        private: &[Attribute],
    ) -> Result<(CK_OBJECT_HANDLE, CK_OBJECT_HANDLE)> {
        let (mut raw, public, private) = (mechanism.raw(), raw_template(public), raw_template(private));
        let (mut public_key, mut private_key) = (0, 0);
        call!(
            self.module,
            C_GenerateKeyPair(
                self.handle,
                &mut raw,
                public.as_ptr().cast_mut(),
                public.len() as CK_ULONG,
                private.as_ptr().cast_mut(),
                private.len() as CK_ULONG,
                &mut public_key,
                &mut private_key,
            )
        )?;
        Ok((public_key, private_key))
    }

    /// `C_GetAttributeValue` for one attribute.
    pub fn attribute(&self, object: CK_OBJECT_HANDLE, attribute: CK_ATTRIBUTE_TYPE) -> Result<Vec<u8>> {
        let mut asked = CK_ATTRIBUTE { type_: attribute, pValue: null_mut(), ulValueLen: 0 };
        call!(self.module, C_GetAttributeValue(self.handle, object, &mut asked, 1))?;
        let mut value = vec![0; asked.ulValueLen as usize];
        asked.pValue = value.as_mut_ptr().cast();
        call!(self.module, C_GetAttributeValue(self.handle, object, &mut asked, 1))?;
        value.truncate(asked.ulValueLen as usize);
        Ok(value)
    }

    /// Signs data in one call.
    pub fn sign(&self, mechanism: &Mechanism<'_>, key: CK_OBJECT_HANDLE, data: &[u8]) -> Result<Vec<u8>> {
        self.sign_after(mechanism, key, data, || Ok(()))
    }

    /// As [`Self::sign`], with something done after the operation has begun: the login that some keys want for each use.
    pub fn sign_after(
        &self,
        mechanism: &Mechanism<'_>,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
        begun: impl FnOnce() -> Result<()>,
    ) -> Result<Vec<u8>> {
        let mut raw = mechanism.raw();
        call!(self.module, C_SignInit(self.handle, &mut raw, key))?;
        begun()?;
        let mut length = 0;
        let size = data.len() as CK_ULONG;
        call!(self.module, C_Sign(self.handle, data.as_ptr().cast_mut(), size, null_mut(), &mut length))?;
        let mut signature = vec![0; length as usize];
        let to = signature.as_mut_ptr();
        call!(self.module, C_Sign(self.handle, data.as_ptr().cast_mut(), size, to, &mut length))?;
        signature.truncate(length as usize);
        Ok(signature)
    }

    /// Whether a signature is right.
    pub fn verify(
        &self,
        mechanism: &Mechanism<'_>,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
        signature: &[u8],
    ) -> Result<bool> {
        let mut raw = mechanism.raw();
        call!(self.module, C_VerifyInit(self.handle, &mut raw, key))?;
        let (data, size) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        let (signature, length) = (signature.as_ptr().cast_mut(), signature.len() as CK_ULONG);
        match call!(self.module, C_Verify(self.handle, data, size, signature, length)) {
            Ok(()) => Ok(true),
            Err(Failure::Call(_, CKR_SIGNATURE_INVALID)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Digests and encrypts in one pass (`C_DigestEncryptUpdate`), in pieces: the ciphertext and the digest.
    pub fn digest_encrypt(
        &self,
        digest: &Mechanism<'_>,
        cipher: &Mechanism<'_>,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let (mut digest, mut cipher) = (digest.raw(), cipher.raw());
        call!(self.module, C_DigestInit(self.handle, &mut digest))?;
        call!(self.module, C_EncryptInit(self.handle, &mut cipher, key))?;
        let encrypted = self.in_pieces(
            data,
            |data, size, to, length| call!(self.module, C_DigestEncryptUpdate(self.handle, data, size, to, length)),
            |to, length| call!(self.module, C_EncryptFinal(self.handle, to, length)),
        )?;
        Ok((encrypted, self.digest_final()?))
    }

    /// Decrypts and digests what comes out in one pass (`C_DecryptDigestUpdate`), in pieces: the plaintext and the digest.
    pub fn decrypt_digest(
        &self,
        digest: &Mechanism<'_>,
        cipher: &Mechanism<'_>,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let (mut digest, mut cipher) = (digest.raw(), cipher.raw());
        call!(self.module, C_DecryptInit(self.handle, &mut cipher, key))?;
        call!(self.module, C_DigestInit(self.handle, &mut digest))?;
        let mut last = Vec::new();
        let decrypted = self.in_pieces(
            data,
            |data, size, to, length| call!(self.module, C_DecryptDigestUpdate(self.handle, data, size, to, length)),
            |to, length| {
                call!(self.module, C_DecryptFinal(self.handle, to, length))?;
                // SAFETY: the call has written so many bytes there.
                last = unsafe { std::slice::from_raw_parts(to, *length as usize) }.to_vec();
                Ok(())
            },
        )?;
        // What only the final call gives has not been digested: the standard leaves that to the application.
        call!(self.module, C_DigestUpdate(self.handle, last.as_ptr().cast_mut(), last.len() as CK_ULONG))?;
        Ok((decrypted, self.digest_final()?))
    }

    fn digest_final(&self) -> Result<Vec<u8>> {
        let mut digest = vec![0; 64];
        let mut length = digest.len() as CK_ULONG;
        call!(self.module, C_DigestFinal(self.handle, digest.as_mut_ptr(), &mut length))?;
        digest.truncate(length as usize);
        Ok(digest)
    }

    /// Feeds data piece by piece to a function, ends with another, and joins what they give.
    fn in_pieces(
        &self,
        data: &[u8],
        update: impl Fn(*mut u8, CK_ULONG, *mut u8, *mut CK_ULONG) -> Result<()>,
        last: impl FnOnce(*mut u8, *mut CK_ULONG) -> Result<()>,
    ) -> Result<Vec<u8>> {
        const PIECE: usize = 64 * 1024;
        // A piece may give one block more than it is long.
        let mut buffer = vec![0; PIECE + 64];
        let mut joined = Vec::with_capacity(data.len() + 64);
        let mut keep = |buffer: &[u8], length: CK_ULONG| {
            joined.extend(buffer.iter().take(length as usize));
        };
        for piece in data.chunks(PIECE) {
            let mut length = buffer.len() as CK_ULONG;
            update(piece.as_ptr().cast_mut(), piece.len() as CK_ULONG, buffer.as_mut_ptr(), &mut length)?;
            keep(&buffer, length);
        }
        let mut length = buffer.len() as CK_ULONG;
        last(buffer.as_mut_ptr(), &mut length)?;
        keep(&buffer, length);
        Ok(joined)
    }
}

/// A mechanism whose parameter may be a structure, for calls in a loop.
pub struct Prepared {
    raw: CK_MECHANISM,
    // What `raw` points to, and what that points to.
    _parameter: Vec<u8>,
    _behind: Vec<Vec<u8>>,
}

impl Prepared {
    /// A mechanism with the bytes of its parameter, and with what addresses in those are of.
    pub fn new(mechanism: CK_MECHANISM_TYPE, parameter: Vec<u8>, behind: Vec<Vec<u8>>) -> Self {
        Self { raw: Mechanism(mechanism, &parameter).raw(), _parameter: parameter, _behind: behind }
    }

    fn pointer(&self) -> *mut CK_MECHANISM {
        from_ref(&self.raw).cast_mut()
    }
}

/// What is done with data.
#[derive(Clone, Copy)]
pub enum Use {
    /// `C_EncryptInit`, `C_Encrypt`.
    Encrypt,
    /// `C_DecryptInit`, `C_Decrypt`.
    Decrypt,
    /// `C_SignInit`, `C_Sign`.
    Sign,
    /// `C_DigestInit`, `C_Digest`, without a key.
    Digest,
}

/// Calls that allocate nothing, so that a loop of them measures the module.
impl Session<'_> {
    /// Begins an operation and does all of it, into a buffer that is large enough; gives the length of the result.
    pub fn run(
        &self,
        how: Use,
        mechanism: &Prepared,
        key: CK_OBJECT_HANDLE,
        data: &[u8],
        out: &mut [u8],
    ) -> Result<usize> {
        let (session, mechanism, module) = (self.handle, mechanism.pointer(), self.module);
        let (data, size) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        let (to, mut length) = (out.as_mut_ptr(), out.len() as CK_ULONG);
        match how {
            Use::Encrypt => {
                call!(module, C_EncryptInit(session, mechanism, key))?;
                call!(module, C_Encrypt(session, data, size, to, &mut length))?;
            }
            Use::Decrypt => {
                call!(module, C_DecryptInit(session, mechanism, key))?;
                call!(module, C_Decrypt(session, data, size, to, &mut length))?;
            }
            Use::Sign => {
                call!(module, C_SignInit(session, mechanism, key))?;
                call!(module, C_Sign(session, data, size, to, &mut length))?;
            }
            Use::Digest => {
                call!(module, C_DigestInit(session, mechanism))?;
                call!(module, C_Digest(session, data, size, to, &mut length))?;
            }
        }
        Ok(length as usize)
    }

    /// `C_VerifyInit`, `C_Verify`.
    pub fn check(&self, mechanism: &Prepared, key: CK_OBJECT_HANDLE, data: &[u8], signature: &[u8]) -> Result<()> {
        call!(self.module, C_VerifyInit(self.handle, mechanism.pointer(), key))?;
        let (data, size) = (data.as_ptr().cast_mut(), data.len() as CK_ULONG);
        let (signature, length) = (signature.as_ptr().cast_mut(), signature.len() as CK_ULONG);
        call!(self.module, C_Verify(self.handle, data, size, signature, length))
    }

    /// `C_GenerateRandom`.
    pub fn fill_random(&self, buffer: &mut [u8]) -> Result<()> {
        call!(self.module, C_GenerateRandom(self.handle, buffer.as_mut_ptr(), buffer.len() as CK_ULONG))
    }

    /// `C_GetSessionInfo`.
    pub fn info(&self) -> Result<CK_SESSION_INFO> {
        let mut info = CK_SESSION_INFO::default();
        call!(self.module, C_GetSessionInfo(self.handle, &mut info))?;
        Ok(info)
    }

    /// `C_CreateObject`.
    pub fn create(&self, template: &[Attribute]) -> Result<CK_OBJECT_HANDLE> {
        let (template, mut object) = (raw_template(template), 0);
        let count = template.len() as CK_ULONG;
        call!(self.module, C_CreateObject(self.handle, template.as_ptr().cast_mut(), count, &mut object))?;
        Ok(object)
    }

    /// `C_DestroyObject`.
    pub fn destroy(&self, object: CK_OBJECT_HANDLE) -> Result<()> {
        call!(self.module, C_DestroyObject(self.handle, object))
    }

    /// `C_DeriveKey`.
    pub fn derive(
        &self,
        mechanism: &Prepared,
        key: CK_OBJECT_HANDLE,
        template: &[Attribute],
    ) -> Result<CK_OBJECT_HANDLE> {
        let (template, mut derived) = (raw_template(template), 0);
        let (first, count) = (template.as_ptr().cast_mut(), template.len() as CK_ULONG);
        call!(self.module, C_DeriveKey(self.handle, mechanism.pointer(), key, first, count, &mut derived))?;
        Ok(derived)
    }

    /// `C_EncapsulateKey`, with a buffer that is as long as the ciphertext.
    pub fn encapsulate(
        &self,
        mechanism: &Prepared,
        key: CK_OBJECT_HANDLE,
        template: &[Attribute],
        ciphertext: &mut [u8],
    ) -> Result<CK_OBJECT_HANDLE> {
        let (template, mut secret) = (raw_template(template), 0);
        let (first, count) = (template.as_ptr().cast_mut(), template.len() as CK_ULONG);
        let (to, mut length) = (ciphertext.as_mut_ptr(), ciphertext.len() as CK_ULONG);
        let list = self.newest_list()?;
        let function = list.C_EncapsulateKey.ok_or(NO_KEM)?;
        // SAFETY: as in `call!`.
        match unsafe { function(self.handle, mechanism.pointer(), key, first, count, to, &mut length, &mut secret) } {
            CKR_OK => Ok(secret),
            code => Err(Failure::Call("C_EncapsulateKey", code)),
        }
    }

    /// `C_DecapsulateKey`.
    pub fn decapsulate(
        &self,
        mechanism: &Prepared,
        key: CK_OBJECT_HANDLE,
        template: &[Attribute],
        ciphertext: &[u8],
    ) -> Result<CK_OBJECT_HANDLE> {
        let (template, mut secret) = (raw_template(template), 0);
        let (first, count) = (template.as_ptr().cast_mut(), template.len() as CK_ULONG);
        let (from, length) = (ciphertext.as_ptr().cast_mut(), ciphertext.len() as CK_ULONG);
        let function = self.newest_list()?.C_DecapsulateKey.ok_or(NO_KEM)?;
        // SAFETY: as in `call!`.
        match unsafe { function(self.handle, mechanism.pointer(), key, first, count, from, length, &mut secret) } {
            CKR_OK => Ok(secret),
            code => Err(Failure::Call("C_DecapsulateKey", code)),
        }
    }

    /// The function list of version 3.2.
    fn newest_list(&self) -> Result<&CK_FUNCTION_LIST_3_2> {
        self.module.newest.ok_or(NO_KEM)
    }
}

/// What is said of a module that is older than key encapsulation.
const NO_KEM: Failure = Failure::Call("C_EncapsulateKey", CKR_FUNCTION_NOT_SUPPORTED);

/// The processor time that this process has used.
#[cfg(unix)]
pub fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the time to a place that is there.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// The time since the first call, where the processor time cannot be asked.
#[cfg(not(unix))]
pub fn cpu_time() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

fn raw_template(template: &[Attribute]) -> Vec<CK_ATTRIBUTE> {
    template
        .iter()
        .map(|attribute| CK_ATTRIBUTE {
            type_: attribute.kind,
            pValue: from_ref(attribute.value.as_slice()).cast_mut().cast(),
            ulValueLen: attribute.value.len() as CK_ULONG,
        })
        .collect()
}
