//! The standard's names of its numbers, for the log and the tool (stub).
use cryptoki_sys::*;

/// Names as they are shown.
pub struct Shown;

impl Shown {
    /// `CKM_…`
    pub fn mechanism(id: CK_MECHANISM_TYPE) -> String {
        format!("{id:#x}")
    }
    /// `CKA_…`
    pub fn attribute(id: CK_ATTRIBUTE_TYPE) -> String {
        format!("{id:#x}")
    }
    /// `CKR_…`
    pub fn return_code(id: CK_RV) -> String {
        format!("{id:#x}")
    }
}
