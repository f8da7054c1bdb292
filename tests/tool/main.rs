//! The tool, as its users run it: a program with arguments, on tokens that last, in a fresh directory for each test.

mod backup;
mod certificates;
mod desk;
mod keys;
mod objects;
mod pins;
mod tokens;
