//! Servers that lie to whoever opens a link, and links that are opened by nobody. Rows C1, C2, E1, E3, E6.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use postern_client::links::{LinkAddress, OpenedLink, ShareTerms};
use postern_client::{Drive, Error};
use postern_crypto::link::parse;
use serde_json::{Value, json};

use crate::world::{Server, chosen, get_from_link, put};

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
    // With what the server shows of the content, all that the names hang on is the node.
    refuses(&server, &address, "/records", |body| {
        for field in ["sealed", "content"] {
            let first = body["records"][0][field].clone();
            body["records"][0][field] = body["records"][1][field].take();
            body["records"][1][field] = first;
        }
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
    get_from_link(&opened, None).await.expect("the one");
}

async fn e6_a_link_with_a_password_asks_nothing_before_the_password() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let file = put(&drive, drive.account().root(), "letter", b"words")
        .await
        .expect("put");
    let password = Some(chosen("swordfish"));
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
    let (_, text) = parse(&url).expect("a link");
    let bob = server.phone();
    let address = LinkAddress::parse(&url).expect("a link");
    let opened = OpenedLink::open(bob.around.clone(), &address, None)
        .await
        .expect("it opens");
    get_from_link(&opened, None).await.expect("downloaded");
    for asked in phone.evil.asked().into_iter().chain(bob.evil.asked()) {
        let everything = [asked.path.as_bytes(), &asked.body].concat();
        for canary in [&b"canary-name"[..], b"canary-words", text.secret.expose()] {
            let spelled = spellings(canary);
            let is_there = |spelling: &Vec<u8>| {
                everything
                    .windows(spelling.len())
                    .any(|window| window == spelling)
            };
            assert!(!spelled.iter().any(is_there), "{}", asked.path);
        }
    }
}

/// As it is, and as base64 has it, wherever among three bytes it begins.
fn spellings(bytes: &[u8]) -> Vec<Vec<u8>> {
    let in_base64 = (0..3).map(|before| {
        let text = BASE64_URL_SAFE_NO_PAD.encode([&vec![0; before][..], bytes].concat());
        // What its neighbours have a part in is left out.
        text.as_bytes()[(before * 8).div_ceil(6)..text.len() - 1].to_vec()
    });
    in_base64.chain([bytes.to_vec()]).collect()
}
