//! Mail that comes in: sealed as a gateway seals it, by whoever wants to.

use std::ops::Range;

use bytes::Bytes;
use futures::stream;
use postern_client::mail::Letter as Whole;
use postern_crypto::ContentKey;
use postern_crypto::directory::Statement;
use postern_crypto::identity::IdentityKey;
use postern_crypto::mail::{Delivery, GATEWAY_NAME, Mailbox, Summary};
use postern_crypto::sealing::SealingKey;
use postern_crypto::stream::{ContentSealer, digest};
use postern_domain::Postern;
use postern_domain::gateway::{Brought, SealedBody};
use postern_domain::store::{BodyStream, NewCopy};
use postern_protocol::{MessageId, TimeMs};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// Who brings mail to a server.
pub(crate) struct Gateway {
    pub(crate) postern: Postern,
    key: IdentityKey,
    statement: Vec<u8>,
}

/// A message on its way.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) to: &'static str,
    pub(crate) subject: String,
    pub(crate) text: Vec<u8>,
    pub(crate) received: TimeMs,
    pub(crate) is_spam: bool,
}

struct Sealed(Bytes);

impl SealedBody for Sealed {
    fn size_bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn whole(&self) -> Option<Bytes> {
        Some(self.0.clone())
    }

    fn read(&self, range: Range<u64>) -> BodyStream {
        let at = |at: u64| usize::try_from(at).expect("it is in memory");
        let part = self.0.slice(at(range.start)..at(range.end));
        Box::pin(stream::iter([Ok(part)]))
    }
}

impl Letter {
    pub(crate) fn to(to: &'static str, subject: &str) -> Self {
        Self {
            to,
            subject: subject.to_owned(),
            text: format!("Subject: {subject}\r\n\r\nDear reader\r\n").into_bytes(),
            received: TimeMs(1_795_000_000_000),
            is_spam: false,
        }
    }
}

impl Gateway {
    /// A gateway that nobody knows yet.
    pub(crate) fn new(postern: Postern) -> Self {
        let mut rng = rand::rng();
        let key = IdentityKey::generate(&mut rng);
        let statement = Statement {
            account: [9; 16],
            name: GATEWAY_NAME.to_owned(),
            seq: 0,
            previous: [0; 32],
            identity: key.public(),
            sealing: SealingKey::generate(&mut rng).public().clone(),
            time_ms: 0,
        };
        Self {
            postern,
            statement: statement.sign(&key),
            key,
        }
    }

    /// A gateway that the server's users know.
    pub(crate) async fn announced(postern: Postern) -> Self {
        let gateway = Self::new(postern);
        let announced = gateway.postern.gateway().announce(&gateway.statement).await;
        announced.expect("the first");
        gateway
    }

    pub(crate) fn statement(&self) -> &[u8] {
        &self.statement
    }

    /// Brings a message. It is named by the id that is answered.
    pub(crate) async fn bring(&self, letter: &Letter) -> MessageId {
        let mut rng = StdRng::from_rng(&mut rand::rng());
        let mut message = MessageId([0; 16]);
        rng.fill_bytes(&mut message.0);
        let key = ContentKey::generate(&mut rng);
        let sealer = ContentSealer::create(&key, &message.0, &mut rng);
        let mut body = vec![0; sealer.segment_sealed_len(0)];
        let sealed = sealer.seal_segment(0, &letter.text, &mut body);
        body.truncate(sealed.len);
        let mut summary = Summary {
            received_ms: letter.received.0,
            subject: letter.subject.clone(),
            from: vec![Mailbox {
                name: "Charles".to_owned(),
                address: "charles@example.net".to_owned(),
            }],
            message_id: Whole::new(letter.text.clone())
                .message()
                .head()
                .message_id()
                .unwrap_or_default(),
            size_bytes: letter.text.len() as u64,
            digest: digest(&[sealed.hash]),
            ..Summary::default()
        };
        summary.checks.is_spam = letter.is_spam;
        let summary = summary.seal(&key, &message.0, &mut rng);
        let copy = self.copy(letter.to, message, &key, &summary).await;
        let brought = Brought {
            message,
            received: letter.received,
            summary: summary.into(),
            copies: vec![copy],
            body: &Sealed(body.into()),
        };
        let gateway = self.postern.gateway();
        let delivered = gateway.deliver(&[brought], letter.received, &mut rng).await;
        delivered.expect("memory is always there");
        message
    }

    async fn copy(&self, to: &str, message: MessageId, key: &ContentKey, summary: &[u8]) -> NewCopy {
        let found = self.postern.gateway().recipient(to, None).await;
        let recipient = found.expect("memory is always there").expect("has an account");
        let statement = Statement::verify(recipient.statements[0].as_slice()).expect("signed");
        let delivery = Delivery {
            message: &message.0,
            account: &recipient.account.0,
            sealing: &statement.sealing,
        };
        let address = format!("{to}@localhost");
        let envelope = delivery.seal(&self.key, key, &address, summary, &mut rand::rng());
        NewCopy {
            account: recipient.account,
            sealed_to: statement.sealing.id(),
            envelope: envelope.expect("a short address").into(),
        }
    }
}
