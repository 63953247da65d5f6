//! One account with two devices, and what is known for sure about it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use postern_client::http::Retry;
use postern_client::protocol::NodeId;
use postern_client::{Account, Drive, Error, PreparedSignUp, Result, Stay};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use super::Step;
use super::links::Link;
use super::look::{everything, names};
use super::model::{Id, Model, ROOT};
use super::passwords::sign_in;
use super::wire::Wire;
use crate::world::{PASSWORD, Phone, Server, chosen};

/// The account.
pub(crate) struct Life<'a> {
    pub(super) server: &'a Server,
    pub(super) name: String,
    pub(super) password: String,
    pub(super) passwords: u32,
    pub(super) truth: Model,
    pub(super) nodes: BTreeMap<Id, NodeId>,
    pub(super) links: Vec<Link>,
    pub(super) next: Id,
    pub(super) devices: Vec<OwnDevice>,
}

pub(super) struct OwnDevice {
    pub(super) wire: Rc<Wire>,
    pub(super) phone: Phone,
    pub(super) drive: Drive,
    /// The tree that it has loaded.
    pub(super) seen: Option<Model>,
}

impl<'a> Life<'a> {
    pub(crate) async fn begin(server: &'a Server, seed: u64) -> Self {
        static LIVES: AtomicU64 = AtomicU64::new(0);
        let life = LIVES.fetch_add(1, Ordering::Relaxed);
        let name = format!("life-{life}");
        // Another life that begins alike must not choose the same ids.
        let (one, other) = (device(server, seed, 2 * life), device(server, seed, 2 * life + 1));
        let prepared = PreparedSignUp::new(one.1.around.clone(), &name, &chosen(PASSWORD)).expect("a name");
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

    pub(super) async fn sync(&mut self, who: usize) {
        let device = &mut self.devices[who];
        device.drive.refresh().await.expect("the tree is whole");
        device.seen = Some(self.truth.clone());
        let expected: BTreeSet<_> = self.truth.paths(ROOT).into_keys().collect();
        assert_eq!(expected, names(&device.drive).await, "device {who}");
    }

    /// The tree as the person in front of that device sees it.
    pub(super) fn view(&self, who: usize) -> &Model {
        self.devices[who].seen.as_ref().unwrap_or(&self.truth)
    }

    pub(super) fn is_stale(&self, who: usize) -> bool {
        self.view(who).version != self.truth.version
    }
}

impl OwnDevice {
    pub(super) fn of((wire, phone): (Rc<Wire>, Phone), drive: Drive) -> Self {
        Self {
            wire,
            phone,
            drive,
            seen: None,
        }
    }

    /// Another program on the same device: it knows what the store holds, and nothing else.
    pub(super) async fn start_again(&mut self) -> Result<()> {
        self.wire.recovers();
        let account = Account::resume(self.phone.around.clone()).await?;
        self.has(Drive::new(Rc::new(account.ok_or(Error::SignedOut)?)));
        Ok(())
    }

    pub(super) fn has(&mut self, drive: Drive) {
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
    let line = Retry::new(
        Rc::clone(&wire),
        phone.around.clock.clone(),
        phone.around.entropy.clone(),
    );
    phone.around.http = Rc::new(line);
    phone.around.device = wire.clone();
    (wire, phone)
}

pub(super) fn pick<T>(from: &[T], which: u8) -> Option<&T> {
    from.get(usize::from(which) % from.len().max(1))
}
