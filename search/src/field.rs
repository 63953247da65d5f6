//! Where in a message a word stands.

/// Where in a message a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Its subject.
    Subject,
    /// Who wrote it.
    From,
    /// To whom it was written.
    To,
    /// Its text.
    Body,
    /// The name of something attached.
    File,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Subject, Self::From, Self::To, Self::Body, Self::File];

    /// What stands in an index in front of a word: words of one field lie beside each other.
    pub(crate) const fn prefix(self) -> u8 {
        match self {
            Self::Subject => b's',
            Self::From => b'f',
            Self::To => b't',
            Self::Body => b'b',
            Self::File => b'a',
        }
    }
}
