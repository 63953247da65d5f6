//! Mail that others found worth keeping, and what must hold of all of it.

use std::fs;
use std::path::{Path, PathBuf};

use postern_mime::Limits;

use crate::bounds::check;
use crate::read;

/// Where the corpus is, which has a folder for each source.
fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let listed = |folder: &Path| {
        let entries = fs::read_dir(folder).expect("the corpus is part of the sources");
        entries
            .map(|entry| entry.expect("listed").path())
            .collect::<Vec<_>>()
    };
    let mut files: Vec<PathBuf> = listed(&root)
        .iter()
        .filter(|path| path.is_dir())
        .flat_map(|folder| listed(folder))
        .collect();
    files.retain(|path| path.extension().is_some());
    files.sort();
    files
}

fn messages() -> Vec<(PathBuf, Vec<u8>)> {
    files()
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).expect("read")))
        .collect()
}

/// The same message with the other kind of line ends.
fn with_other_line_ends(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len() * 2);
    for byte in bytes.iter().filter(|byte| **byte != b'\r') {
        match (byte, bytes.contains(&b'\r')) {
            (b'\n', false) => lines.extend_from_slice(b"\r\n"),
            _ => lines.push(*byte),
        }
    }
    lines
}

#[test]
fn f7_all_mail_that_was_found_is_read_within_its_bounds() {
    let messages = messages();
    assert!(messages.len() > 300, "{} are there", messages.len());
    for (path, bytes) in messages {
        println!("{}", path.display());
        check(&bytes, &Limits::default());
    }
}

#[test]
fn f7_all_mail_that_was_found_is_read_under_narrow_limits() {
    let narrow = Limits {
        depth: 2,
        parts: 3,
        header_bytes: 900,
        field_bytes: 40,
        parameters: 2,
        addresses: 1,
        text_bytes: 50,
    };
    for (path, bytes) in messages() {
        println!("{}", path.display());
        check(&bytes, &narrow);
    }
}

#[test]
fn f7_mail_that_was_cut_off_anywhere_is_read() {
    for (path, bytes) in messages() {
        println!("{}", path.display());
        for tenth in 1..10 {
            check(&bytes[..bytes.len() * tenth / 10], &Limits::default());
        }
    }
}

#[test]
fn the_kind_of_line_ends_changes_no_structure() {
    for (path, bytes) in messages() {
        let other = with_other_line_ends(&bytes);
        let paths = |bytes: &[u8]| {
            let message = read(bytes);
            let kinds = message
                .parts()
                .iter()
                .map(|part| (part.path().to_owned(), part.media_type().to_owned()));
            (
                kinds.collect::<Vec<_>>(),
                message.head().subject(),
                message.head().from(),
            )
        };
        assert_eq!(paths(&bytes), paths(&other), "{}", path.display());
    }
}

#[test]
fn every_message_that_has_a_sender_shows_one() {
    for (path, bytes) in messages() {
        let message = read(&bytes);
        let has_from = message
            .head()
            .fields()
            .iter()
            .any(|field| field.name().eq_ignore_ascii_case("from") && !field.raw().is_empty());
        assert!(
            !has_from || !message.head().from().all.is_empty(),
            "{}",
            path.display()
        );
    }
}
