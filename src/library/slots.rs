//! The slots: those of the configuration, and those of a directory of tokens, which other processes fill as well.

use crate::config::Config;
use crate::error::{Error, Result};
use crate::setup::{self, Directory, Failure};
use crate::sync::RwLock;
use crate::token::Token;
use cryptoki_sys::CK_SLOT_ID;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The tokens by their slots. A slot never changes its number or loses its token.
pub(super) struct Slots {
    tokens: RwLock<BTreeMap<CK_SLOT_ID, Arc<Token>>>,
    /// Where tokens are looked for.
    directory: Option<Directory>,
}

impl Slots {
    /// The slots of a configuration.
    pub(super) fn new(config: &Config) -> core::result::Result<Self, Failure> {
        let tokens = setup::tokens(config)?;
        let tokens = tokens.into_iter().map(|token| (token.slot(), Arc::new(token))).collect();
        let slots = Self { tokens: RwLock::new(tokens), directory: setup::directory(config)? };
        slots.look()?;
        Ok(slots)
    }

    /// The numbers of all slots.
    pub(super) fn numbers(&self) -> Vec<CK_SLOT_ID> {
        self.tokens.read().keys().copied().collect()
    }

    /// The token in a slot.
    pub(super) fn token(&self, slot: CK_SLOT_ID) -> Result<Arc<Token>> {
        if let Some(token) = self.tokens.read().get(&slot) {
            return Ok(token.clone());
        }
        // A slot that another process has been told of may be new to this one.
        self.look()?;
        self.tokens.read().get(&slot).cloned().ok_or(Error::SlotIdInvalid)
    }

    /// Ends all logins, and forgets all objects.
    pub(super) fn end(&self) {
        self.tokens.read().values().for_each(|token| token.end());
    }

    /// Looks for new tokens in the directory, and sees to it that one slot is free for `C_InitToken`.
    pub(super) fn look(&self) -> Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let found = directory.slots()?;
        let mut tokens = self.tokens.write();
        for slot in found {
            tokens.entry(slot).or_insert_with(|| Arc::new(directory.token(slot)));
        }
        // The last slot is the free one, unless it was filled. What cannot be asked is not free.
        let last = tokens.last_key_value().map(|(slot, token)| (*slot, token.is_initialised().unwrap_or(true)));
        let free = match last {
            Some((_, false)) => return Ok(()),
            Some((slot, true)) => slot.saturating_add(1),
            None => 0,
        };
        tokens.insert(free, Arc::new(directory.token(free)));
        Ok(())
    }
}
