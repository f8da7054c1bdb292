//! The two halves of a key pair: an object has one of them.

use crate::error::{Error, Result};

/// A public or a private key, ready for use.
pub enum Half<Public, Private> {
    /// A public key.
    Public(Public),
    /// A private key.
    Private(Private),
}

impl<Public, Private> Half<Public, Private> {
    /// The public key; `KeyTypeInconsistent` if it is a private one.
    pub fn public(&self) -> Result<&Public> {
        match self {
            Self::Public(key) => Ok(key),
            Self::Private(_) => Err(Error::KeyTypeInconsistent),
        }
    }

    /// The private key; `KeyTypeInconsistent` if it is a public one.
    pub fn private(&self) -> Result<&Private> {
        match self {
            Self::Private(key) => Ok(key),
            Self::Public(_) => Err(Error::KeyTypeInconsistent),
        }
    }
}
