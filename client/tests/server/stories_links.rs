//! What people do with links when nobody lies.

use futures::join;
use postern_client::drive::NewFile;
use postern_client::links::{LinkAddress, OpenedLink, ShareTerms};
use postern_client::protocol::volume::NodeKind;
use postern_client::protocol::{NodeId, TimeMs};
use postern_client::{Drive, Error};

use crate::world::{Phone, Server, chosen, get_from_link, noise, put, sent};

cases!(
    a_link_opens_without_an_account_and_counts_downloads,
    a_link_to_a_folder_shows_what_is_in_it_now,
    two_downloads_at_once_from_a_link_with_one_left_share_it,
    a_link_leads_to_the_new_content_when_its_file_is_replaced,
    what_a_link_says_of_a_file_is_what_was_shared,
    a_file_is_fetched_once_under_a_lease,
    what_is_fetched_of_a_folder_is_one_download,
);

async fn share(drive: &Drive, node: NodeId, terms: &ShareTerms) -> LinkAddress {
    let share = drive.share(node, terms).await.expect("shared");
    LinkAddress::parse(&share.url("http://127.0.0.1")).expect("a link")
}

async fn open(phone: &Phone, address: &LinkAddress) -> OpenedLink {
    let opened = OpenedLink::open(phone.around.clone(), address, None).await;
    opened.expect("it opens")
}

fn limited_to(downloads: u32) -> ShareTerms {
    ShareTerms {
        max_downloads: Some(downloads),
        ..ShareTerms::default()
    }
}

async fn a_link_opens_without_an_account_and_counts_downloads() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let bytes = noise(9_000_000);
    let file = put(&drive, drive.account().root(), "film", &bytes)
        .await
        .expect("put");
    let password = Some(chosen("swordfish"));
    let terms = ShareTerms {
        password,
        ..limited_to(1)
    };
    let address = share(&drive, file, &terms).await;

    let bob = server.phone();
    assert!(address.needs_password());
    let open = |password: &'static str| OpenedLink::open(bob.around.clone(), &address, Some(password));
    assert!(matches!(open("herring").await, Err(Error::LinkRefused)));
    let opened = open("swordfish").await.expect("it opens");
    assert_eq!(
        (opened.entry().name.as_str(), opened.downloads_left()),
        ("film", Some(1))
    );
    let saved = get_from_link(&opened, None).await.expect("downloaded");
    assert!(saved == bytes);
    assert!(matches!(open("swordfish").await, Err(Error::LinkUsedUp)));
    assert_eq!(drive.shares().await.expect("listed")[0].downloads, 1);
}

async fn a_link_to_a_folder_shows_what_is_in_it_now() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let album = drive
        .make_folder(drive.account().root(), "album")
        .await
        .expect("made");
    let inner = drive.make_folder(album, "inner").await.expect("made");
    let address = share(&drive, album, &ShareTerms::default()).await;
    put(&drive, inner, "one", b"1").await.expect("put");
    let opened = open(&server.phone(), &address).await;
    let node = opened.resolve("inner/one").await.expect("it is there");
    assert_eq!(get_from_link(&opened, Some(node)).await, Ok(b"1".to_vec()));
    drive.unshare(address.id()).await.expect("taken back");
    let opened = OpenedLink::open(server.phone().around, &address, None).await;
    assert!(matches!(opened, Err(Error::LinkRevoked | Error::LinkRefused)));
}

async fn two_downloads_at_once_from_a_link_with_one_left_share_it() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let root = drive.account().root();
    let album = drive.make_folder(root, "album").await.expect("made");
    for name in ["one", "two"] {
        put(&drive, album, name, name.as_bytes()).await.expect("put");
    }
    let address = share(&drive, album, &limited_to(1)).await;
    let bob = server.phone();
    // Two tabs, as it were: they have nothing in common but the device.
    let (here, there) = (open(&bob, &address).await, open(&bob, &address).await);
    let one = here.resolve("one").await.expect("it is there");
    let two = there.resolve("two").await.expect("it is there");
    let saved = join!(get_from_link(&here, Some(one)), get_from_link(&there, Some(two)));
    assert_eq!(saved, (Ok(b"one".to_vec()), Ok(b"two".to_vec())));
    assert_eq!(drive.shares().await.expect("listed")[0].downloads, 1);
}

async fn a_link_leads_to_the_new_content_when_its_file_is_replaced() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let root = drive.account().root();
    let file = put(&drive, root, "letter", b"first").await.expect("put");
    let address = share(&drive, file, &ShareTerms::default()).await;
    assert_eq!(put(&drive, root, "letter", b"second").await, Ok(file));
    let opened = open(&server.phone(), &address).await;
    assert_eq!(get_from_link(&opened, None).await, Ok(b"second".to_vec()));
}

async fn what_a_link_says_of_a_file_is_what_was_shared() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let picture = NewFile {
        modified: TimeMs(7),
        media_type: "image/png".to_owned(),
        ..sent(&drive, drive.account().root(), "dot.png", b"twelve bytes")
            .await
            .expect("sent")
    };
    let picture = drive.attach(&[picture]).await.expect("attached")[0];
    let terms = ShareTerms {
        expires: Some(TimeMs(phone.around.clock.now().0 + 1_000_000)),
        ..limited_to(3)
    };
    let address = share(&drive, picture, &terms).await;
    assert!(!address.needs_password());
    let opened = open(&server.phone(), &address).await;
    assert_eq!(
        (opened.expires(), opened.downloads_left()),
        (terms.expires, Some(3))
    );
    let entry = opened.entry();
    assert_eq!((entry.id, entry.kind), (picture, NodeKind::File));
    assert_eq!((entry.modified, entry.size_bytes), (TimeMs(7), 12));
    assert_eq!((&*entry.name, &*entry.media_type), ("dot.png", "image/png"));
}

async fn a_file_is_fetched_once_under_a_lease() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let file = put(&drive, drive.account().root(), "letter", b"words").await;
    let address = share(&drive, file.expect("put"), &limited_to(2)).await;
    let opened = open(&server.phone(), &address).await;
    for downloads in [1, 2] {
        assert_eq!(get_from_link(&opened, None).await, Ok(b"words".to_vec()));
        assert_eq!(drive.shares().await.expect("listed")[0].downloads, downloads);
    }
    assert_eq!(get_from_link(&opened, None).await, Err(Error::LinkUsedUp));
}

async fn what_is_fetched_of_a_folder_is_one_download() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let root = drive.account().root();
    let album = drive.make_folder(root, "album").await.expect("made");
    for name in ["one", "two", "three"] {
        put(&drive, album, name, name.as_bytes()).await.expect("put");
    }
    let address = share(&drive, album, &limited_to(1)).await;
    let opened = open(&server.phone(), &address).await;
    let entry = opened.entry();
    assert_eq!((&*entry.name, entry.kind), ("album", NodeKind::Folder));

    let [one, two, three] = ["one", "two", "three"].map(|name| opened.resolve(name));
    let [one, two, three] = [one.await, two.await, three.await].map(|node| node.expect("it is there"));
    assert_eq!(get_from_link(&opened, Some(one)).await, Ok(b"one".to_vec()));
    let together = opened.read_small(&[two, three]).await.expect("read");
    assert_eq!(together, [Ok(b"two".to_vec()), Ok(b"three".to_vec())]);
    assert_eq!(get_from_link(&opened, Some(two)).await, Ok(b"two".to_vec()));
    assert_eq!(drive.shares().await.expect("listed")[0].downloads, 1);
}
