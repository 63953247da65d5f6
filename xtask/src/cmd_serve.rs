//! `cargo xtask serve`: from a fresh clone to a running service.

use anyhow::Result;

use crate::place;
use crate::sh::sh;
use crate::web;

const HTTP: &str = "127.0.0.1:8080";
const DATA: &str = "./data";

/// Builds what has changed, then becomes `posternd`. Further `words` go to it and win over the defaults.
pub(crate) fn run(words: &[String]) -> Result<()> {
    web::build()?;
    // After the web client, since the server carries it.
    sh("cargo")
        .args([
            "build",
            "--release",
            "--package",
            "postern-server",
            "--bin",
            "posternd",
        ])
        .run()?;
    let http = value_of(words, "--http").unwrap_or(HTTP);
    let data = value_of(words, "--data").unwrap_or(DATA);
    println!("\nPostern will be at http://{http}; its data is in {data}. Ctrl-C stops it.\n");
    let posternd = sh(place::target().join("release/posternd"));
    Err(posternd.args(["all", "--data", data, "--http", http]).exec())
}

fn value_of<'a>(words: &'a [String], flag: &str) -> Option<&'a str> {
    let at = words.iter().position(|word| word == flag)?;
    words.get(at + 1).map(String::as_str)
}
