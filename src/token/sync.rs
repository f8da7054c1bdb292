//! What other processes change in the token's store.

use super::{Login, State, Token};
use crate::error::Result;
use crate::seal::Keys;
use crate::store::News;
use crate::sync::{Ordering, RwLockWriteGuard};

impl Token {
    /// Whether other processes may change it as well.
    pub(crate) fn is_shared(&self) -> bool {
        self.store.keeps_objects()
    }

    /// Fetches what others have changed. To be called wherever it is to be seen: by look-ups, searches and logins.
    pub(crate) fn refresh(&self) -> Result<()> {
        if !self.is_shared() || self.store.stamp()? == self.stamp.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut seen = self.seen.lock();
        // Asked for before what it stands for: what comes in between is fetched twice, and not missed.
        let stamp = self.store.stamp()?;
        let (login, keys) = {
            let state = self.state.read();
            (state.login, state.keys.clone())
        };
        let news = self.news_for(*seen, &keys, login)?;
        let mut state = self.change();
        // A login waits for `seen`, but a logout does not.
        let private_is_over = state.login != login;
        let news =
            News { heads: news.heads.into_iter().filter(|head| !(private_is_over && head.private)).collect(), ..news };
        self.take_note(news, &mut seen, &mut state);
        self.stamp.store(stamp, Ordering::Release);
        Ok(())
    }

    /// What has changed since, for somebody who is logged in like this.
    pub(super) fn news_for(&self, since: i64, keys: &Keys, login: Login) -> Result<News> {
        self.store.changed(since, keys, login == Login::User)
    }

    /// Takes over what was fetched.
    pub(super) fn take_note(&self, news: News, seen: &mut i64, state: &mut RwLockWriteGuard<'_, State>) {
        if !self.is_shared() {
            return;
        }
        if state.login != Login::Public && state.keys.epoch() != news.epoch {
            // Another process has initialised the token: the login is void, and so is all that was there.
            self.end_login(state);
            state.objects.remove_where(|entry| entry.place.is_some());
        }
        let News { all, mut heads, gone, seen: last, .. } = news;
        heads.retain(|head| !self.wrappers.learn(&head.attributes));
        if all {
            let there: std::collections::HashSet<_> = heads.iter().map(|head| head.place.id).collect();
            state.objects.remove_where(|entry| entry.place.is_some_and(|place| !there.contains(&place.id)));
        }
        // With all there is, everything is checked again, with the keys of a login that has come.
        heads.into_iter().for_each(|head| state.objects.note(head, all));
        gone.into_iter().for_each(|id| state.objects.forget(id));
        *seen = last;
    }

    /// Forgets the objects of the store, because `C_InitToken` has destroyed them.
    pub(super) fn forget(&self, seen: &mut i64) {
        let mut state = self.change();
        if state.login != Login::Public {
            self.end_login(&mut state);
        }
        state.objects = Default::default();
        *seen = 0;
        self.stamp.store(u64::MAX, Ordering::Release);
    }
}
