//! The key derivations of NIST SP 800-108 (PKCS#11 3.2, section 6.44, "SP800-108 Key Derivation").

use super::params::{Field, Number};
use super::prf::{Prf, stream};
use super::{Form, KdfParams, from_any_secret, kdf_params};
use crate::error::{Error, Result};
use crate::mech::derive::{Described, Ingredients, Length, Outcome, Wanted, Wish};
use crate::mech::secret::MAX_BYTES;
use crate::mech::{Inherits, Mechanism, Params};
use crate::object::template::{Attributes, Value};
use cryptoki_sys::*;
use zeroize::Zeroizing;

/// The rows.
pub const ROWS: &[Mechanism] = &[
    row(CKM_SP800_108_COUNTER_KDF, Form::Sp800),
    row(CKM_SP800_108_FEEDBACK_KDF, Form::Sp800Feedback),
    row(CKM_SP800_108_DOUBLE_PIPELINE_KDF, Form::Sp800),
];

const fn row(id: CK_MECHANISM_TYPE, form: Form) -> Mechanism {
    from_any_secret(id, form).derives_by(plan, make).inherits(Inherits::Any)
}

/// The functions of the standard's table.
const FUNCTIONS: &[CK_MECHANISM_TYPE] = &[
    CKM_SHA_1_HMAC,
    CKM_SHA224_HMAC,
    CKM_SHA256_HMAC,
    CKM_SHA384_HMAC,
    CKM_SHA512_HMAC,
    CKM_SHA3_224_HMAC,
    CKM_SHA3_256_HMAC,
    CKM_SHA3_384_HMAC,
    CKM_SHA3_512_HMAC,
    CKM_DES3_CMAC,
    CKM_AES_CMAC,
];

/// The key of the call, then the additional ones.
fn plan(_: &Mechanism, params: &Params, _: &Attributes) -> Result<Vec<Wish>> {
    let KdfParams::Sp800 { additional, .. } = kdf_params(params)? else { return Err(Error::MechanismParamInvalid) };
    let own = additional.iter().map(|template| Described::By(template.clone()));
    let wish = |described| Wish {
        // Said here and not when it is too late: the caller is told which template is wrong.
        length: Length::UpTo(MAX_BYTES as usize),
        ..Wish::new(CKO_SECRET_KEY, described)
    };
    Ok([Described::ByCall].into_iter().chain(own).map(wish).collect())
}

fn make(mechanism: &Mechanism, params: &Params, keys: &Ingredients<'_>, wanted: &[Wanted]) -> Result<Outcome> {
    let KdfParams::Sp800 { prf: id, fields, iv, .. } = kdf_params(params)? else {
        return Err(Error::MechanismParamInvalid);
    };
    let prf = Prf::of_mechanism(*id).filter(|_| FUNCTIONS.contains(id)).ok_or(Error::MechanismParamInvalid)?;
    // HMAC takes keys of any type; a cipher takes its own.
    if !matches!(prf, Prf::Hmac(_)) {
        keys.base.check_type(Prf::key_types(*id))?;
    }
    let lengths: Option<Vec<usize>> = wanted.iter().map(|wanted| wanted.length).collect();
    let lengths = lengths.ok_or(Error::TemplateIncomplete)?;
    let kind = Kind::of(mechanism.id)?;
    let segments = lengths.iter().map(|length| length.div_ceil(prf.output_len())).sum::<usize>();
    let input = Input::new(kind, fields, keys, &lengths, segments, prf.output_len())?;
    let base = keys.base.value()?;
    // What the iteration begins with: the initial value of the feedback, or A(0).
    let first = match kind {
        Kind::Counter => Zeroizing::new(Vec::new()),
        Kind::Feedback => Zeroizing::new(iv.clone()),
        Kind::DoublePipeline => input.fixed(),
    };
    let mut pipeline = first.clone();
    let all = stream(segments * prf.output_len(), &first, |before, number| {
        let variable = match kind {
            Kind::Counter | Kind::Feedback => before,
            Kind::DoublePipeline => {
                pipeline = prf.of(base, &[&pipeline])?;
                &pipeline
            }
        };
        prf.of(base, &[&input.with(variable, number)?])
    })?;
    // No key has a part of a segment that another one has.
    let mut rest = &all[..];
    let mut objects = Vec::with_capacity(lengths.len());
    for length in lengths {
        let (own, others) =
            rest.split_at_checked(length.next_multiple_of(prf.output_len())).ok_or(Error::GeneralError)?;
        let value = own.get(..length).ok_or(Error::GeneralError)?;
        objects.push(vec![(CKA_VALUE, Value::bytes(value))]);
        rest = others;
    }
    Ok(Outcome { objects, disclosed: Vec::new() })
}

/// Which of the three functions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Feedback,
    DoublePipeline,
}

impl Kind {
    fn of(id: CK_MECHANISM_TYPE) -> Result<Self> {
        match id {
            CKM_SP800_108_COUNTER_KDF => Ok(Self::Counter),
            CKM_SP800_108_FEEDBACK_KDF => Ok(Self::Feedback),
            CKM_SP800_108_DOUBLE_PIPELINE_KDF => Ok(Self::DoublePipeline),
            _ => Err(Error::MechanismInvalid),
        }
    }
}

/// The input of the pseudo-random function, but for what changes.
struct Input(Vec<Piece>);

enum Piece {
    Fixed(Zeroizing<Vec<u8>>),
    Counter(Number),
    Variable,
}

impl Input {
    /// Checks the fields by the table of the kind, and writes those that stay the same.
    fn new(
        kind: Kind,
        fields: &[Field],
        keys: &Ingredients<'_>,
        lengths: &[usize],
        segments: usize,
        output_len: usize,
    ) -> Result<Self> {
        let invalid = Error::MechanismParamInvalid;
        let count = |is: fn(&Field) -> bool| fields.iter().filter(|field| is(field)).count();
        if count(|field| matches!(field, Field::Iteration(_))) != 1
            || count(|field| matches!(field, Field::Counter(_))) > 1
            || count(|field| matches!(field, Field::Length { .. })) > 1
        {
            return Err(invalid);
        }
        let mut others = keys.others.iter();
        let mut pieces = Vec::with_capacity(fields.len());
        for field in fields {
            pieces.push(match (field, kind) {
                (Field::Iteration(Some(number)), Kind::Counter)
                | (Field::Counter(number), Kind::Feedback | Kind::DoublePipeline) => {
                    // The counter must have room for its last value.
                    if number.bits > 32 || written(*number, segments as u64).is_none() {
                        return Err(invalid);
                    }
                    Piece::Counter(*number)
                }
                (Field::Iteration(None), Kind::Feedback | Kind::DoublePipeline) => Piece::Variable,
                (Field::Iteration(_) | Field::Counter(_), _) => return Err(invalid),
                (Field::Length { method, number }, _) => {
                    let bytes = match *method {
                        CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS => lengths.iter().sum(),
                        CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS => segments * output_len,
                        _ => return Err(invalid),
                    };
                    Piece::Fixed(Zeroizing::new(written(*number, bytes as u64 * 8).ok_or(invalid)?))
                }
                (Field::Bytes(bytes), _) => Piece::Fixed(Zeroizing::new(bytes.clone())),
                (Field::Key(_), _) => {
                    Piece::Fixed(Zeroizing::new(others.next().ok_or(Error::GeneralError)?.value()?.to_vec()))
                }
            });
        }
        Ok(Self(pieces))
    }

    /// What stays the same: the double pipeline begins with it.
    fn fixed(&self) -> Zeroizing<Vec<u8>> {
        let fixed = self.0.iter().filter_map(|piece| if let Piece::Fixed(bytes) = piece { Some(bytes) } else { None });
        let mut all = Zeroizing::new(Vec::with_capacity(self.fixed_len()));
        fixed.for_each(|bytes| all.extend_from_slice(bytes));
        all
    }

    /// The whole input of one iteration.
    fn with(&self, variable: &[u8], counter: u32) -> Result<Zeroizing<Vec<u8>>> {
        // So large that it never grows, and leaves no copy behind.
        let room = self.fixed_len() + variable.len() + size_of::<u64>();
        let mut input = Zeroizing::new(Vec::with_capacity(room));
        for piece in &self.0 {
            match piece {
                Piece::Fixed(bytes) => input.extend_from_slice(bytes),
                Piece::Counter(number) => {
                    input.extend(written(*number, u64::from(counter)).ok_or(Error::MechanismParamInvalid)?);
                }
                Piece::Variable => input.extend_from_slice(variable),
            }
        }
        Ok(input)
    }

    fn fixed_len(&self) -> usize {
        self.0.iter().map(|piece| if let Piece::Fixed(bytes) = piece { bytes.len() } else { 0 }).sum()
    }
}

/// A number in its format; `None` if that has no room for it or is no whole number of bytes.
fn written(format: Number, value: u64) -> Option<Vec<u8>> {
    let bytes = match format.bits {
        8 | 16 | 24 | 32 | 40 | 48 | 56 | 64 => (format.bits / 8) as usize,
        _ => return None,
    };
    let mut number = value.to_le_bytes().to_vec();
    if number.split_off(bytes).iter().any(|byte| *byte != 0) {
        return None;
    }
    if !format.little_endian {
        number.reverse();
    }
    Some(number)
}
