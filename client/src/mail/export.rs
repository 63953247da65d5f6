//! The mailbox as one archive (mbox), to be kept or taken elsewhere.

use std::rc::Rc;

use async_trait::async_trait;
use bytes::Bytes;
use postern_crypto::node::Content;
use postern_protocol::TimeMs;
use time::OffsetDateTime;

use super::mbox::Writer;
use super::{Entry, Mailbox};
use crate::transfer::{Checkpoint, Sink};
use crate::{Error, Result};

/// All messages on their way into one sink, the oldest first, each byte for byte as it came but for what an archive needs.
pub struct Export {
    messages: Vec<Rc<Entry>>,
    /// The message that comes next, or is under way.
    at: usize,
    content: Option<Content>,
    checkpoint: Checkpoint,
    quoting: Quoting,
    done_bytes: u64,
    left_out: usize,
}

impl Export {
    /// So many messages are to come, those that will be left out among them.
    #[must_use]
    pub fn count(&self) -> usize {
        self.messages.len()
    }

    /// About so much comes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        let sizes = self.messages.iter().filter_map(|entry| entry.summary());
        sizes.map(|summary| summary.size_bytes).sum()
    }

    /// So many messages have been left out: they do not open, or were deleted meanwhile.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Writes what is still missing to `sink`. After an error it can be called again, and goes on.
    ///
    /// # Errors
    /// As [`Mailbox::download`]. A message of which nothing was written yet when it turned out not to be authentic is left
    /// out.
    pub async fn run(
        &mut self,
        mailbox: &Mailbox,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> Result<()> {
        while let Some(entry) = self.messages.get(self.at).map(Rc::clone) {
            let done = self.done_bytes;
            let written = self
                .write(&entry, mailbox, sink, &|bytes| progress(done + bytes))
                .await;
            match written {
                Ok(()) => self.done_bytes += entry.summary().map_or(0, |summary| summary.size_bytes),
                Err(Error::NotFound | Error::NotAuthentic) if !self.quoting.has_begun => self.left_out += 1,
                Err(error) => return Err(error),
            }
            self.at += 1;
            (self.content, self.checkpoint) = (None, Checkpoint::start());
            self.quoting = Quoting::default();
        }
        Ok(())
    }

    async fn write(
        &mut self,
        entry: &Entry,
        mailbox: &Mailbox,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> Result<()> {
        let content = match &mut self.content {
            Some(content) => content,
            None => self.content.insert(entry.content()?),
        };
        let mut archive = Archive {
            sink,
            received: entry.received,
            quoting: &mut self.quoting,
        };
        mailbox
            .download(content, &mut self.checkpoint, &mut archive, progress)
            .await?;
        archive.end().await
    }
}

impl Mailbox {
    /// An archive of all messages that are there now.
    ///
    /// # Errors
    /// As [`Mailbox::refresh`].
    pub async fn export(&self) -> Result<Export> {
        self.refresh().await?;
        while self.load_older().await? {}
        let mut messages = self.entries();
        messages.reverse();
        Ok(Export {
            messages,
            at: 0,
            content: None,
            checkpoint: Checkpoint::start(),
            quoting: Quoting::default(),
            done_bytes: 0,
            left_out: 0,
        })
    }
}

/// How far one message has come.
#[derive(Clone, Copy, Default)]
struct Quoting {
    has_begun: bool,
    writer: Writer,
}

/// Makes of the bytes of a message those of an archive.
struct Archive<'a> {
    sink: &'a mut dyn Sink,
    received: TimeMs,
    quoting: &'a mut Quoting,
}

impl Archive<'_> {
    async fn end(&mut self) -> Result<()> {
        let mut quoted = Vec::new();
        let Quoting { writer, .. } = self.quote(&[], &mut quoted);
        writer.end(&mut quoted);
        self.sink.write(quoted.into()).await
    }

    fn quote(&self, bytes: &[u8], to: &mut Vec<u8>) -> Quoting {
        let mut quoting = *self.quoting;
        if !quoting.has_begun {
            quoting.writer.begin(&asctime(self.received), to);
            quoting.has_begun = true;
        }
        quoting.writer.push(bytes, to);
        quoting
    }
}

#[async_trait(?Send)]
impl Sink for Archive<'_> {
    /// Quoted it is a little longer: by a byte in six at the most, and a line.
    fn piece_bytes(&self) -> usize {
        self.sink.piece_bytes() / 2
    }

    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let mut quoted = Vec::with_capacity(bytes.len() + 64);
        let quoting = self.quote(&bytes, &mut quoted);
        self.sink.write(quoted.into()).await?;
        // Not before: who was stopped gives the same bytes again.
        *self.quoting = quoting;
        Ok(())
    }
}

/// A time as C's `asctime` writes it, in UTC.
fn asctime(TimeMs(ms): TimeMs) -> String {
    let time =
        OffsetDateTime::from_unix_timestamp(ms.div_euclid(1_000)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (weekday, month) = (time.weekday().to_string(), time.month().to_string());
    format!(
        "{} {} {:>2} {:02}:{:02}:{:02} {}",
        &weekday[..3],
        &month[..3],
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.year(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_archives_have_them() {
        assert_eq!(asctime(TimeMs(0)), "Thu Jan  1 00:00:00 1970");
        assert_eq!(asctime(TimeMs(1_790_000_000_999)), "Mon Sep 21 14:13:20 2026");
        assert_eq!(asctime(TimeMs(i64::MAX)), "Thu Jan  1 00:00:00 1970");
    }
}
