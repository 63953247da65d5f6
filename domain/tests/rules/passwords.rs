use postern_crypto::opaque::ClientRegistration;
use postern_crypto::password::Password;
use postern_domain::device::{Device, PASSWORD, sealed};
use postern_domain::{Error, Fresh};
use postern_protocol::account::{ObjectKind, PasswordChange, PasswordStart, PutObject, Rotation, SlotKind};
use postern_protocol::link::Archive;
use postern_protocol::session::SessionBody;
use postern_protocol::{Bytes, LinkId};

use crate::world::{World, refusal};

const NEW: &str = "another password";

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_one_and_ends_all_other_sessions() {
    let world = World::new().await;
    let (mut alice, first) = world.registered("alice").await;
    let other = world
        .log_in(&alice.name, PASSWORD)
        .await
        .expect("the right password");
    let fresh = fresh(&world, &first).await;
    let record = register(&fresh, &mut alice, NEW);
    let change = PasswordChange {
        record,
        slot: alice.slot(SlotKind::Password, 1),
        device: String::new(),
    };
    let changed = fresh
        .change_password(change, world.now, &mut alice.rng)
        .await
        .expect("it is fresh");

    world.signed_in(&changed.session).await;
    for ended in [&first, &other] {
        assert!(matches!(
            refusal(world.try_signed_in(ended).await),
            Error::NotSignedIn
        ));
    }
    assert!(world.log_in(&alice.name, NEW).await.is_ok());
    assert!(matches!(
        refusal(world.log_in(&alice.name, PASSWORD).await),
        Error::LoginFailed
    ));
}

#[tokio::test]
async fn a_login_that_began_before_the_password_changed_comes_too_late() {
    let world = World::new().await;
    let (mut alice, session) = world.registered("alice").await;
    let began_before = world
        .answer_challenge(&alice.name, PASSWORD)
        .await
        .expect("answered");
    let fresh = fresh(&world, &session).await;
    let record = register(&fresh, &mut alice, NEW);
    let change = PasswordChange {
        record,
        slot: alice.slot(SlotKind::Password, 1),
        device: String::new(),
    };
    let changed = fresh
        .change_password(change, world.now, &mut alice.rng)
        .await
        .expect("it is fresh");

    let late = world
        .postern
        .finish_login(&began_before, world.now, &mut alice.rng)
        .await;
    assert!(matches!(refusal(late), Error::LoginFailed));
    let user = world.signed_in(&changed.session).await;
    let sessions = user
        .sessions(world.now)
        .await
        .expect("memory is always there")
        .sessions;
    assert_eq!(sessions.len(), 1, "nothing is left of the late login");
}

#[tokio::test]
async fn a_slot_of_another_kind_or_generation_is_no_new_password() {
    let world = World::new().await;
    let (mut alice, session) = world.registered("alice").await;
    let fresh = fresh(&world, &session).await;
    let record = register(&fresh, &mut alice, NEW);
    for (kind, generation) in [(SlotKind::Recovery, 1), (SlotKind::Password, 2)] {
        let slot = alice.slot(kind, generation);
        let change = PasswordChange {
            record: record.clone(),
            slot,
            device: String::new(),
        };
        let refused = refusal(fresh.change_password(change, world.now, &mut alice.rng).await);
        assert!(
            matches!(refused, Error::Malformed(_) | Error::Conflict { .. }),
            "{refused}"
        );
    }
    assert!(
        world.log_in(&alice.name, PASSWORD).await.is_ok(),
        "the old password still works"
    );
}

#[tokio::test]
async fn a_rotation_replaces_everything_that_the_old_key_wrapped() {
    let world = World::new().await;
    let (mut alice, session) = world.registered("alice").await;
    let user = world.signed_in(&session).await;
    let file = world.file(&mut alice, &user, &[1; 200]).await;
    let link = alice.link(file.node).create;
    let id = link.id;
    user.create_link(link, world.now)
        .await
        .expect("the node is there");
    let fresh = fresh(&world, &session).await;

    let without_links = rotation(&fresh, &mut alice, vec![]);
    let refused = refusal(fresh.rotate(without_links, world.now, &mut alice.rng).await);
    assert!(
        matches!(refused, Error::Conflict { .. }),
        "a link would be lost: {refused}"
    );

    let whole = rotation(&fresh, &mut alice, vec![id]);
    let changed = fresh
        .rotate(whole.clone(), world.now, &mut alice.rng)
        .await
        .expect("all is there");
    assert!(matches!(
        refusal(world.try_signed_in(&session).await),
        Error::NotSignedIn
    ));
    let body = world
        .signed_in(&changed.session)
        .await
        .session()
        .account_body()
        .await
        .expect("there");
    assert_eq!(body.slots[0].generation, 2);
    assert!(body.objects.iter().all(|object| object.version == 2));
    assert!(world.log_in(&alice.name, NEW).await.is_ok());

    let again = refusal(fresh.rotate(whole, world.now, &mut alice.rng).await);
    assert!(
        matches!(again, Error::NotSignedIn | Error::Conflict { .. }),
        "{again}"
    );
}

async fn fresh(world: &World, session: &SessionBody) -> Fresh {
    let session = world
        .postern
        .session(&session.token, world.now)
        .await
        .expect("in force");
    session.fresh(world.now).expect("the password was given just now")
}

fn register(fresh: &Fresh, device: &mut Device, password: &str) -> Bytes {
    let (state, request) = ClientRegistration::start(&Password::new(password), &mut device.rng);
    let answer = fresh
        .start_password(&PasswordStart {
            request: request.into(),
        })
        .expect("well-formed");
    let registered = state.finish(answer.response.as_slice(), device.name.as_str(), &mut device.rng);
    registered.expect("the server speaks OPAQUE").upload.into()
}

fn rotation(fresh: &Fresh, device: &mut Device, links: Vec<LinkId>) -> Rotation {
    Rotation {
        record: register(fresh, device, NEW),
        slots: vec![
            device.slot(SlotKind::Password, 2),
            device.slot(SlotKind::Recovery, 2),
        ],
        recovery_key: Bytes(vec![9; 32]),
        objects: ObjectKind::ALL
            .map(|kind| PutObject {
                kind,
                version: 2,
                sealed: sealed(),
            })
            .to_vec(),
        archives: links
            .into_iter()
            .map(|id| Archive {
                id,
                archive: sealed(),
            })
            .collect(),
        device: String::new(),
    }
}
