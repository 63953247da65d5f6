//! What the reader makes of mail that was found, that was thought up, and that means harm.

mod anything;
mod bombs;
mod bounds;
mod corpus;
mod outline;
mod shapes;
mod texts;

/// With the limits that a device has.
fn read(bytes: &[u8]) -> postern_mime::Message<'_> {
    postern_mime::Message::parse(bytes, &postern_mime::Limits::default())
}
