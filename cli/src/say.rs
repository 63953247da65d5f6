//! What is said, and where: answers to standard output, everything else to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use indicatif::{MultiProgress, ProgressDrawTarget};
use serde::Serialize;

use crate::failure::{Result, unwritten};

/// Says things in the form that was asked for.
pub(crate) struct Say {
    json: bool,
    quiet: bool,
    /// Bars stand below whatever else is said, so both go through here.
    bars: MultiProgress,
}

impl Say {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        let visible = !quiet && io::stderr().is_terminal();
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            json,
            quiet,
            bars: MultiProgress::with_draw_target(target),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// What was asked for.
    pub(crate) fn answer<T: Serialize>(&self, shape: &T, human: impl FnOnce() -> String) -> Result<()> {
        let text = if self.json { json(shape) } else { human() };
        self.bars
            .suspend(|| print(&text))
            .map_err(|error| unwritten(&error))
    }

    /// What was done: a script gets it in JSON, a person as a note.
    pub(crate) fn done<T: Serialize>(&self, shape: &T, sentence: impl FnOnce() -> String) -> Result<()> {
        if self.json {
            return self.answer(shape, String::new);
        }
        self.note(&sentence());
        Ok(())
    }

    /// Something worth knowing that nobody asked for.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// Something that must be known.
    pub(crate) fn warn(&self, text: &str) {
        // There is nobody left to tell if standard error is closed.
        let _ = self.bars.suspend(|| writeln!(io::stderr(), "{text}"));
    }
}

fn json<T: Serialize>(shape: &T) -> String {
    let mut text = serde_json::to_string(shape).expect("plain structures always serialise");
    text.push('\n');
    text
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
