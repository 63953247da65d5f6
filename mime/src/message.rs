//! A message, taken apart.

use crate::part::{Part, Role};
use crate::view::View;
use crate::{Head, Limits, tree};

/// A message, taken apart. It borrows from the bytes that it was made of, and decodes nothing before it is asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    parts: Vec<Part<'a>>,
}

impl<'a> Message<'a> {
    /// Takes a message apart, whatever it is: what is no message is one with a text.
    pub fn parse(bytes: &'a [u8], limits: &Limits) -> Self {
        Self {
            parts: tree::parts(bytes, limits),
        }
    }

    /// All parts, each before its own: the first is the message as a whole.
    pub fn parts(&self) -> &[Part<'a>] {
        &self.parts
    }

    /// The message as a whole.
    pub fn root(&self) -> &Part<'a> {
        self.parts
            .first()
            .expect("a tree has its root, whatever it was made of")
    }

    /// The part of that path, such as `1.2`.
    pub fn part(&self, path: &str) -> Option<&Part<'a>> {
        self.parts.iter().find(|part| part.path() == path)
    }

    /// The fields of the message.
    pub fn head(&self) -> &Head<'a> {
        self.root().head()
    }

    /// What is shown.
    pub fn view(&self) -> View<'_> {
        View::of(self)
    }

    /// What a reader would read, as plain text, of all that is shown: for a search, or to show how it begins. No longer
    /// than the limit of a text, nearly.
    pub fn plain_text(&self) -> String {
        self.view().plain_text(self.root().limits().text_bytes)
    }

    /// The parts within this one that are no multiparts; itself, if it is none.
    pub(crate) fn leaves<'m>(&'m self, part: &'m Part<'a>) -> Vec<&'m Part<'a>> {
        let Role::Multipart(within) = part.role() else {
            return vec![part];
        };
        let within = within.iter().filter_map(|number| self.parts.get(*number));
        within.flat_map(|part| self.leaves(part)).collect()
    }
}
