//! What holds for accounts, passwords, objects, the feed and the server's secrets.

use postern_domain::store::{Created, NewInvite, NewPassword, NewRotation, ObjectPut, PasswordSet, Rotated};
use postern_protocol::TimeMs;
use postern_protocol::account::{ObjectKind, PutObject, SlotKind};
use postern_protocol::changes::ChangeKind;
use postern_protocol::link::Archive;

use super::world::{NEVER, NOW, Owner, digest, id, new_account, sealed, session, slot};
use super::{AnyRecords, sentences};

sentences! { AnyRecords:
    an_account_is_made_whole
    a_name_belongs_to_one_account
    an_id_that_is_taken_refuses_the_whole_account
    an_invitation_is_good_for_one_account_until_it_ends
    the_directory_knows_accounts_by_name
    a_new_password_replaces_record_and_slot_and_ends_all_other_sessions
    a_password_cannot_be_changed_by_a_session_that_has_ended
    a_password_slot_of_another_generation_changes_nothing
    a_rotation_replaces_everything_that_the_key_wraps
    a_rotation_that_misses_a_change_changes_nothing
    an_object_follows_the_version_before
    the_feed_is_read_in_order_from_any_number
    a_secret_is_decided_once
}

async fn an_account_is_made_whole(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let snapshot = records
        .account_snapshot(owner.id())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(snapshot.account.name, owner.new.name);
    assert_eq!(snapshot.account.recovery_key, owner.new.recovery_key);
    assert_eq!(
        (snapshot.account.used_bytes, snapshot.account.latest_change),
        (0, 0)
    );
    assert_eq!(snapshot.slots, owner.new.slots);
    assert_eq!(snapshot.objects, owner.new.objects);
    assert_eq!(snapshot.directory, vec![owner.new.statement.clone()]);
    assert_eq!(
        records.account(owner.id()).await.expect("works"),
        Some(snapshot.account.clone())
    );
    assert_eq!(
        records.account_by_name(&owner.new.name).await.expect("works"),
        Some(snapshot.account)
    );
    let volume = records
        .volume(owner.volume())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(
        (volume.counter, volume.head, volume.account),
        (0, owner.new.head.clone(), owner.id())
    );
    let session = records
        .session_by_token(&owner.new.session.token_hash, NOW)
        .await
        .expect("works");
    assert_eq!(session.map(|session| session.id), Some(owner.new.session.id));
}

async fn a_name_belongs_to_one_account(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let mut other = new_account();
    other.name = owner.new.name.clone();
    assert_eq!(
        records.create_account(&other).await.expect("works"),
        Created::NameTaken
    );
    assert_eq!(
        records.create_account(&owner.new).await.expect("works"),
        Created::NameTaken
    );
    assert_eq!(records.account(other.id).await.expect("works"), None);
    assert_eq!(records.volume(other.volume).await.expect("works"), None);
}

async fn an_id_that_is_taken_refuses_the_whole_account(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let (mut same_id, mut same_volume) = (new_account(), new_account());
    same_id.id = owner.id();
    same_volume.volume = owner.volume();
    for other in [same_id, same_volume] {
        assert_eq!(
            records.create_account(&other).await.expect("works"),
            Created::IdTaken
        );
        assert_eq!(records.account_by_name(&other.name).await.expect("works"), None);
        assert_eq!(
            records
                .session_by_token(&other.session.token_hash, NOW)
                .await
                .expect("works"),
            None
        );
    }
}

async fn an_invitation_is_good_for_one_account_until_it_ends(records: AnyRecords) {
    let (code_hash, late) = (digest(), digest());
    for (code_hash, expires) in [(code_hash, NEVER), (late, NOW)] {
        let invite = NewInvite {
            code_hash,
            created: TimeMs(0),
            expires,
        };
        records.add_invite(&invite).await.expect("works");
        records.add_invite(&invite).await.expect("may be repeated");
    }
    let mut invited = new_account();
    let mut outcomes = Vec::new();
    for code in [digest(), late, code_hash, code_hash] {
        invited = new_account();
        invited.invite = Some(code);
        outcomes.push(records.create_account(&invited).await.expect("works"));
    }
    let refused = Created::InviteRefused;
    assert_eq!(outcomes, [refused, refused, Created::Done, refused]);
    assert_eq!(records.account(invited.id).await.expect("works"), None);
}

async fn the_directory_knows_accounts_by_name(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let entry = records
        .directory(&owner.new.name)
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(
        (entry.account, entry.statements),
        (owner.id(), vec![owner.new.statement.clone()])
    );
    assert_eq!(records.directory(&new_account().name).await.expect("works"), None);
}

pub(super) fn new_password(owner: &Owner) -> NewPassword {
    NewPassword {
        account: owner.id(),
        by: owner.new.session.id,
        record: sealed("another record"),
        slot: slot(SlotKind::Password, 1),
        session: session(owner.id()),
        now: NOW,
    }
}

async fn a_new_password_replaces_record_and_slot_and_ends_all_other_sessions(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let other = session(owner.id());
    records
        .create_session(&other)
        .await
        .expect("works")
        .expect("the account is there");
    let change = new_password(&owner);
    assert_eq!(
        records.change_password(&change).await.expect("works"),
        PasswordSet::Done
    );
    let snapshot = records
        .account_snapshot(owner.id())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(snapshot.account.record, change.record);
    assert_eq!(snapshot.slots, [change.slot, owner.new.slots[1].clone()]);
    let sessions = records.sessions(owner.id(), NOW).await.expect("works");
    assert_eq!(
        sessions.iter().map(|session| session.id).collect::<Vec<_>>(),
        [change.session.id]
    );
    assert_eq!(
        owner.feed().await,
        [ChangeKind::Sessions, ChangeKind::Account, ChangeKind::Sessions]
    );
}

async fn a_password_cannot_be_changed_by_a_session_that_has_ended(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    records
        .end_session(owner.id(), owner.new.session.id)
        .await
        .expect("works");
    assert_eq!(
        records
            .change_password(&new_password(&owner))
            .await
            .expect("works"),
        PasswordSet::SessionEnded
    );
    assert_eq!(
        records.rotate(&rotation(&owner)).await.expect("works"),
        Rotated::SessionEnded
    );
    let account = records
        .account(owner.id())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(account.record, owner.new.record);
}

async fn a_password_slot_of_another_generation_changes_nothing(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let mut change = new_password(&owner);
    change.slot.generation = 2;
    assert_eq!(
        records.change_password(&change).await.expect("works"),
        PasswordSet::Conflict
    );
    let sessions = records.sessions(owner.id(), NOW).await.expect("works");
    assert_eq!(
        sessions.iter().map(|session| session.id).collect::<Vec<_>>(),
        [owner.new.session.id]
    );
    assert!(owner.feed().await.is_empty());
}

fn rotation(owner: &Owner) -> NewRotation {
    let put = |kind| PutObject {
        kind,
        version: 2,
        sealed: sealed("another object"),
    };
    NewRotation {
        account: owner.id(),
        by: owner.new.session.id,
        generation: 2,
        record: sealed("another record"),
        slots: vec![slot(SlotKind::Password, 2), slot(SlotKind::Recovery, 2)],
        recovery_key: digest(),
        objects: ObjectKind::ALL.map(put).to_vec(),
        archives: Vec::new(),
        session: session(owner.id()),
        now: NOW,
    }
}

async fn a_rotation_replaces_everything_that_the_key_wraps(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let (link, revoked) = (
        owner.link(file.node, None).await,
        owner.link(file.node, None).await,
    );
    records
        .revoke_link(owner.id(), revoked, NOW)
        .await
        .expect("works")
        .expect("was there");
    let mut rotation = rotation(&owner);
    rotation.archives = vec![Archive {
        id: link,
        archive: sealed("another archive"),
    }];
    assert_eq!(records.rotate(&rotation).await.expect("works"), Rotated::Done);
    let snapshot = records
        .account_snapshot(owner.id())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(
        (snapshot.account.generation, snapshot.account.recovery_key),
        (2, rotation.recovery_key)
    );
    assert_eq!(
        (snapshot.account.record, snapshot.slots),
        (rotation.record, rotation.slots)
    );
    assert!(snapshot.objects.iter().all(|object| object.version == 2));
    let link = records.link(link, NOW).await.expect("works").expect("is there");
    assert_eq!(link.archive, sealed("another archive"));
    let sessions = records.sessions(owner.id(), NOW).await.expect("works");
    assert_eq!(
        sessions.iter().map(|session| session.id).collect::<Vec<_>>(),
        [rotation.session.id]
    );
}

async fn a_rotation_that_misses_a_change_changes_nothing(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let link = owner.link(file.node, None).await;
    let good = NewRotation {
        archives: vec![Archive {
            id: link,
            archive: sealed("x"),
        }],
        ..rotation(&owner)
    };
    let mut stale_object = good.clone();
    stale_object.objects[3].version = 3;
    let doubled = [good.archives.clone(), good.archives.clone()].concat();
    for bad in [
        NewRotation {
            archives: Vec::new(),
            ..good.clone()
        },
        NewRotation {
            archives: doubled,
            ..good.clone()
        },
        NewRotation {
            archives: vec![Archive {
                id: id(),
                archive: sealed("x"),
            }],
            ..good.clone()
        },
        NewRotation {
            generation: 3,
            ..good.clone()
        },
        stale_object,
    ] {
        assert_eq!(records.rotate(&bad).await.expect("works"), Rotated::Conflict);
    }
    let snapshot = records
        .account_snapshot(owner.id())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(
        (snapshot.account.generation, snapshot.slots),
        (1, owner.new.slots.clone())
    );
    assert_eq!(snapshot.objects, owner.new.objects);
    assert_eq!(records.rotate(&good).await.expect("works"), Rotated::Done);
}

async fn an_object_follows_the_version_before(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let put = |version| PutObject {
        kind: ObjectKind::State,
        version,
        sealed: sealed("another state"),
    };
    let outcome = async |version| {
        records
            .put_object(owner.id(), &put(version))
            .await
            .expect("works")
    };
    assert_eq!(outcome(3).await, ObjectPut::Conflict { version: 1 });
    assert_eq!(outcome(1).await, ObjectPut::Conflict { version: 1 });
    assert_eq!(outcome(2).await, ObjectPut::Done);
    assert_eq!(outcome(2).await, ObjectPut::Conflict { version: 2 });
    let object = records
        .object(owner.id(), ObjectKind::State)
        .await
        .expect("works")
        .expect("is there");
    assert_eq!((object.version, object.sealed), (2, sealed("another state")));
    assert_eq!(owner.feed().await, [ChangeKind::Account]);
    assert_eq!(
        records.put_object(id(), &put(1)).await.expect("works"),
        ObjectPut::Conflict { version: 0 }
    );
}

async fn the_feed_is_read_in_order_from_any_number(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    for version in 2..7 {
        let put = PutObject {
            kind: ObjectKind::State,
            version,
            sealed: sealed("state"),
        };
        records.put_object(owner.id(), &put).await.expect("works");
    }
    let read = records.changes(owner.id(), 1, 3).await.expect("works");
    assert_eq!(
        read.iter().map(|change| change.seq).collect::<Vec<_>>(),
        [2, 3, 4]
    );
    assert!(records.changes(owner.id(), 5, 3).await.expect("works").is_empty());
    assert!(records.changes(id(), 0, 3).await.expect("works").is_empty());
    let account = records
        .account(owner.id())
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(account.latest_change, 5);
}

async fn a_secret_is_decided_once(records: AnyRecords) {
    let name = new_account().name.to_string();
    assert_eq!(records.known_secret(&name).await.expect("works"), None);
    assert_eq!(
        records.secret(&name, &sealed("one")).await.expect("works"),
        sealed("one")
    );
    assert_eq!(
        records.secret(&name, &sealed("two")).await.expect("works"),
        sealed("one")
    );
    assert_eq!(
        records.known_secret(&name).await.expect("works"),
        Some(sealed("one"))
    );
}
