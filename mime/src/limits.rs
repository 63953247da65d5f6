//! How much of a message is looked at.

/// How much of a message is looked at. What lies beyond is not dropped: it becomes one part that is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most multiparts within each other. RFC 2046 names no bound; mail that people write has five.
    pub depth: usize,
    /// The most parts of all kinds.
    pub parts: usize,
    /// The most bytes that all heads have together.
    pub header_bytes: usize,
    /// How much of one field is read. All of it stays in the view of the whole head.
    pub field_bytes: usize,
    /// The most parameters of one field.
    pub parameters: usize,
    /// The most addresses of one kind, and the most references.
    pub addresses: usize,
    /// How much of a written text is decoded at once, in bytes before the charset is applied.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 32,
            parts: 1_000,
            header_bytes: 1 << 20,
            field_bytes: 64 << 10,
            parameters: 100,
            addresses: 1_000,
            text_bytes: 4 << 20,
        }
    }
}
