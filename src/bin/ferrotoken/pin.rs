//! PINs: asked for without showing them, or read from where a script keeps them.

use crate::Result;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
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
                Ok(first_line(&mut File::open(path).map_err(unreadable)?).map_err(unreadable)?)
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

/// Reads one line and nothing behind it: the next PIN may come from the same pipe.
fn first_line(from: &mut impl Read) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(Vec::new());
    let mut byte = [0];
    loop {
        match from.read(&mut byte) {
            Ok(0) => break,
            Ok(_) if byte == *b"\n" => break,
            Ok(_) => line.extend(byte),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if line.ends_with(b"\r") {
        line.pop();
    }
    let text = std::str::from_utf8(&line).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))?;
    Ok(Zeroizing::new(text.to_owned()))
}
