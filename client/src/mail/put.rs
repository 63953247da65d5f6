//! Messages that their owner puts into the mailbox: out of an archive.

use postern_crypto::mail::{Mark, MarkPlace, Own, Summary};
use postern_crypto::node::Content;
use postern_protocol::limits::MAX_SUMMARY_BYTES;
use postern_protocol::mail::PutMessage;
use postern_protocol::{MessageId, TimeMs};

use super::{Letter, Mailbox, marks};
use crate::transfer::{MAX_BUNDLED_BYTES, bundles, upload_all, upload_bundle};
use crate::{Error, Result};

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
    /// Seals whole messages and puts them into the mailbox, small ones many at once. Each is there or not. Answers those that
    /// the server does not take, whatever is wrong with them: they keep none of the others out.
    ///
    /// # Errors
    /// As all requests; [`Error::QuotaExceeded`].
    pub async fn bring(&self, letters: Vec<(Letter, Mark)>) -> Result<Vec<Letter>> {
        let mut refused = Vec::new();
        let size = |(letter, _): &(Letter, Mark)| letter.bytes().len() as u64;
        let (large, small): (Vec<_>, Vec<_>) = letters
            .into_iter()
            .partition(|letter| size(letter) > MAX_BUNDLED_BYTES);
        for some in bundles(small, size) {
            let plain = some.iter().map(|(letter, _)| letter.bytes().to_vec());
            let bodies = upload_bundle(&self.account, plain.collect()).await?;
            let new = bodies.into_iter().zip(&some);
            let new: Vec<_> = new
                .map(|(body, (letter, mark))| self.new_message(body, letter, mark))
                .collect();
            let not_put = self.put_each(&new).await?;
            refused.extend(not_put.into_iter().map(|at| some[at].0.clone()));
        }
        for (letter, mark) in large {
            let is_put = match upload_all(&self.account, letter.shared()).await {
                Err(Error::TooLarge) => false,
                body => self
                    .put_each(&[self.new_message(body?, &letter, &mark)])
                    .await?
                    .is_empty(),
            };
            if !is_put {
                refused.push(letter);
            }
        }
        Ok(refused)
    }

    /// Puts messages there, all at once or, if something about one is refused, each by itself. Answers which were.
    async fn put_each(&self, new: &[NewMessage]) -> Result<Vec<usize>> {
        let put = self.put(new).await;
        if !is_refused(&put) {
            return put.map(|()| Vec::new());
        }
        let mut refused = Vec::new();
        for (at, new) in new.iter().enumerate() {
            let put = self.put(std::slice::from_ref(new)).await;
            if is_refused(&put) {
                refused.push(at);
            } else {
                put?;
            }
        }
        Ok(refused)
    }

    fn new_message(&self, body: Content, letter: &Letter, mark: &Mark) -> NewMessage {
        NewMessage {
            body,
            summary: letter.summary(self.account.surroundings().now()),
            mark: mark.clone(),
        }
    }

    /// Puts messages into the mailbox. Each is there or not, and repeating it is harmless.
    ///
    /// # Errors
    /// As all requests; [`Error::NotFound`] if a body is not there any more.
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
        let mut summary = Summary {
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
            summary: summary
                .seal_within(MAX_SUMMARY_BYTES, &new.body.key, message, rng)
                .into(),
            mark: new.mark.seal(mail, place, rng).into(),
        }
    }
}

/// Whether the server will never take it, as it is.
fn is_refused(put: &Result<()>) -> bool {
    matches!(put, Err(Error::TooLarge | Error::Internal(_)))
}
