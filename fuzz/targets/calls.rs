//! Any functions, with any arguments, in any order.
#![no_main]

use ferrotoken_fuzz::machine::Machine;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut machine = Machine::new(input);
    machine.run(&[]);
    machine.end();
});
