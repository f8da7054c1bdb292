//! A power failure at any moment loses nothing that was acknowledged, and leaves nothing half done: what a process writes is
//! recorded, and the files that a failure may have left of it, with writes lost, torn and out of order, are
//! opened by another process.

mod disk;
mod script;

use crate::compiler;
use crate::scene::*;
use disk::{Chance, Deed, Disk};
use script::{Actor, State, Step, script};
use std::fs;
use std::io::Write;

/// How many failures there are; a trial may ask for more.
fn failures() -> usize {
    std::env::var("FERROTOKEN_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(400)
}

const SAID: &str = "said";

/// Performs the script, and says after each step that it is done.
fn write() {
    open();
    let place = std::env::var("FERROTOKEN_TEST_DISK").unwrap();
    let mut said = fs::File::create(std::path::Path::new(&place).join(SAID)).unwrap();
    let mut actor = Actor::default();
    for step in script() {
        actor.perform(step);
        said.write_all(b".").unwrap();
    }
}

/// The power fails again, while what it has left is opened, so often.
const AGAIN: usize = 8;

/// Is told how many steps were acknowledged, and looks at what is there. The second time it has looked already, and tried PINs.
fn look() {
    let states: Vec<_> = script()
        .into_iter()
        .scan(State::default(), |state, step| {
            *state = state.clone().after(step);
            Some(state.clone())
        })
        .collect();
    let states = [&[State::default()], &states[..], &states[states.len() - 1..]].concat();
    eprintln!("ready");
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (done, again) = line.strip_suffix(" again").map_or((&line[..], false), |done| (done, true));
        let done: usize = done.parse().unwrap();
        // The next step may be done or not, but not by half.
        let (before, after) = (&states[done], &states[done + 1]);
        let next = script().get(done).copied();
        // Who tries a PIN has tried it, whatever comes of it.
        let certain = !again && before.missed == after.missed && !matches!(next, Some(Step::Login | Step::SetPin(_)));
        let pins: Vec<_> = [before.pin, after.pin].into_iter().flatten().collect();
        let found = State::look(&pins);
        assert!(
            before.is(&found, certain) || after.is(&found, certain),
            "after {done} steps, {next:?} being next: {found:#?}\ninstead of {before:#?}"
        );
        eprintln!("ready");
    }
}

#[test]
fn a_power_failure_loses_nothing_that_was_acknowledged() {
    let test = "power::a_power_failure_loses_nothing_that_was_acknowledged";
    direct(test, &[("-write", &write), ("-look", &look)], |stage| {
        let library = compiler::preload("disk");
        let folder = stage.directory.parent().unwrap();
        let list = folder.with_extension("list");
        let _ = fs::remove_file(&list);
        let record = [
            ("LD_PRELOAD", library.as_os_str()),
            ("FERROTOKEN_TEST_DISK", folder.as_os_str()),
            ("FERROTOKEN_TEST_DISK_LIST", list.as_os_str()),
        ];
        stage.end("-write", stage.start_in("-write", &record));
        let deeds = disk::read(&fs::read(&list).unwrap());
        let synchronised = deeds.iter().filter(|deed| matches!(deed, Deed::Sync(_))).count();
        assert!(synchronised > script().len(), "every step is synchronised");

        // Most of the writes are of the few steps that write much: each step has as many failures as another.
        let says = |deed: &Deed| matches!(deed, Deed::Write { name, .. } if name == SAID);
        let said = deeds.iter().enumerate().filter(|(_, deed)| says(deed)).map(|(number, _)| number + 1);
        let starts = std::iter::once(0).chain(said.clone());
        let steps: Vec<_> = starts.zip(said.chain([deeds.len()])).map(|(start, end)| start..end).collect();
        assert_eq!(steps.len(), script().len() + 1, "every step was said to be done");
        let mut chance = Chance::new(1);
        let mut moments: Vec<_> = (0..failures())
            .map(|failure| &steps[failure % steps.len()])
            .map(|step| step.start + chance.below(step.len() + 1))
            .collect();
        moments.sort_unstable();

        let (mut child, mut go) = stage.start_waiting_in("-look", &record);
        go.wait_until_ready(&mut child);
        let mut disk = Disk::default();
        let (mut said, mut next) = (0, 0);
        for (failure, moment) in moments.into_iter().enumerate() {
            for deed in &deeds[next..moment] {
                disk.take(deed);
                said += usize::from(says(deed));
            }
            next = moment;
            // The files of a failure that goes wrong stay there to be looked at.
            let mut chance = Chance::new(failure as u64 + 2);
            disk.fail(&mut chance, "tokens", &stage.directory);
            let mut again = Disk::with("tokens", &stage.directory);
            fs::write(&list, []).unwrap();
            go.say(&mut child, &said.to_string());
            if failure % AGAIN == 0 {
                let deeds = disk::read(&fs::read(&list).unwrap());
                deeds[..chance.below(deeds.len() + 1)].iter().for_each(|deed| again.take(deed));
                again.fail(&mut chance, "tokens", &stage.directory);
                go.say(&mut child, &format!("{said} again"));
            }
        }
        go.end(child);
    });
}
