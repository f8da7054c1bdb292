//! Login and PINs.

use super::{Login, State, Token};
use crate::error::{Error, Result};
use crate::pin::Pin;
use crate::seal::Keys;
use crate::store::{Header, check_epoch};
use crate::sync::{MutexGuard, Ordering, RwLockWriteGuard};
use cryptoki_sys::CK_SESSION_HANDLE;
use subtle::ConstantTimeEq;

impl Token {
    /// Who is logged in now.
    pub(crate) fn login_state(&self) -> Login {
        match self.login.load(Ordering::Acquire) {
            user if user == Login::User as u8 => Login::User,
            so if so == Login::So as u8 => Login::So,
            _ => Login::Public,
        }
    }

    fn set_login(&self, state: &mut State, who: Login) {
        state.login = who;
        self.login.store(who as u8, Ordering::Release);
    }

    /// Whether this is the name of a user. `ArgumentsBad` if that user has none: a token may restrict the names that it takes
    /// (section 5.6.9), and this one then takes none.
    pub(crate) fn is_name_of(&self, who: Login, name: &[u8]) -> Result<bool> {
        let known = if who == Login::So { &self.names.so } else { &self.names.user };
        let known = known.as_ref().ok_or(Error::ArgumentsBad)?;
        Ok(known.as_bytes().ct_eq(name).into())
    }

    /// A number that changes with each logout.
    pub(crate) fn login_period(&self) -> u64 {
        self.period.load(Ordering::Acquire)
    }

    /// `C_Login` for the user or the SO, in a session that must still be open when the PIN has been judged.
    pub(crate) fn login(&self, session: CK_SESSION_HANDLE, who: Login, pin: &[u8]) -> Result<()> {
        // Until the login is made: who comes with the right PIN at the same time is not even judged.
        let alone = self.judging.lock();
        self.state.read().admit_login(who)?;
        let keys = self.judge(who, pin, &alone)?;
        // From here on nothing changes in the store unseen.
        let mut seen = self.seen.lock();
        let news = self.news_for(0, &keys, who)?;
        if news.epoch != keys.epoch() {
            // Another process has just initialised the token: this was the PIN, and is it no longer.
            return Err(Error::PinIncorrect);
        }
        let mut state = self.change();
        // Another thread may have logged in, or opened a session, or closed this one, meanwhile.
        state.admit_login(who)?;
        if !state.sessions.contains_key(&session) {
            return Err(Error::SessionClosed);
        }
        self.set_login(&mut state, who);
        state.keys = keys;
        self.take_note(news, &mut seen, &mut state);
        Ok(())
    }

    /// `C_Login` for a key that asks for the PIN before each use. A PIN that locks also logs out.
    pub(crate) fn check_user_pin(&self, pin: &[u8]) -> Result<()> {
        let judged = self.judge(Login::User, pin, &self.judging.lock()).map(drop);
        if judged == Err(Error::PinLocked) {
            self.end_login(&mut self.change());
        }
        judged
    }

    /// `C_Logout`.
    pub(crate) fn logout(&self) -> Result<()> {
        let mut state = self.change();
        if state.login == Login::Public {
            return Err(Error::UserNotLoggedIn);
        }
        self.end_login(&mut state);
        Ok(())
    }

    /// `C_InitPIN`: the SO sets the user's PIN, which also unlocks it.
    pub(crate) fn init_user_pin(&self, pin: &[u8]) -> Result<()> {
        let keys = {
            let state = self.state.read();
            if state.login != Login::So {
                return Err(Error::UserNotLoggedIn);
            }
            state.keys.clone()
        };
        self.policy.admit(pin)?;
        let pin = Pin::new(self.store.guard(pin, &keys)?, &self.policy);
        self.store.update(&mut |header| {
            check_epoch(header, &keys)?;
            if self.login_state() != Login::So {
                return Err(Error::UserNotLoggedIn);
            }
            header.user_pin = Some(pin.clone());
            Ok(())
        })
    }

    /// `C_SetPIN`: changes the SO's PIN if the SO is logged in, else the user's.
    pub(crate) fn set_pin(&self, old: &[u8], new: &[u8]) -> Result<()> {
        let who = if self.login_state() == Login::So { Login::So } else { Login::User };
        if who == Login::User && self.store.header()?.user_pin.is_none() {
            // There is no PIN that could be right; the standard's list has no better code.
            return Err(Error::PinIncorrect);
        }
        let keys = self.judge(who, old, &self.judging.lock())?;
        self.policy.admit(new)?;
        let pin = Pin::new(self.store.guard(new, &keys)?, &self.policy);
        self.store.update(&mut |header| {
            check_epoch(header, &keys)?;
            *of(header, who) = Some(pin.clone());
            Ok(())
        })
    }

    /// Judges a PIN; gives what it opens. The attempt is counted first, for all processes, and the PIN judged without a lock but the one
    /// that keeps other PINs of this token waiting.
    pub(super) fn judge(&self, who: Login, pin: &[u8], _alone: &MutexGuard<'_, ()>) -> Result<Keys> {
        let mut guard = None;
        self.store.update(&mut |header| {
            guard = Some(of(header, who).as_mut().ok_or(Error::UserPinNotInitialized)?.attempt()?);
            Ok(())
        })?;
        let guard = guard.ok_or(Error::GeneralError)?;
        let opened = guard.open(pin)?;
        let mut locked = false;
        let mut count = |header: &mut Header| {
            let known = of(header, who).as_mut().ok_or(Error::UserPinNotInitialized)?;
            locked = known.is_locked();
            // Meanwhile somebody may have set another PIN, whose counter is not this one's.
            if opened.is_some() && known.guard == guard {
                known.succeeded();
            }
            Ok(())
        };
        match opened.is_some() {
            true => self.store.update(&mut count)?,
            false => count(&mut self.store.header()?)?,
        }
        opened.ok_or(if locked { Error::PinLocked } else { Error::PinIncorrect })
    }

    pub(super) fn end_login(&self, state: &mut RwLockWriteGuard<'_, State>) {
        if state.login == Login::User {
            // What lies in a store is read anew after the next login.
            state.objects.remove_where(|entry| entry.private && (entry.owner.is_some() || entry.place.is_some()));
            // The handles of private objects die with the login, and stay dead after the next one.
            state.objects.rename_where(|entry| entry.private);
        }
        self.set_login(state, Login::Public);
        state.keys = Keys::default();
        self.period.fetch_add(1, Ordering::Release);
    }
}

fn of(header: &mut Header, who: Login) -> &mut Option<Pin> {
    if who == Login::So { &mut header.so_pin } else { &mut header.user_pin }
}
