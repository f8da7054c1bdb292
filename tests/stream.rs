//! ChaCha20, Salsa20, Poly1305 and ChaCha20-Poly1305, through the C interface.

mod common;

#[path = "stream/aead.rs"]
mod aead;
#[path = "stream/ciphers.rs"]
mod ciphers;
#[path = "stream/keys.rs"]
mod keys;
#[path = "stream/poly1305.rs"]
mod poly1305;

use common::*;

/// A key that may do everything, and leave.
fn key(s: &Session, kind: CK_KEY_TYPE, value: &[u8]) -> CK_OBJECT_HANDLE {
    ok(s.create(&[class(CKO_SECRET_KEY), key_type(kind), bytes(CKA_VALUE, value), yes(CKA_EXTRACTABLE)]))
}

/// `CKM_CHACHA20`; it points into its arguments.
fn chacha20(counter: &[u8], nonce: &[u8]) -> Mech {
    mech_params(
        CKM_CHACHA20,
        &CK_CHACHA20_PARAMS {
            pBlockCounter: counter.as_ptr().cast_mut(),
            blockCounterBits: counter.len() as CK_ULONG * 8,
            pNonce: nonce.as_ptr().cast_mut(),
            ulNonceBits: nonce.len() as CK_ULONG * 8,
        },
    )
}

/// `CKM_SALSA20`; it points into its arguments.
fn salsa20(counter: &[u8; 8], nonce: &[u8]) -> Mech {
    mech_params(
        CKM_SALSA20,
        &CK_SALSA20_PARAMS {
            pBlockCounter: counter.as_ptr().cast_mut(),
            pNonce: nonce.as_ptr().cast_mut(),
            ulNonceBits: nonce.len() as CK_ULONG * 8,
        },
    )
}

/// `CKM_CHACHA20_POLY1305`; it points into its arguments. The nonce's length is told in bits, as the standard says.
fn chacha20_poly1305(nonce: &[u8], aad: &[u8]) -> Mech {
    mech_params(
        CKM_CHACHA20_POLY1305,
        &CK_SALSA20_CHACHA20_POLY1305_PARAMS {
            pNonce: nonce.as_ptr().cast_mut(),
            ulNonceLen: nonce.len() as CK_ULONG * 8,
            pAAD: aad.as_ptr().cast_mut(),
            ulAADLen: aad.len() as CK_ULONG,
        },
    )
}

const SUNSCREEN: &[u8] = b"Ladies and Gentlemen of the class of '99: \
    If I could offer you only one tip for the future, sunscreen would be it.";
