//! Links: their text, and what they grant.

use postern_crypto::fuzzing;
use postern_crypto::link::{LinkText, parse};

/// What a link grants, and what its owner keeps.
pub(crate) fn grant(data: &[u8]) {
    fuzzing::grant(data);
}

/// The text of a link, as a person pasted it.
pub(crate) fn link(data: &[u8]) {
    let text = super::typed(data);
    if let Ok((origin, link)) = parse(text) {
        assert_eq!(parse(&link.url(&origin)), Ok((origin, link)));
    }
    if let Ok(link) = LinkText::from_fragment(&[1; 16], text) {
        assert_eq!(LinkText::from_fragment(&[1; 16], &link.fragment()), Ok(link));
    }
}
