//! A message on its way in: sealed, hashed and looked at while it comes, in a memory that does not grow with it.

mod body_hash;
mod head;
mod outline;

use mail_auth::AuthenticatedMessage;
use memchr::memmem;
use postern_crypto::hash::Hasher;
use postern_crypto::mail::Summary;
use postern_crypto::stream::{BoxChunks, Header, Sealer, SegmentHasher};
use postern_crypto::{ContentKey, Hash};
use postern_protocol::MessageId;
use postern_protocol::limits::MAX_SUMMARY_BYTES;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use body_hash::BodyHash;
use outline::Outline;

/// The longest head. Others allow about as much.
const MAX_HEAD_BYTES: usize = 256 << 10;

/// A message that is coming.
pub(crate) struct Intake {
    key: ContentKey,
    message: MessageId,
    sealer: Sealer<BoxChunks>,
    digest: SegmentHasher,
    text: Hasher,
    size_bytes: u64,
    head: Zeroizing<Vec<u8>>,
    /// What is known of the body, once it has begun.
    body: Option<Body>,
}

struct Body {
    hashes: Vec<BodyHash>,
    outline: Outline,
}

/// A message that has come.
pub(crate) struct Taken {
    /// What opens it.
    pub(crate) key: ContentKey,
    /// Which.
    pub(crate) message: MessageId,
    /// What its head says, how its text begins, how large it is, and the digest of its sealed body.
    pub(crate) summary: Summary,
    /// Its head, with the ends of its lines.
    pub(crate) head: Zeroizing<Vec<u8>>,
    /// The hash of all of it, which nobody may see: it tells what it was to whoever can guess it.
    pub(crate) text: Hash,
    hashes: Vec<BodyHash>,
}

/// The head is longer than any that is meant well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the head of the message is too long")]
pub(crate) struct HeadTooLong;

impl Intake {
    /// Begins, with a key that nothing else is sealed with. What is sealed so far is appended to `sealed`.
    pub(crate) fn new<R: CryptoRng + ?Sized>(message: MessageId, sealed: &mut Vec<u8>, rng: &mut R) -> Self {
        let key = ContentKey::generate(rng);
        let (header, cipher) = Header::create(&key, &message.0, rng);
        let mut digest = SegmentHasher::new(header.layout());
        digest.update(header.as_bytes());
        sealed.extend_from_slice(header.as_bytes());
        Self {
            key,
            message,
            sealer: Sealer::new(cipher, header.layout()),
            digest,
            text: Hasher::default(),
            size_bytes: 0,
            head: Zeroizing::new(Vec::new()),
            body: None,
        }
    }

    /// Takes the next piece of the message. What is sealed by it is appended to `sealed`.
    ///
    /// # Errors
    /// [`HeadTooLong`].
    pub(crate) fn push(&mut self, piece: &[u8], sealed: &mut Vec<u8>) -> Result<(), HeadTooLong> {
        self.size_bytes += piece.len() as u64;
        self.text.update(piece);
        self.seal(sealed, |sealer, sealed| sealer.push(piece, sealed));
        match &mut self.body {
            Some(body) => body.update(piece),
            None => self.push_head(piece)?,
        }
        Ok(())
    }

    fn push_head(&mut self, piece: &[u8]) -> Result<(), HeadTooLong> {
        let from = self.head.len().saturating_sub(3);
        let room = (MAX_HEAD_BYTES + 4).saturating_sub(self.head.len());
        let taken = piece.len().min(room);
        self.head.extend_from_slice(&piece[..taken]);
        let Some((head, body)) = end_of_head(&self.head, from) else {
            return if self.head.len() > MAX_HEAD_BYTES {
                Err(HeadTooLong)
            } else {
                Ok(())
            };
        };
        let mut begun = Body::new(&self.head[..head]);
        begun.update(&self.head[body..]);
        begun.update(&piece[taken..]);
        self.head.truncate(head);
        self.body = Some(begun);
        Ok(())
    }

    /// The message is whole. The last of it is appended to `sealed`.
    #[must_use]
    pub(crate) fn finish(mut self, sealed: &mut Vec<u8>) -> Taken {
        let at = sealed.len();
        self.sealer.finish(sealed);
        self.digest.update(&sealed[at..]);
        let body = self.body.unwrap_or_else(|| Body::new(&self.head));
        let (snippet, attachments) = body.outline.finish();
        let mut summary = Summary {
            snippet,
            attachments,
            size_bytes: self.size_bytes,
            digest: self.digest.finish(),
            ..Summary::default()
        };
        head::fill(&mut summary, &self.head);
        Taken {
            key: self.key,
            message: self.message,
            summary,
            head: self.head,
            text: self.text.finish(),
            hashes: body.hashes,
        }
    }

    fn seal(&mut self, sealed: &mut Vec<u8>, seal: impl FnOnce(&mut Sealer<BoxChunks>, &mut Vec<u8>)) {
        let at = sealed.len();
        seal(&mut self.sealer, sealed);
        self.digest.update(&sealed[at..]);
    }
}

impl Body {
    fn new(head: &[u8]) -> Self {
        Self {
            hashes: hashes_asked_for(head),
            outline: Outline::new(head),
        }
    }

    fn update(&mut self, piece: &[u8]) {
        self.hashes.iter_mut().for_each(|hash| hash.update(piece));
        self.outline.update(piece);
    }
}

impl Taken {
    /// The message as its signatures are verified: its head, and the hashes of its body. `None` if it has no head.
    pub(crate) fn authenticated(&mut self) -> Option<AuthenticatedMessage<'_>> {
        let mut message = AuthenticatedMessage::parse(&self.head)?;
        let hashes = std::mem::take(&mut self.hashes);
        for hash in hashes {
            let asked = message
                .body_hashes
                .iter_mut()
                .find(|(form, algorithm, _, _)| hash.is(*form, *algorithm));
            if let Some((.., value)) = asked {
                *value = hash.finish();
            }
        }
        Some(message)
    }

    /// Who the message says wrote it, in small letters, if there is no doubt who is meant.
    #[must_use]
    pub(crate) fn author(&self) -> Option<String> {
        head::author(&self.head)
    }

    /// How many servers say that they passed it on.
    #[must_use]
    pub(crate) fn hops(&self) -> usize {
        let lines = self.head.split(|byte| *byte == b'\n');
        let named = lines.filter(|line| {
            line.split_at_checked(9)
                .is_some_and(|(name, _)| name.eq_ignore_ascii_case(b"received:"))
        });
        named.count()
    }
}

/// Seals a summary, without the last of its longest lists if it is longer than it may be.
pub(crate) fn seal_summary<R: CryptoRng + ?Sized>(
    summary: &mut Summary,
    key: &ContentKey,
    message: MessageId,
    rng: &mut R,
) -> Vec<u8> {
    summary.seal_within(MAX_SUMMARY_BYTES, key, &message.0, rng)
}

/// Where the head ends, its last line included, and where the body begins. What was looked through before ends at `from`.
fn end_of_head(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    if from == 0 && bytes.starts_with(b"\r\n") {
        return Some((0, 2));
    }
    let at = from + memmem::find(&bytes[from..], b"\r\n\r\n")?;
    Some((at + 2, at + 4))
}

/// Those hashes of the body that the signatures in the head are over, each once.
fn hashes_asked_for(head: &[u8]) -> Vec<BodyHash> {
    let message = AuthenticatedMessage::parse(head);
    let asked = message.map(|message| message.body_hashes).unwrap_or_default();
    let hashes = asked
        .into_iter()
        .map(|(form, algorithm, ..)| BodyHash::new(form, algorithm));
    hashes.collect()
}

#[cfg(test)]
mod tests;
