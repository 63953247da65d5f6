use postern_domain::device::Device;
use postern_protocol::changes::{ChangeKind, Changes};
use postern_protocol::error::ErrorCode;
use postern_protocol::volume::{BatchApplied, VolumeChange, VolumePage};
use postern_protocol::{ContentId, VolumeId};

use crate::server::Server;

#[actix_web::test]
async fn a_volume_is_changed_and_read_in_pages() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let path = format!("/volumes/{}", alice.device.volume);
        let folders: Vec<_> = (0..5).map(|_| alice.device.folder(alice.device.root)).collect();
        let batch = alice.device.batch(folders, vec![]);
        let applied: BatchApplied = server
            .post(&format!("{path}/batches"), &alice, &batch)
            .await
            .json();
        assert_eq!(applied.counter, 1);

        let (mut query, mut read) = ("limit=2".to_owned(), 0);
        loop {
            let page: VolumePage = server
                .get(&format!("{path}/changes?{query}"), &alice)
                .await
                .json();
            read += page.changes.len();
            assert!(
                page.changes
                    .iter()
                    .all(|change| matches!(change, VolumeChange::Put { counter: 1, .. }))
            );
            if page.head.is_some() {
                break;
            }
            let node = page
                .next
                .node
                .expect("a page that is not the last one ends at a node");
            query = format!("limit=2&counter={}&node={node}", page.next.counter);
        }
        assert_eq!(read, 5);
        let feed: Changes = server.get("/changes?since=0&limit=10", &alice).await.json();
        let volume = alice.device.volume;
        assert_eq!(
            feed.changes.last().expect("one").kind,
            ChangeKind::Volume { volume, counter: 1 }
        );
        assert!(!feed.more);
    }
}

#[actix_web::test]
async fn a_conflict_tells_the_present_counter() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let path = format!("/volumes/{}/batches", alice.device.volume);
        let late = Device::new("alice").batch(vec![alice.device.folder(alice.device.root)], vec![]);
        for _ in 0..2 {
            let folder = alice.device.folder(alice.device.root);
            let batch = alice.device.batch(vec![folder], vec![]);
            server.post(&path, &alice, &batch).await.json::<BatchApplied>();
        }
        let refused = server.post(&path, &alice, &late).await;
        refused.refused(409, ErrorCode::Conflict);
        assert_eq!(refused.error().present, Some(2));
    }
}

#[actix_web::test]
async fn a_rule_of_the_tree_that_would_be_broken_is_said() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let path = format!("/volumes/{}/batches", alice.device.volume);
        let file = alice.device.file(alice.device.root, ContentId([9; 16]));
        let batch = alice.device.batch(vec![file], vec![]);
        server
            .post(&path, &alice, &batch)
            .await
            .refused(422, ErrorCode::Unprocessable);
    }
}

#[actix_web::test]
async fn a_volume_of_somebody_else_is_not_there() {
    for server in Server::both().await {
        let mut alice = server.user("alice").await;
        let mallory = server.user("mallory").await;
        let batch = alice.device.batch(vec![], vec![]);
        for volume in [alice.device.volume, VolumeId([9; 16])] {
            let changes = server.get(&format!("/volumes/{volume}/changes"), &mallory).await;
            changes.refused(404, ErrorCode::NotFound);
            let put = server
                .post(&format!("/volumes/{volume}/batches"), &mallory, &batch)
                .await;
            put.refused(404, ErrorCode::NotFound);
        }
    }
}
