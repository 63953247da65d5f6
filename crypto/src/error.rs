//! What can go wrong, in the terms of somebody who can do something about it.

/// The result of everything that opens, checks or parses.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure that reaches a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Sealed bytes did not open, a signature did not hold, or something was malformed. There is one
    /// variant on purpose: a server that could tell failures apart would learn about keys by sending
    /// broken objects (threats A1, A3).
    #[error("this cannot be opened")]
    CannotOpen,
    /// Recovery words that a person typed are not right.
    #[error(transparent)]
    Words(#[from] WordsMistake),
    /// The text of a link that a person pasted is not right.
    #[error(transparent)]
    Link(#[from] LinkMistake),
}

/// What is wrong with recovery words, so that a person can mend them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordsMistake {
    /// There must be 24.
    #[error("a recovery key has 24 words, and this has {0}")]
    Count(usize),
    /// A word is not on the list; counted from 1, as on the printed sheet.
    #[error("word {0} is not a recovery word")]
    Unknown(usize),
    /// All are on the list, but one or more are not the right ones, or their order is not.
    #[error("the words do not fit together: one may be wrong, or two may have changed places")]
    Checksum,
}

/// What is wrong with the text of a link, so that a person can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkMistake {
    /// There is no `/s/…` with an identifier in it.
    #[error("this is not a link to something shared")]
    NotALink,
    /// Nothing after the `#`: programs that "clean" links drop it.
    #[error("the part of the link after # is missing")]
    SecretMissing,
    /// Fewer characters than a link has.
    #[error("the link has been cut off: copy it again, whole")]
    CutOff,
    /// The checksum does not fit.
    #[error("the link has been changed on its way: copy it again from where it was written")]
    Changed,
    /// Made by a later version.
    #[error("the link was made by a newer version of this program")]
    Newer,
}
