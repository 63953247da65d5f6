use postern_crypto::identity::IdentityKey;
use postern_crypto::mail::{
    Attachment, Checks, Delivered, Delivery, MAX_ADDRESS, MAX_ENVELOPE, Mailbox, Mark, MarkPlace, Own, Peer,
    Place, Summary, Verdict,
};
use postern_crypto::sealing::{SealingKey, SealingPublic};
use postern_crypto::{ContentKey, Error, Id, MailKey, Result};

use crate::{damaged, rng};

const MESSAGE: Id = [1; 16];
const ALICE: Id = [2; 16];
const BOB: Id = [3; 16];
const TO_ALICE: &str = "alice+news@example.org";

/// A message, and the keys of those who have to do with it.
struct Scene {
    gateway: IdentityKey,
    key: ContentKey,
    summary: Vec<u8>,
    alice: (SealingKey, SealingPublic),
    bob: (SealingKey, SealingPublic),
}

fn scene() -> Scene {
    let mut rng = rng(1);
    let key = ContentKey::generate(&mut rng);
    let pair = |seed| {
        let key = SealingKey::generate(&mut crate::rng(seed));
        let public = key.public().clone();
        (key, public)
    };
    Scene {
        gateway: IdentityKey::generate(&mut rng),
        summary: summary().seal(&key, &MESSAGE, &mut rng),
        key,
        alice: pair(2),
        bob: pair(3),
    }
}

fn summary() -> Summary {
    let mailbox = |name: &str, address: &str| Mailbox {
        name: name.to_owned(),
        address: address.to_owned(),
    };
    Summary {
        received_ms: 1_790_000_000_000,
        sender: "bounces@shop.example".to_owned(),
        peer: Peer {
            address: "192.0.2.7".to_owned(),
            hello: "mx.shop.example".to_owned(),
            host: "mx.shop.example".to_owned(),
            tls: "TLSv1.3".to_owned(),
        },
        checks: Checks {
            spf: Verdict::Pass,
            spf_domain: "shop.example".to_owned(),
            dkim: Verdict::PermanentError,
            dkim_domains: vec!["shop.example".to_owned()],
            dmarc: Verdict::TemporaryError,
            arc: Verdict::None,
            is_spam: true,
        },
        from: vec![mailbox("The Shop", "news@shop.example")],
        to: vec![
            mailbox("", "alice+news@example.org"),
            mailbox("Carol", "carol@example.net"),
        ],
        cc: vec![],
        reply_to: vec![mailbox("", "help@shop.example")],
        subject: "Grüße".to_owned(),
        date_ms: Some(0),
        message_id: "1@shop.example".to_owned(),
        references: vec!["0@shop.example".to_owned()],
        snippet: "Dear Alice,".to_owned(),
        attachments: vec![Attachment {
            name: "offer.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            size_bytes: 7,
        }],
        size_bytes: 4096,
        digest: [9; 32],
    }
}

impl Scene {
    fn to_alice(&self) -> Delivery<'_> {
        Delivery {
            message: &MESSAGE,
            account: &ALICE,
            sealing: &self.alice.1,
        }
    }

    fn envelope(&self) -> Vec<u8> {
        self.to_alice()
            .seal(&self.gateway, &self.key, TO_ALICE, &self.summary, &mut rng(4))
            .expect("a short address")
    }

    fn delivered(&self) -> Delivered {
        self.to_alice()
            .open(&self.alice.0, &self.envelope())
            .expect("written to alice")
    }
}

#[test]
fn a_message_opens_for_its_recipient_and_came_through_the_gateway() {
    let scene = scene();
    let delivered = scene.delivered();
    assert_eq!((&delivered.key, &*delivered.address), (&scene.key, TO_ALICE));
    assert!(delivered.came_through(&scene.gateway.public(), &scene.summary));
    let opened = Summary::open(&delivered.key, &MESSAGE, &scene.summary);
    assert_eq!(opened, Ok(summary()));
}

#[test]
fn an_empty_summary_is_one_too_and_other_verdicts_are_read() {
    let scene = scene();
    let mut other = Summary::default();
    for verdict in [Verdict::Fail, Verdict::SoftFail, Verdict::Neutral] {
        other.checks.spf = verdict;
        let sealed = other.seal(&scene.key, &MESSAGE, &mut rng(5));
        assert_eq!(Summary::open(&scene.key, &MESSAGE, &sealed), Ok(other.clone()));
    }
}

#[test]
fn a1_no_bit_of_an_envelope_can_be_flipped_and_none_can_be_cut_or_added() {
    let scene = scene();
    for envelope in damaged(&scene.envelope()).step_by(7) {
        let opened = scene.to_alice().open(&scene.alice.0, &envelope);
        assert_eq!(opened, Err(Error::CannotOpen));
    }
}

#[test]
fn a2_an_envelope_opens_in_no_other_place() {
    let scene = scene();
    let envelope = scene.envelope();
    let here = scene.to_alice();
    let others = [
        Delivery {
            message: &[7; 16],
            ..here
        },
        Delivery {
            account: &BOB,
            ..here
        },
    ];
    for place in others {
        assert_eq!(place.open(&scene.alice.0, &envelope), Err(Error::CannotOpen));
    }
    assert_eq!(here.open(&scene.bob.0, &envelope), Err(Error::CannotOpen));
    let of_bob = Delivery {
        sealing: &scene.bob.1,
        ..here
    };
    assert_eq!(of_bob.open(&scene.bob.0, &envelope), Err(Error::CannotOpen));
    let other_message = Summary::open(&scene.key, &[7; 16], &scene.summary);
    assert_eq!(other_message, Err(Error::CannotOpen));
}

#[test]
fn who_can_seal_cannot_say_that_the_gateway_did() {
    let scene = scene();
    let mallory = IdentityKey::generate(&mut rng(6));
    let forged = scene
        .to_alice()
        .seal(&mallory, &scene.key, TO_ALICE, &scene.summary, &mut rng(7))
        .expect("anybody can seal");
    let delivered = scene.to_alice().open(&scene.alice.0, &forged).expect("it opens");
    assert!(!delivered.came_through(&scene.gateway.public(), &scene.summary));
}

#[test]
fn a_summary_of_another_message_did_not_come_with_this_one() {
    let scene = scene();
    let again = summary().seal(&scene.key, &MESSAGE, &mut rng(8));
    assert!(!scene.delivered().came_through(&scene.gateway.public(), &again));
    for summary in damaged(&scene.summary).step_by(97) {
        assert!(!scene.delivered().came_through(&scene.gateway.public(), &summary));
    }
}

#[test]
fn no_address_is_longer_than_any() {
    let scene = scene();
    let sealed = |len: usize| -> Result<Vec<u8>> {
        let address = "a".repeat(len);
        scene
            .to_alice()
            .seal(&scene.gateway, &scene.key, &address, &scene.summary, &mut rng(11))
    };
    let longest = sealed(MAX_ADDRESS).expect("as long as any");
    assert_eq!(longest.len(), MAX_ENVELOPE);
    assert!(scene.to_alice().open(&scene.alice.0, &longest).is_ok());
    assert_eq!(sealed(MAX_ADDRESS + 1), Err(Error::CannotOpen));
}

/// In small letters it has three bytes, so that no bound falls between two.
const SIGN: &str = "ⱥ";

#[test]
fn what_is_beyond_the_bounds_of_a_summary_is_cut_and_never_makes_it_unreadable() {
    let scene = scene();
    let long = SIGN.repeat(400);
    let many = |max: u32| vec![long.clone(); max as usize + 1];
    let mailbox = || Mailbox {
        name: long.clone(),
        address: long.clone(),
    };
    let mailboxes = || vec![mailbox(); Summary::MAX_MAILBOXES as usize + 1];
    let attachment = Attachment {
        name: long.clone(),
        media_type: long.clone(),
        size_bytes: 1,
    };
    let summary = Summary {
        sender: format!("a@{long}"),
        peer: Peer {
            address: long.clone(),
            hello: long.clone(),
            host: long.clone(),
            tls: long.clone(),
        },
        checks: Checks {
            spf_domain: long.clone(),
            dkim_domains: many(Summary::MAX_DOMAINS),
            ..Checks::default()
        },
        from: mailboxes(),
        to: mailboxes(),
        cc: mailboxes(),
        reply_to: mailboxes(),
        subject: long.clone(),
        message_id: long.clone(),
        references: many(Summary::MAX_REFERENCES),
        snippet: long.clone(),
        attachments: vec![attachment; Summary::MAX_ATTACHMENTS as usize + 1],
        ..summary()
    };
    let sealed = summary.seal(&scene.key, &MESSAGE, &mut rng(12));
    let opened = Summary::open(&scene.key, &MESSAGE, &sealed).expect("it is readable");
    assert_eq!(opened.sender, format!("a@{}", SIGN.repeat(106)));
    assert_eq!(opened.peer.hello, SIGN.repeat(85));
    assert_eq!(opened.references.len(), 64);
    assert_eq!(
        (opened.received_ms, opened.digest),
        (summary.received_ms, summary.digest)
    );
}

#[test]
fn a_mark_opens_again_as_it_was_sealed() {
    let key = MailKey::generate(&mut rng(1));
    let place = MarkPlace {
        account: &ALICE,
        message: &MESSAGE,
        version: 1,
    };
    let flags = |bits: u8| Mark {
        is_read: bits & 1 != 0,
        is_starred: bits & 2 != 0,
        is_answered: bits & 4 != 0,
        is_forwarded: bits & 8 != 0,
        labels: (0..bits).map(|label| [label; 16]).collect(),
        ..Mark::default()
    };
    let places = [
        Place::Inbox,
        Place::Archive,
        Place::Trash,
        Place::Spam,
        Place::Sent,
        Place::Folder([4; 16]),
        Place::Folder([0; 16]),
    ];
    let lying = places.map(|place| Mark {
        place,
        ..Mark::default()
    });
    for mark in (0..16).map(flags).chain(lying) {
        let sealed = mark.seal(&key, place, &mut rng(2));
        assert_eq!(Mark::open(&key, place, &sealed), Ok(mark));
    }
}

#[test]
fn a_mark_that_was_touched_does_not_open() {
    let key = MailKey::generate(&mut rng(1));
    let place = MarkPlace {
        account: &ALICE,
        message: &MESSAGE,
        version: 1,
    };
    let sealed = Mark::default().seal(&key, place, &mut rng(2));
    assert!(damaged(&sealed).all(|bytes| Mark::open(&key, place, &bytes) == Err(Error::CannotOpen)));
}

#[test]
fn the_key_of_an_own_message_opens_for_its_owner_alone() {
    let (mail, other) = (MailKey::generate(&mut rng(1)), MailKey::generate(&mut rng(2)));
    let key = ContentKey::generate(&mut rng(3));
    let own = Own {
        account: &ALICE,
        message: &MESSAGE,
    };
    let sealed = own.seal(&mail, &key, &mut rng(4));
    assert_eq!(own.open(&mail, &sealed), Ok(key));
    assert_eq!(own.open(&other, &sealed), Err(Error::CannotOpen));
    let of_bob = Own { account: &BOB, ..own };
    assert_eq!(of_bob.open(&mail, &sealed), Err(Error::CannotOpen));
    assert!(damaged(&sealed).all(|bytes| own.open(&mail, &bytes) == Err(Error::CannotOpen)));
}
