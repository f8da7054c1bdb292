//! The store of a token in memory: it keeps the PINs, and what it has goes with the process.

use super::{Change, Committed, Header, News, Place, Store};
use crate::error::{Error, Result};
use crate::object::template::Attributes;
use crate::pin::{Guard, Verifier};
use crate::seal::Keys;
use crate::sync::Mutex;

/// A token in memory.
pub(crate) struct Memory(Mutex<Header>);

impl Memory {
    /// A token that is not initialised.
    pub(crate) fn new(serial: [u8; 16]) -> Self {
        Self(Mutex::new(Header::blank(serial)))
    }
}

impl Store for Memory {
    fn keeps_objects(&self) -> bool {
        false
    }

    fn fresh_keys(&self) -> Result<Keys> {
        Ok(Keys::default())
    }

    fn guard(&self, pin: &[u8], _: &Keys) -> Result<Guard> {
        Ok(Guard::Hash(Verifier::new(pin)?))
    }

    fn header(&self) -> Result<Header> {
        Ok(self.0.lock().clone())
    }

    fn update(&self, change: &mut dyn FnMut(&mut Header) -> Result<()>) -> Result<()> {
        let mut header = self.0.lock();
        let mut changed = header.clone();
        change(&mut changed)?;
        *header = changed;
        Ok(())
    }

    fn reset(&self, _: &Keys, change: &mut dyn FnMut(&mut Header) -> Result<()>) -> Result<()> {
        self.update(change)
    }

    fn stamp(&self) -> Result<u64> {
        Ok(0)
    }

    fn changed(&self, since: i64, _: &Keys, _: bool) -> Result<News> {
        Ok(News { all: false, heads: Vec::new(), gone: Vec::new(), seen: since, epoch: Vec::new() })
    }

    fn body(&self, _: &Place, _: bool, _: &Keys) -> Result<Attributes> {
        Err(Error::ObjectHandleInvalid)
    }

    fn commit(&self, _: &Keys, changes: &[Change<'_>]) -> Result<Committed> {
        Ok(Committed::Done(changes.iter().map(|_| Place { id: 0, version: 0 }).collect()))
    }
}
