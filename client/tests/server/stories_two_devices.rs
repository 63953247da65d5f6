//! Two devices of one account, at once and in turn.

use std::cell::Cell;
use std::rc::Rc;

use async_trait::async_trait;
use futures::future::join_all;
use postern_client::drive::{IfTaken, NewFile};
use postern_client::http::{Fault, Http, Request, Response, Retry};
use postern_client::{Drive, Error, Surroundings};

use crate::evil::Evil;
use crate::platform::Network;
use crate::world::{PASSWORD, Server, chosen, get, put, sent as sent_to};

cases!(
    what_one_device_does_the_other_sees,
    what_the_other_device_has_removed_already_is_removed_without_complaint,
    devices_that_write_at_once_lose_nothing,
    files_of_one_name_are_both_kept,
    what_was_done_is_not_refused_because_its_answer_was_lost,
    what_was_done_is_known_again_behind_what_others_did,
    a_new_password_is_sent_once,
);

async fn what_one_device_does_the_other_sees() {
    let server = Server::start();
    let (_, laptop) = server.sign_up("alice").await;
    let (_, phone) = server.sign_in("alice").await;
    let root = laptop.account().root();
    phone.refresh().await.expect("an empty drive");
    let since = phone.account().opened_at();
    let file = put(&laptop, root, "letter", b"from the laptop")
        .await
        .expect("put");
    let news = phone.account().news(since).await.expect("news");
    assert!(news.drive && !news.links);
    phone.refresh().await.expect("one file more");
    assert_eq!(get(&phone, file).await, Ok(b"from the laptop".to_vec()));
    phone.remove(&[file]).await.expect("removed");
    laptop.refresh().await.expect("one file less");
    assert_eq!(laptop.resolve("letter").await, Err(Error::NotFound));
}

async fn what_the_other_device_has_removed_already_is_removed_without_complaint() {
    let server = Server::start();
    let (_, laptop) = server.sign_up("alice").await;
    let (_, phone) = server.sign_in("alice").await;
    let root = laptop.account().root();
    let one = put(&laptop, root, "one", b"1").await.expect("put");
    let other = put(&laptop, root, "other", b"2").await.expect("put");
    phone.refresh().await.expect("two files");
    laptop.remove(&[one]).await.expect("removed");
    laptop.make_folder(root, "meanwhile").await.expect("made");
    assert_eq!(phone.remove(&[one, other]).await, Ok(()));
    assert_eq!(phone.resolve("other").await, Err(Error::NotFound));
    assert_eq!(phone.remove(&[one]).await, Err(Error::NotFound));
}

async fn devices_that_write_at_once_lose_nothing() {
    let server = Server::start();
    let (_, laptop) = server.sign_up("alice").await;
    let (_, phone) = server.sign_in("alice").await;
    let root = laptop.account().root();
    laptop.refresh().await.expect("loaded");
    phone.refresh().await.expect("loaded");
    let names: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    let by_laptop = names.iter().map(|name| laptop.make_folder(root, name));
    let by_phone = names.iter().map(|name| phone.make_folder(root, name));
    let made = join_all(by_laptop.chain(by_phone)).await;
    // Each name is made by one of them, and the other is told that it is there.
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), names.len());
    assert_eq!(
        made.iter()
            .filter(|made| **made == Err(Error::EntryExists))
            .count(),
        names.len()
    );
    for drive in [&laptop, &phone] {
        drive.refresh().await.expect("both agree");
        assert_eq!(drive.list(None).await.expect("listed").entries.len(), names.len());
    }
}

async fn files_of_one_name_are_both_kept() {
    let server = Server::start();
    let (_, laptop) = server.sign_up("alice").await;
    let (_, phone) = server.sign_in("alice").await;
    let root = laptop.account().root();
    laptop.refresh().await.expect("loaded");
    phone.refresh().await.expect("loaded");
    let beside = |new: NewFile| NewFile {
        if_taken: IfTaken::KeepBoth,
        ..new
    };
    // The phone has not heard of the laptop's; and one name may be spelt in two ways.
    let sent = [
        (&laptop, "Café.txt", "Café.txt"),
        (&phone, "Cafe\u{301}.txt", "Café (2).txt"),
        (&laptop, "Café.txt", "Café (3).txt"),
    ];
    for (number, (drive, name, _)) in sent.iter().enumerate() {
        let new = sent_to(drive, root, name, &[u8::try_from(number).expect("three")])
            .await
            .expect("sent");
        drive.attach(&[beside(new)]).await.expect("attached");
    }
    phone.refresh().await.expect("all of them");
    for (number, (_, _, name)) in sent.iter().enumerate() {
        let node = phone.resolve(name).await.expect("it is there");
        let bytes = vec![u8::try_from(number).expect("three")];
        assert_eq!(get(&phone, node).await, Ok(bytes), "{name}");
    }
    assert_eq!(phone.list(None).await.expect("listed").entries.len(), sent.len());
    for name in ["New folder", "New folder (2)"] {
        let made = laptop
            .make_numbered_folder(root, "New folder")
            .await
            .expect("made");
        assert_eq!(laptop.entry(made).await.expect("there").name, name);
    }
}

async fn what_was_done_is_not_refused_because_its_answer_was_lost() {
    let server = Server::start();
    server.sign_up("alice").await;
    let evil = Rc::new(Evil::new(server.network()));
    let drive = that_tries_again(&server, evil.clone()).await;
    let root = drive.account().root();
    let loses_one_answer = || {
        let mut lost = false;
        evil.tells(move |request, response| {
            if !lost && request.path.ends_with("/batches") {
                (lost, response.status) = (true, 502);
            }
        });
    };
    loses_one_answer();
    let folder = drive.make_folder(root, "letters").await.expect("made, once");
    loses_one_answer();
    drive.rename(folder, "papers").await.expect("renamed, once");
    loses_one_answer();
    drive.remove(&[folder]).await.expect("removed, once");
    assert!(drive.list(None).await.expect("listed").entries.is_empty());
}

/// A way to the server on which answers are lost, and so slowly that another device writes meanwhile.
struct Overtaken {
    network: Network,
    other: Drive,
    /// What the other device does before the next answer is lost.
    meanwhile: Cell<Meanwhile>,
}

#[derive(Default)]
enum Meanwhile {
    #[default]
    Nothing,
    Makes(usize),
    Renames(&'static str, &'static str),
}

#[async_trait(?Send)]
impl Http for Overtaken {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        let is_batch = request.path.ends_with("/batches");
        let mut response = self.network.send(request).await?;
        if !is_batch {
            return Ok(response);
        }
        match self.meanwhile.take() {
            Meanwhile::Nothing => return Ok(response),
            Meanwhile::Makes(folders) => {
                let root = self.other.account().root();
                for _ in 0..folders {
                    self.other
                        .make_numbered_folder(root, "other")
                        .await
                        .expect("made");
                }
            }
            Meanwhile::Renames(from, to) => {
                self.other.refresh().await.expect("read");
                let node = self.other.resolve(from).await.expect("it is there");
                self.other.rename(node, to).await.expect("renamed");
            }
        }
        response.status = 502;
        Ok(response)
    }
}

async fn what_was_done_is_known_again_behind_what_others_did() {
    let server = Server::start();
    let (_, other) = server.sign_up("alice").await;
    let way = Rc::new(Overtaken {
        network: server.network(),
        other,
        meanwhile: Cell::default(),
    });
    let drive = that_tries_again(&server, way.clone()).await;
    let root = drive.account().root();

    way.meanwhile.set(Meanwhile::Makes(1));
    let folder = drive.make_folder(root, "letters").await.expect("made, once");
    // Of what is further back, what was put is still known.
    way.meanwhile.set(Meanwhile::Makes(2));
    drive.make_folder(root, "papers").await.expect("made, once");
    way.meanwhile.set(Meanwhile::Renames("pictures", "photographs"));
    drive.make_folder(root, "pictures").await.expect("made, once");
    way.meanwhile.set(Meanwhile::Makes(1));
    drive.remove(&[folder]).await.expect("removed, once");

    let listing = drive.list(None).await.expect("listed");
    let mut names: Vec<_> = listing.entries.iter().map(|entry| &*entry.name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "other",
            "other (2)",
            "other (3)",
            "other (4)",
            "papers",
            "photographs"
        ]
    );
}

/// What proves the old password is good for one try: a second would only be refused, whatever came of the first.
async fn a_new_password_is_sent_once() {
    let server = Server::start();
    server.sign_up("alice").await;
    let evil = Rc::new(Evil::new(server.network()));
    let drive = that_tries_again(&server, evil.clone()).await;
    evil.asked();
    evil.tells(|request, response| {
        if request.path == "/account/password" {
            response.status = 502;
        }
    });
    let changed = drive.account().change_password(PASSWORD, &chosen("new")).await;
    assert_eq!(changed, Err(Error::Unavailable));
    let sent = evil.asked_paths();
    assert_eq!(sent.iter().filter(|path| *path == "/account/password").count(), 1);
}

/// The drive on a device that takes this way to the server, and tries again.
async fn that_tries_again(server: &Server, way: Rc<dyn Http>) -> Drive {
    let mut phone = server.phone();
    let Surroundings { clock, entropy, .. } = phone.around.clone();
    phone.around.http = Rc::new(Retry::new(way, clock, entropy));
    phone.sign_in("alice").await.expect("signed in")
}
