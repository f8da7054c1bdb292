//! Certificates: requests and self-signed ones, signed by keys of the token through its interface.

use crate::Result;
use crate::cli::{Bytes, Certified, Class, Cli, Names, Wanted};
use crate::client::{Mechanism, Module, Session};
use crate::export::{pem, write};
use crate::import;
use crate::material::public_key_info;
use crate::objects::only;
use crate::show::{done, table};
use crate::tokens::open_knowing;
use cryptoki_sys::*;
use der::asn1::{Any, BitString, GeneralizedTime, Ia5String, Null, UintRef};
use der::{DateTime, Decode, Document, Encode};
use ferrotoken::hash::Hash;
use serde_json::json;
use signature::Keypair;
use spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, EncodePublicKey, ObjectIdentifier,
    SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef,
};
use std::str::FromStr;
use std::time::{Duration, SystemTime};
use x509_cert::Certificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::request::RequestBuilder;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};
use zeroize::Zeroizing;

/// `ferrotoken certificate request`.
pub fn request(cli: &Cli, module: &Module, what: &Certified) -> Result<()> {
    let subject = subject(&what.subject)?;
    let (session, pin) = open_knowing(cli, module)?;
    let signer = Signer::find(&session, what)?;
    let mut builder = RequestBuilder::new(subject).map_err(said)?;
    if let Some(names) = alternative_names(what)? {
        builder.add_extension(&names).map_err(said)?;
    }
    let der = sealed(builder, &session, &signer, pin)?.to_der()?;
    write(what.out.as_deref(), &pem("CERTIFICATE REQUEST", &der)?, false)
}

/// `ferrotoken certificate self-signed`.
pub fn self_signed(cli: &Cli, module: &Module, what: &Certified, days: u32, ca: bool) -> Result<()> {
    let subject = subject(&what.subject)?;
    let (session, pin) = open_knowing(cli, module)?;
    let signer = Signer::find(&session, what)?;
    // Of the 128 bits the first is 0, as a positive number wants it, and the second 1, so that all have one length.
    let mut serial = session.random::<16>()?;
    serial[0] = serial[0] & 0x7f | 0x40;
    let serial = SerialNumber::new(&serial)?;
    let key = SubjectPublicKeyInfoOwned::from_der(&signer.info)?;
    let mut builder = CertificateBuilder::new(Own { subject, ca }, serial, validity(days)?, key).map_err(said)?;
    if let Some(names) = alternative_names(what)? {
        builder.add_extension(&names).map_err(said)?;
    }
    let der = sealed(builder, &session, &signer, pin)?.to_der()?;
    let label = session.attribute(signer.key, CKA_LABEL).unwrap_or_default();
    let id = session.attribute(signer.key, CKA_ID).ok().filter(|id| !id.is_empty()).map(Bytes);
    let names = Names { label: String::from_utf8_lossy(&label).into_owned(), id };
    import::certificate(&session, &der, &names)?;
    match &what.out {
        None => write(None, &pem("CERTIFICATE", &der)?, false),
        Some(path) => {
            write(Some(path), &pem("CERTIFICATE", &der)?, false)?;
            let sentence = format!("the certificate is on the token, and in {}", path.display());
            done(cli.json, &sentence, json!({ "label": names.label, "file": path.display().to_string() }));
            Ok(())
        }
    }
}

/// `ferrotoken certificate list`.
pub fn list(cli: &Cli, module: &Module) -> Result<()> {
    let (session, _) = open_knowing(cli, module)?;
    let wanted = Wanted { label: None, id: None, class: Some(Class::Certificate) };
    let mut rows = Vec::new();
    for object in session.find(&wanted.template())? {
        let value = session.attribute(object, CKA_VALUE)?;
        let text = |attribute| session.attribute(object, attribute).unwrap_or_default();
        let (label, id) = (text(CKA_LABEL), text(CKA_ID));
        // Of a certificate of another kind there is nothing more to say.
        let parsed = Certificate::from_der(&value).ok();
        let fields = parsed.as_ref().map(Certificate::tbs_certificate);
        rows.push(vec![
            json!(String::from_utf8_lossy(&label)),
            json!(base16ct::lower::encode_string(&id)),
            json!(fields.map(|fields| fields.subject().to_string())),
            json!(fields.map(|fields| fields.issuer().to_string())),
            json!(fields.map(|fields| base16ct::lower::encode_string(fields.serial_number().as_bytes()))),
            json!(fields.map(|fields| fields.validity().not_after.to_string())),
        ]);
    }
    table(cli.json, &["label", "id", "subject", "issuer", "serial", "not after"], rows)
}

/// sha256WithRSAEncryption (RFC 8017, appendix A.2.4).
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

/// How signatures on a curve are made, for points of this length: with a hash as strong as the curve (RFC 5758, section 3.2).
fn ecdsa(point: usize) -> (ObjectIdentifier, Hash) {
    match point.saturating_sub(1) / 2 {
        ..=32 => (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"), Hash::Sha256),
        33..=48 => (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"), Hash::Sha384),
        _ => (ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"), Hash::Sha512),
    }
}

/// The Ecdsa-Sig-Value (RFC 3279, section 2.2.3) of the two halves that a module gives.
fn ecdsa_signature(halves: &[u8]) -> Result<Vec<u8>> {
    let (r, s) = halves.split_at(halves.len() / 2);
    Ok(vec![UintRef::new(r)?, UintRef::new(s)?].to_der()?)
}

/// A private key of the token, with what a signature of its needs.
struct Signer {
    key: CK_OBJECT_HANDLE,
    info: Vec<u8>,
    algorithm: AlgorithmIdentifierOwned,
    mechanism: CK_MECHANISM_TYPE,
    /// What is done here, because not every module has a mechanism that hashes too.
    hash: Option<Hash>,
}

impl Signer {
    fn find(session: &Session<'_>, what: &Certified) -> Result<Self> {
        let wanted = Wanted { label: what.label.clone(), id: what.id.clone(), class: Some(Class::Private) };
        let key = only(session, &wanted)?;
        let info = public_key_info(session, key)?;
        let parsed = SubjectPublicKeyInfoRef::try_from(&info[..])?;
        let own = || AlgorithmIdentifierOwned { oid: parsed.algorithm.oid, parameters: None };
        let (algorithm, mechanism, hash) = match session.number(key, CKA_KEY_TYPE)? {
            CKK_RSA => {
                let parameters = Some(Any::from(Null));
                (AlgorithmIdentifierOwned { oid: SHA256_WITH_RSA, parameters }, CKM_SHA256_RSA_PKCS, None)
            }
            CKK_EC => {
                let (oid, hash) = ecdsa(parsed.subject_public_key.raw_bytes().len());
                (AlgorithmIdentifierOwned { oid, parameters: None }, CKM_ECDSA, Some(hash))
            }
            // The key's own identifier is that of its signatures, too (RFC 8410, RFC 9881, RFC 9909).
            CKK_EC_EDWARDS => (own(), CKM_EDDSA, None),
            CKK_ML_DSA => (own(), CKM_ML_DSA, None),
            CKK_SLH_DSA => (own(), CKM_SLH_DSA, None),
            other => {
                let kind = ferrotoken::names::Shown::key_type(other);
                return Err(format!(
                    "keys of type {kind} sign no certificates: take RSA, EC, Ed25519, Ed448, ML-DSA or SLH-DSA"
                )
                .into());
            }
        };
        Ok(Self { key, info, algorithm, mechanism, hash })
    }

    fn sign(&self, session: &Session<'_>, data: &[u8], pin: Option<Zeroizing<String>>) -> Result<BitString> {
        let digest = self.hash.map(|hash| hash.of(&[data]));
        let data = digest.as_ref().map_or(data, |digest| &digest[..]);
        let again = || match (session.holds(self.key, CKA_ALWAYS_AUTHENTICATE), &pin) {
            (true, Some(pin)) => session.login(CKU_CONTEXT_SPECIFIC, pin),
            _ => Ok(()),
        };
        let signature = session.sign_after(&Mechanism(self.mechanism, &[]), self.key, data, again)?;
        let signature = if self.mechanism == CKM_ECDSA { ecdsa_signature(&signature)? } else { signature };
        Ok(BitString::from_bytes(&signature)?)
    }
}

impl Keypair for Signer {
    type VerifyingKey = Encoded;

    fn verifying_key(&self) -> Encoded {
        Encoded(self.info.clone())
    }
}

impl DynSignatureAlgorithmIdentifier for Signer {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(self.algorithm.clone())
    }
}

/// A public key as it is encoded.
#[derive(Clone)]
struct Encoded(Vec<u8>);

impl EncodePublicKey for Encoded {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::try_from(&self.0[..])?)
    }
}

/// What a builder makes, signed on the token.
fn sealed<B: Builder>(
    mut builder: B,
    session: &Session<'_>,
    signer: &Signer,
    pin: Option<Zeroizing<String>>,
) -> Result<B::Output> {
    let content = builder.finalize(signer).map_err(said)?;
    let signature = signer.sign(session, &content, pin)?;
    Ok(builder.assemble(signature, signer).map_err(said)?)
}

/// What a self-signed certificate says of its key.
struct Own {
    subject: Name,
    ca: bool,
}

impl BuilderProfile for Own {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        certificate: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let subject = certificate.subject();
        let mut extensions = vec![
            SubjectKeyIdentifier::try_from(key)?.to_extension(subject, &[])?,
            BasicConstraints { ca: self.ca, path_len_constraint: None }.to_extension(subject, &[])?,
        ];
        let usage = if self.ca {
            KeyUsages::DigitalSignature | KeyUsages::KeyCertSign | KeyUsages::CRLSign
        } else {
            KeyUsages::DigitalSignature.into()
        };
        extensions.push(KeyUsage(usage).to_extension(subject, &[])?);
        Ok(extensions)
    }
}

fn subject(text: &str) -> Result<Name> {
    let name = Name::from_str(text).ok().filter(|name| name.iter().next().is_some());
    name.ok_or_else(|| format!("{text:?} is no subject: write it as \"CN=www.example.org,O=Example\"").into())
}

/// From now on, for so many days.
fn validity(days: u32) -> Result<Validity> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let time = |since: Duration| {
        Ok::<_, der::Error>(Time::GeneralTime(GeneralizedTime::from_date_time(DateTime::from_unix_duration(since)?)))
    };
    let end = now + Duration::from_secs(u64::from(days) * 24 * 60 * 60);
    let unfit = |_| "the certificate would be valid beyond the year 9999: take fewer --days";
    Ok(Validity::new(time(now)?, time(end).map_err(unfit)?))
}

fn alternative_names(what: &Certified) -> Result<Option<SubjectAltName>> {
    let ascii = |text: &String| {
        Ia5String::new(text)
            .map_err(|_| format!("{text:?} has characters that a certificate does not take in this place"))
    };
    let mut names = Vec::new();
    for name in &what.dns {
        names.push(GeneralName::DnsName(ascii(name)?));
    }
    for address in &what.email {
        names.push(GeneralName::Rfc822Name(ascii(address)?));
    }
    names.extend(what.ip.iter().copied().map(GeneralName::from));
    Ok((!names.is_empty()).then_some(SubjectAltName(names)))
}

fn said(error: impl std::fmt::Display) -> String {
    format!("the certificate cannot be made: {error}")
}
