//! Several who do the same, in turn.

use std::fs;
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
    pub(crate) messages: usize,
}

/// A contestant that has not run yet. A turn answers a figure for each heat.
pub(crate) struct Runner<'a, const HEATS: usize> {
    entry: Entry,
    turn: Box<dyn FnMut() -> Result<[f64; HEATS]> + 'a>,
    most_rounds: usize,
}

impl Terms {
    pub(crate) fn from_environment() -> Result<Self> {
        Ok(Self {
            // Enough for a median that one bad moment does not move.
            rounds: setting("POSTERN_BENCH_ROUNDS", 5)?,
            large_mib: setting("POSTERN_LARGE_MIB", 2048)?,
            small_files: setting("POSTERN_SMALL_FILES", 10_000)?,
            transfers: setting("POSTERN_TRANSFERS", 100)?,
            messages: setting("POSTERN_MESSAGES", 4_000)?,
        })
    }
}

impl<'a, const HEATS: usize> Runner<'a, HEATS> {
    pub(crate) fn new(entry: Entry, turn: impl FnMut() -> Result<[f64; HEATS]> + 'a) -> Self {
        Self {
            entry,
            turn: Box::new(turn),
            most_rounds: usize::MAX,
        }
    }

    /// For those whom nobody wants to wait for again and again.
    pub(crate) fn at_most(self, most_rounds: usize) -> Self {
        Self { most_rounds, ..self }
    }
}

/// Everybody once a round.
pub(crate) fn race<const HEATS: usize>(
    names: [&str; HEATS],
    rounds: usize,
    mut runners: Vec<Runner<'_, HEATS>>,
) -> Result<[Heat; HEATS]> {
    let mut figures = vec![Vec::new(); runners.len()];
    for round in 1..=rounds {
        for (runner, figures) in runners.iter_mut().zip(&mut figures) {
            if round <= runner.most_rounds {
                let name = &runner.entry.name;
                let measured = (runner.turn)().with_context(|| name.clone())?;
                println!(
                    "{}, round {round}, {name}: {}",
                    names.join(", "),
                    measured.map(figure).join(", ")
                );
                figures.push(measured);
            }
        }
    }
    Ok(std::array::from_fn(|heat| {
        let entry = |(runner, figures): (&Runner<'_, HEATS>, &Vec<[f64; HEATS]>)| Entry {
            figures: figures.iter().map(|figures| figures[heat]).collect(),
            ..runner.entry.clone()
        };
        Heat {
            name: names[heat].to_owned(),
            entries: runners.iter().zip(&figures).map(entry).collect(),
        }
    }))
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

/// Leaves nothing of any file in memory. What is not on the disk yet is written first.
pub(crate) fn forget_cached() -> Result<()> {
    settle()?;
    fs::write("/proc/sys/vm/drop_caches", "3").context("only root can empty the kernel's memory of files")
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
                let figure = turns.borrow().len() as f64;
                Ok([figure, -figure])
            }
        };
        let runners = vec![
            Runner::new(Entry::ours("ours"), turn("ours")),
            Runner::new(Entry::peer("theirs", 2.0), turn("theirs")),
            Runner::new(Entry::peer("slow", None), turn("slow")).at_most(1),
        ];
        let [put, get] = race(["put", "get"], 2, runners).expect("nobody fails");
        assert_eq!(*turns.borrow(), ["ours", "theirs", "slow", "ours", "theirs"]);
        let figures = |heat: &Heat| {
            heat.entries
                .iter()
                .map(|entry| entry.figures.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(figures(&put), [vec![1.0, 4.0], vec![2.0, 5.0], vec![3.0]]);
        assert_eq!(figures(&get), [vec![-1.0, -4.0], vec![-2.0, -5.0], vec![-3.0]]);
        assert_eq!(get.entries[1].goal, Some(Goal::Times(2.0)));
    }

    #[test]
    fn who_fails_is_named() {
        let fails = Runner::<1>::new(Entry::ours("Postern"), || anyhow::bail!("out of breath"));
        let error = race(["h"], 1, vec![fails]).expect_err("it failed");
        assert_eq!(format!("{error:#}"), "Postern: out of breath");
    }

    #[test]
    fn a_command_that_fails_has_no_time() {
        assert!(seconds(&mut Command::new("false")).is_err());
    }
}
