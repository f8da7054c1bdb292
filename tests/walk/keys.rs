//! Keys of every kind, at the bounds of their sizes.

use crate::common::*;
use crate::curves::{ED448, ED25519, P192, P521, X448, X25519};
use crate::groups::{FFDHE2048, G_1024, G_2048, P_1024, P_2048, Q_1024, Q_2048};
use crate::info;
use std::cell::RefCell;
use std::collections::HashMap;

/// What a key pair is of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    Rsa,
    Ec,
    Edwards,
    Montgomery,
    /// Weierstrass and Montgomery curves.
    Agreement,
    Dsa,
    Dh,
    X942,
    MlKem,
    MlDsa,
    SlhDsa,
    Hss,
    /// Of any of these.
    Any,
}

/// The public and the private half; of a secret key, both are the same.
pub type Pair = (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE);

impl Kind {
    /// The sizes that the information of its mechanisms must tell, in the standard's units.
    pub fn sizes(self) -> (CK_ULONG, CK_ULONG) {
        match self {
            Self::Rsa | Self::Dh | Self::X942 => (1024, 8192),
            Self::Ec | Self::Agreement => (192, 521),
            Self::Edwards | Self::Montgomery => (255, 448),
            Self::Dsa => (1024, 3072),
            Self::MlKem => (800, 1568),
            Self::MlDsa => (1312, 2592),
            Self::SlhDsa => (32, 64),
            // "Not used and must be set to 0", of HSS.
            Self::Hss | Self::Any => (0, 0),
        }
    }

    /// The mechanism that makes such pairs, and public templates for the smallest and the largest that are cheap.
    pub fn generation(self) -> (CK_MECHANISM_TYPE, Vec<Vec<Attribute>>) {
        let curves = |list: &[&[u8]]| list.iter().map(|params| vec![bytes(CKA_EC_PARAMS, params)]).collect();
        let sets = |list: &[CK_ULONG]| list.iter().map(|set| vec![ulong(CKA_PARAMETER_SET, *set)]).collect();
        match self {
            Self::Rsa => {
                (CKM_RSA_PKCS_KEY_PAIR_GEN, [1024, 2048].map(|bits| vec![ulong(CKA_MODULUS_BITS, bits)]).into())
            }
            Self::Ec | Self::Agreement | Self::Any => (CKM_EC_KEY_PAIR_GEN, curves(&[P192.params, P521.params])),
            Self::Edwards => (CKM_EC_EDWARDS_KEY_PAIR_GEN, curves(&[ED25519, ED448])),
            Self::Montgomery => (CKM_EC_MONTGOMERY_KEY_PAIR_GEN, curves(&[X25519, X448])),
            Self::Dsa => (CKM_DSA_KEY_PAIR_GEN, subgroups()),
            Self::Dh => {
                let group = |p: &str| vec![bytes(CKA_PRIME, hex(p)), bytes(CKA_BASE, [2])];
                (CKM_DH_PKCS_KEY_PAIR_GEN, vec![group(FFDHE2048)])
            }
            Self::X942 => (CKM_X9_42_DH_KEY_PAIR_GEN, subgroups()),
            Self::MlKem => (CKM_ML_KEM_KEY_PAIR_GEN, sets(&[CKP_ML_KEM_512, CKP_ML_KEM_1024])),
            Self::MlDsa => (CKM_ML_DSA_KEY_PAIR_GEN, sets(&[CKP_ML_DSA_44, CKP_ML_DSA_87])),
            Self::Hss => (CKM_HSS_KEY_PAIR_GEN, vec![Vec::new()]),
            Self::SlhDsa => (CKM_SLH_DSA_KEY_PAIR_GEN, sets(&[CKP_SLH_DSA_SHA2_128F, CKP_SLH_DSA_SHAKE_256F])),
        }
    }
}

impl Kind {
    /// A private template that lets the key be looked at, if such a key may be: the state of an HSS key is in one place only.
    pub fn open(self) -> Vec<Attribute> {
        if self == Self::Hss { Vec::new() } else { vec![no(CKA_SENSITIVE), yes(CKA_EXTRACTABLE)] }
    }

    /// What a private template must say beside: the trees of HSS, here two of height 5 (`LMS_SHA256_M32_H5`), which sign 1024
    /// times, with `LMOTS_SHA256_N32_W8`.
    pub fn private(self) -> Vec<Attribute> {
        if self != Self::Hss {
            return Vec::new();
        }
        let lists = [mechanisms(CKA_HSS_LMS_TYPES, &[5, 5]), mechanisms(CKA_HSS_LMOTS_TYPES, &[4, 4])];
        [&[ulong(CKA_HSS_LEVELS, 2)][..], &lists].concat()
    }

    /// Public templates of pairs that are too small, too large or of no known kind, and how each is refused.
    pub fn beyond(self) -> Vec<(Attribute, CK_RV)> {
        let curve = |oid: &str| (bytes(CKA_EC_PARAMS, hex(oid)), CKR_CURVE_NOT_SUPPORTED);
        let sets = [0, 1000, CK_ULONG::MAX].map(|set| (ulong(CKA_PARAMETER_SET, set), CKR_PARAMETER_SET_NOT_SUPPORTED));
        match self {
            Self::Rsa => [0, 1016, 1023, 8193, 8200, CK_ULONG::MAX]
                .map(|bits| (ulong(CKA_MODULUS_BITS, bits), CKR_ATTRIBUTE_VALUE_INVALID))
                .into(),
            // secp160r1, brainpoolP512r1, and those of other kinds.
            Self::Ec | Self::Agreement | Self::Any => {
                ["06052b81040008", "06092b240303020801010d", "06032b6570", "06032b656e"].map(curve).into()
            }
            Self::Edwards => ["06032b656e", "06032b656f", "06082a8648ce3d030107"].map(curve).into(),
            Self::Montgomery => ["06032b6570", "06032b6571", "06082a8648ce3d030107"].map(curve).into(),
            Self::MlKem | Self::MlDsa | Self::SlhDsa => sets.into(),
            Self::Dsa | Self::Dh | Self::X942 | Self::Hss => Vec::new(),
        }
    }
}

fn subgroups() -> Vec<Vec<Attribute>> {
    let group = |p, q, g| vec![bytes(CKA_PRIME, hex(p)), bytes(CKA_SUBPRIME, hex(q)), bytes(CKA_BASE, hex(g))];
    vec![group(P_1024, Q_1024, G_1024), group(P_2048, Q_2048, G_2048)]
}

/// A session, and the pairs that were made in it.
pub struct Ground {
    pub token: Token,
    pub s: Session,
    pairs: RefCell<HashMap<Kind, Vec<Pair>>>,
    restricted: RefCell<HashMap<Kind, Pair>>,
}

impl Ground {
    pub fn new() -> Self {
        let token = token();
        let s = token.user();
        Self { token, s, pairs: RefCell::default(), restricted: RefCell::default() }
    }

    /// A pair of each size.
    pub fn pairs(&self, kind: Kind) -> Vec<Pair> {
        if let Some(pairs) = self.pairs.borrow().get(&kind) {
            return pairs.clone();
        }
        let pairs: Vec<Pair> = match kind {
            Kind::Any => [Kind::Ec, Kind::Montgomery, Kind::Rsa].iter().flat_map(|kind| self.pairs(*kind)).collect(),
            Kind::Agreement => [Kind::Ec, Kind::Montgomery].iter().flat_map(|kind| self.pairs(*kind)).collect(),
            _ => {
                let (generation, templates) = kind.generation();
                let mut pairs: Vec<Pair> = templates
                    .iter()
                    .map(|public| {
                        let private = [kind.open(), kind.private()].concat();
                        ok(self.s.generate_pair(&mech(generation), public, &private))
                    })
                    .collect();
                if kind == Kind::Rsa {
                    pairs.push(crate::large::pair(&self.s));
                }
                pairs
            }
        };
        self.pairs.borrow_mut().insert(kind, pairs.clone());
        pairs
    }

    /// What the information of a mechanism says it does.
    pub fn flags(&self, kind: CK_MECHANISM_TYPE) -> CK_FLAGS {
        info(&self.token, kind).flags
    }

    /// A pair that no mechanism here may use.
    pub fn restricted(&self, kind: Kind) -> Pair {
        let made = self.restricted.borrow().get(&kind).copied();
        made.unwrap_or_else(|| {
            let (generation, templates) = kind.generation();
            let public = [&templates[0][..], &[nothing()]].concat();
            let pair =
                ok(self.s.generate_pair(&mech(generation), &public, &[kind.private(), vec![nothing()]].concat()));
            self.restricted.borrow_mut().insert(kind, pair);
            pair
        })
    }

    /// A secret key of this type and length that may do everything.
    pub fn secret(&self, kind: CK_KEY_TYPE, length: usize) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        self.secret_with(kind, length, &[])
    }

    /// The same, with other attributes beside.
    pub fn secret_with(&self, kind: CK_KEY_TYPE, length: usize, more: &[Attribute]) -> Result<CK_OBJECT_HANDLE, CK_RV> {
        let mut value = data(length);
        if [CKK_DES, CKK_DES2, CKK_DES3].contains(&kind) {
            value.iter_mut().for_each(|byte| *byte = *byte & 0xfe | (1 ^ (byte.count_ones() as u8 - (*byte & 1)) & 1));
        }
        let open = [yes(CKA_EXTRACTABLE), no(CKA_SENSITIVE), yes(CKA_DERIVE)];
        let usage = [CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP].map(yes);
        let class = class(if kind == CKK_HOTP { CKO_OTP_KEY } else { CKO_SECRET_KEY });
        let own = [class, key_type(kind), bytes(CKA_VALUE, value)];
        self.s.create(&[&own[..], &open, &usage, more].concat())
    }
}

/// `CKA_ALLOWED_MECHANISMS` that permits no mechanism of the token's.
pub fn nothing() -> Attribute {
    mechanisms(CKA_ALLOWED_MECHANISMS, &[CKM_VENDOR_DEFINED])
}

/// Different bytes of which none is 0, so that halves of keys differ and no key is weak.
fn data(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 37 % 251) as u8 + 1).collect()
}

/// The peer's public value of an agreement.
pub fn public_value(s: &Session, public: CK_OBJECT_HANDLE) -> Vec<u8> {
    s.get(public, CKA_EC_POINT).or_else(|_| s.get(public, CKA_VALUE)).unwrap()
}
