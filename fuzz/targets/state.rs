//! Saved states: those that the library gave, changed in any way, and any other bytes.
#![no_main]

use ferrotoken_fuzz::common::*;
use ferrotoken_fuzz::machine::Machine;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut machine = Machine::new(input);
    let session = machine.session();
    let aes = machine.handle();
    let begun = match machine.tape.below(5) {
        0 => session.digest_init(&mech(CKM_SHA256)).and_then(|()| session.digest_update(b"abc")),
        1 => session.encrypt_init(&mech_bytes(CKM_AES_CBC, &[1; 16]), aes),
        2 => session.sign_init(&mech(CKM_AES_CMAC), aes).and_then(|()| session.sign_update(b"abcdefgh")),
        3 => session.digest_init(&mech(CKM_SHA3_256)).and_then(|()| session.encrypt_init(&mech(CKM_AES_ECB), aes)),
        _ => session.find_init(&[]),
    };
    let mut state = begun.and_then(|()| session.save_state()).unwrap_or_default();
    for _ in 0..machine.tape.below(4) {
        match machine.tape.below(3) {
            0 => state.truncate(machine.tape.below(state.len() + 1)),
            1 => state.extend(machine.tape.some()),
            _ if state.is_empty() => {}
            _ => {
                let place = machine.tape.below(state.len());
                state[place] ^= machine.tape.byte();
            }
        }
    }
    let keys = [machine.handle(), if machine.tape.once_in(2) { 0 } else { aes }];
    let _ = session.restore_state(&state, keys[0], keys[1]);
    machine.run(&[
        "C_GetOperationState",
        "C_SetOperationState",
        "C_DigestUpdate",
        "C_DigestFinal",
        "C_EncryptUpdate",
        "C_EncryptFinal",
        "C_SignFinal",
        "C_FindObjects",
        "C_Logout",
    ]);
    machine.end();
});
