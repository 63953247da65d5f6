//! One message: from whom, for whom, and its text, on its way into the spool.

use std::net::IpAddr;

use postern_crypto::mail::{Delivery, Peer};
use postern_crypto::sealing::SealingPublic;
use postern_domain::gateway::NoRecipient;
use postern_domain::store::NewCopy;
use postern_protocol::{AccountId, MessageId};
use postern_smtp::{Address, Domain, ForwardPath, Recipient, Reply, Sender};
use rand_core::Rng as _;

use crate::checks::From;
use crate::gateway::Gateway;
use crate::intake::{HeadTooLong, Intake, Taken, seal_summary};
use crate::replies;
use crate::spool::{Draft, SpoolError, SpooledMail};

/// More servers than a message passes that goes anywhere (RFC 5321, 6.3).
const MAX_HOPS: usize = 100;

/// A message that is being sent to us.
pub(crate) struct Message {
    gateway: Gateway,
    sender: Sender,
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
}

impl Message {
    pub(crate) fn new(gateway: Gateway, sender: Sender) -> Self {
        Self {
            gateway,
            sender,
            recipients: Vec::new(),
            text: None,
        }
    }

    /// Whether there is somebody of that address, with keys that are known to be theirs, and with room.
    pub(crate) async fn add_recipient(&mut self, recipient: &Recipient) -> Result<(), Reply> {
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
        if self.sender.size_bytes.unwrap_or(1) > found.room_bytes {
            return Err(replies::mailbox_full());
        }
        let (pins, account) = (self.gateway.pins().clone(), found.account);
        let checked = tokio::task::spawn_blocking(move || pins.check(&found)).await;
        let checked = checked.map_err(|_| replies::later())?;
        let sealing = checked.map_err(|error| replies::not_pinned(&error))?;
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

    /// All recipients are known; its text begins.
    pub(crate) fn begin_text(&mut self) {
        let mut rng = rand::rng();
        let mut message = MessageId([0; 16]);
        rng.fill_bytes(&mut message.0);
        let mut sealed = Vec::new();
        self.text = Some(Text {
            intake: Intake::new(message, &mut sealed, &mut rng),
            draft: self.gateway.spool().draft(message),
            sealed,
        });
    }

    /// The next piece of its text is sealed. Nothing is written before [`Message::write`].
    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), HeadTooLong> {
        match &mut self.text {
            Some(text) => text.intake.push(piece, &mut text.sealed),
            None => Ok(()),
        }
    }

    /// Writes what is sealed.
    pub(crate) async fn write(&mut self) -> Result<(), SpoolError> {
        match &mut self.text {
            Some(text) => text.write().await,
            None => Ok(()),
        }
    }

    /// Its text is whole. When this returns without an error, the message is kept for good.
    pub(crate) async fn finish(self, address: IpAddr, mut peer: Peer) -> Result<MessageId, Reply> {
        let Some(Text {
            intake,
            mut draft,
            mut sealed,
        }) = self.text
        else {
            return Err(replies::later());
        };
        let mut taken = intake.finish(&mut sealed);
        if taken.hops() > MAX_HOPS {
            return Err(replies::loops());
        }
        draft
            .write(&sealed)
            .await
            .map_err(|error| replies::not_kept(&error))?;
        if let Some(checker) = self.gateway.checker() {
            let sender = sender_of(&self.sender);
            let from = From {
                peer: address,
                hello: &peer.hello,
                sender: &sender,
                host: &self.gateway.settings().host,
            };
            taken.summary.checks = checker.check(from, &mut taken).await;
            peer.host = checker.host(address).await;
        }
        let mail = SealingOf {
            gateway: &self.gateway,
            sender: &self.sender,
            recipients: &self.recipients,
        }
        .seal(taken, peer, draft.size_bytes());
        let message = mail.message;
        draft
            .keep(&mail)
            .await
            .map_err(|error| replies::not_kept(&error))?;
        Ok(message)
    }
}

impl Text {
    async fn write(&mut self) -> Result<(), SpoolError> {
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
    fn seal(&self, taken: Taken, peer: Peer, body_bytes: u64) -> SpooledMail {
        let (received, mut rng) = (self.gateway.now(), rand::rng());
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
