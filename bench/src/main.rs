//! Races: ours and what people use today, in turn, on the same machine and in the same minutes.
//!
//! Machines differ and are shared, so a figure alone says little; the ratio of two that were measured in turn says
//! more. A row runs all its contestants once a round, several rounds, and keeps every figure. `cargo xtask bench --peers`
//! installs the peers, builds ours as it is released, and calls this for one row after another; what happens in a
//! browser is measured by `web/tests/bench.ts`, which writes rows of the same shape.
//!
//! It deliberately judges nothing: no figure makes it fail. And it gives ours no way that a user does not have: it
//! types commands.
//!
//! Read in this order: `row` (what is kept), `race` (how it is measured), `native`, `storing`, `inbound`, `memory` (what
//! is measured), `contestants` (who takes part), `page` and `picture` (how it is shown).

mod contestants;
mod inbound;
mod large;
mod memory;
mod native;
mod page;
mod picture;
mod race;
mod row;
mod small;
mod storing;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::race::Terms;
use crate::row::Row;

const USAGE: &str = "\
postern-bench measure ROW FILE      run this race and leave its row there
postern-bench keep FILE FOLDER COMMIT  note date, machine and what was built in a row, and keep it among the others
postern-bench nginx                 run nginx as the races do, until the input ends
postern-bench render FOLDER PAGE    write the page and its pictures from all rows that are kept";

/// A row's name, and how it is measured.
type Measurement = (&'static str, fn(&Terms) -> Result<Row>);

/// What can be measured here.
const ROWS: &[Measurement] = &[
    ("native", native::row),
    ("large", large::row),
    ("small", small::row),
    ("inbound", inbound::row),
    ("memory-server", memory::row),
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        ["measure", name, file] => measure(name, Path::new(file)),
        ["keep", file, folder, commit] => keep(Path::new(file), Path::new(folder), commit),
        ["nginx"] => lend_nginx(),
        ["render", folder, page] => page::write(Path::new(folder), Path::new(page)),
        _ => bail!("{USAGE}"),
    }
}

fn measure(name: &str, file: &Path) -> Result<()> {
    let Some((_, row)) = ROWS.iter().find(|(known, _)| *known == name) else {
        bail!("there is no row `{name}`\n\n{USAGE}")
    };
    let row = row(&Terms::from_environment()?)?;
    row.write(file)
}

fn keep(file: &Path, folder: &Path, commit: &str) -> Result<()> {
    let mut row = Row::read(file)?;
    row.measured = Some(row::Measured::today(commit)?);
    std::fs::create_dir_all(folder)?;
    row.write(&folder.join(file.file_name().unwrap_or_default()))?;
    print!("{row}");
    Ok(())
}

/// For the races in a browser.
fn lend_nginx() -> Result<()> {
    let nginx = contestants::Nginx::start()?;
    println!("{}", nginx.url());
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_measured_is_named() {
        let error = run(&["measure", "everything", "x.json"]).expect_err("there is no such row");
        assert!(error.to_string().starts_with("there is no row `everything`"));
        let error = run(&["measure"]).expect_err("no row is named");
        assert_eq!(error.to_string(), USAGE);
    }
}
