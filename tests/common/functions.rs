//! The function list that checks every return code, and calls of any function by its number.

use super::{returns, unchecked};
use cryptoki_sys::*;
use std::mem::transmute_copy;

/// The same functions, each of them followed by a look at tests/returns. Nothing is initialised by this.
pub fn loaded() -> &'static CK_FUNCTION_LIST_3_2 {
    returns::settle();
    &CHECKED
}

/// Calls the function of that number in [`FUNCTIONS`] with words for its arguments; those that it does not have are ignored,
/// as they are in C on all 64-bit systems.
///
/// # Safety
/// The words are what the function wants.
pub unsafe fn call(function: usize, words: &[usize]) -> CK_RV {
    // SAFETY: as the caller says.
    unsafe { call_in(std::ptr::from_ref(loaded()).cast(), function, words) }
}

/// As [`call`], in any of the three lists: they all begin alike.
///
/// # Safety
/// The list has the function, and the words are what the function wants.
pub unsafe fn call_in(list: *const CK_FUNCTION_LIST, function: usize, words: &[usize]) -> CK_RV {
    type Any = unsafe extern "C" fn(usize, usize, usize, usize, usize, usize, usize, usize, usize, usize) -> CK_RV;
    let word = |index: usize| words.get(index).copied().unwrap_or_default();
    // SAFETY: the pointers follow the version, which takes the room of one.
    unsafe {
        let function = *list.cast::<Option<Any>>().add(1 + function);
        let function = function.expect("every pointer in the list is filled");
        function(word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7), word(8), word(9))
    }
}

macro_rules! checked {
    ($($name:ident($($argument:ident)*);)*) => {
        static CHECKED: CK_FUNCTION_LIST_3_2 = CK_FUNCTION_LIST_3_2 {
            version: CK_VERSION { major: 3, minor: 2 },
            $($name: {
                #[allow(non_snake_case, improper_ctypes_definitions, clippy::too_many_arguments)]
                unsafe extern "C" fn checked<$($argument),*>($($argument: $argument),*) -> CK_RV {
                    let function = unchecked().$name.expect(stringify!($name));
                    // SAFETY: the type is that of the list's own field, from which this function's arguments follow.
                    let function: unsafe extern "C" fn($($argument),*) -> CK_RV = unsafe { transmute_copy(&function) };
                    // SAFETY: as the caller says.
                    let code = unsafe { function($($argument),*) };
                    returns::check(stringify!($name), code);
                    code
                }
                Some(checked)
            },)*
        };
        /// The names of all functions of the list, in its order.
        pub const FUNCTIONS: &[&str] = &[$(stringify!($name)),*];
    };
}

checked! {
    C_Initialize(A);
    C_Finalize(A);
    C_GetInfo(A);
    C_GetFunctionList(A);
    C_GetSlotList(A B C);
    C_GetSlotInfo(A B);
    C_GetTokenInfo(A B);
    C_GetMechanismList(A B C);
    C_GetMechanismInfo(A B C);
    C_InitToken(A B C D);
    C_InitPIN(A B C);
    C_SetPIN(A B C D E);
    C_OpenSession(A B C D E);
    C_CloseSession(A);
    C_CloseAllSessions(A);
    C_GetSessionInfo(A B);
    C_GetOperationState(A B C);
    C_SetOperationState(A B C D E);
    C_Login(A B C D);
    C_Logout(A);
    C_CreateObject(A B C D);
    C_CopyObject(A B C D E);
    C_DestroyObject(A B);
    C_GetObjectSize(A B C);
    C_GetAttributeValue(A B C D);
    C_SetAttributeValue(A B C D);
    C_FindObjectsInit(A B C);
    C_FindObjects(A B C D);
    C_FindObjectsFinal(A);
    C_EncryptInit(A B C);
    C_Encrypt(A B C D E);
    C_EncryptUpdate(A B C D E);
    C_EncryptFinal(A B C);
    C_DecryptInit(A B C);
    C_Decrypt(A B C D E);
    C_DecryptUpdate(A B C D E);
    C_DecryptFinal(A B C);
    C_DigestInit(A B);
    C_Digest(A B C D E);
    C_DigestUpdate(A B C);
    C_DigestKey(A B);
    C_DigestFinal(A B C);
    C_SignInit(A B C);
    C_Sign(A B C D E);
    C_SignUpdate(A B C);
    C_SignFinal(A B C);
    C_SignRecoverInit(A B C);
    C_SignRecover(A B C D E);
    C_VerifyInit(A B C);
    C_Verify(A B C D E);
    C_VerifyUpdate(A B C);
    C_VerifyFinal(A B C);
    C_VerifyRecoverInit(A B C);
    C_VerifyRecover(A B C D E);
    C_DigestEncryptUpdate(A B C D E);
    C_DecryptDigestUpdate(A B C D E);
    C_SignEncryptUpdate(A B C D E);
    C_DecryptVerifyUpdate(A B C D E);
    C_GenerateKey(A B C D E);
    C_GenerateKeyPair(A B C D E F G H);
    C_WrapKey(A B C D E F);
    C_UnwrapKey(A B C D E F G H);
    C_DeriveKey(A B C D E F);
    C_SeedRandom(A B C);
    C_GenerateRandom(A B C);
    C_GetFunctionStatus(A);
    C_CancelFunction(A);
    C_WaitForSlotEvent(A B C);
    C_GetInterfaceList(A B);
    C_GetInterface(A B C D);
    C_LoginUser(A B C D E F);
    C_SessionCancel(A B);
    C_MessageEncryptInit(A B C);
    C_EncryptMessage(A B C D E F G H I);
    C_EncryptMessageBegin(A B C D E);
    C_EncryptMessageNext(A B C D E F G H);
    C_MessageEncryptFinal(A);
    C_MessageDecryptInit(A B C);
    C_DecryptMessage(A B C D E F G H I);
    C_DecryptMessageBegin(A B C D E);
    C_DecryptMessageNext(A B C D E F G H);
    C_MessageDecryptFinal(A);
    C_MessageSignInit(A B C);
    C_SignMessage(A B C D E F G);
    C_SignMessageBegin(A B C);
    C_SignMessageNext(A B C D E F G);
    C_MessageSignFinal(A);
    C_MessageVerifyInit(A B C);
    C_VerifyMessage(A B C D E F G);
    C_VerifyMessageBegin(A B C);
    C_VerifyMessageNext(A B C D E F G);
    C_MessageVerifyFinal(A);
    C_EncapsulateKey(A B C D E F G H);
    C_DecapsulateKey(A B C D E F G H);
    C_VerifySignatureInit(A B C D E);
    C_VerifySignature(A B C);
    C_VerifySignatureUpdate(A B C);
    C_VerifySignatureFinal(A);
    C_GetSessionValidationFlags(A B C);
    C_AsyncComplete(A B C);
    C_AsyncGetID(A B C);
    C_AsyncJoin(A B C D E);
    C_WrapKeyAuthenticated(A B C D E F G H);
    C_UnwrapKeyAuthenticated(A B C D E F G H I J);
}
