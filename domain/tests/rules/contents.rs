use postern_domain::Error;
use postern_domain::store::BodyError;
use postern_domain::uploads::Announced;
use postern_protocol::ContentId;
use postern_protocol::parts::{MAX_CONTENT_BYTES, SEGMENT_BYTES};
use postern_protocol::upload::{UploadComplete, UploadStart};

use crate::world::{QUOTA_BYTES, World, body, pieces, read_all, refusal};

#[tokio::test]
async fn a_small_content_goes_in_one_request_and_comes_back_in_any_range() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let (id, bytes): (ContentId, Vec<u8>) = (
        alice.id(),
        (0..5_000).map(|at: u32| at.to_le_bytes()[0]).collect(),
    );
    let kept = user
        .upload(id)
        .put_whole(body(&bytes), world.now)
        .await
        .expect("there is room");
    assert_eq!(kept.size_bytes, 5_000);
    let content = user.content(id).await.expect("it is there");
    for range in [0..5_000, 0..1, 4_999..5_000, 17..4_018] {
        let reading = content.read(range.clone()).await.expect("within the content");
        assert!(reading.delivery.is_none(), "an owner's reading is not counted");
        let wanted = usize::try_from(range.start).expect("small")..usize::try_from(range.end).expect("small");
        assert_eq!(read_all(reading.pieces).await, bytes[wanted]);
    }
    for range in [0..0, 5_000..5_001, 0..5_001] {
        let refused = content.read(range).await.map(|_| ());
        assert!(matches!(
            refusal(refused),
            Error::RangeOutside { size_bytes: 5_000 }
        ));
    }
}

#[tokio::test]
async fn repeating_a_request_changes_nothing() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let id: ContentId = alice.id();
    for _ in 0..2 {
        user.upload(id)
            .put_whole(body(&[1; 300]), world.now)
            .await
            .expect("the same again");
    }
    assert_eq!(
        user.session().account_body().await.expect("there").used_bytes,
        300
    );
    let other = user.upload(id).put_whole(body(&[1; 301]), world.now).await;
    assert!(matches!(refusal(other), Error::Conflict { .. }));
}

#[tokio::test]
async fn bytes_that_are_not_those_announced_are_not_kept() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let id: ContentId = alice.id();
    let announced = Announced {
        checksum: [7; 32],
        ..body(&[1; 300])
    };
    let refused = user.upload(id).put_whole(announced, world.now).await;
    assert!(matches!(refusal(refused), Error::Body(BodyError::WrongChecksum)));
    for size_bytes in [299, 301] {
        let announced = Announced {
            size_bytes,
            ..body(&[1; 300])
        };
        let refused = user.upload(id).put_whole(announced, world.now).await;
        assert!(matches!(refusal(refused), Error::Body(BodyError::WrongLength)));
    }
    let cut = Announced {
        pieces: pieces(vec![Err(BodyError::Interrupted)]),
        ..body(&[1; 300])
    };
    let refused = user.upload(id).put_whole(cut, world.now).await;
    assert!(matches!(refusal(refused), Error::Body(BodyError::Interrupted)));
    assert!(matches!(refusal(user.content(id).await), Error::NotFound(_)));
    assert_eq!(user.session().account_body().await.expect("there").used_bytes, 0);
}

#[tokio::test]
async fn parts_come_in_any_order_and_are_listed_to_who_resumes() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let id: ContentId = alice.id();
    user.start_upload(
        &UploadStart {
            content: id,
            size_bytes: None,
        },
        world.now,
    )
    .await
    .expect("it begins");
    let upload = user.upload(id);
    let last = vec![2; 1_000];
    upload
        .put_part(1, body(&last))
        .await
        .expect("the last part may come first");
    let listed = user
        .start_upload(
            &UploadStart {
                content: id,
                size_bytes: None,
            },
            world.now,
        )
        .await;
    let listed = listed.expect("it goes on");
    assert_eq!(
        listed
            .parts
            .iter()
            .map(|part| (part.part, part.size_bytes))
            .collect::<Vec<_>>(),
        [(1, 1_000)]
    );
    upload.put_part(1, body(&last)).await.expect("the same again");
    let other = upload.put_part(1, body(&[3; 1_000])).await;
    assert!(matches!(refusal(other), Error::Conflict { .. }));

    let whole = UploadComplete {
        size_bytes: SEGMENT_BYTES + 80 + 1_000,
    };
    assert!(matches!(
        refusal(upload.complete(&whole, world.now).await),
        Error::PartsMissing(_)
    ));
    upload.abort(world.now).await.expect("it is there");
    assert!(matches!(refusal(upload.body().await), Error::NotFound(_)));
    assert!(matches!(
        refusal(upload.put_part(0, body(&last)).await),
        Error::NotFound(_)
    ));
}

#[tokio::test]
async fn an_upload_of_one_part_becomes_a_content_once() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let id: ContentId = alice.id();
    user.start_upload(
        &UploadStart {
            content: id,
            size_bytes: Some(500),
        },
        world.now,
    )
    .await
    .expect("begins");
    let upload = user.upload(id);
    upload.put_part(0, body(&[5; 500])).await.expect("there is room");
    let wrong = upload
        .complete(&UploadComplete { size_bytes: 499 }, world.now)
        .await;
    assert!(matches!(refusal(wrong), Error::PartsMissing(_)));
    for _ in 0..2 {
        let kept = upload
            .complete(&UploadComplete { size_bytes: 500 }, world.now)
            .await;
        assert_eq!(kept.expect("all is there").size_bytes, 500);
    }
    assert!(
        user.start_upload(
            &UploadStart {
                content: id,
                size_bytes: None
            },
            world.now
        )
        .await
        .expect("done")
        .completed
    );
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_it_is_sent() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let mut start = |size_bytes| UploadStart {
        content: alice.id(),
        size_bytes: Some(size_bytes),
    };
    let refused = user.start_upload(&start(QUOTA_BYTES + 1), world.now).await;
    assert!(matches!(refusal(refused), Error::QuotaExceeded));
    let refused = user.start_upload(&start(MAX_CONTENT_BYTES + 1), world.now).await;
    assert!(matches!(refusal(refused), Error::TooLarge(_)));
    let refused = user.start_upload(&start(95), world.now).await;
    assert!(matches!(refusal(refused), Error::Malformed(_)));
    user.start_upload(&start(QUOTA_BYTES), world.now)
        .await
        .expect("it just fits");
}

#[tokio::test]
async fn the_quota_holds_for_every_way_in() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let half = vec![0; usize::try_from(QUOTA_BYTES / 2 + 1).expect("small")];
    user.upload(alice.id())
        .put_whole(body(&half), world.now)
        .await
        .expect("the first fits");
    let refused = user.upload(alice.id()).put_whole(body(&half), world.now).await;
    assert!(matches!(refusal(refused), Error::QuotaExceeded));
    let id: ContentId = alice.id();
    user.start_upload(
        &UploadStart {
            content: id,
            size_bytes: None,
        },
        world.now,
    )
    .await
    .expect("it begins");
    let refused = user.upload(id).put_part(0, body(&half)).await;
    assert!(matches!(refusal(refused), Error::QuotaExceeded));
}

#[tokio::test]
async fn nobody_reaches_a_content_of_somebody_else() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let (_, mallory) = world.account("mallory").await;
    let id: ContentId = alice.id();
    user.upload(id)
        .put_whole(body(&[1; 300]), world.now)
        .await
        .expect("there is room");
    assert!(matches!(refusal(mallory.content(id).await), Error::NotFound(_)));
    assert!(matches!(
        refusal(mallory.upload(id).abort(world.now).await),
        Error::NotFound(_)
    ));
    mallory
        .upload(id)
        .put_whole(body(&[2; 400]), world.now)
        .await
        .expect("an id of its own");
    let reading = user
        .content(id)
        .await
        .expect("there")
        .read(0..300)
        .await
        .expect("within");
    assert_eq!(
        read_all(reading.pieces).await,
        [1; 300],
        "untouched by the other's content of that id"
    );
}

#[tokio::test]
async fn a_part_that_no_stream_has_is_refused() {
    let world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let id: ContentId = alice.id();
    user.start_upload(
        &UploadStart {
            content: id,
            size_bytes: None,
        },
        world.now,
    )
    .await
    .expect("it begins");
    let upload = user.upload(id);
    assert!(matches!(
        refusal(upload.put_part(10_000, body(&[1; 100])).await),
        Error::Malformed(_)
    ));
    assert!(matches!(
        refusal(upload.put_part(0, body(&[])).await),
        Error::Malformed(_)
    ));
    let huge = Announced {
        size_bytes: SEGMENT_BYTES + 81,
        ..body(&[1; 100])
    };
    assert!(matches!(
        refusal(upload.put_part(0, huge).await),
        Error::TooLarge(_)
    ));
}
