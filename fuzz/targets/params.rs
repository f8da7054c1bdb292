//! Mechanism parameters, in every function that takes a mechanism, and what the operations then do with data.
#![no_main]

use ferrotoken_fuzz::machine::Machine;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut machine = Machine::new(input);
    machine.run(&[
        "C_EncryptInit",
        "C_DecryptInit",
        "C_DigestInit",
        "C_SignInit",
        "C_VerifyInit",
        "C_MessageEncryptInit",
        "C_MessageSignInit",
        "C_GenerateKey",
        "C_DeriveKey",
        "C_WrapKey",
        "C_UnwrapKey",
        "C_WrapKeyAuthenticated",
        "C_UnwrapKeyAuthenticated",
        "C_EncapsulateKey",
        "C_DecapsulateKey",
        "C_Encrypt",
        "C_Decrypt",
        "C_Digest",
        "C_Sign",
        "C_Verify",
        "C_EncryptMessage",
        "C_SignMessage",
        "C_SessionCancel",
    ]);
    machine.end();
});
