//! A change of a volume.

use std::collections::HashMap;

use async_trait::async_trait;
use postern_domain::store::batch::{
    Effects, Live, Node, Touched, changed_nodes, feed, judge, named_contents, repeated_or_conflict,
};
use postern_domain::store::{BatchOutcome, NewBatch, ObjectPut, VolumeRow};
use postern_protocol::volume::Record;
use postern_protocol::{AccountId, ContentId, LinkId, NodeId, VolumeId};

use super::columns::{Column, Row, RowKind};
use super::query::{CHUNK, built, list, rows, rows_at_once, sql};
use super::transaction::{End, Tx, TxError, Work};
use super::volumes::volume_row;

#[async_trait]
impl Work for NewBatch {
    type Outcome = BatchOutcome;

    async fn run(&self, tx: &mut Tx) -> Result<End<BatchOutcome>, TxError> {
        let Some(volume) = tx.lock_volume(self).await? else {
            return Ok(End::Undo(BatchOutcome::NoVolume));
        };
        if volume.counter != self.expected {
            return Ok(End::Undo(repeated_or_conflict(self, &volume)));
        }
        let touched = tx.load_touched(self, &volume).await?;
        let effects = match judge(self, &touched) {
            Ok(effects) => effects,
            Err(refusal) => return Ok(End::Undo(BatchOutcome::Refused(refusal))),
        };
        let released_bytes = tx.carry_out(self, &effects).await?;
        if let Some(ObjectPut::Conflict { version }) = tx.put_state(self).await? {
            return Ok(End::Undo(BatchOutcome::StateConflict { version }));
        }
        tx.release(self.account, released_bytes).await?;
        tx.note(self.account, &feed(self, &effects)).await?;
        Ok(End::Keep(BatchOutcome::Applied))
    }
}

impl Tx {
    /// Whoever changes a volume waits here for those who do so already.
    async fn lock_volume(&mut self, batch: &NewBatch) -> Result<Option<VolumeRow>, TxError> {
        let lock = sql(
            "UPDATE volumes SET counter = counter WHERE id = $1 AND account = $2 \
             RETURNING id, account, counter, head, nodes, root",
        )
        .value(&batch.volume)
        .value(&batch.account);
        self.one(lock).await?.map(volume_row).transpose()
    }

    /// Everything but what is the account's own. Says how many bytes are no longer used.
    async fn carry_out(&mut self, batch: &NewBatch, effects: &Effects) -> Result<u64, TxError> {
        for chunk in batch.puts.chunks(rows_at_once(9)) {
            self.put_records(batch, chunk).await?;
        }
        for chunk in batch.deletes.chunks(CHUNK) {
            self.bury(batch, chunk).await?;
        }
        for rewrap in &batch.rewraps {
            let update = sql("UPDATE links SET wrap = $2 WHERE id = $1 AND revoked IS NULL");
            self.run(update.value(&rewrap.id).value(&rewrap.wrap)).await?;
        }
        for link in &effects.revoked {
            self.forget_link(*link, batch.now).await?;
        }
        self.attach(batch.account, &effects.attached).await?;
        self.advance(batch, effects).await?;
        self.detach(batch.account, &effects.detached, batch.now).await
    }

    async fn put_records(&mut self, batch: &NewBatch, puts: &[Record]) -> Result<(), TxError> {
        let mut insert = built(format!(
            "INSERT INTO nodes (volume, node, parent, kind, generation, seq, content, sealed, counter) \
             VALUES {} ON CONFLICT (volume, node) DO UPDATE SET parent = excluded.parent, kind = excluded.kind, \
             generation = excluded.generation, seq = excluded.seq, content = excluded.content, \
             sealed = excluded.sealed, counter = excluded.counter",
            rows(puts.len(), 9)
        ));
        for put in puts {
            insert = insert
                .value(&batch.volume)
                .value(&put.node)
                .value(&put.parent)
                .value(&RowKind::from(put.kind))
                .value(&put.generation)
                .value(&put.seq)
                .optional(put.content.as_ref())
                .value(&put.sealed)
                .value(&(batch.expected + 1));
        }
        self.run(insert).await.map(|_| ())
    }

    /// Leaves tombstones.
    async fn bury(&mut self, batch: &NewBatch, nodes: &[NodeId]) -> Result<(), TxError> {
        let text = "UPDATE nodes SET parent = NULL, kind = 0, content = NULL, sealed = NULL, counter = $2 \
            WHERE volume = $1 AND node IN ";
        let update = built(format!("{text}{}", list(3, nodes.len())));
        self.run(
            update
                .value(&batch.volume)
                .value(&(batch.expected + 1))
                .values(nodes),
        )
        .await
        .map(|_| ())
    }

    async fn advance(&mut self, batch: &NewBatch, effects: &Effects) -> Result<(), TxError> {
        let update =
            sql("UPDATE volumes SET counter = counter + 1, head = $2, nodes = $3, root = $4 WHERE id = $1")
                .value(&batch.volume)
                .value(&batch.head)
                .value(&effects.count)
                .optional(effects.root.as_ref());
        self.run(update).await.map(|_| ())
    }

    async fn put_state(&mut self, batch: &NewBatch) -> Result<Option<ObjectPut>, TxError> {
        match &batch.state {
            Some(state) => self.put_object(batch.account, state).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Loading the part of the tree that a batch touches.
impl Tx {
    async fn load_touched(&mut self, batch: &NewBatch, volume: &VolumeRow) -> Result<Touched, TxError> {
        let mut touched = Touched {
            root: volume.root,
            count: volume.nodes,
            ..Touched::default()
        };
        loop {
            let unseen = touched.unseen(batch);
            if unseen.is_empty() {
                break;
            }
            let mut found = self.nodes(batch.volume, &unseen).await?;
            touched
                .nodes
                .extend(unseen.into_iter().map(|node| (node, found.remove(&node))));
        }
        touched.children = self.children(batch.volume, &batch.deletes).await?;
        touched.contents = self
            .present_contents(batch.account, &named_contents(batch))
            .await?
            .into_iter()
            .collect();
        touched.links = self.touched_links(batch).await?;
        Ok(touched)
    }

    async fn nodes(&mut self, volume: VolumeId, nodes: &[NodeId]) -> Result<HashMap<NodeId, Node>, TxError> {
        let text = "SELECT node, seq, kind, parent, content FROM nodes WHERE volume = $1 AND node IN ";
        self.in_chunks(text, &volume, nodes, node)
            .await
            .map(|nodes| nodes.into_iter().collect())
    }

    async fn children(&mut self, volume: VolumeId, folders: &[NodeId]) -> Result<Vec<NodeId>, TxError> {
        let text = "SELECT node FROM nodes WHERE volume = $1 AND parent IN ";
        self.in_chunks(text, &volume, folders, |mut row| row.take()).await
    }

    /// Those of the contents that are there: state 2.
    async fn present_contents(
        &mut self,
        account: AccountId,
        contents: &[ContentId],
    ) -> Result<Vec<ContentId>, TxError> {
        let text = "SELECT content FROM contents WHERE account = $1 AND state = 2 AND content IN ";
        self.in_chunks(text, &account, contents, |mut row| row.take())
            .await
    }

    async fn touched_links(&mut self, batch: &NewBatch) -> Result<Vec<(LinkId, NodeId)>, TxError> {
        let by_node = "SELECT id, node FROM links WHERE volume = $1 AND revoked IS NULL AND node IN ";
        let mut links = self
            .in_chunks(by_node, &batch.volume, &changed_nodes(batch), link)
            .await?;
        let rewrapped: Vec<_> = batch.rewraps.iter().map(|rewrap| rewrap.id).collect();
        let by_id = "SELECT id, node FROM links WHERE volume = $1 AND revoked IS NULL AND id IN ";
        links.extend(self.in_chunks(by_id, &batch.volume, &rewrapped, link).await?);
        links.sort_unstable();
        links.dedup();
        Ok(links)
    }

    /// All rows of a statement that ends with `IN`, asked for a chunk of keys at a time.
    async fn in_chunks<K: Column + Sync, T>(
        &mut self,
        text: &str,
        of: &(impl Column + Sync),
        keys: &[K],
        read: impl Fn(Row) -> Result<T, TxError> + Sync,
    ) -> Result<Vec<T>, TxError> {
        let mut all = Vec::new();
        for chunk in keys.chunks(CHUNK) {
            let query = built(format!("{text}{}", list(2, chunk.len())))
                .value(of)
                .values(chunk);
            for row in self.all(query).await? {
                all.push(read(row)?);
            }
        }
        Ok(all)
    }
}

fn node(mut row: Row) -> Result<(NodeId, Node), TxError> {
    let (node, seq) = (row.take()?, row.take()?);
    let kind: RowKind = row.take()?;
    let Some(kind) = kind.node_kind() else {
        return Ok((node, Node { seq, live: None }));
    };
    let live = Live {
        kind,
        parent: row.take()?,
        content: row.take_optional()?,
    };
    Ok((
        node,
        Node {
            seq,
            live: Some(live),
        },
    ))
}

fn link(mut row: Row) -> Result<(LinkId, NodeId), TxError> {
    Ok((row.take()?, row.take()?))
}
