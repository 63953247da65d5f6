//! Links, and what lies below them.

use async_trait::async_trait;
use postern_domain::store::{
    Digest, LeaseRow, Leased, LinkMade, LinkRow, LinkStore, LinkTarget, NewLease, NewLink, RecordPage, Result,
};
use postern_protocol::changes::ChangeKind;
use postern_protocol::limits::MAX_DEPTH;
use postern_protocol::volume::NodeKind;
use postern_protocol::{AccountId, Bytes, ContentId, LeaseId, LinkId, NodeId, TimeMs, VolumeId};

use super::SqlRecords;
use super::columns::{Row, RowKind};
use super::leases::{self, Delivered};
use super::query::{CHUNK, Sql, built, list, sql};
use super::transaction::{End, Tx, TxError, Work};
use super::volumes::record;

/// A link with what it leads to: its node's row, or the volume's root, which has none; and how many downloads are
/// reserved. The moment is the second value.
macro_rules! link_query {
    ($condition:literal) => {
        sql(concat!(
            "SELECT links.id, links.account, links.volume, links.node, nodes.kind, nodes.content, volumes.root, \
             proof_hash, wrap, archive, created, links.expires, max_downloads, downloads, \
             (SELECT COUNT(*) FROM leases WHERE link = links.id AND counted = 0 AND leases.expires > $2), revoked \
             FROM links JOIN volumes ON volumes.id = links.volume \
             LEFT JOIN nodes ON nodes.volume = links.volume AND nodes.node = links.node WHERE ",
            $condition
        ))
    };
}

#[async_trait]
impl LinkStore for SqlRecords {
    async fn create_link(&self, link: &NewLink, max_links: u32) -> Result<LinkMade> {
        self.transact(&CreateLink { link, max_links }).await
    }

    async fn link(&self, link: LinkId, now: TimeMs) -> Result<Option<LinkRow>> {
        let found = link_query!(
            "links.id = COALESCE((SELECT id FROM links WHERE id = $1), (SELECT id FROM links ORDER BY id LIMIT 1))"
        )
        .value(&link)
        .value(&now);
        let row = self.one(found).await?.map(link_row).transpose()?;
        Ok(row.filter(|row| row.id == link))
    }

    async fn links(&self, account: AccountId, now: TimeMs) -> Result<Vec<LinkRow>> {
        let found = link_query!("links.account = $1 AND revoked IS NULL ORDER BY created DESC, links.id")
            .value(&account)
            .value(&now);
        Ok(self
            .all(found)
            .await?
            .into_iter()
            .map(link_row)
            .collect::<Result<_, _>>()?)
    }

    async fn revoke_link(&self, account: AccountId, link: LinkId, now: TimeMs) -> Result<Option<()>> {
        self.transact(&Revoke { account, link, now }).await
    }

    async fn take_lease(&self, lease: &NewLease) -> Result<Leased> {
        self.transact(lease).await
    }

    async fn lease_by_token(&self, token_hash: &Digest, now: TimeMs) -> Result<Option<LeaseRow>> {
        Ok(self
            .one(leases::by_token(token_hash, now))
            .await?
            .map(leases::lease_row)
            .transpose()?)
    }

    async fn note_delivered(&self, lease: LeaseId) -> Result<()> {
        self.transact(&Delivered { lease }).await
    }

    async fn records_below(
        &self,
        volume: VolumeId,
        folder: NodeId,
        after: Option<NodeId>,
        limit: u32,
    ) -> Result<RecordPage> {
        let mut rows = self
            .all(below(volume, folder, after, limit.saturating_add(1)))
            .await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let records = rows
            .into_iter()
            .map(|mut row| record(row.take::<RowKind>()?, row));
        Ok(RecordPage {
            records: records.collect::<Result<_, _>>()?,
            more,
        })
    }

    async fn are_contents_below(
        &self,
        volume: VolumeId,
        node: NodeId,
        contents: &[ContentId],
    ) -> Result<bool> {
        for chunk in contents.chunks(CHUNK) {
            let below = self.all(paths_from(volume, node, chunk)).await?;
            if below.len() < chunk.len() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Everything below a folder. The depth bounds what a cycle could cost, should one ever come about.
fn below(volume: VolumeId, folder: NodeId, after: Option<NodeId>, limit: u32) -> Sql<'static> {
    // No id is smaller than this one, and none is it: ids are random.
    let after = after.unwrap_or(NodeId([0; 16]));
    sql("WITH RECURSIVE below (node, depth) AS ( \
             SELECT node, 1 FROM nodes WHERE volume = $1 AND parent = $2 \
             UNION SELECT nodes.node, below.depth + 1 FROM below \
             JOIN nodes ON nodes.volume = $1 AND nodes.parent = below.node WHERE below.depth <= $3 \
         ) SELECT kind, nodes.node, parent, generation, seq, content, sealed FROM below \
         JOIN nodes ON nodes.volume = $1 AND nodes.node = below.node \
         WHERE below.node > $4 ORDER BY below.node LIMIT $5")
    .value(&volume)
    .value(&folder)
    .value(&(MAX_DEPTH as u64))
    .value(&after)
    .value(&limit)
}

/// Upwards from the nodes that name one of these contents: a row for each content of which `node` is among its nodes or
/// above them.
fn paths_from(volume: VolumeId, node: NodeId, contents: &[ContentId]) -> Sql<'static> {
    built(format!(
        "WITH RECURSIVE above (content, node, parent, depth) AS ( \
             SELECT content, node, parent, 0 FROM nodes WHERE volume = $1 AND content IN {} \
             UNION SELECT above.content, nodes.node, nodes.parent, above.depth + 1 FROM above \
             JOIN nodes ON nodes.volume = $1 AND nodes.node = above.parent WHERE above.depth <= $2 \
         ) SELECT DISTINCT content FROM above WHERE node = $3 OR parent = $3",
        list(4, contents.len())
    ))
    .value(&volume)
    .value(&(MAX_DEPTH as u64))
    .value(&node)
    .values(contents)
}

struct CreateLink<'a> {
    link: &'a NewLink,
    max_links: u32,
}

#[async_trait]
impl Work for CreateLink<'_> {
    type Outcome = LinkMade;

    async fn run(&self, tx: &mut Tx) -> Result<End<LinkMade>, TxError> {
        if let Some(mut row) = tx.one(same_link(self.link)).await? {
            let same: bool = row.take::<u64>()? == 1;
            return Ok(End::Undo(if same { LinkMade::Done } else { LinkMade::IdTaken }));
        }
        if !tx.lock_volume_of(self.link).await? || !tx.has_node(self.link).await? {
            return Ok(End::Undo(LinkMade::NoSuchNode));
        }
        if tx.count_links(self.link.account).await? >= u64::from(self.max_links) {
            return Ok(End::Undo(LinkMade::TooMany));
        }
        if !tx.insert_link(self.link).await? {
            return Ok(End::Undo(LinkMade::IdTaken));
        }
        tx.note(self.link.account, &[ChangeKind::Link { link: self.link.id }])
            .await?;
        Ok(End::Keep(LinkMade::Done))
    }
}

struct Revoke {
    account: AccountId,
    link: LinkId,
    now: TimeMs,
}

#[async_trait]
impl Work for Revoke {
    type Outcome = Option<()>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Option<()>>, TxError> {
        let owned = sql("SELECT account FROM links WHERE id = $1").value(&self.link);
        let owner: Option<AccountId> = tx.one(owned).await?.map(|mut row| row.take()).transpose()?;
        if owner != Some(self.account) {
            return Ok(End::Undo(None));
        }
        if !tx.forget_link(self.link, self.now).await? {
            return Ok(End::Undo(Some(())));
        }
        tx.note(self.account, &[ChangeKind::Link { link: self.link }])
            .await?;
        Ok(End::Keep(Some(())))
    }
}

/// A link of that id, and whether it is the one that is to be made (1) or another (0).
fn same_link(link: &NewLink) -> Sql<'static> {
    sql(
        "SELECT CASE WHEN account = $2 AND volume = $3 AND node = $4 AND proof_hash = $5 AND revoked IS NULL \
         THEN 1 ELSE 0 END FROM links WHERE id = $1",
    )
    .value(&link.id)
    .value(&link.account)
    .value(&link.volume)
    .value(&link.node)
    .value(&link.proof_hash)
}

impl Tx {
    /// A batch that deletes the node must not run at the same time: it would not see the new link.
    async fn lock_volume_of(&mut self, link: &NewLink) -> Result<bool, TxError> {
        let lock = sql("UPDATE volumes SET counter = counter WHERE id = $1 AND account = $2");
        Ok(self.run(lock.value(&link.volume).value(&link.account)).await? == 1)
    }

    async fn has_node(&mut self, link: &NewLink) -> Result<bool, TxError> {
        let found = sql(
            "SELECT 1 FROM nodes WHERE volume = $1 AND node = $2 AND kind <> 0 \
             UNION ALL SELECT 1 FROM volumes WHERE id = $1 AND root = $2",
        )
        .value(&link.volume)
        .value(&link.node);
        Ok(self.one(found).await?.is_some())
    }

    async fn count_links(&mut self, account: AccountId) -> Result<u64, TxError> {
        let counted = sql("SELECT COUNT(*) FROM links WHERE account = $1 AND revoked IS NULL");
        let row = self.one(counted.value(&account)).await?;
        Ok(row.map(|mut row| row.take()).transpose()?.unwrap_or_default())
    }

    async fn insert_link(&mut self, link: &NewLink) -> Result<bool, TxError> {
        let insert = sql(
            "INSERT INTO links (id, account, volume, node, proof_hash, wrap, archive, created, \
             expires, max_downloads, downloads) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0) \
             ON CONFLICT (id) DO NOTHING",
        )
        .value(&link.id)
        .value(&link.account)
        .value(&link.volume)
        .value(&link.node)
        .value(&link.proof_hash)
        .value(&link.wrap)
        .value(&link.archive)
        .value(&link.created)
        .optional(link.expires.as_ref())
        .optional(link.max_downloads.as_ref());
        Ok(self.run(insert).await? == 1)
    }

    /// Revokes a link and forgets what it held. `false` if it was revoked before.
    pub(super) async fn forget_link(&mut self, link: LinkId, now: TimeMs) -> Result<bool, TxError> {
        let update =
            sql("UPDATE links SET revoked = $2, wrap = $3, archive = $3 WHERE id = $1 AND revoked IS NULL")
                .value(&link)
                .value(&now)
                .value(&Bytes::default());
        Ok(self.run(update).await? == 1)
    }
}

fn link_row(mut row: Row) -> Result<LinkRow, TxError> {
    let (id, account, volume, node) = (row.take()?, row.take()?, row.take()?, row.take()?);
    let kind: Option<RowKind> = row.take_optional()?;
    let content = row.take_optional()?;
    let root: Option<NodeId> = row.take_optional()?;
    Ok(LinkRow {
        id,
        account,
        volume,
        node,
        target: target(kind, content, root == Some(node)),
        proof_hash: row.take()?,
        wrap: row.take()?,
        archive: row.take()?,
        created: row.take()?,
        expires: row.take_optional()?,
        max_downloads: row.take_optional()?,
        downloads: row.take()?,
        reserved: row.take()?,
        revoked: row.take_optional()?,
    })
}

fn target(kind: Option<RowKind>, content: Option<ContentId>, is_root: bool) -> Option<LinkTarget> {
    let kind = if is_root {
        Some(NodeKind::Folder)
    } else {
        kind.and_then(RowKind::node_kind)
    };
    kind.map(|kind| LinkTarget { kind, content })
}
