//! One message: from whom, for whom, and its text, on its way into the spool.

use std::net::IpAddr;

use bytes::Bytes;
use postern_crypto::mail::{Brought, Checks, Delivery, Peer};
use postern_crypto::sealing::SealingPublic;
use postern_domain::gateway::{NoRecipient, Recipient as Found};
use postern_domain::store::NewCopy;
use postern_protocol::{AccountId, MessageId, TimeMs};
use postern_smtp::{Address, Domain, ForwardPath, Recipient, Sender};
use rand_core::Rng as _;
use zeroize::Zeroizing;

use crate::checks::{Consequence, From};
use crate::figures;
use crate::filter::{Envelope, Opinion, Scan};
use crate::gateway::Gateway;
use crate::intake::{HeadTooLong, Intake, Taken, seal_summary};
use crate::log;
use crate::replies::{self, Refusal};
use crate::spool::{Draft, Seen, SpoolError, SpooledMail};

/// More servers than a message passes that goes anywhere (RFC 5321, 6.3).
const MAX_HOPS: usize = 100;

/// Who brings a message.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) address: IpAddr,
    /// What they call themselves.
    pub(crate) hello: String,
    /// How the connection is protected, if it is.
    pub(crate) tls: String,
}

/// A message that is being sent to us.
pub(crate) struct Message {
    gateway: Gateway,
    /// By which the log, the filter and the sender name it; by another one it is known in its mailbox.
    id: String,
    sender: Sender,
    visitor: Visitor,
    /// What DNS calls the visitor, once it was asked.
    host: String,
    /// Whether the sender's domain names the visitor as its own server, once it was asked.
    is_named: Option<bool>,
    recipients: Vec<Accepted>,
    text: Option<Text>,
}

/// Somebody who is to get it.
struct Accepted {
    account: AccountId,
    sealing: SealingPublic,
    /// As it was written.
    address: String,
}

/// Its text, as far as it has come.
struct Text {
    intake: Intake,
    draft: Draft,
    /// Sealed and not written yet.
    sealed: Vec<u8>,
    scan: Option<Scan>,
    /// What the filter has not read yet.
    unread: Zeroizing<Vec<u8>>,
}

impl Message {
    pub(crate) fn new(gateway: Gateway, sender: Sender, visitor: Visitor) -> Self {
        let id: [u8; 8] = rand::random();
        Self {
            gateway,
            id: id.iter().map(|byte| format!("{byte:02x}")).collect(),
            sender,
            visitor,
            host: String::new(),
            is_named: None,
            recipients: Vec::new(),
            text: None,
        }
    }

    /// By which the log, the filter and the sender name it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Whether there is somebody of that address, with keys that are known to be theirs, and with room.
    pub(crate) async fn add_recipient(&mut self, recipient: &Recipient) -> Result<(), Refusal> {
        let (local, domain, address) = parts(recipient.path.address());
        let found = match domain {
            Err(()) => Err(NoRecipient::OtherDomain),
            Ok(domain) => {
                let found = self.gateway.right().recipient(local, domain).await;
                found.map_err(|error| replies::not_looked_up(&error))?
            }
        };
        let found = found.map_err(|why| match why {
            NoRecipient::Nobody => replies::nobody(),
            NoRecipient::OtherDomain => replies::other_domain(),
        })?;
        self.may_come_in(&address).await?;
        if self.sender.size_bytes.unwrap_or(1) > found.room_bytes {
            return Err(replies::mailbox_full());
        }
        let account = found.account;
        let sealing = self.pinned(found).await?;
        // Who has several addresses gets one copy.
        if self.recipients.iter().all(|known| known.account != account) {
            self.recipients.push(Accepted {
                account,
                sealing,
                address,
            });
        }
        Ok(())
    }

    async fn pinned(&self, found: Found) -> Result<SealingPublic, Refusal> {
        let pins = self.gateway.pins().clone();
        if let Some(sealing) = pins.checked_before(&found) {
            return Ok(sealing);
        }
        let checked = tokio::task::spawn_blocking(move || pins.check(&found)).await;
        let checked = checked.map_err(|_| replies::later())?;
        checked.map_err(|error| replies::not_pinned(&error))
    }

    /// Whether mail is taken from this peer at all, and already now.
    async fn may_come_in(&mut self, recipient: &str) -> Result<(), Refusal> {
        if let Some(lists) = self.gateway.block_lists()
            && let Some(list) = lists.listing(self.visitor.address).await
        {
            return Err(replies::on_a_list(list));
        }
        if self.gateway.greylist().is_none() {
            return Ok(());
        }
        // Whom a domain names as its own server comes again in any case: to wait for that would tell nothing.
        if self.is_named().await || self.was_here(recipient) {
            Ok(())
        } else {
            Err(replies::come_again())
        }
    }

    /// The same for all recipients, and asked once: what is slow to answer would hold up each of them.
    async fn is_named(&mut self) -> bool {
        if let Some(is_named) = self.is_named {
            return is_named;
        }
        let sender = sender_of(&self.sender);
        let is_named = match self.gateway.checker() {
            Some(checker) => checker.is_from_its_domain(self.from(&sender)).await,
            None => false,
        };
        self.is_named = Some(is_named);
        is_named
    }

    fn was_here(&self, recipient: &str) -> bool {
        let (sender, now) = (sender_of(&self.sender), self.gateway.now());
        let greylist = self.gateway.greylist();
        greylist.is_none_or(|list| list.admits(self.visitor.address, &sender, recipient, now))
    }

    fn from<'a>(&'a self, sender: &'a str) -> From<'a> {
        From {
            peer: self.visitor.address,
            hello: &self.visitor.hello,
            sender,
            host: &self.gateway.settings().host,
        }
    }

    /// All recipients are known; its text begins.
    pub(crate) async fn begin_text(&mut self) {
        if let Some(checker) = self.gateway.checker() {
            self.host = checker.host(self.visitor.address).await;
        }
        let mut rng = rand::rng();
        let mut message = MessageId([0; 16]);
        rng.fill_bytes(&mut message.0);
        let mut sealed = Vec::new();
        self.text = Some(Text {
            intake: Intake::new(message, &mut sealed, &mut rng),
            draft: self.gateway.spool().draft(message),
            sealed,
            scan: self.begin_scan(),
            unread: Zeroizing::default(),
        });
    }

    fn begin_scan(&self) -> Option<Scan> {
        let sender = sender_of(&self.sender);
        let recipients = self.recipients.iter().map(|recipient| &*recipient.address);
        let envelope = Envelope {
            peer: self.visitor.address,
            hello: &self.visitor.hello,
            host: &self.host,
            sender: &sender,
            recipients: recipients.collect(),
            id: &self.id,
        };
        self.gateway.filter().map(|filter| filter.begin(&envelope))
    }

    /// The next piece of its text is sealed. Nothing is written before [`Message::write`].
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), HeadTooLong> {
        match &mut self.text {
            Some(text) => text.take(piece),
            None => Ok(()),
        }
    }

    /// Writes what is sealed, and lets the filter read it before.
    pub(crate) async fn write(&mut self) -> Result<(), SpoolError> {
        match &mut self.text {
            Some(text) => text.write().await,
            None => Ok(()),
        }
    }

    /// Its text is whole. When this returns without an error, the message is kept for good.
    pub(crate) async fn finish(mut self) -> Result<(), Refusal> {
        let Some(text) = self.text.take() else {
            return Err(replies::later());
        };
        let Text {
            intake,
            mut draft,
            mut sealed,
            scan,
            ..
        } = text;
        let mut taken = intake.finish(&mut sealed);
        if taken.hops() > MAX_HOPS {
            return Err(replies::loops());
        }
        let received = self.gateway.now();
        let claim = match self.claim(&taken, received) {
            Seen::Never(claim) => claim,
            Seen::Coming => return Err(replies::comes_already()),
            Seen::Taken => {
                figures::brought_again();
                log::brought_again(&self.id, self.visitor.address);
                return Ok(());
            }
        };
        draft
            .write(&sealed)
            .await
            .map_err(|error| replies::not_kept(&error))?;
        let (checked, opinion) = tokio::join!(self.check(&mut taken), opinion(scan));
        taken.summary.checks = checked?;
        taken.summary.checks.is_spam |= opinion?;
        let peer = self.peer();
        let mail = SealingOf {
            gateway: &self.gateway,
            sender: &self.sender,
            recipients: &self.recipients,
        }
        .seal(taken, peer, received, draft.size_bytes());
        let kept = draft.keep(&mail, claim).await;
        kept.map_err(|error| replies::not_kept(&error))?;
        figures::accepted();
        log::accepted(&self.id, self.visitor.address);
        Ok(())
    }
}

impl Message {
    /// Whether it was taken before. Programs that name no message apart from another may mean to send the same text twice.
    fn claim(&self, taken: &Taken, received: TimeMs) -> Seen {
        let mut recipients: Vec<_> = self.recipients.iter().map(|one| one.account.0).collect();
        recipients.sort_unstable();
        let brought = Brought {
            sender: &sender_of(&self.sender),
            recipients: &recipients,
            text: &taken.text,
        };
        let has_name = !taken.summary.message_id.is_empty();
        self.gateway.spool().claim(has_name.then_some(&brought), received)
    }

    /// Where it comes from, and whether that makes it spam.
    async fn check(&self, taken: &mut Taken) -> Result<Checks, Refusal> {
        let Some(checker) = self.gateway.checker() else {
            return Ok(Checks::default());
        };
        let sender = sender_of(&self.sender);
        let checked = checker.check(self.from(&sender), taken).await;
        figures::checked(&checked.checks);
        let consequence = checked.consequence(self.gateway.settings().dmarc);
        let is_spam = match consequence {
            Consequence::None => false,
            Consequence::Mark => true,
            Consequence::Later => return Err(replies::maybe_forged()),
            Consequence::Refuse => return Err(replies::forged()),
        };
        Ok(Checks {
            is_spam,
            ..checked.checks
        })
    }

    fn peer(&self) -> Peer {
        Peer {
            address: self.visitor.address.to_string(),
            hello: self.visitor.hello.clone(),
            host: self.host.clone(),
            tls: self.visitor.tls.clone(),
        }
    }
}

/// Whether the filter takes it for spam.
async fn opinion(scan: Option<Scan>) -> Result<bool, Refusal> {
    let Some(scan) = scan else { return Ok(false) };
    match scan.opinion().await {
        Opinion::Fine | Opinion::Unknown => Ok(false),
        Opinion::Spam => Ok(true),
        Opinion::Later => Err(replies::maybe_spam()),
        Opinion::Refuse => Err(replies::spam()),
    }
}

impl Text {
    fn take(&mut self, piece: &[u8]) -> Result<(), HeadTooLong> {
        if self.scan.as_ref().is_some_and(Scan::wants_more) {
            self.unread.extend_from_slice(piece);
        }
        self.intake.push(piece, &mut self.sealed)
    }

    async fn write(&mut self) -> Result<(), SpoolError> {
        if let Some(scan) = &mut self.scan
            && !self.unread.is_empty()
        {
            // Overwritten as soon as the filter has it.
            scan.read(Bytes::from_owner(std::mem::take(&mut self.unread)))
                .await;
        }
        let written = self.draft.write(&self.sealed).await;
        self.sealed.clear();
        written
    }
}

/// What is needed to seal summary and envelopes.
struct SealingOf<'a> {
    gateway: &'a Gateway,
    sender: &'a Sender,
    recipients: &'a [Accepted],
}

impl SealingOf<'_> {
    fn seal(&self, taken: Taken, peer: Peer, received: TimeMs, body_bytes: u64) -> SpooledMail {
        let mut rng = rand::rng();
        let mut summary = taken.summary;
        summary.received_ms = received.0;
        summary.sender = sender_of(self.sender);
        summary.peer = peer;
        let summary = seal_summary(&mut summary, &taken.key, taken.message, &mut rng);
        let copy = |recipient: &Accepted| {
            let delivery = Delivery {
                message: &taken.message.0,
                account: &recipient.account.0,
                sealing: &recipient.sealing,
            };
            let key = self.gateway.identity().key();
            let envelope = delivery.seal(key, &taken.key, &recipient.address, &summary, &mut rand::rng());
            NewCopy {
                account: recipient.account,
                sealed_to: recipient.sealing.id(),
                envelope: envelope
                    .expect("an address that SMTP takes is not too long")
                    .into(),
            }
        };
        SpooledMail {
            message: taken.message,
            received,
            body_bytes,
            copies: self.recipients.iter().map(copy).collect(),
            summary: summary.into(),
        }
    }
}

fn sender_of(sender: &Sender) -> String {
    let address = sender.path.address();
    address.map(ToString::to_string).unwrap_or_default()
}

/// What stands before and behind the `@`, and all of it. An address of the network is no domain of anybody's.
fn parts(address: Option<&Address>) -> (&str, Result<Option<&str>, ()>, String) {
    match address {
        None => ("postmaster", Ok(None), ForwardPath::Postmaster.to_string()),
        Some(address) => {
            let domain = match address.domain() {
                Domain::Name(name) => Ok(Some(&**name)),
                Domain::Literal(_) => Err(()),
            };
            (address.local(), domain, address.to_string())
        }
    }
}
