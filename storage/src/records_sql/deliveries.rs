//! Messages on their way into mailboxes.

use std::collections::{BTreeMap, HashMap, HashSet};

use async_trait::async_trait;
use postern_domain::store::{BlobKey, ContentRow, Delivered, Kept, NewContent, NewCopy, NewMail};
use postern_protocol::changes::ChangeKind;
use postern_protocol::mail::PutMessage;
use postern_protocol::{AccountId, Bytes, ContentId, MessageId, TimeMs};

use super::columns::ContentState;
use super::mail::by_ids;
use super::query::{CHUNK, built, rows, rows_at_once, sql};
use super::transaction::{End, Tx, TxError, Work};

/// Messages from outside.
pub(super) struct Deliver<'a>(pub(super) &'a [NewMail]);

#[async_trait]
impl Work for Deliver<'_> {
    type Outcome = Vec<Vec<Delivered>>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Self::Outcome>, TxError> {
        let bodies = tx.bodies_there(self.0).await?;
        let mut outcomes = HashMap::new();
        // In the order of their ids, so that two deliveries cannot wait for each other.
        for (account, copies) in self.by_account() {
            for (message, outcome) in tx.deliver_to(account, &copies, &bodies).await? {
                outcomes.insert((account, message), outcome);
            }
        }
        let of_mail = |mail: &NewMail| {
            let of_copy = |copy: &NewCopy| outcomes[&(copy.account, mail.message)];
            mail.copies.iter().map(of_copy).collect()
        };
        Ok(End::Keep(self.0.iter().map(of_mail).collect()))
    }
}

type Copies<'a> = Vec<(&'a NewMail, &'a NewCopy)>;

impl Deliver<'_> {
    fn by_account(&self) -> BTreeMap<AccountId, Copies<'_>> {
        let mut accounts: BTreeMap<_, Copies<'_>> = BTreeMap::new();
        for mail in self.0 {
            for copy in &mail.copies {
                accounts.entry(copy.account).or_default().push((mail, copy));
            }
        }
        accounts
    }
}

/// Messages that their owner puts there.
pub(super) struct PutOwn<'a> {
    pub(super) account: AccountId,
    pub(super) messages: &'a [PutMessage],
}

#[async_trait]
impl Work for PutOwn<'_> {
    type Outcome = Vec<Kept>;

    async fn run(&self, tx: &mut Tx) -> Result<End<Vec<Kept>>, TxError> {
        let ids: Vec<_> = self.messages.iter().map(|put| put.message).collect();
        let bodies = tx.own_bodies(self.account, &ids).await?;
        let Some(latest) = tx.lock_account(self.account).await? else {
            return Ok(End::Undo(vec![Kept::NoBody; ids.len()]));
        };
        let known = tx.known_messages(self.account, &ids).await?;
        let outcome = |message: &MessageId| match (known.contains(message), bodies.contains_key(message)) {
            (true, _) => Kept::Already,
            (false, true) => Kept::Done,
            (false, false) => Kept::NoBody,
        };
        let outcomes: Vec<_> = ids.iter().map(outcome).collect();
        let done = self.messages.iter().zip(&outcomes);
        let done = done.filter(|(_, outcome)| **outcome == Kept::Done);
        let rows: Vec<_> = done
            .map(|(put, _)| NewRow::own(put, &bodies[&put.message]))
            .collect();
        if rows.is_empty() {
            return Ok(End::Undo(outcomes));
        }
        tx.insert_messages(self.account, latest + 1, &rows).await?;
        let named: Vec<_> = rows.iter().map(|row| (row.body.content, 1)).collect();
        tx.attach(self.account, &named).await?;
        tx.note(self.account, &[ChangeKind::Mail]).await?;
        Ok(End::Keep(outcomes))
    }
}

/// A row that is about to be.
struct NewRow<'a> {
    message: MessageId,
    received: TimeMs,
    body: BlobKey,
    size_bytes: u64,
    sealed_to: Option<Bytes>,
    envelope: &'a Bytes,
    summary: &'a Bytes,
    mark: Option<&'a Bytes>,
}

impl<'a> NewRow<'a> {
    fn copy((mail, copy): &(&'a NewMail, &'a NewCopy)) -> Self {
        Self {
            message: mail.message,
            received: mail.received,
            body: BlobKey::of_mail(mail.message, mail.body),
            size_bytes: mail.size_bytes,
            sealed_to: Some(copy.sealed_to.into()),
            envelope: &copy.envelope,
            summary: &mail.summary,
            mark: None,
        }
    }

    fn own(put: &'a PutMessage, body: &ContentRow) -> Self {
        Self {
            message: put.message,
            received: put.received,
            body: body.key,
            size_bytes: body.size_bytes,
            sealed_to: None,
            envelope: &put.envelope,
            summary: &put.summary,
            mark: Some(&put.mark),
        }
    }
}

impl Tx {
    /// Those messages of which a body is there, by this call or before.
    async fn bodies_there(&mut self, mails: &[NewMail]) -> Result<HashSet<MessageId>, TxError> {
        let mut bodies: Vec<_> = mails
            .iter()
            .map(|mail| NewContent {
                key: BlobKey::of_mail(mail.message, mail.body),
                size_bytes: mail.size_bytes,
                now: mail.now,
            })
            .collect();
        bodies.sort_by_key(|body| body.key.account);
        let new = self.insert_whole(&bodies).await?;
        let mut there = HashSet::with_capacity(mails.len());
        for body in bodies {
            let is_there = new.contains(&body.key.content) || self.is_there(body.key).await?;
            if is_there {
                there.insert(MessageId(body.key.account.0));
            }
        }
        Ok(there)
    }

    async fn is_there(&mut self, key: BlobKey) -> Result<bool, TxError> {
        let content = self.lock_content(key).await?;
        Ok(content.is_some_and(|content| content.state == ContentState::There))
    }

    async fn deliver_to(
        &mut self,
        account: AccountId,
        copies: &[(&NewMail, &NewCopy)],
        bodies: &HashSet<MessageId>,
    ) -> Result<Vec<(MessageId, Delivered)>, TxError> {
        let Some(latest) = self.lock_account(account).await? else {
            let gone = copies
                .iter()
                .map(|(mail, _)| (mail.message, Delivered::NoAccount));
            return Ok(gone.collect());
        };
        let ids: Vec<_> = copies.iter().map(|(mail, _)| mail.message).collect();
        let known = self.known_messages(account, &ids).await?;
        let outcome = |message: MessageId| match (known.contains(&message), bodies.contains(&message)) {
            (true, _) => Delivered::Already,
            (false, true) => Delivered::Done,
            (false, false) => Delivered::BodyGone,
        };
        let new = copies
            .iter()
            .filter(|(mail, _)| outcome(mail.message) == Delivered::Done);
        let new: Vec<_> = new.map(NewRow::copy).collect();
        if !new.is_empty() {
            self.insert_messages(account, latest + 1, &new).await?;
            let bodies: Vec<_> = new.iter().map(|row| row.body).collect();
            self.attach_bodies(&bodies).await?;
            self.charge_in_any_case(account, new.iter().map(|row| row.size_bytes).sum())
                .await?;
            self.note(account, &[ChangeKind::Mail]).await?;
        }
        Ok(ids
            .into_iter()
            .map(|message| (message, outcome(message)))
            .collect())
    }

    /// Whoever fills a mailbox waits here for those who do so already. Yields the number of the account's latest change.
    pub(super) async fn lock_account(&mut self, account: AccountId) -> Result<Option<u64>, TxError> {
        let lock =
            sql("UPDATE accounts SET latest_change = latest_change WHERE id = $1 RETURNING latest_change");
        let row = self.one(lock.value(&account)).await?;
        row.map(|mut row| row.take()).transpose()
    }

    /// Those of these messages that are, or were, in the mailbox.
    async fn known_messages(
        &mut self,
        account: AccountId,
        messages: &[MessageId],
    ) -> Result<HashSet<MessageId>, TxError> {
        let mut known = HashSet::new();
        for chunk in messages.chunks(CHUNK) {
            for mut row in self.all(by_ids(account, chunk)).await? {
                known.insert(row.take()?);
            }
        }
        Ok(known)
    }

    /// The contents of the account with the ids of these messages.
    async fn own_bodies(
        &mut self,
        account: AccountId,
        messages: &[MessageId],
    ) -> Result<HashMap<MessageId, ContentRow>, TxError> {
        let contents: Vec<_> = messages.iter().map(|message| ContentId(message.0)).collect();
        let there = self.contents_there(account, &contents).await?;
        let by_message = |row: ContentRow| (MessageId(row.key.content.0), row);
        Ok(there.into_iter().map(by_message).collect())
    }

    async fn insert_messages(
        &mut self,
        account: AccountId,
        change: u64,
        new: &[NewRow<'_>],
    ) -> Result<(), TxError> {
        for chunk in new.chunks(rows_at_once(13)) {
            let mut insert = built(format!(
                "INSERT INTO messages (account, message, arrived, changed, received, space, content, size_bytes, \
                 sealed_to, envelope, summary, mark_version, mark) VALUES {}",
                rows(chunk.len(), 13)
            ));
            for row in chunk {
                insert = insert
                    .value(&account)
                    .value(&row.message)
                    .value(&change)
                    .value(&change)
                    .value(&row.received)
                    .value(&row.body.account)
                    .value(&row.body.content)
                    .value(&row.size_bytes)
                    .optional(row.sealed_to.as_ref())
                    .value(row.envelope)
                    .value(row.summary)
                    .value(&u64::from(row.mark.is_some()))
                    .optional(row.mark);
            }
            self.run(insert).await?;
        }
        Ok(())
    }

    /// Counts bytes as used, also beyond what the account may use.
    async fn charge_in_any_case(&mut self, account: AccountId, bytes: u64) -> Result<(), TxError> {
        let charged = sql("UPDATE accounts SET used_bytes = used_bytes + $2 WHERE id = $1");
        self.run(charged.value(&account).value(&bytes)).await.map(|_| ())
    }
}
