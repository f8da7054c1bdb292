//! Templates of any attributes and values.

use crate::common::*;
use crate::ground::CURVES;
use crate::machine::Machine;

/// Attributes with what their values usually are: `b` a boolean, `n` a number, `t` a key type, `c` a class, `v` bytes, `s` a
/// small number of bytes or bits, `l` a list of mechanisms, `a` a template, `e` the parameters of a curve.
const KINDS: &[(CK_ATTRIBUTE_TYPE, char)] = &[
    (CKA_CLASS, 'c'),
    (CKA_KEY_TYPE, 't'),
    (CKA_VALUE, 'v'),
    (CKA_VALUE_LEN, 's'),
    (CKA_TOKEN, 'b'),
    (CKA_PRIVATE, 'b'),
    (CKA_LABEL, 'v'),
    (CKA_ID, 'v'),
    (CKA_SENSITIVE, 'b'),
    (CKA_EXTRACTABLE, 'b'),
    (CKA_ENCRYPT, 'b'),
    (CKA_DECRYPT, 'b'),
    (CKA_SIGN, 'b'),
    (CKA_VERIFY, 'b'),
    (CKA_SIGN_RECOVER, 'b'),
    (CKA_VERIFY_RECOVER, 'b'),
    (CKA_WRAP, 'b'),
    (CKA_UNWRAP, 'b'),
    (CKA_DERIVE, 'b'),
    (CKA_ENCAPSULATE, 'b'),
    (CKA_DECAPSULATE, 'b'),
    (CKA_MODIFIABLE, 'b'),
    (CKA_COPYABLE, 'b'),
    (CKA_DESTROYABLE, 'b'),
    (CKA_TRUSTED, 'b'),
    (CKA_WRAP_WITH_TRUSTED, 'b'),
    (CKA_ALWAYS_AUTHENTICATE, 'b'),
    (CKA_ALWAYS_SENSITIVE, 'b'),
    (CKA_NEVER_EXTRACTABLE, 'b'),
    (CKA_LOCAL, 'b'),
    (CKA_KEY_GEN_MECHANISM, 'n'),
    (CKA_START_DATE, 'v'),
    (CKA_END_DATE, 'v'),
    (CKA_ALLOWED_MECHANISMS, 'l'),
    (CKA_WRAP_TEMPLATE, 'a'),
    (CKA_UNWRAP_TEMPLATE, 'a'),
    (CKA_DERIVE_TEMPLATE, 'a'),
    (CKA_ENCAPSULATE_TEMPLATE, 'a'),
    (CKA_DECAPSULATE_TEMPLATE, 'a'),
    (CKA_CHECK_VALUE, 'v'),
    (CKA_MODULUS, 'v'),
    (CKA_MODULUS_BITS, 's'),
    (CKA_PUBLIC_EXPONENT, 'v'),
    (CKA_PRIVATE_EXPONENT, 'v'),
    (CKA_PRIME_1, 'v'),
    (CKA_PRIME_2, 'v'),
    (CKA_EXPONENT_1, 'v'),
    (CKA_EXPONENT_2, 'v'),
    (CKA_COEFFICIENT, 'v'),
    (CKA_PUBLIC_KEY_INFO, 'v'),
    (CKA_PRIME, 'v'),
    (CKA_SUBPRIME, 'v'),
    (CKA_BASE, 'v'),
    (CKA_PRIME_BITS, 's'),
    (CKA_SUBPRIME_BITS, 's'),
    (CKA_VALUE_BITS, 's'),
    (CKA_EC_PARAMS, 'e'),
    (CKA_EC_POINT, 'v'),
    (CKA_PARAMETER_SET, 'n'),
    (CKA_SEED, 'v'),
    (CKA_APPLICATION, 'v'),
    (CKA_OBJECT_ID, 'v'),
    (CKA_CERTIFICATE_TYPE, 'n'),
    (CKA_CERTIFICATE_CATEGORY, 'n'),
    (CKA_ISSUER, 'v'),
    (CKA_SERIAL_NUMBER, 'v'),
    (CKA_SUBJECT, 'v'),
    (CKA_URL, 'v'),
    (CKA_HASH_OF_SUBJECT_PUBLIC_KEY, 'v'),
    (CKA_HASH_OF_ISSUER_PUBLIC_KEY, 'v'),
    (CKA_NAME_HASH_ALGORITHM, 'n'),
    (CKA_JAVA_MIDP_SECURITY_DOMAIN, 'n'),
    (CKA_HW_FEATURE_TYPE, 'n'),
    (CKA_MECHANISM_TYPE, 'n'),
    (CKA_PROFILE_ID, 'n'),
    (CKA_UNIQUE_ID, 'v'),
    (CKA_PUBLIC_CRC64_VALUE, 'v'),
    (CKA_OTP_FORMAT, 'n'),
    (CKA_OTP_LENGTH, 's'),
    (CKA_OTP_USER_FRIENDLY_MODE, 'b'),
    (CKA_OTP_COUNTER_REQUIREMENT, 'n'),
    (CKA_OTP_COUNTER, 'v'),
    (CKA_OTP_SERVICE_IDENTIFIER, 'v'),
    (CKA_VENDOR_DEFINED, 'v'),
];

const CLASSES: &[CK_OBJECT_CLASS] = &[
    CKO_SECRET_KEY,
    CKO_PRIVATE_KEY,
    CKO_PUBLIC_KEY,
    CKO_DATA,
    CKO_CERTIFICATE,
    CKO_DOMAIN_PARAMETERS,
    CKO_HW_FEATURE,
    CKO_MECHANISM,
    CKO_PROFILE,
    CKO_VALIDATION,
    CKO_TRUST,
    CKO_OTP_KEY,
    CKO_VENDOR_DEFINED,
];

pub const KEY_TYPES: &[CK_KEY_TYPE] = &[
    CKK_AES,
    CKK_GENERIC_SECRET,
    CKK_RSA,
    CKK_EC,
    CKK_EC_EDWARDS,
    CKK_EC_MONTGOMERY,
    CKK_ML_DSA,
    CKK_ML_KEM,
    CKK_SLH_DSA,
    CKK_DH,
    CKK_X9_42_DH,
    CKK_DSA,
    CKK_DES,
    CKK_DES2,
    CKK_DES3,
    CKK_CAMELLIA,
    CKK_ARIA,
    CKK_BLOWFISH,
    CKK_TWOFISH,
    CKK_RC2,
    CKK_CHACHA20,
    CKK_SALSA20,
    CKK_POLY1305,
    CKK_HKDF,
    CKK_SHA256_HMAC,
    CKK_SHA_1_HMAC,
    CKK_AES_XTS,
    CKK_HOTP,
    CKK_HSS,
    CKK_VENDOR_DEFINED,
];

impl Machine<'_> {
    /// A list of attributes with its count.
    pub fn template(&mut self) -> (usize, usize) {
        match self.tape.byte() {
            255 => return (0, self.tape.number() as usize),
            // More than any template has: no attribute is looked at.
            254 => return (self.memory.words(&[0; 3]), self.tape.pick(&[1025, 1 << 32, usize::MAX])),
            _ => {}
        }
        let count = self.tape.below(9);
        let (list, off) = (self.attributes(count, true), if self.tape.once_in(64) { 3 } else { 0 });
        let bytes: Vec<u8> = list.iter().flat_map(|word| word.to_ne_bytes()).collect();
        (self.memory.output(&bytes, off), count)
    }

    fn attributes(&mut self, count: usize, outermost: bool) -> Vec<usize> {
        (0..count).flat_map(|_| self.attribute(outermost)).collect()
    }

    /// `CK_ATTRIBUTE`.
    fn attribute(&mut self, outermost: bool) -> [usize; 3] {
        let (kind, form) = self.tape.pick(KINDS);
        if form == 'a' {
            // Whatever its value is, it is taken for a list of attributes.
            let count = if outermost { self.tape.below(4) } else { 0 };
            let list = self.attributes(count, false);
            let size = count * 24;
            return match self.tape.byte() {
                255 => [kind as usize, 0, size],
                254 => [kind as usize, self.memory.words(&list), size.saturating_sub(1)],
                _ => [kind as usize, self.memory.words(&list), size],
            };
        }
        if self.tape.once_in(12) {
            // Those that say how much is computed are not left to chance.
            let (start, length) = self.pointed();
            return [kind as usize, start, if form == 's' { length & !8 } else { length }];
        }
        let value: Vec<u8> = match form {
            'b' => vec![self.tape.byte() & 1],
            'n' => self.tape.number().to_ne_bytes().to_vec(),
            'c' => self.tape.pick(CLASSES).to_ne_bytes().to_vec(),
            't' => self.tape.pick(KEY_TYPES).to_ne_bytes().to_vec(),
            's' => self.small(kind).to_ne_bytes().to_vec(),
            'l' => (0..self.tape.below(4)).flat_map(|_| (self.tape.byte() as CK_ULONG).to_ne_bytes()).collect(),
            'e' if !self.tape.once_in(4) => self.tape.pick(CURVES).to_vec(),
            _ => self.tape.some(),
        };
        let length = value.len();
        [kind as usize, self.memory.output(&value, 0), length]
    }

    /// A size that does not make a generation take minutes.
    fn small(&mut self, kind: CK_ATTRIBUTE_TYPE) -> CK_ULONG {
        match kind {
            CKA_VALUE_LEN => self.tape.number(),
            CKA_SUBPRIME_BITS | CKA_VALUE_BITS => self.tape.pick(&[160, 224, 256, 0, 1, 161, CK_ULONG::MAX]),
            _ => self.tape.pick(&[1024, 512, 0, 1, 1023, CK_ULONG::MAX, 1 << 32]),
        }
    }
}
