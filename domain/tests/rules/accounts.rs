use postern_domain::Error;
use postern_domain::device::{Device, sealed};
use postern_protocol::Bytes;
use postern_protocol::account::{ObjectKind, PutObject, SlotKind};
use postern_protocol::server::SignUpPolicy;
use postern_protocol::time::DAY_MS;

use crate::world::{QUOTA_BYTES, World, refusal};

#[tokio::test]
async fn an_account_is_there_with_all_that_its_devices_load() {
    let world = World::new().await;
    let (device, user) = world.account("alice").await;
    let body = user.session().account_body().await.expect("it is there");
    assert_eq!((body.account, body.name), (device.account, device.name));
    assert_eq!((body.used_bytes, body.quota_bytes), (0, QUOTA_BYTES));
    assert_eq!(body.objects.len(), ObjectKind::ALL.len());
    assert_eq!(body.directory.len(), 1);
    assert_eq!(
        body.slots.len(),
        1,
        "a session after a login opens the password's slot only"
    );
    assert_eq!(body.slots[0].kind, SlotKind::Password);
}

#[tokio::test]
async fn a_name_is_one_accounts_only() {
    let world = World::new().await;
    world.account("alice").await;
    let mut other = Device::new("alice");
    let sign_up = other.sign_up();
    let refused = world.postern.sign_up(sign_up, world.now, &mut other.rng).await;
    assert!(matches!(refusal(refused), Error::NameTaken));
    let (_, start) = other.start_sign_up();
    assert!(matches!(
        refusal(world.postern.start_sign_up(&start).await),
        Error::NameTaken
    ));
}

#[tokio::test]
async fn nobody_is_answered_a_registration_for_somebody_elses_account() {
    let world = World::new().await;
    let (alice, _) = world.account("alice").await;
    let (_, mut start) = Device::new("mallory").start_sign_up();
    start.account = alice.account;
    assert!(matches!(
        refusal(world.postern.start_sign_up(&start).await),
        Error::Conflict { .. }
    ));
}

#[tokio::test]
async fn a_sign_up_whose_parts_do_not_belong_together_is_refused() {
    let world = World::new().await;
    let spoil: [fn(&mut postern_protocol::account::SignUp); 12] = [
        |sign_up| sign_up.statement = Device::new("mallory").sign_up().statement,
        |sign_up| sign_up.head = Device::new("mallory").sign_up().head,
        |sign_up| sign_up.volume = Device::new("mallory").volume,
        |sign_up| sign_up.statement.0[90] ^= 1,
        |sign_up| sign_up.slots.truncate(1),
        |sign_up| sign_up.slots[1].kind = SlotKind::Password,
        |sign_up| sign_up.slots[1].generation = 2,
        |sign_up| sign_up.objects.truncate(3),
        |sign_up| sign_up.objects[0].version = 2,
        |sign_up| sign_up.objects[0].sealed = Bytes(b"plain".to_vec()),
        |sign_up| sign_up.record = Bytes(vec![0; 10]),
        |sign_up| sign_up.recovery_key = Bytes(vec![0; 31]),
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let mut device = Device::new("alice");
        let mut sign_up = device.sign_up();
        spoil(&mut sign_up);
        let refused = world.postern.sign_up(sign_up, world.now, &mut device.rng).await;
        assert!(matches!(refusal(refused), Error::Malformed(_)), "{number}");
    }
    world.account("alice").await;
}

#[tokio::test]
async fn an_invitation_is_good_for_one_account() {
    let world = World::with(SignUpPolicy::Invite).await;
    let mut device = Device::new("alice");
    let code = world
        .postern
        .invite(world.now.plus_ms(DAY_MS), world.now, &mut device.rng)
        .await;
    let code = code.expect("memory is always there");

    for (name, invite, lets_in) in [
        ("without", None, false),
        ("wrong", Some("AAAA".to_owned()), false),
        ("alice", Some(format!(" {code}\n")), true),
        ("bob", Some(code), false),
    ] {
        let mut device = Device::new(name);
        let mut sign_up = device.sign_up();
        sign_up.invite = invite;
        let made = world.postern.sign_up(sign_up, world.now, &mut device.rng).await;
        assert_eq!(made.is_ok(), lets_in, "{name}");
        assert!(lets_in || matches!(refusal(made), Error::SignUpClosed));
    }
}

#[tokio::test]
async fn a_closed_server_takes_no_accounts() {
    let world = World::with(SignUpPolicy::Closed).await;
    let mut device = Device::new("alice");
    let (_, start) = device.start_sign_up();
    assert!(matches!(
        refusal(world.postern.start_sign_up(&start).await),
        Error::SignUpClosed
    ));
    let sign_up = device.sign_up();
    let refused = world.postern.sign_up(sign_up, world.now, &mut device.rng).await;
    assert!(matches!(refusal(refused), Error::SignUpClosed));
}

#[tokio::test]
async fn an_object_is_replaced_only_by_who_has_seen_the_one_before() {
    let world = World::new().await;
    let (_, user) = world.account("alice").await;
    let put = |version| PutObject {
        kind: ObjectKind::State,
        version,
        sealed: sealed(),
    };
    let rings = world.rings();
    user.put_object(&put(2)).await.expect("it follows");
    assert_eq!(world.rings(), rings + 1);
    let refused = refusal(user.put_object(&put(2)).await);
    assert!(
        matches!(refused, Error::Conflict { present: Some(2), .. }),
        "{refused}"
    );
    let refused = refusal(user.put_object(&put(u64::MAX)).await);
    assert!(matches!(refused, Error::Malformed(_)), "{refused}");
}

#[tokio::test]
async fn what_happened_is_in_the_feed_in_order_and_in_pages() {
    let world = World::new().await;
    let (_, user) = world.account("alice").await;
    for version in 2..=6 {
        let object = PutObject {
            kind: ObjectKind::State,
            version,
            sealed: sealed(),
        };
        user.put_object(&object).await.expect("it follows");
    }
    let all = user.changes(0, 1_000).await.expect("memory is always there");
    assert_eq!(all.changes.len(), 5);
    assert!(!all.more);
    let page = user.changes(1, 2).await.expect("memory is always there");
    assert_eq!(page.changes[..], all.changes[1..3]);
    assert!(page.more);
    assert!(
        user.changes(u64::MAX, 0)
            .await
            .expect("memory is always there")
            .changes
            .is_empty()
    );
}

#[tokio::test]
async fn a_directory_log_is_found_by_name() {
    let world = World::new().await;
    let (alice, user) = world.account("alice").await;
    let log = user.directory(alice.name.clone()).await.expect("it is there");
    assert_eq!((log.account, log.statements.len()), (alice.account, 1));
    let nobody = "nobody".parse().expect("well-formed");
    assert!(matches!(
        refusal(user.directory(nobody).await),
        Error::NotFound(_)
    ));
}
