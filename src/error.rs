//! The errors of the standard (PKCS#11 3.2, section 5.1 "Function return values").
//!
//! One variant a code: what a caller reads is what the code that found the fault wrote.

use cryptoki_sys::*;

/// The result of everything inside the library.
pub type Result<T, E = Error> = core::result::Result<T, E>;

/// A return code other than `CKR_OK`.
///
/// The message is for the log; it never carries data of a caller or of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u32)]
#[allow(missing_docs)] // Each variant is the standard's code of the same name.
pub enum Error {
    #[error("the action is prohibited by the object's own attributes")]
    ActionProhibited = CKR_ACTION_PROHIBITED as u32,
    #[error("the authenticated data or its tag is wrong")]
    AeadDecryptFailed = CKR_AEAD_DECRYPT_FAILED as u32,
    #[error("an argument is NULL or out of range")]
    ArgumentsBad = CKR_ARGUMENTS_BAD as u32,
    #[error("the attribute cannot be set by the caller")]
    AttributeReadOnly = CKR_ATTRIBUTE_READ_ONLY as u32,
    #[error("the attribute is sensitive")]
    AttributeSensitive = CKR_ATTRIBUTE_SENSITIVE as u32,
    #[error("the attribute does not belong to the object")]
    AttributeTypeInvalid = CKR_ATTRIBUTE_TYPE_INVALID as u32,
    #[error("the attribute's value is invalid")]
    AttributeValueInvalid = CKR_ATTRIBUTE_VALUE_INVALID as u32,
    #[error("the output buffer is too small")]
    BufferTooSmall = CKR_BUFFER_TOO_SMALL as u32,
    #[error("the library cannot lock as asked")]
    CantLock = CKR_CANT_LOCK as u32,
    #[error("the library is already initialised")]
    CryptokiAlreadyInitialized = CKR_CRYPTOKI_ALREADY_INITIALIZED as u32,
    #[error("the library is not initialised")]
    CryptokiNotInitialized = CKR_CRYPTOKI_NOT_INITIALIZED as u32,
    #[error("the curve is not supported")]
    CurveNotSupported = CKR_CURVE_NOT_SUPPORTED as u32,
    #[error("the data is invalid for the mechanism")]
    DataInvalid = CKR_DATA_INVALID as u32,
    #[error("the data's length is out of range for the mechanism")]
    DataLenRange = CKR_DATA_LEN_RANGE as u32,
    #[error("the token failed")]
    DeviceError = CKR_DEVICE_ERROR as u32,
    #[error("the token has no room left")]
    DeviceMemory = CKR_DEVICE_MEMORY as u32,
    #[error("the domain parameters are invalid")]
    DomainParamsInvalid = CKR_DOMAIN_PARAMS_INVALID as u32,
    #[error("the ciphertext is invalid")]
    EncryptedDataInvalid = CKR_ENCRYPTED_DATA_INVALID as u32,
    #[error("the ciphertext's length is out of range")]
    EncryptedDataLenRange = CKR_ENCRYPTED_DATA_LEN_RANGE as u32,
    #[error("the call was cancelled")]
    FunctionCanceled = CKR_FUNCTION_CANCELED as u32,
    #[error("the call failed")]
    FunctionFailed = CKR_FUNCTION_FAILED as u32,
    #[error("there are no parallel functions")]
    FunctionNotParallel = CKR_FUNCTION_NOT_PARALLEL as u32,
    #[error("the function is not supported")]
    FunctionNotSupported = CKR_FUNCTION_NOT_SUPPORTED as u32,
    #[error("an internal error")]
    GeneralError = CKR_GENERAL_ERROR as u32,
    #[error("the process has no memory left")]
    HostMemory = CKR_HOST_MEMORY as u32,
    #[error("a key was changed since the operation's state was saved")]
    KeyChanged = CKR_KEY_CHANGED as u32,
    #[error("the key has made as many signatures as it can")]
    KeyExhausted = CKR_KEY_EXHAUSTED as u32,
    #[error("the key may not be used for this")]
    KeyFunctionNotPermitted = CKR_KEY_FUNCTION_NOT_PERMITTED as u32,
    #[error("the key handle is invalid")]
    KeyHandleInvalid = CKR_KEY_HANDLE_INVALID as u32,
    #[error("this key cannot be digested")]
    KeyIndigestible = CKR_KEY_INDIGESTIBLE as u32,
    #[error("the operation's state needs its key")]
    KeyNeeded = CKR_KEY_NEEDED as u32,
    #[error("the operation's state needs no key")]
    KeyNotNeeded = CKR_KEY_NOT_NEEDED as u32,
    #[error("the key cannot be wrapped by this mechanism")]
    KeyNotWrappable = CKR_KEY_NOT_WRAPPABLE as u32,
    #[error("the key's size is out of range")]
    KeySizeRange = CKR_KEY_SIZE_RANGE as u32,
    #[error("the key's type does not fit the mechanism")]
    KeyTypeInconsistent = CKR_KEY_TYPE_INCONSISTENT as u32,
    #[error("the key may not leave the token")]
    KeyUnextractable = CKR_KEY_UNEXTRACTABLE as u32,
    #[error("the token does not have this mechanism")]
    MechanismInvalid = CKR_MECHANISM_INVALID as u32,
    #[error("the mechanism's parameter is invalid")]
    MechanismParamInvalid = CKR_MECHANISM_PARAM_INVALID as u32,
    #[error("the mutex is bad")]
    MutexBad = CKR_MUTEX_BAD as u32,
    #[error("the library needs threads of its own")]
    NeedToCreateThreads = CKR_NEED_TO_CREATE_THREADS as u32,
    #[error("no slot event has come")]
    NoEvent = CKR_NO_EVENT as u32,
    #[error("the object handle is invalid")]
    ObjectHandleInvalid = CKR_OBJECT_HANDLE_INVALID as u32,
    #[error("another operation is active")]
    OperationActive = CKR_OPERATION_ACTIVE as u32,
    #[error("the operation cannot be cancelled")]
    OperationCancelFailed = CKR_OPERATION_CANCEL_FAILED as u32,
    #[error("no such operation is active")]
    OperationNotInitialized = CKR_OPERATION_NOT_INITIALIZED as u32,
    #[error("the parameter set is not supported")]
    ParameterSetNotSupported = CKR_PARAMETER_SET_NOT_SUPPORTED as u32,
    #[error("the function is running asynchronously")]
    Pending = CKR_PENDING as u32,
    #[error("the PIN has expired")]
    PinExpired = CKR_PIN_EXPIRED as u32,
    #[error("the PIN is wrong")]
    PinIncorrect = CKR_PIN_INCORRECT as u32,
    #[error("the PIN has invalid characters")]
    PinInvalid = CKR_PIN_INVALID as u32,
    #[error("the PIN is too short or too long")]
    PinLenRange = CKR_PIN_LEN_RANGE as u32,
    #[error("the PIN is locked")]
    PinLocked = CKR_PIN_LOCKED as u32,
    #[error("the PIN is too weak")]
    PinTooWeak = CKR_PIN_TOO_WEAK as u32,
    #[error("the public key is invalid")]
    PublicKeyInvalid = CKR_PUBLIC_KEY_INVALID as u32,
    #[error("there is no random generator")]
    RandomNoRng = CKR_RANDOM_NO_RNG as u32,
    #[error("the saved state is invalid")]
    SavedStateInvalid = CKR_SAVED_STATE_INVALID as u32,
    #[error("there are no asynchronous sessions")]
    SessionAsyncNotSupported = CKR_SESSION_ASYNC_NOT_SUPPORTED as u32,
    #[error("the session was closed during the call")]
    SessionClosed = CKR_SESSION_CLOSED as u32,
    #[error("too many sessions")]
    SessionCount = CKR_SESSION_COUNT as u32,
    #[error("sessions are open")]
    SessionExists = CKR_SESSION_EXISTS as u32,
    #[error("the session handle is invalid")]
    SessionHandleInvalid = CKR_SESSION_HANDLE_INVALID as u32,
    #[error("there are no parallel sessions")]
    SessionParallelNotSupported = CKR_SESSION_PARALLEL_NOT_SUPPORTED as u32,
    #[error("the session is read-only")]
    SessionReadOnly = CKR_SESSION_READ_ONLY as u32,
    #[error("a read-only session exists")]
    SessionReadOnlyExists = CKR_SESSION_READ_ONLY_EXISTS as u32,
    #[error("a read/write session of the SO exists")]
    SessionReadWriteSoExists = CKR_SESSION_READ_WRITE_SO_EXISTS as u32,
    #[error("the signature is invalid")]
    SignatureInvalid = CKR_SIGNATURE_INVALID as u32,
    #[error("the signature's length is wrong")]
    SignatureLenRange = CKR_SIGNATURE_LEN_RANGE as u32,
    #[error("the slot does not exist")]
    SlotIdInvalid = CKR_SLOT_ID_INVALID as u32,
    #[error("the operation's state cannot be saved")]
    StateUnsaveable = CKR_STATE_UNSAVEABLE as u32,
    #[error("the template lacks an attribute")]
    TemplateIncomplete = CKR_TEMPLATE_INCOMPLETE as u32,
    #[error("the template contradicts itself or the key")]
    TemplateInconsistent = CKR_TEMPLATE_INCONSISTENT as u32,
    #[error("the token is not present")]
    TokenNotPresent = CKR_TOKEN_NOT_PRESENT as u32,
    #[error("the token is not initialised")]
    TokenNotRecognized = CKR_TOKEN_NOT_RECOGNIZED as u32,
    #[error("the token is write-protected")]
    TokenWriteProtected = CKR_TOKEN_WRITE_PROTECTED as u32,
    #[error("the unwrapping key's handle is invalid")]
    UnwrappingKeyHandleInvalid = CKR_UNWRAPPING_KEY_HANDLE_INVALID as u32,
    #[error("the unwrapping key's size is out of range")]
    UnwrappingKeySizeRange = CKR_UNWRAPPING_KEY_SIZE_RANGE as u32,
    #[error("the unwrapping key's type does not fit the mechanism")]
    UnwrappingKeyTypeInconsistent = CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT as u32,
    #[error("the user is already logged in")]
    UserAlreadyLoggedIn = CKR_USER_ALREADY_LOGGED_IN as u32,
    #[error("another user is already logged in")]
    UserAnotherAlreadyLoggedIn = CKR_USER_ANOTHER_ALREADY_LOGGED_IN as u32,
    #[error("nobody fit for this is logged in")]
    UserNotLoggedIn = CKR_USER_NOT_LOGGED_IN as u32,
    #[error("the user's PIN is not set")]
    UserPinNotInitialized = CKR_USER_PIN_NOT_INITIALIZED as u32,
    #[error("there is no such kind of user")]
    UserTypeInvalid = CKR_USER_TYPE_INVALID as u32,
    #[error("the wrapped key is invalid")]
    WrappedKeyInvalid = CKR_WRAPPED_KEY_INVALID as u32,
    #[error("the wrapped key's length is out of range")]
    WrappedKeyLenRange = CKR_WRAPPED_KEY_LEN_RANGE as u32,
    #[error("the wrapping key's handle is invalid")]
    WrappingKeyHandleInvalid = CKR_WRAPPING_KEY_HANDLE_INVALID as u32,
    #[error("the wrapping key's size is out of range")]
    WrappingKeySizeRange = CKR_WRAPPING_KEY_SIZE_RANGE as u32,
    #[error("the wrapping key's type does not fit the mechanism")]
    WrappingKeyTypeInconsistent = CKR_WRAPPING_KEY_TYPE_INCONSISTENT as u32,
}

impl Error {
    /// The code as C sees it.
    pub fn code(self) -> CK_RV {
        self as u32 as CK_RV
    }
}
