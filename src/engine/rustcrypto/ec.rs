//! The short Weierstrass curves of RustCrypto: one implementation for every curve that has ECDSA.

use crate::engine::ec::{Group, Private, Public, halves, is_known_form};
use crate::error::{Error, Result};
use crate::object::template::strip_zeros;
use crate::random;
use core::marker::PhantomData;
use ecdsa::{EcdsaCurve, Signature, hazmat};
use elliptic_curve::array::typenum::Unsigned;
use elliptic_curve::bigint::{BitOps, Encoding};
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, Generate};
use elliptic_curve::{PublicKey, SecretKey};
use rand::rngs::SysRng;
use sha2::Sha512;
use std::sync::Arc;
use zeroize::Zeroizing;

/// P-192.
pub const P192: &dyn Group = &Weierstrass::<p192::NistP192>(PhantomData);
/// P-224.
pub const P224: &dyn Group = &Weierstrass::<p224::NistP224>(PhantomData);
/// P-256.
pub const P256: &dyn Group = &Weierstrass::<p256::NistP256>(PhantomData);
/// P-384.
pub const P384: &dyn Group = &Weierstrass::<p384::NistP384>(PhantomData);
/// P-521.
pub const P521: &dyn Group = &Weierstrass::<p521::NistP521>(PhantomData);
/// secp256k1.
pub const SECP256K1: &dyn Group = &Weierstrass::<k256::Secp256k1>(PhantomData);
/// brainpoolP256r1.
pub const BRAINPOOL_P256R1: &dyn Group = &Weierstrass::<bp256::BrainpoolP256r1>(PhantomData);
/// brainpoolP256t1.
pub const BRAINPOOL_P256T1: &dyn Group = &Weierstrass::<bp256::BrainpoolP256t1>(PhantomData);
/// brainpoolP384r1.
pub const BRAINPOOL_P384R1: &dyn Group = &Weierstrass::<bp384::BrainpoolP384r1>(PhantomData);
/// brainpoolP384t1.
pub const BRAINPOOL_P384T1: &dyn Group = &Weierstrass::<bp384::BrainpoolP384t1>(PhantomData);

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
        let (r, s) = halves(signature, C::FieldBytesSize::USIZE).ok_or(Error::SignatureLenRange)?;
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
    PublicKey::from_sec1_bytes(point).ok().filter(|_| is_known_form(point))
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
