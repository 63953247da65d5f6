//! Many small contents in one request: ten thousand letters cost forty requests, not ten thousand.
//!
//! Each is a content of its own, with its own key, as if it had come alone: who is given one of them by a link gets
//! nothing of the others. Together they only travel.
//!
//! `POST /contents` takes a body of entries, one after the other to its end: the content's id (16 bytes), the size of the
//! sealed stream (4 bytes, big-endian), the sealed stream. `POST /contents/read`, and `POST /links/{link}/contents/read`,
//! answer with the sealed streams end to end, in the order asked for and with nothing between them: who asks knows
//! their sizes from signed records.

use std::collections::HashSet;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::ContentId;
use crate::upload::ContentBody;

/// The most contents of one bundle.
pub const MAX_BUNDLE_CONTENTS: usize = 256;
/// The largest bundle. Small, since it is whole in the server's memory.
pub const MAX_BUNDLE_BYTES: usize = 2 << 20;
/// What stands before each content.
pub const ENTRY_BYTES: usize = 16 + 4;

/// `POST /contents/read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BundleRead {
    /// The contents, each once. Together they are no larger than a bundle may be.
    pub contents: Vec<ContentId>,
}

/// The answer to `POST /contents`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BundleKept {
    /// The contents, in the order in which they came.
    pub contents: Vec<ContentBody>,
}

/// What is wrong with a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleMistake {
    /// There is nothing in it, or more than allowed.
    #[error("a bundle has from 1 to 256 contents")]
    Count,
    /// It ends within an entry.
    #[error("the bundle is cut short")]
    CutShort,
    /// A content is in it twice.
    #[error("a content is twice in the bundle")]
    Twice,
}

/// Adds an entry to the end of a bundle.
///
/// # Panics
/// If the stream has 4 GiB or more: it would not fit into any bundle.
pub fn push(bundle: &mut Vec<u8>, content: ContentId, sealed: &[u8]) {
    let size = u32::try_from(sealed.len()).expect("a bundle is smaller than that");
    bundle.extend_from_slice(content.as_bytes());
    bundle.extend_from_slice(&size.to_be_bytes());
    bundle.extend_from_slice(sealed);
}

/// The contents of a bundle, and where in it each lies.
///
/// # Errors
/// [`BundleMistake`].
pub fn parse(bundle: &[u8]) -> Result<Vec<(ContentId, Range<usize>)>, BundleMistake> {
    let (mut entries, mut at) = (Vec::new(), 0);
    while at < bundle.len() {
        if entries.len() == MAX_BUNDLE_CONTENTS {
            return Err(BundleMistake::Count);
        }
        let (content, range) = entry(bundle, at).ok_or(BundleMistake::CutShort)?;
        at = range.end;
        entries.push((content, range));
    }
    check(entries.iter().map(|(content, _)| *content))?;
    Ok(entries)
}

/// Whether these contents may be a bundle: not too many, and each once.
///
/// # Errors
/// [`BundleMistake`].
pub fn check(contents: impl ExactSizeIterator<Item = ContentId>) -> Result<(), BundleMistake> {
    let count = contents.len();
    if count == 0 || count > MAX_BUNDLE_CONTENTS {
        return Err(BundleMistake::Count);
    }
    let distinct: HashSet<_> = contents.collect();
    if distinct.len() == count {
        Ok(())
    } else {
        Err(BundleMistake::Twice)
    }
}

fn entry(bundle: &[u8], at: usize) -> Option<(ContentId, Range<usize>)> {
    let (content, rest) = bundle.get(at..)?.split_first_chunk::<16>()?;
    let (size, rest) = rest.split_first_chunk::<4>()?;
    let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    let start = at + ENTRY_BYTES;
    (size <= rest.len()).then(|| (ContentId(*content), start..start + size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(entries: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bundle = Vec::new();
        for (id, sealed) in entries {
            push(&mut bundle, ContentId([*id; 16]), sealed);
        }
        bundle
    }

    #[test]
    fn what_was_put_in_is_found_where_it_lies() {
        let bundle = bundle(&[(1, b"one"), (2, b""), (3, b"three")]);
        let entries = parse(&bundle).expect("whole");
        let read: Vec<_> = entries
            .into_iter()
            .map(|(id, range)| (id.0[0], &bundle[range]))
            .collect();
        assert_eq!(read, [(1, &b"one"[..]), (2, b""), (3, b"three")]);
    }

    #[test]
    fn a_bundle_cut_anywhere_within_an_entry_is_refused() {
        let whole = bundle(&[(1, b"one"), (2, b"two")]);
        let boundary = ENTRY_BYTES + 3;
        for end in (1..whole.len()).filter(|end| *end != boundary) {
            assert_eq!(parse(&whole[..end]), Err(BundleMistake::CutShort), "{end}");
        }
    }

    #[test]
    fn an_empty_bundle_a_full_one_and_one_too_many() {
        assert_eq!(parse(&[]), Err(BundleMistake::Count));
        let mut full = Vec::new();
        for number in 0..MAX_BUNDLE_CONTENTS {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_be_bytes());
            push(&mut full, ContentId(id), b"x");
        }
        assert_eq!(parse(&full).map(|entries| entries.len()), Ok(MAX_BUNDLE_CONTENTS));
        push(&mut full, ContentId([9; 16]), b"x");
        assert_eq!(parse(&full), Err(BundleMistake::Count));
    }

    #[test]
    fn a_content_is_in_a_bundle_once() {
        assert_eq!(
            parse(&bundle(&[(1, b"one"), (1, b"one")])),
            Err(BundleMistake::Twice)
        );
    }

    #[test]
    fn a_size_that_overflows_is_cut_short() {
        let mut bundle = vec![7; 16];
        bundle.extend_from_slice(&[0xff; 4]);
        assert_eq!(parse(&bundle), Err(BundleMistake::CutShort));
    }
}
