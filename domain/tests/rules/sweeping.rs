use postern_domain::Error;
use postern_domain::sweeper::{Grace, Pass};
use postern_protocol::ContentId;
use postern_protocol::time::{DAY_MS, HOUR_MS};
use postern_protocol::upload::UploadStart;

use crate::world::{World, body, refusal};

/// A sweep now, with nobody's settings.
async fn sweep(world: &World) -> Pass {
    let swept = world.postern.sweep(&Grace::default(), world.now).await;
    swept.expect("memory is always there")
}

#[tokio::test]
async fn an_upload_that_nobody_goes_on_with_is_swept_and_its_space_is_free_again() {
    let mut world = World::new().await;
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
    user.upload(id)
        .put_part(0, body(&[1; 300]))
        .await
        .expect("there is room");
    world.wait(Grace::default().upload_ms);
    assert_eq!(sweep(&world).await.uploads, 0);
    world.wait(HOUR_MS);
    assert_eq!(sweep(&world).await.uploads, 1);
    assert!(matches!(
        refusal(user.upload(id).body().await),
        Error::NotFound(_)
    ));
    assert_eq!(user.session().account_body().await.expect("there").used_bytes, 0);
    let again = user
        .start_upload(
            &UploadStart {
                content: id,
                size_bytes: None,
            },
            world.now,
        )
        .await;
    assert!(
        matches!(refusal(again), Error::Conflict { .. }),
        "its id is not used again"
    );
}

#[tokio::test]
async fn a_content_that_no_record_names_is_swept_and_one_that_has_a_record_is_not() {
    let mut world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let kept = world
        .file(&mut alice, &user, &[1; 300])
        .await
        .content
        .expect("a file has one");
    let lost: ContentId = alice.id();
    user.upload(lost)
        .put_whole(body(&[2; 300]), world.now)
        .await
        .expect("there is room");
    world.wait(Grace::default().unattached_ms + HOUR_MS);
    assert_eq!(sweep(&world).await.contents, 1);
    world.wait(2 * HOUR_MS);
    assert_eq!(sweep(&world).await.blobs, 1);
    assert!(user.content(kept).await.is_ok());
    assert!(matches!(refusal(user.content(lost).await), Error::NotFound(_)));
}

#[tokio::test]
async fn a_file_that_is_deleted_leaves_nothing_behind() {
    let mut world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    let file = world.file(&mut alice, &user, &[1; 300]).await;
    let batch = alice.batch(vec![], vec![file.node]);
    user.volume(alice.volume)
        .await
        .expect("there")
        .apply(batch, world.now)
        .await
        .expect("it follows");
    assert_eq!(user.session().account_body().await.expect("there").used_bytes, 0);
    assert_eq!(sweep(&world).await.blobs, 0, "downloads may be under way");
    world.wait(2 * HOUR_MS);
    assert_eq!(sweep(&world).await.blobs, 1);
}

#[tokio::test]
async fn sweeping_twice_is_sweeping_once() {
    let mut world = World::new().await;
    let (mut alice, user) = world.account("alice").await;
    user.upload(alice.id())
        .put_whole(body(&[2; 300]), world.now)
        .await
        .expect("there is room");
    world.wait(3 * DAY_MS);
    sweep(&world).await;
    world.wait(DAY_MS);
    sweep(&world).await;
    let again = sweep(&world).await;
    assert_eq!((again.contents, again.blobs), (0, 0));
    world
        .postern
        .find_lost_blobs(&Grace::default(), world.now)
        .await
        .expect("memory is always there");
}
