//! PINs: asked for without showing them, or read from where a script keeps them.

use crate::Result;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::str::FromStr;
use zeroize::Zeroizing;

/// Where a PIN comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The terminal.
    Prompt,
    /// An environment variable.
    Environment(String),
    /// A file: its first line.
    File(String),
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.split_once(':') {
            None if text == "prompt" => Ok(Self::Prompt),
            Some(("env", name)) => Ok(Self::Environment(name.into())),
            Some(("file", path)) => Ok(Self::File(path.into())),
            Some(("fd", number)) if number.parse::<u16>().is_ok() => Ok(Self::File(format!("/dev/fd/{number}"))),
            _ => Err("write prompt, env:NAME, file:PATH or fd:NUMBER".into()),
        }
    }
}

impl Source {
    /// The PIN; `whose` says in the question which one.
    pub fn read(&self, whose: &str) -> Result<Zeroizing<String>> {
        match self {
            Self::Prompt => {
                let question = format!("{whose}: ");
                rpassword::prompt_password(question).map(Zeroizing::new).map_err(|error| {
                    format!("cannot ask for the {whose}: {error}; give it by env:NAME, file:PATH or fd:NUMBER").into()
                })
            }
            Self::Environment(name) => match std::env::var(name) {
                Ok(pin) => Ok(Zeroizing::new(pin)),
                Err(_) => {
                    Err(format!("the {whose} is to come from the environment variable {name}, which is not set").into())
                }
            },
            Self::File(path) => {
                let unreadable = |error| format!("the {whose} cannot be read from {path}: {error}");
                let mut line = Zeroizing::new(String::new());
                BufReader::new(File::open(path).map_err(unreadable)?).read_line(&mut line).map_err(unreadable)?;
                Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
            }
        }
    }

    /// A new PIN: on the terminal it is asked for twice.
    pub fn read_new(&self, whose: &str) -> Result<Zeroizing<String>> {
        let pin = self.read(whose)?;
        if *self == Self::Prompt && *self.read(&format!("{whose} again"))? != *pin {
            return Err(format!("the two are not the same; the {whose} stays as it was").into());
        }
        Ok(pin)
    }
}
