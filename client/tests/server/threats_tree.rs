//! A server that lies about the tree. Rows B1, B8, B9, C1, C2, C3, C4.

use std::cell::RefCell;
use std::rc::Rc;

use postern_client::links::{LinkAddress, OpenedLink, ShareTerms};
use postern_client::protocol::{Bytes, NodeId};
use postern_client::{Drive, Error};
use postern_crypto::FolderKey;
use postern_crypto::link::{Grant, LinkKeys, SharedFolder, parse};
use postern_crypto::node::{Folder, Node, Place};
use serde_json::{Value, json};

use crate::world::{Server, put};

cases!(
    c2_a_child_sealed_with_the_key_that_a_link_gave_away_is_refused,
    c3_a_record_that_is_dropped_shows,
    b1_a_record_that_is_added_shows,
    c1_what_the_server_shows_of_a_record_cannot_be_changed,
    c4_a_file_is_no_folder_and_nothing_hangs_in_itself,
    c3_a_head_that_was_changed_or_is_another_volumes_is_refused,
    c3_an_older_tree_is_refused_by_every_device_of_the_account,
    b8_an_older_version_of_a_file_is_refused,
    c3_a_device_that_saw_more_refuses_less,
    c3_what_the_server_took_is_what_was_sent,
);

/// A drive with two folders, three files in them, and an empty folder.
async fn grown(server: &Server) -> Drive {
    let (_, drive) = server.sign_up("alice").await;
    let root = drive.account().root();
    let a = drive.make_folder(root, "a").await.expect("made");
    let b = drive.make_folder(root, "b").await.expect("made");
    drive.make_folder(a, "empty").await.expect("made");
    for (folder, name) in [(a, "one"), (a, "two"), (b, "three")] {
        put(&drive, folder, name, name.as_bytes()).await.expect("put");
    }
    drive
}

/// Loads the drive on a new device while the server lies about it. Nothing may be asked after that.
async fn refuses(server: &Server, what: &str, lie: impl Fn(&mut Value) + 'static) {
    let (phone, drive) = server.sign_in("alice").await;
    phone.evil.asked();
    phone.evil.edits("/volumes/", lie);
    assert_eq!(drive.refresh().await, Err(Error::NotAuthentic), "{what}");
    assert_eq!(phone.evil.asked_paths().len(), 1, "{what}");
}

/// The records of a page whose kind is `kind`.
fn of_kind(page: &mut Value, kind: &str) -> Vec<usize> {
    let changes = page["changes"].as_array().expect("a list");
    (0..changes.len())
        .filter(|index| changes[*index]["record"]["kind"] == kind)
        .collect()
}

fn swap(page: &mut Value, field: &str, one: usize, other: usize) {
    let mine = page["changes"][one]["record"][field].clone();
    page["changes"][one]["record"][field] = page["changes"][other]["record"][field].take();
    page["changes"][other]["record"][field] = mine;
}

async fn c3_a_record_that_is_dropped_shows() {
    let server = Server::start();
    grown(&server).await;
    for index in 0..6 {
        refuses(&server, "dropped", move |page| {
            page["changes"].as_array_mut().expect("a list").remove(index);
        })
        .await;
    }
}

async fn b1_a_record_that_is_added_shows() {
    let server = Server::start();
    grown(&server).await;
    for kind in ["file", "folder"] {
        refuses(&server, kind, move |page| {
            let index = of_kind(page, kind)[0];
            let mut copy = page["changes"][index].clone();
            copy["record"]["node"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
            page["changes"].as_array_mut().expect("a list").push(copy);
        })
        .await;
    }
}

/// What somebody learns who has a link to a folder, and reads what the server has of it.
async fn granted(server: &Server, drive: &Drive, folder: NodeId) -> SharedFolder {
    let share = drive.share(folder, &ShareTerms::default()).await.expect("shared");
    let (_, text) = parse(&share.url("http://127.0.0.1")).expect("a link");
    let keys = LinkKeys::derive(&text.id, &text.secret, None);
    let bob = server.phone();
    let seen = Rc::new(RefCell::new(Value::Null));
    let keep = Rc::clone(&seen);
    bob.evil
        .edits("/links/", move |body| *keep.borrow_mut() = body.clone());
    let address = LinkAddress::parse(&share.url("http://127.0.0.1")).expect("a link");
    OpenedLink::open(bob.around.clone(), &address, None)
        .await
        .expect("it opens");
    let body = seen.take();
    let id = |field: &str| -> [u8; 16] {
        let id: NodeId = serde_json::from_value(body[field].clone()).expect("an id");
        id.0
    };
    let wrap: Bytes = serde_json::from_value(body["wrap"].clone()).expect("bytes");
    let grant = Grant::open(&keys.wrap, &text.id, &id("volume"), &id("node"), wrap.as_slice());
    match grant.expect("the truth") {
        Grant::Folder(folder) => folder,
        Grant::File(_) => panic!("a folder was shared"),
    }
}

async fn c2_a_child_sealed_with_the_key_that_a_link_gave_away_is_refused() {
    let server = Server::start();
    let drive = grown(&server).await;
    let shared = drive.resolve("a").await.expect("there");
    let sibling = drive.resolve("b").await.expect("there");
    let grant = granted(&server, &drive, shared).await;
    let mut rng = drive.account().surroundings().rng();
    // In the shared folder the child is sealed as it should be: that it is none of Alice's, only her signature tells.
    for parent in [shared, sibling, drive.account().root()] {
        let child: NodeId = drive.account().surroundings().new_id();
        let place = Place {
            volume: grant.volume,
            parent: parent.0,
            node: child.0,
            generation: grant.generation,
            seq: 1,
        };
        let planted = Node::Folder(Folder {
            name: "planted".to_owned(),
            mtime_ms: 1,
            key: FolderKey::generate(&mut rng),
            generation: 1,
        });
        let record = json!({
            "node": child, "parent": parent, "kind": "folder", "generation": grant.generation, "seq": 1,
            "content": null, "sealed": Bytes::from(planted.seal(&place, &grant.key, &mut rng)),
        });
        refuses(&server, "planted", move |page| {
            let changes = page["changes"].as_array_mut().expect("a list");
            let mut change = changes[0].clone();
            change["record"] = record.clone();
            changes.push(change);
        })
        .await;
    }
}

async fn c1_what_the_server_shows_of_a_record_cannot_be_changed() {
    let server = Server::start();
    grown(&server).await;
    for field in ["generation", "seq"] {
        refuses(&server, field, move |page| {
            let value = page["changes"][0]["record"][field].as_u64().expect("a number");
            page["changes"][0]["record"][field] = (value + 1).into();
        })
        .await;
    }
    for field in ["sealed", "content", "node", "parent"] {
        refuses(&server, field, move |page| {
            let files = of_kind(page, "file");
            let (first, last) = (files[0], files[files.len() - 1]);
            swap(page, field, first, last);
        })
        .await;
    }
    refuses(&server, "folder keys", |page| {
        let folders = of_kind(page, "folder");
        swap(page, "sealed", folders[0], folders[1]);
    })
    .await;
}

async fn c4_a_file_is_no_folder_and_nothing_hangs_in_itself() {
    let server = Server::start();
    grown(&server).await;
    refuses(&server, "a file as a folder", |page| {
        let index = of_kind(page, "file")[0];
        page["changes"][index]["record"]["kind"] = json!("folder");
        page["changes"][index]["record"]["content"] = Value::Null;
    })
    .await;
    refuses(&server, "a folder in itself", |page| {
        let index = of_kind(page, "folder")[0];
        page["changes"][index]["record"]["parent"] = page["changes"][index]["record"]["node"].clone();
    })
    .await;
    refuses(&server, "in a folder that is not there", |page| {
        page["changes"][0]["record"]["parent"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    })
    .await;
}

async fn c3_a_head_that_was_changed_or_is_another_volumes_is_refused() {
    let server = Server::start();
    grown(&server).await;
    let other = Rc::new(RefCell::new(Value::Null));
    let keep = Rc::clone(&other);
    let (phone, drive) = server.sign_up("mallory").await;
    phone
        .evil
        .edits("/volumes/", move |page| *keep.borrow_mut() = page["head"].clone());
    drive.refresh().await.expect("the truth");
    refuses(&server, "another's head", move |page| {
        page["head"] = other.borrow().clone();
    })
    .await;
    for position in [0, 30, 60, 100, 160, 240] {
        refuses(&server, "a changed byte", move |page| {
            let mut text = page["head"].as_str().expect("text").to_owned().into_bytes();
            text[position] = if text[position] == b'A' { b'B' } else { b'A' };
            page["head"] = String::from_utf8(text).expect("ASCII").into();
        })
        .await;
    }
}

async fn c3_an_older_tree_is_refused_by_every_device_of_the_account() {
    let server = Server::start();
    let drive = grown(&server).await;
    let (phone, second) = server.sign_in("alice").await;
    let old = Rc::new(RefCell::new(Value::Null));
    let keep = Rc::clone(&old);
    phone
        .evil
        .edits("/volumes/", move |page| *keep.borrow_mut() = page.clone());
    second.refresh().await.expect("the truth");
    put(&drive, drive.account().root(), "newer", b"words")
        .await
        .expect("put");

    // A device that has the older tree sees nothing wrong in it, since nobody has told it of the newer one; but one that
    // signs in now learns of the newer head from the sealed state.
    let then = old.take();
    refuses(&server, "a new device", move |page| *page = then.clone()).await;
}

async fn b8_an_older_version_of_a_file_is_refused() {
    let server = Server::start();
    let drive = grown(&server).await;
    let root = drive.account().root();
    put(&drive, root, "letter", b"first").await.expect("put");
    let (phone, second) = server.sign_in("alice").await;
    let old = Rc::new(RefCell::new(Value::Null));
    let keep = Rc::clone(&old);
    phone
        .evil
        .edits("/volumes/", move |page| *keep.borrow_mut() = page.clone());
    second.refresh().await.expect("the truth");
    let node = put(&drive, root, "letter", b"second")
        .await
        .expect("replaced")
        .to_string();
    let then = old.take();
    let find = move |page: &Value| {
        let changes = page["changes"].as_array().expect("a list");
        changes
            .iter()
            .position(|change| change["record"]["node"] == node.as_str())
            .expect("it is there")
    };
    refuses(&server, "the record before", move |page| {
        let index = find(page);
        page["changes"][index]["record"] = then["changes"][find(&then)]["record"].clone();
    })
    .await;
}

async fn c3_a_device_that_saw_more_refuses_less() {
    let server = Server::start();
    let drive = grown(&server).await;
    let (phone, second) = server.sign_in("alice").await;
    let old = Rc::new(RefCell::new(Value::Null));
    let keep = Rc::clone(&old);
    phone
        .evil
        .edits("/volumes/", move |page| *keep.borrow_mut() = page.clone());
    second.refresh().await.expect("the truth");
    put(&drive, drive.account().root(), "newer", b"words")
        .await
        .expect("put");
    phone.evil.tells_the_truth();
    second.refresh().await.expect("the newer tree");
    let then = old.take();
    phone.evil.edits("/volumes/", move |page| *page = then.clone());
    let again = Drive::new(Rc::clone(second.account()));
    assert_eq!(again.refresh().await, Err(Error::NotAuthentic));
}

async fn c3_what_the_server_took_is_what_was_sent() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    phone.evil.tells(|request, response| {
        if request.path.ends_with("/batches") {
            crate::evil::edit_json(response, |body| body["counter"] = json!(7));
        }
    });
    let made = drive.make_folder(drive.account().root(), "letters").await;
    assert_eq!(made, Err(Error::NotAuthentic));
}
