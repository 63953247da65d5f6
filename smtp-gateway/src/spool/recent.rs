//! What was taken lately, so that a message is there once that is brought twice: whoever brings it may not hear that it was
//! taken, since the line breaks or the gateway dies, and brings it again (RFC 1047).
//!
//! Of what waits, the journal says how it is known again; of what was handed on, a file of its own, written before the
//! journal forgets. So nothing is missing in between, whenever the power fails.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use postern_crypto::codec::{Reader, Writer};
use postern_crypto::mail::{Fingerprint, FingerprintKey};
use postern_protocol::TimeMs;

use super::entry::Receipt;

/// For how long. Mail servers try again within minutes.
const WINDOW: Duration = Duration::from_secs(60 * 60);

/// The most that are known; beyond that the oldest go.
const MAX_KNOWN: usize = 100_000;

/// What the file begins with. The key follows, and then what was noted.
const MAGIC: &[u8; 8] = b"PSTNRCT\x01";
const HEAD_BYTES: usize = 8 + 32;
const NOTE_BYTES: usize = 8 + 16;

/// The most notes in the file, before it is written anew without those that are not needed any more.
const MAX_NOTES: usize = 2 * MAX_KNOWN;

/// What was taken lately. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Recent(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    key: FingerprintKey,
    known: Mutex<Known>,
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Known {
    messages: HashMap<Fingerprint, State>,
    /// Those that were taken, in the order in which they were.
    taken: VecDeque<(TimeMs, Fingerprint)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Somebody is bringing it.
    Coming,
    Taken(TimeMs),
}

/// The file.
#[derive(Debug)]
struct Notes {
    file: File,
    count: usize,
}

/// Whether a message is new.
#[derive(Debug)]
pub enum Seen {
    /// It is, and nobody else is told so until it was kept, or this is dropped.
    Never(Claim),
    /// It was taken: whoever brings it may be told so again.
    Taken,
    /// Somebody is bringing it at this moment.
    Coming,
}

/// The right to keep a message.
#[derive(Debug)]
pub struct Claim {
    recent: Recent,
    receipt: Receipt,
}

impl Recent {
    /// Reads the file, or makes it if there is none, or none that can be understood.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let (key, receipts) = match read(path)? {
            Some(read) => read,
            None => (FingerprintKey::generate(&mut rand::rng()), Vec::new()),
        };
        let mut known = Known::default();
        receipts.iter().for_each(|receipt| known.took(receipt));
        let notes = Notes::write(path, &key, &known)?;
        Ok(Self(Arc::new(Inner {
            path: path.to_owned(),
            key,
            known: Mutex::new(known),
            notes: Mutex::new(notes),
        })))
    }

    pub(super) fn key(&self) -> &FingerprintKey {
        &self.0.key
    }

    /// A message came, or waits, of which this is known.
    pub(super) fn took(&self, receipt: &Receipt) {
        self.known().took(receipt);
    }

    /// Whether it is new. One without a fingerprint always is.
    pub(super) fn claim(&self, receipt: Receipt) -> Seen {
        if let Some(fingerprint) = receipt.fingerprint {
            let mut known = self.known();
            match known.messages.get(&fingerprint) {
                Some(State::Coming) => return Seen::Coming,
                Some(State::Taken(then)) if is_recent(*then, receipt.received) => return Seen::Taken,
                _ => known.messages.insert(fingerprint, State::Coming),
            };
        }
        Seen::Never(Claim {
            recent: self.clone(),
            receipt,
        })
    }

    /// Notes what the journal is about to forget.
    pub(super) fn note(&self, receipts: &[Receipt]) -> io::Result<()> {
        let notes: Vec<u8> = receipts.iter().filter_map(note).flatten().collect();
        if notes.is_empty() {
            return Ok(());
        }
        let mut file = self.0.notes.lock().expect("nothing panics while it holds this");
        if file.count > MAX_NOTES {
            *file = Notes::write(&self.0.path, &self.0.key, &self.known())?;
        }
        file.count += notes.len() / NOTE_BYTES;
        let noted = file.file.write_all(&notes).and_then(|()| file.file.sync_data());
        if noted.is_err() {
            // Nobody knows where it ends now.
            file.count = usize::MAX;
        }
        noted
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().expect("nothing panics while it holds this")
    }
}

impl Known {
    fn took(&mut self, receipt: &Receipt) {
        let Some(fingerprint) = receipt.fingerprint else {
            return;
        };
        self.messages.insert(fingerprint, State::Taken(receipt.received));
        self.taken.push_back((receipt.received, fingerprint));
        while let Some((oldest, fingerprint)) = self.taken.front().copied()
            && (self.taken.len() > MAX_KNOWN || !is_recent(oldest, receipt.received))
        {
            self.taken.pop_front();
            // It may have been taken again since.
            if self.messages.get(&fingerprint) == Some(&State::Taken(oldest)) {
                self.messages.remove(&fingerprint);
            }
        }
    }
}

impl Claim {
    /// What is kept with the message.
    pub(super) fn receipt(&self) -> Receipt {
        self.receipt
    }

    /// The message was kept.
    pub(super) fn kept(self) {
        self.recent.took(&self.receipt);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Some(fingerprint) = self.receipt.fingerprint else {
            return;
        };
        let mut known = self.recent.known();
        if known.messages.get(&fingerprint) == Some(&State::Coming) {
            known.messages.remove(&fingerprint);
        }
    }
}

impl Notes {
    /// Writes the file anew, with nothing in it but what is known.
    fn write(path: &Path, key: &FingerprintKey, known: &Known) -> io::Result<Self> {
        let mut bytes = [&MAGIC[..], key.as_bytes()].concat();
        for (received, fingerprint) in &known.taken {
            bytes.extend(encode(*received, fingerprint));
        }
        Ok(Self {
            file: postern_disk::write_private(&path.with_extension("new"), path, &bytes)?,
            count: known.taken.len(),
        })
    }
}

/// Nothing if there is no file, or if it is no such one. What is behind its last whole note was never finished.
fn read(path: &Path) -> io::Result<Option<(FingerprintKey, Vec<Receipt>)>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let Some((head, notes)) = bytes.split_at_checked(HEAD_BYTES) else {
        return Ok(None);
    };
    let Some(key) = head.strip_prefix(MAGIC).and_then(|key| key.try_into().ok()) else {
        return Ok(None);
    };
    let receipts = notes.chunks_exact(NOTE_BYTES).filter_map(decode).collect();
    Ok(Some((FingerprintKey::from_bytes(key), receipts)))
}

fn note(receipt: &Receipt) -> Option<Vec<u8>> {
    Some(encode(receipt.received, receipt.fingerprint.as_ref()?))
}

fn encode(received: TimeMs, fingerprint: &Fingerprint) -> Vec<u8> {
    let writer = Writer::with_capacity(NOTE_BYTES);
    writer.i64(received.0).raw(fingerprint).finish().to_vec()
}

fn decode(note: &[u8]) -> Option<Receipt> {
    let mut reader = Reader::new(note);
    Some(Receipt {
        received: TimeMs(reader.i64().ok()?),
        fingerprint: Some(reader.array().ok()?),
    })
}

/// Whether what happened then counts now. Clocks may go back.
fn is_recent(then: TimeMs, now: TimeMs) -> bool {
    u128::from(now.0.saturating_sub(then.0).unsigned_abs()) <= WINDOW.as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(number: u64, minute: i64) -> Receipt {
        let mut fingerprint = [0; 16];
        fingerprint[..8].copy_from_slice(&number.to_be_bytes());
        Receipt {
            received: TimeMs(minute * 60_000),
            fingerprint: Some(fingerprint),
        }
    }

    fn is_new(recent: &Recent, receipt: Receipt) -> bool {
        matches!(recent.claim(receipt), Seen::Never(_))
    }

    #[test]
    fn f10_who_brings_a_message_that_is_coming_has_to_wait_and_it_is_new_again_if_it_does_not_come() {
        let folder = tempfile::tempdir().expect("a folder");
        let recent = Recent::open(&folder.path().join("recent")).expect("a disk");
        let first = recent.claim(receipt(1, 0));
        let Seen::Never(claim) = first else {
            panic!("{first:?}")
        };
        assert!(matches!(recent.claim(receipt(1, 0)), Seen::Coming));
        drop(claim);
        let Seen::Never(claim) = recent.claim(receipt(1, 1)) else {
            panic!("it did not come");
        };
        claim.kept();
        assert!(matches!(recent.claim(receipt(1, 2)), Seen::Taken));
        assert!(is_new(&recent, receipt(2, 2)));
        assert!(is_new(&recent, receipt(1, 100)), "the hour is over");
    }

    #[test]
    fn f10_what_was_noted_is_known_whatever_is_behind_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("recent");
        let key = Recent::open(&path).expect("a disk").key().clone();
        for turn in 0..3 {
            let recent = Recent::open(&path).expect("a disk");
            assert_eq!(recent.key(), &key);
            for number in 0..turn * 2 {
                assert!(!is_new(&recent, receipt(number, 5)), "{turn}: {number}");
            }
            let new = [receipt(turn * 2, 3), receipt(turn * 2 + 1, 4)];
            new.iter().for_each(|receipt| recent.took(receipt));
            recent.note(&new).expect("a disk");
            // The power fails while the next is written.
            let mut file = File::options().append(true).open(&path).expect("it is there");
            file.write_all(&[1; NOTE_BYTES - 1]).expect("a disk");
        }
    }

    #[test]
    fn a_file_that_is_no_such_one_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("recent");
        for damaged in [&b""[..], b"PSTNRCT", &[7; 100]] {
            fs::write(&path, damaged).expect("a disk");
            let recent = Recent::open(&path).expect("a disk");
            assert!(is_new(&recent, receipt(1, 0)));
            assert!(fs::read(&path).expect("it is there").starts_with(MAGIC));
        }
    }

    #[test]
    fn what_is_known_and_the_file_are_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("recent");
        let recent = Recent::open(&path).expect("a disk");
        let mut longest = 0;
        for batch in 0..400 {
            let receipts: Vec<_> = (0..1_000).map(|one| receipt(batch * 1_000 + one, 1)).collect();
            receipts.iter().for_each(|receipt| recent.took(receipt));
            recent.note(&receipts).expect("a disk");
            longest = longest.max(fs::metadata(&path).expect("it is there").len());
        }
        assert_eq!(recent.known().messages.len(), MAX_KNOWN);
        let most = HEAD_BYTES + (MAX_NOTES + MAX_KNOWN) * NOTE_BYTES;
        assert!(longest <= most as u64, "{longest}");
        recent.took(&receipt(u64::MAX, 90));
        assert_eq!(recent.known().messages.len(), 1, "of the rest the hour is over");
    }
}
