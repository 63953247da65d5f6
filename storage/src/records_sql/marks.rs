//! What is noted on messages, and how they go.

use async_trait::async_trait;
use postern_domain::store::BlobKey;
use postern_protocol::changes::ChangeKind;
use postern_protocol::mail::PutMark;
use postern_protocol::{AccountId, MessageId, TimeMs};

use super::columns::Row;
use super::query::{CHUNK, built, list, sql};
use super::transaction::{End, Tx, TxError, Work};

/// What is to be noted on messages of one account.
pub(super) struct MarkAll<'a> {
    pub(super) account: AccountId,
    pub(super) marks: &'a [PutMark],
}

#[async_trait]
impl Work for MarkAll<'_> {
    type Outcome = Vec<MessageId>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Vec<MessageId>>, TxError> {
        let Some(latest) = tx.lock_account(self.account).await? else {
            return Ok(End::Undo(self.marks.iter().map(|put| put.message).collect()));
        };
        let (mut conflicts, mut noted) = (Vec::new(), false);
        for put in self.marks {
            if tx.mark(self.account, latest + 1, put).await? {
                noted = true;
            } else if !tx.is_marked(self.account, put).await? {
                conflicts.push(put.message);
            }
        }
        if !noted {
            return Ok(End::Undo(conflicts));
        }
        tx.note(self.account, &[ChangeKind::Mail]).await?;
        Ok(End::Keep(conflicts))
    }
}

/// Messages of one account that are to go.
pub(super) struct Delete<'a> {
    pub(super) account: AccountId,
    pub(super) messages: &'a [MessageId],
    /// Of them, those whose time has come by then: their owner may have taken one out of the trash since somebody looked.
    /// One that is to stay has the end of all times.
    pub(super) due: TimeMs,
    pub(super) now: TimeMs,
}

/// By then every message's time has come.
pub(super) const WHENEVER: TimeMs = TimeMs(i64::MAX);

#[async_trait]
impl Work for Delete<'_> {
    type Outcome = u32;

    async fn run(&self, tx: &mut Tx) -> Result<End<u32>, TxError> {
        let Some(latest) = tx.lock_account(self.account).await? else {
            return Ok(End::Undo(0));
        };
        let mut there = Vec::new();
        for chunk in self.messages.chunks(CHUNK) {
            there.extend(tx.bodies_of(self.account, chunk, self.due).await?);
            tx.bury_messages(self.account, latest + 1, chunk, self.due)
                .await?;
        }
        if there.is_empty() {
            return Ok(End::Undo(0));
        }
        let mut released = 0;
        for (body, size_bytes) in &there {
            let of_content = tx.detach(body.account, &[(body.content, 1)], self.now).await?;
            // What came from outside was charged for each mailbox by itself, whoever else has it still.
            let is_own = body.account == self.account;
            released += if is_own { of_content } else { *size_bytes };
        }
        tx.release(self.account, released).await?;
        tx.note(self.account, &[ChangeKind::Mail]).await?;
        Ok(End::Keep(u32::try_from(there.len()).unwrap_or(u32::MAX)))
    }
}

impl Tx {
    /// `false` if what is noted has not the version before, or there is no such message.
    async fn mark(&mut self, account: AccountId, change: u64, put: &PutMark) -> Result<bool, TxError> {
        let update = sql(
            "UPDATE messages SET mark_version = $3, mark = $4, expires = $5, changed = $6 \
             WHERE account = $1 AND message = $2 AND mark_version = $3 - 1 AND content IS NOT NULL",
        )
        .value(&account)
        .value(&put.message)
        .value(&put.mark.version)
        .value(&put.mark.sealed)
        .optional(put.mark.expires.as_ref())
        .value(&change);
        Ok(self.run(update).await? == 1)
    }

    /// Whether this very mark is noted: by a request whose answer was lost.
    async fn is_marked(&mut self, account: AccountId, put: &PutMark) -> Result<bool, TxError> {
        let found = sql(
            "SELECT 1 FROM messages WHERE account = $1 AND message = $2 AND mark_version = $3 AND mark = $4 \
             AND content IS NOT NULL",
        )
        .value(&account)
        .value(&put.message)
        .value(&put.mark.version)
        .value(&put.mark.sealed);
        Ok(self.one(found).await?.is_some())
    }

    /// Where the bodies of those messages lie that are there, and how large they are.
    async fn bodies_of(
        &mut self,
        account: AccountId,
        messages: &[MessageId],
        due: TimeMs,
    ) -> Result<Vec<(BlobKey, u64)>, TxError> {
        let text = "SELECT space, content, size_bytes FROM messages WHERE account = $1 AND content IS NOT NULL \
            AND COALESCE(expires, $2) <= $3 AND message IN ";
        let found = built(format!("{text}{} ORDER BY message", list(4, messages.len())));
        let found = found.value(&account).value(&WHENEVER).value(&due);
        let rows = self.all(found.values(messages)).await?;
        rows.into_iter().map(body).collect()
    }

    /// Leaves tombstones.
    async fn bury_messages(
        &mut self,
        account: AccountId,
        change: u64,
        messages: &[MessageId],
        due: TimeMs,
    ) -> Result<(), TxError> {
        let text = "UPDATE messages SET changed = $2, received = NULL, space = NULL, content = NULL, size_bytes = 0, \
            sealed_to = NULL, envelope = NULL, summary = NULL, mark = NULL, expires = NULL \
            WHERE account = $1 AND content IS NOT NULL AND COALESCE(expires, $3) <= $4 AND message IN ";
        let update = built(format!("{text}{}", list(5, messages.len())));
        let update = update.value(&account).value(&change).value(&WHENEVER).value(&due);
        self.run(update.values(messages)).await.map(|_| ())
    }
}

fn body(mut row: Row) -> Result<(BlobKey, u64), TxError> {
    let key = BlobKey {
        account: row.take()?,
        content: row.take()?,
    };
    Ok((key, row.take()?))
}
