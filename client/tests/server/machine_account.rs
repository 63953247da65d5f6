//! One account with two devices, and what is known for sure about it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join;
use postern_client::links::{LinkAddress, OpenedLink, ShareTerms};
use postern_client::protocol::volume::NodeKind;
use postern_client::protocol::{LinkId, NodeId};
use postern_client::transfer::Checkpoint;
use postern_client::{Account, Drive, Error, PreparedSignUp, Result, Stay};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::machine::{Step, Verb};
use crate::machine_model::{Change, Id, Model, Paths, ROOT};
use crate::machine_wire::{Trouble, Wire};
use crate::world::{Buffer, PASSWORD, Phone, Server, get, put};

/// Passwords cost Argon2id's time.
const MOST_PASSWORDS: u32 = 2;

/// The account.
pub(crate) struct Life<'a> {
    server: &'a Server,
    name: String,
    password: String,
    passwords: u32,
    truth: Model,
    nodes: BTreeMap<Id, NodeId>,
    links: Vec<Link>,
    next: Id,
    devices: Vec<OwnDevice>,
}

struct OwnDevice {
    wire: Rc<Wire>,
    phone: Phone,
    drive: Drive,
    /// The tree that it has loaded.
    seen: Option<Model>,
}

struct Link {
    id: LinkId,
    address: LinkAddress,
    target: Id,
    /// As it was when the link was made, or last wrapped.
    name: String,
    revoked: bool,
}

/// What came of a change: what the person is told, and the tree after it.
type Outcome = (Result<()>, Model);

impl<'a> Life<'a> {
    pub(crate) async fn begin(server: &'a Server, seed: u64) -> Self {
        static LIVES: AtomicU64 = AtomicU64::new(0);
        let life = LIVES.fetch_add(1, Ordering::Relaxed);
        let name = format!("life-{life}");
        // Another life that begins alike must not choose the same ids.
        let (one, other) = (device(server, seed, 2 * life), device(server, seed, 2 * life + 1));
        let prepared = PreparedSignUp::new(one.1.around.clone(), &name, PASSWORD).expect("a name");
        let account = prepared.complete(None, Stay::SignedIn).await.expect("an account");
        let second = sign_in(&other.1, &name, PASSWORD)
            .await
            .expect("the password is right");
        let first = Drive::new(Rc::new(account));
        let nodes = BTreeMap::from([(ROOT, first.account().root())]);
        Self {
            server,
            name,
            password: PASSWORD.to_owned(),
            passwords: 0,
            truth: Model::default(),
            nodes,
            links: Vec::new(),
            next: ROOT + 1,
            devices: vec![OwnDevice::of(one, first), OwnDevice::of(other, second)],
        }
    }

    pub(crate) async fn take(&mut self, step: &Step) {
        match step {
            Step::Tree(who, verb, trouble) => self.change_tree(*who, verb, *trouble).await,
            Step::AtOnce(one, other) => self.change_at_once(one, other).await,
            Step::Share(who, node, trouble) => self.share(*who, *node, *trouble).await,
            Step::Unshare(who, link, trouble) => self.unshare(*who, *link, *trouble).await,
            Step::Open(link) => {
                if let Some(link) = pick(&self.links, *link) {
                    self.check_link(link).await;
                }
            }
            Step::Password(who, keys, trouble) => self.change_password(*who, *keys, *trouble).await,
            Step::SignOutAndIn(who) => self.sign_out_and_in(*who).await,
            Step::Crash(who) => self.devices[*who]
                .start_again()
                .await
                .expect("it stays signed in"),
            Step::Sync(who) => self.sync(*who).await,
        }
    }

    /// Both devices, and everybody who holds a link, see what the model says.
    pub(crate) async fn settles(&mut self) {
        for who in [0, 1] {
            self.sync(who).await;
            let drive = &self.devices[who].drive;
            assert_eq!(self.truth.paths(ROOT), everything(drive).await, "device {who}");
        }
        let shares = self.devices[0].drive.shares().await.expect("listed");
        let shares: BTreeSet<_> = shares.iter().map(|share| share.id).collect();
        let works = self.links.iter().filter(|link| self.works(link));
        assert_eq!(
            works.map(|link| link.id).collect::<BTreeSet<_>>(),
            shares,
            "links"
        );
        for link in &self.links {
            self.check_link(link).await;
        }
    }

    async fn sync(&mut self, who: usize) {
        let device = &mut self.devices[who];
        device.drive.refresh().await.expect("the tree is whole");
        device.seen = Some(self.truth.clone());
        let expected: BTreeSet<_> = self.truth.paths(ROOT).into_keys().collect();
        assert_eq!(expected, names(&device.drive).await, "device {who}");
    }

    async fn change_tree(&mut self, who: usize, verb: &Verb, trouble: Option<Trouble>) {
        let Some(change) = self.choose(who, verb) else {
            return;
        };
        let (expected, after) = self.foresee(who, &change, &self.truth);
        let device = &self.devices[who];
        device.wire.expects(trouble);
        let told = self.perform(who, &change).await;
        if device.wire.is_dead() {
            return self
                .settle_tree(who, &change, expected.is_ok().then_some(after))
                .await;
        }
        device.wire.recovers();
        let sent = device.wire.sent();
        assert_eq!(told.clone().map(drop), expected, "{change:?} after {sent:?}");
        let stale = self.is_stale(who) && self.view(who).after(&change).is_ok();
        if expected.is_ok() || stale {
            self.devices[who].seen = Some(after.clone());
        } else if self.devices[who].seen.is_none() {
            self.devices[who].seen = Some(self.truth.clone());
        }
        self.become_true(&change, after, told.ok().flatten());
    }

    /// A device died in the middle: it has happened, or it has not.
    async fn settle_tree(&mut self, who: usize, change: &Change, happened: Option<Model>) {
        self.devices[who].start_again().await.expect("it stays signed in");
        let found = everything(&self.devices[who].drive).await;
        if found != self.truth.paths(ROOT) {
            let after = happened.unwrap_or_else(|| panic!("{change:?} was to be refused: {found:?}"));
            assert_eq!(after.paths(ROOT), found, "{change:?} is there by halves");
            self.become_true(change, after, None);
        } else if let Some(after) = happened.filter(|after| after.paths(ROOT) == found) {
            // Seen or not: nobody could tell.
            self.truth = after;
        }
        for who in [0, 1] {
            self.sync(who).await;
        }
        self.learn_nodes().await;
    }

    async fn change_at_once(&mut self, one: &Verb, other: &Verb) {
        for who in [0, 1] {
            if self.devices[who].seen.is_none() {
                self.sync(who).await;
            }
        }
        let (Some(one), Some(other)) = (self.choose(0, one), self.choose(1, other)) else {
            return;
        };
        let told = join(self.perform(0, &one), self.perform(1, &other)).await;
        let told = (told.0.map(drop), told.1.map(drop));
        let (first, then) = self.foresee(0, &one, &self.truth);
        let (second, end) = self.foresee(1, &other, &then);
        let in_order = ((first, second), end);
        let (first, then) = self.foresee(1, &other, &self.truth);
        let (second, end) = self.foresee(0, &one, &then);
        let turned = ((second, first), end);
        self.devices[0].drive.refresh().await.expect("the tree is whole");
        let found = everything(&self.devices[0].drive).await;
        let is_it =
            |(answers, end): &((Result<()>, Result<()>), Model)| *answers == told && end.paths(ROOT) == found;
        let Some((_, end)) = [in_order, turned].into_iter().find(is_it) else {
            panic!("{one:?} and {other:?} at once: {told:?}, and then there is {found:?}");
        };
        for change in [&one, &other] {
            self.rename_links(change, &end);
        }
        self.truth = end;
        for who in [0, 1] {
            self.sync(who).await;
        }
        self.learn_nodes().await;
    }

    async fn share(&mut self, who: usize, node: u8, trouble: Option<Trouble>) {
        let Some(target) = pick(&self.view(who).ids(), node).copied() else {
            return;
        };
        // It looks at what is there before it makes one.
        let tree = if self.truth.has(target) {
            &self.truth
        } else {
            self.view(who)
        };
        let name = tree.name(target).to_owned();
        let device = &self.devices[who];
        device.wire.expects(trouble);
        let told = device
            .drive
            .share(self.nodes[&target], &ShareTerms::default())
            .await;
        let is_dead = device.wire.is_dead();
        if is_dead {
            self.devices[who].start_again().await.expect("it stays signed in");
        }
        self.devices[who].wire.recovers();
        let known: BTreeSet<_> = self.links.iter().map(|link| link.id).collect();
        let shares = self.devices[who].drive.shares().await.expect("listed");
        let new: Vec<_> = shares.iter().filter(|share| !known.contains(&share.id)).collect();
        if !is_dead {
            let expected = if self.truth.has(target) {
                Ok(1)
            } else {
                Err(Error::NotFound)
            };
            assert_eq!(told.map(|_| new.len()), expected, "a link to {name}");
        }
        assert!(new.len() <= 1, "one link, or none");
        for share in new {
            self.links.push(Link {
                id: share.id,
                address: LinkAddress::parse(&share.url("http://127.0.0.1")).expect("a link"),
                target,
                name: name.clone(),
                revoked: false,
            });
        }
        self.sync(who).await;
    }

    async fn unshare(&mut self, who: usize, link: u8, trouble: Option<Trouble>) {
        let working: Vec<_> = self.links.iter().filter(|link| self.works(link)).collect();
        let Some(id) = pick(&working, link).map(|link| link.id) else {
            return;
        };
        let device = &self.devices[who];
        device.wire.expects(trouble);
        let told = device.drive.unshare(id).await;
        let is_dead = device.wire.is_dead();
        if is_dead {
            self.devices[who].start_again().await.expect("it stays signed in");
        }
        self.devices[who].wire.recovers();
        assert!(is_dead || told.is_ok(), "{told:?}");
        let shares = self.devices[who].drive.shares().await.expect("listed");
        let is_there = shares.iter().any(|share| share.id == id);
        assert!(is_dead || !is_there, "it was said to be taken back");
        let link = self
            .links
            .iter_mut()
            .find(|link| link.id == id)
            .expect("it is known");
        link.revoked = !is_there;
    }

    /// Afterwards exactly one of both passwords opens the account, and every device has to sign in with it.
    async fn change_password(&mut self, who: usize, keys: bool, trouble: Option<Trouble>) {
        self.passwords += 1;
        if self.passwords > MOST_PASSWORDS {
            return;
        }
        let next = format!("password {}", self.passwords);
        let device = &self.devices[who];
        device.wire.expects(trouble);
        let account = device.drive.account();
        let told = if keys {
            account.replace_keys(&self.password, &next).await.map(drop)
        } else {
            account.change_password(&self.password, &next).await
        };
        let has_trouble = trouble.is_some();
        assert!(told.is_ok() || has_trouble, "{told:?}");
        self.devices.iter().for_each(|device| device.wire.recovers());
        if told.is_ok() {
            assert_eq!(self.devices[1 - who].drive.refresh().await, Err(Error::SignedOut));
        }
        match sign_in(&self.devices[who].phone, &self.name, &next).await {
            Ok(drive) => {
                self.devices[who].has(drive);
                if has_trouble {
                    let old = sign_in(&self.server.phone(), &self.name, &self.password).await;
                    assert!(matches!(old, Err(Error::WrongPassword)), "both passwords open it");
                }
                self.password = next;
            }
            Err(error) => {
                assert_eq!(error, Error::WrongPassword);
                assert!(told.is_err(), "it was said to be changed");
                self.sign_in_again(who).await;
            }
        }
        self.sign_in_again(1 - who).await;
    }

    async fn sign_out_and_in(&mut self, who: usize) {
        self.passwords += 1;
        if self.passwords > MOST_PASSWORDS {
            return;
        }
        let device = &self.devices[who];
        device.drive.account().sign_out().await.expect("signed out");
        let resumed = Account::resume(device.phone.around.clone()).await.expect("asked");
        assert!(resumed.is_none(), "it still knows the keys");
        self.sign_in_again(who).await;
    }

    async fn sign_in_again(&mut self, who: usize) {
        let drive = sign_in(&self.devices[who].phone, &self.name, &self.password).await;
        self.devices[who].has(drive.expect("the password is right"));
    }

    async fn check_link(&self, link: &Link) {
        let opened = OpenedLink::open(self.server.phone().around, &link.address, None).await;
        if !self.works(link) {
            assert!(
                matches!(opened, Err(Error::LinkRevoked | Error::LinkRefused)),
                "{}",
                link.name
            );
            return;
        }
        let opened = opened.unwrap_or_else(|error| panic!("the link to {}: {error}", link.name));
        assert_eq!(opened.entry().name, link.name);
        match self.truth.bytes(link.target) {
            Some(bytes) => assert_eq!(read(&opened, None).await, bytes, "through a link"),
            None => assert_eq!(
                below(&opened).await,
                self.truth.paths(link.target),
                "through a link"
            ),
        }
    }

    fn works(&self, link: &Link) -> bool {
        !link.revoked && self.truth.has(link.target)
    }

    /// The tree as the person in front of that device sees it.
    fn view(&self, who: usize) -> &Model {
        self.devices[who].seen.as_ref().unwrap_or(&self.truth)
    }

    fn is_stale(&self, who: usize) -> bool {
        self.view(who).version != self.truth.version
    }

    /// What a device refuses by what it has seen, it refuses at once. What it sends is judged by what is there.
    fn foresee(&self, who: usize, change: &Change, truth: &Model) -> Outcome {
        let outcome = self.view(who).after(change).and_then(|_| truth.after(change));
        match outcome {
            Ok(after) => (Ok(()), after),
            Err(error) => (Err(error), truth.clone()),
        }
    }

    fn choose(&mut self, who: usize, verb: &Verb) -> Option<Change> {
        let id = self.next;
        self.next += 1;
        let view = self.view(who);
        let folder = |which: u8| *pick(&view.folders(), which).expect("there is a root");
        let node = |which: u8| pick(&view.ids(), which).copied();
        let name = |which: u8| ["a", "b", "c", "d"][usize::from(which)].to_owned();
        Some(match *verb {
            Verb::Put {
                folder: at,
                name: called,
            } => Change::Put {
                id,
                folder: folder(at),
                name: name(called),
                bytes: format!("text {id}").into_bytes(),
            },
            Verb::MakeFolder {
                folder: at,
                name: called,
            } => Change::MakeFolder {
                id,
                folder: folder(at),
                name: name(called),
            },
            Verb::Rename {
                node: which,
                name: called,
            } => Change::Rename {
                node: node(which)?,
                name: name(called),
            },
            Verb::Move {
                node: which,
                folder: to,
            } => Change::Move {
                node: node(which)?,
                folder: folder(to),
            },
            Verb::Remove { node: which } => Change::Remove { node: node(which)? },
        })
    }

    /// Answers the node that was made.
    async fn perform(&self, who: usize, change: &Change) -> Result<Option<NodeId>> {
        let drive = &self.devices[who].drive;
        let node = |id: &Id| self.nodes[id];
        match change {
            Change::Put {
                folder, name, bytes, ..
            } => put(drive, node(folder), name, bytes).await.map(Some),
            Change::MakeFolder { folder, name, .. } => drive.make_folder(node(folder), name).await.map(Some),
            Change::Rename { node: which, name } => drive.rename(node(which), name).await.map(|()| None),
            Change::Move { node: which, folder } => {
                drive.relocate(&[node(which)], node(folder)).await.map(|()| None)
            }
            Change::Remove { node: which } => drive.remove(&[node(which)]).await.map(|()| None),
        }
    }

    fn become_true(&mut self, change: &Change, after: Model, made: Option<NodeId>) {
        self.rename_links(change, &after);
        if let (Change::Put { folder, name, .. } | Change::MakeFolder { folder, name, .. }, Some(made)) =
            (change, made)
        {
            let id = after.child(*folder, name).expect("it was just made");
            let before = self.nodes.insert(id, made);
            assert!(
                before.is_none_or(|before| before == made),
                "a file that is replaced stays the same"
            );
        }
        self.truth = after;
    }

    /// A file that gets another content has its links wrapped anew.
    fn rename_links(&mut self, change: &Change, after: &Model) {
        if let Change::Put { id, folder, name, .. } = change
            && let Some(there) = after.child(*folder, name).filter(|there| there != id)
        {
            let replaced = self
                .links
                .iter_mut()
                .filter(|link| link.target == there && !link.revoked);
            replaced.for_each(|link| link.name.clone_from(name));
        }
    }

    /// After nobody knew what was made: where the model has a node, there is one.
    async fn learn_nodes(&mut self) {
        for id in self.truth.ids() {
            let node = self.devices[0]
                .drive
                .resolve(&self.truth.path(id, ROOT))
                .await
                .expect("it is there");
            let before = self.nodes.insert(id, node);
            assert!(
                before.is_none_or(|before| before == node),
                "another node in its place"
            );
        }
    }
}

impl OwnDevice {
    fn of((wire, phone): (Rc<Wire>, Phone), drive: Drive) -> Self {
        Self {
            wire,
            phone,
            drive,
            seen: None,
        }
    }

    /// Another program on the same device: it knows what the store holds, and nothing else.
    async fn start_again(&mut self) -> Result<()> {
        self.wire.recovers();
        let account = Account::resume(self.phone.around.clone()).await?;
        self.has(Drive::new(Rc::new(account.ok_or(Error::SignedOut)?)));
        Ok(())
    }

    fn has(&mut self, drive: Drive) {
        self.drive = drive;
        self.seen = None;
    }
}

fn device(server: &Server, seed: u64, number: u64) -> (Rc<Wire>, Phone) {
    let mut phone = server.phone();
    let mut entropy = [0; 32];
    entropy[..8].copy_from_slice(&seed.to_be_bytes());
    entropy[8..16].copy_from_slice(&number.to_be_bytes());
    phone.around.entropy = Rc::new(RefCell::new(StdRng::from_seed(entropy)));
    let wire = Wire::new(server.network());
    let line = postern_client::http::Retry::new(
        Rc::clone(&wire),
        phone.around.clock.clone(),
        phone.around.entropy.clone(),
    );
    phone.around.http = Rc::new(line);
    phone.around.device = wire.clone();
    (wire, phone)
}

async fn sign_in(phone: &Phone, name: &str, password: &str) -> Result<Drive> {
    let account = Account::sign_in(phone.around.clone(), name, password, Stay::SignedIn).await?;
    Ok(Drive::new(Rc::new(account)))
}

fn pick<T>(from: &[T], which: u8) -> Option<&T> {
    from.get(usize::from(which) % from.len().max(1))
}

async fn names(drive: &Drive) -> BTreeSet<String> {
    walk(drive).await.into_keys().collect()
}

/// All paths, with the nodes of files.
async fn walk(drive: &Drive) -> BTreeMap<String, Option<NodeId>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![(String::new(), drive.account().root())];
    while let Some((path, folder)) = folders.pop() {
        for entry in drive.list(Some(folder)).await.expect("listed").entries {
            let inner = format!("{path}{}", entry.name);
            if entry.kind == NodeKind::Folder {
                folders.push((format!("{inner}/"), entry.id));
            }
            let file = (entry.kind == NodeKind::File).then_some(entry.id);
            assert!(found.insert(inner, file).is_none(), "two of one name");
        }
    }
    found
}

async fn everything(drive: &Drive) -> Paths {
    let mut paths = Paths::new();
    for (path, file) in walk(drive).await {
        let bytes = match file {
            Some(file) => Some(get(drive, file).await.expect("downloaded")),
            None => None,
        };
        paths.insert(path, bytes);
    }
    paths
}

async fn read(opened: &OpenedLink, node: Option<NodeId>) -> Vec<u8> {
    let mut sink = Buffer::default();
    let read = opened
        .download(node, &mut Checkpoint::start(), &mut sink, &|_| {})
        .await;
    read.expect("downloaded through a link");
    sink.take()
}

async fn below(opened: &OpenedLink) -> Paths {
    let mut paths = Paths::new();
    let mut folders = vec![(String::new(), None)];
    while let Some((path, folder)) = folders.pop() {
        for entry in opened.list(folder).await.expect("listed").entries {
            let inner = format!("{path}{}", entry.name);
            let bytes = match entry.kind {
                NodeKind::File => Some(read(opened, Some(entry.id)).await),
                NodeKind::Folder => {
                    folders.push((format!("{inner}/"), Some(entry.id)));
                    None
                }
            };
            paths.insert(inner, bytes);
        }
    }
    paths
}
