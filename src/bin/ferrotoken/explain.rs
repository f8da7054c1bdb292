//! What a return code means to somebody who runs the tool, and what to do about it.

use cryptoki_sys::*;

/// The meaning and the remedy, to be set after the code's name; nothing for codes that only a programmer meets.
pub fn remedy(function: &str, code: CK_RV) -> String {
    said(function, code).map(|said| format!(": {said}")).unwrap_or_default()
}

fn said(function: &str, code: CK_RV) -> Option<&'static str> {
    Some(match (function, code) {
        ("C_Initialize", CKR_FUNCTION_FAILED | CKR_GENERAL_ERROR) => {
            "the module does not start. Mend what it says above; `ferrotoken doctor` looks for the cause"
        }
        ("C_Initialize", CKR_CRYPTOKI_ALREADY_INITIALIZED) => "the two modules are one and the same library",
        ("C_InitToken", CKR_PIN_INCORRECT) => {
            "the SO PIN is not the token's, or has a length that the token does not take. Give the old SO PIN of a token that \
             has one"
        }
        (_, CKR_PIN_INCORRECT) => {
            "the PIN is wrong. Give the right one: wrong ones are counted, and `ferrotoken list` says when the last try has come"
        }
        (_, CKR_PIN_LOCKED) => {
            "too many wrong PINs have locked it. `ferrotoken pin --reset` gives the user a new one, by the SO PIN"
        }
        (_, CKR_PIN_LEN_RANGE) => {
            "the PIN is too short or too long. Choose one of 4 to 255 bytes, or of what the token's configuration says"
        }
        (_, CKR_PIN_INVALID) => "the PIN has characters that the token does not take. Choose another",
        (_, CKR_PIN_EXPIRED) => "the PIN is over. `ferrotoken pin` changes it",
        (_, CKR_USER_PIN_NOT_INITIALIZED) => {
            "the token has no user PIN yet. `ferrotoken pin --reset` sets one, by the SO PIN"
        }
        (_, CKR_SLOT_ID_INVALID) => "there is no such slot. `ferrotoken list` shows them",
        (_, CKR_TOKEN_NOT_PRESENT) => "there is no token in the slot. `ferrotoken list` shows them",
        (_, CKR_TOKEN_NOT_RECOGNIZED) => {
            "the token is not initialised, or its file cannot be used. `ferrotoken list` shows which; `ferrotoken init LABEL` \
             initialises one"
        }
        (_, CKR_TOKEN_WRITE_PROTECTED | CKR_SESSION_READ_ONLY) => "the token cannot be written",
        (_, CKR_MECHANISM_INVALID) => {
            "the module cannot do this, or the token's policy forbids it. `ferrotoken mechanisms` lists what it can do"
        }
        (_, CKR_FUNCTION_NOT_SUPPORTED) => "the module does not have this function",
        (_, CKR_KEY_SIZE_RANGE) => "the module knows no keys of this size. `ferrotoken mechanisms` lists the sizes",
        ("C_GenerateKey" | "C_GenerateKeyPair", CKR_ATTRIBUTE_VALUE_INVALID | CKR_TEMPLATE_INCONSISTENT) => {
            "the module makes no such key. `ferrotoken generate --help` and `ferrotoken mechanisms` list what there is"
        }
        (_, CKR_CURVE_NOT_SUPPORTED) => "the module does not know the curve",
        ("C_WrapKey", CKR_KEY_UNEXTRACTABLE) => "the key is not extractable: it stays on its token",
        ("C_WrapKey", CKR_KEY_NOT_WRAPPABLE) => {
            "the key leaves only wrapped by a trusted key (CKA_WRAP_WITH_TRUSTED): it stays on its token"
        }
        (_, CKR_ATTRIBUTE_SENSITIVE) => "the value is sensitive: it stays on its token",
        ("C_DestroyObject", CKR_ACTION_PROHIBITED) => "the object is made to stay (CKA_DESTROYABLE is false)",
        (_, CKR_DEVICE_ERROR) => {
            "the token's file cannot be used. FERROTOKEN_LOG=error says why; `ferrotoken doctor` looks for the cause"
        }
        (_, CKR_DEVICE_MEMORY) => "there is no room left for it on the token. Make room on the disk",
        (_, CKR_HOST_MEMORY) => "there is not enough memory",
        _ => return None,
    })
}
