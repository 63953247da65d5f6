//! Messages that their owner puts into the mailbox: out of an archive.

use postern_crypto::mail::{Mark, MarkPlace, Own, Summary};
use postern_crypto::node::Content;
use postern_protocol::mail::PutMessage;
use postern_protocol::{MessageId, TimeMs};

use super::{Mailbox, marks};
use crate::Result;

/// A message whose body was uploaded, and that is to be put into the mailbox.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The body, byte for byte. It gives the message its id.
    pub body: Content,
    /// What a list shows. Size and digest are the body's, whatever stands here.
    pub summary: Summary,
    /// What is noted on it.
    pub mark: Mark,
}

impl Mailbox {
    /// Puts messages into the mailbox. Each is there or not, and repeating it is harmless.
    ///
    /// # Errors
    /// As all requests; [`Error::NotFound`](crate::Error::NotFound) if a body is not there any more.
    pub async fn put(&self, new: &[NewMessage]) -> Result<()> {
        for some in new.chunks(marks::MOST_AT_ONCE) {
            let messages = some.iter().map(|new| self.sealed_own(new)).collect();
            self.account.api.put_messages(messages).await?;
        }
        Ok(())
    }

    fn sealed_own(&self, new: &NewMessage) -> PutMessage {
        let (rng, account) = (&mut self.account.surroundings().rng(), &self.account.id().0);
        let (message, mail) = (&new.body.id, &self.account.unlocked().mail.key);
        let summary = Summary {
            size_bytes: new.body.size,
            digest: new.body.digest,
            ..new.summary.clone()
        };
        let place = MarkPlace {
            account,
            message,
            version: 1,
        };
        PutMessage {
            message: MessageId(*message),
            received: TimeMs(summary.received_ms),
            envelope: Own { account, message }.seal(mail, &new.body.key, rng).into(),
            summary: summary.seal(&new.body.key, message, rng).into(),
            mark: new.mark.seal(mail, place, rng).into(),
        }
    }
}
