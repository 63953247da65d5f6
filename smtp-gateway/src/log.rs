//! What the log says of each message: a line when it was taken, and one for each time that somebody was told no. By its id a
//! line, the reply that the sender has and what a content filter says belong together.
//!
//! No address of anybody stands there and nothing of a message, nor by what it is known in its mailbox: the log is not sealed.

use std::net::IpAddr;

use postern_smtp::Reply;

use crate::replies::Refusal;

pub(crate) fn accepted(id: &str, peer: IpAddr) {
    tracing::info!(id, %peer, code = 250, "a message was taken");
}

/// Its answer was not heard the first time.
pub(crate) fn brought_again(id: &str, peer: IpAddr) {
    tracing::info!(id, %peer, code = 250, "a message was brought again, and is there once");
}

pub(crate) fn refused(id: &str, peer: IpAddr, refusal: &Refusal) {
    let (code, reason) = (refusal.reply.code(), refusal.reason);
    tracing::info!(id, %peer, code, reason, "a message was not taken");
}

/// The protocol itself does not take its text, which is too large or has line ends that are none.
pub(crate) fn text_refused(id: &str, peer: IpAddr, reply: &Reply) {
    tracing::info!(id, %peer, code = reply.code(), reason = "text", "a message was not taken");
}

/// Somebody was not let in.
pub(crate) fn turned_away(peer: IpAddr) {
    tracing::info!(%peer, code = 421, reason = "connections", "a connection was not taken");
}
