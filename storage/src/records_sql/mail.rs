//! Mailboxes, as they are read. How they fill is in `deliveries`, how they change in `marks`.

use async_trait::async_trait;
use postern_domain::store::{
    BlobKey, Delivered, Kept, MailEntry, MailEntryKind, MailStore, MessageRow, NewMail, NewestMessages,
    Result,
};
use postern_protocol::mail::{Before, MailCursor, Mark, Message, PutMark, PutMessage};
use postern_protocol::{AccountId, Bytes, ContentId, MessageId, TimeMs};

use super::SqlRecords;
use super::columns::Row;
use super::deliveries::{Deliver, PutOwn};
use super::marks::{Delete, MarkAll, WHENEVER};
use super::query::{CHUNK, Sql, built, list, sql};
use super::transaction::TxError;
use crate::answers::told;

#[async_trait]
impl MailStore for SqlRecords {
    async fn deliver(&self, mails: &[NewMail]) -> Result<Vec<Vec<Delivered>>> {
        self.transact(&Deliver(mails)).await
    }

    async fn known_messages(&self, account: AccountId, messages: &[MessageId]) -> Result<Vec<MessageId>> {
        let mut known = Vec::new();
        for chunk in messages.chunks(CHUNK) {
            for mut row in self.all(by_ids(account, chunk)).await? {
                known.push(row.take()?);
            }
        }
        Ok(known)
    }

    async fn put_messages(&self, account: AccountId, messages: &[PutMessage]) -> Result<Vec<Kept>> {
        self.transact(&PutOwn { account, messages }).await
    }

    async fn messages(&self, account: AccountId, messages: &[MessageId]) -> Result<Vec<MessageRow>> {
        let mut there = Vec::with_capacity(messages.len());
        for chunk in messages.chunks(CHUNK) {
            let text = "SELECT space, content, message, received, size_bytes, sealed_to, envelope, summary, \
                mark_version, mark, expires FROM messages WHERE account = $1 AND content IS NOT NULL AND message IN ";
            let found = built(format!("{text}{}", list(2, chunk.len())));
            for row in self.all(found.value(&account).values(chunk)).await? {
                there.push(message_row(row)?);
            }
        }
        Ok(there)
    }

    async fn newest_messages(
        &self,
        account: AccountId,
        before: Option<Before>,
        limit: u32,
    ) -> Result<Option<NewestMessages>> {
        let mut tx = self.snapshot().await?;
        let latest = sql("SELECT latest_change FROM accounts WHERE id = $1").value(&account);
        let Some(mut latest) = tx.one(latest).await? else {
            return Ok(None);
        };
        // One more than asked for tells whether there are more.
        let rows = tx.all(newest(account, before, limit.saturating_add(1))).await?;
        let mut messages = rows.into_iter().map(message).collect::<Result<Vec<_>, _>>()?;
        let more = messages.len() > limit as usize;
        messages.truncate(limit as usize);
        Ok(Some(NewestMessages {
            messages,
            more,
            latest_change: latest.take()?,
        }))
    }

    async fn mail_changes(
        &self,
        account: AccountId,
        after: MailCursor,
        limit: u32,
    ) -> Result<Vec<MailEntry>> {
        let rows = self.all(changes(account, after, limit)).await?;
        let entries = rows.into_iter().map(|row| entry(row, after));
        Ok(entries.collect::<Result<_, _>>()?)
    }

    async fn mark_messages(&self, account: AccountId, marks: &[PutMark]) -> Result<Vec<MessageId>> {
        self.transact(&MarkAll { account, marks }).await
    }

    async fn delete_messages(&self, account: AccountId, messages: &[MessageId], now: TimeMs) -> Result<()> {
        let delete = Delete {
            account,
            messages,
            due: WHENEVER,
            now,
        };
        self.transact(&delete).await.map(|_| ())
    }

    async fn delete_expired_messages(&self, now: TimeMs, limit: u32) -> Result<u32> {
        let due = sql("SELECT account, message FROM messages WHERE expires <= $1 ORDER BY expires LIMIT $2")
            .value(&now)
            .value(&limit);
        let mut deleted = 0;
        for mut row in self.all(due).await? {
            let (account, message) = (row.take()?, row.take()?);
            let delete = Delete {
                account,
                messages: &[message],
                due: now,
                now,
            };
            deleted += self.transact(&delete).await?;
        }
        Ok(deleted)
    }
}

/// Those of these messages that are, or were, in a mailbox.
pub(super) fn by_ids(account: AccountId, messages: &[MessageId]) -> Sql<'static> {
    let text = "SELECT message FROM messages WHERE account = $1 AND message IN ";
    built(format!("{text}{}", list(2, messages.len())))
        .value(&account)
        .values(messages)
}

/// A comparison of pairs, which both databases answer from the index.
fn newest(account: AccountId, before: Option<Before>, limit: u32) -> Sql<'static> {
    let query = match before {
        None => sql(
            "SELECT message, received, size_bytes, sealed_to, envelope, summary, mark_version, mark, expires \
             FROM messages WHERE account = $1 AND received IS NOT NULL \
             ORDER BY received DESC, message DESC LIMIT $2",
        )
        .value(&account),
        Some(Before { received, message }) => sql(
            "SELECT message, received, size_bytes, sealed_to, envelope, summary, mark_version, mark, expires \
             FROM messages WHERE account = $1 AND (received, message) < ($2, $3) \
             ORDER BY received DESC, message DESC LIMIT $4",
        )
        .value(&account)
        .value(&received)
        .value(&message),
    };
    query.value(&limit)
}

fn changes(account: AccountId, after: MailCursor, limit: u32) -> Sql<'static> {
    let query = match after.message {
        None => sql(
            "SELECT changed, arrived, content, message, received, size_bytes, sealed_to, envelope, summary, \
             mark_version, mark, expires FROM messages WHERE account = $1 AND changed > $2 \
             ORDER BY changed, message LIMIT $3",
        )
        .value(&account)
        .value(&after.change),
        Some(message) => sql(
            "SELECT changed, arrived, content, message, received, size_bytes, sealed_to, envelope, summary, \
             mark_version, mark, expires FROM messages WHERE account = $1 AND (changed, message) > ($2, $3) \
             ORDER BY changed, message LIMIT $4",
        )
        .value(&account)
        .value(&after.change)
        .value(&message),
    };
    query.value(&limit)
}

fn entry(mut row: Row, after: MailCursor) -> Result<MailEntry, TxError> {
    let (changed, arrived): (u64, u64) = (row.take()?, row.take()?);
    let is_there = row.take_optional::<ContentId>()?.is_some();
    if !is_there {
        return Ok(MailEntry {
            changed,
            message: row.take()?,
            kind: MailEntryKind::Deleted,
        });
    }
    let message = message(row)?;
    Ok(MailEntry {
        changed,
        message: message.message,
        kind: told(message, arrived, after),
    })
}

fn message_row(mut row: Row) -> Result<MessageRow, TxError> {
    Ok(MessageRow {
        body: BlobKey {
            account: row.take()?,
            content: row.take()?,
        },
        message: message(row)?,
    })
}

/// A message from the columns message, received, size_bytes, sealed_to, envelope, summary, mark_version, mark, expires.
fn message(mut row: Row) -> Result<Message, TxError> {
    Ok(Message {
        message: row.take()?,
        received: row.take()?,
        size_bytes: row.take()?,
        sealed_to: row.take_optional()?,
        envelope: row.take()?,
        summary: row.take()?,
        mark: mark(row)?,
    })
}

fn mark(mut row: Row) -> Result<Option<Mark>, TxError> {
    let version = row.take()?;
    let Some(sealed) = row.take_optional::<Bytes>()? else {
        return Ok(None);
    };
    Ok(Some(Mark {
        version,
        sealed,
        expires: row.take_optional()?,
    }))
}
