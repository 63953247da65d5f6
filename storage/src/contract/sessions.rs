//! What holds for sessions.

use postern_domain::store::NewSession;
use postern_protocol::changes::ChangeKind;

use super::world::{NEVER, NOW, Owner, digest, id, session};
use super::{AnyRecords, sentences};

sentences! { AnyRecords:
    a_token_finds_its_session_until_that_ends
    using_a_session_moves_its_end
    sessions_are_listed_by_their_last_use
    ending_a_session_makes_its_token_worthless
    nobody_ends_a_session_of_somebody_else
    a_session_needs_an_account
}

async fn a_token_finds_its_session_until_that_ends(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let new = NewSession {
        expires: NOW.plus_ms(10),
        ..session(owner.id())
    };
    records
        .create_session(&new)
        .await
        .expect("works")
        .expect("the account is there");
    let found = records
        .session_by_token(&new.token_hash, NOW.plus_ms(9))
        .await
        .expect("works");
    let found = found.expect("is there");
    assert_eq!(
        (found.id, found.account, found.scope),
        (new.id, owner.id(), new.scope)
    );
    assert_eq!(
        (found.device, found.created, found.fresh_until),
        (new.device, NOW, new.fresh_until)
    );
    assert_eq!(
        records
            .session_by_token(&new.token_hash, NOW.plus_ms(10))
            .await
            .expect("works"),
        None
    );
    assert_eq!(
        records.session_by_token(&digest(), NOW).await.expect("works"),
        None
    );
    assert_eq!(owner.feed().await, [ChangeKind::Sessions]);
}

async fn using_a_session_moves_its_end(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let new = NewSession {
        expires: NOW.plus_ms(10),
        ..session(owner.id())
    };
    records
        .create_session(&new)
        .await
        .expect("works")
        .expect("the account is there");
    let touch = async |at: i64, expires| {
        records
            .touch_session(owner.id(), new.id, NOW.plus_ms(at), expires)
            .await
            .expect("works");
    };
    touch(5, NOW.plus_ms(20)).await;
    let found = records
        .session_by_token(&new.token_hash, NOW.plus_ms(15))
        .await
        .expect("works");
    assert_eq!(
        found.map(|found| (found.last_used, found.expires)),
        Some((NOW.plus_ms(5), NOW.plus_ms(20)))
    );
    touch(20, NEVER).await;
    assert_eq!(
        records
            .session_by_token(&new.token_hash, NOW.plus_ms(20))
            .await
            .expect("works"),
        None
    );
}

async fn sessions_are_listed_by_their_last_use(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let (one, two) = (session(owner.id()), session(owner.id()));
    for (new, used) in [(&one, 2), (&two, 1)] {
        records
            .create_session(new)
            .await
            .expect("works")
            .expect("the account is there");
        records
            .touch_session(owner.id(), new.id, NOW.plus_ms(used), NEVER)
            .await
            .expect("works");
    }
    let listed = records.sessions(owner.id(), NOW).await.expect("works");
    let listed: Vec<_> = listed.into_iter().map(|session| session.id).collect();
    assert_eq!(listed, [one.id, two.id, owner.new.session.id]);
    assert!(
        records
            .sessions(owner.id(), NEVER)
            .await
            .expect("works")
            .is_empty()
    );
}

async fn ending_a_session_makes_its_token_worthless(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let new = &owner.new.session;
    assert_eq!(
        records.end_session(owner.id(), new.id).await.expect("works"),
        Some(())
    );
    assert_eq!(
        records
            .session_by_token(&new.token_hash, NOW)
            .await
            .expect("works"),
        None
    );
    assert_eq!(
        records.end_session(owner.id(), new.id).await.expect("works"),
        None
    );
    records
        .touch_session(owner.id(), new.id, NOW, NEVER)
        .await
        .expect("is harmless");
    assert_eq!(
        records
            .session_by_token(&new.token_hash, NOW)
            .await
            .expect("works"),
        None
    );
    assert_eq!(owner.feed().await, [ChangeKind::Sessions]);
}

async fn nobody_ends_a_session_of_somebody_else(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    assert_eq!(
        records
            .end_session(other.id(), owner.new.session.id)
            .await
            .expect("works"),
        None
    );
    let found = records
        .session_by_token(&owner.new.session.token_hash, NOW)
        .await
        .expect("works");
    assert!(found.is_some());
}

async fn a_session_needs_an_account(records: AnyRecords) {
    let new = session(id());
    assert_eq!(records.create_session(&new).await.expect("works"), None);
    assert_eq!(
        records
            .session_by_token(&new.token_hash, NOW)
            .await
            .expect("works"),
        None
    );
}
