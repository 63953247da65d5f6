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
    /// What is measured is measured once and small, and not kept.
    pub(crate) draft: bool,
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
    must_be_among(stages, request)?;
    let all = stages.iter().copied().flatten();
    let chosen = all.filter(|stage| request.wants(stage));
    let reports: Vec<Report> = chosen.map(|stage| run_one(stage, request)).collect();
    summarise(&reports)
}

/// Fails if a stage is asked for that is not among these.
pub(crate) fn must_be_among(stages: &[&[Stage]], request: &Request) -> Result<()> {
    let names: Vec<&str> = stages.iter().copied().flatten().map(|stage| stage.name).collect();
    let is_unknown = |name: &&String| !names.contains(&name.as_str());
    match request.stages.iter().find(is_unknown) {
        Some(unknown) => bail!("there is no `{unknown}`; there are: {}", names.join(", ")),
        None => Ok(()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const STAGES: &[Stage] = &[
        Stage::new("a", |_| fine(Ok(()))),
        Stage::new("b", |_| fine(Ok(()))),
    ];

    fn asked(names: &[&str]) -> Result<()> {
        let stages = names.iter().map(|&name| name.to_owned()).collect();
        let request = Request {
            stages,
            ..Request::default()
        };
        must_be_among(&[STAGES], &request)
    }

    #[test]
    fn a_stage_that_is_not_there_is_named_even_beside_one_that_is() {
        assert!(asked(&[]).is_ok());
        assert!(asked(&["b", "a"]).is_ok());
        let error = asked(&["a", "c"]).expect_err("there is no such stage");
        assert_eq!(error.to_string(), "there is no `c`; there are: a, b");
    }
}
