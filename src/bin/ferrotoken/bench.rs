//! `ferrotoken bench`: how fast modules are, through their C interface.
//!
//! Two modules are measured in alternation, slice by slice, so that whatever else the machine does hits both. Of the
//! slices the median counts. One thread is measured by the processor time of this process, several by the clock.

mod cases;
mod chart;
mod report;

use crate::client::{Failure, Module, Session, cpu_time};
use cases::{CASES, Case, Keys, Step};
use cryptoki_sys::*;
use std::path::PathBuf;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// What the command line says.
pub struct Options {
    /// The modules, one or two; the first is compared with the second.
    pub modules: Vec<PathBuf>,
    /// Whether the result is JSON.
    pub json: bool,
    /// Only the operations whose names contain this.
    pub filter: Option<String>,
    /// The numbers of threads.
    pub threads: Vec<usize>,
    /// Where a chart goes.
    pub chart: Option<PathBuf>,
}

/// The time of one operation in one module: nanoseconds for each call, all threads together.
struct Measured {
    operation: &'static str,
    size: usize,
    threads: usize,
    /// For each module; `None` if it does not have the operation.
    nanoseconds: Vec<Option<f64>>,
}

/// How long one slice lasts, and how many there are.
const SLICE: Duration = Duration::from_millis(40);
const SLICES: usize = 7;

const SO_PIN: &str = "so-pin-of-the-benchmark";
const USER_PIN: &str = "user-pin-of-the-benchmark";

/// A module with a token, a user who is logged in, and keys.
struct Subject<'a> {
    module: &'a Module,
    slot: CK_SLOT_ID,
    keys: Keys,
    // Keeps login and session objects.
    _session: Session<'a>,
}

/// Measures and prints.
pub fn run(options: &Options) -> Result<(), Failure> {
    let modules = options.modules.iter().map(|path| Module::load(path)).collect::<Result<Vec<_>, _>>()?;
    let subjects = modules.iter().map(Subject::new).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<String> = modules.iter().map(Module::name).collect::<Result<_, _>>()?;
    let wanted = |case: &&Case| options.filter.as_ref().is_none_or(|filter| case.name.contains(filter));
    let all: Vec<_> = CASES
        .iter()
        .filter(wanted)
        .flat_map(|case| options.threads.iter().map(move |threads| (case, *threads)))
        .flat_map(|(case, threads)| case.sizes.iter().map(move |size| (case, threads, *size)))
        .collect();
    let mut results = Vec::new();
    for (done, (case, threads, size)) in all.iter().enumerate() {
        show_progress(done, all.len(), &format!("{} {size} bytes, {threads} threads", case.name));
        results.push(measure(&subjects, case, *size, *threads));
    }
    eprint!("\r{:100}\r", "");
    if let Some(file) = &options.chart {
        let failed = |error: std::io::Error| Failure::Chart(file.display().to_string(), error.to_string());
        std::fs::write(file, chart::svg(&names, &results)).map_err(failed)?;
    }
    if options.json {
        report::json(&names, &results)
    } else {
        report::table(&names, &results)
    }
    Ok(())
}

/// A bar of thirty signs, and what is being measured.
fn show_progress(done: usize, all: usize, what: &str) {
    let filled = done * 30 / all.max(1);
    eprint!("\r{:100}\r[{}{}] {done}/{all} {what}", "", "#".repeat(filled), "-".repeat(30 - filled));
}

fn measure(subjects: &[Subject<'_>], case: &Case, size: usize, threads: usize) -> Measured {
    let mut slices: Vec<Vec<f64>> = vec![Vec::new(); subjects.len()];
    for _ in 0..SLICES {
        for (subject, slices) in subjects.iter().zip(&mut slices) {
            // A module that lacks an operation says so by an error.
            slices.extend(subject.slice(case, size, threads).ok());
        }
    }
    let nanoseconds = slices.into_iter().map(median).collect();
    Measured { operation: case.name, size, threads, nanoseconds }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

impl<'a> Subject<'a> {
    fn new(module: &'a Module) -> Result<Self, Failure> {
        let slot = module.prepare_token(SO_PIN, USER_PIN, "benchmark")?;
        let session = module.open_session(slot)?;
        session.login(CKU_USER, USER_PIN)?;
        let keys = Keys::make(&session);
        Ok(Self { module, slot, keys, _session: session })
    }

    /// The time of a call in one slice, in nanoseconds.
    fn slice(&self, case: &Case, size: usize, threads: usize) -> Result<f64, Failure> {
        if threads == 1 {
            let session = self.module.open_session(self.slot)?;
            let mut step = (case.make)(&session, &self.keys, size)?;
            step()?;
            let start = cpu_time();
            let calls = repeat(&mut step)?;
            return Ok((cpu_time() - start).as_nanos() as f64 / calls as f64);
        }
        let ready = Barrier::new(threads);
        let calls: Result<Vec<(u64, Duration)>, Failure> = std::thread::scope(|scope| {
            let work = || {
                let session = self.module.open_session(self.slot);
                let step = session.as_ref().map_err(Failure::clone);
                let step = step.and_then(|session| (case.make)(session, &self.keys, size));
                ready.wait();
                let start = Instant::now();
                let calls = repeat(&mut step?)?;
                Ok((calls, start.elapsed()))
            };
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            running
                .into_iter()
                .map(|thread| thread.join().unwrap_or(Err(Failure::Call("thread", CKR_GENERAL_ERROR))))
                .collect()
        });
        let rate: f64 = calls?.iter().map(|(calls, time)| *calls as f64 / time.as_nanos() as f64).sum();
        Ok(1.0 / rate)
    }
}

/// Repeats a step for one slice; gives how many times. The clock is asked now and then only.
fn repeat(step: &mut Step<'_>) -> Result<u64, Failure> {
    let (start, mut calls, mut batch) = (Instant::now(), 0, 1);
    loop {
        for _ in 0..batch {
            step()?;
        }
        calls += batch;
        let elapsed = start.elapsed();
        if elapsed >= SLICE {
            return Ok(calls);
        }
        if elapsed < SLICE / 16 {
            batch *= 2;
        }
    }
}
