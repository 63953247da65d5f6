//! Runs named stages one after another and tells at the end how each went and how long it took.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::sh::Sh;
use crate::tally::Tally;

/// One thing to check or test.
pub(crate) struct Stage {
    name: &'static str,
    run: fn(&Request) -> Result<Outcome>,
}

impl Stage {
    pub(crate) const fn new(name: &'static str, run: fn(&Request) -> Result<Outcome>) -> Self {
        Self { name, run }
    }
}

/// What a person asked for.
#[derive(Default)]
pub(crate) struct Request {
    /// Run only the stages of these names; all when empty.
    pub(crate) stages: Vec<String>,
    /// Run only the tests whose name contains this.
    pub(crate) filter: Option<String>,
    /// What is otherwise sampled is run in full.
    pub(crate) long: bool,
}

/// How a stage ended, when nothing kept it from running.
pub(crate) enum Outcome {
    /// All is well.
    Fine,
    /// Tests ran.
    Counted(Tally),
    /// Could not be done here, which is no failure.
    Skipped(String),
}

struct Report {
    name: &'static str,
    took: Duration,
    result: Result<Outcome>,
}

/// Runs all that `request` asks for; a failure does not hold up the next stage.
pub(crate) fn run(stages: &[&[Stage]], request: &Request) -> Result<()> {
    let all = stages.iter().copied().flatten();
    let chosen: Vec<&Stage> = all.filter(|stage| request.wants(stage)).collect();
    if chosen.is_empty() {
        bail!("there is no such stage; there are: {}", names(stages));
    }
    let reports: Vec<Report> = chosen.into_iter().map(|stage| run_one(stage, request)).collect();
    summarise(&reports)
}

/// The outcome of what either works or does not.
pub(crate) fn fine(result: Result<()>) -> Result<Outcome> {
    result.map(|()| Outcome::Fine)
}

/// Runs a test runner, and turns what it printed into an outcome.
pub(crate) fn counted(runner: Sh) -> Result<Outcome> {
    let transcript = runner.tee()?;
    let tally = Tally::read(&transcript.lines);
    match (transcript.status.success(), tally.failed) {
        (true, _) => Ok(Outcome::Counted(tally)),
        // Killed, or did not compile: that is a failure even if no test says so.
        (false, 0) => Ok(Outcome::Counted(tally + Tally::FAIL)),
        (false, _) => Ok(Outcome::Counted(tally)),
    }
}

impl Request {
    fn wants(&self, stage: &Stage) -> bool {
        self.stages.is_empty() || self.stages.iter().any(|name| name == stage.name)
    }
}

impl Report {
    fn tally(&self) -> Tally {
        match &self.result {
            Ok(Outcome::Fine) => Tally::PASS,
            Ok(Outcome::Counted(tally)) => *tally,
            Ok(Outcome::Skipped(_)) => Tally::default(),
            Err(_) => Tally::FAIL,
        }
    }

    fn verdict(&self) -> String {
        match &self.result {
            Ok(Outcome::Fine) => "fine".to_owned(),
            Ok(Outcome::Counted(tally)) if tally.failed == 0 => format!("{} passed", tally.passed),
            Ok(Outcome::Counted(tally)) => {
                format!("FAILED: {} of {}", tally.failed, tally.passed + tally.failed)
            }
            Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
            Err(error) => format!("FAILED: {}", error.to_string().lines().next().unwrap_or_default()),
        }
    }
}

fn run_one(stage: &Stage, request: &Request) -> Report {
    println!("\n== {} ==", stage.name);
    let begun = Instant::now();
    let result = (stage.run)(request);
    if let Err(error) = &result {
        println!("{error:#}");
    }
    Report {
        name: stage.name,
        took: begun.elapsed(),
        result,
    }
}

/// The last line is one that anything which runs tests can read.
fn summarise(reports: &[Report]) -> Result<()> {
    println!("\n== summary ==");
    for report in reports {
        println!(
            "{:<14} {:>7.1} s  {}",
            report.name,
            report.took.as_secs_f64(),
            report.verdict()
        );
    }
    let took: Duration = reports.iter().map(|report| report.took).sum();
    let tally: Tally = reports.iter().map(Report::tally).sum();
    println!("{:<14} {:>7.1} s\n", "all", took.as_secs_f64());
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed > 0 {
        bail!("not all is well; the summary above names the stages");
    }
    Ok(())
}

fn names(stages: &[&[Stage]]) -> String {
    let names: Vec<&str> = stages.iter().copied().flatten().map(|stage| stage.name).collect();
    names.join(", ")
}
