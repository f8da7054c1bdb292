//! Keys derived (section 5.18.5, "C_DeriveKey").
//!
//! A mechanism says what it is to make; all templates are judged; then it computes; then all objects are inserted, or
//! none.

use super::{Asked, Session};
use crate::error::{Error, Result};
use crate::key::Key;
use crate::mech::Mechanism;
use crate::mech::derive::{
    ACCESS, Derivation, Described, Ingredient, Ingredients, Length, Outcome, Wanted, Wish, implied,
};
use crate::object::Object;
use crate::object::rules::{self, Draft, History, Origin};
use crate::object::template::{Read, Template};
use cryptoki_sys::*;

/// What a derivation has made for the caller.
pub(crate) struct Derived {
    /// The handles of the new objects, in the mechanism's order.
    pub handles: Vec<CK_OBJECT_HANDLE>,
    /// As [`Outcome::disclosed`].
    pub disclosed: Vec<Vec<u8>>,
}

/// Why nothing was derived.
pub(crate) struct Refused {
    /// The code.
    pub error: Error,
    /// Which of the new objects it is about, if it is about one.
    pub object: Option<usize>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, object: None }
    }
}

impl Refused {
    fn about(object: usize) -> impl Fn(Error) -> Self {
        move |error| Self { error, object: Some(object) }
    }
}

impl Session {
    /// `C_DeriveKey`.
    pub(crate) fn derive_key(
        &self,
        asked: &Asked,
        base: CK_OBJECT_HANDLE,
        template: &Template,
    ) -> Result<Derived, Refused> {
        let (mechanism, params) = (self.row(asked)?, &asked.params);
        let derivation = mechanism.derive.ok_or(Error::MechanismInvalid)?;
        let base = self.key(base)?;
        self.token.wrappers().admit(&base, mechanism.id, CKA_DERIVE)?;
        let others = params.keys().into_iter().map(|handle| self.key(handle)).collect::<Result<Vec<_>>>()?;
        let mut ingredients = Ingredients { base: base_ingredient(&base, mechanism)?, others: Vec::new() };
        for other in &others {
            self.token.wrappers().admit(other, mechanism.id, CKA_DERIVE)?;
            ingredients.others.push(ingredient(other, other.usable_beside(mechanism)?));
        }
        let sources: Vec<_> = others.iter().map(|other| &other.attributes).collect();
        let history = History::of(mechanism, &base.attributes, &sources);

        let wishes = match derivation {
            Derivation::Value(_) => vec![Wish::secret_key()],
            Derivation::Planned { plan, .. } => plan(mechanism, params, &base.attributes)?,
        };
        let (mut drafts, mut wanted) = (Vec::new(), Vec::new());
        for (index, wish) in wishes.iter().enumerate() {
            let (draft, says) = self.draft(wish, mechanism, &base, history, template).map_err(Refused::about(index))?;
            drafts.push(draft);
            wanted.push(says);
        }
        let outcome = match derivation {
            Derivation::Value(derive) => {
                Outcome::value(derive(mechanism, params, ingredients.base.key, Wanted::only(&wanted)?.length)?)
            }
            Derivation::Planned { make, .. } => make(mechanism, params, &ingredients, &wanted)?,
        };
        let mut objects = Vec::with_capacity(drafts.len());
        for (index, (draft, contribution)) in drafts.into_iter().zip(outcome.objects).enumerate() {
            let attributes = draft.finish(contribution).map_err(Refused::about(index))?;
            objects.push(Object::new(attributes, self.handle));
        }
        if objects.len() != wishes.len() {
            return Err(Error::GeneralError.into());
        }
        Ok(Derived { handles: self.token.insert_all(self.handle, objects)?, disclosed: outcome.disclosed })
    }

    /// The draft of one object, and what its template says about the value.
    fn draft(
        &self,
        wish: &Wish,
        mechanism: &Mechanism,
        base: &Object,
        history: History,
        of_call: &Template,
    ) -> Result<(Draft, Wanted)> {
        let template = match &wish.described {
            Described::ByCall => of_call.clone(),
            Described::ByCallForAccess => {
                of_call.iter().filter(|(attribute, _)| ACCESS.contains(attribute)).cloned().collect()
            }
            Described::By(template) => template.clone(),
        };
        let template = rules::with_demanded(&template, &wish.implied)?;
        let template = rules::with_demanded(&template, &implied(mechanism))?;
        let template = rules::with_key_template(&base.attributes, CKA_DERIVE_TEMPLATE, &template)?;
        let mut template = rules::with_suggested(template, &wish.suggested);
        if wish.type_must_be_named && rules::ulong_in(&template, CKA_KEY_TYPE)?.is_none() {
            return Err(Error::TemplateIncomplete);
        }
        let length = rules::ulong_in(&template, CKA_VALUE_LEN)?;
        if wish.class == CKO_DATA {
            // The length is told as it is for keys, but data has no such attribute.
            template.retain(|(attribute, _)| *attribute != CKA_VALUE_LEN);
        }
        let request = self.request(Origin::Derive).class(wish.class).base(history);
        let draft = Draft::begin(request, &template)?;
        self.admit(&draft)?;
        let wanted = Wanted::new(length, draft.attributes().ulong(CKA_KEY_TYPE))?;
        match wish.length {
            Length::Exactly(made) if wanted.length.is_some_and(|said| said != made) => Err(Error::TemplateInconsistent),
            Length::UpTo(most) => wanted.at_most(most).map(|_| (draft, wanted)),
            Length::Open | Length::Exactly(_) => Ok((draft, wanted)),
        }
    }
}

/// The base key, or the data that takes its place.
fn base_ingredient<'a>(base: &'a Object, mechanism: &Mechanism) -> Result<Ingredient<'a>> {
    let is_data = mechanism.from_data && base.class() == CKO_DATA;
    let key = if is_data { base.key() } else { base.usable_at_once(mechanism, CKA_DERIVE, false) };
    Ok(ingredient(base, key?))
}

fn ingredient<'a>(object: &'a Object, key: &'a Key) -> Ingredient<'a> {
    let attributes = &object.attributes;
    Ingredient { key, key_type: object.key_type(), attributes, fewest: rules::fewest_bytes(attributes) }
}
