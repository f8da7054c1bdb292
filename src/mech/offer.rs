//! What a token offers of the mechanisms: all, or what its policy leaves of them. The one place of that rule: lists,
//! infos, mechanism objects, dispatch and new keys ask here.
//!
//! A policy has rows of its own: those it refuses are missing, others are narrowed (fewer functions, larger keys), so
//! that everything that follows from a row follows from the policy.

mod policies;

pub use policies::{DEFAULT, POLICIES, PolicyName};

use super::{Mechanism, Params, Shape, registry, self_test};
use crate::error::{Error, Result};
use crate::hash::Hash;
use crate::object::Object;
use crate::object::template::is_secret_key;
use cryptoki_sys::*;
use policies::Policy;

/// What one token offers.
#[derive(Clone)]
pub struct Offer {
    policy: &'static Policy,
    /// The only mechanisms, in order, where the configuration lists them.
    only: Option<Vec<CK_MECHANISM_TYPE>>,
    /// Mechanisms that are refused, in order.
    denied: Vec<CK_MECHANISM_TYPE>,
}

impl Default for Offer {
    fn default() -> Self {
        Self::new(DEFAULT, None, Vec::new())
    }
}

impl Offer {
    /// What a policy leaves, of that only some mechanisms, and of those not others.
    pub fn new(name: PolicyName, mut only: Option<Vec<CK_MECHANISM_TYPE>>, mut denied: Vec<CK_MECHANISM_TYPE>) -> Self {
        if let Some(only) = &mut only {
            only.sort_unstable();
        }
        denied.sort_unstable();
        Self { policy: policies::policy(name), only, denied }
    }

    /// The policies that leave something of a mechanism, by name.
    pub fn policies_with(id: CK_MECHANISM_TYPE) -> Vec<&'static str> {
        let names = POLICIES.iter().enumerate();
        names.filter(|(name, _)| policies::policy(*name).find(id).is_some()).map(|(_, name)| *name).collect()
    }

    /// The mechanisms, by number.
    pub fn all(&self) -> impl Iterator<Item = &'static Mechanism> {
        self.policy.rows().iter().filter(|row| self.lists(row.id))
    }

    /// The mechanism of this number.
    pub fn find(&self, id: CK_MECHANISM_TYPE) -> Option<&'static Mechanism> {
        self.policy.find(id).filter(|row| self.lists(row.id))
    }

    /// The row by which the token does what was asked by a row of the registry: `MechanismInvalid` if it does not,
    /// `MechanismParamInvalid` if the parameter names a mechanism that is refused.
    /// `DeviceError` if a primitive gives wrong answers.
    pub fn row(&self, asked: &'static Mechanism, params: &Params) -> Result<&'static Mechanism> {
        let row = if self.is_everything() {
            asked
        } else {
            let row = self.find(asked.id).ok_or(Error::MechanismInvalid)?;
            if params.mechanisms().into_iter().any(|id| self.refuses(id)) || self.refuses_pss(params) {
                return Err(Error::MechanismParamInvalid);
            }
            row
        };
        self_test::admit(asked)?;
        // Who is no mechanism needs no primitive.
        params.mechanisms().into_iter().filter_map(registry::find).try_for_each(self_test::admit)?;
        Ok(row)
    }

    /// `AttributeValueInvalid` for a key of a type, or of a size, that the policy leaves no use for.
    pub fn admit(&self, object: &Object) -> Result<()> {
        if self.is_everything()
            || !matches!(object.class(), CKO_PUBLIC_KEY | CKO_PRIVATE_KEY | CKO_SECRET_KEY | CKO_OTP_KEY)
        {
            return Ok(());
        }
        let key_type = object.key_type().ok_or(Error::AttributeValueInvalid)?;
        let is_used = |row: &&Mechanism| row.key_types.contains(&key_type);
        let known = registry::all().iter().any(|row| is_used(&row));
        // Some mechanism takes generic secrets in any list that takes keys at all.
        let useful = key_type == CKK_GENERIC_SECRET || !known || self.all().any(|row| is_used(&row));
        let large = match self.policy.fewest_bits(key_type) {
            Some(bits) if !is_secret_key(object.class()) => object.key()?.bits() as CK_ULONG >= bits,
            _ => true,
        };
        if useful && large && !self.policy.refuses_keys(key_type) { Ok(()) } else { Err(Error::AttributeValueInvalid) }
    }

    /// Whether a built-in object may be seen: not that of a mechanism which is not offered.
    pub fn shows(&self, object: &Object) -> bool {
        use crate::object::template::Read;
        object.class() != CKO_MECHANISM
            || object.attributes.ulong(CKA_MECHANISM_TYPE).is_some_and(|id| self.find(id).is_some())
    }

    fn is_everything(&self) -> bool {
        self.policy.is_everything() && self.only.is_none() && self.denied.is_empty()
    }

    fn lists(&self, id: CK_MECHANISM_TYPE) -> bool {
        let listed = self.only.as_ref().is_none_or(|only| only.binary_search(&id).is_ok());
        listed && self.denied.binary_search(&id).is_err()
    }

    /// Whether a mechanism is refused by name, not only absent from a list: who allows `CKM_SHA256_RSA_PKCS_PSS` need not
    /// list the hash in its parameter.
    fn refuses(&self, id: CK_MECHANISM_TYPE) -> bool {
        let refused = registry::find(id).is_some() && self.policy.find(id).is_none();
        refused || self.denied.binary_search(&id).is_ok()
    }

    /// `CKM_RSA_PKCS_PSS` of a hash is as good as the mechanism that has this hash in its name.
    fn refuses_pss(&self, params: &Params) -> bool {
        let Params::Pss { hash, .. } = params else { return false };
        let hash = Hash::of_mechanism(*hash);
        let named =
            registry::all().iter().find(|row| row.shape == Shape::Pss && row.hash.is_some() && row.hash == hash);
        named.is_some_and(|row| self.refuses(row.id))
    }
}
