//! Who takes part: ours, and how the others are started.

mod mail;
mod nginx;
mod ours;
mod rclone;
mod restic;

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

pub(crate) use mail::{MailServer, OurMail, RECIPIENT, postfix};
pub(crate) use nginx::{Nginx, NginxSynced};
pub(crate) use ours::Ours;
pub(crate) use rclone::Rclone;
pub(crate) use restic::Restic;

/// A server that has just been started and is empty, with a client of its own.
pub(crate) trait Store {
    /// Stores a file or a folder there. Answers how many seconds it took.
    fn put(&self, from: &Path) -> Result<f64>;
    /// Fetches it to a place where nothing is.
    fn get(&self, to: &Path) -> Result<f64>;
}

/// Name and version of a program, from what it says when it is asked.
fn named(program: &str, question: &str) -> Result<String> {
    let output = Command::new(program).arg(question).output();
    let output = output.with_context(|| program.to_owned())?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Ok(format!(
        "{program} {}",
        version_in(&said).unwrap_or("of no version")
    ))
}

/// The first word with a number in it that has dots.
fn version_in(said: &str) -> Option<&str> {
    let from_digit = |word: &str| word.find(|c: char| c.is_ascii_digit());
    let mut numbers = said
        .split_whitespace()
        .filter_map(|word| Some(&word[from_digit(word)?..]));
    numbers.find(|number| number.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        for (said, version) in [
            ("rclone v1.60.1-DEV\n- os/version: debian 12.11", "1.60.1-DEV"),
            ("nginx version: nginx/1.22.1\n", "1.22.1"),
            ("restic 0.14.0 compiled with go1.19.8 on linux/amd64", "0.14.0"),
        ] {
            assert_eq!(version_in(said), Some(version));
        }
        assert_eq!(version_in("no number at all"), None);
    }
}
