//! Leases: a download that is reserved, may be interrupted and taken up again for a day, and counts once.

use postern_crypto::hash::token_hash;
use postern_protocol::bundle;
use postern_protocol::link::LeaseBody;
use postern_protocol::time::DAY_MS;
use postern_protocol::volume::NodeKind;
use postern_protocol::{ContentId, LeaseId, LinkId, TimeMs, bytes};
use rand_core::CryptoRng;

use crate::bundles::Bundle;
use crate::contents::{NO_CONTENT, Readable};
use crate::error::{Error, LinkEnd, Result};
use crate::postern::Postern;
use crate::store::{BlobKey, LinkRow, NewLease};

/// How long a download may take.
pub const LEASE_MS: i64 = DAY_MS;

/// Somebody who may download what a link leads to.
#[derive(Debug, Clone)]
pub struct Lease {
    postern: Postern,
    id: LeaseId,
    link: LinkRow,
}

impl Postern {
    /// The lease of this token, for this link. It lasts its time even when the link expires meanwhile; it ends when the
    /// link is taken back.
    ///
    /// # Errors
    /// [`Error::LinkUnavailable`] if the token is no such lease's, or its time is over.
    pub async fn lease(&self, link: LinkId, token: &str, now: TimeMs) -> Result<Lease> {
        let token: [u8; 32] = bytes::decode(token)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Error::LinkUnavailable)?;
        let row = self.records().lease_by_token(&token_hash(&token), now).await?;
        let row = row.filter(|row| row.link == link).ok_or(Error::LinkUnavailable)?;
        let link = self
            .records()
            .link(link, now)
            .await?
            .ok_or(Error::LinkUnavailable)?;
        if link.revoked.is_some() {
            return Err(Error::LinkEnded(LinkEnd::Revoked));
        }
        Ok(Lease {
            postern: self.clone(),
            id: row.id,
            link,
        })
    }
}

impl Lease {
    /// A content that the link leads to.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not there, or the link does not lead to it.
    pub async fn content(&self, content: ContentId) -> Result<Readable> {
        self.check_leads_to(&[content]).await?;
        let key = BlobKey {
            account: self.link.account,
            content,
        };
        Readable::open(&self.postern, key, Some(self.id)).await
    }

    /// Small contents that the link leads to.
    ///
    /// # Errors
    /// As of [`SignedIn::bundle`](crate::SignedIn::bundle); [`Error::NotFound`] also if the link does not lead to one of
    /// them.
    pub async fn bundle(&self, contents: &[ContentId]) -> Result<Bundle> {
        bundle::check(contents.iter().copied())?;
        self.check_leads_to(contents).await?;
        Bundle::open(&self.postern, self.link.account, contents, Some(self.id)).await
    }

    async fn check_leads_to(&self, contents: &[ContentId]) -> Result<()> {
        if self.leads_to(contents).await? {
            Ok(())
        } else {
            Err(NO_CONTENT)
        }
    }

    async fn leads_to(&self, contents: &[ContentId]) -> Result<bool> {
        let Some(target) = self.link.target else {
            return Ok(false);
        };
        if target.kind == NodeKind::File {
            return Ok(contents.iter().all(|content| target.content == Some(*content)));
        }
        let (volume, node) = (self.link.volume, self.link.node);
        let records = self.postern.records();
        Ok(records.are_contents_below(volume, node, contents).await?)
    }
}

/// A lease that is about to be taken, and what its holder gets to know of it.
pub(crate) struct NewToken {
    pub(crate) row: NewLease,
    pub(crate) body: LeaseBody,
}

impl NewToken {
    pub(crate) fn new(link: LinkId, now: TimeMs, rng: &mut impl CryptoRng) -> Self {
        let (mut id, mut token) = ([0; 16], [0; 32]);
        rng.fill_bytes(&mut id);
        rng.fill_bytes(&mut token);
        let (id, expires) = (LeaseId(id), now.plus_ms(LEASE_MS));
        Self {
            row: NewLease {
                id,
                link,
                token_hash: token_hash(&token),
                now,
                expires,
            },
            body: LeaseBody {
                id,
                token: bytes::encode(&token),
                expires,
            },
        }
    }
}
