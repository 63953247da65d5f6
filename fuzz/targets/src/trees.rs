//! The tree: heads, records, names, and any tree that somebody with all keys could make.

use postern_client::names::{LocalNames, MAX_NAME_BYTES, parse, tame};
use postern_crypto::fuzzing;
use postern_crypto::head::Head;
use postern_crypto::identity::IdentityKey;

/// Volume heads, with and without their signature.
pub(crate) fn head(data: &[u8]) {
    fuzzing::head(data);
    assert!(Head::verify(data, &IdentityKey::from_bytes([1; 32]).public()).is_err());
}

/// Files and folders, as they come out of node records.
pub(crate) fn node(data: &[u8]) {
    fuzzing::node(data);
}

/// Changes of a tree that are sealed as they should be, and make no sense.
pub(crate) fn tree(data: &[u8]) {
    postern_client::fuzzing::tree(data);
}

/// Names of a folder's children, one a line: each can be shown, and each has a place of its own on a disk.
pub(crate) fn names(data: &[u8]) {
    let mut taken = LocalNames::default();
    let mut on_disk = Vec::new();
    for name in super::typed(data).split('\n').take(100) {
        let tamed = tame(name);
        assert_eq!(parse(&tamed).as_deref(), Ok(tamed.as_str()));
        let local = taken.take(name);
        assert!(!local.is_empty() && local != "." && local != "..");
        assert!(local.len() <= MAX_NAME_BYTES && !local.contains(['/', '\0']));
        assert!(!on_disk.contains(&local), "{local}");
        on_disk.push(local);
    }
}
