//! Volumes, as they are read. How they change is in `batches`.

use async_trait::async_trait;
use postern_domain::store::{BatchOutcome, NewBatch, Result, VolumeRow, VolumeStore};
use postern_protocol::VolumeId;
use postern_protocol::volume::{Cursor, Record, VolumeChange, VolumePage};

use super::SqlRecords;
use super::columns::{Row, RowKind};
use super::query::{Sql, sql};
use super::transaction::TxError;
use crate::answers::page;
use crate::error::damaged;

#[async_trait]
impl VolumeStore for SqlRecords {
    async fn volume(&self, volume: VolumeId) -> Result<Option<VolumeRow>> {
        Ok(self.one(by_id(volume)).await?.map(volume_row).transpose()?)
    }

    async fn apply_batch(&self, batch: &NewBatch) -> Result<BatchOutcome> {
        self.transact(batch).await
    }

    async fn volume_page(
        &self,
        volume: VolumeId,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Option<VolumePage>> {
        let mut tx = self.snapshot().await?;
        let Some(row) = tx.one(by_id(volume)).await? else {
            return Ok(None);
        };
        // One more than asked for tells whether this is the last page.
        let mut rows = tx.all(changes(volume, after, limit.saturating_add(1))).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let changes = rows.into_iter().map(change).collect::<Result<_, _>>()?;
        Ok(Some(page(volume_row(row)?, changes, more)))
    }
}

fn by_id(volume: VolumeId) -> Sql<'static> {
    sql("SELECT id, account, counter, head, nodes, root FROM volumes WHERE id = $1").value(&volume)
}

pub(super) fn volume_row(mut row: Row) -> Result<VolumeRow, TxError> {
    Ok(VolumeRow {
        id: row.take()?,
        account: row.take()?,
        counter: row.take()?,
        head: row.take()?,
        nodes: row.take()?,
        root: row.take_optional()?,
    })
}

/// A comparison of pairs, which both databases answer from the index; tombstones are left out of the beginning.
fn changes(volume: VolumeId, after: Option<Cursor>, limit: u32) -> Sql<'static> {
    let query = match after {
        None => sql(
            "SELECT counter, kind, node, parent, generation, seq, content, sealed FROM nodes \
             WHERE volume = $1 AND kind <> 0 ORDER BY counter, node LIMIT $2",
        )
        .value(&volume),
        Some(Cursor { counter, node: None }) => sql(
            "SELECT counter, kind, node, parent, generation, seq, content, sealed FROM nodes \
                 WHERE volume = $1 AND counter >= $2 ORDER BY counter, node LIMIT $3",
        )
        .value(&volume)
        .value(&counter),
        Some(Cursor {
            counter,
            node: Some(node),
        }) => sql(
            "SELECT counter, kind, node, parent, generation, seq, content, sealed FROM nodes \
                 WHERE volume = $1 AND (counter, node) > ($2, $3) ORDER BY counter, node LIMIT $4",
        )
        .value(&volume)
        .value(&counter)
        .value(&node),
    };
    query.value(&limit)
}

fn change(mut row: Row) -> Result<VolumeChange, TxError> {
    let counter = row.take()?;
    let kind: RowKind = row.take()?;
    match kind.node_kind() {
        Some(_) => Ok(VolumeChange::Put {
            counter,
            record: record(kind, row)?,
        }),
        None => Ok(VolumeChange::Delete {
            counter,
            node: row.take()?,
        }),
    }
}

/// A record from the columns node, parent, generation, seq, content, sealed.
pub(super) fn record(kind: RowKind, mut row: Row) -> Result<Record, TxError> {
    Ok(Record {
        kind: kind
            .node_kind()
            .ok_or_else(|| damaged("a tombstone where a node should be"))?,
        node: row.take()?,
        parent: row.take()?,
        generation: row.take()?,
        seq: row.take()?,
        content: row.take_optional()?,
        sealed: row.take()?,
    })
}
