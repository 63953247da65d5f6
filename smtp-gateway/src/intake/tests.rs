use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::DkimSigner;
use postern_crypto::stream::ContentOpener;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::*;

const MESSAGE: MessageId = MessageId([7; 16]);

fn taken(pieces: impl Iterator<Item = impl AsRef<[u8]>>) -> (Taken, Vec<u8>) {
    let (mut sealed, mut rng) = (Vec::new(), ChaCha20Rng::seed_from_u64(1));
    let mut intake = Intake::new(MESSAGE, &mut sealed, &mut rng);
    for piece in pieces {
        intake.push(piece.as_ref(), &mut sealed).expect("a short head");
    }
    (intake.finish(&mut sealed), sealed)
}

fn message(body: &str) -> Vec<u8> {
    let head = "From: a@example.org\nReceived: x\n y\nreceived: z\nSubject: Words\n\n";
    format!("{head}{body}").replace('\n', "\r\n").into_bytes()
}

#[test]
fn however_a_message_comes_it_is_taken_alike() {
    for body in ["", "one\n", &"line\n".repeat(30_000)] {
        let message = message(body);
        let (whole, sealed) = taken([&message].into_iter());
        for size in [1, 2, 3, 1_000, 65_536] {
            let (other, sealed_too) = taken(message.chunks(size));
            assert_eq!(other.summary, whole.summary);
            assert!(*other.head == *whole.head && sealed_too == sealed);
        }
        assert_eq!(
            (whole.summary.size_bytes, whole.hops()),
            (message.len() as u64, 2)
        );
        assert_eq!(whole.summary.subject, "Words");
        assert!(whole.head.ends_with(b"Subject: Words\r\n"));
    }
}

#[test]
fn what_was_sealed_is_the_message_byte_for_byte() {
    let message = message(&"All of it.\n".repeat(20_000));
    let (taken, sealed) = taken(message.chunks(9_999));
    let mut opener = ContentOpener::new(&taken.key, &MESSAGE.0);
    let mut plain = Vec::new();
    opener.push(&sealed, &mut plain).expect("it was sealed for this");
    opener.finish(&mut plain).expect("all of it");
    assert!(plain == message);
    let mut hasher = SegmentHasher::new(Header::parse(&sealed[..80]).expect("a header").layout());
    hasher.update(&sealed);
    assert_eq!(hasher.finish(), taken.summary.digest);
}

#[test]
fn a_message_without_head_or_body_is_one() {
    for (message, head) in [
        ("", ""),
        ("\r\n", ""),
        ("\r\nbody\r\n", ""),
        ("A: b\r\n", "A: b\r\n"),
        ("A: b", "A: b"),
    ] {
        for size in [1, 100] {
            let (taken, _) = taken(message.as_bytes().chunks(size));
            assert_eq!(*taken.head, head.as_bytes(), "{message:?}");
        }
    }
}

#[test]
fn a_head_without_end_is_refused() {
    let (mut sealed, mut rng) = (Vec::new(), ChaCha20Rng::seed_from_u64(1));
    for size in [MAX_HEAD_BYTES + 5, 100] {
        let mut intake = Intake::new(MESSAGE, &mut sealed, &mut rng);
        let piece = vec![b'x'; size];
        let mut pushed = Ok(());
        for _ in 0..=MAX_HEAD_BYTES / size + 1 {
            pushed = pushed.and_then(|()| intake.push(&piece, &mut sealed));
        }
        assert_eq!(pushed, Err(HeadTooLong));
    }
    let longest = [&vec![b'x'; MAX_HEAD_BYTES - 2][..], b"\r\n\r\nbody"].concat();
    let (taken, _) = taken([longest].into_iter());
    assert_eq!(
        (taken.head.len(), &*taken.summary.snippet),
        (MAX_HEAD_BYTES, "body")
    );
}

#[test]
fn a_summary_that_is_too_long_is_shortened() {
    let key = ContentKey::from_bytes([1; 32]);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mailbox = postern_crypto::mail::Mailbox {
        name: "n".repeat(255),
        address: "a".repeat(320),
    };
    let file = postern_crypto::mail::Attachment {
        name: "f".repeat(255),
        media_type: "m".repeat(255),
        size_bytes: 1,
    };
    let mut summary = Summary {
        subject: "s".repeat(1_000),
        from: vec![mailbox.clone(); 64],
        to: vec![mailbox.clone(); 64],
        cc: vec![mailbox.clone(); 64],
        reply_to: vec![mailbox; 64],
        references: (0..64).map(|id| format!("{id:0>255}")).collect(),
        attachments: vec![file; 100],
        ..Summary::default()
    };
    let sealed = seal_summary(&mut summary, &key, MESSAGE, &mut rng);
    assert!(sealed.len() <= MAX_SUMMARY_BYTES && sealed.len() > MAX_SUMMARY_BYTES / 2);
    assert_eq!(Summary::open(&key, &MESSAGE.0, &sealed), Ok(summary.clone()));
    assert!(!summary.from.is_empty() && !summary.attachments.is_empty());
    assert_eq!(summary.references.last(), Some(&format!("{:0>255}", 63)));
}

/// Signed as others sign, and taken in pieces: the hashes are those that the signatures are over.
#[test]
fn the_hashes_of_a_signed_body_are_those_that_were_signed() {
    let private = Ed25519Key::generate_pkcs8().expect("a key");
    let key = Ed25519Key::from_pkcs8_der(&private).expect("a key");
    let plain = message(&"Signed \t words.\n\n".repeat(9_000));
    let signature = DkimSigner::from_key(key)
        .domain("example.org")
        .selector("s")
        .headers(["From", "Subject"])
        .sign(&plain)
        .expect("a signature");
    let signed = [signature.to_header().into_bytes(), plain].concat();
    let (mut taken, _) = taken(signed.chunks(1_234));
    let expected = AuthenticatedMessage::parse(&signed)
        .expect("a message")
        .body_hashes;
    let message = taken.authenticated().expect("a message");
    assert_eq!((message.body_hashes.len(), message.dkim_headers.len()), (1, 1));
    assert_eq!(message.body_hashes, expected);
    assert_eq!(message.dkim_headers[0].header.bh, expected[0].3);
}
