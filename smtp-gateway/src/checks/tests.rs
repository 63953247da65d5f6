use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::dkim::DkimSigner;
use mail_auth::dmarc::Dmarc as DmarcRecord;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::spf::Spf;
use mail_auth::{DnsError, MessageAuthenticator, ResolverCache as _};
use postern_protocol::MessageId;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::*;
use crate::intake::Intake;

mod spoofing;

/// A world in which DNS says what is said here, and about nothing else.
fn checker(records: &[(&str, Txt)]) -> Checker {
    let resolver = MessageAuthenticator::new(ResolverConfig::default(), ResolverOpts::default());
    let checker = Checker::new(Resolver(resolver.expect("it asks nobody")));
    let until = Instant::now() + Duration::from_secs(3_600);
    let nothing = DnsError::RecordNotFound(ResponseCode::NXDomain);
    let nothing = ("_dmarc.example.", Txt::Error(Error::Dns(nothing)));
    for (name, record) in records.iter().chain([&nothing]) {
        checker.txt.insert((*name).into(), record.clone(), until);
    }
    checker
}

fn record<T: TxtRecordParser>(text: &str) -> Arc<T> {
    Arc::new(T::parse(text.as_bytes()).expect("a record"))
}

fn taken(message: &[u8]) -> Taken {
    let (mut sealed, mut rng) = (Vec::new(), ChaCha20Rng::seed_from_u64(1));
    let mut intake = Intake::new(MessageId([1; 16]), &mut sealed, &mut rng);
    for piece in message.chunks(100) {
        intake.push(piece, &mut sealed).expect("a short head");
    }
    intake.finish(&mut sealed)
}

/// DNS as sender.example has it, and a key with which it signs.
fn world() -> (Checker, Ed25519Key) {
    let private = Ed25519Key::generate_pkcs8().expect("a key");
    let key = Ed25519Key::from_pkcs8_der(&private).expect("a key");
    let public = STANDARD.encode(key.public_key());
    let records = [
        (
            "sender.example.",
            Txt::Spf(record::<Spf>("v=spf1 ip4:192.0.2.0/24 -all")),
        ),
        (
            "s._domainkey.sender.example.",
            Txt::DomainKey(record::<DomainKey>(&format!("v=DKIM1; k=ed25519; p={public}"))),
        ),
        (
            "_dmarc.sender.example.",
            Txt::Dmarc(record::<DmarcRecord>("v=DMARC1; p=reject")),
        ),
    ];
    (checker(&records), key)
}

const LETTER: &str = "From: Bob <bob@sender.example>\r\nSubject: A letter\r\n\r\nDear Alice,\r\n";

fn signed(key: Ed25519Key, message: &str) -> Vec<u8> {
    let signature = DkimSigner::from_key(key)
        .domain("sender.example")
        .selector("s")
        .headers(["From", "Subject"])
        .sign(message.as_bytes())
        .expect("a signature");
    [signature.to_header().as_bytes(), message.as_bytes()].concat()
}

fn from(peer: &str) -> From<'static> {
    From {
        peer: peer.parse().expect("an address"),
        hello: "mail.sender.example",
        sender: "bob@sender.example",
        host: "mx.example.org",
    }
}

const GOOD: &str = "192.0.2.7";
const BAD: &str = "198.51.100.7";

#[tokio::test]
async fn a_message_that_is_signed_and_comes_from_where_it_may_passes() {
    let (checker, key) = world();
    let checks = checker
        .check(from(GOOD), &mut taken(&signed(key, LETTER)))
        .await
        .checks;
    let expected = Checks {
        spf: Verdict::Pass,
        spf_domain: "sender.example".to_owned(),
        dkim: Verdict::Pass,
        dkim_domains: vec!["sender.example".to_owned()],
        dmarc: Verdict::Pass,
        arc: Verdict::None,
        is_spam: false,
    };
    assert_eq!(checks, expected);
}

#[tokio::test]
async fn a_signature_is_enough_and_so_is_the_right_address() {
    let (checker, key) = world();
    let checks = checker
        .check(from(BAD), &mut taken(&signed(key, LETTER)))
        .await
        .checks;
    assert_eq!(
        (checks.spf, checks.dkim, checks.dmarc),
        (Verdict::Fail, Verdict::Pass, Verdict::Pass)
    );
    let checks = checker
        .check(from(GOOD), &mut taken(LETTER.as_bytes()))
        .await
        .checks;
    assert_eq!(
        (checks.spf, checks.dkim, checks.dmarc),
        (Verdict::Pass, Verdict::None, Verdict::Pass)
    );
}

#[tokio::test]
async fn a_message_that_was_touched_or_comes_from_elsewhere_fails() {
    let (checker, key) = world();
    let touched = String::from_utf8(signed(key, LETTER))
        .expect("text")
        .replace("Dear", "Poor");
    let checks = checker
        .check(from(BAD), &mut taken(touched.as_bytes()))
        .await
        .checks;
    assert_eq!(
        (checks.spf, checks.dkim, checks.dmarc),
        (Verdict::Fail, Verdict::Neutral, Verdict::Fail)
    );
    assert!(checks.dkim_domains.is_empty());
}

#[tokio::test]
async fn what_passes_for_another_domain_says_nothing_of_this_sender() {
    let (checker, key) = world();
    let letter = LETTER.replace("bob@sender.example", "boss@bank.example");
    let mut message = taken(&signed(key, &letter));
    let bank = (
        "_dmarc.bank.example.",
        Txt::Dmarc(record::<DmarcRecord>("v=DMARC1; p=reject")),
    );
    checker
        .txt
        .insert(bank.0.into(), bank.1, Instant::now() + Duration::from_secs(60));
    let checks = checker.check(from(GOOD), &mut message).await.checks;
    assert_eq!(
        (checks.spf, checks.dkim, checks.dmarc),
        (Verdict::Pass, Verdict::Pass, Verdict::Fail)
    );
}

#[tokio::test]
async fn of_several_senders_none_is_vouched_for() {
    let two = "From: bob@sender.example, boss@bank.example\r\n\r\ntext\r\n";
    let twice = "From: boss@bank.example\r\nFrom: bob@sender.example\r\n\r\ntext\r\n";
    for letter in [two, twice] {
        let (checker, key) = world();
        let checks = checker
            .check(from(GOOD), &mut taken(&signed(key, letter)))
            .await
            .checks;
        assert_eq!(
            (checks.dkim, checks.dmarc),
            (Verdict::Pass, Verdict::PermanentError),
            "{letter}"
        );
    }
}

#[tokio::test]
async fn a_message_without_head_or_sender_has_nothing_to_check() {
    let (checker, _) = world();
    let checks = checker
        .check(from(GOOD), &mut taken(b"\r\nonly text\r\n"))
        .await
        .checks;
    assert_eq!(checks, Checks::default());
    let checks = checker
        .check(from(GOOD), &mut taken(b"Subject: x\r\n\r\n"))
        .await
        .checks;
    assert_eq!(checks.dmarc, Verdict::PermanentError);
}
