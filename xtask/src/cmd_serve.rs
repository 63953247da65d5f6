//! `cargo xtask serve`: from a fresh clone to a running service.

use std::path::PathBuf;

use anyhow::Result;

use crate::sh::{program, sh};
use crate::{place, web};

/// How `posternd` is started, unless somebody says otherwise.
const DEFAULTS: &[(&str, &str)] = &[("--data", "./data"), ("--http", "127.0.0.1:8080")];

/// Builds what has changed, then becomes `posternd`. Its flags may be among `words`.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let posternd = program(build()?).arg("all").args(with_defaults(words));
    println!("\nPostern starts. Look where its next line says; Ctrl-C stops it.\n");
    Err(posternd.exec())
}

/// Builds `posternd` as it is meant to be used, with the web client in it, and returns where it is.
pub(crate) fn build() -> Result<PathBuf> {
    web::build()?;
    sh("cargo build --release --locked --package postern-server --bin posternd").run()?;
    Ok(place::target().join("release/posternd"))
}

fn with_defaults(words: &[String]) -> Vec<&str> {
    let is_given = |flag| words.iter().any(|word| word == flag);
    let defaults = DEFAULTS.iter().filter(|(flag, _)| !is_given(flag));
    defaults
        .flat_map(|&(flag, value)| [flag, value])
        .chain(words.iter().map(String::as_str))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_wins_over_the_defaults() {
        let given = ["--http".to_owned(), "0.0.0.0:80".to_owned()];
        assert_eq!(
            with_defaults(&given),
            ["--data", "./data", "--http", "0.0.0.0:80"]
        );
    }
}
