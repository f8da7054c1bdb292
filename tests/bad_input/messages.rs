//! The arguments of the functions for messages.

use super::{Ground, HUGE, Must, Variants, Word, raw};
use crate::common::*;
use std::ptr;

impl Ground {
    /// Input and output whose absence has a meaning.
    pub fn perhaps_missing(&self, kind: &str, list: &mut Variants) {
        let bad = Must::Be(CKR_ARGUMENTS_BAD);
        let (data, buffer) = (self.data.as_ptr() as usize, self.output.as_ptr() as usize);
        let number = |value: usize, off| Word::Place(value.to_ne_bytes().to_vec(), off);
        match kind {
            "I" => {
                list.add("good", [Word::Is(data), Word::Is(16)], Must::Survive);
                for length in [0, 1, 16].into_iter().chain(HUGE) {
                    list.add(&format!("NULL, {length:#x}"), [Word::Is(0), Word::Is(length)], Must::Be(CKR_OK));
                }
                for length in [0, 1, 15, 17] {
                    list.add("another length", [Word::Is(data), Word::Is(length)], Must::Be(CKR_SIGNATURE_LEN_RANGE));
                }
                list.add("longer than any memory", [Word::Is(data), Word::Is(usize::MAX)], bad);
            }
            "Q" => {
                list.add("good", [Word::Is(buffer), number(1 << 16, 0)], Must::Survive);
                list.add("no length", [Word::Is(buffer), Word::Is(0)], Must::Be(CKR_OK));
                list.add("nothing", [Word::Is(0), Word::Is(0)], Must::Be(CKR_OK));
                list.add("NULL", [Word::Is(0), number(0, 3)], Must::Be(CKR_OK));
                list.add("no room", [Word::Is(buffer), number(15, 0)], Must::Be(CKR_BUFFER_TOO_SMALL));
                list.add("misaligned", [Word::Is(buffer + 1), number(1 << 15, 3)], Must::Be(CKR_OK));
            }
            _ => unreachable!(),
        }
    }

    pub fn message_parameters(&self, name: &str, list: &mut Variants) {
        let invalid = Must::Be(CKR_MECHANISM_PARAM_INVALID);
        let zeros = self.zeros.as_ptr() as usize;
        if name.contains("Sign") || name.contains("Verify") {
            list.add("good", [Word::Is(0), Word::Is(0)], Must::Survive);
            list.add("no length", [Word::Is(zeros), Word::Is(0)], Must::Survive);
            for length in [1, 48].into_iter().chain(HUGE) {
                list.add(&format!("NULL, {length:#x}"), [Word::Is(0), Word::Is(length)], invalid);
                list.add(&format!("superfluous {length:#x}"), [Word::Is(zeros), Word::Is(length)], invalid);
            }
            return;
        }
        let good = message_params();
        let size = size_of_val(&good);
        list.add("good", [Word::Place(raw(&[good]), 0), Word::Is(size)], Must::Survive);
        list.add("misaligned", [Word::Place(raw(&[good]), 3), Word::Is(size)], Must::Survive);
        for length in [0, 1, size].into_iter().chain(HUGE) {
            list.add(&format!("NULL, {length:#x}"), [Word::Is(0), Word::Is(length)], invalid);
        }
        for length in [0, 1, size - 8, size - 1, size + 1, size + 8].into_iter().chain(HUGE) {
            list.add("another size", [Word::Is(zeros), Word::Is(length)], invalid);
        }
        let null = ptr::null_mut();
        let mut spoilt = vec![CK_GCM_MESSAGE_PARAMS { pIv: null, ..good }];
        spoilt.extend(
            [1, 3, 7, 129, 136, 1 << 32, CK_ULONG::MAX].map(|bits| CK_GCM_MESSAGE_PARAMS { ulTagBits: bits, ..good }),
        );
        spoilt.extend([1 << 63, CK_ULONG::MAX].map(|length| CK_GCM_MESSAGE_PARAMS { ulIvLen: length, ..good }));
        spoilt.extend(HUGE.map(|length| CK_GCM_MESSAGE_PARAMS { pIv: null, ulIvLen: length as CK_ULONG, ..good }));
        if !name.contains("Next") {
            spoilt.push(CK_GCM_MESSAGE_PARAMS { pIv: null, ulIvLen: 0, ..good });
        }
        if name.starts_with("C_Encrypt") && !name.contains("Next") {
            spoilt.extend([5, CK_ULONG::MAX].map(|other| CK_GCM_MESSAGE_PARAMS { ivGenerator: other, ..good }));
            let fixed = [97, 1 << 32, CK_ULONG::MAX];
            let counter = CK_GCM_MESSAGE_PARAMS { ivGenerator: CKG_GENERATE_COUNTER, ..good };
            spoilt.extend(fixed.map(|bits| CK_GCM_MESSAGE_PARAMS { ulIvFixedBits: bits, ..counter }));
        }
        let whole = ["C_EncryptMessage", "C_DecryptMessage"].contains(&name);
        if whole {
            spoilt.push(CK_GCM_MESSAGE_PARAMS { pTag: null, ..good });
        } else {
            let parameter = CK_GCM_MESSAGE_PARAMS { pTag: null, ..good };
            list.add("no tag yet", [Word::Place(raw(&[parameter]), 0), Word::Is(size)], Must::Be(CKR_OK));
        }
        for parameter in spoilt {
            let what = format!("{parameter:?}");
            list.add(&what, [Word::Place(raw(&[parameter]), 0), Word::Is(size)], invalid);
        }
    }
}

pub fn gcm() -> MessageParam {
    MessageParam::given(CKM_AES_GCM, &[1; 12], 16)
}

/// The parameter of a message, whose nonce and tag stay where they are.
pub fn message_params() -> CK_GCM_MESSAGE_PARAMS {
    CK_GCM_MESSAGE_PARAMS {
        pIv: vec![1; 12].leak().as_mut_ptr(),
        ulIvLen: 12,
        ulIvFixedBits: 0,
        ivGenerator: CKG_NO_GENERATE,
        pTag: vec![0; 16].leak().as_mut_ptr(),
        ulTagBits: 128,
    }
}
