//! What people do when nobody lies.

use std::rc::Rc;

use bytes::Bytes;
use postern_client::drive::NewFile;
use postern_client::links::ShareTerms;
use postern_client::protocol::TimeMs;
use postern_client::protocol::volume::NodeKind;
use postern_client::transfer::Checkpoint;
use postern_client::{Account, Drive, Error, PreparedSignUp, Stay};
use zeroize::Zeroizing;

use crate::world::{Buffer, PASSWORD, Phone, Server, chosen, get, noise, put, put_together, sent};

cases!(
    contents_of_every_edge_size_come_back,
    a_download_that_broke_off_goes_on_anywhere,
    folders_are_made_listed_moved_renamed_and_removed,
    what_is_listed_says_what_was_put,
    a_device_stays_signed_in_until_it_signs_out,
    a_changed_password_replaces_the_old_one_and_signs_others_out,
    replacing_the_keys_keeps_files_and_links_and_gives_new_words,
    keys_that_were_prepared_and_never_completed_change_nothing,
    no_words_are_made_for_a_mistyped_password,
    whoever_takes_their_time_with_the_words_need_not_type_the_password_again,
    a_content_that_is_attached_again_is_there_once,
    small_files_travel_together_and_are_like_all_others,
);

async fn contents_of_every_edge_size_come_back() {
    let (_, drive) = Server::start().sign_up("alice").await;
    let root = drive.account().root();
    let (chunk, segment) = (64 << 10, 8 << 20);
    for size in [
        0,
        1,
        chunk - 1,
        chunk,
        chunk + 1,
        segment - 1,
        segment,
        segment + 1,
        2 * segment,
        20_000_000,
    ] {
        let bytes = noise(size);
        let node = put(&drive, root, &format!("{size}"), &bytes).await.expect("put");
        assert!(get(&drive, node).await.expect("get") == bytes, "{size}");
    }
}

async fn small_files_travel_together_and_are_like_all_others() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let root = drive.account().root();
    drive.list(None).await.expect("listed");
    let names: Vec<String> = (0..200).map(|n| format!("letter {n}")).collect();
    let sizes = [0, 1, 4_096, 65_535, 65_536, 131_072];
    let files: Vec<_> = (0..200)
        .map(|n| (names[n].as_str(), noise(sizes[n % 6] / (1 + n / 6))))
        .collect();
    phone.evil.asked();
    let nodes = put_together(&drive, root, &files).await.expect("put");
    assert_eq!(
        phone.evil.asked_paths().len(),
        2,
        "one for the contents, one for the tree"
    );

    let (phone, other) = server.sign_in("alice").await;
    other.list(None).await.expect("listed");
    phone.evil.asked();
    let read = other.read_small(&nodes).await.expect("read");
    assert_eq!(phone.evil.asked_paths(), ["/contents/read"]);
    for ((name, bytes), read) in files.iter().zip(read) {
        assert!(read.as_ref() == Ok(bytes), "{name}");
    }
    assert_eq!(
        get(&other, nodes[5]).await.as_ref(),
        Ok(&files[5].1),
        "alone as well"
    );
    let twice = other.read_small(&[nodes[5], nodes[5]]).await.expect("read");
    assert!(twice.iter().all(|bytes| bytes.as_ref() == Ok(&files[5].1)));
    assert_eq!(
        other.read_small(&[root]).await.err(),
        Some(Error::WrongKind("this is a folder, not a file"))
    );
}

async fn a_download_that_broke_off_goes_on_anywhere() {
    let (_, drive) = Server::start().sign_up("alice").await;
    let bytes = noise(20_000_000);
    let node = put(&drive, drive.account().root(), "film", &bytes)
        .await
        .expect("put");
    let content = drive.content(node).await.expect("a file");
    for from in [1, 8 << 20, (8 << 20) + 5, 16 << 20, 19_999_999, 20_000_000] {
        let mut sink = Buffer::default();
        let mut checkpoint = Checkpoint::at(from as u64);
        drive
            .download(&content, &mut checkpoint, &mut sink, &|_| {})
            .await
            .expect("the rest");
        assert!(sink.take() == bytes[from..], "from {from}");
    }
}

async fn folders_are_made_listed_moved_renamed_and_removed() {
    let (_, drive) = Server::start().sign_up("alice").await;
    let root = drive.account().root();
    let path = vec!["a".to_owned(), "b".to_owned()];
    let made = drive
        .make_folders(root, &[path.clone(), path])
        .await
        .expect("made");
    assert_eq!(made[0], made[1]);
    let file = put(&drive, made[0], "letter", b"words").await.expect("put");
    drive.rename(file, "Brief").await.expect("renamed");
    assert_eq!(drive.resolve("/a/b/Brief").await, Ok(file));
    let a = drive.resolve("a").await.expect("there");
    assert_eq!(drive.relocate(&[a], made[0]).await, Err(Error::IntoItself));
    drive.relocate(&[file], root).await.expect("moved");
    drive.remove(&[a]).await.expect("removed");
    let listing = drive.list(None).await.expect("listed");
    let names: Vec<_> = listing
        .entries
        .iter()
        .map(|entry| (entry.name.as_str(), entry.kind))
        .collect();
    assert_eq!(names, [("Brief", NodeKind::File)]);
    assert_eq!(drive.make_folder(root, "Brief").await, Err(Error::EntryExists));
    assert_eq!(drive.remove(&[a]).await, Err(Error::NotFound));
}

async fn what_is_listed_says_what_was_put() {
    let (phone, drive) = Server::start().sign_up("alice").await;
    let root = drive.account().root();
    let folder = drive.make_folder(root, "pictures").await.expect("made");
    let picture = NewFile {
        modified: TimeMs(7),
        media_type: "image/png".to_owned(),
        ..sent(&drive, folder, "dot.png", b"twelve bytes")
            .await
            .expect("sent")
    };
    let picture = drive.attach(&[picture]).await.expect("attached")[0];

    let listed = &drive.list(Some(folder)).await.expect("listed").entries[0];
    assert_eq!(*listed, drive.entry(picture).await.expect("there"));
    assert_eq!((listed.parent, listed.kind), (folder, NodeKind::File));
    assert_eq!((listed.modified, listed.size_bytes), (TimeMs(7), 12));
    assert_eq!((&*listed.name, &*listed.media_type), ("dot.png", "image/png"));
    let above = &drive.list(None).await.expect("listed").entries[0];
    assert_eq!((&*above.name, above.children), ("pictures", 1));
    assert!((0..60_000).contains(&(phone.around.clock.now().0 - above.modified.0)));
    let top = drive.entry(root).await.expect("the root is an entry too");
    assert_eq!((top.id, top.parent, top.children), (root, root, 1));
}

async fn a_device_stays_signed_in_until_it_signs_out() {
    let (phone, drive) = Server::start().sign_up("alice").await;
    let resumed = Account::resume(phone.around.clone())
        .await
        .expect("resumed")
        .expect("signed in");
    assert_eq!(resumed.id(), drive.account().id());
    resumed.sign_out().await.expect("signed out");
    assert!(
        Account::resume(phone.around.clone())
            .await
            .expect("asked")
            .is_none()
    );
    assert_eq!(drive.account().sessions().await, Err(Error::SignedOut));
}

async fn a_changed_password_replaces_the_old_one_and_signs_others_out() {
    let server = Server::start();
    let (_, drive) = server.sign_up("alice").await;
    let (_, other) = server.sign_in("alice").await;
    assert_eq!(
        drive.account().change_password("wrong", &chosen("new")).await,
        Err(Error::WrongPassword)
    );
    drive
        .account()
        .change_password(PASSWORD, &chosen("new"))
        .await
        .expect("changed");
    put(&drive, drive.account().root(), "after", b"x")
        .await
        .expect("this device goes on");
    assert_eq!(other.refresh().await, Err(Error::SignedOut));
    assert!(matches!(
        server.phone().sign_in("alice").await,
        Err(Error::WrongPassword)
    ));
    sign_in_with(&server.phone(), "new")
        .await
        .expect("the new one works");
}

async fn replacing_the_keys_keeps_files_and_links_and_gives_new_words() {
    let server = Server::start();
    let (drive, old_words) = sign_up_with_words(&server).await;
    let file = put(&drive, drive.account().root(), "letter", b"words")
        .await
        .expect("put");
    let share = drive.share(file, &ShareTerms::default()).await.expect("shared");
    let prepared = drive.account().prepare_keys(PASSWORD, &chosen("new")).await;
    let prepared = prepared.expect("prepared");
    prepared.complete().await.expect("replaced");
    assert_eq!(
        drive.shares().await.expect("still shown")[0].url("http://x"),
        share.url("http://x")
    );
    put(&drive, drive.account().root(), "later", b"more")
        .await
        .expect("it goes on");

    assert!(matches!(
        recover(&server, &old_words).await,
        Err(Error::WordsWrong)
    ));
    let account = recover(&server, &prepared.words()).await;
    let drive = Drive::new(Rc::new(account.expect("the new words open it")));
    let file = drive.resolve("letter").await.expect("it is there");
    assert_eq!(get(&drive, file).await, Ok(b"words".to_vec()));
}

/// The moment at which a program dies, or a window is closed, while its owner writes down the new words.
async fn keys_that_were_prepared_and_never_completed_change_nothing() {
    let server = Server::start();
    let (drive, old_words) = sign_up_with_words(&server).await;
    let prepared = drive.account().prepare_keys(PASSWORD, &chosen("new")).await;
    let new_words = prepared.expect("prepared").words();
    assert!(matches!(
        recover(&server, &new_words).await,
        Err(Error::WordsWrong)
    ));
    assert!(matches!(
        sign_in_with(&server.phone(), "new").await,
        Err(Error::WrongPassword)
    ));
    sign_in_with(&server.phone(), PASSWORD)
        .await
        .expect("the old password works");
    recover(&server, &old_words).await.expect("the old words work");
}

async fn no_words_are_made_for_a_mistyped_password() {
    let (_, drive) = Server::start().sign_up("alice").await;
    let prepared = drive.account().prepare_keys("wrong", &chosen("new")).await;
    assert!(matches!(prepared, Err(Error::WrongPassword)));
}

async fn whoever_takes_their_time_with_the_words_need_not_type_the_password_again() {
    let server = Server::start();
    let (phone, drive) = server.sign_up("alice").await;
    let prepared = drive.account().prepare_keys(PASSWORD, &chosen("new")).await;
    let mut is_fresh = false;
    phone.evil.tells(move |request, response| match &*request.path {
        "/login/finish" => is_fresh = true,
        "/account/password/start" if !is_fresh => {
            response.status = 403;
            response.body = Bytes::from_static(br#"{"error":{"code":"not-fresh","message":""}}"#);
        }
        _ => {}
    });
    let completed = prepared.expect("prepared").complete().await;
    completed.expect("it signs in afresh by itself");
    sign_in_with(&server.phone(), "new")
        .await
        .expect("the new password is in force");
}

pub(crate) async fn sign_up_with_words(server: &Server) -> (Drive, Zeroizing<String>) {
    let prepared = PreparedSignUp::new(server.phone().around, "alice", &chosen(PASSWORD)).expect("a name");
    let account = prepared.complete(None, Stay::SignedIn).await;
    (
        Drive::new(Rc::new(account.expect("an account"))),
        prepared.words(),
    )
}

async fn recover(server: &Server, words: &str) -> postern_client::Result<Account> {
    Account::recover(
        server.phone().around,
        "alice",
        words,
        &chosen("third"),
        Stay::SignedIn,
    )
    .await
}

async fn a_content_that_is_attached_again_is_there_once() {
    let (_, drive) = Server::start().sign_up("alice").await;
    let root = drive.account().root();
    let id = drive.account().surroundings().new_id();
    let letter = NewFile {
        node: Some(id),
        ..sent(&drive, root, "letter", b"dear").await.expect("sent")
    };
    assert_eq!(drive.attach(std::slice::from_ref(&letter)).await, Ok(vec![id]));
    drive.rename(id, "letter to bob").await.expect("renamed");
    assert_eq!(drive.attach(&[letter]).await, Ok(vec![id]));
    let listing = drive.list(None).await.expect("listed");
    assert_eq!(listing.entries.len(), 1);
    assert_eq!(listing.entries[0].name, "letter to bob");
}

async fn sign_in_with(phone: &Phone, password: &str) -> postern_client::Result<Account> {
    Account::sign_in(phone.around.clone(), "alice", password, Stay::SignedIn).await
}
