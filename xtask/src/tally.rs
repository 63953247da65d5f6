//! Reads how many tests passed and failed from what test runners print.

use std::iter::Sum;
use std::ops::Add;

/// Tests that passed and tests that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    pub(crate) const PASS: Self = Self { passed: 1, failed: 0 };
    pub(crate) const FAIL: Self = Self { passed: 0, failed: 1 };

    /// Adds up the closing lines found in a runner's output.
    pub(crate) fn read(lines: &[String]) -> Self {
        // nextest quotes what a test that failed has said, indented: that has been counted already.
        let quoted = |line: &&String| line.starts_with(' ') && line.trim_start().starts_with("test result:");
        let own = lines.iter().filter(|line| !quoted(line));
        own.filter_map(|line| Self::of_line(line.trim())).sum()
    }

    fn of_line(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["Summary", rest @ ..] | ["test", "result:", rest @ ..] | ["Tests", rest @ ..] => {
                Some(counted(rest))
            }
            ["#" | "ℹ", "pass", count] => Some(Self {
                passed: count.parse().ok()?,
                failed: 0,
            }),
            ["#" | "ℹ", "fail", count] => Some(Self {
                passed: 0,
                failed: count.parse().ok()?,
            }),
            [_, "passed,", _, "failed"] => Some(counted(&words)),
            _ => None,
        }
    }
}

/// Finds `12 passed` and `3 failed` among the words of a line.
fn counted(words: &[&str]) -> Tally {
    let before = |wanted: &str| {
        let pair = words
            .windows(2)
            .find(|pair| pair[1].trim_end_matches([',', ';']) == wanted);
        pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
    };
    Tally {
        passed: before("passed"),
        failed: before("failed"),
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(output: &str, passed: u64, failed: u64) {
        let lines: Vec<String> = output.lines().map(str::to_owned).collect();
        assert_eq!(Tally::read(&lines), Tally { passed, failed });
    }

    #[test]
    fn what_nextest_quotes_is_not_counted_again() {
        reads(
            "    test result: FAILED. 0 passed; 1 failed; 0 ignored\n     Summary [ 0.1s] 3 tests run: 2 passed, 1 failed",
            2,
            1,
        );
    }

    #[test]
    fn nextest_is_understood() {
        reads(
            "     Summary [   0.1s] 12 tests run: 11 passed (1 slow), 1 failed, 0 skipped",
            11,
            1,
        );
    }

    #[test]
    fn cargo_test_is_understood_and_added_up() {
        let one = "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
        let two = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out";
        reads(&format!("{one}\n{two}"), 4, 2);
    }

    #[test]
    fn vitest_is_understood_and_its_files_are_not_counted() {
        reads(
            " Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 30 passed (31)",
            30,
            1,
        );
    }

    #[test]
    fn node_is_understood() {
        reads("ℹ tests 3\nℹ pass 2\nℹ fail 1", 2, 1);
        reads("# tests 3\n# pass 3\n# fail 0", 3, 0);
    }

    #[test]
    fn the_plain_closing_line_is_understood() {
        reads("7 passed, 0 failed", 7, 0);
    }

    #[test]
    fn other_talk_is_not_counted() {
        reads("test a_test ... ok\n3 passed the door\nTests are good", 0, 0);
    }
}
