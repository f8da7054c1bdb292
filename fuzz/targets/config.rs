//! The configuration as any text. It is read and judged; no token is made of it, for it may name any place on this machine.
#![no_main]

use ferrotoken::config::{Config, Environment, chosen_interface};
use ferrotoken_fuzz::common::folder;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let file = folder().join("config.toml");
    std::fs::write(&file, input).unwrap();
    let mut environment = Environment::default();
    environment.file = Some(file);
    let _ = chosen_interface(&environment);
    if let Err(problem) = Config::load(&environment) {
        assert!(!problem.to_string().is_empty());
    }
});
