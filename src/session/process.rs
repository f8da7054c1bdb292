//! What a process of many messages remembers: it lies in its place between the calls (`place`), which `message` steps.

use crate::mech::message::Message;
use crate::mech::nonce::Nonces;
use crate::op::{Sign, Verify};

/// A process: what it must remember from message to message.
#[derive(Default)]
pub(super) struct Messages {
    /// The nonces that messages were encrypted, or authenticated by a GMAC, with.
    pub nonces: Nonces,
    /// The message that comes in parts.
    pub begun: Option<Begun>,
}

/// A message that has begun.
pub(super) enum Begun {
    Cipher(Message),
    Sign(Box<dyn Sign>),
    Verify(Box<dyn Verify>),
}
