//! Holds `docs/threat-model.md` against the tests: a claim names a test that exists, and no such test goes unnamed.
//!
//! A test that shows how a published attack fails is named after its row, `b4_chunks_cannot_be_reordered`.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Result, bail};

use crate::place;

const DOCUMENT: &str = "docs/threat-model.md";

/// Fails if document and code do not name the same tests.
pub(crate) fn check() -> Result<()> {
    let claimed = claimed(&fs::read_to_string(place::root().join(DOCUMENT))?);
    let mut there = BTreeSet::new();
    for file in place::tracked(".")? {
        if file.extension().is_some_and(|extension| extension == "rs") {
            there.extend(tests(&fs::read_to_string(place::root().join(file))?));
        }
    }
    let missing = claimed
        .difference(&there)
        .map(|name| format!("{DOCUMENT} names {name}, which no test is called"));
    let unnamed = there
        .difference(&claimed)
        .map(|name| format!("{DOCUMENT} does not name {name}"));
    let wrong: Vec<String> = missing.chain(unnamed).collect();
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

/// The names between backticks that are named after a row.
fn claimed(text: &str) -> BTreeSet<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter(|name| is_of_a_row(name))
        .map(str::to_owned)
        .collect()
}

/// The functions that are named after a row.
fn tests(code: &str) -> BTreeSet<String> {
    let functions = code
        .lines()
        .filter_map(|line| line.split_once("fn ").map(|(_, rest)| rest));
    let names = functions.filter_map(|rest| rest.split(['(', '<']).next());
    names
        .filter(|name| is_of_a_row(name))
        .map(str::to_owned)
        .collect()
}

/// A letter from a to h, a number, and a sentence: `b4_chunks_cannot_be_reordered`.
fn is_of_a_row(name: &str) -> bool {
    let Some((row, sentence)) = name.split_once('_') else {
        return false;
    };
    let mut row = row.chars();
    let letter = row.next().is_some_and(|letter| ('a'..='h').contains(&letter));
    let number = row.as_str();
    let numbered = !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit());
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    letter && numbered && sentence.contains('_') && sentence.chars().all(is_word)
}

#[cfg(test)]
mod tests_of_claims {
    use super::*;

    #[test]
    fn a_name_after_a_row_is_recognised() {
        assert!(is_of_a_row("b4_chunks_cannot_be_reordered"));
        for name in [
            "chunks_cannot_be_reordered",
            "b4",
            "b4_x",
            "b_4_x_y",
            "i1_x_y",
            "b4 chunks_x",
        ] {
            assert!(!is_of_a_row(name), "{name}");
        }
    }

    #[test]
    fn names_are_found_in_text_and_code() {
        let name = BTreeSet::from(["a1_it_does_not_open".to_owned()]);
        assert_eq!(claimed("| A1 | `a1_it_does_not_open`, `cargo` |"), name);
        // In two halves, so that this file does not name a test that is none.
        let code = concat!("    async fn a1_it", "_does_not_open() {\n    fn other() {");
        assert_eq!(tests(code), name);
    }
}
