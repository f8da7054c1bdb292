//! Processes of many messages (sections "Message-based encryption functions" and the three after it).
//!
//! A process is an operation like others: it has its place, excludes and is cancelled like them. It keeps the mechanism and the
//! key, and makes an operation of them for each message. A message that fails, or is refused, ends; the process goes on.

mod cipher;
mod integrity;

use super::Session;
use super::place::{Active, Op, Purpose};
use super::process::Messages;
use super::step::Left;
use crate::error::{Error, Result};
use crate::mech::message::{MessageParams, MessageShape, TagUse};
use crate::mech::{Params, Shape};

/// A message's parameter as the caller has it. It is read when the session knows of what form it must be.
pub(crate) trait MessageParameter {
    /// The parameter of an AEAD's message.
    fn read(&self, shape: MessageShape, tag: TagUse) -> Result<MessageParams>;

    /// The mechanism's own parameter for one message; `None` if there is none.
    fn read_own(&self, shape: Shape) -> Result<Option<Params>>;
}

/// What an encryption gives back in the parameter, once it has succeeded.
pub(crate) struct Given {
    /// The parameter's form.
    pub shape: MessageShape,
    /// The nonce that was made, if it was now.
    pub nonce: Vec<u8>,
    /// The tag, if it was made now.
    pub tag: Vec<u8>,
}

/// The signature of a message in parts, with its last.
pub(crate) type LastSignature<'a> = Option<&'a [u8]>;

/// Which call a step of a process is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// A whole message.
    Whole,
    /// The beginning of one.
    Begin,
    /// One of its parts.
    Next,
}

impl Session {
    /// `C_MessageEncryptFinal` and its three relatives. A message that has begun must have ended, or be cancelled by
    /// `C_…Init` or `C_SessionCancel`.
    pub(crate) fn end_messages(&self, purpose: Purpose) -> Result<()> {
        let mut state = self.lock();
        if !state.has(purpose) {
            return Err(Error::OperationNotInitialized);
        }
        let begun = |active: &Active| matches!(&active.op, Op::Messages(messages) if messages.begun.is_some());
        if state.actives().any(begun) {
            return Err(Error::OperationActive);
        }
        state.end(purpose);
        Ok(())
    }

    /// Runs one step of a process, and ends the message unless it goes on.
    fn message_step<T>(
        &self,
        purpose: Purpose,
        step: Step,
        run: impl FnOnce(&mut Active) -> Result<(Left, T)>,
    ) -> Result<T> {
        let mut state = self.lock();
        let mut active = state.take(purpose)?;
        if let Err(error) = active.admit(step) {
            // The message in its middle has nothing to do with this.
            state.put_back(active);
            return Err(error);
        }
        let result = run(&mut active);
        if matches!(result, Err(_) | Ok((Left::Done, _))) {
            if let Op::Messages(messages) = &mut active.op {
                messages.begun = None;
            }
            active.wait_for_login();
        }
        state.put_back(active);
        let (left, given) = result?;
        left.result().map(|()| given)
    }
}

impl Active {
    fn messages(&mut self) -> Result<&mut Messages> {
        match &mut self.op {
            Op::Messages(messages) => Ok(messages),
            _ => Err(Error::GeneralError),
        }
    }

    fn admit(&mut self, step: Step) -> Result<()> {
        match (step, self.messages()?.begun.is_some()) {
            (Step::Whole | Step::Begin, true) => Err(Error::OperationActive),
            (Step::Next, false) => Err(Error::OperationNotInitialized),
            _ => Ok(()),
        }
    }
}
