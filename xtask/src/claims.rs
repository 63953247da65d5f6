//! Holds `docs/threat-model.md` against the tests: a claim names the tests that are there, and no such test goes unnamed.
//!
//! A test that shows how a published attack fails is named after its row, `b4_chunks_cannot_be_reordered`, or after
//! several, `e1_e2_the_secret_stays`. Rows and what is claimed are written by hand, the names beside them are not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, bail};

use crate::document::Section;
use crate::place;

const DOCUMENT: &str = "docs/threat-model.md";

/// The tests of each row.
type Tests = BTreeMap<String, BTreeSet<String>>;

/// Fails if document and code do not name the same tests.
pub(crate) fn check() -> Result<()> {
    let mut tests = Tests::new();
    for file in place::tracked(".")? {
        let Some(extension) = file.extension() else {
            continue;
        };
        if extension == "rs" || extension == "ts" {
            note(&fs::read_to_string(place::root().join(&file))?, &mut tests);
        }
    }
    let section = Section::read(DOCUMENT, "claims")?;
    section.must_say(&with_tests(&section.text, tests)?)
}

/// The table with the names of these tests in its last column.
fn with_tests(table: &str, mut tests: Tests) -> Result<String> {
    let mut written = String::new();
    for (number, line) in table.lines().enumerate() {
        let claim = line.rsplit_once(" | ").map(|(claim, _)| claim);
        match claim.filter(|_| number >= 2) {
            None => written += line,
            Some(claim) => {
                let row = claim
                    .trim_start_matches("| ")
                    .split(' ')
                    .next()
                    .unwrap_or_default();
                let of_row = tests.remove(row);
                let names = of_row.with_context(|| format!("{DOCUMENT}: no test is named after {row}"))?;
                let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                written += &format!("{claim} | {} |", quoted.join("<br>"));
            }
        }
        written.push('\n');
    }
    if let Some(row) = tests.keys().next() {
        bail!("{DOCUMENT} claims nothing of {row}, after which tests are named");
    }
    Ok(written)
}

/// The functions of Rust and the tests of TypeScript that are named after a row.
fn note(code: &str, tests: &mut Tests) {
    for line in code.lines() {
        let rest = [" fn ", "test('"].iter().find_map(|before| {
            let padded = format!(" {line}");
            padded.split_once(before).map(|(_, rest)| rest.to_owned())
        });
        let name = rest
            .as_deref()
            .and_then(|rest| rest.split(['(', '<', '\'']).next());
        for row in rows(name.unwrap_or_default()) {
            let names = tests.entry(row).or_default();
            names.extend(name.map(str::to_owned));
        }
    }
}

/// Letters from a to h with a number each, and a sentence: `b4_chunks_cannot_be_reordered`.
fn rows(name: &str) -> Vec<String> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words: Vec<&str> = name.split('_').collect();
    let named = words.iter().take_while(|word| is_row(word)).count();
    if words.len() < named + 2 || !name.chars().all(is_word) {
        return Vec::new();
    }
    words[..named].iter().map(|row| row.to_uppercase()).collect()
}

fn is_row(word: &str) -> bool {
    let (letter, number) = word.split_at(word.len().min(1));
    let digits = !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit());
    digits && letter.chars().all(|letter| ('a'..='h').contains(&letter))
}

#[cfg(test)]
mod tests_of_claims {
    use super::*;

    #[test]
    fn a_name_after_rows_is_recognised() {
        assert_eq!(rows("b4_chunks_cannot_be_reordered"), ["B4"]);
        assert_eq!(rows("e1_e2_the_secret_stays"), ["E1", "E2"]);
        for name in [
            "chunks_cannot_be_reordered",
            "b4",
            "b4_x",
            "b_4_x_y",
            "i1_x_y",
            "b4 x_y",
            "",
        ] {
            assert!(rows(name).is_empty(), "{name}");
        }
    }

    #[test]
    fn names_go_into_the_table() {
        let mut tests = Tests::new();
        // In two halves, so that this file does not name a test that is none.
        note(
            concat!("    async fn a1_it", "_does_not_open() {\nfn other() {"),
            &mut tests,
        );
        note(concat!("test('e1_a1_it", "_stays', async () => {"), &mut tests);
        let table = "| | attack | tests |\n|---|---|---|\n| A1 | one | `old` |\n| E1 | two | |\n";
        let written = with_tests(table, tests.clone()).expect("rows for both");
        let names = |row: &str| tests[row].iter().cloned().collect::<Vec<_>>().join("`<br>`");
        assert!(written.ends_with(&format!(
            "| A1 | one | `{}` |\n| E1 | two | `{}` |\n",
            names("A1"),
            names("E1")
        )));
        assert!(
            with_tests("||\n|-|\n| A1 | one | |\n", tests).is_err(),
            "E1 has no row"
        );
    }
}
