//! What each flag of a mechanism's information promises, done with a key of each size.

use crate::keys::{Ground, Pair, public_value};
use crate::recipe::*;

/// One function of the interface that a flag promises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Function {
    Encrypt,
    Decrypt,
    Digest,
    Sign,
    Verify,
    SignRecover,
    VerifyRecover,
    Generate,
    GenerateKeyPair,
    Wrap,
    Unwrap,
    Derive,
    Encapsulate,
    Decapsulate,
    MessageEncrypt,
    MessageDecrypt,
    MessageSign,
    MessageVerify,
}

use Function::*;

/// Each with its flag, the permission that it needs of a key, and whether that is the public half of a pair.
pub const FUNCTIONS: [(Function, CK_FLAGS, Option<CK_ATTRIBUTE_TYPE>, bool); 18] = [
    (Encrypt, CKF_ENCRYPT, Some(CKA_ENCRYPT), true),
    (Decrypt, CKF_DECRYPT, Some(CKA_DECRYPT), false),
    (Digest, CKF_DIGEST, None, true),
    (Sign, CKF_SIGN, Some(CKA_SIGN), false),
    (Verify, CKF_VERIFY, Some(CKA_VERIFY), true),
    (SignRecover, CKF_SIGN_RECOVER, Some(CKA_SIGN_RECOVER), false),
    (VerifyRecover, CKF_VERIFY_RECOVER, Some(CKA_VERIFY_RECOVER), true),
    (Generate, CKF_GENERATE, None, true),
    (GenerateKeyPair, CKF_GENERATE_KEY_PAIR, None, true),
    (Wrap, CKF_WRAP, Some(CKA_WRAP), true),
    (Unwrap, CKF_UNWRAP, Some(CKA_UNWRAP), false),
    (Derive, CKF_DERIVE, Some(CKA_DERIVE), false),
    (Encapsulate, CKF_ENCAPSULATE, Some(CKA_ENCAPSULATE), true),
    (Decapsulate, CKF_DECAPSULATE, Some(CKA_DECAPSULATE), false),
    (MessageEncrypt, CKF_MESSAGE_ENCRYPT, Some(CKA_ENCRYPT), true),
    (MessageDecrypt, CKF_MESSAGE_DECRYPT, Some(CKA_DECRYPT), false),
    (MessageSign, CKF_MESSAGE_SIGN, Some(CKA_SIGN), false),
    (MessageVerify, CKF_MESSAGE_VERIFY, Some(CKA_VERIFY), true),
];

/// Tries what a flag promises; it also takes whether messages may come in parts.
type Try = fn(&Walk<'_>, bool);

/// Does all that the flags promise, with one key. The functions that undo each other are tried together.
pub fn do_all(ground: &Ground, recipe: &Recipe, flags: CK_FLAGS, key: Pair) {
    let walk = Walk { ground, s: &ground.s, r: recipe, key };
    let has = |flag| flags & flag != 0;
    for (one, other) in [
        (CKF_ENCRYPT, CKF_DECRYPT),
        (CKF_SIGN, CKF_VERIFY),
        (CKF_SIGN_RECOVER, CKF_VERIFY_RECOVER),
        (CKF_WRAP, CKF_UNWRAP),
        (CKF_ENCAPSULATE, CKF_DECAPSULATE),
        (CKF_MESSAGE_ENCRYPT, CKF_MESSAGE_DECRYPT),
        (CKF_MESSAGE_SIGN, CKF_MESSAGE_VERIFY),
    ] {
        assert_eq!(has(one), has(other), "one half only");
    }
    let tries: [(CK_FLAGS, Try); 8] = [
        (CKF_ENCRYPT, |walk, _| walk.encrypt()),
        (CKF_SIGN, |walk, _| walk.sign()),
        (CKF_SIGN_RECOVER, |walk, _| walk.recover()),
        (CKF_WRAP, |walk, _| walk.wrap()),
        (CKF_DERIVE, |walk, _| walk.derive()),
        (CKF_ENCAPSULATE, |walk, _| walk.encapsulate()),
        (CKF_MESSAGE_ENCRYPT, |walk, _| walk.encrypt_messages()),
        (CKF_MESSAGE_SIGN, |walk, in_parts| walk.sign_messages(in_parts)),
    ];
    for (flag, go) in tries {
        if has(flag) {
            go(&walk, has(CKF_MULTI_MESSAGE));
        }
    }
}

struct Walk<'a> {
    ground: &'a Ground,
    s: &'a Session,
    r: &'a Recipe,
    key: Pair,
}

impl Walk<'_> {
    fn lengths(&self) -> Vec<usize> {
        match self.r.data {
            Data::Lengths(lengths) => lengths.to_vec(),
            Data::Modulus => vec![ok(self.s.get(self.key.0, CKA_MODULUS)).len()],
        }
    }

    fn encrypt(&self) {
        let (s, m, (public, private)) = (self.s, &self.r.mech, self.key);
        for length in self.lengths() {
            let plain = data(length);
            let sealed = ok(s.encrypt(m, public, &plain));
            assert!(length < 16 || !sealed.windows(length).any(|part| part == plain), "it is in clear");
            assert_eq!(ok(s.decrypt(m, private, &sealed)), plain);
            if self.r.parts {
                for size in [1, 13, 16, 50] {
                    let parts: Vec<&[u8]> = plain.chunks(size).collect();
                    assert_eq!(ok(s.encrypt_parts(m, public, &parts)), sealed, "in parts of {size}");
                    let parts: Vec<&[u8]> = sealed.chunks(size).collect();
                    assert_eq!(ok(s.decrypt_parts(m, private, &parts)), plain, "in parts of {size}");
                }
            } else {
                refused(s.encrypt_parts(m, public, &[&plain]), CKR_OPERATION_NOT_INITIALIZED);
                refused(s.decrypt_parts(m, private, &[&sealed]), CKR_OPERATION_NOT_INITIALIZED);
            }
        }
    }

    fn sign(&self) {
        let (s, m, (public, private)) = (self.s, &self.r.mech, self.key);
        if self.r.kind == CKM_HOTP {
            // RFC 4226's passwords have tests of their own; here what comes out is what goes in.
            let password = crate::recipe::otp_value(&ok(s.sign(m, private, b"")));
            ok(s.verify(m, public, b"", &password));
            refused(s.verify(m, public, b"", b"not a number"), CKR_SIGNATURE_LEN_RANGE);
            let mut wrong = password.clone();
            wrong[0] ^= 1;
            refused(s.verify(m, public, b"", &wrong), CKR_SIGNATURE_INVALID);
            return;
        }
        for length in self.lengths() {
            let message = data(length);
            let signature = ok(s.sign(m, private, &message));
            self.judge(&message, &signature);
            if self.r.parts {
                let parts: Vec<&[u8]> = message.chunks(13).collect();
                self.judge(&message, &ok(s.sign_parts(m, private, &parts)));
                ok(s.verify_parts(m, public, &parts, &signature));
            } else {
                refused(s.sign_parts(m, private, &[&message]), CKR_OPERATION_NOT_INITIALIZED);
                refused(s.verify_parts(m, public, &[&message], &signature), CKR_OPERATION_NOT_INITIALIZED);
            }
            ok(s.verify_signature_init(m, public, &signature));
            ok(s.put(f().C_VerifySignature.unwrap(), &message));
        }
    }

    /// A signature is right, and nothing else is.
    fn judge(&self, message: &[u8], signature: &[u8]) {
        let (s, m, public) = (self.s, &self.r.mech, self.key.0);
        ok(s.verify(m, public, message, signature));
        let mut wrong = signature.to_vec();
        *wrong.last_mut().unwrap() ^= 1;
        refused(s.verify(m, public, message, &wrong), CKR_SIGNATURE_INVALID);
        refused(s.verify(m, public, message, &signature[..signature.len() - 1]), CKR_SIGNATURE_LEN_RANGE);
        refused(s.verify(m, public, message, &[signature, &[0]].concat()), CKR_SIGNATURE_LEN_RANGE);
        let mut other = message.to_vec();
        // The first bytes count everywhere; of a long hash, ECDSA takes no more than fits.
        let Some(first) = other.first_mut() else { return };
        *first ^= 1;
        refused(s.verify(m, public, &other, signature), CKR_SIGNATURE_INVALID);
    }

    fn recover(&self) {
        let (s, m, (public, private)) = (self.s, &self.r.mech, self.key);
        for length in self.lengths() {
            let message = data(length);
            let signature = ok(s.sign_recover(m, private, &message));
            assert_eq!(ok(s.verify_recover(m, public, &signature)), message);
            ok(s.verify(m, public, &message, &signature));
            refused(s.verify_recover(m, public, &signature[1..]), CKR_SIGNATURE_LEN_RANGE);
        }
    }

    /// A secret key goes and comes back, and so does a private one.
    fn wrap(&self) {
        let (s, m, (public, private)) = (self.s, &self.r.mech, self.key);
        let open = [yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
        let secret = ok(self.ground.secret(CKK_GENERIC_SECRET, 32));
        let template =
            [&[class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), ulong(CKA_VALUE_LEN, 32)], &open[..]].concat();
        let wrapped = ok(s.wrap(m, public, secret));
        let back = ok(s.unwrap(m, private, &wrapped, &template));
        assert_eq!(ok(s.get(back, CKA_VALUE)), ok(s.get(secret, CKA_VALUE)));
        self.is_foreign(back);
        let pair = self.ground.pairs(crate::keys::Kind::Ec)[1].1;
        let template = [&[class(CKO_PRIVATE_KEY), key_type(CKK_EC)], &open[..]].concat();
        match s.wrap(m, public, pair) {
            Ok(wrapped) => {
                let back = ok(s.unwrap(m, private, &wrapped, &template));
                assert_eq!(ok(s.get(back, CKA_VALUE)), ok(s.get(pair, CKA_VALUE)));
                self.is_foreign(back);
            }
            Err(code) => {
                let reasons = [CKR_KEY_NOT_WRAPPABLE, CKR_KEY_SIZE_RANGE];
                let small = ok(s.get(public, CKA_KEY_TYPE)) == CKK_RSA.to_ne_bytes();
                assert!((self.r.whole_blocks || small) && reasons.contains(&code), "{}", codes::name(code));
            }
        }
    }

    /// The key was not made here, as far as the token knows.
    fn is_foreign(&self, key: CK_OBJECT_HANDLE) {
        for attribute in [CKA_LOCAL, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE] {
            assert!(!ok(self.s.get_bool(key, attribute)), "{attribute:#x}");
        }
        assert_eq!(ok(self.s.get_ulong(key, CKA_KEY_GEN_MECHANISM)), CK_UNAVAILABLE_INFORMATION);
    }

    fn derive(&self) {
        let (s, base) = (self.s, self.key.1);
        let peer = self.r.by.map(|by| by(&public_value(s, self.key.0)));
        let m = peer.as_ref().unwrap_or(&self.r.mech);
        if self.r.kind == CKM_TLS12_KEY_AND_MAC_DERIVE || self.r.kind == CKM_TLS12_KEY_SAFE_DERIVE {
            // It makes four keys, whose handles are in the parameter, and takes how open they are from the base.
            let before = s.find(&[]).len();
            ok(s.derive(m, base, &self.r.template));
            assert_eq!(s.find(&[]).len(), before + 4);
            return;
        }
        if self.r.kind == CKM_PUB_KEY_FROM_PRIV_KEY {
            let public = ok(s.derive(m, base, &[]));
            let info = |key| ok(s.get(key, CKA_PUBLIC_KEY_INFO));
            assert_eq!(info(public), info(self.key.0));
            return;
        }
        let seen = [no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)];
        let is_data = self.r.kind == CKM_HKDF_DATA;
        let template = [&self.r.template[..], if is_data { &[] } else { &seen[..] }].concat();
        let (one, two) = (ok(s.derive(m, base, &template)), ok(s.derive(m, base, &template)));
        let value = ok(s.get(one, CKA_VALUE));
        assert_eq!(value, ok(s.get(two, CKA_VALUE)), "twice the same");
        assert!(!value.is_empty() && self.r.makes.is_none_or(|length| value.len() == length), "{}", value.len());
        if is_data {
            assert_eq!(ok(s.get_ulong(one, CKA_CLASS)), CKO_DATA);
            return;
        }
        self.is_foreign(one);
        // Of what two sides have agreed on, the template says how open it is ("Elliptic Curve Diffie-Hellman", "PKCS #3 …").
        if peer.is_some() {
            return;
        }
        // A key from a hidden one is as hidden, whatever its own template says.
        let hidden = ok(s.copy(base, &[yes(CKA_SENSITIVE), no(CKA_EXTRACTABLE)]));
        match s.derive(m, hidden, &self.r.template) {
            Ok(one) => refused(s.get(one, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE),
            // Or there is none: from a base of a byte, the rest would be known.
            Err(code) => assert_eq!(codes::name(code), "CKR_KEY_SIZE_RANGE"),
        }
    }

    fn encapsulate(&self) {
        let (s, m, (public, private)) = (self.s, &self.r.mech, self.key);
        let template = [&self.r.template[..], &[no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)]].concat();
        let (sealed, key) = ok(s.encapsulate(m, public, &template));
        let back = ok(s.decapsulate(m, private, &sealed, &template));
        let value = ok(s.get(key, CKA_VALUE));
        assert_eq!(value, ok(s.get(back, CKA_VALUE)));
        assert!(self.r.makes.is_none_or(|length| value.len() == length));
        let (other, another) = ok(s.encapsulate(m, public, &template));
        assert!(other != sealed && ok(s.get(another, CKA_VALUE)) != value, "twice the same");
        self.is_foreign(key);
        self.is_foreign(back);
        // Another ciphertext is refused or has another key in it.
        let mut wrong = sealed.clone();
        *wrong.last_mut().unwrap() ^= 1;
        match s.decapsulate(m, private, &wrong, &template) {
            Ok(other) => assert_ne!(ok(s.get(other, CKA_VALUE)), value),
            Err(code) => assert!([CKR_WRAPPED_KEY_INVALID, CKR_WRAPPED_KEY_LEN_RANGE].contains(&code), "{code:#x}"),
        }
        refused(s.decapsulate(m, private, b"", &template).map_err(of_length), CKR_WRAPPED_KEY_LEN_RANGE);
    }

    fn encrypt_messages(&self) {
        let (s, (public, private)) = (self.s, self.key);
        let of = |nonce: u8| MessageParam::given(self.r.kind, &[nonce; 12], 16).of(32);
        let plain = data(32);
        ok(s.message_encrypt_init(self.r.kind, public));
        let mut sealed = Vec::new();
        for nonce in 1..4 {
            let mut param = of(nonce);
            let text = if nonce == 2 {
                ok(s.encrypt_message_begin(&mut param, b"aad"));
                let first = ok(s.encrypt_message_next(&mut param, &plain[..5], 0));
                [first, ok(s.encrypt_message_next(&mut param, &plain[5..], CKF_END_OF_MESSAGE))].concat()
            } else {
                ok(s.encrypt_message(&mut param, b"aad", &plain))
            };
            sealed.push((param, text));
        }
        ok(s.message_encrypt_final());
        ok(s.message_decrypt_init(self.r.kind, private));
        for (param, text) in &mut sealed {
            assert_eq!(ok(s.decrypt_message(param, b"aad", text)), plain);
            ok(s.decrypt_message_begin(param, b"aad"));
            let first = ok(s.decrypt_message_next(param, &text[..5], 0));
            let last = ok(s.decrypt_message_next(param, &text[5..], CKF_END_OF_MESSAGE));
            assert_eq!([first, last].concat(), plain);
            refused(s.decrypt_message(param, b"add", text), CKR_AEAD_DECRYPT_FAILED);
        }
        ok(s.message_decrypt_final());
        // An AEAD wraps with its parameters of messages, too.
        if self.ground.flags(self.r.kind) & CKF_WRAP != 0 {
            let secret = ok(self.ground.secret(CKK_GENERIC_SECRET, 32));
            // A nonce that this key has not had with another mechanism either.
            let mut param = of(self.r.kind as u8);
            let wrapped = ok(s.wrap_authenticated(&mut param, public, secret, b"aad"));
            let template =
                [class(CKO_SECRET_KEY), key_type(CKK_GENERIC_SECRET), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
            let back = ok(s.unwrap_authenticated(&mut param, private, &wrapped, &template, b"aad"));
            assert_eq!(ok(s.get(back, CKA_VALUE)), ok(s.get(secret, CKA_VALUE)));
        }
    }

    /// A message's own parameter: AES-GMAC wants a nonce for each.
    fn own(&self, nonce: u8) -> Mech {
        if self.r.kind == CKM_AES_GMAC { mech_bytes(0, &[nonce; 12]) } else { mech(0) }
    }

    fn sign_messages(&self, in_parts: bool) {
        let (s, m, (public, private)) = (self.s, &self.r.mech, self.key);
        if self.r.kind == CKM_HOTP {
            ok(s.message_sign_init(m, private));
            let password = crate::recipe::otp_value(&ok(s.sign_message(&mech(0), b"")));
            ok(s.message_sign_final());
            ok(s.message_verify_init(m, public));
            ok(s.verify_message(&mech(0), b"", &password));
            ok(s.message_verify_final());
            return;
        }
        let message = data(self.lengths()[0]);
        ok(s.message_sign_init(m, private));
        let mut signatures: Vec<_> = [1, 2].map(|nonce| ok(s.sign_message(&self.own(nonce), &message))).into();
        if in_parts {
            ok(s.sign_message_begin(&self.own(3)));
            ok(s.sign_message_part(&message[..5]));
            signatures.push(ok(s.sign_message_last(&message[5..])));
        } else {
            refused(s.sign_message_begin(&self.own(3)), CKR_OPERATION_NOT_INITIALIZED);
        }
        ok(s.message_sign_final());
        ok(s.message_verify_init(m, public));
        // The first bytes count everywhere; of a long hash, ECDSA takes no more than fits.
        let mut other = message.clone();
        other[0] ^= 1;
        for (nonce, signature) in (1..).zip(&signatures) {
            ok(s.verify_message(&self.own(nonce), &message, signature));
            refused(s.verify_message(&self.own(nonce), &other, signature), CKR_SIGNATURE_INVALID);
        }
        ok(s.message_verify_final());
        assert_eq!(in_parts, self.r.parts, "CKF_MULTI_MESSAGE");
    }
}

/// A public value of the wrong length is no value: some say the one, some the other.
fn of_length(code: CK_RV) -> CK_RV {
    if code == CKR_WRAPPED_KEY_INVALID { CKR_WRAPPED_KEY_LEN_RANGE } else { code }
}

pub fn digest(s: &Session, recipe: &Recipe) {
    let m = &recipe.mech;
    let mut seen = Vec::new();
    for length in [0, 1, 100, 1000] {
        let message = data(length);
        let value = ok(s.digest(m, &message));
        let parts: Vec<&[u8]> = message.chunks(13).collect();
        assert_eq!(ok(s.digest_parts(m, &parts)), value);
        assert!(!seen.contains(&value));
        seen.push(value);
    }
}
