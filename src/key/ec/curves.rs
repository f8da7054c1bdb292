//! The short Weierstrass curves: one row each, over one implementation for all.
//!
//! RustCrypto's curves are types; a token meets them at run time. [`Group`], [`Public`] and [`Private`] are what is
//! needed of them as objects, implemented once for every curve that has ECDSA.

use super::encoding::{self, Names};
use crate::error::{Error, Result};
use crate::object::template::{Value, strip_zeros};
use crate::random;
use core::marker::PhantomData;
use der::asn1::ObjectIdentifier;
use ecdsa::{EcdsaCurve, Signature, hazmat};
use elliptic_curve::array::typenum::Unsigned;
use elliptic_curve::bigint::{BitOps, Encoding};
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, Generate};
use elliptic_curve::{PublicKey, SecretKey};
use rand::rngs::SysRng;
use sha2::Sha512;
use spki::AlgorithmIdentifier;
use std::sync::Arc;
use zeroize::Zeroizing;

/// `id-ecPublicKey` (RFC 5480, section 2.1.1).
pub const EC_PUBLIC_KEY: ObjectIdentifier = oid("1.2.840.10045.2.1");

/// The curves (SEC 2, FIPS 186-4, RFC 5639). A curve registers here, and nowhere else.
pub const CURVES: &[Curve] = &[
    Curve {
        names: names(&[oid("1.2.840.10045.3.1.1")], &["secp192r1", "prime192v1", "P-192", "nistp192"]),
        bits: 192,
        group: &Weierstrass::<p192::NistP192>(PhantomData),
    },
    Curve {
        names: names(&[oid("1.3.132.0.33")], &["secp224r1", "P-224", "nistp224"]),
        bits: 224,
        group: &Weierstrass::<p224::NistP224>(PhantomData),
    },
    Curve {
        names: names(&[oid("1.2.840.10045.3.1.7")], &["secp256r1", "prime256v1", "P-256", "nistp256"]),
        bits: 256,
        group: &Weierstrass::<p256::NistP256>(PhantomData),
    },
    Curve {
        names: names(&[oid("1.3.132.0.10")], &["secp256k1"]),
        bits: 256,
        group: &Weierstrass::<k256::Secp256k1>(PhantomData),
    },
    Curve {
        names: names(&[oid("1.3.132.0.34")], &["secp384r1", "P-384", "nistp384"]),
        bits: 384,
        group: &Weierstrass::<p384::NistP384>(PhantomData),
    },
    Curve {
        names: names(&[oid("1.3.132.0.35")], &["secp521r1", "P-521", "nistp521"]),
        bits: 521,
        group: &Weierstrass::<p521::NistP521>(PhantomData),
    },
    Curve {
        names: names(&[oid("1.3.36.3.3.2.8.1.1.7")], &["brainpoolP256r1"]),
        bits: 256,
        group: &Weierstrass::<bp256::BrainpoolP256r1>(PhantomData),
    },
    Curve {
        names: names(&[oid("1.3.36.3.3.2.8.1.1.8")], &["brainpoolP256t1"]),
        bits: 256,
        group: &Weierstrass::<bp256::BrainpoolP256t1>(PhantomData),
    },
    Curve {
        names: names(&[oid("1.3.36.3.3.2.8.1.1.11")], &["brainpoolP384r1"]),
        bits: 384,
        group: &Weierstrass::<bp384::BrainpoolP384r1>(PhantomData),
    },
    Curve {
        names: names(&[oid("1.3.36.3.3.2.8.1.1.12")], &["brainpoolP384t1"]),
        bits: 384,
        group: &Weierstrass::<bp384::BrainpoolP384t1>(PhantomData),
    },
];

const fn oid(dotted: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(dotted)
}

const fn names(oids: &'static [ObjectIdentifier], printable: &'static [&'static str]) -> Names {
    Names { oids, printable, misspelt: &[] }
}

/// A short Weierstrass curve over a prime field, with cofactor 1.
pub struct Curve {
    names: Names,
    /// The size of the field in bits.
    pub bits: usize,
    /// The arithmetic.
    pub group: &'static dyn Group,
}

impl encoding::Curve for Curve {
    fn names(&self) -> &Names {
        &self.names
    }

    fn is_point_len(&self, length: usize) -> bool {
        let field = self.bits.div_ceil(8);
        length == 1 + field || length == 1 + 2 * field
    }

    fn canonical_point(&self, encoded: &[u8]) -> Option<Vec<u8>> {
        Some(self.group.public(encoded)?.point())
    }

    fn private(&self, value: &[u8]) -> Option<(Value, Vec<u8>)> {
        let private = self.group.private(value)?;
        Some((Value::big_integer(&*private.value()), private.point()))
    }

    fn algorithm(&self) -> AlgorithmIdentifier<ObjectIdentifier> {
        AlgorithmIdentifier { oid: EC_PUBLIC_KEY, parameters: self.names.oids.first().copied() }
    }
}

/// What is needed of a curve's group.
pub trait Group: Send + Sync {
    /// A public key from an uncompressed or compressed point; `None` if it is not on the curve, or the identity.
    fn public(&self, point: &[u8]) -> Option<Arc<dyn Public>>;

    /// A private key from a big-endian integer of any length; `None` unless it is in [1, n-1].
    fn private(&self, value: &[u8]) -> Option<Arc<dyn Private>>;

    /// A fresh private key, by the testing of candidates (FIPS 186-4, B.4.2).
    fn generate(&self) -> Result<Arc<dyn Private>>;

    /// A fresh private key, by reducing 64 bits more than the order has (FIPS 186-4, B.4.1).
    fn generate_with_extra_bits(&self) -> Result<Arc<dyn Private>>;
}

/// A public key.
pub trait Public: Send + Sync {
    /// Its point, uncompressed.
    fn point(&self) -> Vec<u8>;

    /// Judges an ECDSA signature over a digest of any length (section 6.3.1, "EC Signatures"): `SignatureLenRange`
    /// unless it is two equal halves of at most the order's length, `SignatureInvalid` if it is wrong.
    fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<()>;
}

/// A private key.
pub trait Private: Send + Sync {
    /// Its value, of the length of the order.
    fn value(&self) -> Zeroizing<Vec<u8>>;

    /// Its public point, uncompressed.
    fn point(&self) -> Vec<u8>;

    /// The length of a signature in bytes.
    fn signature_len(&self) -> usize;

    /// Signs a digest of any length, giving r and s in full length.
    fn sign(&self, digest: &[u8]) -> Result<Vec<u8>>;

    /// Diffie-Hellman with a peer's point: the x coordinate in full length; `None` as for [`Group::public`].
    fn agree(&self, peer: &[u8]) -> Option<Zeroizing<Vec<u8>>>;
}

/// A curve of RustCrypto's.
struct Weierstrass<C>(PhantomData<C>);

impl<C> Group for Weierstrass<C>
where
    C: CurveArithmetic + EcdsaCurve + Send + Sync,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    fn public(&self, point: &[u8]) -> Option<Arc<dyn Public>> {
        Some(Arc::new(public_key::<C>(point)?))
    }

    fn private(&self, value: &[u8]) -> Option<Arc<dyn Private>> {
        Some(Arc::new(SecretKey::<C>::from_bytes(&*Zeroizing::new(field_bytes::<C>(value)?)).ok()?))
    }

    fn generate(&self) -> Result<Arc<dyn Private>> {
        let key = SecretKey::<C>::try_generate_from_rng(&mut SysRng).map_err(|_| Error::DeviceError)?;
        Ok(Arc::new(key))
    }

    fn generate_with_extra_bits(&self) -> Result<Arc<dyn Private>> {
        let bytes = random::below(C::ORDER.get().to_be_bytes().as_ref())?;
        self.private(&bytes).ok_or(Error::GeneralError)
    }
}

impl<C> Public for PublicKey<C>
where
    C: CurveArithmetic + EcdsaCurve,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    fn point(&self) -> Vec<u8> {
        self.to_sec1_point(false).as_bytes().to_vec()
    }

    fn verify(&self, digest: &[u8], signature: &[u8]) -> Result<()> {
        let half = signature.len() / 2;
        if half == 0 || !signature.len().is_multiple_of(2) || half > C::FieldBytesSize::USIZE {
            return Err(Error::SignatureLenRange);
        }
        let (r, s) = signature.split_at_checked(half).ok_or(Error::SignatureLenRange)?;
        let (r, s) = field_bytes::<C>(r).zip(field_bytes::<C>(s)).ok_or(Error::SignatureLenRange)?;
        // Both s and n-s are right (FIPS 186-4). The crate takes only the lower on secp256k1, as Bitcoin does; which of
        // the two it is given makes no difference to the sum.
        let signature = Signature::<C>::from_scalars(r, s).map_err(|_| Error::SignatureInvalid)?;
        let signature = if C::NORMALIZE_S { signature.normalize_s() } else { signature };
        hazmat::verify_prehashed(&self.to_projective(), &leftmost_bits::<C>(digest), &signature)
            .map_err(|_| Error::SignatureInvalid)
    }
}

impl<C> Private for SecretKey<C>
where
    C: CurveArithmetic + EcdsaCurve,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    fn value(&self) -> Zeroizing<Vec<u8>> {
        let bytes = Zeroizing::new(self.to_bytes());
        Zeroizing::new(bytes.to_vec())
    }

    fn point(&self) -> Vec<u8> {
        self.public_key().point()
    }

    fn signature_len(&self) -> usize {
        2 * C::FieldBytesSize::USIZE
    }

    fn sign(&self, digest: &[u8]) -> Result<Vec<u8>> {
        let digest = leftmost_bits::<C>(digest);
        // RFC 6979 with fresh random numbers as additional data (section 3.6): neither a broken generator nor a fault
        // induced in one of two equal computations gives the key away. The digest goes in again because the
        // crate's own bits2octets drops the last bits of what is as long as P-521's order already.
        let hedge = Zeroizing::new([&random::secret(32)?[..], &digest].concat());
        let scalar = Zeroizing::new(self.to_nonzero_scalar());
        // The generator's hash has nothing to do with the digest's; this one is strong enough for every order.
        // On secp256k1 s is the lower of the two that are right, by the crate's choice; everybody accepts that one.
        let (signature, _) = hazmat::sign_prehashed_rfc6979::<C, Sha512>(&scalar, &digest, &hedge);
        Ok(signature.to_bytes().to_vec())
    }

    fn agree(&self, peer: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let secret = self.diffie_hellman(&public_key::<C>(peer)?);
        Some(Zeroizing::new(secret.raw_secret_bytes().to_vec()))
    }
}

/// A point of SEC 1, section 2.3.4, in the two forms that the standard knows.
fn public_key<C>(point: &[u8]) -> Option<PublicKey<C>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    match point.first() {
        Some(2..=4) => PublicKey::from_sec1_bytes(point).ok(),
        _ => None,
    }
}

/// A big-endian integer in the length of the order; `None` if it has more than that.
fn field_bytes<C: EcdsaCurve>(integer: &[u8]) -> Option<FieldBytes<C>> {
    let integer = strip_zeros(integer);
    let mut bytes = FieldBytes::<C>::default();
    let start = bytes.len().checked_sub(integer.len())?;
    bytes.get_mut(start..)?.copy_from_slice(integer);
    Some(bytes)
}

/// The leftmost bits of a digest, up to the length of the order, as an integer (section 6.3.1): the crate cuts bytes,
/// which are not bits where the order is P-521's.
fn leftmost_bits<C: EcdsaCurve>(digest: &[u8]) -> Vec<u8> {
    let bits = C::ORDER.bit_width() as usize;
    let mut bytes: Vec<u8> = digest.iter().copied().take(bits.div_ceil(8)).collect();
    let excess = (bytes.len() * 8).saturating_sub(bits);
    let mut carry = 0u16;
    for byte in &mut bytes {
        let wide = (carry << 8) | u16::from(*byte);
        *byte = (wide >> excess) as u8;
        carry = wide & ((1 << excess) - 1);
    }
    if bytes.is_empty() {
        bytes.push(0);
    }
    bytes
}
