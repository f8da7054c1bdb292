//! Templates: objects made, copied, changed, read and found by any attributes.
#![no_main]

use ferrotoken_fuzz::machine::Machine;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut machine = Machine::new(input);
    machine.run(&[
        "C_CreateObject",
        "C_CopyObject",
        "C_SetAttributeValue",
        "C_GetAttributeValue",
        "C_GetObjectSize",
        "C_FindObjectsInit",
        "C_FindObjects",
        "C_FindObjectsFinal",
        "C_GenerateKey",
    ]);
    machine.end();
});
