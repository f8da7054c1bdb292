//! Ed25519ctx (RFC 8032, section 5.1), which the crate lacks.

use crate::error::{Error, Result};
use sha2::digest::consts::U64;
use sha2::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

/// The beginning of dom2 (RFC 8032, section 2).
const DOM2: &[u8; 32] = b"SigEd25519 no Ed25519 collisions";

/// The length of dom2 without its context: that beginning, the flag, the length of the context.
const DOM2_OVERHEAD: usize = DOM2.len() + 2;

/// `dom2(0, context) || message`, as [`InDomain`] takes it.
pub(crate) fn in_domain(context: &[u8], message: &[u8]) -> Result<Vec<u8>> {
    let length = u8::try_from(context.len()).map_err(|_| Error::MechanismParamInvalid)?;
    Ok([DOM2, &[0, length][..], context, message].concat())
}

/// SHA-512 for Ed25519ctx, which the crate lacks: the crate hashes what belongs to key and signature, and the message
/// after it, while RFC 8032 wants dom2 before both. So dom2 comes here at the front of the message, and is hashed first.
///
/// No other part of the input is as long as dom2, so that none can be taken for it.
#[derive(Default)]
pub(crate) struct InDomain {
    hasher: Sha512,
    before: Zeroizing<Vec<u8>>,
}

impl Update for InDomain {
    fn update(&mut self, data: &[u8]) {
        let domain = data.get(DOM2_OVERHEAD - 1).map_or(0, |length| DOM2_OVERHEAD + usize::from(*length));
        match data.split_at_checked(domain) {
            Some((domain, message)) if domain.starts_with(DOM2) => {
                Digest::update(&mut self.hasher, domain);
                Digest::update(&mut self.hasher, &*self.before);
                Digest::update(&mut self.hasher, message);
            }
            _ => self.before.extend_from_slice(data),
        }
    }
}

impl OutputSizeUser for InDomain {
    type OutputSize = U64;
}

impl FixedOutput for InDomain {
    fn finalize_into(self, out: &mut Output<Self>) {
        FixedOutput::finalize_into(self.hasher, out);
    }
}

impl HashMarker for InDomain {}
