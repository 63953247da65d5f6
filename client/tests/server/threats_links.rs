//! Servers that lie to whoever opens a link, and links that are opened by nobody. Rows C1, C2, E1, E3, E6.

use postern_client::links::{LinkAddress, OpenedLink, ShareTerms};
use postern_client::transfer::Checkpoint;
use postern_client::{Drive, Error};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::world::{Buffer, Server, put};

cases!(
    c2_what_a_link_grants_cannot_be_exchanged,
    c1_records_of_a_shared_folder_cannot_be_exchanged,
    e3_looking_at_a_link_counts_nothing,
    e6_a_link_with_a_password_asks_nothing_before_the_password,
    e1_neither_secret_nor_name_is_in_anything_that_is_sent,
);

async fn album(server: &Server) -> (Drive, LinkAddress) {
    let (_, drive) = server.sign_up("alice").await;
    let album = drive
        .make_folder(drive.account().root(), "album")
        .await
        .expect("made");
    for name in ["one", "two"] {
        put(&drive, album, name, name.as_bytes()).await.expect("put");
    }
    let share = drive.share(album, &ShareTerms::default()).await.expect("shared");
    let address = LinkAddress::parse(&share.url("http://127.0.0.1")).expect("a link");
    (drive, address)
}

/// Opens the link and lists it while the server lies.
async fn refuses(
    server: &Server,
    address: &LinkAddress,
    path_end: &'static str,
    lie: impl Fn(&mut Value) + 'static,
) {
    let phone = server.phone();
    phone.evil.tells(move |request, response| {
        if request.path.ends_with(path_end) {
            crate::evil::edit_json(response, &lie);
        }
    });
    let listed = match OpenedLink::open(phone.around.clone(), address, None).await {
        Ok(opened) => opened.list(None).await.map(drop),
        Err(error) => Err(error),
    };
    assert_eq!(listed, Err(Error::NotAuthentic));
}

async fn c2_what_a_link_grants_cannot_be_exchanged() {
    let server = Server::start();
    let (drive, address) = album(&server).await;
    let two = drive.resolve("album/two").await.expect("there");
    drive.share(two, &ShareTerms::default()).await.expect("shared");
    refuses(&server, &address, "/open", |body| {
        body["node"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    })
    .await;
    refuses(&server, &address, "/open", |body| {
        body["volume"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    })
    .await;
    refuses(&server, &address, "/open", |body| body["wrap"] = json!("AQAA")).await;
}

async fn c1_records_of_a_shared_folder_cannot_be_exchanged() {
    let server = Server::start();
    let (_, address) = album(&server).await;
    refuses(&server, &address, "/records", |body| {
        let sealed = body["records"][0]["sealed"].clone();
        body["records"][0]["sealed"] = body["records"][1]["sealed"].take();
        body["records"][1]["sealed"] = sealed;
    })
    .await;
    refuses(&server, &address, "/records", |body| {
        body["records"][0]["parent"] = body["records"][1]["node"].clone();
    })
    .await;
}

async fn e3_looking_at_a_link_counts_nothing() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let file = put(&drive, drive.account().root(), "letter", b"words")
        .await
        .expect("put");
    let terms = ShareTerms {
        max_downloads: Some(1),
        ..ShareTerms::default()
    };
    let share = drive.share(file, &terms).await.expect("shared");
    let address = LinkAddress::parse(&share.url("http://127.0.0.1")).expect("a link");
    for _ in 0..5 {
        OpenedLink::open(server.phone().around, &address, None)
            .await
            .expect("it opens");
    }
    let opened = OpenedLink::open(server.phone().around, &address, None)
        .await
        .expect("it opens");
    opened
        .download(None, &mut Checkpoint::start(), &mut Buffer::default(), &|_| {})
        .await
        .expect("the one");
}

async fn e6_a_link_with_a_password_asks_nothing_before_the_password() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let file = put(&drive, drive.account().root(), "letter", b"words")
        .await
        .expect("put");
    let password = Some(Zeroizing::new("swordfish".to_owned()));
    let share = drive
        .share(
            file,
            &ShareTerms {
                password,
                ..ShareTerms::default()
            },
        )
        .await
        .expect("shared");
    let address = LinkAddress::parse(&share.url("http://127.0.0.1")).expect("a link");
    let phone = server.phone();
    assert!(matches!(
        OpenedLink::open(phone.around.clone(), &address, None).await,
        Err(Error::LinkRefused)
    ));
    assert!(phone.evil.asked().is_empty());
}

async fn e1_neither_secret_nor_name_is_in_anything_that_is_sent() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let file = put(&drive, drive.account().root(), "canary-name", b"canary-words")
        .await
        .expect("put");
    let share = drive.share(file, &ShareTerms::default()).await.expect("shared");
    let url = share.url("http://127.0.0.1");
    let secret = url.split_once('#').expect("a fragment").1.to_owned();
    let bob = server.phone();
    let address = LinkAddress::parse(&url).expect("a link");
    let opened = OpenedLink::open(bob.around.clone(), &address, None)
        .await
        .expect("it opens");
    opened
        .download(None, &mut Checkpoint::start(), &mut Buffer::default(), &|_| {})
        .await
        .expect("downloaded");
    for asked in phone.evil.asked().into_iter().chain(bob.evil.asked()) {
        let everything = [asked.path.as_bytes(), &asked.body].concat();
        for canary in ["canary-name", "canary-words", &secret[1..], &secret[5..27]] {
            assert!(
                !everything
                    .windows(canary.len())
                    .any(|window| window == canary.as_bytes()),
                "{}",
                asked.path
            );
        }
    }
}
