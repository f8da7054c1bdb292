//! The table of functions: every `C_*` function of PKCS#11 3.2 in one row, and the 2.40, 3.0 and 3.2 function lists made
//! from the rows.
//!
//! A row names the function's arguments by kind (`args`), from left to right, and the safe method that it calls.
//! Arguments are taken in that order, so CRYPTOKI_NOT_INITIALIZED comes before SESSION_HANDLE_INVALID, and that before
//! ARGUMENTS_BAD. The words before the name say how the arguments reach the method:
//!
//! - `plain`: raw, for the functions that may be called before `C_Initialize`;
//! - `call`: taken, with the library; the first that is bad ends the call;
//! - `step`: taken, after the session; a bad one reaches the session, which must end the operation;
//! - `later`: not supported yet; `legacy`: never will be.
#![allow(non_snake_case, clippy::missing_safety_doc, missing_docs)]

use super::args::*;
use super::derivation::Derivation;
use super::interface;
use super::process::{enter, guard};
use crate::error::{Error, Result};
use crate::mech;
use crate::output::Output as Convention;
use crate::session::Purpose;
use cryptoki_sys::*;

macro_rules! functions {
    ($(version $major:literal . $minor:literal $list:ident: $type:ident { $( $how:ident $name:ident ($($args:tt)*) $(=> $body:expr)?; )* })*) => {
        $($( functions! { @ $how $name ($($args)*) $(=> $body)? } )*)*
        functions!(@lists [] $( ($major, $minor, $list, $type, [$($name)*]) )*);
    };
    (@ plain $name:ident ($($raw:ident: $c:ty),*) => $body:expr) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($raw: $c),*) -> CK_RV {
            // SAFETY: the arguments are what the standard says they are.
            enter(stringify!($name), String::new, || unsafe { $body($($raw),*) })
        }
    };
    (@ call $name:ident ($($arg:ident: $kind:ident($($raw:ident: $c:ty),*)),*) => $body:expr) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($($raw: $c),*),*) -> CK_RV {
            // SAFETY: the arguments are what the standard says they are.
            let show = || unsafe { [$(concat_show(stringify!($arg), $kind::show($($raw),*))),*].join(", ") };
            guard(stringify!($name), show, |library| {
                // SAFETY: as above.
                $( let $arg = unsafe { $kind::take(library, $($raw),*) }?; )*
                run(library, ($($arg,)*), $body)
            })
        }
    };
    (@ step $name:ident ($($arg:ident: $kind:ident($($raw:ident: $c:ty),*)),*) => $body:expr) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(session: CK_SESSION_HANDLE, $($($raw: $c),*),*) -> CK_RV {
            // SAFETY: the arguments are what the standard says they are.
            let show = || unsafe {
                [concat_show("session", Session::show(session)), $(concat_show(stringify!($arg), $kind::show($($raw),*))),*].join(", ")
            };
            guard(stringify!($name), show, |library| {
                // SAFETY: as above.
                let session = unsafe { Session::take(library, session) }?;
                // SAFETY: as above.
                let args = (|| Ok(($(unsafe { $kind::take(library, $($raw),*) }?,)*)))();
                run(&*session, args, $body)
            })
        }
    };
    (@ later $name:ident ($($raw:ident: $c:ty),*)) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(session: CK_SESSION_HANDLE, $($raw: $c),*) -> CK_RV {
            $( let _ = $raw; )*
            guard(stringify!($name), || session.to_string(), |library| {
                library.session(session)?;
                Err(Error::FunctionNotSupported)
            })
        }
    };
    (@ legacy $name:ident ()) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(session: CK_SESSION_HANDLE) -> CK_RV {
            guard(stringify!($name), || session.to_string(), |_| Err(Error::FunctionNotParallel))
        }
    };
    (@lists [$($before:ident)*] ($major:literal, $minor:literal, $list:ident, $type:ident, [$($name:ident)*]) $($rest:tt)*) => {
        /// The function list of this version; every pointer in it is filled.
        pub(super) static $list: $type = $type {
            version: CK_VERSION { major: $major, minor: $minor },
            $($before: Some($before),)*
            $($name: Some($name),)*
        };
        functions!(@lists [$($before)* $($name)*] $($rest)*);
    };
    (@lists [$($before:ident)*]) => {};
}

/// Calls a row's method; a function of its own so that the closure's argument types are known.
fn run<T, A>(target: &T, args: A, body: impl FnOnce(&T, A) -> Result<()>) -> Result<()> {
    body(target, args)
}

/// The two halves of an in-out argument as slices.
fn apart<'a>(
    args: Result<((Source<'a>, Convention<'a>),)>,
    step: impl FnOnce(Result<(&[u8], Convention<'a>)>) -> Result<()>,
) -> Result<()> {
    match args {
        Ok(((source, output),)) => step(Ok((source.bytes(), output))),
        Err(error) => step(Err(error)),
    }
}

fn concat_show(name: &str, shown: String) -> String {
    format!("{}={shown}", name.trim_start_matches('_'))
}

functions! {
    version 2 . 40 LIST_2_40: CK_FUNCTION_LIST {
        plain C_Initialize (args: CK_VOID_PTR) => interface::initialise;
        plain C_Finalize (reserved: CK_VOID_PTR) => interface::finalise;
        call C_GetInfo (info: Place(place: CK_INFO_PTR)) => |library, (info,)| { info.set(library.info()); Ok(()) };
        plain C_GetFunctionList (place: CK_FUNCTION_LIST_PTR_PTR) => interface::function_list;
        call C_GetSlotList (
            _present: Number(present: CK_BBOOL),
            list: List(slots: CK_SLOT_ID_PTR, count: CK_ULONG_PTR)
        ) => |library, (_, list)| { let slots = library.slots(list.is_query())?; list.put(&slots) };
        call C_GetSlotInfo (
            slot: Number(id: CK_SLOT_ID),
            info: Place(place: CK_SLOT_INFO_PTR)
        ) => |library, (slot, info)| { info.set(library.slot_info(slot)?); Ok(()) };
        call C_GetTokenInfo (
            token: Slot(id: CK_SLOT_ID),
            info: Place(place: CK_TOKEN_INFO_PTR)
        ) => |_, (token, info)| { info.set(token.info()?); Ok(()) };
        call C_GetMechanismList (
            _token: Slot(id: CK_SLOT_ID),
            list: List(types: CK_MECHANISM_TYPE_PTR, count: CK_ULONG_PTR)
        ) => |_, (_, list)| list.put(&mech::all().iter().map(|row| row.id).collect::<Vec<_>>());
        call C_GetMechanismInfo (
            _token: Slot(id: CK_SLOT_ID),
            kind: Number(kind: CK_MECHANISM_TYPE),
            info: Place(place: CK_MECHANISM_INFO_PTR)
        ) => |_, (_, kind, info)| { info.set(mech::find(kind).ok_or(Error::MechanismInvalid)?.info()); Ok(()) };
        call C_InitToken (
            token: Slot(id: CK_SLOT_ID),
            pin: Input(from: CK_UTF8CHAR_PTR, size: CK_ULONG),
            label: Label(text: CK_UTF8CHAR_PTR)
        ) => |_, (token, pin, label)| token.initialise(pin, &label);
        call C_InitPIN (
            session: Session(handle: CK_SESSION_HANDLE),
            pin: Input(from: CK_UTF8CHAR_PTR, size: CK_ULONG)
        ) => |_, (session, pin)| session.init_pin(pin);
        call C_SetPIN (
            session: Session(handle: CK_SESSION_HANDLE),
            old: Input(old_pin: CK_UTF8CHAR_PTR, old_size: CK_ULONG),
            new: Input(new_pin: CK_UTF8CHAR_PTR, new_size: CK_ULONG)
        ) => |_, (session, old, new)| session.set_pin(old, new);
        call C_OpenSession (
            slot: Number(id: CK_SLOT_ID),
            flags: Number(flags: CK_FLAGS),
            _application: Unused(application: CK_VOID_PTR),
            _notify: Unused(notify: CK_NOTIFY),
            session: Place(place: CK_SESSION_HANDLE_PTR)
        ) => |library, (slot, flags, (), (), session)| { session.set(library.open_session(slot, flags)?); Ok(()) };
        call C_CloseSession (
            session: Number(handle: CK_SESSION_HANDLE)
        ) => |library, (session,)| library.close_session(session);
        call C_CloseAllSessions (slot: Number(id: CK_SLOT_ID)) => |library, (slot,)| library.close_all_sessions(slot);
        call C_GetSessionInfo (
            session: Session(handle: CK_SESSION_HANDLE),
            info: Place(place: CK_SESSION_INFO_PTR)
        ) => |_, (session, info)| { info.set(session.info()); Ok(()) };
        call C_GetOperationState (
            session: Session(handle: CK_SESSION_HANDLE),
            output: Output(to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |library, (session, output)| session.save_state(&library.sealer, output);
        call C_SetOperationState (
            session: Session(handle: CK_SESSION_HANDLE),
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG),
            cipher: Number(cipher_key: CK_OBJECT_HANDLE),
            integrity: Number(integrity_key: CK_OBJECT_HANDLE)
        ) => |library, (session, state, cipher, integrity)| session.restore_state(&library.sealer, state, cipher, integrity);
        call C_Login (
            session: Session(handle: CK_SESSION_HANDLE),
            user: Number(user: CK_USER_TYPE),
            pin: Input(from: CK_UTF8CHAR_PTR, size: CK_ULONG)
        ) => |_, (session, user, pin)| session.login(user, pin);
        call C_Logout (session: Session(handle: CK_SESSION_HANDLE)) => |library, (session,)| library.logout(&session);
        call C_CreateObject (
            session: Session(handle: CK_SESSION_HANDLE),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG),
            result: Place(place: CK_OBJECT_HANDLE_PTR)
        ) => |_, (session, template, result)| { result.set(session.create_object(&template)?); Ok(()) };
        call C_CopyObject (
            session: Session(handle: CK_SESSION_HANDLE),
            object: Number(object: CK_OBJECT_HANDLE),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG),
            result: Place(place: CK_OBJECT_HANDLE_PTR)
        ) => |_, (session, object, template, result)| { result.set(session.copy_object(object, &template)?); Ok(()) };
        call C_DestroyObject (
            session: Session(handle: CK_SESSION_HANDLE),
            object: Number(object: CK_OBJECT_HANDLE)
        ) => |_, (session, object)| session.destroy_object(object);
        call C_GetObjectSize (
            session: Session(handle: CK_SESSION_HANDLE),
            object: Number(object: CK_OBJECT_HANDLE),
            size: Place(place: CK_ULONG_PTR)
        ) => |_, (session, object, size)| { size.set(session.object(object)?.size() as CK_ULONG); Ok(()) };
        call C_GetAttributeValue (
            session: Session(handle: CK_SESSION_HANDLE),
            object: Number(object: CK_OBJECT_HANDLE),
            asked: Asking(list: CK_ATTRIBUTE_PTR, count: CK_ULONG)
        ) => |_, (session, object, asked)| asked.fill(&*session.object(object)?);
        call C_SetAttributeValue (
            session: Session(handle: CK_SESSION_HANDLE),
            object: Number(object: CK_OBJECT_HANDLE),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG)
        ) => |_, (session, object, template)| session.set_attributes(object, &template);
        call C_FindObjectsInit (
            session: Session(handle: CK_SESSION_HANDLE),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG)
        ) => |_, (session, template)| session.find_begin(&template);
        call C_FindObjects (
            session: Session(handle: CK_SESSION_HANDLE),
            handles: Handles(list: CK_OBJECT_HANDLE_PTR, room: CK_ULONG, count: CK_ULONG_PTR)
        ) => |_, (session, handles)| { let found = session.find_next(handles.room)?; handles.put(&found); Ok(()) };
        call C_FindObjectsFinal (session: Session(handle: CK_SESSION_HANDLE)) => |_, (session,)| session.find_end();
        call C_EncryptInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, mechanism, key)| session.begin(Purpose::Encrypt, mechanism, Some(key));
        step C_Encrypt (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.crypt(Purpose::Encrypt, args));
        step C_EncryptUpdate (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.crypt_update(Purpose::Encrypt, args));
        step C_EncryptFinal (
            output: Output(to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| session.crypt_final(Purpose::Encrypt, args.map(|(output,)| output));
        call C_DecryptInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, mechanism, key)| session.begin(Purpose::Decrypt, mechanism, Some(key));
        step C_Decrypt (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.crypt(Purpose::Decrypt, args));
        step C_DecryptUpdate (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.crypt_update(Purpose::Decrypt, args));
        step C_DecryptFinal (
            output: Output(to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| session.crypt_final(Purpose::Decrypt, args.map(|(output,)| output));
        call C_DigestInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR)
        ) => |_, (session, mechanism)| session.begin(Purpose::Digest, mechanism, None);
        step C_Digest (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.sign(Purpose::Digest, args));
        step C_DigestUpdate (
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG)
        ) => |session, args| session.absorb(Purpose::Digest, args.map(|(data,)| data));
        call C_DigestKey (
            session: Session(handle: CK_SESSION_HANDLE),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, key)| session.digest_key(key);
        step C_DigestFinal (
            output: Output(to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| session.sign_final(Purpose::Digest, args.map(|(output,)| output));
        call C_SignInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, mechanism, key)| session.begin(Purpose::Sign, mechanism, Some(key));
        step C_Sign (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.sign(Purpose::Sign, args));
        step C_SignUpdate (
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG)
        ) => |session, args| session.absorb(Purpose::Sign, args.map(|(data,)| data));
        step C_SignFinal (
            output: Output(to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| session.sign_final(Purpose::Sign, args.map(|(output,)| output));
        call C_SignRecoverInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, mechanism, key)| session.begin(Purpose::SignRecover, mechanism, Some(key));
        step C_SignRecover (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.recover(Purpose::SignRecover, args));
        call C_VerifyInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, mechanism, key)| session.begin(Purpose::Verify, mechanism, Some(key));
        step C_Verify (
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG),
            signature: Input(signature: CK_BYTE_PTR, length: CK_ULONG)
        ) => |session, args| session.verify(args.map(|(data, signature)| (Some(data), signature)));
        step C_VerifyUpdate (
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG)
        ) => |session, args| session.absorb(Purpose::Verify, args.map(|(data,)| data));
        step C_VerifyFinal (
            signature: Input(signature: CK_BYTE_PTR, length: CK_ULONG)
        ) => |session, args| session.verify(args.map(|(signature,)| (None, signature)));
        call C_VerifyRecoverInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, mechanism, key)| session.begin(Purpose::VerifyRecover, mechanism, Some(key));
        step C_VerifyRecover (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.recover(Purpose::VerifyRecover, args));
        step C_DigestEncryptUpdate (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.dual(Purpose::Encrypt, Purpose::Digest, args));
        step C_DecryptDigestUpdate (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.dual(Purpose::Decrypt, Purpose::Digest, args));
        step C_SignEncryptUpdate (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.dual(Purpose::Encrypt, Purpose::Sign, args));
        step C_DecryptVerifyUpdate (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| apart(args, |args| session.dual(Purpose::Decrypt, Purpose::Verify, args));
        call C_GenerateKey (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: Mechanism(what: CK_MECHANISM_PTR),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG),
            result: Place(place: CK_OBJECT_HANDLE_PTR)
        ) => |_, (session, mechanism, template, result)| {
            result.set(session.generate_key(&mechanism, &template)?);
            Ok(())
        };
        call C_GenerateKeyPair (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: Mechanism(what: CK_MECHANISM_PTR),
            public: Template(public_list: CK_ATTRIBUTE_PTR, public_count: CK_ULONG),
            private: Template(private_list: CK_ATTRIBUTE_PTR, private_count: CK_ULONG),
            public_key: Place(public_place: CK_OBJECT_HANDLE_PTR),
            private_key: Place(private_place: CK_OBJECT_HANDLE_PTR)
        ) => |_, (session, mechanism, public, private, public_key, private_key)| {
            let [first, second] = session.generate_key_pair(&mechanism, &public, &private)?;
            public_key.set(first);
            private_key.set(second);
            Ok(())
        };
        call C_WrapKey (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: Mechanism(what: CK_MECHANISM_PTR),
            wrapping: Number(wrapping_key: CK_OBJECT_HANDLE),
            key: Number(key: CK_OBJECT_HANDLE),
            output: Output(to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |_, (session, mechanism, wrapping, key, output)| session.wrap_key(&mechanism, wrapping, key, output);
        call C_UnwrapKey (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: Mechanism(what: CK_MECHANISM_PTR),
            unwrapping: Number(unwrapping_key: CK_OBJECT_HANDLE),
            wrapped: Input(from: CK_BYTE_PTR, size: CK_ULONG),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG),
            result: Place(place: CK_OBJECT_HANDLE_PTR)
        ) => |_, (session, mechanism, unwrapping, wrapped, template, result)| {
            result.set(session.unwrap_key(&mechanism, unwrapping, wrapped, &template)?);
            Ok(())
        };
        call C_DeriveKey (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: Derivation(
                what: CK_MECHANISM_PTR,
                base_key: CK_OBJECT_HANDLE,
                list: CK_ATTRIBUTE_PTR,
                count: CK_ULONG,
                place: CK_OBJECT_HANDLE_PTR
            )
        ) => |_, (session, asked)| {
            let result = session.derive_key(&asked.asked, asked.base, &asked.template);
            asked.reply.give(result)
        };
        call C_SeedRandom (
            _session: Session(handle: CK_SESSION_HANDLE),
            seed: Input(from: CK_BYTE_PTR, size: CK_ULONG)
        ) => |library, (_, seed)| library.random.mix(seed);
        call C_GenerateRandom (
            _session: Session(handle: CK_SESSION_HANDLE),
            buffer: Fill(to: CK_BYTE_PTR, size: CK_ULONG)
        ) => |library, (_, buffer)| { library.random.fill(buffer); Ok(()) };
        legacy C_GetFunctionStatus ();
        legacy C_CancelFunction ();
        call C_WaitForSlotEvent (
            flags: Number(flags: CK_FLAGS),
            _slot: Place(place: CK_SLOT_ID_PTR),
            _reserved: Reserved(reserved: CK_VOID_PTR)
        ) => |library, (flags, _, ())| Err(library.wait_for_slot_event(flags & CKF_DONT_BLOCK == 0));
    }
    version 3 . 0 LIST_3_0: CK_FUNCTION_LIST_3_0 {
        plain C_GetInterfaceList (list: CK_INTERFACE_PTR, count: CK_ULONG_PTR) => interface::interface_list;
        plain C_GetInterface (name: CK_UTF8CHAR_PTR, version: CK_VERSION_PTR, place: CK_INTERFACE_PTR_PTR, flags: CK_FLAGS) => interface::find_interface;
        call C_LoginUser (
            session: Session(handle: CK_SESSION_HANDLE),
            user: Number(user: CK_USER_TYPE),
            pin: Input(from: CK_UTF8CHAR_PTR, size: CK_ULONG),
            name: Input(name_from: CK_UTF8CHAR_PTR, name_size: CK_ULONG)
        ) => |_, (session, user, pin, name)| session.login_user(user, pin, name);
        call C_SessionCancel (
            session: Session(handle: CK_SESSION_HANDLE),
            flags: Number(flags: CK_FLAGS)
        ) => |_, (session, flags)| { session.cancel(flags); Ok(()) };
        later C_MessageEncryptInit (a: CK_MECHANISM_PTR, b: CK_OBJECT_HANDLE);
        later C_EncryptMessage (a: CK_VOID_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG, e: CK_BYTE_PTR, f: CK_ULONG, g: CK_BYTE_PTR, h: CK_ULONG_PTR);
        later C_EncryptMessageBegin (a: CK_VOID_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG);
        later C_EncryptMessageNext (a: CK_VOID_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG, e: CK_BYTE_PTR, f: CK_ULONG_PTR, g: CK_FLAGS);
        later C_MessageEncryptFinal ();
        later C_MessageDecryptInit (a: CK_MECHANISM_PTR, b: CK_OBJECT_HANDLE);
        later C_DecryptMessage (a: CK_VOID_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG, e: CK_BYTE_PTR, f: CK_ULONG, g: CK_BYTE_PTR, h: CK_ULONG_PTR);
        later C_DecryptMessageBegin (a: CK_VOID_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG);
        later C_DecryptMessageNext (a: CK_VOID_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG, e: CK_BYTE_PTR, f: CK_ULONG_PTR, g: CK_FLAGS);
        later C_MessageDecryptFinal ();
        later C_MessageSignInit (a: CK_MECHANISM_PTR, b: CK_OBJECT_HANDLE);
        later C_SignMessage (a: CK_VOID_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG, e: CK_BYTE_PTR, f: CK_ULONG_PTR);
        later C_SignMessageBegin (a: CK_VOID_PTR, b: CK_ULONG);
        later C_SignMessageNext (a: CK_VOID_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG, e: CK_BYTE_PTR, f: CK_ULONG_PTR);
        later C_MessageSignFinal ();
        later C_MessageVerifyInit (a: CK_MECHANISM_PTR, b: CK_OBJECT_HANDLE);
        later C_VerifyMessage (a: CK_VOID_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG, e: CK_BYTE_PTR, f: CK_ULONG);
        later C_VerifyMessageBegin (a: CK_VOID_PTR, b: CK_ULONG);
        later C_VerifyMessageNext (a: CK_VOID_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG, e: CK_BYTE_PTR, f: CK_ULONG);
        later C_MessageVerifyFinal ();
    }
    version 3 . 2 LIST_3_2: CK_FUNCTION_LIST_3_2 {
        call C_EncapsulateKey (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: Mechanism(what: CK_MECHANISM_PTR),
            public: Number(public_key: CK_OBJECT_HANDLE),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG),
            output: OutputAndPlace(to: CK_BYTE_PTR, length: CK_ULONG_PTR, place: CK_OBJECT_HANDLE_PTR)
        ) => |_, (session, mechanism, public, template, (output, result))| {
            let made = session.encapsulate_key(&mechanism, public, &template, output)?;
            if let (Some(key), Some(result)) = (made, result) { result.set(key); }
            Ok(())
        };
        call C_DecapsulateKey (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: Mechanism(what: CK_MECHANISM_PTR),
            private: Number(private_key: CK_OBJECT_HANDLE),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG),
            ciphertext: Input(from: CK_BYTE_PTR, size: CK_ULONG),
            result: Place(place: CK_OBJECT_HANDLE_PTR)
        ) => |_, (session, mechanism, private, template, ciphertext, result)| {
            result.set(session.decapsulate_key(&mechanism, private, &template, ciphertext)?);
            Ok(())
        };
        call C_VerifySignatureInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE),
            signature: Input(signature: CK_BYTE_PTR, length: CK_ULONG)
        ) => |_, (session, mechanism, key, signature)| {
            session.begin_with(Purpose::VerifySignature, mechanism, Some(key), signature)
        };
        step C_VerifySignature (
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG)
        ) => |session, args| session.verify_signature(args.map(|(data,)| Some(data)));
        step C_VerifySignatureUpdate (
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG)
        ) => |session, args| session.absorb(Purpose::VerifySignature, args.map(|(data,)| data));
        call C_VerifySignatureFinal (
            session: Session(handle: CK_SESSION_HANDLE)
        ) => |_, (session,)| session.verify_signature(Ok(None));
        call C_GetSessionValidationFlags (
            session: Session(handle: CK_SESSION_HANDLE),
            kind: Number(kind: CK_SESSION_VALIDATION_FLAGS_TYPE),
            flags: Place(place: CK_FLAGS_PTR)
        ) => |_, (session, kind, flags)| { flags.set(session.validation_flags(kind)?); Ok(()) };
        later C_AsyncComplete (a: CK_UTF8CHAR_PTR, b: CK_ASYNC_DATA_PTR);
        later C_AsyncGetID (a: CK_UTF8CHAR_PTR, b: CK_ULONG_PTR);
        later C_AsyncJoin (a: CK_UTF8CHAR_PTR, b: CK_ULONG, c: CK_BYTE_PTR, d: CK_ULONG);
        later C_WrapKeyAuthenticated (a: CK_MECHANISM_PTR, b: CK_OBJECT_HANDLE, c: CK_OBJECT_HANDLE, d: CK_BYTE_PTR, e: CK_ULONG, f: CK_BYTE_PTR, g: CK_ULONG_PTR);
        later C_UnwrapKeyAuthenticated (a: CK_MECHANISM_PTR, b: CK_OBJECT_HANDLE, c: CK_BYTE_PTR, d: CK_ULONG, e: CK_ATTRIBUTE_PTR, f: CK_ULONG, g: CK_BYTE_PTR, h: CK_ULONG, i: CK_OBJECT_HANDLE_PTR);
    }
}
