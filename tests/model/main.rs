//! A model of the session's state machine against the library, over random sequences of calls: what each call returns, which
//! operations it leaves active, and, by an independent computation, the data that it gives. Every other session is asynchronous.

mod call;
#[path = "../common/mod.rs"]
mod common;
mod machine;
mod messages;
mod random;
mod reference;
mod world;

use call::Call;
use common::*;
use machine::Model;
use random::Random;
use world::World;

const SEQUENCES: u64 = 500;
const CALLS: usize = 250;

/// Another seed may be given in FERROTOKEN_TEST_SEED, and another number of sequences in FERROTOKEN_TEST_SEQUENCES.
fn number(variable: &str) -> Option<u64> {
    Some(std::env::var(variable).ok()?.parse().expect("a number"))
}

#[test]
fn the_library_does_what_the_model_of_a_session_does() {
    let token = token();
    World::prepare(&token);
    let seed = number("FERROTOKEN_TEST_SEED").unwrap_or(1);
    let sequences = number("FERROTOKEN_TEST_SEQUENCES").unwrap_or(SEQUENCES);
    let mut succeeded = 0;
    for seed in seed..seed + sequences {
        let (calls, outcome, good) = explore(&token, seed);
        succeeded += good;
        if let Err(disagreement) = outcome {
            let (calls, disagreement) = shrink(&token, is_asynchronous(seed), calls, disagreement);
            let calls: Vec<_> = calls.iter().map(|call| format!("  {call:?}")).collect();
            panic!("seed {seed}; the shortest sequence:\n{}\n{disagreement}", calls.join("\n"));
        }
    }
    // The sequences get somewhere: a model that refuses everything would agree as well.
    let calls = sequences * CALLS as u64;
    println!("{calls} calls, {succeeded} of them good");
    assert!(succeeded * 3 > calls, "{succeeded} of {calls} succeeded");
}

/// Makes random calls; gives them, how it went, and how many were accepted.
fn explore(token: &Token, seed: u64) -> (Vec<Call>, Result<(), String>, u64) {
    let asynchronous = is_asynchronous(seed);
    let mut random = Random(seed);
    let (mut model, mut world) = beginning(token, asynchronous);
    let (mut calls, mut good) = (Vec::new(), 0);
    for _ in 0..CALLS {
        let call = Call::choose(&mut random, &model);
        calls.push(call.clone());
        match world.run(&mut model, &call) {
            Ok(code) => good += u64::from(code == CKR_OK),
            Err(disagreement) => return (calls, Err(disagreement), good),
        }
    }
    (calls, Ok(()), good)
}

/// Takes calls out for as long as there is still a disagreement.
fn shrink(token: &Token, asynchronous: bool, mut calls: Vec<Call>, mut disagreement: String) -> (Vec<Call>, String) {
    let mut length = calls.len() / 2;
    while length > 0 {
        let mut start = 0;
        while start < calls.len() {
            let mut fewer = calls.clone();
            fewer.drain(start..(start + length).min(calls.len()));
            match replay(token, asynchronous, &fewer) {
                Err(other) => (calls, disagreement) = (fewer, other),
                Ok(()) => start += length,
            }
        }
        length /= 2;
    }
    (calls, disagreement)
}

fn replay(token: &Token, asynchronous: bool, calls: &[Call]) -> Result<(), String> {
    let (mut model, mut world) = beginning(token, asynchronous);
    calls.iter().try_for_each(|call| world.run(&mut model, call).map(drop))
}

fn beginning(token: &Token, asynchronous: bool) -> (Model, World) {
    (Model::new(asynchronous), World::new(token, asynchronous))
}

fn is_asynchronous(seed: u64) -> bool {
    seed.is_multiple_of(2)
}
