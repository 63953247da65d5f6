//! Reads mail that anybody may have written: what it says, who is named, what is attached.
//!
//! No I/O, no clock, no HTML that is meant to be drawn. Nothing fails: every sequence of bytes is a message, if need be one
//! with a text. Time and memory grow with the message and with nothing else; what is beyond a limit ([`Limits`]) is
//! shown as one part that is not opened. What a name, an address or a text says is its writer's: to mistrust it is for
//! who shows it. What stands before the first part of a multipart and after its last is shown by nobody, as elsewhere.
//!
//! # What is used of others, and why
//!
//! Of 352 messages that others collected (`tests/corpus`, and what is too large for it), compared with what Python's `email`
//! says of them: mailparse 0.18 gave an error in place of 4 messages (a blank before the head; a hundred levels), of 11
//! fields of addresses (a name alone, two senders), and of the bytes of parts in 12 messages (base64 with a broken end),
//! and it lost 4 dates. mail-parser 0.11 never failed. Neither can be bounded: a million parts in 7 MB made a million objects
//! of 228 and 166 MB; a hundred thousand multiparts within each other an error and 112 MB; and neither decodes an attachment
//! piece by piece. mail-parser also decodes each encoded word by itself, so that a letter cut in two is lost, reads UTF-7,
//! and takes a raw head in Latin letters for broken UTF-8. So its readers of addresses and dates are used, on values that were
//! bounded and mended before; the rest is here.
//!
//! Read in this order: [`Message`], `tree` and `boundary` (how it is taken apart), [`Head`], `words`, `charset` and `parameters`
//! (what a head means), [`Part`] and `decode` (bytes), [`View`] (what is shown), [`Written`], `html`, `calendar`.

#![forbid(unsafe_code)]

mod addresses;
mod boundary;
pub mod calendar;
mod charset;
mod date;
mod decode;
mod head;
mod html;
mod ids;
mod limits;
mod message;
mod parameters;
mod part;
mod text;
mod tree;
mod view;
mod words;

pub use addresses::{Mailbox, Mailboxes};
pub use decode::{Decoder, Encoding};
pub use head::{Field, Head};
pub use html::text_of_html;
pub use limits::Limits;
pub use message::Message;
pub use part::{Beyond, Disposition, Part, Role};
pub use text::{Paragraph, Paragraphs, Span, Written};
pub use view::{Body, Piece, View};
