//! Opening from the first byte to the last, in pieces of any size.

use super::{BoxChunks, ChunkCipher, HEADER_LEN, Header, Layout};
use crate::{ContentKey, Error, Id, Result};

/// Push sealed chunks in, get plaintext out. Takes what comes after the header.
///
/// No byte of a chunk comes out before all of it was authenticated, and after a failure nothing comes out
/// any more (threat B6). Only after [`Opener::finish`] is it certain that the end was the end.
pub struct Opener<C> {
    cipher: C,
    layout: Layout,
    next: u64,
    held: Vec<u8>,
    failed: bool,
}

/// As [`Opener`], for a whole stream of suite 1 with its header.
pub struct ContentOpener {
    key: ContentKey,
    content: Id,
    header: Vec<u8>,
    body: Option<Opener<BoxChunks>>,
    failed: bool,
}

impl<C: ChunkCipher> Opener<C> {
    /// Begins with chunk 0.
    #[must_use]
    pub fn new(cipher: C, layout: Layout) -> Self {
        Self {
            cipher,
            layout,
            next: 0,
            held: Vec::with_capacity(layout.sealed_chunk_len()),
            failed: false,
        }
    }

    /// Takes sealed bytes and appends the plaintext of the chunks that are complete to `out`.
    pub fn push(&mut self, mut sealed: &[u8], out: &mut Vec<u8>) -> Result<()> {
        while !sealed.is_empty() {
            sealed = self.take(sealed, out)?;
        }
        if self.failed {
            Err(Error::CannotOpen)
        } else {
            Ok(())
        }
    }

    /// Appends the plaintext of the last chunk. A stream that was cut at a boundary has none.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Result<()> {
        let last = std::mem::take(&mut self.held);
        self.open(&last, out)
    }

    fn take<'s>(&mut self, sealed: &'s [u8], out: &mut Vec<u8>) -> Result<&'s [u8]> {
        // A chunk of full length is never the last one, so it can be opened as soon as it is whole.
        let full = self.layout.sealed_chunk_len();
        if self.held.is_empty() && sealed.len() >= full {
            let (chunk, rest) = sealed.split_at(full);
            self.open(chunk, out)?;
            return Ok(rest);
        }
        let (more, rest) = sealed.split_at(sealed.len().min(full - self.held.len()));
        self.held.extend_from_slice(more);
        if self.held.len() == full {
            let chunk = std::mem::take(&mut self.held);
            self.open(&chunk, out)?;
            self.held = chunk;
            self.held.clear();
        }
        Ok(rest)
    }

    fn open(&mut self, sealed: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let at = out.len();
        let opened = self.try_open(sealed, out);
        if opened.is_err() {
            self.failed = true;
            out.truncate(at);
        }
        opened
    }

    fn try_open(&mut self, sealed: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let plain_len = sealed.len().checked_sub(C::TAG_LEN).ok_or(Error::CannotOpen)?;
        if self.failed {
            return Err(Error::CannotOpen);
        }
        let at = out.len();
        out.resize(at + plain_len, 0);
        self.cipher.open(self.next, sealed, &mut out[at..])?;
        self.next += 1;
        Ok(())
    }
}

impl ContentOpener {
    /// Opens the stream of this content with this key.
    #[must_use]
    pub fn new(key: &ContentKey, content: &Id) -> Self {
        Self {
            key: key.clone(),
            content: *content,
            header: Vec::new(),
            body: None,
            failed: false,
        }
    }

    /// Takes the next bytes of the stream and appends what can be opened to `out`.
    pub fn push(&mut self, sealed: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let rest = self.take_header(sealed)?;
        match &mut self.body {
            Some(body) => body.push(rest, out),
            None => Ok(()),
        }
    }

    /// Appends the last chunk.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<()> {
        self.body.ok_or(Error::CannotOpen)?.finish(out)
    }

    fn take_header<'s>(&mut self, sealed: &'s [u8]) -> Result<&'s [u8]> {
        if self.failed {
            return Err(Error::CannotOpen);
        }
        let (more, rest) = sealed.split_at(sealed.len().min(HEADER_LEN - self.header.len()));
        self.header.extend_from_slice(more);
        if self.body.is_none() && self.header.len() == HEADER_LEN {
            self.body = Some(self.unlock().inspect_err(|_| self.failed = true)?);
        }
        Ok(rest)
    }

    fn unlock(&self) -> Result<Opener<BoxChunks>> {
        let header = Header::parse(&self.header)?;
        if header.content() != &self.content {
            return Err(Error::CannotOpen);
        }
        Ok(Opener::new(header.unlock(&self.key)?, header.layout()))
    }
}
