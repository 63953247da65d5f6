//! Many bytes that nobody will read soon, written past the kernel's cache where the system allows it.
//!
//! What goes through the cache is copied once more, into memory that has to be found first, and pushes out what others
//! read; and the sync at the end waits for all of it. Written directly (`O_DIRECT`), the bytes go from one buffer here
//! to the disk. The disk then wants whole blocks: what does not fill one, at either end, goes through the cache. Nothing
//! is durable before the file is synced, whichever way its bytes went.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// Of places in the file, of lengths, and of addresses in memory: the largest page that kernels use (on some ARM machines),
/// which is a multiple of every disk's blocks. So no page is written both ways: one that the cache has read before its
/// neighbour was written directly could be written back over it.
const BLOCK_BYTES: usize = 64 << 10;
const BLOCK: u64 = BLOCK_BYTES as u64;
/// Written at once. On one disk, 256 KiB at a time came to 1.1 GB/s, 512 KiB to 1.6, 1 MiB to 1.9, 4 MiB to no more.
const RUN_BYTES: usize = 1 << 20;

/// A file that is written from some place on.
#[derive(Debug)]
pub struct Bulk {
    file: File,
    /// Where that goes which is held here.
    place: u64,
    held: Blocks,
    is_direct: bool,
}

/// A buffer that begins at an address that disks accept.
#[derive(Debug, Default)]
struct Blocks {
    bytes: Vec<u8>,
    start: usize,
    len: usize,
}

impl Bulk {
    /// Writes `file` from `place` on, directly where that can be. Another, through a handle of its own, may write what comes
    /// before or after: the block that both have a share of goes through the cache from both sides.
    #[must_use]
    pub fn direct(file: File, place: u64) -> Self {
        let is_direct = go_direct(&file, true);
        Self {
            is_direct,
            ..Self::cached(file, place)
        }
    }

    /// Writes `file` from `place` on through the cache, and holds nothing back: for little, or for many at once.
    #[must_use]
    pub fn cached(file: File, place: u64) -> Self {
        Self {
            file,
            place,
            held: Blocks::default(),
            is_direct: false,
        }
    }

    /// Takes the next bytes. Some of them may be held back, until more come or until [`Bulk::flush`].
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while self.is_direct && !bytes.is_empty() {
            let ahead = self.before_block().min(bytes.len());
            if ahead > 0 {
                let (head, rest) = bytes.split_at(ahead);
                self.through_cache(head)?;
                bytes = rest;
            }
            bytes = self.held.take(bytes);
            if self.held.len == RUN_BYTES {
                self.write_held()?;
            }
        }
        if bytes.is_empty() {
            Ok(())
        } else {
            self.through_cache(bytes)
        }
    }

    /// Writes what is held back.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn flush(&mut self) -> io::Result<()> {
        self.write_held()
    }

    /// The file, for whoever syncs it. What is held back is not written.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// How much is missing until a block begins, if nothing is held.
    fn before_block(&self) -> usize {
        let over = usize::try_from(self.place % BLOCK).expect("less than a block");
        if self.held.len > 0 || over == 0 {
            0
        } else {
            BLOCK_BYTES - over
        }
    }

    fn write_held(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        let written = self.write_blocks(&held);
        self.held = Blocks { len: 0, ..held };
        written
    }

    fn write_blocks(&mut self, held: &Blocks) -> io::Result<()> {
        let (blocks, tail) = held.filled().split_at(held.len - held.len % BLOCK_BYTES);
        if !blocks.is_empty() {
            match self.file.write_all_at(blocks, self.place) {
                Ok(()) => self.place += blocks.len() as u64,
                // A disk with larger blocks, or a file system that takes the flag and not the bytes.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                    self.is_direct = false;
                    self.through_cache(blocks)?;
                }
                Err(error) => return Err(error),
            }
        }
        if tail.is_empty() {
            Ok(())
        } else {
            self.through_cache(tail)
        }
    }

    fn through_cache(&mut self, bytes: &[u8]) -> io::Result<()> {
        go_direct(&self.file, false);
        self.file.write_all_at(bytes, self.place)?;
        self.place += bytes.len() as u64;
        self.is_direct = self.is_direct && go_direct(&self.file, true);
        Ok(())
    }
}

impl Blocks {
    /// Copies what fits, and answers with the rest.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if self.bytes.is_empty() {
            self.bytes = vec![0; RUN_BYTES + BLOCK_BYTES];
            self.start = self.bytes.as_ptr().align_offset(BLOCK_BYTES);
        }
        let (now, later) = bytes.split_at(bytes.len().min(RUN_BYTES - self.len));
        let end = self.start + self.len;
        self.bytes[end..end + now.len()].copy_from_slice(now);
        self.len += now.len();
        later
    }

    fn filled(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.len]
    }
}

/// Whether the file is written past the cache from now on, if that was wished.
#[cfg(target_os = "linux")]
fn go_direct(file: &File, wished: bool) -> bool {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let set = fcntl_getfl(file).and_then(|flags| {
        let mut flags = flags;
        flags.set(OFlags::DIRECT, wished);
        fcntl_setfl(file, flags)
    });
    wished && set.is_ok()
}

#[cfg(not(target_os = "linux"))]
fn go_direct(_: &File, _: bool) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn noise(len: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..len).map(|_| next()).collect()
    }

    /// What a file holds in which `bytes` were written at `place`, in pieces of `piece` bytes.
    fn written(bytes: &[u8], place: u64, piece: usize, is_direct: bool) -> Vec<u8> {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("a folder on a disk");
        let path = folder.path().join("file");
        let file = File::create(&path).expect("a file");
        let mut bulk = if is_direct {
            Bulk::direct(file, place)
        } else {
            Bulk::cached(file, place)
        };
        for piece in bytes.chunks(piece) {
            bulk.write(piece).expect("written");
        }
        bulk.flush().expect("written");
        bulk.file().sync_data().expect("synced");
        fs::read(&path).expect("there")
    }

    #[test]
    fn whatever_the_place_and_the_pieces_the_file_holds_what_was_written() {
        let sizes = [
            0,
            1,
            BLOCK_BYTES - 1,
            BLOCK_BYTES,
            RUN_BYTES,
            2 * RUN_BYTES + BLOCK_BYTES + 1,
        ];
        let pieces = [1_000, BLOCK_BYTES, RUN_BYTES - 1, 3 * RUN_BYTES];
        for (size, piece) in sizes
            .into_iter()
            .flat_map(|size| pieces.map(|piece| (size, piece)))
        {
            let bytes = noise(size);
            for place in [0, 80, BLOCK, 3 * BLOCK - 1] {
                for is_direct in [true, false] {
                    let file = written(&bytes, place, piece, is_direct);
                    let start = usize::try_from(place).expect("small").min(file.len());
                    assert!(file[start..] == bytes, "{size} {piece} {place} {is_direct}");
                    assert!(file[..start].iter().all(|byte| *byte == 0));
                }
            }
        }
    }

    #[test]
    fn two_that_share_a_block_at_their_ends_both_find_what_they_wrote() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("a folder on a disk");
        let path = folder.path().join("file");
        let bytes = noise(3 * RUN_BYTES);
        let middle = RUN_BYTES + 80;
        let open = || {
            File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
        };
        let mut second = Bulk::direct(open().expect("a file"), middle as u64);
        let mut first = Bulk::direct(open().expect("a file"), 0);
        second.write(&bytes[middle..]).expect("written");
        first.write(&bytes[..middle]).expect("written");
        first.flush().expect("written");
        second.flush().expect("written");
        assert!(fs::read(&path).expect("there") == bytes);
    }

    #[test]
    fn after_a_flush_in_the_middle_of_a_block_it_goes_on_from_there() {
        let folder = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("a folder on a disk");
        let path = folder.path().join("file");
        let bytes = noise(RUN_BYTES + 10_000);
        let mut bulk = Bulk::direct(File::create(&path).expect("a file"), 0);
        for piece in bytes.chunks(5_000) {
            bulk.write(piece).expect("written");
            bulk.flush().expect("written");
        }
        assert!(fs::read(&path).expect("there") == bytes);
    }
}
