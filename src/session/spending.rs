//! Signatures that use a part of their key up: the counter of one-time passwords, the leaves of HSS.
//!
//! What a signature leaves of the key is committed, on the disk if the key lies there, before the signature is given away: no
//! part of a key is used twice, whatever ends the process and however many of them use the key.

use super::Session;
use crate::error::{Error, Result};
use crate::mech::{Mechanism, Params, Place, Spends};
use crate::object::Object;
use crate::op::{Gathered, Sign, write};
use crate::token::Token;
use cryptoki_sys::CK_OBJECT_HANDLE;
use std::sync::Arc;

struct Spending {
    token: Arc<Token>,
    key: CK_OBJECT_HANDLE,
    mechanism: &'static Mechanism,
    params: Params,
    spends: Spends,
    bound: usize,
    data: Gathered,
}

impl Session {
    /// Begins a signature: one that uses its key up if the mechanism is such a one. The key may be used: that was asked before.
    pub(super) fn signature(
        &self,
        mechanism: &'static Mechanism,
        params: &Params,
        handle: CK_OBJECT_HANDLE,
        key: &Object,
    ) -> Result<Box<dyn Sign>> {
        let Some(spends) = mechanism.spends else {
            return mechanism.sign.ok_or(Error::MechanismInvalid)?(mechanism, params, key.key()?);
        };
        let bound = (spends.bound)(mechanism, params, key.key()?)?;
        let (token, params) = (Arc::clone(&self.token), params.clone());
        Ok(Box::new(Spending { token, key: handle, mechanism, params, spends, bound, data: Gathered::new() }))
    }
}

impl Sign for Spending {
    fn bound(&self) -> usize {
        self.bound
    }

    fn update(&mut self, data: &[u8]) -> Result<()> {
        self.data.push(data)
    }

    fn finish(&mut self, out: &mut [u8]) -> Result<usize> {
        let place = Place(out.as_mut_ptr().expose_provenance());
        loop {
            // As it is now: others may have used it since the operation began.
            let key = self.token.object_or(self.key, Error::FunctionFailed)?;
            let (signature, changes) = (self.spends.sign)(
                self.mechanism,
                &self.params,
                key.key()?,
                &key.attributes,
                self.data.bytes(),
                place,
            )?;
            let mut attributes = key.attributes.clone();
            attributes.extend(changes);
            if self.token.spend(self.key, &key, attributes)? {
                return write(out, &signature);
            }
        }
    }
}
