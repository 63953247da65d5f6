//! What the gateway says, and the only place where a failure becomes a reply. What it was is in the log, and nowhere else.
//!
//! A message that cannot be sealed or kept is put off, never refused for good: whoever sent it tries again.

use postern_smtp::Reply;

use crate::figures;
use crate::pins::PinError;
use crate::spool::SpoolError;

/// A reply that says no, and why in a word that names nobody.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: &'static str,
    pub(crate) reply: Reply,
}

/// A refusal is counted where it is worded.
fn no(reason: &'static str, reply: Reply) -> Refusal {
    figures::refused(reason);
    Refusal { reason, reply }
}

/// Whoever asks what became of a message can say which one they mean.
pub(crate) fn taken(id: &str) -> Reply {
    Reply::new(250, "2.0.0", format!("Message accepted as {id}"))
}

pub(crate) fn nobody() -> Refusal {
    no("nobody", Reply::new(550, "5.1.1", "Nobody has this address"))
}

pub(crate) fn other_domain() -> Refusal {
    no(
        "other_domain",
        Reply::new(550, "5.7.1", "Mail for this domain is not taken here"),
    )
}

pub(crate) fn mailbox_full() -> Refusal {
    no("mailbox_full", Reply::new(452, "4.2.2", "The mailbox is full"))
}

pub(crate) fn no_room() -> Refusal {
    no(
        "no_room",
        Reply::new(452, "4.3.1", "There is no room for mail at the moment"),
    )
}

pub(crate) fn later() -> Refusal {
    no(
        "trouble",
        Reply::new(451, "4.3.0", "This cannot be done at the moment"),
    )
}

pub(crate) fn recipient_unsure() -> Refusal {
    no(
        "keys",
        Reply::new(
            451,
            "4.7.5",
            "The keys of this recipient cannot be verified at the moment",
        ),
    )
}

pub(crate) fn head_too_long() -> Refusal {
    no(
        "too_large",
        Reply::new(552, "5.3.4", "The head of the message is too long"),
    )
}

pub(crate) fn loops() -> Refusal {
    no(
        "loop",
        Reply::new(554, "5.4.6", "The message goes round in circles"),
    )
}

pub(crate) fn comes_already() -> Refusal {
    no(
        "comes_already",
        Reply::new(
            451,
            "4.3.0",
            "The same message is coming already; try again later",
        ),
    )
}

pub(crate) fn on_a_list(list: &str) -> Refusal {
    no(
        "block_list",
        Reply::new(554, "5.7.1", format!("Your address is on the list {list}")),
    )
}

pub(crate) fn come_again() -> Refusal {
    no(
        "greylist",
        Reply::new(451, "4.7.1", "You are new here; come again in a minute"),
    )
}

pub(crate) fn forged() -> Refusal {
    no(
        "dmarc",
        Reply::new(
            550,
            "5.7.1",
            "The domain of the sender asks to refuse this (DMARC)",
        ),
    )
}

pub(crate) fn maybe_forged() -> Refusal {
    no(
        "dmarc_later",
        Reply::new(
            451,
            "4.7.0",
            "It cannot be found out at the moment whether the domain of the sender stands behind this (DMARC)",
        ),
    )
}

pub(crate) fn spam() -> Refusal {
    no(
        "filter",
        Reply::new(550, "5.7.1", "The message was taken for spam"),
    )
}

pub(crate) fn maybe_spam() -> Refusal {
    no(
        "filter_later",
        Reply::new(451, "4.7.1", "The message is not taken yet; try again later"),
    )
}

pub(crate) fn nobody_signs_in() -> Reply {
    Reply::new(535, "5.7.8", "Nobody signs in here")
}

pub(crate) fn stopping() -> Reply {
    Reply::new(421, "4.3.2", "The server is about to stop")
}

pub(crate) fn too_many(host: &str) -> String {
    figures::refused("connections");
    format!("421 4.7.0 {host} has too many connections at the moment\r\n")
}

pub(crate) fn not_kept(error: &SpoolError) -> Refusal {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "a message could not be kept"
    );
    match error {
        SpoolError::Full => no_room(),
        SpoolError::Disk(_) | SpoolError::Broken => later(),
    }
}

pub(crate) fn not_pinned(error: &PinError) -> Refusal {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "a recipient's keys are not accepted"
    );
    match error {
        PinError::NotAuthentic(_) | PinError::Changed(_) => recipient_unsure(),
        PinError::Disk(_) => later(),
    }
}

pub(crate) fn not_looked_up(error: &postern_domain::Error) -> Refusal {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "a recipient could not be looked up"
    );
    later()
}
