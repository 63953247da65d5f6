//! The keys with which mail of a domain is signed (DKIM, RFC 6376).
//!
//! RSA, since not everybody who checks signatures can do with Ed25519 (RFC 8463), and 2048 bits, since that is what all of
//! them take (RFC 8301, 3.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::crypto::{RsaKey, Sha256};
use mail_auth::dkim::generate::DkimKeyPair;
use postern_protocol::Bytes;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer};

const BITS: usize = 2_048;

/// What stands before the public half of such a key in a `SubjectPublicKeyInfo` (RFC 5280, 4.1): that it is RSA, and how long
/// it is. DKIM's own text would have the half by itself, but what everybody publishes, and all can read, is this.
const IS_RSA: [u8; 24] = [
    0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
    0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00,
];
/// How long the public half is then.
const PUBLIC_BYTES: usize = 270;

/// A new key, in PKCS #1. Takes about a second.
pub(super) fn generate() -> Result<Bytes, mail_auth::Error> {
    let made = DkimKeyPair::generate_rsa(BITS)?;
    Ok(Bytes(made.private_key().to_vec()))
}

/// The public half of a key, as it is published. `None` if this is no such key.
pub(super) fn public(kept: &[u8]) -> Option<String> {
    let key = PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(kept));
    let public = RsaKey::<Sha256>::from_key_der(key).ok()?.public_key();
    let whole = (public.len() == PUBLIC_BYTES).then(|| [&IS_RSA[..], &public].concat());
    whole.map(|bytes| STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use mail_auth::common::parse::TxtRecordParser as _;
    use mail_auth::common::verify::DomainKey;
    use mail_auth::dkim::DkimSigner;
    use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
    use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, Txt};

    use super::*;
    use crate::dns::Answers;

    #[tokio::test]
    async fn what_is_signed_with_a_key_is_verified_with_what_is_published_of_it() {
        let kept = generate().expect("a key");
        let public = public(kept.as_slice()).expect("it is one");
        let record = format!("v=DKIM1; k=rsa; p={public}");
        let key = PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(kept.as_slice()));
        let key = RsaKey::<Sha256>::from_key_der(key).expect("a key");
        let message = "From: a@example.org\r\nSubject: x\r\n\r\ntext\r\n";
        let signed = DkimSigner::from_key(key)
            .domain("example.org")
            .selector(super::super::SELECTOR)
            .headers(["From", "Subject"])
            .sign(message.as_bytes())
            .expect("it signs");
        let mut text = Vec::new();
        mail_auth::common::headers::HeaderWriter::write_header(&signed, &mut text);
        text.extend(message.as_bytes());
        let texts: Answers<Box<str>, Txt> = Answers::default();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let domain_key = DomainKey::parse(record.as_bytes()).expect("a record");
        mail_auth::ResolverCache::insert(
            &texts,
            "postern._domainkey.example.org.".into(),
            domain_key.into(),
            until,
        );
        let resolver = MessageAuthenticator::new(ResolverConfig::default(), ResolverOpts::default());
        let resolver = resolver.expect("it asks nobody");
        let message = AuthenticatedMessage::parse(&text).expect("a message");
        let asked = Parameters::new(&message).with_txt_cache(&texts);
        let verified = resolver.verify_dkim(asked).await;
        assert_eq!(*verified[0].result(), DkimResult::Pass);
    }

    #[test]
    fn what_is_no_key_has_no_public_half() {
        assert_eq!(public(b""), None);
        assert_eq!(public(&[0x30; 100]), None);
    }
}
