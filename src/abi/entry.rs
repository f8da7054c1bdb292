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
//! - `legacy`: for the functions that are there for old programs only, and do nothing.
#![allow(non_snake_case, clippy::missing_safety_doc, missing_docs)]

use super::args::*;
use super::asynchronous::{self, AnySession, AsyncData, Function};
use super::derivation::{Derivation, Generation};
use super::interface::{self, Interfaces};
use super::message::{
    self, Copied, InMaybeOut, MaybeInput, MessageMechanism, OpenMechanism, Parameter, SealMechanism, WrapMechanism,
};
use super::process::{enter, guard};
use crate::error::{Error, Result};
use crate::output::Output as Convention;
use crate::session::{Made, Purpose, Session as Live};
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
                run(&session, args, $body)
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
        static $list: $type = $type {
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

/// `C_SignFinal` in the form of a step with input.
fn sign_final(session: &Live, purpose: Purpose, args: Result<(&[u8], Convention<'_>)>) -> Result<()> {
    session.sign_final(purpose, args.map(|(_, output)| output))
}

fn concat_show(name: &str, shown: String) -> String {
    format!("{}={shown}", name.trim_start_matches('_'))
}

static INTERFACES: Interfaces = Interfaces::of(&LIST_3_2, &LIST_3_0, &LIST_2_40);

functions! {
    version 2 . 40 LIST_2_40: CK_FUNCTION_LIST {
        plain C_Initialize (args: CK_VOID_PTR) => interface::initialise;
        plain C_Finalize (reserved: CK_VOID_PTR) => interface::finalise;
        call C_GetInfo (info: Place(place: CK_INFO_PTR)) => |library, (info,)| { info.set(library.info()); Ok(()) };
        plain C_GetFunctionList (place: CK_FUNCTION_LIST_PTR_PTR)
            => |place| interface::function_list(&LIST_2_40, place);
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
        ) => |library, (token, info)| { info.set(library.token_info(token.slot())?); Ok(()) };
        call C_GetMechanismList (
            token: Slot(id: CK_SLOT_ID),
            list: List(types: CK_MECHANISM_TYPE_PTR, count: CK_ULONG_PTR)
        ) => |_, (token, list)| list.put(&token.offer().all().map(|row| row.id).collect::<Vec<_>>());
        call C_GetMechanismInfo (
            token: Slot(id: CK_SLOT_ID),
            kind: Number(kind: CK_MECHANISM_TYPE),
            info: Place(place: CK_MECHANISM_INFO_PTR)
        ) => |_, (token, kind, info)| { info.set(token.offer().find(kind).ok_or(Error::MechanismInvalid)?.info()); Ok(()) };
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
            session: AnySession(handle: CK_SESSION_HANDLE),
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
        ) => |library, (session, user, pin)| library.login(&session, user, pin, &[]);
        call C_Logout (session: AnySession(handle: CK_SESSION_HANDLE)) => |library, (session,)| library.logout(&session);
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
        ) => |library, (session, object)| library.destroy_object(&session, object);
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
            template: Criteria(list: CK_ATTRIBUTE_PTR, count: CK_ULONG)
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
        ) => |session, args| {
            asynchronous::pass("C_Encrypt", session, (Purpose::Encrypt, true), args, Live::crypt)
        };
        step C_EncryptUpdate (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| {
            asynchronous::pass("C_EncryptUpdate", session, (Purpose::Encrypt, false), args, Live::crypt_update)
        };
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
        ) => |session, args| {
            asynchronous::pass("C_Decrypt", session, (Purpose::Decrypt, true), args, Live::crypt)
        };
        step C_DecryptUpdate (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| {
            asynchronous::pass("C_DecryptUpdate", session, (Purpose::Decrypt, false), args, Live::crypt_update)
        };
        step C_DecryptFinal (
            output: Output(to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| session.crypt_final(Purpose::Decrypt, args.map(|(output,)| output));
        call C_DigestInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR)
        ) => |_, (session, mechanism)| session.begin(Purpose::Digest, mechanism, None);
        step C_Digest (
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| {
            asynchronous::pass("C_Digest", session, (Purpose::Digest, true), args, Live::sign)
        };
        step C_DigestUpdate (
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG)
        ) => |session, args| asynchronous::absorb("C_DigestUpdate", session, Purpose::Digest, args);
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
        ) => |session, args| {
            asynchronous::pass("C_Sign", session, (Purpose::Sign, true), args, Live::sign)
        };
        step C_SignUpdate (
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG)
        ) => |session, args| asynchronous::absorb("C_SignUpdate", session, Purpose::Sign, args);
        step C_SignFinal (
            output: Output(to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |session, args| asynchronous::last("C_SignFinal", session, Purpose::Sign, args, sign_final);
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
        ) => |session, args| asynchronous::absorb("C_VerifyUpdate", session, Purpose::Verify, args);
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
            mechanism: Generation(what: CK_MECHANISM_PTR),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG),
            result: Place(place: CK_OBJECT_HANDLE_PTR)
        ) => |_, (session, (mechanism, place), template, result)| {
            if session.defers_generation(&mechanism) {
                let (call, buffer) = (("C_GenerateKey", CKF_GENERATE), place.address());
                return asynchronous::generate(call, &session, buffer, move |session| {
                    let (key, told) = session.make_key(&mechanism, &template)?;
                    Ok(Made::Objects(vec![key], told.unwrap_or_default()))
                });
            }
            let (key, told) = session.generate_key(&mechanism, &template)?;
            place.give(told.as_deref().unwrap_or_default());
            result.set(key);
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
            if session.defers_generation(&mechanism) {
                let call = ("C_GenerateKeyPair", CKF_GENERATE_KEY_PAIR);
                return asynchronous::generate(call, &session, 0, move |session| {
                    Ok(Made::Objects(session.make_key_pair(&mechanism, &public, &private)?.into(), Vec::new()))
                });
            }
            let [first, second] = session.generate_key_pair(&mechanism, &public, &private)?;
            public_key.set(first);
            private_key.set(second);
            Ok(())
        };
        call C_WrapKey (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: WrapMechanism(what: CK_MECHANISM_PTR),
            wrapping: Number(wrapping_key: CK_OBJECT_HANDLE),
            key: Number(key: CK_OBJECT_HANDLE),
            output: Output(to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |_, (session, mechanism, wrapping, key, output)| {
            mechanism.give(session.wrap_key(&mechanism.wrapping, wrapping, key, output)?)
        };
        call C_UnwrapKey (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: WrapMechanism(what: CK_MECHANISM_PTR),
            unwrapping: Number(unwrapping_key: CK_OBJECT_HANDLE),
            wrapped: Input(from: CK_BYTE_PTR, size: CK_ULONG),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG),
            result: Place(place: CK_OBJECT_HANDLE_PTR)
        ) => |_, (session, mechanism, unwrapping, wrapped, template, result)| {
            result.set(session.unwrap_key(&mechanism.wrapping, unwrapping, wrapped, &template)?);
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
            session: Session(handle: CK_SESSION_HANDLE),
            seed: Input(from: CK_BYTE_PTR, size: CK_ULONG)
        ) => |_, (session, seed)| session.random.mix(seed);
        call C_GenerateRandom (
            session: Session(handle: CK_SESSION_HANDLE),
            buffer: Fill(to: CK_BYTE_PTR, size: CK_ULONG)
        ) => |_, (session, buffer)| session.random.fill(buffer);
        legacy C_GetFunctionStatus ();
        legacy C_CancelFunction ();
        call C_WaitForSlotEvent (
            flags: Number(flags: CK_FLAGS),
            _slot: Place(place: CK_SLOT_ID_PTR),
            _reserved: Reserved(reserved: CK_VOID_PTR)
        ) => |library, (flags, _, ())| Err(library.wait_for_slot_event(flags & CKF_DONT_BLOCK == 0));
    }
    version 3 . 0 LIST_3_0: CK_FUNCTION_LIST_3_0 {
        plain C_GetInterfaceList (list: CK_INTERFACE_PTR, count: CK_ULONG_PTR)
            => |list, count| interface::interface_list(&INTERFACES, list, count);
        plain C_GetInterface (name: CK_UTF8CHAR_PTR, version: CK_VERSION_PTR, place: CK_INTERFACE_PTR_PTR, flags: CK_FLAGS)
            => |name, version, place, flags| interface::find_interface(&INTERFACES, name, version, place, flags);
        call C_LoginUser (
            session: Session(handle: CK_SESSION_HANDLE),
            user: Number(user: CK_USER_TYPE),
            pin: Input(from: CK_UTF8CHAR_PTR, size: CK_ULONG),
            name: Input(name_from: CK_UTF8CHAR_PTR, name_size: CK_ULONG)
        ) => |library, (session, user, pin, name)| library.login(&session, user, pin, name);
        call C_SessionCancel (
            session: AnySession(handle: CK_SESSION_HANDLE),
            flags: Number(flags: CK_FLAGS)
        ) => |_, (session, flags)| { session.cancel(flags); Ok(()) };
        call C_MessageEncryptInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MessageMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, mechanism, key)| session.begin(Purpose::MessageEncrypt, mechanism, Some(key));
        step C_EncryptMessage (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG),
            associated: Copied(aad_from: CK_BYTE_PTR, aad_size: CK_ULONG),
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, room: CK_ULONG_PTR)
        ) => |session, args| message::crypt(session, Purpose::MessageEncrypt, args);
        step C_EncryptMessageBegin (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG),
            associated: Copied(aad_from: CK_BYTE_PTR, aad_size: CK_ULONG)
        ) => |session, args| message::begin(session, Purpose::MessageEncrypt, args);
        step C_EncryptMessageNext (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG),
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, room: CK_ULONG_PTR),
            flags: Number(flags: CK_FLAGS)
        ) => |session, args| message::next(session, Purpose::MessageEncrypt, args);
        call C_MessageEncryptFinal (
            session: Session(handle: CK_SESSION_HANDLE)
        ) => |_, (session,)| session.end_messages(Purpose::MessageEncrypt);
        call C_MessageDecryptInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MessageMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, mechanism, key)| session.begin(Purpose::MessageDecrypt, mechanism, Some(key));
        step C_DecryptMessage (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG),
            associated: Copied(aad_from: CK_BYTE_PTR, aad_size: CK_ULONG),
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, room: CK_ULONG_PTR)
        ) => |session, args| message::crypt(session, Purpose::MessageDecrypt, args);
        step C_DecryptMessageBegin (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG),
            associated: Copied(aad_from: CK_BYTE_PTR, aad_size: CK_ULONG)
        ) => |session, args| message::begin(session, Purpose::MessageDecrypt, args);
        step C_DecryptMessageNext (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG),
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, room: CK_ULONG_PTR),
            flags: Number(flags: CK_FLAGS)
        ) => |session, args| message::next(session, Purpose::MessageDecrypt, args);
        call C_MessageDecryptFinal (
            session: Session(handle: CK_SESSION_HANDLE)
        ) => |_, (session,)| session.end_messages(Purpose::MessageDecrypt);
        call C_MessageSignInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, mechanism, key)| session.begin(Purpose::MessageSign, mechanism, Some(key));
        step C_SignMessage (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG),
            data: InOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, room: CK_ULONG_PTR)
        ) => |session, args| message::sign(session, args);
        step C_SignMessageBegin (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG)
        ) => |session, args| message::begin_integrity(session, Purpose::MessageSign, args);
        step C_SignMessageNext (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG),
            data: InMaybeOut(from: CK_BYTE_PTR, size: CK_ULONG, to: CK_BYTE_PTR, room: CK_ULONG_PTR)
        ) => |session, args| message::next_sign(session, args);
        call C_MessageSignFinal (
            session: Session(handle: CK_SESSION_HANDLE)
        ) => |_, (session,)| session.end_messages(Purpose::MessageSign);
        call C_MessageVerifyInit (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: MaybeMechanism(what: CK_MECHANISM_PTR),
            key: Number(key: CK_OBJECT_HANDLE)
        ) => |_, (session, mechanism, key)| session.begin(Purpose::MessageVerify, mechanism, Some(key));
        step C_VerifyMessage (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG),
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG),
            signature: Input(signature: CK_BYTE_PTR, signature_size: CK_ULONG)
        ) => |session, args| message::verify(session, args);
        step C_VerifyMessageBegin (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG)
        ) => |session, args| message::begin_integrity(session, Purpose::MessageVerify, args);
        step C_VerifyMessageNext (
            parameter: Parameter(parameter: CK_VOID_PTR, length: CK_ULONG),
            input: Input(from: CK_BYTE_PTR, size: CK_ULONG),
            signature: MaybeInput(signature: CK_BYTE_PTR, signature_size: CK_ULONG)
        ) => |session, args| message::next_verify(session, args);
        call C_MessageVerifyFinal (
            session: Session(handle: CK_SESSION_HANDLE)
        ) => |_, (session,)| session.end_messages(Purpose::MessageVerify);
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
        call C_AsyncComplete (
            session: AnySession(handle: CK_SESSION_HANDLE),
            function: Function(name: CK_UTF8CHAR_PTR),
            result: AsyncData(place: CK_ASYNC_DATA_PTR)
        ) => |_, (session, function, result)| asynchronous::complete(&session, &function, &result);
        call C_AsyncGetID (
            session: AnySession(handle: CK_SESSION_HANDLE),
            function: Function(name: CK_UTF8CHAR_PTR),
            id: Place(place: CK_ULONG_PTR)
        ) => |_, (session, function, id)| { id.set(asynchronous::id(&session, &function)?); Ok(()) };
        call C_AsyncJoin (
            _session: AnySession(handle: CK_SESSION_HANDLE),
            _function: Function(name: CK_UTF8CHAR_PTR),
            _id: Number(id: CK_ULONG),
            _data: Unused(data: CK_BYTE_PTR),
            _length: Unused(length: CK_ULONG)
        // No identifier was ever given out (C_AsyncGetID).
        ) => |_, _| Err(Error::SavedStateInvalid);
        call C_WrapKeyAuthenticated (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: SealMechanism(what: CK_MECHANISM_PTR),
            wrapping: Number(wrapping_key: CK_OBJECT_HANDLE),
            key: Number(key: CK_OBJECT_HANDLE),
            associated: Copied(aad_from: CK_BYTE_PTR, aad_size: CK_ULONG),
            output: Output(to: CK_BYTE_PTR, length: CK_ULONG_PTR)
        ) => |_, (session, mechanism, wrapping, key, associated, output)| {
            let mechanism = mechanism.with_aad(associated);
            mechanism.give(session.wrap_key(&mechanism.wrapping, wrapping, key, output)?)
        };
        call C_UnwrapKeyAuthenticated (
            session: Session(handle: CK_SESSION_HANDLE),
            mechanism: OpenMechanism(what: CK_MECHANISM_PTR),
            unwrapping: Number(unwrapping_key: CK_OBJECT_HANDLE),
            wrapped: Input(from: CK_BYTE_PTR, size: CK_ULONG),
            template: Template(list: CK_ATTRIBUTE_PTR, count: CK_ULONG),
            associated: Copied(aad_from: CK_BYTE_PTR, aad_size: CK_ULONG),
            result: Place(place: CK_OBJECT_HANDLE_PTR)
        ) => |_, (session, mechanism, unwrapping, wrapped, template, associated, result)| {
            let mechanism = mechanism.with_aad(associated);
            result.set(session.unwrap_key(&mechanism.wrapping, unwrapping, wrapped, &template)?);
            Ok(())
        };
    }
}
