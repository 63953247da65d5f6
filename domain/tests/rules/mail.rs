use postern_domain::device::Device;
use postern_domain::store::{Address, BlobKey, Body, Delivered, NewAddress, NewCopy, NewMail};
use postern_domain::sweeper::Grace;
use postern_domain::{Error, SignedIn};
use postern_protocol::limits::{MAX_MAIL_BATCH, MAX_MARK_BYTES, MAX_SUMMARY_BYTES};
use postern_protocol::mail::{
    DeleteMessages, MailChange, MailCursor, Mark, PutMark, PutMarks, PutMessage, PutMessages, ReadMessages,
};
use postern_protocol::{Bytes, ContentId, DomainName, MessageId};

use crate::world::{Spoiled, World, body, read_all, refusal};

/// As a gateway brings it: the body first.
async fn deliver(world: &World, device: &mut Device, text: &[u8]) -> MessageId {
    let message: MessageId = device.id();
    let content = ContentId(message.0);
    let key = BlobKey::of_mail(message, content);
    let blob = Body::whole(bytes::Bytes::copy_from_slice(text));
    world
        .stores
        .blobs
        .put(key, blob)
        .await
        .expect("memory is always there");
    let copy = NewCopy {
        account: device.account,
        sealed_to: [1; 32],
        envelope: sealed(100),
    };
    let mail = NewMail {
        message,
        body: content,
        size_bytes: text.len() as u64,
        received: world.now,
        summary: sealed(200),
        copies: vec![copy],
        now: world.now,
    };
    let delivered = world.stores.records.deliver(&[mail]).await;
    assert_eq!(delivered.expect("memory is always there"), [[Delivered::Done]]);
    message
}

/// Something of the shape of a sealed thing.
pub(crate) fn sealed(len: usize) -> Bytes {
    let mut sealed = vec![0; len];
    sealed[0] = 1;
    sealed.into()
}

fn marks(message: MessageId, version: u64) -> PutMarks {
    let mark = Mark {
        version,
        sealed: sealed(100),
        expires: None,
    };
    PutMarks {
        marks: vec![PutMark { message, mark }],
    }
}

/// A message of one's own whose body is there.
async fn own(world: &World, device: &mut Device, user: &SignedIn) -> PutMessage {
    let content: ContentId = device.id();
    let put = user.upload(content).put_whole(body(&[7; 300]), world.now).await;
    put.expect("there is room");
    PutMessage {
        message: MessageId(content.0),
        received: world.now,
        envelope: sealed(100),
        summary: sealed(100),
        mark: sealed(100),
    }
}

#[tokio::test]
async fn a_message_is_listed_read_marked_and_deleted() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let message = deliver(&world, &mut alice, b"sealed text").await;
    let page = user.newest_messages(None, 10).await.expect("memory");
    assert_eq!(
        (page.messages.len(), page.more, page.latest_change),
        (1, false, 1)
    );
    assert_eq!(page.messages[0].message, message);
    let readable = user.message_body(message).await.expect("is there");
    let reading = readable.read(0..readable.size_bytes()).await.expect("is there");
    assert_eq!(read_all(reading.pieces).await, b"sealed text");

    let before = world.rings();
    let put = user.mark_messages(&marks(message, 1)).await.expect("memory");
    assert!(put.conflicts.is_empty() && world.rings() > before);
    let put = user.mark_messages(&marks(message, 3)).await.expect("memory");
    assert_eq!(put.conflicts, [message]);

    let delete = DeleteMessages {
        messages: vec![message],
    };
    let before = world.rings();
    user.delete_messages(&delete, world.now).await.expect("memory");
    assert!(world.rings() > before);
    assert!(matches!(
        refusal(user.message_body(message).await),
        Error::NotFound(_)
    ));
    let cursor = MailCursor {
        change: 0,
        message: None,
    };
    let changes = user.mail_changes(cursor, 10).await.expect("memory");
    assert_eq!(changes.changes, [MailChange::Deleted { message }]);
    let seen = MailCursor {
        change: 3,
        message: Some(message),
    };
    assert_eq!((changes.next, changes.more), (seen, false));
    assert_eq!(user.mail_changes(seen, 10).await.expect("memory").next, seen);
}

#[tokio::test]
async fn changes_come_in_pages() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    for _ in 0..5 {
        deliver(&world, &mut alice, b"text").await;
    }
    let (mut cursor, mut told) = (
        MailCursor {
            change: 0,
            message: None,
        },
        Vec::new(),
    );
    loop {
        let page = user.mail_changes(cursor, 2).await.expect("memory");
        told.push(page.changes.len());
        cursor = page.next;
        if !page.more {
            break;
        }
    }
    assert_eq!(told, [2, 2, 1]);
}

#[tokio::test]
async fn nobody_reads_the_mail_of_somebody_else() {
    let world = World::new().await;
    let (mut alice, _) = world.account("alice").await;
    let (_, bob) = world.account("bob").await;
    let message = deliver(&world, &mut alice, b"text").await;
    assert!(matches!(
        refusal(bob.message_body(message).await),
        Error::NotFound(_)
    ));
    let asked = ReadMessages {
        messages: vec![message],
    };
    assert!(
        bob.read_messages(&asked)
            .await
            .expect("memory")
            .messages
            .is_empty()
    );
    let body = ContentId(message.0);
    assert!(matches!(refusal(bob.content(body).await), Error::NotFound(_)));
    let put = bob.mark_messages(&marks(message, 1)).await.expect("memory");
    assert_eq!(put.conflicts, [message]);
}

#[tokio::test]
async fn a_message_of_ones_own_is_put_with_its_body() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let put = own(&world, &mut alice, &user).await;
    let message = put.message;
    let all = PutMessages { messages: vec![put] };
    for kept in [1, 0] {
        assert_eq!(user.put_messages(&all).await.expect("has a body").kept, kept);
    }
    let readable = user.message_body(message).await.expect("is there");
    assert_eq!(readable.size_bytes(), 300);

    let mut absent = all;
    absent.messages[0].message = alice.id();
    assert!(matches!(
        refusal(user.put_messages(&absent).await),
        Error::NotFound(_)
    ));
}

#[tokio::test]
async fn what_is_not_well_formed_is_refused() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let good = PutMessages {
        messages: vec![own(&world, &mut alice, &user).await],
    };
    let cases: [Spoiled<PutMessages>; 5] = [
        ("named twice", |put| put.messages.push(put.messages[0].clone())),
        ("too many", |put| {
            put.messages = vec![put.messages[0].clone(); MAX_MAIL_BATCH + 1];
        }),
        ("no envelope", |put| put.messages[0].envelope = Bytes::default()),
        ("another suite", |put| put.messages[0].mark.0[0] = 2),
        ("too long", |put| {
            put.messages[0].summary = sealed(MAX_SUMMARY_BYTES + 1);
        }),
    ];
    for (what, spoil) in cases {
        let mut put = good.clone();
        spoil(&mut put);
        let refused = refusal(user.put_messages(&put).await);
        assert!(
            matches!(refused, Error::Malformed(_) | Error::TooLarge(_)),
            "{what}: {refused}"
        );
    }
    let message = alice.id();
    let cases: [Spoiled<PutMarks>; 5] = [
        ("version 0", |put| put.marks[0].mark.version = 0),
        ("no number", |put| put.marks[0].mark.version = u64::MAX),
        ("named twice", |put| put.marks.push(put.marks[0].clone())),
        ("too many", |put| {
            put.marks = vec![put.marks[0].clone(); MAX_MAIL_BATCH + 1];
        }),
        ("too long", |put| {
            put.marks[0].mark.sealed = sealed(MAX_MARK_BYTES + 1);
        }),
    ];
    for (what, spoil) in cases {
        let mut put = marks(message, 1);
        spoil(&mut put);
        let refused = refusal(user.mark_messages(&put).await);
        assert!(
            matches!(refused, Error::Malformed(_) | Error::TooLarge(_)),
            "{what}: {refused}"
        );
    }
    let messages = vec![message; MAX_MAIL_BATCH + 1];
    let asked = ReadMessages {
        messages: messages.clone(),
    };
    assert!(matches!(
        refusal(user.read_messages(&asked).await),
        Error::TooLarge(_)
    ));
    let delete = DeleteMessages { messages };
    let refused = user.delete_messages(&delete, world.now).await;
    assert!(matches!(refusal(refused), Error::TooLarge(_)));
    let cursor = MailCursor {
        change: u64::MAX,
        message: None,
    };
    assert!(matches!(
        refusal(user.mail_changes(cursor, 10).await),
        Error::Malformed(_)
    ));
}

#[tokio::test]
async fn a_trash_is_emptied_by_the_sweep() {
    let mut world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let message = deliver(&world, &mut alice, b"text").await;
    let mut put = marks(message, 1);
    put.marks[0].mark.expires = Some(world.now.plus_ms(10));
    user.mark_messages(&put).await.expect("memory");
    for (swept, left) in [(0, 1), (1, 0)] {
        let pass = world.postern.sweep(&Grace::default(), world.now).await;
        assert_eq!(pass.expect("memory").messages, swept);
        let page = user.newest_messages(None, 10).await.expect("memory");
        assert_eq!(page.messages.len(), left);
        world.wait(10);
    }
}

#[tokio::test]
async fn a_device_is_told_the_addresses_of_its_account_and_by_what_gateways_are_known() {
    let world = World::new().await;
    let (alice, user) = world.account("alice").await;
    let home = user.mail_home().await.expect("memory");
    assert_eq!(
        (&*home.addresses, home.gateway),
        (&["alice@localhost".to_owned()][..], None)
    );

    let domain = DomainName::parse("example.org").expect("a domain");
    let records = &world.stores.records;
    records.add_domain(&domain, world.now).await.expect("memory");
    let new = NewAddress {
        address: Address {
            domain: Some(domain),
            local: "info".parse().expect("a name"),
        },
        account: alice.account,
        now: world.now,
    };
    records.give_address(&new, 10).await.expect("memory");
    world
        .postern
        .gateway()
        .announce(b"statement")
        .await
        .expect("the first");
    let home = user.mail_home().await.expect("memory");
    assert_eq!(home.addresses, ["alice@localhost", "info@example.org"]);
    assert_eq!(home.gateway, Some(Bytes(b"statement".to_vec())));
}
