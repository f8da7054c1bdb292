//! Messages signed and verified. The mechanism's parameter is that of the process; with a message may come another one of the
//! same form, for this message alone. No mechanism of the standard has any other parameter for a message.

use super::{LastSignature, MessageParameter, Step};
use crate::error::{Error, Result};
use crate::mech::Params;
use crate::mech::nonce::{Fresh, NonceSource};
use crate::op::{Sign, Verify};
use crate::output::Output;
use crate::session::Session;
use crate::session::place::{Active, Purpose};
use crate::session::process::Begun;
use crate::session::step::{Left, sign_last};

impl Session {
    /// `C_SignMessage`.
    pub(crate) fn sign_message<P: MessageParameter>(&self, args: Result<(&P, &[u8], &mut Output<'_>)>) -> Result<()> {
        self.message_step(Purpose::MessageSign, Step::Whole, |active| {
            let (parameter, data, output) = args?;
            let (mut sign, fresh) = self.begin_sign(active, parameter)?;
            let left = sign_last(&mut *sign, data, output)?;
            if let (Left::Done, Some(fresh)) = (left, fresh) {
                active.messages()?.nonces.commit(fresh);
            }
            Ok((left, ()))
        })
    }

    /// `C_SignMessageBegin`, `C_VerifyMessageBegin`.
    pub(crate) fn begin_integrity_message<P: MessageParameter>(
        &self,
        purpose: Purpose,
        args: Result<&P>,
    ) -> Result<()> {
        self.message_step(purpose, Step::Begin, |active| {
            let parameter = args?;
            let (begun, fresh, parts) = if purpose == Purpose::MessageSign {
                let (sign, fresh) = self.begin_sign(active, parameter)?;
                let parts = sign.multi_part();
                (Begun::Sign(sign), fresh, parts)
            } else {
                let verify = begin_verify(active, parameter)?;
                let parts = verify.multi_part();
                (Begun::Verify(verify), None, parts)
            };
            if !parts {
                // As for C_SignUpdate and its like.
                return Err(Error::OperationNotInitialized);
            }
            let messages = active.messages()?;
            messages.begun = Some(begun);
            if let Some(fresh) = fresh {
                messages.nonces.commit(fresh);
            }
            Ok((Left::Active, ()))
        })
    }

    /// `C_SignMessageNext`: with an output, the last part.
    pub(crate) fn next_sign_message<P: MessageParameter>(
        &self,
        args: Result<(&P, &[u8], Option<&mut Output<'_>>)>,
    ) -> Result<()> {
        self.message_step(Purpose::MessageSign, Step::Next, |active| {
            let (parameter, data, output) = args?;
            parameter.read_own(active.mechanism.shape)?;
            let Some(Begun::Sign(sign)) = &mut active.messages()?.begun else { return Err(Error::GeneralError) };
            let left = match output {
                Some(output) => sign_last(&mut **sign, data, output)?,
                None => {
                    sign.update(data)?;
                    Left::Active
                }
            };
            Ok((left, ()))
        })
    }

    /// `C_VerifyMessage`.
    pub(crate) fn verify_message<P: MessageParameter>(&self, args: Result<(&P, &[u8], &[u8])>) -> Result<()> {
        self.message_step(Purpose::MessageVerify, Step::Whole, |active| {
            let (parameter, data, signature) = args?;
            let mut verify = begin_verify(active, parameter)?;
            verify.update(data)?;
            verify.finish(signature)?;
            Ok((Left::Done, ()))
        })
    }

    /// `C_VerifyMessageNext`: with a signature, the last part.
    pub(crate) fn next_verify_message<P: MessageParameter>(
        &self,
        args: Result<(&P, &[u8], LastSignature<'_>)>,
    ) -> Result<()> {
        self.message_step(Purpose::MessageVerify, Step::Next, |active| {
            let (parameter, data, signature) = args?;
            parameter.read_own(active.mechanism.shape)?;
            let Some(Begun::Verify(verify)) = &mut active.messages()?.begun else { return Err(Error::GeneralError) };
            verify.update(data)?;
            match signature {
                Some(signature) => verify.finish(signature).map(|()| (Left::Done, ())),
                None => Ok((Left::Active, ())),
            }
        })
    }
}

impl Session {
    /// A signature of one message; and for a GMAC its nonce, which must be new for every message.
    fn begin_sign<P: MessageParameter>(
        &self,
        active: &mut Active,
        parameter: &P,
    ) -> Result<(Box<dyn Sign>, Option<Fresh>)> {
        let own = parameter.read_own(active.mechanism.shape)?;
        let fresh = match own.as_ref().unwrap_or(&active.params).nonce().map(<[u8]>::to_vec) {
            Some(nonce) => Some(active.messages()?.nonces.propose(&nonce, NonceSource::GIVEN)?),
            None => None,
        };
        let params = own.as_ref().unwrap_or(&active.params);
        let key = active.key.as_ref().ok_or(Error::GeneralError)?;
        Ok((self.signature(active.mechanism, params, active.handle, key)?, fresh))
    }
}

fn begin_verify<P: MessageParameter>(active: &Active, parameter: &P) -> Result<Box<dyn Verify>> {
    let own: Option<Params> = parameter.read_own(active.mechanism.shape)?;
    let key = active.key.as_ref().ok_or(Error::GeneralError)?.key()?;
    let begin = active.mechanism.verify.ok_or(Error::GeneralError)?;
    begin(active.mechanism, own.as_ref().unwrap_or(&active.params), key)
}
