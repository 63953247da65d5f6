//! What a mail gateway may ask and bring. It is a part of the server like the interface, with the same stores.
//!
//! Whom it seals to is its own affair: it gets the signed statements that the directory has, and believes nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bytes::Bytes;
use postern_protocol::parts;
use postern_protocol::{AccountId, AccountName, ContentId, DomainName, MessageId, TimeMs};
use rand_core::CryptoRng;

use crate::error::{Error, Result};
use crate::postern::Postern;
use crate::store::{BlobKey, Body, BodyStream, Delivered, NewCopy, NewMail, Put, RecipientRow, StoreError};

/// The most bodies that lie in memory at once to be put together.
const TOGETHER_BYTES: u64 = 1 << 20;

/// The right to bring mail.
#[derive(Debug, Clone)]
pub struct Gateway(Postern);

/// Who gets what is written to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The account.
    pub account: AccountId,
    /// Its name, which its statements have to say as well.
    pub name: AccountName,
    /// Its directory log, oldest statement first. Nobody has verified it.
    pub statements: Vec<postern_protocol::Bytes>,
    /// How many bytes more it may keep.
    pub room_bytes: u64,
}

/// Why there is no recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRecipient {
    /// Mail for that domain is not taken here.
    OtherDomain,
    /// Nobody has the address.
    Nobody,
}

/// A message that a gateway brings.
pub struct Brought<'a> {
    /// Which.
    pub message: MessageId,
    /// When it came.
    pub received: TimeMs,
    /// What a list shows: sealed.
    pub summary: postern_protocol::Bytes,
    /// For whom.
    pub copies: Vec<NewCopy>,
    /// The sealed body.
    pub body: &'a dyn SealedBody,
}

/// The sealed body of a message, which can be read more than once.
pub trait SealedBody: Send + Sync {
    /// Its size.
    fn size_bytes(&self) -> u64;
    /// All of it, if it is in memory.
    fn whole(&self) -> Option<Bytes>;
    /// A part of it.
    fn read(&self, range: Range<u64>) -> BodyStream;
}

impl From<RecipientRow> for Recipient {
    fn from(row: RecipientRow) -> Self {
        Self {
            account: row.account,
            room_bytes: row.quota_bytes.saturating_sub(row.used_bytes),
            name: row.name,
            statements: row.statements,
        }
    }
}

impl Postern {
    /// The right to bring mail, for the part of this program that does.
    #[must_use]
    pub fn gateway(&self) -> Gateway {
        Gateway(self.clone())
    }
}

impl Gateway {
    /// Lets everybody know the statement by which gateways of this server are known. All gateways have the same one.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is another one.
    pub async fn announce(&self, statement: &[u8]) -> Result<()> {
        let kept = self.0.records().secret(GATEWAY, &statement.into()).await?;
        if kept.as_slice() == statement {
            Ok(())
        } else {
            Err(Error::Conflict {
                what: "the gateway's statement",
                present: None,
            })
        }
    }

    /// Who gets what is written to `local@domain`: whoever has that address, with or without a tag (`name+tag`), or who
    /// gets what is written to nobody; and whoever keeps the server, where it is the keeper of any of its domains who is
    /// written to.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn recipient(
        &self,
        local: &str,
        domain: Option<&str>,
    ) -> Result<Result<Recipient, NoRecipient>> {
        let Ok(domain) = self.domain(domain) else {
            return Ok(Err(NoRecipient::OtherDomain));
        };
        let local = self.local(local, domain.as_ref());
        let found = self.0.records().recipient(local.as_ref(), domain.as_ref());
        if let Some(row) = found.await? {
            return Ok(Ok(row.into()));
        }
        let is_ours = match &domain {
            None => true,
            Some(name) => self.0.records().domain(name).await?.is_some(),
        };
        if !is_ours {
            return Ok(Err(NoRecipient::OtherDomain));
        }
        let keeper = self.keeper(local.as_ref()).await?;
        Ok(keeper.ok_or(NoRecipient::Nobody))
    }

    /// Who keeps the server, if it is they who are written to. The records that are recommended for a domain name its
    /// postmaster, whether somebody has that address there or not.
    async fn keeper(&self, local: Option<&AccountName>) -> Result<Option<Recipient>> {
        let is_keeper = local.is_some_and(|local| KEEPERS.contains(&local.as_str()));
        match &self.0.rules().postmaster {
            Some(postmaster) if is_keeper => {
                let row = self.0.records().recipient(Some(postmaster), None).await?;
                Ok(row.map(Recipient::from))
            }
            _ => Ok(None),
        }
    }

    /// The domain as the stores know it: `None` for the server's own.
    fn domain(&self, domain: Option<&str>) -> Result<Option<DomainName>, ()> {
        let Some(domain) = domain else {
            return Ok(None);
        };
        let ascii = idna::domain_to_ascii(domain).map_err(|_| ())?;
        let name = DomainName::parse(&ascii).map_err(|_| ())?;
        let is_own = name == self.0.rules().mail_domain;
        Ok((!is_own).then_some(name))
    }

    /// Whose address it is, without the tag. `None` if it can be nobody's.
    fn local(&self, local: &str, domain: Option<&DomainName>) -> Option<AccountName> {
        let untagged = local.split_once('+').map_or(local, |(name, _)| name);
        let local = AccountName::parse(untagged).ok()?;
        let is_reserved = domain.is_none() && is_reserved(&local);
        match &self.0.rules().postmaster {
            Some(postmaster) if is_reserved => Some(postmaster.clone()),
            _ => Some(local),
        }
    }

    /// Puts messages into their mailboxes, and answers for each copy. Repeating it is harmless.
    ///
    /// # Errors
    /// [`Error::Store`]: some may be there then.
    pub async fn deliver(
        &self,
        brought: &[Brought<'_>],
        now: TimeMs,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Vec<Vec<Delivered>>> {
        let mut bodies: Vec<_> = brought.iter().map(|mail| ContentId(mail.message.0)).collect();
        let mut outcomes = self.deliver_as(brought, &bodies, now).await?;
        let is_gone = |copies: &Vec<Delivered>| copies.contains(&Delivered::BodyGone);
        if outcomes.iter().any(is_gone) {
            // A sweeper took one for lost, while nobody brought the rest. Its id is used, so it gets another one.
            for (body, copies) in bodies.iter_mut().zip(&outcomes) {
                if is_gone(copies) {
                    rng.fill_bytes(&mut body.0);
                }
            }
            outcomes = self.deliver_as(brought, &bodies, now).await?;
        }
        for (mail, copies) in brought.iter().zip(&outcomes) {
            let delivered = mail.copies.iter().zip(copies);
            for (copy, _) in delivered.filter(|(_, outcome)| **outcome == Delivered::Done) {
                self.0.ring(copy.account);
            }
        }
        Ok(outcomes)
    }

    /// Blobs first, rows last.
    async fn deliver_as(
        &self,
        brought: &[Brought<'_>],
        bodies: &[ContentId],
        now: TimeMs,
    ) -> Result<Vec<Vec<Delivered>>> {
        let (known, mut together) = (self.known(brought).await?, Vec::new());
        for (mail, body) in brought.iter().zip(bodies) {
            let is_known = |copy: &NewCopy| known.contains(&(copy.account, mail.message));
            if mail.copies.iter().all(is_known) {
                continue;
            }
            let key = BlobKey::of_mail(mail.message, *body);
            match mail.body.whole() {
                Some(bytes) if bytes.len() as u64 <= TOGETHER_BYTES => together.push((key, bytes)),
                _ => self.put_large(key, mail.body).await?,
            }
        }
        self.put_together(together).await?;
        let mails = brought.iter().zip(bodies).map(|(mail, body)| NewMail {
            message: mail.message,
            body: *body,
            size_bytes: mail.body.size_bytes(),
            received: mail.received,
            summary: mail.summary.clone(),
            copies: mail.copies.clone(),
            now,
        });
        Ok(self.0.records().deliver(&mails.collect::<Vec<_>>()).await?)
    }

    /// Which of these the mailboxes have, or had: what was deleted is not put there again.
    async fn known(&self, brought: &[Brought<'_>]) -> Result<BTreeSet<(AccountId, MessageId)>> {
        let mut messages: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for mail in brought {
            for copy in &mail.copies {
                messages.entry(copy.account).or_default().push(mail.message);
            }
        }
        let mut known = BTreeSet::new();
        for (account, messages) in messages {
            let found = self.0.records().known_messages(account, &messages).await?;
            known.extend(found.into_iter().map(|message| (account, message)));
        }
        Ok(known)
    }

    async fn put_together(&self, blobs: Vec<(BlobKey, Bytes)>) -> Result<()> {
        let sizes: Vec<_> = blobs.iter().map(|(_, bytes)| bytes.len() as u64).collect();
        if blobs.is_empty() {
            return Ok(());
        }
        let puts = self.0.blobs().put_all(blobs).await?;
        puts.into_iter()
            .zip(sizes)
            .try_for_each(|(put, size)| check_put(put, size))
    }

    async fn put_large(&self, key: BlobKey, body: &dyn SealedBody) -> Result<()> {
        let size_bytes = body.size_bytes();
        let part = |part| {
            let range = parts::range(part, size_bytes);
            Body::stream(range.end - range.start, body.read(range))
        };
        if parts::count(size_bytes) <= 1 {
            let put = self.0.blobs().put(key, part(0)).await?;
            return check_put(put, size_bytes);
        }
        // It was put before, and then nobody heard of it.
        if self.0.blobs().size(key).await? == Some(size_bytes) {
            return Ok(());
        }
        let upload = self.0.blobs().begin(key).await?;
        for number in 0..parts::count(size_bytes) {
            let there = self
                .0
                .blobs()
                .put_part(key, &upload, number, part(number))
                .await?;
            there.ok_or_else(lost)?;
        }
        let whole = self.0.blobs().complete(key, &upload, size_bytes).await?;
        whole.ok_or_else(lost)
    }
}

fn check_put(put: Put, expected_bytes: u64) -> Result<()> {
    match put {
        Put::AlreadyThere { size_bytes } if size_bytes != expected_bytes => Err(lost()),
        _ => Ok(()),
    }
}

/// The store has forgotten what it took a moment ago.
fn lost() -> Error {
    Error::Store(StoreError::Unavailable(
        "the body of a message was not kept".into(),
    ))
}

/// The names that a mail server's keeper is written to (RFC 2142), and those by which authorities prove who keeps a domain:
/// whoever had one could get a certificate for it.
pub(crate) fn is_reserved(name: &AccountName) -> bool {
    RESERVED.contains(&name.as_str())
}

/// Whom every domain that takes mail has to have (RFC 2142).
const KEEPERS: [&str; 2] = ["abuse", "postmaster"];

const RESERVED: [&str; 13] = [
    "abuse",
    "admin",
    "administrator",
    "hostmaster",
    "mailer-daemon",
    "no-reply",
    "noreply",
    "postmaster",
    "root",
    "security",
    "ssladmin",
    "sysadmin",
    "webmaster",
];

/// Under which name the gateway's statement is kept.
pub(crate) const GATEWAY: &str = "gateway";
