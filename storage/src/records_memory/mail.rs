//! Mailboxes.

use async_trait::async_trait;
use postern_domain::store::{
    BlobKey, Delivered, Kept, MailEntry, MailEntryKind, MailStore, MessageRow, NewCopy, NewMail,
    NewestMessages, Result, UploadHandle,
};
use postern_protocol::changes::ChangeKind;
use postern_protocol::mail::{Before, MailCursor, Mark, Message, PutMark, PutMessage};
use postern_protocol::{AccountId, ContentId, MessageId, TimeMs};

use super::contents::{Content, State};
use super::{Held, MemoryRecords};
use crate::answers::told;

/// A message, or where one was.
#[derive(Debug)]
pub(super) struct InBox {
    arrived: u64,
    changed: u64,
    row: Option<MessageRow>,
}

impl InBox {
    fn new(change: u64, message: Message, body: BlobKey) -> Self {
        Self {
            arrived: change,
            changed: change,
            row: Some(MessageRow { message, body }),
        }
    }
}

#[async_trait]
impl MailStore for MemoryRecords {
    async fn deliver(&self, mails: &[NewMail]) -> Result<Vec<Vec<Delivered>>> {
        let mut held = self.held();
        let mut got = Vec::new();
        let mut outcomes = Vec::with_capacity(mails.len());
        for mail in mails {
            let key = BlobKey::of_mail(mail.message, mail.body);
            let new = || Content::new(State::There, UploadHandle::default(), mail.size_bytes, mail.now);
            held.contents.entry(key).or_insert_with(new);
            let of_copy = |copy: &NewCopy| {
                let outcome = held.deliver(mail, copy);
                if outcome == Delivered::Done {
                    got.push(copy.account);
                }
                outcome
            };
            outcomes.push(mail.copies.iter().map(of_copy).collect());
        }
        got.sort_unstable();
        got.dedup();
        for account in got {
            held.note(account, [ChangeKind::Mail]);
        }
        Ok(outcomes)
    }

    async fn known_messages(&self, account: AccountId, messages: &[MessageId]) -> Result<Vec<MessageId>> {
        let held = self.held();
        let known = messages
            .iter()
            .filter(|message| held.mail.contains_key(&(account, **message)));
        Ok(known.copied().collect())
    }

    async fn put_messages(&self, account: AccountId, messages: &[PutMessage]) -> Result<Vec<Kept>> {
        let mut held = self.held();
        let outcomes: Vec<_> = messages.iter().map(|put| held.put_own(account, put)).collect();
        if outcomes.contains(&Kept::Done) {
            held.note(account, [ChangeKind::Mail]);
        }
        Ok(outcomes)
    }

    async fn messages(&self, account: AccountId, messages: &[MessageId]) -> Result<Vec<MessageRow>> {
        let held = self.held();
        let row = |message: &MessageId| held.mail.get(&(account, *message))?.row.clone();
        Ok(messages.iter().filter_map(row).collect())
    }

    async fn newest_messages(
        &self,
        account: AccountId,
        before: Option<Before>,
        limit: u32,
    ) -> Result<Option<NewestMessages>> {
        let held = self.held();
        let Some(latest_change) = held.latest_change(account) else {
            return Ok(None);
        };
        let mut messages: Vec<_> = held
            .mailbox(account)
            .filter_map(|(_, inbox)| inbox.row.as_ref())
            .map(|row| row.message.clone())
            .filter(|row| {
                before.is_none_or(|before| (row.received, row.message) < (before.received, before.message))
            })
            .collect();
        messages.sort_by_key(|row| std::cmp::Reverse((row.received, row.message)));
        let more = messages.len() > limit as usize;
        messages.truncate(limit as usize);
        Ok(Some(NewestMessages {
            messages,
            more,
            latest_change,
        }))
    }

    async fn mail_changes(
        &self,
        account: AccountId,
        after: MailCursor,
        limit: u32,
    ) -> Result<Vec<MailEntry>> {
        let held = self.held();
        let is_after = |change: u64, message: MessageId| match after.message {
            None => change > after.change,
            Some(last) => (change, message) > (after.change, last),
        };
        let changed = held
            .mailbox(account)
            .filter(|(message, inbox)| is_after(inbox.changed, *message));
        let mut entries: Vec<_> = changed
            .map(|(message, inbox)| MailEntry {
                changed: inbox.changed,
                message,
                kind: entry_kind(inbox, after),
            })
            .collect();
        entries.sort_by_key(|entry| (entry.changed, entry.message));
        entries.truncate(limit as usize);
        Ok(entries)
    }

    async fn mark_messages(&self, account: AccountId, marks: &[PutMark]) -> Result<Vec<MessageId>> {
        let mut held = self.held();
        let Some(latest) = held.latest_change(account) else {
            return Ok(marks.iter().map(|put| put.message).collect());
        };
        let (mut conflicts, mut noted) = (Vec::new(), false);
        for put in marks {
            let Some(inbox) = held.mail.get_mut(&(account, put.message)) else {
                conflicts.push(put.message);
                continue;
            };
            match &mut inbox.row {
                Some(row) if version(row.message.mark.as_ref()) + 1 == put.mark.version => {
                    row.message.mark = Some(put.mark.clone());
                    inbox.changed = latest + 1;
                    noted = true;
                }
                Some(row) if is_noted(row.message.mark.as_ref(), &put.mark) => {}
                _ => conflicts.push(put.message),
            }
        }
        if noted {
            held.note(account, [ChangeKind::Mail]);
        }
        Ok(conflicts)
    }

    async fn delete_messages(&self, account: AccountId, messages: &[MessageId], now: TimeMs) -> Result<()> {
        self.held().delete_messages(account, messages, now);
        Ok(())
    }

    async fn delete_expired_messages(&self, now: TimeMs, limit: u32) -> Result<u32> {
        let mut held = self.held();
        let is_due = |inbox: &InBox| {
            let mark = inbox.row.as_ref().and_then(|row| row.message.mark.as_ref());
            mark.and_then(|mark| mark.expires)
                .is_some_and(|expires| expires <= now)
        };
        let due = held.mail.iter().filter(|(_, inbox)| is_due(inbox));
        let due: Vec<_> = due.map(|(key, _)| *key).take(limit as usize).collect();
        for (account, message) in &due {
            held.delete_messages(*account, &[*message], now);
        }
        Ok(u32::try_from(due.len()).unwrap_or(u32::MAX))
    }
}

impl Held {
    fn latest_change(&self, account: AccountId) -> Option<u64> {
        self.accounts
            .get(&account)
            .map(|account| account.row.latest_change)
    }

    fn mailbox(&self, account: AccountId) -> impl Iterator<Item = (MessageId, &InBox)> {
        let own = self.mail.iter().filter(move |((owner, _), _)| *owner == account);
        own.map(|((_, message), inbox)| (*message, inbox))
    }

    fn deliver(&mut self, mail: &NewMail, copy: &NewCopy) -> Delivered {
        let Some(latest) = self.latest_change(copy.account) else {
            return Delivered::NoAccount;
        };
        if self.mail.contains_key(&(copy.account, mail.message)) {
            return Delivered::Already;
        }
        let body = BlobKey::of_mail(mail.message, mail.body);
        if !self.is_there(body.account, body.content) {
            return Delivered::BodyGone;
        }
        let message = Message {
            message: mail.message,
            received: mail.received,
            size_bytes: mail.size_bytes,
            sealed_to: Some(copy.sealed_to.into()),
            envelope: copy.envelope.clone(),
            summary: mail.summary.clone(),
            mark: None,
        };
        let inbox = InBox::new(latest + 1, message, body);
        self.mail.insert((copy.account, mail.message), inbox);
        self.attach(body.account, &[(body.content, 1)]);
        if let Some(account) = self.accounts.get_mut(&copy.account) {
            account.row.used_bytes += mail.size_bytes;
        }
        Delivered::Done
    }

    fn put_own(&mut self, account: AccountId, put: &PutMessage) -> Kept {
        if self.mail.contains_key(&(account, put.message)) {
            return Kept::Already;
        }
        let content = ContentId(put.message.0);
        let (true, Some(latest)) = (self.is_there(account, content), self.latest_change(account)) else {
            return Kept::NoBody;
        };
        let body = BlobKey { account, content };
        let message = Message {
            message: put.message,
            received: put.received,
            size_bytes: self.contents[&body].size_bytes,
            sealed_to: None,
            envelope: put.envelope.clone(),
            summary: put.summary.clone(),
            mark: Some(Mark {
                version: 1,
                sealed: put.mark.clone(),
                expires: None,
            }),
        };
        let inbox = InBox::new(latest + 1, message, body);
        self.mail.insert((account, put.message), inbox);
        self.attach(account, &[(content, 1)]);
        Kept::Done
    }

    fn delete_messages(&mut self, account: AccountId, messages: &[MessageId], now: TimeMs) {
        let Some(latest) = self.latest_change(account) else {
            return;
        };
        let mut any = false;
        for message in messages {
            let Some(inbox) = self.mail.get_mut(&(account, *message)) else {
                continue;
            };
            let Some(row) = inbox.row.take() else {
                continue;
            };
            inbox.changed = latest + 1;
            any = true;
            self.detach(row.body.account, &[(row.body.content, 1)], now);
            if row.body.account != account
                && let Some(account) = self.accounts.get_mut(&account)
            {
                account.row.used_bytes -= row.message.size_bytes;
            }
        }
        if any {
            self.note(account, [ChangeKind::Mail]);
        }
    }
}

fn entry_kind(inbox: &InBox, after: MailCursor) -> MailEntryKind {
    match &inbox.row {
        Some(row) => told(row.message.clone(), inbox.arrived, after),
        None => MailEntryKind::Deleted,
    }
}

fn version(mark: Option<&Mark>) -> u64 {
    mark.map_or(0, |mark| mark.version)
}

fn is_noted(present: Option<&Mark>, wished: &Mark) -> bool {
    present.is_some_and(|present| (present.version, &present.sealed) == (wished.version, &wished.sealed))
}
