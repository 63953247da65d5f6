//! Opening what the server keeps of a message, and saying where it comes from.

use postern_crypto::ContentKey;
use postern_crypto::identity::IdentityPublic;
use postern_crypto::mail::{Attachment, Delivery, Mailbox as Person, Mark, MarkPlace, Origin, Own, Summary};
use postern_crypto::sealing::SealingKey;
use postern_crypto::{Id, MailKey};
use postern_protocol::limits::is_number;
use postern_protocol::mail::{Mark as SealedMark, Message};
use postern_protocol::{MessageId, TimeMs};

use super::entry::{Entry, Noted, Opened};
use crate::account::Account;
use crate::names::steady;

/// The beginning of the year 1.
const EARLIEST_MS: i64 = -62_135_596_800_000;
/// The end of the year 9999.
const LATEST_MS: i64 = 253_402_300_799_999;

/// What opens the messages of an account.
pub(crate) struct Opener {
    account: Id,
    sealing: SealingKey,
    mail: MailKey,
    gateway: Option<IdentityPublic>,
}

/// What was in an envelope.
struct Unsealed {
    key: ContentKey,
    address: Option<String>,
    origin: Origin,
}

impl Opener {
    pub(crate) fn new(account: &Account, gateway: Option<IdentityPublic>) -> Self {
        let unlocked = account.unlocked();
        Self {
            account: account.id().0,
            sealing: unlocked.sealing.clone(),
            mail: unlocked.mail.key.clone(),
            gateway,
        }
    }

    /// The message, opened if it can be: one that cannot takes none of the others with it.
    pub(crate) fn open(&self, message: Message) -> Entry {
        let opened = self.opened(&message);
        let summary = opened.as_ref().map(|opened| &opened.summary);
        Entry {
            message: message.message,
            received: TimeMs(summary.map_or(shown_time(message.received.0), |summary| summary.received_ms)),
            noted: self.noted(message.message, message.mark, summary),
            opened,
        }
    }

    /// What is noted on a message. A mark that does not open is as good as none, its version too: a server that could have
    /// a high one believed would keep every later mark out.
    pub(crate) fn noted(
        &self,
        message: MessageId,
        sealed: Option<SealedMark>,
        summary: Option<&Summary>,
    ) -> Noted {
        let Some(sealed) = sealed else {
            return Noted::nothing(summary);
        };
        match self.opened_mark(message, &sealed) {
            Some(mark) => Noted {
                mark,
                version: sealed.version,
                expires: sealed.expires,
                opens: true,
            },
            None => Noted {
                opens: false,
                ..Noted::nothing(summary)
            },
        }
    }

    fn opened_mark(&self, message: MessageId, sealed: &SealedMark) -> Option<Mark> {
        let place = self.place(&message, sealed.version);
        let mark = Mark::open(&self.mail, place, sealed.sealed.as_slice()).ok()?;
        is_number(sealed.version).then_some(mark)
    }

    /// The seat of a mark.
    pub(crate) fn place<'a>(&'a self, message: &'a MessageId, version: u64) -> MarkPlace<'a> {
        MarkPlace {
            account: &self.account,
            message: &message.0,
            version,
        }
    }

    pub(crate) fn mail_key(&self) -> &MailKey {
        &self.mail
    }

    fn opened(&self, message: &Message) -> Option<Opened> {
        let unsealed = match &message.sealed_to {
            Some(key) if key.as_slice() == self.sealing.public().id() => self.unseal(message)?,
            Some(_) => return None,
            None => self.unseal_own(message)?,
        };
        let summary = Summary::open(&unsealed.key, &message.message.0, message.summary.as_slice()).ok()?;
        Some(Opened {
            origin: unsealed.origin,
            address: unsealed.address,
            summary: shown(summary),
            key: unsealed.key,
        })
    }

    fn unseal(&self, message: &Message) -> Option<Unsealed> {
        let delivery = Delivery {
            message: &message.message.0,
            account: &self.account,
            sealing: self.sealing.public(),
        };
        let delivered = delivery.open(&self.sealing, message.envelope.as_slice()).ok()?;
        let is_signed = self
            .gateway
            .as_ref()
            .is_some_and(|gateway| delivered.came_through(gateway, message.summary.as_slice()));
        Some(Unsealed {
            origin: if is_signed {
                Origin::Gateway
            } else {
                Origin::Unknown
            },
            key: delivered.key,
            address: Some(delivered.address),
        })
    }

    fn unseal_own(&self, message: &Message) -> Option<Unsealed> {
        let own = Own {
            account: &self.account,
            message: &message.message.0,
        };
        Some(Unsealed {
            key: own.open(&self.mail, message.envelope.as_slice()).ok()?,
            address: None,
            origin: Origin::Owner,
        })
    }
}

/// A summary as it may be shown: the gateway signs what a message says, and whoever wrote that may want to be taken for
/// somebody else.
fn shown(summary: Summary) -> Summary {
    let people = |people: Vec<Person>| people.into_iter().map(shown_person).collect();
    let attachment = |attachment: Attachment| Attachment {
        name: steady(&attachment.name),
        ..attachment
    };
    Summary {
        from: people(summary.from),
        to: people(summary.to),
        cc: people(summary.cc),
        reply_to: people(summary.reply_to),
        subject: steady(&summary.subject),
        snippet: steady(&summary.snippet),
        attachments: summary.attachments.into_iter().map(attachment).collect(),
        received_ms: shown_time(summary.received_ms),
        date_ms: summary.date_ms.map(shown_time),
        ..summary
    }
}

/// A time that has a date of four figures: no browser, and no terminal, has a name for the others.
fn shown_time(ms: i64) -> i64 {
    ms.clamp(EARLIEST_MS, LATEST_MS)
}

/// A name that looks like an address, and is another than the person's own, would be taken for theirs.
fn shown_person(Person { name, address }: Person) -> Person {
    let (name, address) = (steady(&name), steady(&address));
    let poses = name.contains(['@', '\u{ff20}', '\u{fe6b}']) && !name.eq_ignore_ascii_case(&address);
    Person {
        name: if poses { String::new() } else { name },
        address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, address: &str) -> Person {
        Person {
            name: name.to_owned(),
            address: address.to_owned(),
        }
    }

    #[test]
    fn h4_a_name_that_looks_like_another_address_is_not_shown() {
        let shown = |name| shown_person(person(name, "eve@evil.example")).name;
        assert_eq!(shown("Jane Roe"), "Jane Roe");
        assert_eq!(shown("Eve@evil.example"), "Eve@evil.example");
        for posing in [
            "desk@bank.example",
            "desk\u{ff20}bank.example",
            "Bank <desk@bank.example>",
        ] {
            assert_eq!(shown(posing), "");
        }
    }

    #[test]
    fn h4_what_somebody_wrote_cannot_turn_around_what_is_shown() {
        let summary = shown(Summary {
            from: vec![person("\u{202e}knaB", "eve@evil.example\u{1b}[2J")],
            subject: "a\u{2066}b\u{7}c".to_owned(),
            attachments: vec![Attachment {
                name: "bill\u{202e}fdp.exe".to_owned(),
                media_type: String::new(),
                size_bytes: 1,
            }],
            received_ms: i64::MAX,
            date_ms: Some(i64::MIN),
            ..Summary::default()
        });
        assert_eq!(summary.from, [person("knaB", "eve@evil.example[2J")]);
        assert_eq!(
            (&*summary.subject, &*summary.attachments[0].name),
            ("abc", "billfdp.exe")
        );
        assert_eq!(
            (summary.received_ms, summary.date_ms),
            (LATEST_MS, Some(EARLIEST_MS))
        );
    }
}
