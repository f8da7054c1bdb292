//! How changes of objects are committed.
//!
//! A record is sealed with its version, which is the number of the change that makes it: one more than the last. Sealing is
//! done before the transaction all the same, in which a process would keep back others (`writer`): for the number that comes if
//! nobody else is faster. Who is too late seals again; and who is too late again and again does it in the transaction.

use super::register::Register;
use super::rows::{self, Row, sum_of};
use super::{Fault, Sqlite, check_epoch, codec};
use crate::error::{Error, Result};
use crate::object::INDEXED;
use crate::object::template::{Attributes, Read};
use crate::seal::{Keys, Part, Record, TokenKey};
use crate::store::{Change, Committed, Place};
use cryptoki_sys::CKA_PRIVATE;

/// How often changes are sealed for numbers that they may not get.
const FORESIGHT: usize = 4;

/// A change as it is written: what is taken out, and what is put in.
struct Sealed {
    version: i64,
    old: Option<Place>,
    new: Option<(Row, Vec<u8>)>,
}

/// What an attempt to commit came to.
enum Tried {
    Committed(Committed),
    /// The changes are sealed for other numbers than they would get now.
    TooLate,
}

impl Sqlite {
    /// Makes changes, all or none.
    pub(super) fn commit_changes(&self, keys: &Keys, changes: &[Change<'_>]) -> Result<Committed> {
        // All is sealed before the transaction, for the numbers that the changes get if nobody else is faster.
        for _ in 0..FORESIGHT {
            let last = self.read(|connection| Ok(rows::last_change(connection)?))?.flatten();
            let last = last.ok_or(Error::TokenNotRecognized)?;
            let sealed = seal_all(keys.token_key(), last, changes)?;
            match self.try_to_commit(keys, |counts| Ok((counts.change == last).then_some(sealed)))? {
                Tried::Committed(committed) => return Ok(committed),
                Tried::TooLate => {}
            }
        }
        // Others write again and again.
        match self.try_to_commit(keys, |counts| seal_all(keys.token_key(), counts.change, changes).map(Some))? {
            Tried::Committed(committed) => Ok(committed),
            Tried::TooLate => Err(Error::GeneralError),
        }
    }

    /// Commits what there is for the counts as they are now.
    fn try_to_commit(
        &self,
        keys: &Keys,
        sealed: impl FnOnce(&rows::Counts) -> Result<Option<Vec<Sealed>>>,
    ) -> Result<Tried> {
        // Why the transaction was given up; any error undoes what was done so far.
        let mut given_up = None;
        let written = self.write(false, |transaction| {
            let (header, mut counts) = rows::header(transaction, &self.path)?.ok_or(Error::TokenNotRecognized)?;
            if keys.token_key().is_some() {
                check_epoch(&header, keys)?;
            }
            let Some(sealed) = sealed(&counts)? else {
                given_up = Some(Tried::TooLate);
                return Err(Fault::Code(Error::FunctionFailed));
            };
            let mut register = Register::open(transaction, keys.token_key(), &self.path)?;
            let mut places = Vec::new();
            for Sealed { version, old, new } in sealed {
                counts.change = version;
                if let Some(old) = old {
                    let Some(head) = rows::take(transaction, &old)? else {
                        given_up = Some(Tried::Committed(Committed::Overtaken));
                        return Err(Fault::Code(Error::FunctionFailed));
                    };
                    register.take(transaction, &head)?;
                    counts.sum = counts.sum.wrapping_sub(sum_of(old.id, old.version));
                }
                match new {
                    Some((head, body)) => {
                        rows::put(transaction, &head, &body)?;
                        register.put(&head);
                        counts.sum = counts.sum.wrapping_add(sum_of(head.id, head.version));
                        places.push(Place { id: head.id, version: head.version });
                    }
                    None => rows::note_gone(transaction, version, old.map_or(0, |old| old.id))?,
                }
            }
            register.close(transaction)?;
            rows::set_counts(transaction, &header, &counts)?;
            Ok(places)
        });
        match (written, given_up) {
            (Ok(places), _) => Ok(Tried::Committed(Committed::Done(places))),
            (Err(_), Some(reason)) => Ok(reason),
            (Err(error), None) => Err(error),
        }
    }
}

/// The changes as they are written if they are the next ones after the last.
fn seal_all(key: Option<&TokenKey>, last: i64, changes: &[Change<'_>]) -> Result<Vec<Sealed>> {
    let versions = (1..).map(|number| last.wrapping_add(number));
    let sealed = versions.zip(changes).map(|(version, change)| {
        let (old, attributes) = match change {
            Change::Create(attributes) => (None, Some(*attributes)),
            Change::Replace(old, attributes) => (Some(*old), Some(*attributes)),
            Change::Destroy(old) => (Some(*old), None),
        };
        let place = Place { id: old.map_or(version, |old| old.id), version };
        let new = attributes.map(|attributes| seal_one(key, place, attributes)).transpose()?;
        Ok(Sealed { version, old, new })
    });
    sealed.collect()
}

fn seal_one(key: Option<&TokenKey>, place: Place, attributes: &Attributes) -> Result<(Row, Vec<u8>)> {
    let private = attributes.bool(CKA_PRIVATE);
    let Place { id, version } = place;
    let indexed = attributes.iter().filter(|(attribute, _)| INDEXED.contains(attribute));
    let head = Record { part: Part::Head, id, version, private }.seal(key, &codec::encode(indexed))?;
    let body = Record { part: Part::Body, id, version, private }.seal(key, &codec::encode(attributes.iter()))?;
    Ok((Row { id, version, private, text: head }, body))
}
