//! Several who do the same, in turn.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::row::{Entry, Heat, figure};

/// How much is measured. Whoever only wants to see that it works asks for less (`cargo xtask bench --peers --draft`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) rounds: usize,
    pub(crate) large_mib: u64,
    pub(crate) small_files: usize,
    pub(crate) transfers: usize,
}

/// A contestant that has not run yet. A turn answers its figure.
pub(crate) struct Runner<'a> {
    entry: Entry,
    turn: Box<dyn FnMut() -> Result<f64> + 'a>,
}

impl Terms {
    pub(crate) fn from_environment() -> Result<Self> {
        Ok(Self {
            // Enough for a median that one bad moment does not move.
            rounds: setting("POSTERN_BENCH_ROUNDS", 5)?,
            large_mib: setting("POSTERN_LARGE_MIB", 2048)?,
            small_files: setting("POSTERN_SMALL_FILES", 10_000)?,
            transfers: setting("POSTERN_TRANSFERS", 100)?,
        })
    }
}

impl<'a> Runner<'a> {
    pub(crate) fn new(entry: Entry, turn: impl FnMut() -> Result<f64> + 'a) -> Self {
        Self {
            entry,
            turn: Box::new(turn),
        }
    }
}

/// Everybody once a round.
pub(crate) fn race(name: &str, rounds: usize, mut runners: Vec<Runner<'_>>) -> Result<Heat> {
    for round in 1..=rounds {
        for Runner { entry, turn } in &mut runners {
            let measured = turn().with_context(|| entry.name.clone())?;
            println!("{name}, round {round}, {}: {}", entry.name, figure(measured));
            entry.figures.push(measured);
        }
    }
    Ok(Heat {
        name: name.to_owned(),
        entries: runners.into_iter().map(|runner| runner.entry).collect(),
    })
}

/// Seconds of a command that must succeed.
pub(crate) fn seconds(command: &mut Command) -> Result<f64> {
    let begun = Instant::now();
    let output = command.stdin(Stdio::null()).output();
    let took = begun.elapsed().as_secs_f64();
    let output = output.with_context(|| format!("{command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(took)
}

/// Brings to the disk what the one before has left in memory, so that nobody pays for another's bytes.
pub(crate) fn settle() -> Result<()> {
    seconds(&mut Command::new("sync")).map(|_| ())
}

fn setting<T: std::str::FromStr>(name: &str, default: T) -> Result<T> {
    match std::env::var(name) {
        Err(_) => Ok(default),
        Ok(text) => text
            .parse()
            .ok()
            .with_context(|| format!("{name}={text} is no number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Goal;

    #[test]
    fn contestants_run_in_turn_and_each_figure_is_kept() {
        let turns = std::cell::RefCell::new(Vec::new());
        let turn = |who: &'static str| {
            let turns = &turns;
            move || {
                turns.borrow_mut().push(who);
                Ok(turns.borrow().len() as f64)
            }
        };
        let runners = vec![
            Runner::new(Entry::ours("ours"), turn("ours")),
            Runner::new(Entry::peer("theirs", 2.0), turn("theirs")),
        ];
        let heat = race("h", 2, runners).expect("nobody fails");
        assert_eq!(*turns.borrow(), ["ours", "theirs", "ours", "theirs"]);
        assert_eq!(heat.entries[0].figures, [1.0, 3.0]);
        assert_eq!(heat.entries[1].figures, [2.0, 4.0]);
        assert_eq!(heat.entries[1].goal, Some(Goal::Times(2.0)));
    }

    #[test]
    fn who_fails_is_named() {
        let runners = vec![Runner::new(Entry::ours("Postern"), || {
            anyhow::bail!("out of breath")
        })];
        let error = race("h", 1, runners).expect_err("it failed");
        assert_eq!(format!("{error:#}"), "Postern: out of breath");
    }

    #[test]
    fn a_command_that_fails_has_no_time() {
        assert!(seconds(&mut Command::new("false")).is_err());
    }
}
