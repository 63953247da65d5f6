//! What a list of messages shows, and what the gateway found out when it took a message in.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::MAX_ADDRESS;
use crate::codec::{Reader, Writer};
use crate::labels::Label;
use crate::{ContentKey, Error, Hash, Id, Result, cbox};

/// What is known of a message without its body.
///
/// It never names the other recipients of the envelope: that would tell of blind copies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// When the gateway had all of it, in milliseconds since 1970.
    pub received_ms: i64,
    /// Whom the envelope named as sender; empty for reports, which nobody answers.
    pub sender: String,
    /// Who brought it.
    pub peer: Peer,
    /// What the gateway found out about where it comes from.
    pub checks: Checks,
    /// `From`.
    pub from: Vec<Mailbox>,
    /// `To`.
    pub to: Vec<Mailbox>,
    /// `Cc`.
    pub cc: Vec<Mailbox>,
    /// `Reply-To`.
    pub reply_to: Vec<Mailbox>,
    /// `Subject`, decoded.
    pub subject: String,
    /// `Date`, in milliseconds since 1970, if it can be read.
    pub date_ms: Option<i64>,
    /// `Message-ID`, without brackets.
    pub message_id: String,
    /// `References` and `In-Reply-To`, without brackets, the latest last.
    pub references: Vec<String>,
    /// How the text begins.
    pub snippet: String,
    /// What is attached.
    pub attachments: Vec<Attachment>,
    /// The size of the message in bytes.
    pub size_bytes: u64,
    /// The digest of the sealed body.
    pub digest: Hash,
}

/// Who brought a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Peer {
    /// Its network address.
    pub address: String,
    /// What it called itself.
    pub hello: String,
    /// The name that DNS has for its address, if that name leads back; else empty.
    pub host: String,
    /// How the connection was protected; empty if it was not.
    pub tls: String,
}

/// A name and an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailbox {
    /// The name, decoded; may be empty.
    pub name: String,
    /// The address.
    pub address: String,
}

/// Something attached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attachment {
    /// Its file name, decoded; may be empty.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size, decoded, as far as that can be told.
    pub size_bytes: u64,
}

/// What SPF, DKIM, DMARC and ARC say, and the spam filter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checks {
    /// May the peer send for the envelope's sender (RFC 7208)?
    pub spf: Verdict,
    /// The domain that was asked.
    pub spf_domain: String,
    /// Does a signature hold (RFC 6376)?
    pub dkim: Verdict,
    /// The domains whose signatures hold.
    pub dkim_domains: Vec<String>,
    /// Does the domain of `From` stand behind it (RFC 7489)?
    pub dmarc: Verdict,
    /// Does the chain of those who passed it on hold (RFC 8617)?
    pub arc: Verdict,
    /// Whether it was taken for spam.
    pub is_spam: bool,
}

/// An answer in the words of RFC 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// There was nothing to check, or nothing was checked.
    #[default]
    None,
    /// Yes.
    Pass,
    /// No.
    Fail,
    /// Rather no.
    SoftFail,
    /// The domain does not say.
    Neutral,
    /// It could not be found out then.
    TemporaryError,
    /// What the domain says makes no sense.
    PermanentError,
}

impl Verdict {
    /// As RFC 8601 calls it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::Neutral => "neutral",
            Self::TemporaryError => "temperror",
            Self::PermanentError => "permerror",
        }
    }
}

impl Summary {
    /// The longest name of a host.
    pub const MAX_HOST: usize = 255;
    /// The longest text that says how a connection is protected.
    pub const MAX_TLS: usize = 64;
    /// The longest name of a person or file, and the longest media type.
    pub const MAX_NAME: usize = 255;
    /// The longest subject.
    pub const MAX_SUBJECT: usize = 1000;
    /// The longest identifier of a message.
    pub const MAX_MESSAGE_ID: usize = 255;
    /// The longest beginning of a text.
    pub const MAX_SNIPPET: usize = 512;
    /// The most mailboxes of each kind.
    pub const MAX_MAILBOXES: u32 = 64;
    /// The most references.
    pub const MAX_REFERENCES: u32 = 64;
    /// The most attachments.
    pub const MAX_ATTACHMENTS: u32 = 100;
    /// The most domains whose signatures hold.
    pub const MAX_DOMAINS: u32 = 8;

    /// Seals this for the message. Texts and lists beyond the bounds above are cut: [`Summary::open`] refuses them, and the
    /// message could never be read.
    pub fn seal<R: CryptoRng + ?Sized>(&self, key: &ContentKey, message: &Id, rng: &mut R) -> Vec<u8> {
        cbox::seal(
            key.expose(),
            Label::BoxMailSummary,
            &[message],
            &self.encode(),
            rng,
        )
    }

    /// Opens the summary of the message.
    ///
    /// # Errors
    /// If it does not open, or is not a summary.
    pub fn open(key: &ContentKey, message: &Id, sealed: &[u8]) -> Result<Self> {
        Self::decode(&cbox::open(
            key.expose(),
            Label::BoxMailSummary,
            &[message],
            sealed,
        )?)
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(4096).i64(self.received_ms);
        writer = text(writer, &self.sender, MAX_ADDRESS);
        writer = self.peer.encode(writer);
        writer = self.checks.encode(writer);
        for list in [&self.from, &self.to, &self.cc, &self.reply_to] {
            writer = writer.list(first(list, Self::MAX_MAILBOXES), |writer, mailbox| {
                mailbox.encode(writer)
            });
        }
        writer = text(writer, &self.subject, Self::MAX_SUBJECT)
            .u8(u8::from(self.date_ms.is_some()))
            .i64(self.date_ms.unwrap_or_default());
        writer = text(writer, &self.message_id, Self::MAX_MESSAGE_ID);
        writer = writer.list(first(&self.references, Self::MAX_REFERENCES), |writer, id| {
            text(writer, id, Self::MAX_MESSAGE_ID)
        });
        text(writer, &self.snippet, Self::MAX_SNIPPET)
            .list(
                first(&self.attachments, Self::MAX_ATTACHMENTS),
                |writer, attachment| attachment.encode(writer),
            )
            .u64(self.size_bytes)
            .raw(&self.digest)
            .finish()
    }

    pub(crate) fn decode(plain: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(plain);
        let summary = Self {
            received_ms: reader.i64()?,
            sender: reader.text(MAX_ADDRESS)?,
            peer: Peer::decode(&mut reader)?,
            checks: Checks::decode(&mut reader)?,
            from: mailboxes(&mut reader)?,
            to: mailboxes(&mut reader)?,
            cc: mailboxes(&mut reader)?,
            reply_to: mailboxes(&mut reader)?,
            subject: reader.text(Self::MAX_SUBJECT)?,
            date_ms: date(&mut reader)?,
            message_id: reader.text(Self::MAX_MESSAGE_ID)?,
            references: reader.list(Self::MAX_REFERENCES, |reader| reader.text(Self::MAX_MESSAGE_ID))?,
            snippet: reader.text(Self::MAX_SNIPPET)?,
            attachments: reader.list(Self::MAX_ATTACHMENTS, Attachment::decode)?,
            size_bytes: reader.u64()?,
            digest: reader.array()?,
        };
        reader.finish()?;
        Ok(summary)
    }
}

/// What [`Reader::text`] takes with the same bound.
fn text(writer: Writer, text: &str, max: usize) -> Writer {
    writer.lp(&text.as_bytes()[..text.floor_char_boundary(max)])
}

/// What [`Reader::list`] takes with the same bound.
fn first<T>(items: &[T], max: u32) -> &[T] {
    &items[..items.len().min(max as usize)]
}

fn mailboxes(reader: &mut Reader<'_>) -> Result<Vec<Mailbox>> {
    reader.list(Summary::MAX_MAILBOXES, Mailbox::decode)
}

/// One encoding for each value: where there is no date, its place is zero.
fn date(reader: &mut Reader<'_>) -> Result<Option<i64>> {
    match (flag(reader)?, reader.i64()?) {
        (true, date_ms) => Ok(Some(date_ms)),
        (false, 0) => Ok(None),
        (false, _) => Err(Error::CannotOpen),
    }
}

fn flag(reader: &mut Reader<'_>) -> Result<bool> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Error::CannotOpen),
    }
}

impl Peer {
    fn encode(&self, writer: Writer) -> Writer {
        let names = [&self.address, &self.hello, &self.host];
        let names = names
            .into_iter()
            .fold(writer, |writer, name| text(writer, name, Summary::MAX_HOST));
        text(names, &self.tls, Summary::MAX_TLS)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            address: reader.text(Summary::MAX_HOST)?,
            hello: reader.text(Summary::MAX_HOST)?,
            host: reader.text(Summary::MAX_HOST)?,
            tls: reader.text(Summary::MAX_TLS)?,
        })
    }
}

impl Mailbox {
    fn encode(&self, writer: Writer) -> Writer {
        text(
            text(writer, &self.name, Summary::MAX_NAME),
            &self.address,
            MAX_ADDRESS,
        )
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            name: reader.text(Summary::MAX_NAME)?,
            address: reader.text(MAX_ADDRESS)?,
        })
    }
}

impl Attachment {
    fn encode(&self, writer: Writer) -> Writer {
        let name = text(writer, &self.name, Summary::MAX_NAME);
        text(name, &self.media_type, Summary::MAX_NAME).u64(self.size_bytes)
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            name: reader.text(Summary::MAX_NAME)?,
            media_type: reader.text(Summary::MAX_NAME)?,
            size_bytes: reader.u64()?,
        })
    }
}

impl Checks {
    fn encode(&self, writer: Writer) -> Writer {
        text(writer.u8(self.spf.number()), &self.spf_domain, Summary::MAX_HOST)
            .u8(self.dkim.number())
            .list(
                first(&self.dkim_domains, Summary::MAX_DOMAINS),
                |writer, domain| text(writer, domain, Summary::MAX_HOST),
            )
            .u8(self.dmarc.number())
            .u8(self.arc.number())
            .u8(u8::from(self.is_spam))
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            spf: Verdict::decode(reader)?,
            spf_domain: reader.text(Summary::MAX_HOST)?,
            dkim: Verdict::decode(reader)?,
            dkim_domains: reader.list(Summary::MAX_DOMAINS, |reader| reader.text(Summary::MAX_HOST))?,
            dmarc: Verdict::decode(reader)?,
            arc: Verdict::decode(reader)?,
            is_spam: flag(reader)?,
        })
    }
}

impl Verdict {
    const ALL: [Self; 7] = [
        Self::None,
        Self::Pass,
        Self::Fail,
        Self::SoftFail,
        Self::Neutral,
        Self::TemporaryError,
        Self::PermanentError,
    ];

    /// The number in encodings: its place in the list above.
    fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Pass => 1,
            Self::Fail => 2,
            Self::SoftFail => 3,
            Self::Neutral => 4,
            Self::TemporaryError => 5,
            Self::PermanentError => 6,
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self> {
        let number = usize::from(reader.u8()?);
        Self::ALL.get(number).copied().ok_or(Error::CannotOpen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever writes without these bounds is not us.
    #[test]
    fn what_is_beyond_the_bounds_is_refused() {
        let full = |sign: &str, max: usize| sign.repeat(max);
        let fullest = Summary {
            subject: full("s", Summary::MAX_SUBJECT),
            snippet: full("t", Summary::MAX_SNIPPET),
            message_id: full("i", Summary::MAX_MESSAGE_ID),
            ..Summary::default()
        };
        let plain = fullest.encode();
        assert_eq!(Summary::decode(&plain), Ok(fullest));
        for (sign, max) in [
            (b's', Summary::MAX_SUBJECT),
            (b't', Summary::MAX_SNIPPET),
            (b'i', Summary::MAX_MESSAGE_ID),
        ] {
            let at = plain.iter().position(|byte| *byte == sign).expect("it begins");
            let longer = u32::try_from(max + 1).expect("it is short").to_be_bytes();
            let beyond = [&plain[..at - 4], &longer, &[sign], &plain[at..]].concat();
            assert_eq!(
                Summary::decode(&beyond),
                Err(Error::CannotOpen),
                "{}",
                char::from(sign)
            );
        }
    }
}
