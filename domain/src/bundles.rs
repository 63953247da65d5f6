//! Bundles: many small contents that come or go in one request.
//!
//! Only the way is shared. Each is a content like any other, and a bundle that was lost half way may be sent again.

use std::collections::HashMap;

use bytes::Bytes;
use postern_crypto::hash::{equal, hash};
use postern_protocol::bundle::{self, BundleKept, MAX_BUNDLE_BYTES};
use postern_protocol::{AccountId, ContentId, LeaseId, TimeMs};

use crate::contents::{Delivery, NO_CONTENT};
use crate::error::{Error, Result};
use crate::postern::Postern;
use crate::session::SignedIn;
use crate::store::{BlobKey, BodyError, ContentRow, Digest, NewContent, Put};
use crate::uploads::{check_blob, check_content_size, kept, same_size};

/// Small contents that their asker may read.
#[derive(Debug, Clone)]
pub struct Bundle {
    postern: Postern,
    owner: AccountId,
    /// In the order asked for.
    rows: Vec<ContentRow>,
    lease: Option<LeaseId>,
}

impl SignedIn {
    /// Takes small contents, each whole. When this returns, they are on disk.
    ///
    /// # Errors
    /// [`Error::Body`] if the bundle is not what was announced; [`Error::Bundle`]; [`Error::TooLarge`]; [`Error::QuotaExceeded`] if they do not all fit, and then none is kept;
    /// [`Error::Conflict`] if another content of one of these ids is, or was, there.
    pub async fn put_bundle(&self, bundle: &Bytes, checksum: Digest, now: TimeMs) -> Result<BundleKept> {
        let contents = unpack(bundle, checksum)?;
        let ids: Vec<_> = contents.iter().map(|(content, _)| *content).collect();
        let mut there = by_id(self.postern().records().contents(self.account(), &ids).await?);
        let mut new = contents.clone();
        new.retain(|(content, _)| !there.contains_key(content));
        if !new.is_empty() {
            there.extend(by_id(self.keep(&new, now).await?));
        }
        let bodies = contents.iter().map(|(content, sealed)| {
            let row = there.get(content).copied().ok_or(NO_CONTENT)?;
            same_size(row, sealed.len() as u64)
        });
        Ok(BundleKept {
            contents: bodies.collect::<Result<_>>()?,
        })
    }

    /// Blobs first, rows last.
    async fn keep(&self, new: &[(ContentId, Bytes)], now: TimeMs) -> Result<Vec<ContentRow>> {
        let size_bytes = new.iter().map(|(_, sealed)| sealed.len() as u64).sum();
        self.check_room(size_bytes).await?;
        let key = |content: ContentId| BlobKey {
            account: self.account(),
            content,
        };
        let blobs = new
            .iter()
            .map(|(content, sealed)| (key(*content), sealed.clone()));
        let puts = self.postern().blobs().put_all(blobs.collect()).await?;
        for ((content, sealed), put) in new.iter().zip(puts) {
            if let Put::AlreadyThere { size_bytes } = put {
                check_blob(self.postern(), key(*content), size_bytes, hash(sealed)).await?;
            }
        }
        let rows = new.iter().map(|(content, sealed)| NewContent {
            key: key(*content),
            size_bytes: sealed.len() as u64,
            now,
        });
        let rows: Vec<_> = rows.collect();
        let added = self.postern().records().add_contents(&rows).await?;
        added.into_iter().map(kept).collect()
    }

    /// Small contents of this account.
    ///
    /// # Errors
    /// [`Error::Bundle`]; [`Error::TooLarge`]; [`Error::NotFound`] if one of them is not there.
    pub async fn bundle(&self, contents: &[ContentId]) -> Result<Bundle> {
        bundle::check(contents.iter().copied())?;
        Bundle::open(self.postern(), self.account(), contents, None).await
    }
}

impl Bundle {
    /// Each once, and its asker may read it.
    pub(crate) async fn open(
        postern: &Postern,
        owner: AccountId,
        contents: &[ContentId],
        lease: Option<LeaseId>,
    ) -> Result<Self> {
        let there = by_id(postern.records().contents(owner, contents).await?);
        let rows = contents
            .iter()
            .map(|content| there.get(content).copied().ok_or(NO_CONTENT));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        check_bundle_size(rows.iter().map(|row| row.size_bytes))?;
        Ok(Self {
            postern: postern.clone(),
            owner,
            rows,
            lease,
        })
    }

    /// The size of the sealed streams together.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.rows.iter().map(|row| row.size_bytes).sum()
    }

    /// The sealed streams, end to end, and where their delivery has to be reported.
    ///
    /// # Errors
    /// [`Error::NotFound`] if one of them has gone meanwhile.
    pub async fn read(&self) -> Result<(Bytes, Option<Delivery>)> {
        let blobs: Vec<_> = self.rows.iter().map(|row| (row.key, row.size_bytes)).collect();
        let bytes = self.postern.blobs().read_all(&blobs).await?.ok_or(NO_CONTENT)?;
        let delivery = self
            .lease
            .map(|lease| Delivery::new(&self.postern, lease, self.owner));
        Ok((bytes, delivery))
    }
}

/// The contents of a bundle, each fit to be kept. Nothing is copied.
fn unpack(bundle: &Bytes, checksum: Digest) -> Result<Vec<(ContentId, Bytes)>> {
    check_bundle_size([bundle.len() as u64].into_iter())?;
    if !equal(&hash(bundle), &checksum) {
        return Err(Error::Body(BodyError::WrongChecksum));
    }
    let entries = bundle::parse(bundle)?;
    for (_, range) in &entries {
        check_content_size(range.len() as u64)?;
    }
    Ok(entries
        .into_iter()
        .map(|(content, range)| (content, bundle.slice(range)))
        .collect())
}

fn by_id(rows: Vec<ContentRow>) -> HashMap<ContentId, ContentRow> {
    rows.into_iter().map(|row| (row.key.content, row)).collect()
}

fn check_bundle_size(sizes: impl Iterator<Item = u64>) -> Result<()> {
    if sizes.sum::<u64>() > MAX_BUNDLE_BYTES as u64 {
        return Err(Error::TooLarge("the bundle"));
    }
    Ok(())
}
