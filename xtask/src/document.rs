//! Parts of documents that say what the code says: between `<!-- NAME:start -->` and `<!-- NAME:end -->`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::place;

/// Such a part.
pub(crate) struct Section {
    file: PathBuf,
    before: String,
    /// What it says now.
    pub(crate) text: String,
    after: String,
}

impl Section {
    /// The part called `name` of a document.
    pub(crate) fn read(document: &str, name: &str) -> Result<Self> {
        let file = place::root().join(document);
        let whole = fs::read_to_string(&file)?;
        let (start, end) = (format!("<!-- {name}:start -->\n"), format!("<!-- {name}:end -->"));
        let parts = whole.split_once(&start).and_then(|(before, rest)| {
            let (text, after) = rest.split_once(&end)?;
            Some((before.to_owned() + &start, text.to_owned(), end.clone() + after))
        });
        let (before, text, after) = parts.with_context(|| format!("{document} has no part {name}"))?;
        Ok(Self {
            file,
            before,
            text,
            after,
        })
    }

    /// Fails if it says anything but `text`; with `UPDATE_DOCS=1` it is written anew instead.
    pub(crate) fn must_say(&self, text: &str) -> Result<()> {
        if self.text == text {
            return Ok(());
        }
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&self.file, [&self.before, text, &self.after].concat())?;
            return Ok(());
        }
        let differs = |(is, should): &(&str, &str)| is != should;
        let lines = self.text.lines().chain([""]).zip(text.lines().chain([""]));
        let (is, should) = lines.into_iter().find(differs).unwrap_or_default();
        let file = self.file.display();
        bail!(
            "{file} says\n{is}\nand should say\n{should}\n(UPDATE_DOCS=1 cargo xtask check claims imports writes it)"
        );
    }
}
