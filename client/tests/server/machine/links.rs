//! Links: made, taken back, and opened by somebody else.

use std::collections::BTreeSet;

use postern_client::Error;
use postern_client::links::{LinkAddress, OpenedLink, ShareTerms};
use postern_client::protocol::LinkId;

use super::life::{Life, pick};
use super::look::{below, read};
use super::model::{Change, Id, Model};
use super::wire::Trouble;

pub(super) struct Link {
    pub(super) id: LinkId,
    pub(super) address: LinkAddress,
    pub(super) target: Id,
    /// As it was when the link was made, or last wrapped.
    pub(super) name: String,
    pub(super) revoked: bool,
}

impl Life<'_> {
    pub(super) async fn share(&mut self, who: usize, node: u8, trouble: Option<Trouble>) {
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

    pub(super) async fn unshare(&mut self, who: usize, link: u8, trouble: Option<Trouble>) {
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

    pub(super) async fn check_link(&self, link: &Link) {
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

    pub(super) fn works(&self, link: &Link) -> bool {
        !link.revoked && self.truth.has(link.target)
    }

    /// A file that gets another content has its links wrapped anew.
    pub(super) fn rename_links(&mut self, change: &Change, after: &Model) {
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
}
