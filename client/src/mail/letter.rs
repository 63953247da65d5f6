//! A whole message on the device: opened, and taken apart when somebody looks.

use std::sync::Arc;

use postern_mime::{Limits, Message, Part};
use postern_protocol::MessageId;

use super::Mailbox;
use super::entry::Entry;
use crate::http::Door;
use crate::transfer::fetch_all;
use crate::{Error, Result};

/// Larger messages are saved, not shown: a device has to hold all of one to take it apart.
pub const MAX_SHOWN_BYTES: u64 = 128 << 20;

/// A whole message, byte for byte as it came.
#[derive(Debug, Clone)]
pub struct Letter {
    bytes: Arc<Vec<u8>>,
}

impl Letter {
    /// A message that is there already.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into() }
    }

    pub(super) fn shared(&self) -> Arc<Vec<u8>> {
        Arc::clone(&self.bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Taken apart.
    #[must_use]
    pub fn message(&self) -> Message<'_> {
        Message::parse(&self.bytes, &Limits::default())
    }

    /// One part of it, by its path.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn with_part<T>(&self, path: &str, read: impl FnOnce(&Part<'_>) -> T) -> Result<T> {
        self.message().part(path).map(read).ok_or(Error::NotFound)
    }

    /// Another message that is a part of it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn within(&self, path: &str) -> Result<Self> {
        let decoded = |part: &Part<'_>| part.is_message().then(|| part.decode().into_owned());
        let bytes = self.with_part(path, decoded)?;
        bytes.map(Self::new).ok_or(Error::NotFound)
    }
}

impl Mailbox {
    /// A message as a whole, to be shown.
    ///
    /// # Errors
    /// As [`Mailbox::download`]; [`Error::TooLarge`] if it can only be saved.
    pub async fn letter(&self, message: MessageId) -> Result<Letter> {
        let entry = self.entry(message).await?;
        self.letter_of(&entry).await
    }

    async fn letter_of(&self, entry: &Entry) -> Result<Letter> {
        let content = entry.content()?;
        if content.size > MAX_SHOWN_BYTES {
            return Err(Error::TooLarge);
        }
        let api = &self.account.api;
        fetch_all(api, &Door::Mail, &content).await.map(Letter::new)
    }
}
