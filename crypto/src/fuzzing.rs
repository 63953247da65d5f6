//! Doors for the fuzzer to parsers that stand behind a commitment or a signature, which no fuzzer passes.
//! Only with the feature `fuzzing`: in a program, nothing may be parsed before it is authentic.

use crate::account::{MailRoot, Root, State};
use crate::directory::Statement;
use crate::head::Head;
use crate::link::{Archived, Grant};
use crate::mail::{Listing, Manifest, Mark, Summary};
use crate::node::{File, Folder};

/// What would be read from an account's state, root and mail objects.
pub fn account_objects(plain: &[u8]) {
    if let Ok(state) = State::decode(plain) {
        assert_eq!(*state.encode(), plain, "one encoding for each value");
    }
    if let Ok(root) = Root::decode(plain) {
        assert_eq!(*root.encode(), plain, "one encoding for each value");
    }
    if let Ok(root) = MailRoot::decode(plain) {
        assert_eq!(*root.encode(), plain, "one encoding for each value");
    }
}

/// What would be read from a node record.
pub fn node(plain: &[u8]) {
    if let Ok(file) = File::decode(plain) {
        assert_eq!(*file.encode(), plain, "one encoding for each value");
    }
    if let Ok(folder) = Folder::decode(plain) {
        assert_eq!(*folder.encode(), plain, "one encoding for each value");
    }
}

/// What would be read from a link's grant and archive.
pub fn grant(plain: &[u8]) {
    if let Ok(grant) = Grant::decode(plain) {
        assert_eq!(*grant.encode(), plain, "one encoding for each value");
    }
    let _ = Archived::decode(plain);
}

/// What would be read from a signed head.
pub fn head(encoding: &[u8]) {
    if let Ok(head) = Head::decode(encoding) {
        assert_eq!(head.encode(), encoding, "one encoding for each value");
    }
}

/// What would be read from a signed statement.
pub fn statement(encoding: &[u8]) {
    if let Ok(statement) = Statement::decode(encoding) {
        assert_eq!(statement.encode(), encoding, "one encoding for each value");
    }
}

/// What would be read from the summary of a message, from what is noted on it, and from what is kept of many.
pub fn mail_summary(plain: &[u8]) {
    if let Ok(summary) = Summary::decode(plain) {
        assert_eq!(*summary.encode(), plain, "one encoding for each value");
    }
    if let Ok(mark) = Mark::decode(plain) {
        assert_eq!(*mark.encode(), plain, "one encoding for each value");
    }
    if let Ok(listing) = Listing::decode(plain) {
        assert_eq!(*listing.encode(), plain, "one encoding for each value");
    }
    if let Ok(manifest) = Manifest::decode(plain) {
        assert_eq!(*manifest.encode(), plain, "one encoding for each value");
    }
}
