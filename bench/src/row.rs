//! What is kept of a race: a file of JSON, which the pictures and the page are made from.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// Everything of one kind that was raced.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    /// What was done.
    pub(crate) title: String,
    /// What one must know to judge the figures, as Markdown.
    pub(crate) note: String,
    pub(crate) unit: String,
    pub(crate) better: Better,
    pub(crate) heats: Vec<Heat>,
    /// Where and when; nothing until it is kept.
    pub(crate) measured: Option<Measured>,
}

/// Which figure is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Better {
    More,
    Less,
}

/// Who did the same in turn.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Heat {
    pub(crate) name: String,
    /// The first is ours, to which the others are compared.
    pub(crate) entries: Vec<Entry>,
}

/// Somebody who took part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// A figure of each round.
    pub(crate) figures: Vec<f64>,
    pub(crate) goal: Option<Goal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Ours,
    Peer,
    /// What cannot be beaten, since it does less.
    Limit,
}

/// What we want.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Goal {
    /// Ours is at least so many times as good as this one.
    Times(f64),
    /// This figure of ours stays below.
    Below(f64),
}

/// Where and when a row was measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) date: String,
    pub(crate) commit: String,
    pub(crate) machine: String,
}

impl Row {
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let named = || file.display().to_string();
        serde_json::from_slice(&fs::read(file).with_context(named)?).with_context(named)
    }

    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(file, text).with_context(|| file.display().to_string())
    }
}

impl Heat {
    /// How many times as good as `other` ours was: the median of the ratios of the rounds, since a bad minute of the
    /// machine spoils both figures of a round and not their ratio.
    pub(crate) fn ratio_to(&self, other: &Entry, better: Better) -> f64 {
        let ours = self.entries.first().map_or(&[][..], |entry| &entry.figures);
        let ratio = |(ours, theirs): (&f64, &f64)| match better {
            Better::More => ours / theirs,
            Better::Less => theirs / ours,
        };
        median(ours.iter().zip(&other.figures).map(ratio).collect())
    }
}

impl Entry {
    pub(crate) fn ours(name: impl Into<String>) -> Self {
        Self::new(name.into(), Kind::Ours, None)
    }

    /// Ours should be `goal` times as good.
    pub(crate) fn peer(name: impl Into<String>, goal: impl Into<Option<f64>>) -> Self {
        Self::new(name.into(), Kind::Peer, goal.into().map(Goal::Times))
    }

    /// The same, for what cannot be beaten.
    pub(crate) fn limit(name: impl Into<String>, goal: impl Into<Option<f64>>) -> Self {
        Self::new(name.into(), Kind::Limit, goal.into().map(Goal::Times))
    }

    fn new(name: String, kind: Kind, goal: Option<Goal>) -> Self {
        Self {
            name,
            kind,
            figures: Vec::new(),
            goal,
        }
    }

    pub(crate) fn median(&self) -> f64 {
        median(self.figures.clone())
    }

    pub(crate) fn lowest(&self) -> f64 {
        self.figures.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn highest(&self) -> f64 {
        self.figures.iter().copied().fold(0.0, f64::max)
    }
}

impl Measured {
    /// Here and today. The commit is told by whoever built what was measured: another may be checked out by now.
    pub(crate) fn today(commit: &str) -> Result<Self> {
        Ok(Self {
            date: said("date", &["+%Y-%m-%d"])?,
            commit: commit.to_owned(),
            machine: machine()?,
        })
    }
}

/// For whoever waits at a terminal.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for heat in &self.heats {
            writeln!(f, "{}: {}, {}", self.title, heat.name, self.unit)?;
            for entry in &heat.entries {
                let (low, high) = (figure(entry.lowest()), figure(entry.highest()));
                let ratio = heat.ratio_to(entry, self.better);
                let middle = figure(entry.median());
                writeln!(
                    f,
                    "  {:<56} {middle:>8} ({low} to {high})  ours × {ratio:.2}",
                    entry.name
                )?;
            }
        }
        Ok(())
    }
}

/// Three digits that mean something.
pub(crate) fn figure(value: f64) -> String {
    let digits = match value {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    match text.split_once('.') {
        // Thousands apart, as nobody counts five digits.
        None if text.len() > 4 => format!("{},{}", &text[..text.len() - 3], &text[text.len() - 3..]),
        _ => text,
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => 0.0,
        even if even % 2 == 0 => f64::midpoint(figures[middle - 1], figures[middle]),
        _ => figures[middle],
    }
}

fn machine() -> Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model = value_of(&processors, "model name").unwrap_or("processor unknown");
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kibibytes: u64 = value_of(&memory, "MemTotal")
        .and_then(|text| text.trim_end_matches(" kB").parse().ok())
        .unwrap_or(0);
    let cores = std::thread::available_parallelism()?;
    Ok(format!("{cores} × {model}, {} GiB of memory", kibibytes >> 20))
}

fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

fn said(program: &str, words: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(words)
        .output()
        .with_context(|| program.to_owned())?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heat(ours: &[f64], theirs: &[f64]) -> Heat {
        let with = |entry: Entry, figures: &[f64]| Entry {
            figures: figures.to_vec(),
            ..entry
        };
        Heat {
            name: "x".to_owned(),
            entries: vec![with(Entry::ours("x"), ours), with(Entry::peer("y", 2.0), theirs)],
        }
    }

    #[test]
    fn the_median_is_in_the_middle_whatever_the_order() {
        assert!((median(vec![9.0, 1.0, 5.0]) - 5.0).abs() < 1e-9);
        assert!((median(vec![4.0, 1.0, 2.0, 9.0]) - 3.0).abs() < 1e-9);
        assert!(median(Vec::new()).abs() < 1e-9);
    }

    #[test]
    fn a_bad_minute_for_both_does_not_move_the_ratio() {
        let heat = heat(&[100.0, 10.0, 120.0], &[50.0, 5.0, 60.0]);
        assert!((heat.ratio_to(&heat.entries[1], Better::More) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn where_less_is_better_the_ratio_is_turned_round() {
        let heat = heat(&[2.0], &[8.0]);
        assert!((heat.ratio_to(&heat.entries[1], Better::Less) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn figures_have_three_digits_that_mean_something() {
        let figures = [0.123, 1.0, 12.345, 123.45, 12_345.6].map(figure);
        assert_eq!(figures, ["0.12", "1.00", "12.3", "123", "12,346"]);
    }

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let json = r#"{"title":"t","note":"n","unit":"s","better":"less","measured":null,"heats":[{"name":"h","entries":[
            {"name":"Postern","kind":"ours","figures":[1.0],"goal":{"below":300}},
            {"name":"other","kind":"limit","figures":[2.0],"goal":{"times":0.7}}]}]}"#;
        let row: Row = serde_json::from_str(json).expect("a row, as the browser's measurements write it");
        assert_eq!(row.heats[0].entries[0].goal, Some(Goal::Below(300.0)));
        let again: Row = serde_json::from_str(&serde_json::to_string(&row).expect("text")).expect("a row");
        assert_eq!(again.heats[0].entries[1].kind, Kind::Limit);
    }
}
