//! Messages that their owner put here: out of an archive. Nobody else has their keys, so nobody signs for them.

use rand_core::CryptoRng;

use crate::codec::Reader;
use crate::labels::Label;
use crate::{ContentKey, Id, MailKey, Result, cbox};

/// A message that an owner keeps.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a> {
    /// The owner.
    pub account: &'a Id,
    /// The message.
    pub message: &'a Id,
}

impl Own<'_> {
    /// Seals the key of the message's body and summary.
    pub fn seal<R: CryptoRng + ?Sized>(&self, mail: &MailKey, key: &ContentKey, rng: &mut R) -> Vec<u8> {
        cbox::seal(
            mail.expose(),
            Label::BoxMailEnvelope,
            &self.context(),
            key.expose(),
            rng,
        )
    }

    /// Opens it again.
    ///
    /// # Errors
    /// If it is of another message, or not one.
    pub fn open(&self, mail: &MailKey, sealed: &[u8]) -> Result<ContentKey> {
        let plain = cbox::open(mail.expose(), Label::BoxMailEnvelope, &self.context(), sealed)?;
        let mut reader = Reader::new(&plain);
        let key = ContentKey::from_bytes(reader.key()?);
        reader.finish()?;
        Ok(key)
    }

    fn context(&self) -> [&[u8]; 2] {
        [self.account, self.message]
    }
}
