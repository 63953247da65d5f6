//! Links, as their owner makes them and as their holder opens them.
//!
//! Nobody learns anything about a link, not even whether there is one, without the proof that comes from its secret
//! (threat E5). Opening counts nothing (threat E3): what counts is a lease that was delivered, see
//! [`OpenLink::lease`].

use postern_crypto::link::proves;
use postern_protocol::limits::{MAX_LINK_BYTES, MAX_LINK_DOWNLOADS, MAX_LINKS, MAX_PAGE};
use postern_protocol::link::{LeaseBody, LinkBody, LinkCreate, LinkEntry, LinkRecords, LinkStatus, Links};
use postern_protocol::volume::NodeKind;
use postern_protocol::{Bytes, LinkId, NodeId, TimeMs};
use rand_core::CryptoRng;

use crate::error::{Error, LinkEnd, Result};
use crate::leases::NewToken;
use crate::postern::Postern;
use crate::session::SignedIn;
use crate::shapes::{check_sealed, digest};
use crate::store::{Leased, LinkMade, LinkRow, LinkTarget, NewLink};

/// Somebody who has proven to hold a link that is in force.
#[derive(Debug, Clone)]
pub struct OpenLink {
    postern: Postern,
    row: LinkRow,
    target: LinkTarget,
}

impl SignedIn {
    /// Makes a link. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such node; [`Error::Conflict`] if the id is taken.
    pub async fn create_link(&self, create: LinkCreate, now: TimeMs) -> Result<LinkEntry> {
        let link = self.new_link(create, now)?;
        match self.postern().records().create_link(&link, MAX_LINKS).await? {
            LinkMade::Done => {}
            LinkMade::IdTaken => {
                return Err(Error::Conflict {
                    what: "the link's id",
                    present: None,
                });
            }
            LinkMade::NoSuchNode => return Err(Error::NotFound("file or folder")),
            LinkMade::TooMany => return Err(Error::TooLarge("the number of links")),
        }
        self.postern().ring(self.account());
        let row = self.postern().records().link(link.id, now).await?;
        Ok(entry(row.ok_or(NO_LINK)?, now))
    }

    /// All links that have not been taken back, newest first.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn links(&self, now: TimeMs) -> Result<Links> {
        let rows = self.postern().records().links(self.account(), now).await?;
        Ok(Links {
            links: rows.into_iter().map(|row| entry(row, now)).collect(),
        })
    }

    /// Takes a link back: from now on nothing is handed out under it. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the account has no such link.
    pub async fn revoke_link(&self, link: LinkId, now: TimeMs) -> Result<()> {
        let revoked = self
            .postern()
            .records()
            .revoke_link(self.account(), link, now)
            .await?;
        revoked.ok_or(NO_LINK)?;
        self.postern().ring(self.account());
        Ok(())
    }

    fn new_link(&self, create: LinkCreate, now: TimeMs) -> Result<NewLink> {
        check_sealed(&create.wrap, MAX_LINK_BYTES, "a link's wrap")?;
        check_sealed(&create.archive, MAX_LINK_BYTES, "a link's archive")?;
        if create.expires.is_some_and(|expires| expires <= now) {
            return Err(Error::Malformed("a link must end in the future"));
        }
        if create
            .max_downloads
            .is_some_and(|max| max == 0 || max > MAX_LINK_DOWNLOADS)
        {
            return Err(Error::Malformed("a link has from 1 to 1,000,000 downloads"));
        }
        Ok(NewLink {
            id: create.id,
            account: self.account(),
            volume: create.volume,
            node: create.node,
            proof_hash: digest(&create.proof_hash, "a proof's hash has 32 bytes")?,
            wrap: create.wrap,
            archive: create.archive,
            created: now,
            expires: create.expires,
            max_downloads: create.max_downloads,
        })
    }
}

impl Postern {
    /// Opens a link by its proof. Counts nothing.
    ///
    /// # Errors
    /// [`Error::LinkUnavailable`], and nothing else, without the right proof; with it, [`Error::LinkEnded`] says why
    /// a link leads nowhere any more.
    pub async fn link(&self, link: LinkId, proof: &Bytes, now: TimeMs) -> Result<OpenLink> {
        let proof: &[u8; 32] = proof
            .as_slice()
            .try_into()
            .map_err(|_| Error::Malformed("a proof has 32 bytes"))?;
        let row = self.records().link(link, now).await?;
        // The proof is hashed and compared also where there is nothing to compare it with.
        let kept = row.as_ref().map_or([0; 32], |row| row.proof_hash);
        let row = row
            .filter(|_| proves(proof, &kept))
            .ok_or(Error::LinkUnavailable)?;
        match (status(&row, now), row.target) {
            (LinkStatus::Active, Some(target)) => Ok(OpenLink {
                postern: self.clone(),
                row,
                target,
            }),
            (LinkStatus::Expired, _) => Err(Error::LinkEnded(LinkEnd::Expired)),
            (LinkStatus::UsedUp, _) => Err(Error::LinkEnded(LinkEnd::UsedUp)),
            (LinkStatus::Revoked | LinkStatus::Active, _) => Err(Error::LinkEnded(LinkEnd::Revoked)),
        }
    }
}

impl OpenLink {
    /// What the link leads to.
    #[must_use]
    pub fn body(&self) -> LinkBody {
        LinkBody {
            volume: self.row.volume,
            node: self.row.node,
            kind: self.target.kind,
            content: self.target.content,
            wrap: self.row.wrap.clone(),
            expires: self.row.expires,
            downloads_left: downloads_left(&self.row),
        }
    }

    /// What lies below a shared folder, a page of it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the link leads to a file.
    pub async fn records(&self, after: Option<NodeId>) -> Result<LinkRecords> {
        if self.target.kind == NodeKind::File {
            return Err(Error::NotFound("folder"));
        }
        let records = self.postern.records();
        let page = records
            .records_below(self.row.volume, self.row.node, after, MAX_PAGE)
            .await?;
        Ok(LinkRecords {
            records: page.records,
            more: page.more,
        })
    }

    /// Reserves a download. Of many at the same moment, as many get one as there are left (threat E4).
    ///
    /// # Errors
    /// [`Error::LinkEnded`] if none is left.
    pub async fn lease(&self, now: TimeMs, rng: &mut impl CryptoRng) -> Result<LeaseBody> {
        let new = NewToken::new(self.row.id, now, rng);
        match self.postern.records().take_lease(&new.row).await? {
            Leased::Done => Ok(new.body),
            Leased::UsedUp => Err(Error::LinkEnded(LinkEnd::UsedUp)),
            Leased::Expired => Err(Error::LinkEnded(LinkEnd::Expired)),
            Leased::Revoked => Err(Error::LinkEnded(LinkEnd::Revoked)),
            Leased::NoLink => Err(Error::LinkUnavailable),
        }
    }
}

const NO_LINK: Error = Error::NotFound("link");

fn status(row: &LinkRow, now: TimeMs) -> LinkStatus {
    if row.revoked.is_some() {
        LinkStatus::Revoked
    } else if row.max_downloads.is_some_and(|max| row.downloads >= max) {
        LinkStatus::UsedUp
    } else if row.expires.is_some_and(|expires| expires <= now) {
        LinkStatus::Expired
    } else {
        LinkStatus::Active
    }
}

fn downloads_left(row: &LinkRow) -> Option<u32> {
    let taken = row.downloads.saturating_add(row.reserved);
    row.max_downloads.map(|max| max.saturating_sub(taken))
}

fn entry(row: LinkRow, now: TimeMs) -> LinkEntry {
    LinkEntry {
        status: status(&row, now),
        id: row.id,
        volume: row.volume,
        node: row.node,
        created: row.created,
        expires: row.expires,
        max_downloads: row.max_downloads,
        downloads: row.downloads,
        archive: row.archive,
    }
}
