//! Mail: what a gateway brings, and what an owner keeps of it.

use postern_crypto::identity::IdentityKey;
use postern_crypto::mail::{
    Attachment, Checks, Delivery, Known, KnownLetter, Listed, Listing, Mailbox, Manifest, ManifestPlace,
    Mark, MarkPlace, Note, Origin, Own, Peer, Piece, Place, Summary, Verdict,
};
use postern_crypto::node::Content;
use postern_crypto::sealing::SealingKey;
use postern_crypto::stream::{ContentSealer, digest};
use postern_crypto::{ContentKey, Hash, MailKey};
use serde_json::{Value, json};

use super::{hex, id, rng};

pub(super) fn all() -> [(&'static str, Value); 5] {
    [
        ("mail", message()),
        ("mail_mark", mark()),
        ("mail_manifest", manifest()),
        ("mail_listing", listing()),
        ("mail_own", own()),
    ]
}

fn message() -> Value {
    let mut rng = rng(12);
    let (gateway, key) = (IdentityKey::generate(&mut rng), ContentKey::generate(&mut rng));
    let sealing = SealingKey::generate(&mut rng);
    let (public, message, account) = (sealing.public().clone(), id(0x30), id(0x10));
    let sealer = ContentSealer::create(&key, &message, &mut rng);
    let mut body = vec![0; sealer.segment_sealed_len(0)];
    let sealed = sealer.seal_segment(0, b"Subject: Tea\r\n\r\nAt five?\r\n", &mut body);
    body.truncate(sealed.len);
    let summary = summary(digest(&[sealed.hash])).seal(&key, &message, &mut rng);
    let delivery = Delivery {
        message: &message,
        account: &account,
        sealing: &public,
    };
    let envelope = delivery
        .seal(&gateway, &key, "ada@example.org", &summary, &mut rng)
        .expect("a short address");
    json!({
        "message": hex(message), "account": hex(account), "sealing_seed": hex(sealing.expose()),
        "gateway": hex(gateway.public().as_bytes()), "key": hex(key.expose()), "address": "ada@example.org",
        "envelope": hex(envelope), "summary": hex(summary), "body": hex(body),
        "subject": "Tea", "snippet": "At five?", "opened": hex("Subject: Tea\r\n\r\nAt five?\r\n"),
    })
}

fn summary(digest: Hash) -> Summary {
    let mailbox = |name: &str, address: &str| Mailbox {
        name: name.to_owned(),
        address: address.to_owned(),
    };
    Summary {
        received_ms: 1_790_000_000_000,
        sender: "charles@example.net".to_owned(),
        peer: Peer {
            address: "192.0.2.7".to_owned(),
            hello: "mx.example.net".to_owned(),
            ..Peer::default()
        },
        checks: Checks {
            spf: Verdict::Pass,
            spf_domain: "example.net".to_owned(),
            dkim_domains: vec!["example.net".to_owned()],
            ..Checks::default()
        },
        from: vec![mailbox("Charles", "charles@example.net")],
        to: vec![mailbox("", "ada@example.org")],
        subject: "Tea".to_owned(),
        message_id: "1@example.net".to_owned(),
        snippet: "At five?".to_owned(),
        attachments: vec![Attachment::default()],
        size_bytes: 26,
        digest,
        ..Summary::default()
    }
}

fn mark() -> Value {
    let mut rng = rng(13);
    let key = MailKey::generate(&mut rng);
    let (account, message, folder, label) = (id(0x10), id(0x30), id(0x91), id(0x92));
    let mark = Mark {
        is_read: true,
        is_answered: true,
        place: Place::Folder(folder),
        labels: vec![label],
        ..Mark::default()
    };
    let place = MarkPlace {
        account: &account,
        message: &message,
        version: 3,
    };
    json!({
        "mail_key": hex(key.expose()), "account": hex(account), "message": hex(message), "version": place.version,
        "sealed": hex(mark.seal(&key, place, &mut rng)),
        "opened": {"flags": 5, "place": 6, "folder": hex(folder), "labels": [hex(label)]},
    })
}

fn manifest() -> Value {
    let mut rng = rng(15);
    let key = MailKey::generate(&mut rng);
    let account = id(0x10);
    let piece = |number: u8| Piece {
        messages: 64,
        content: Content {
            id: id(number),
            key: ContentKey::from_bytes([number; 32]),
            size: 70_000,
            chunks: 2,
            digest: [number; 32],
        },
    };
    let manifest = Manifest {
        change: 41,
        listings: vec![piece(0xa1), piece(0xa2)],
        words: vec![piece(0xa3)],
    };
    let place = ManifestPlace {
        account: &account,
        version: 3,
    };
    json!({
        "mail_key": hex(key.expose()), "account": hex(account), "version": place.version,
        "sealed": hex(manifest.seal(&key, place, &mut rng)),
        "opened": {"change": 41, "listings": [hex(id(0xa1)), hex(id(0xa2))], "words": [hex(id(0xa3))]},
    })
}

fn listing() -> Value {
    let note = Note {
        version: 3,
        mark: Mark {
            is_read: true,
            labels: vec![id(0x92)],
            ..Mark::default()
        },
        expires_ms: Some(1_790_000_000_000),
    };
    let letter = KnownLetter {
        origin: Origin::Gateway,
        address: Some("ada@example.org".to_owned()),
        key: ContentKey::from_bytes([7; 32]),
        summary: summary([8; 32]),
    };
    let listed = |number, letter| Listed {
        message: id(number),
        letter,
        note: Note::default(),
    };
    let listing = Listing {
        messages: vec![
            listed(0x30, Known::Opened(Box::new(letter))),
            listed(0x31, Known::Nothing { received_ms: 1 }),
        ],
        marked: vec![(id(0x32), note)],
        deleted: vec![id(0x33)],
    };
    json!({
        "encoded": hex(listing.encode()),
        "opened": {
            "subjects": ["Tea", null], "marked": {"message": hex(id(0x32)), "version": 3, "expires": 1_790_000_000_000_i64},
            "deleted": [hex(id(0x33))],
        },
    })
}

fn own() -> Value {
    let mut rng = rng(14);
    let (mail, key) = (MailKey::generate(&mut rng), ContentKey::generate(&mut rng));
    let (account, message) = (id(0x10), id(0x30));
    let own = Own {
        account: &account,
        message: &message,
    };
    json!({
        "mail_key": hex(mail.expose()), "account": hex(account), "message": hex(message),
        "sealed": hex(own.seal(&mail, &key, &mut rng)), "opened": hex(key.expose()),
    })
}
