//! The steps of an operation: single-part, update, final, and the dual functions made of two of them.
//!
//! Every step gets its arguments as a result: a bad argument must end the operation like any other error, so
//! it is looked at only after the operation has been taken out of its place.

use super::Session;
use super::place::{Active, Op, Purpose, State};
use crate::buffer;
use crate::error::{Error, Result};
use crate::op::{Cipher, Sign};
use crate::output::{Output, Room};
use cryptoki_sys::CK_OBJECT_HANDLE;

/// How a step left the operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// As it was: only a length was asked for.
    Asked,
    /// It goes on.
    Active,
    /// It ended well.
    Done,
    /// It goes on, because the caller's buffer was too small.
    TooSmall,
}

/// Which part of the input a step brings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All of it.
    Whole,
    /// One of several.
    Update,
    /// None: the end.
    Final,
}

impl Session {
    /// `C_Encrypt`, `C_Decrypt`.
    pub(crate) fn crypt(&self, purpose: Purpose, args: Result<(&[u8], Output<'_>)>) -> Result<()> {
        self.cipher_step(purpose, Part::Whole, args)
    }

    /// `C_EncryptUpdate`, `C_DecryptUpdate`.
    pub(crate) fn crypt_update(&self, purpose: Purpose, args: Result<(&[u8], Output<'_>)>) -> Result<()> {
        self.cipher_step(purpose, Part::Update, args)
    }

    /// `C_EncryptFinal`, `C_DecryptFinal`.
    pub(crate) fn crypt_final(&self, purpose: Purpose, args: Result<Output<'_>>) -> Result<()> {
        self.cipher_step(purpose, Part::Final, args.map(|output| (&[][..], output)))
    }

    /// `C_Digest`, `C_Sign`.
    pub(crate) fn sign(&self, purpose: Purpose, args: Result<(&[u8], Output<'_>)>) -> Result<()> {
        self.sign_step(purpose, Part::Whole, args)
    }

    /// `C_DigestFinal`, `C_SignFinal`.
    pub(crate) fn sign_final(&self, purpose: Purpose, args: Result<Output<'_>>) -> Result<()> {
        self.sign_step(purpose, Part::Final, args.map(|output| (&[][..], output)))
    }

    /// `C_DigestUpdate`, `C_SignUpdate`, `C_VerifyUpdate`, `C_VerifySignatureUpdate`.
    pub(crate) fn absorb(&self, purpose: Purpose, args: Result<&[u8]>) -> Result<()> {
        self.step(purpose, |active| {
            let data = args?;
            check_part(active, Part::Update)?;
            active.absorb(data)?;
            Ok(Left::Active)
        })
    }

    /// `C_DigestKey`: digests a secret key's value, which does not leave the token by that.
    pub(crate) fn digest_key(&self, handle: CK_OBJECT_HANDLE) -> Result<()> {
        self.step(Purpose::Digest, |active| {
            let object = self.key(handle)?;
            active.absorb(object.digestible(active.mechanism)?)?;
            Ok(Left::Active)
        })
    }

    /// `C_Verify` and, without data, `C_VerifyFinal`. Verification always ends the operation.
    pub(crate) fn verify(&self, args: Result<(Option<&[u8]>, &[u8])>) -> Result<()> {
        self.step(Purpose::Verify, |active| {
            let (data, signature) = args?;
            check_part(active, if data.is_some() { Part::Whole } else { Part::Final })?;
            let Op::Verify(verify) = &mut active.op else { return Err(Error::GeneralError) };
            if let Some(data) = data {
                verify.update(data)?;
            }
            verify.finish(signature)?;
            Ok(Left::Done)
        })
    }

    /// `C_VerifySignature` and, without data, `C_VerifySignatureFinal`: [`Self::verify`] with the signature of the start.
    pub(crate) fn verify_signature(&self, args: Result<Option<&[u8]>>) -> Result<()> {
        self.step(Purpose::VerifySignature, |active| {
            let data = args?;
            check_part(active, if data.is_some() { Part::Whole } else { Part::Final }).map_err(
                |error| match error {
                    // Unlike that of C_Verify, the list of this function has no code for a single part after others.
                    Error::OperationActive => Error::OperationNotInitialized,
                    other => other,
                },
            )?;
            let Op::VerifySignature(verify, signature) = &mut active.op else { return Err(Error::GeneralError) };
            if let Some(data) = data {
                verify.update(data)?;
            }
            verify.finish(signature)?;
            Ok(Left::Done)
        })
    }

    /// `C_SignRecover`, `C_VerifyRecover`.
    pub(crate) fn recover(&self, purpose: Purpose, args: Result<(&[u8], Output<'_>)>) -> Result<()> {
        self.step(purpose, |active| {
            let (input, mut output) = args?;
            let Op::Recover(recover) = &mut active.op else { return Err(Error::GeneralError) };
            let bound = recover.bound();
            match output.room(bound) {
                Room::Query => Ok(Left::Asked),
                Room::Enough(buffer) => {
                    let length = recover.run(input, buffer)?;
                    output.set_length(length);
                    Ok(Left::Done)
                }
                Room::Small(buffer) => {
                    // What is recovered may be shorter than the bound. The operation keeps no state, so trying is free.
                    let mut trial = buffer::zeros(bound)?;
                    let length = recover.run(input, &mut trial)?;
                    let fits = copy(&trial, length, buffer);
                    output.set_length(length);
                    Ok(if fits { Left::Done } else { Left::TooSmall })
                }
            }
        })
    }

    /// `C_DigestEncryptUpdate`, `C_SignEncryptUpdate` (integrity first, over the input) and
    /// `C_DecryptDigestUpdate`, `C_DecryptVerifyUpdate` (over the output).
    pub(crate) fn dual(&self, cipher: Purpose, integrity: Purpose, args: Result<(&[u8], Output<'_>)>) -> Result<()> {
        let mut state = self.lock();
        if !state.has(cipher) || !state.has(integrity) {
            return Err(Error::OperationNotInitialized);
        }
        let mut first = state.take(cipher)?;
        let mut second = match state.take(integrity) {
            Ok(second) => second,
            Err(error) => {
                // The other half waits for its login: this half is as it was.
                state.put_back(first);
                return Err(error);
            }
        };
        let (input, mut output) = args?;
        check_part(&first, Part::Update)?;
        check_part(&second, Part::Update)?;
        let (left, written) = crypt_part(&mut first, Part::Update, input, &mut output)?;
        if left == Left::Active {
            second.absorb(if cipher == Purpose::Encrypt { input } else { output.written(written) })?;
            first.parts = true;
        }
        state.put_back(first);
        state.put_back(second);
        left.result()
    }

    fn cipher_step(&self, purpose: Purpose, part: Part, args: Result<(&[u8], Output<'_>)>) -> Result<()> {
        self.step(purpose, |active| {
            let (input, mut output) = args?;
            check_part(active, part)?;
            let (left, _) = crypt_part(active, part, input, &mut output)?;
            active.parts |= left == Left::Active;
            Ok(left)
        })
    }

    fn sign_step(&self, purpose: Purpose, part: Part, args: Result<(&[u8], Output<'_>)>) -> Result<()> {
        self.step(purpose, |active| {
            let (input, mut output) = args?;
            check_part(active, part)?;
            let Op::Sign(sign) = &mut active.op else { return Err(Error::GeneralError) };
            sign_last(&mut **sign, input, &mut output)
        })
    }

    /// Takes the operation out, runs the step, and puts it back if it goes on.
    fn step(&self, purpose: Purpose, run: impl FnOnce(&mut Active) -> Result<Left>) -> Result<()> {
        let mut state = self.lock();
        let state: &mut State = &mut state;
        let mut active = state.take(purpose)?;
        let left = run(&mut active)?;
        if left != Left::Done {
            state.put_back(active);
        }
        left.result()
    }
}

impl Left {
    pub(super) fn result(self) -> Result<()> {
        match self {
            Self::Asked | Self::Active | Self::Done => Ok(()),
            Self::TooSmall => Err(Error::BufferTooSmall),
        }
    }
}

impl Active {
    /// Feeds an integrity operation.
    fn absorb(&mut self, data: &[u8]) -> Result<()> {
        match &mut self.op {
            Op::Sign(sign) => sign.update(data)?,
            Op::Verify(verify) | Op::VerifySignature(verify, _) => verify.update(data)?,
            Op::Cipher(_) | Op::Recover(_) | Op::Messages(_) => return Err(Error::GeneralError),
        }
        self.parts = true;
        Ok(())
    }

    fn multi_part(&self) -> bool {
        match &self.op {
            Op::Cipher(cipher) => cipher.multi_part(),
            Op::Sign(sign) => sign.multi_part(),
            Op::Verify(verify) | Op::VerifySignature(verify, _) => verify.multi_part(),
            Op::Recover(_) => false,
            Op::Messages(_) => true,
        }
    }
}

/// Refuses a single-part call in the middle of several parts, and parts where the mechanism takes none.
fn check_part(active: &Active, part: Part) -> Result<()> {
    match part {
        Part::Whole if active.parts => Err(Error::OperationActive),
        Part::Update | Part::Final if !active.multi_part() => Err(Error::OperationNotInitialized),
        _ => Ok(()),
    }
}

/// One step of a cipher under the output convention; also says how many bytes were written.
fn crypt_part(active: &mut Active, part: Part, input: &[u8], output: &mut Output<'_>) -> Result<(Left, usize)> {
    let Op::Cipher(cipher) = &mut active.op else { return Err(Error::GeneralError) };
    let bound = cipher.bound(input.len(), part != Part::Update);
    let after = if part == Part::Update { Left::Active } else { Left::Done };
    let (left, length) = match output.room(bound) {
        Room::Query => return Ok((Left::Asked, 0)),
        Room::Enough(buffer) => {
            let room = buffer.get_mut(..bound).ok_or(Error::GeneralError)?;
            (after, run(&mut **cipher, part, input, room)?)
        }
        Room::Small(buffer) if active.purpose == Purpose::Decrypt => {
            // How much a decryption gives may be known only afterwards, and callers who know it bring no more
            // room than that. A copy tries; the original stays as it was if the room does not suffice.
            let mut copied = cipher.fork();
            let mut trial = buffer::zeros(bound)?;
            let length = run(&mut *copied, part, input, &mut trial)?;
            if copy(&trial, length, buffer) {
                *cipher = copied;
                (after, length)
            } else {
                (Left::TooSmall, length)
            }
        }
        Room::Small(_) => (Left::TooSmall, bound),
    };
    output.set_length(length);
    Ok((left, length))
}

fn run(cipher: &mut dyn Cipher, part: Part, input: &[u8], out: &mut [u8]) -> Result<usize> {
    match part {
        Part::Whole => cipher.one_shot(input, out),
        Part::Update => cipher.update(input, out),
        Part::Final => cipher.finish(out),
    }
}

/// The last of the data and the result, under the output convention.
pub(super) fn sign_last(sign: &mut dyn Sign, input: &[u8], output: &mut Output<'_>) -> Result<Left> {
    let bound = sign.bound();
    let (left, length) = match output.room(bound) {
        Room::Query => return Ok(Left::Asked),
        Room::Small(_) => (Left::TooSmall, bound),
        Room::Enough(buffer) => {
            sign.update(input)?;
            (Left::Done, sign.finish(buffer)?)
        }
    };
    output.set_length(length);
    Ok(left)
}

/// Copies the first `length` bytes if they fit.
fn copy(from: &[u8], length: usize, to: &mut [u8]) -> bool {
    match (from.get(..length), to.get_mut(..length)) {
        (Some(from), Some(to)) => {
            to.copy_from_slice(from);
            true
        }
        _ => false,
    }
}
