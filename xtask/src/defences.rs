//! Takes defences out, one at a time, and sees that a test fails for want of it.
//!
//! A test that passes whatever the code does shows nothing. For each row of the threat model there is a change here
//! (`list`) that takes its defence out of a copy of the tree; the test that is named with it must fail there. That the
//! changes still fit the code, and that `docs/threat-model.md` tells of them, is checked each time (`check`); that the
//! tests fail takes an hour (`run`). That they pass with the defence in place is what every other run shows.

mod list;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::cmd_test::with_programs;
use crate::document::Section;
use crate::sh::{Sh, sh};
use crate::stages::Outcome;
use crate::tally::Tally;
use crate::{place, tools};
use list::DEFENCES;

/// Its tests run the programs, which are built without the defence too.
const STORIES: &str = "postern-tests";

/// How nextest ends when tests ran and one failed. Code that does not compile ends otherwise.
const TESTS_FAILED: i32 = 100;

/// Something that is taken out, and the test that then fails.
struct Defence {
    row: &'static str,
    /// What the code is like without it.
    what: &'static str,
    edits: &'static [Edit],
    /// Of this package.
    test: (&'static str, &'static str),
}

/// One change of a file, at the one place where `code` stands.
struct Edit {
    file: &'static str,
    code: &'static str,
    without: &'static str,
}

/// Fails if a change does not fit the code any more, or the document does not tell what is in the table.
pub(crate) fn check() -> Result<()> {
    for edit in DEFENCES.iter().flat_map(|defence| defence.edits) {
        edit.made(place::root())?;
    }
    Section::read("docs/threat-model.md", "defences")?.must_say(&table())
}

/// Takes out the defences whose row or test has `filter` in its name, or all.
pub(crate) fn run(filter: Option<&str>) -> Result<Outcome> {
    let copy = Copy::make()?;
    let wanted =
        |defence: &&Defence| filter.is_none_or(|text| defence.row == text || defence.test.1.contains(text));
    let wanted: Vec<&Defence> = DEFENCES.iter().filter(wanted).collect();
    for defence in &wanted {
        copy.restore(defence)?;
    }
    let mut tally = Tally::default();
    for defence in wanted {
        let outcome = defence.take_out(&copy);
        copy.restore(defence)?;
        match outcome {
            Ok(()) => tally = tally + Tally::PASS,
            Err(error) => {
                println!("{}, {}: {error:#}", defence.row, defence.what);
                tally = tally + Tally::FAIL;
            }
        }
    }
    Ok(Outcome::Counted(tally))
}

/// For the document: row, what is taken out, the test that fails.
fn table() -> String {
    let head = "| | what is taken out | the test that then fails |\n|---|---|---|\n".to_owned();
    DEFENCES
        .iter()
        .fold(head, |table, Defence { row, what, test, .. }| {
            format!("{table}| {row} | {what} | `{}` |\n", test.1)
        })
}

impl Defence {
    fn take_out(&self, copy: &Copy) -> Result<()> {
        for edit in self.edits {
            fs::write(copy.0.join(edit.file), edit.made(&copy.0)?)?;
        }
        let builds = self.tested(copy, &["--no-run"])?.run();
        builds.context("it does not compile")?;
        if self.test.0 == STORIES {
            copy.build_programs()?;
        }
        match self.tested(copy, &[])?.tee()?.status.code() {
            Some(TESTS_FAILED) => Ok(()),
            Some(0) => bail!("{} passes without it", self.test.1),
            other => bail!("the tests ended with {other:?}"),
        }
    }

    fn tested(&self, copy: &Copy, words: &[&str]) -> Result<Sh> {
        let (package, test) = self.test;
        let nextest = tools::cargo_or_install("nextest")?.args(["run", "--locked", "--package", package]);
        let one = format!("test(/(^|:){test}$/)");
        let nextest = nextest
            .args(words)
            .args(["--filter-expr", &one])
            .dir(&copy.0)
            .env("CARGO_TARGET_DIR", copy.target());
        Ok(with_programs(nextest, &copy.target()))
    }
}

impl Edit {
    /// The file with the change.
    fn made(&self, root: &Path) -> Result<String> {
        let text = fs::read_to_string(root.join(self.file))?;
        match text.matches(self.code).count() {
            1 => Ok(text.replacen(self.code, self.without, 1)),
            found => bail!("{} has {found} times, not once: {}", self.file, self.code),
        }
    }
}

/// A copy of the tree, in which nobody works.
struct Copy(PathBuf);

impl Copy {
    /// Brings the copy up to date. What is the same keeps its time, so that it is not built again.
    fn make() -> Result<Self> {
        let copy = Self(place::target().join("defences"));
        for file in place::tracked(".")? {
            copy.take(&file)?;
        }
        Ok(copy)
    }

    fn take(&self, file: &Path) -> Result<()> {
        let (ours, theirs) = (fs::read(place::root().join(file))?, self.0.join(file));
        if fs::read(&theirs).is_ok_and(|there| there == ours) {
            return Ok(());
        }
        let folder = theirs.parent().context("a file is in a folder")?;
        fs::create_dir_all(folder)?;
        fs::write(theirs, ours).context("the copy takes as much room as the sources")
    }

    /// Not where everything else is built: cargo would take what it finds there for ours, and what it was built from for
    /// unchanged.
    fn target(&self) -> PathBuf {
        self.0.with_extension("built")
    }

    fn build_programs(&self) -> Result<()> {
        sh("cargo build --locked --package postern-server --package postern-cli")
            .dir(&self.0)
            .env("CARGO_TARGET_DIR", self.target())
            .run()
    }

    fn restore(&self, defence: &Defence) -> Result<()> {
        defence
            .edits
            .iter()
            .try_for_each(|edit| self.take(Path::new(edit.file)))
    }
}
