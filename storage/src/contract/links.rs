//! What holds for links and leases.

use postern_domain::store::{Leased, LinkMade, LinkTarget, NewLease, NewLink};
use postern_protocol::changes::ChangeKind;
use postern_protocol::volume::NodeKind;
use postern_protocol::{ContentId, NodeId};

use super::world::{NOW, Owner, digest, id, new_lease, sealed};
use super::{AnyRecords, sentences};

sentences! { AnyRecords:
    a_link_is_read_as_it_was_made
    making_a_link_may_be_repeated
    a_link_needs_a_node_of_ones_own
    a_link_may_lead_to_the_root
    links_are_listed_newest_first_and_limited
    a_revoked_link_is_forgotten_but_for_its_being_revoked
    a_lease_reserves_a_download_and_frees_it_when_it_ends
    a_delivered_download_is_counted_once
    a_lease_says_why_there_is_none
    a_lease_is_found_by_its_token_until_it_ends
    what_lies_below_a_folder_is_read_in_pages
    a_content_is_below_the_folders_that_hold_it_and_no_others
}

async fn a_link_is_read_as_it_was_made(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let new = NewLink {
        expires: Some(NOW.plus_ms(5)),
        ..owner.new_link(file.node, Some(3))
    };
    assert_eq!(
        records.create_link(&new, 10).await.expect("works"),
        LinkMade::Done
    );
    let row = records.link(new.id, NOW).await.expect("works").expect("is there");
    assert_eq!(
        (row.id, row.account, row.volume, row.node),
        (new.id, owner.id(), owner.volume(), file.node)
    );
    assert_eq!(
        row.target,
        Some(LinkTarget {
            kind: NodeKind::File,
            content: file.content
        })
    );
    assert_eq!(
        (row.proof_hash, row.wrap, row.archive),
        (new.proof_hash, new.wrap, new.archive)
    );
    assert_eq!(
        (row.created, row.expires, row.max_downloads),
        (NOW, new.expires, Some(3))
    );
    assert_eq!((row.downloads, row.reserved, row.revoked), (0, 0, None));
    assert_eq!(
        owner.feed().await.last(),
        Some(&ChangeKind::Link { link: new.id })
    );
    assert_eq!(records.link(id(), NOW).await.expect("works"), None);
}

async fn making_a_link_may_be_repeated(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let new = owner.new_link(file.node, None);
    let make = async |link: &NewLink| records.create_link(link, 1).await.expect("works");
    assert_eq!(make(&new).await, LinkMade::Done);
    assert_eq!(make(&new).await, LinkMade::Done);
    assert_eq!(
        make(&NewLink {
            proof_hash: digest(),
            ..new.clone()
        })
        .await,
        LinkMade::IdTaken
    );
    records
        .revoke_link(owner.id(), new.id, NOW)
        .await
        .expect("works")
        .expect("was there");
    assert_eq!(make(&new).await, LinkMade::IdTaken);
}

async fn a_link_needs_a_node_of_ones_own(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let file = owner.put_file(owner.root).await;
    let foreign = NewLink {
        volume: owner.volume(),
        ..other.new_link(file.node, None)
    };
    for link in [
        foreign,
        owner.new_link(id(), None),
        other.new_link(other.root, None),
    ] {
        assert_eq!(
            records.create_link(&link, 10).await.expect("works"),
            LinkMade::NoSuchNode
        );
        assert_eq!(records.link(link.id, NOW).await.expect("works"), None);
    }
}

async fn a_link_may_lead_to_the_root(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    owner.put_file(owner.root).await;
    let link = owner.link(owner.root, None).await;
    let row = records.link(link, NOW).await.expect("works").expect("is there");
    assert_eq!(
        row.target,
        Some(LinkTarget {
            kind: NodeKind::Folder,
            content: None
        })
    );
}

async fn links_are_listed_newest_first_and_limited(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let link = |at| NewLink {
        created: NOW.plus_ms(at),
        ..owner.new_link(file.node, None)
    };
    let (old, new, refused) = (link(0), link(1), link(2));
    for link in [&old, &new] {
        assert_eq!(records.create_link(link, 2).await.expect("works"), LinkMade::Done);
    }
    assert_eq!(
        records.create_link(&refused, 2).await.expect("works"),
        LinkMade::TooMany
    );
    let listed = records.links(owner.id(), NOW).await.expect("works");
    assert_eq!(
        listed.iter().map(|link| link.id).collect::<Vec<_>>(),
        [new.id, old.id]
    );
    records
        .revoke_link(owner.id(), old.id, NOW)
        .await
        .expect("works")
        .expect("was there");
    assert_eq!(
        records.create_link(&refused, 2).await.expect("works"),
        LinkMade::Done
    );
}

async fn a_revoked_link_is_forgotten_but_for_its_being_revoked(records: AnyRecords) {
    let (owner, other) = (Owner::sign_up(&records).await, Owner::sign_up(&records).await);
    let file = owner.put_file(owner.root).await;
    let link = owner.link(file.node, None).await;
    assert_eq!(
        records.revoke_link(other.id(), link, NOW).await.expect("works"),
        None
    );
    for _ in 0..2 {
        let revoked = records.revoke_link(owner.id(), link, NOW).await;
        assert_eq!(revoked.expect("works"), Some(()));
        assert_eq!(
            owner.feed().await.last(),
            Some(&ChangeKind::Link { link }),
            "told once"
        );
    }
    let row = records
        .link(link, NOW)
        .await
        .expect("works")
        .expect("its row stays");
    assert_eq!(
        (row.revoked, row.wrap.len(), row.archive.len()),
        (Some(NOW), 0, 0)
    );
    assert!(records.links(owner.id(), NOW).await.expect("works").is_empty());
    assert_eq!(owner.feed().await.last(), Some(&ChangeKind::Link { link }));
}

async fn a_lease_reserves_a_download_and_frees_it_when_it_ends(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let link = owner.link(file.node, Some(1)).await;
    let take = async |at: i64| {
        let lease = NewLease {
            now: NOW.plus_ms(at),
            expires: NOW.plus_ms(at + 10),
            ..new_lease(link)
        };
        records.take_lease(&lease).await.expect("works")
    };
    let reserved = async |at| {
        let row = records
            .link(link, NOW.plus_ms(at))
            .await
            .expect("works")
            .expect("is there");
        row.reserved
    };
    assert_eq!((take(0).await, reserved(9).await), (Leased::Done, 1));
    assert_eq!((take(9).await, reserved(10).await), (Leased::UsedUp, 0));
    assert_eq!((take(10).await, reserved(11).await), (Leased::Done, 1));
}

async fn a_delivered_download_is_counted_once(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let link = owner.link(file.node, Some(2)).await;
    let lease = new_lease(link);
    assert_eq!(records.take_lease(&lease).await.expect("works"), Leased::Done);
    let before = owner.feed().await.len();
    for _ in 0..3 {
        records.note_delivered(lease.id).await.expect("works");
    }
    let row = records.link(link, NOW).await.expect("works").expect("is there");
    assert_eq!((row.downloads, row.reserved), (1, 0));
    assert_eq!(owner.feed().await[before..], [ChangeKind::Link { link }]);
    let found = records
        .lease_by_token(&lease.token_hash, NOW)
        .await
        .expect("works");
    assert!(found.expect("it may be read again").counted);
    let late = new_lease(link);
    assert_eq!(records.take_lease(&late).await.expect("works"), Leased::Done);
    records.note_delivered(late.id).await.expect("works");
    assert_eq!(
        records.take_lease(&new_lease(link)).await.expect("works"),
        Leased::UsedUp
    );
    records.note_delivered(id()).await.expect("is harmless");
}

async fn a_lease_says_why_there_is_none(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let new = NewLink {
        expires: Some(NOW),
        ..owner.new_link(file.node, Some(0))
    };
    records.create_link(&new, 10).await.expect("works");
    let used_up = owner.link(file.node, Some(0)).await;
    let take = async |link| records.take_lease(&new_lease(link)).await.expect("works");
    assert_eq!(take(new.id).await, Leased::Expired);
    assert_eq!(take(used_up).await, Leased::UsedUp);
    assert_eq!(take(id()).await, Leased::NoLink);
    records
        .revoke_link(owner.id(), new.id, NOW)
        .await
        .expect("works")
        .expect("was there");
    assert_eq!(take(new.id).await, Leased::Revoked);
}

async fn a_lease_is_found_by_its_token_until_it_ends(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let file = owner.put_file(owner.root).await;
    let lease = new_lease(owner.link(file.node, None).await);
    records.take_lease(&lease).await.expect("works");
    let found = records
        .lease_by_token(&lease.token_hash, NOW)
        .await
        .expect("works")
        .expect("is there");
    assert_eq!(
        (found.id, found.link, found.expires),
        (lease.id, lease.link, lease.expires)
    );
    assert!(!found.counted);
    assert_eq!(
        records
            .lease_by_token(&lease.token_hash, lease.expires)
            .await
            .expect("works"),
        None
    );
    assert_eq!(records.lease_by_token(&digest(), NOW).await.expect("works"), None);
}

async fn what_lies_below_a_folder_is_read_in_pages(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let shared = owner.put_folder(owner.root).await;
    owner.put_file(owner.root).await;
    let (mut parent, mut below) = (shared.node, Vec::new());
    for _ in 0..4 {
        below.push(owner.put_file(parent).await);
        below.push(owner.put_folder(parent).await);
        parent = below[below.len() - 1].node;
    }
    let gone = owner.put_folder(parent).await;
    owner.change(Vec::new(), vec![gone.node]).await;
    below.sort_by_key(|record| record.node);
    let (mut read, mut after): (Vec<_>, Option<NodeId>) = (Vec::new(), None);
    loop {
        let page = records
            .records_below(owner.volume(), shared.node, after, 3)
            .await
            .expect("works");
        after = page.records.last().map(|record| record.node);
        read.extend(page.records);
        if !page.more {
            break;
        }
    }
    assert_eq!(read, below);
    let all = records
        .records_below(owner.volume(), owner.root, None, 100)
        .await
        .expect("works");
    assert_eq!(all.records.len(), 10);
    let none = records
        .records_below(id(), shared.node, None, 100)
        .await
        .expect("works");
    assert!(none.records.is_empty() && !none.more);
}

async fn a_content_is_below_the_folders_that_hold_it_and_no_others(records: AnyRecords) {
    let owner = Owner::sign_up(&records).await;
    let (shared, beside) = (
        owner.put_folder(owner.root).await,
        owner.put_folder(owner.root).await,
    );
    let inner = owner.put_folder(shared.node).await;
    let file = owner.put_file(inner.node).await;
    let content = file.content.expect("a file has a content");
    let are_below = async |volume, node, contents: &[ContentId]| {
        records
            .are_contents_below(volume, node, contents)
            .await
            .expect("works")
    };
    let is_below = async |node| are_below(owner.volume(), node, &[content]).await;
    for above in [file.node, inner.node, shared.node, owner.root] {
        assert!(is_below(above).await);
    }
    assert!(!is_below(beside.node).await);
    assert!(!are_below(owner.volume(), shared.node, &[id()]).await);
    assert!(!are_below(id(), shared.node, &[content]).await);
    let second = owner.put_file(shared.node).await.content.expect("a file has one");
    let outside = owner.put_file(beside.node).await.content.expect("a file has one");
    assert!(are_below(owner.volume(), shared.node, &[content, second]).await);
    assert!(!are_below(owner.volume(), shared.node, &[content, outside]).await);
    assert!(!are_below(owner.volume(), shared.node, &[outside, second]).await);
    assert!(are_below(owner.volume(), owner.root, &[content, second, outside]).await);
    owner.change(Vec::new(), vec![file.node]).await;
    assert!(!is_below(shared.node).await);
    assert_eq!(sealed("").len(), 0);
}
