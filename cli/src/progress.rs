//! Bars, for whoever watches.

use std::cell::Cell;

use indicatif::{ProgressBar, ProgressStyle};

use crate::say::Say;

const KNOWN: &str =
    "{msg:.bold}  [{bar:24}]  {binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}  {eta} left";
const COUNTED: &str = "{msg:.bold}  [{bar:24}]  {pos} of {len}  {eta} left";
const UNKNOWN: &str = "{msg:.bold}  {spinner}  {binary_bytes}  {binary_bytes_per_sec}";

/// One bar over several files.
pub(crate) struct Progress {
    bar: ProgressBar,
}

/// A bar over things that are counted.
pub(crate) struct Counter {
    bar: ProgressBar,
}

/// The share of one file in it.
pub(crate) struct FilePart<'a> {
    progress: &'a Progress,
    counted: Cell<u64>,
}

impl Progress {
    /// A bar to `total_bytes`, or without an end.
    pub(crate) fn new(say: &Say, verb: &str, total_bytes: Option<u64>) -> Self {
        let bar = total_bytes.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let template = if total_bytes.is_some() { KNOWN } else { UNKNOWN };
        let style = ProgressStyle::with_template(template).expect("the template is well formed");
        let bar = say.bars().add(bar).with_message(verb.to_owned());
        bar.set_style(style.progress_chars("━╸─"));
        Self { bar }
    }

    /// Begins a file.
    pub(crate) fn file(&self) -> FilePart<'_> {
        FilePart {
            progress: self,
            counted: Cell::new(0),
        }
    }
}

impl Counter {
    /// A bar that does not show before somebody says how many there are.
    pub(crate) fn new(say: &Say, verb: &str) -> Self {
        let style = ProgressStyle::with_template(COUNTED).expect("the template is well formed");
        let bar = say.bars().add(ProgressBar::new(0)).with_message(verb.to_owned());
        bar.set_style(style.progress_chars("━╸─"));
        Self { bar }
    }

    /// So many are done, of so many.
    pub(crate) fn at(&self, done: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl FilePart<'_> {
    /// So many bytes of the file have been dealt with.
    pub(crate) fn at(&self, bytes: u64) {
        let before = self.counted.replace(bytes);
        // A file that begins again goes back.
        if bytes < before {
            self.progress.bar.dec(before - bytes);
        } else {
            self.progress.bar.inc(bytes - before);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
