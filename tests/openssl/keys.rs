//! Private keys as PKCS #8 under an AES key: what one side wraps, the other opens, and finds the same key in it.

use crate::curves::Files;
use crate::*;

/// Key type, how openssl makes such a key.
const KINDS: &[(CK_KEY_TYPE, &str)] = &[
    (CKK_RSA, "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
    (CKK_EC, "-algorithm EC -pkeyopt ec_paramgen_curve:P-192"),
    (CKK_EC, "-algorithm EC -pkeyopt ec_paramgen_curve:P-224"),
    (CKK_EC, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"),
    (CKK_EC, "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"),
    (CKK_EC, "-algorithm EC -pkeyopt ec_paramgen_curve:P-521"),
    (CKK_EC, "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"),
    (CKK_EC, "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1"),
    (CKK_EC, "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP384r1"),
    (CKK_EC_EDWARDS, "-algorithm ED25519"),
    (CKK_EC_EDWARDS, "-algorithm ED448"),
    (CKK_EC_MONTGOMERY, "-algorithm X25519"),
    (CKK_EC_MONTGOMERY, "-algorithm X448"),
    (CKK_DH, "-algorithm DH -pkeyopt group:ffdhe2048"),
    (CKK_DH, "-algorithm DH -pkeyopt group:modp_2048"),
    (CKK_X9_42_DH, "-algorithm DHX -pkeyopt dh_rfc5114:2"),
];

#[test]
fn each_side_opens_the_private_keys_that_the_other_wraps() {
    let (s, files) = (token().user(), Files::new());
    let (value, iv) = (data(32), data(16));
    let wrapping = secret(&s, CKK_AES, &value);
    let m = mech_bytes(CKM_AES_CBC_PAD, &iv);
    let enc = |mode, from, to| {
        let (key, iv) = (digits(&value), digits(&iv));
        files.openssl_must(&format!("enc {mode} -aes-256-cbc -K {key} -iv {iv} -in {from} -out {to}"));
    };
    for (kind, how) in KINDS {
        files.openssl_must(&format!("genpkey {how} -out key.pem"));
        files.openssl_must("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der");
        let theirs = files.openssl_must("pkey -in key.pem -pubout -outform DER");
        enc("-e", "key.der", "wrapped");
        let open = [class(CKO_PRIVATE_KEY), key_type(*kind), yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE)];
        let key = ok(s.unwrap(&m, wrapping, &files.read("wrapped"), &open));
        assert_eq!(ok(s.get(key, CKA_PUBLIC_KEY_INFO)), theirs, "{how}");
        files.write("ours", &ok(s.wrap(&m, wrapping, key)));
        enc("-d", "ours", "ours.der");
        assert_eq!(files.openssl_must("pkey -inform DER -in ours.der -pubout -outform DER"), theirs, "{how}");
        files.openssl_must("pkey -inform DER -in ours.der -check -noout");
        let text = |file: &str| files.openssl_must(&format!("pkey {file} -noout -text"));
        assert_eq!(text("-inform DER -in ours.der"), text("-in key.pem"), "{how}");
    }
}
