//! Encodings: keys, certificates, points and parameters as attributes; keys unwrapped; files that the configuration imports.
#![no_main]

use ferrotoken::files::{self, pem};
use ferrotoken_fuzz::common::*;
use ferrotoken_fuzz::machine::Machine;
use ferrotoken_fuzz::templates::KEY_TYPES;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut machine = Machine::new(input);
    let (how, kind, aes) = (machine.tape.below(8), machine.tape.pick(KEY_TYPES), machine.handle());
    let session = machine.session();
    let der = machine.tape.rest();
    let key = |class: CK_OBJECT_CLASS, more: &[Attribute]| {
        session.create(&[&[ulong(CKA_CLASS, class), key_type(kind)][..], more].concat())
    };
    let made = match how {
        0 => {
            let _ = files::certificate(der);
            session.create(&[
                class(CKO_CERTIFICATE),
                ulong(CKA_CERTIFICATE_TYPE, CKC_X_509),
                bytes(CKA_SUBJECT, [0x30, 0]),
                bytes(CKA_VALUE, der),
            ])
        }
        1 => key(CKO_PUBLIC_KEY, &[bytes(CKA_PUBLIC_KEY_INFO, der)]),
        2 => key(CKO_PUBLIC_KEY, &[bytes(CKA_EC_PARAMS, der), bytes(CKA_EC_POINT, [4, 1, 4])]),
        3 => {
            let (point, params) = der.split_at(der.len().min(70));
            let params = if params.is_empty() { &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7] } else { params };
            key(CKO_PUBLIC_KEY, &[bytes(CKA_EC_PARAMS, params), bytes(CKA_EC_POINT, point)])
        }
        4 => key(CKO_PRIVATE_KEY, &[bytes(CKA_EC_PARAMS, der), bytes(CKA_VALUE, [7; 32])]),
        // Short: long ones take their time to be found no primes.
        5 => key(CKO_DOMAIN_PARAMETERS, &[bytes(CKA_PRIME, &der[..der.len().min(80)]), bytes(CKA_BASE, [2])]),
        6 => {
            if let Ok(blocks) = pem::blocks(der) {
                for block in &blocks {
                    let _ = files::content(block);
                }
            }
            let _ = files::key_id(der);
            Err(CKR_DATA_INVALID)
        }
        // PKCS#8, as it comes out of a wrapped key.
        _ => {
            let cbc = mech_bytes(CKM_AES_CBC_PAD, &[1; 16]);
            let template = [class(CKO_PRIVATE_KEY), key_type(kind)];
            session.encrypt(&cbc, aes, der).and_then(|wrapped| session.unwrap(&cbc, aes, &wrapped, &template))
        }
    };
    if let Ok(object) = made {
        for kind in [CKA_VALUE, CKA_PUBLIC_KEY_INFO, CKA_EC_POINT, CKA_CHECK_VALUE, CKA_MODULUS, CKA_SUBJECT] {
            let _ = session.get(object, kind);
        }
        let _ = session.size(object);
        let _ = session.sign(&mech(CKM_ECDSA), object, &[1; 32]);
        let _ = session.verify(&mech(CKM_ECDSA), object, &[1; 32], &[1; 64]);
        let _ = session.encrypt(&mech(CKM_RSA_PKCS), object, b"abc");
    }
    machine.end();
});
