//! What people do, and what they see of it: the ways along which a hostile server is tried out.
//!
//! In what a journey answers there is nothing that a server is free to say: whatever lies were told on the way, it either
//! fails or answers the same. Afterwards honest eyes look at what is there.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use async_trait::async_trait;
use postern_client::device::{Device, MemoryDevice};
use postern_client::drive::Entry;
use postern_client::links::{LinkAddress, OpenedLink, ShareTerms};
use postern_client::protocol::NodeId;
use postern_client::protocol::volume::NodeKind;
use postern_client::{Account, Drive, Error, PreparedSignUp, Result, Stay};
use zeroize::Zeroizing;

use crate::world::{PASSWORD, Phone, Server, chosen, get, get_from_link, noise, put, put_together};

const LINK_PASSWORD: &str = "the heron at dawn";
/// More than one part.
const LARGE_BYTES: usize = (8 << 20) + 70_000;
const LETTER: &[u8] = b"dear alice";

/// An account with some history, and what a device of it remembers.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) drive: Drive,
    pub(crate) letter: NodeId,
    pub(crate) film: NodeId,
    note: NodeId,
    words: Zeroizing<String>,
    link: LinkAddress,
    locked_link: LinkAddress,
    device: MemoryDevice,
    password: RefCell<String>,
    runs: Cell<u32>,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let server = Server::start();
        let phone = server.phone();
        let prepared = PreparedSignUp::new(phone.around.clone(), "alice", &chosen(PASSWORD)).expect("a name");
        let words = prepared.words();
        let account = prepared.complete(None, Stay::SignedIn).await.expect("an account");
        let drive = Drive::new(Rc::new(account));
        let root = drive.account().root();
        let album = drive.make_folder(root, "album").await.expect("made");
        let letter = put(&drive, album, "letter", LETTER).await.expect("put");
        let film = put(&drive, root, "film", &noise(LARGE_BYTES)).await.expect("put");
        put(&drive, album, "postscript", b"write soon")
            .await
            .expect("put");
        let note = put(&drive, root, "note", b"buy ink").await.expect("put");
        let locked = ShareTerms {
            password: Some(chosen(LINK_PASSWORD)),
            ..ShareTerms::default()
        };
        let link = address(&drive, album, &ShareTerms::default()).await;
        let locked_link = address(&drive, letter, &locked).await;
        drive.list(None).await.expect("listed");
        Self {
            device: copy_of(&*phone.around.device).await,
            password: RefCell::new(PASSWORD.to_owned()),
            runs: Cell::new(0),
            server,
            drive,
            letter,
            film,
            note,
            words,
            link,
            locked_link,
        }
    }

    /// A device of the account as it was at the beginning.
    pub(crate) async fn known_phone(&self) -> Phone {
        self.server.phone_with(copy_of(&self.device).await)
    }

    /// A text that no earlier run had.
    fn fresh(&self) -> String {
        self.runs.set(self.runs.get() + 1);
        format!("run {}", self.runs.get())
    }

    /// Signs in on a new device to which nobody lies, with the password in force.
    async fn honest(&self) -> Drive {
        let phone = self.server.phone();
        let password = self.password.borrow().clone();
        let account = Account::sign_in(phone.around, "alice", &password, Stay::SignedIn).await;
        Drive::new(Rc::new(account.expect("the password is right")))
    }

    /// After a change of the password that may have happened or not: one of the two opens, and everything is there.
    async fn settles_on(&self, next: &str, changed: bool) {
        let present = self.password.borrow().clone();
        let mut works = Vec::new();
        for password in [present.as_str(), next] {
            let phone = self.server.phone();
            match Account::sign_in(phone.around, "alice", password, Stay::SignedIn).await {
                Ok(_) => works.push(password.to_owned()),
                Err(error) => assert_eq!(error, Error::WrongPassword),
            }
        }
        assert_eq!(
            works.len(),
            1,
            "one password opens the account, of {present} and {next}"
        );
        assert!(!changed || works[0] == next, "it was said to be changed");
        self.password.replace(works.remove(0));
        let drive = self.honest().await;
        assert_eq!(get(&drive, self.letter).await, Ok(LETTER.to_vec()));
    }
}

async fn address(drive: &Drive, node: NodeId, terms: &ShareTerms) -> LinkAddress {
    let share = drive.share(node, terms).await.expect("shared");
    LinkAddress::parse(&share.url("http://127.0.0.1")).expect("a link")
}

/// `MemoryDevice`'s own clones share what they keep.
pub(crate) async fn copy_of(device: &dyn Device) -> MemoryDevice {
    let copy = MemoryDevice::default();
    for key in device.list("").await.expect("listed") {
        let value = device.get(&key).await.expect("read").expect("there");
        copy.put(&key, &value).await.expect("kept");
    }
    copy
}

/// Something that a person does.
#[async_trait(?Send)]
pub(crate) trait Journey {
    /// The device on which it begins.
    async fn phone(&self, scene: &Scene) -> Phone {
        scene.known_phone().await
    }

    /// Does it; answers what the person sees.
    async fn take(&self, scene: &Scene, phone: &Phone) -> Result<String>;

    /// Panics if something is not as it was, or not as it was said to be.
    async fn aftermath(&self, _scene: &Scene, _seen: &Result<String>) {}
}

/// Goes on as a device that stayed signed in.
pub(crate) async fn resumed(phone: &Phone) -> Result<Drive> {
    let account = Account::resume(phone.around.clone()).await?;
    Ok(Drive::new(Rc::new(account.ok_or(Error::SignedOut)?)))
}

async fn everything(drive: &Drive) -> Result<String> {
    let mut lines = Vec::new();
    let mut folders = vec![drive.account().root()];
    while let Some(folder) = folders.pop() {
        for entry in drive.list(Some(folder)).await?.entries {
            lines.push(format!("{folder} {entry:?}"));
            if entry.kind == NodeKind::Folder {
                folders.push(entry.id);
            }
        }
    }
    lines.sort();
    Ok(lines.join("\n"))
}

/// On a new device.
pub(crate) struct SignIn;

#[async_trait(?Send)]
impl Journey for SignIn {
    async fn phone(&self, scene: &Scene) -> Phone {
        scene.server.phone()
    }

    async fn take(&self, _: &Scene, phone: &Phone) -> Result<String> {
        let drive = phone.sign_in("alice").await?;
        let account = drive.account();
        let who = format!("{} {} {}", account.name(), account.id(), account.root());
        Ok(format!("{who}\n{}", everything(&drive).await?))
    }
}

/// On a device that knows the tree.
pub(crate) struct List;

#[async_trait(?Send)]
impl Journey for List {
    async fn take(&self, _: &Scene, phone: &Phone) -> Result<String> {
        everything(&resumed(phone).await?).await
    }
}

/// A small file, and one of several parts.
pub(crate) struct Download {
    pub(crate) large: bool,
}

#[async_trait(?Send)]
impl Journey for Download {
    async fn take(&self, scene: &Scene, phone: &Phone) -> Result<String> {
        let node = if self.large { scene.film } else { scene.letter };
        let bytes = get(&resumed(phone).await?, node).await?;
        Ok(fingerprint(&bytes))
    }
}

/// Small files in one request: of one's own, or of a shared folder.
pub(crate) struct DownloadTogether {
    pub(crate) through_a_link: bool,
}

#[async_trait(?Send)]
impl Journey for DownloadTogether {
    async fn take(&self, scene: &Scene, phone: &Phone) -> Result<String> {
        let read = if self.through_a_link {
            let opened = OpenedLink::open(phone.around.clone(), &scene.link, None).await?;
            let listing = opened.list(None).await?;
            let nodes =
                ["letter", "postscript"].map(|name| named(&listing.entries, name).map(|entry| entry.id));
            opened
                .read_small(&nodes.into_iter().collect::<Result<Vec<_>>>()?)
                .await?
        } else {
            resumed(phone)
                .await?
                .read_small(&[scene.letter, scene.note])
                .await?
        };
        let read = read.into_iter().collect::<Result<Vec<_>>>()?;
        let seen: Vec<_> = read.iter().map(|bytes| fingerprint(bytes)).collect();
        Ok(seen.join("\n"))
    }
}

fn fingerprint(bytes: &[u8]) -> String {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{} bytes, {:016x}", bytes.len(), hasher.finish())
}

/// A new file, of a size.
pub(crate) struct Upload {
    bytes: usize,
    name: RefCell<String>,
}

impl Upload {
    pub(crate) fn of(bytes: usize) -> Self {
        Self {
            bytes,
            name: RefCell::default(),
        }
    }
}

#[async_trait(?Send)]
impl Journey for Upload {
    async fn take(&self, scene: &Scene, phone: &Phone) -> Result<String> {
        let name = scene.fresh();
        self.name.replace(name.clone());
        let drive = resumed(phone).await?;
        put(&drive, drive.account().root(), &name, &noise(self.bytes)).await?;
        Ok("put".to_owned())
    }

    async fn aftermath(&self, scene: &Scene, seen: &Result<String>) {
        let name = self.name.borrow().clone();
        scene.drive.refresh().await.expect("the tree is whole");
        match scene.drive.resolve(&name).await {
            Ok(node) => {
                assert_eq!(get(&scene.drive, node).await, Ok(noise(self.bytes)), "{name}");
                scene.drive.remove(&[node]).await.expect("removed");
            }
            Err(error) => {
                assert_eq!(error, Error::NotFound);
                assert!(seen.is_err(), "{name} was said to be put");
            }
        }
    }
}

/// Small new files, in one request.
#[derive(Default)]
pub(crate) struct UploadTogether {
    name: RefCell<String>,
}

#[async_trait(?Send)]
impl Journey for UploadTogether {
    async fn take(&self, scene: &Scene, phone: &Phone) -> Result<String> {
        let name = scene.fresh();
        self.name.replace(name.clone());
        let drive = resumed(phone).await?;
        let second = format!("{name}, again");
        let files = [(name.as_str(), noise(900)), (second.as_str(), noise(0))];
        put_together(&drive, drive.account().root(), &files).await?;
        Ok("put".to_owned())
    }

    async fn aftermath(&self, scene: &Scene, seen: &Result<String>) {
        let name = self.name.borrow().clone();
        scene.drive.refresh().await.expect("the tree is whole");
        let mut there = Vec::new();
        for (name, bytes) in [(name.clone(), 900), (format!("{name}, again"), 0)] {
            match scene.drive.resolve(&name).await {
                Ok(node) => {
                    assert_eq!(get(&scene.drive, node).await, Ok(noise(bytes)), "{name}");
                    there.push(node);
                }
                Err(error) => assert_eq!(error, Error::NotFound),
            }
        }
        assert!(there.len() != 1, "{name}: one of two");
        assert!(seen.is_err() || there.len() == 2, "{name} was said to be put");
        if !there.is_empty() {
            scene.drive.remove(&there).await.expect("removed");
        }
    }
}

/// A file gets another name and another folder.
#[derive(Default)]
pub(crate) struct Rename {
    name: RefCell<String>,
}

#[async_trait(?Send)]
impl Journey for Rename {
    async fn take(&self, scene: &Scene, phone: &Phone) -> Result<String> {
        let name = scene.fresh();
        self.name.replace(name.clone());
        let drive = resumed(phone).await?;
        drive
            .relocate_as(scene.letter, drive.account().root(), &name)
            .await?;
        Ok("renamed".to_owned())
    }

    async fn aftermath(&self, scene: &Scene, seen: &Result<String>) {
        scene.drive.refresh().await.expect("the tree is whole");
        let there = scene.drive.entry(scene.letter).await.expect("it is there").name;
        assert!(seen.is_err() || there == *self.name.borrow(), "{there}");
        assert_eq!(get(&scene.drive, scene.letter).await, Ok(LETTER.to_vec()));
    }
}

/// A link is made, and opened by somebody honest.
#[derive(Default)]
pub(crate) struct MakeLink {
    url: RefCell<String>,
}

#[async_trait(?Send)]
impl Journey for MakeLink {
    async fn take(&self, scene: &Scene, phone: &Phone) -> Result<String> {
        let drive = resumed(phone).await?;
        let share = drive.share(scene.letter, &ShareTerms::default()).await?;
        self.url.replace(share.url("http://127.0.0.1").to_string());
        Ok("shared".to_owned())
    }

    async fn aftermath(&self, scene: &Scene, seen: &Result<String>) {
        if seen.is_ok() {
            let address = LinkAddress::parse(&self.url.borrow()).expect("a link");
            let opened = open(&scene.server.phone(), &address, None).await;
            assert_eq!(
                opened.expect("it opens"),
                format!("letter {}", fingerprint(LETTER))
            );
        }
    }
}

/// Somebody without an account opens a link: of a folder, or of a file behind a password.
pub(crate) struct OpenLink {
    pub(crate) locked: bool,
}

#[async_trait(?Send)]
impl Journey for OpenLink {
    async fn phone(&self, scene: &Scene) -> Phone {
        scene.server.phone()
    }

    async fn take(&self, scene: &Scene, phone: &Phone) -> Result<String> {
        if self.locked {
            open(phone, &scene.locked_link, Some(LINK_PASSWORD)).await
        } else {
            open(phone, &scene.link, None).await
        }
    }
}

/// What somebody was told to look for: a server may hide a file from whoever has only the link.
fn named<'a>(entries: &'a [Entry], name: &str) -> Result<&'a Entry> {
    entries
        .iter()
        .find(|entry| entry.name == name)
        .ok_or(Error::NotFound)
}

async fn open(phone: &Phone, address: &LinkAddress, password: Option<&str>) -> Result<String> {
    let opened = OpenedLink::open(phone.around.clone(), address, password).await?;
    let entry = opened.entry();
    let mut seen = entry.name.clone();
    let mut node = None;
    if entry.kind == NodeKind::Folder {
        let listing = opened.list(None).await?;
        let letter = named(&listing.entries, "letter")?;
        seen = format!("{seen}/{}", letter.name);
        node = Some(letter.id);
    }
    let saved = get_from_link(&opened, node).await?;
    Ok(format!("{seen} {}", fingerprint(&saved)))
}

/// The password is changed, with the keys or without.
pub(crate) struct ChangePassword {
    keys: bool,
    next: RefCell<String>,
}

impl ChangePassword {
    pub(crate) fn with_keys(keys: bool) -> Self {
        Self {
            keys,
            next: RefCell::default(),
        }
    }
}

#[async_trait(?Send)]
impl Journey for ChangePassword {
    async fn phone(&self, scene: &Scene) -> Phone {
        scene.server.phone()
    }

    async fn take(&self, scene: &Scene, phone: &Phone) -> Result<String> {
        let next = scene.fresh();
        self.next.replace(next.clone());
        let present = scene.password.borrow().clone();
        let account = Account::sign_in(phone.around.clone(), "alice", &present, Stay::SignedIn).await?;
        if self.keys {
            let prepared = Rc::new(account).prepare_keys(&present, &chosen(&next)).await?;
            prepared.complete().await?;
        } else {
            account.change_password(&present, &chosen(&next)).await?;
        }
        Ok("changed".to_owned())
    }

    async fn aftermath(&self, scene: &Scene, seen: &Result<String>) {
        let next = self.next.borrow().clone();
        scene.settles_on(&next, seen.is_ok()).await;
    }
}

/// The words of the kit open the account.
#[derive(Default)]
pub(crate) struct Recover {
    next: RefCell<String>,
}

#[async_trait(?Send)]
impl Journey for Recover {
    async fn phone(&self, scene: &Scene) -> Phone {
        scene.server.phone()
    }

    async fn take(&self, scene: &Scene, phone: &Phone) -> Result<String> {
        let next = scene.fresh();
        self.next.replace(next.clone());
        Account::recover(
            phone.around.clone(),
            "alice",
            &scene.words,
            &chosen(&next),
            Stay::SignedIn,
        )
        .await?;
        Ok("recovered".to_owned())
    }

    async fn aftermath(&self, scene: &Scene, seen: &Result<String>) {
        let next = self.next.borrow().clone();
        scene.settles_on(&next, seen.is_ok()).await;
    }
}
