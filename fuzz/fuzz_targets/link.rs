//! The text of a link, as a person pasted it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postern_crypto::link::{LinkText, parse};

fuzz_target!(|text: &str| {
    if let Ok((origin, link)) = parse(text) {
        assert_eq!(parse(&link.url(&origin)), Ok((origin, link)));
    }
    if let Ok(link) = LinkText::from_fragment(&[1; 16], text) {
        assert_eq!(LinkText::from_fragment(&[1; 16], &link.fragment()), Ok(link));
    }
});
