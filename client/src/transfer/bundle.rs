//! Small contents, many of them in one request each way. Each keeps a key and an id of its own: only the way is shared.

use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;
use postern_crypto::hash;
use postern_crypto::node::Content;
use postern_crypto::stream::{HEADER_LEN, digest};
use postern_protocol::ContentId;
use postern_protocol::bundle::{self, ENTRY_BYTES, MAX_BUNDLE_BYTES, MAX_BUNDLE_CONTENTS};

use super::begun::Begun;
use super::cutting::{sealed_bytes, sealed_segment_len};
use crate::account::Account;
use crate::compute::compute;
use crate::http::{Api, Door};
use crate::{Error, Result};

/// How full a bundle is.
#[derive(Debug, Default)]
pub(super) struct Room {
    contents: usize,
    bytes: u64,
}

/// Cuts `items` into bundles, in their order, none larger than may be; `size_bytes` is the plaintext's, of which none is
/// above [`MAX_BUNDLED_BYTES`](super::MAX_BUNDLED_BYTES).
pub fn bundles<T>(items: impl IntoIterator<Item = T>, size_bytes: impl Fn(&T) -> u64) -> Vec<Vec<T>> {
    let (mut bundles, mut bundle, mut room) = (Vec::new(), Vec::new(), Room::default());
    for item in items {
        let size_bytes = size_bytes(&item);
        if !room.has(size_bytes) {
            bundles.push(std::mem::take(&mut bundle));
            room = Room::default();
        }
        room.take(size_bytes);
        bundle.push(item);
    }
    if !bundle.is_empty() {
        bundles.push(bundle);
    }
    bundles
}

impl Room {
    /// Whether another content of that size goes in.
    pub(super) fn has(&self, size_bytes: u64) -> bool {
        self.contents < MAX_BUNDLE_CONTENTS && self.bytes + entry_bytes(size_bytes) <= MAX_BUNDLE_BYTES as u64
    }

    pub(super) fn take(&mut self, size_bytes: u64) {
        self.contents += 1;
        self.bytes += entry_bytes(size_bytes);
    }
}

fn entry_bytes(size_bytes: u64) -> u64 {
    sealed_bytes(size_bytes) + ENTRY_BYTES as u64
}

/// Seals and sends small contents, as many as fit into a bundle ([`bundles`]), and answers them in their order. They are
/// complete then, and nobody sees them until they are attached to a folder.
///
/// # Errors
/// As all requests. None of them is kept then, or it is not known whether they are.
pub async fn upload_bundle(account: &Account, plain: Vec<Vec<u8>>) -> Result<Vec<Content>> {
    let begin = |plain| (Begun::new(account.surroundings()), plain);
    let begun: Vec<_> = plain.into_iter().map(begin).collect();
    let (bundle, checksum, contents) = compute(move || {
        let mut bundle = Vec::new();
        let contents = begun
            .into_iter()
            .map(|(begun, plain)| seal(begun, &plain, &mut bundle));
        let contents = contents.collect::<Result<Vec<_>>>();
        let checksum = hash::hash(&bundle);
        (bundle, checksum, contents)
    })
    .await;
    let contents = contents?;
    let kept = account.api.put_bundle(bundle.into(), &checksum).await?;
    let sizes = contents
        .iter()
        .map(|content| (ContentId(content.id), sealed_bytes(content.size)));
    let told = kept.contents.iter().map(|body| (body.content, body.size_bytes));
    if told.eq(sizes) {
        Ok(contents)
    } else {
        Err(Error::NotAuthentic)
    }
}

/// Fetches and opens small contents, as many as fit into a bundle ([`bundles`]), and answers for each in their order:
/// one that does not open takes none of the others with it.
pub(crate) async fn fetch_bundle(
    api: &Api,
    door: &Door,
    contents: Vec<Content>,
) -> Result<Vec<Result<Vec<u8>>>> {
    let (mut ids, mut places, mut end) = (Vec::new(), HashMap::new(), 0);
    for content in &contents {
        // A tree may name a content twice; a bundle has it once.
        places.entry(content.id).or_insert_with(|| {
            ids.push(ContentId(content.id));
            let start = end;
            end += sealed_bytes(content.size);
            start..end
        });
    }
    let sealed = api.read_bundle(door, ids, end).await?;
    let opened = compute(move || {
        let open = |content: &Content| open(content, &sealed, &places[&content.id]);
        contents.iter().map(open).collect()
    });
    Ok(opened.await)
}

/// Seals a small content to the end of `bundle`.
fn seal(begun: Begun, plain: &[u8], bundle: &mut Vec<u8>) -> Result<Content> {
    let mut sealed = vec![0; sealed_segment_len(0, plain.len())];
    let hash = begun.sealer()?.seal_segment(0, plain, &mut sealed).hash;
    bundle::push(bundle, begun.content, &sealed);
    Ok(begun.finish(plain.len() as u64, &[hash]))
}

/// As a download opens: every chunk, the length, and the digest of the whole (threats B4 to B6).
fn open(content: &Content, sealed: &Bytes, place: &Range<u64>) -> Result<Vec<u8>> {
    let index = |at: u64| usize::try_from(at).map_err(|_| Error::TooLarge);
    let sealed = sealed
        .get(index(place.start)?..index(place.end)?)
        .ok_or(Error::NotAuthentic)?;
    let (header, chunks) = sealed.split_at_checked(HEADER_LEN).ok_or(Error::NotAuthentic)?;
    let mut plain = vec![0; chunks.len()];
    let len = content.reader(header)?.open_chunks(0, chunks, &mut plain)?;
    plain.truncate(len);
    let is_whole = len as u64 == content.size && digest(&[hash::hash(sealed)]) == content.digest;
    if is_whole {
        Ok(plain)
    } else {
        Err(Error::NotAuthentic)
    }
}

#[cfg(test)]
mod tests {
    use postern_crypto::ContentKey;
    use postern_crypto::codec::{Reader, Writer};
    use postern_crypto::stream::ContentSealer;

    use super::super::MAX_BUNDLED_BYTES;
    use super::*;

    #[test]
    fn a_bundle_is_as_full_as_it_may_be_and_no_fuller() {
        let count =
            |sizes: &[u64]| -> Vec<usize> { bundles(sizes, |size| **size).iter().map(Vec::len).collect() };
        assert_eq!(count(&[]), Vec::<usize>::new());
        assert_eq!(count(&[0; 600]), [256, 256, 88]);
        // 2 MiB less fifteen times 128 KiB with their heads leave no room for another 128 KiB.
        assert_eq!(count(&[MAX_BUNDLED_BYTES; 31]), [15, 15, 1]);
        assert_eq!(count(&[1, MAX_BUNDLED_BYTES, 1]), [3]);
        // With its head of 20 bytes each takes 8 KiB to the byte.
        assert_eq!(count(&[8_076; 257]), [256, 1]);
        assert_eq!(count(&[8_077; 257]), [255, 2]);
    }

    /// A content and a bundle with it alone.
    fn sealed(plain: &[u8]) -> (Content, Bytes) {
        let key = ContentKey::from_bytes([1; 32]);
        let sealer = ContentSealer::create(&key, &[2; 16], &mut rand::rng());
        let begun = Writer::default()
            .raw(&[2; 16])
            .raw(key.expose())
            .raw(sealer.header().as_bytes())
            .finish();
        let begun = Begun::read(&mut Reader::new(&begun)).expect("as it is written");
        let mut bundle = Vec::new();
        let content = seal(begun, plain, &mut bundle).expect("seals");
        (content, bundle.split_off(ENTRY_BYTES).into())
    }

    #[test]
    fn b9_a_small_file_has_the_size_and_the_digest_that_its_record_says() {
        let (content, bundle) = sealed(b"text");
        let place = 0..bundle.len() as u64;
        assert_eq!(open(&content, &bundle, &place), Ok(b"text".to_vec()));
        let longer = Content {
            size: 5,
            ..content.clone()
        };
        let other = Content {
            digest: [0; 32],
            ..content
        };
        for wrong in [longer, other] {
            assert_eq!(open(&wrong, &bundle, &place), Err(Error::NotAuthentic));
        }
    }
}
