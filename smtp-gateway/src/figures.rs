//! What whoever keeps a server watches, in the words of Prometheus. No label says who writes to whom, or from where.

use metrics::{counter, describe_counter, describe_gauge, gauge};
use postern_crypto::mail::Checks;

use crate::spool::Load;

const ACCEPTED: &str = "postern_mail_accepted_total";
const BROUGHT_AGAIN: &str = "postern_mail_brought_again_total";
const REFUSED: &str = "postern_mail_refused_total";
const VERDICTS: &str = "postern_mail_verdicts_total";
const FILTERED: &str = "postern_mail_filtered_total";
const DRAINED: &str = "postern_mail_drained_total";
const ASIDE: &str = "postern_mail_set_aside_total";
const CONNECTIONS: &str = "postern_mail_connections";
const WAITING: &str = "postern_mail_spool_messages";
const WAITING_BYTES: &str = "postern_mail_spool_bytes";
const OLDEST: &str = "postern_mail_spool_oldest_seconds";

/// Says what each figure is. Those that count from zero are there from now on.
pub(crate) fn describe() {
    describe_counter!(ACCEPTED, "Messages that were taken and acknowledged.");
    describe_counter!(
        BROUGHT_AGAIN,
        "Messages that were brought again after they had been taken, and acknowledged without being kept twice."
    );
    describe_counter!(
        REFUSED,
        "What was refused or put off, by reason: recipients, messages and connections."
    );
    describe_counter!(
        VERDICTS,
        "What was found out about senders, by check and by what it says."
    );
    describe_counter!(FILTERED, "What the content filter said of messages, if anything.");
    describe_counter!(
        DRAINED,
        "Messages that were handed on from the spool to their mailboxes."
    );
    describe_counter!(ASIDE, "Messages that could not be handed on, and were set aside.");
    describe_gauge!(CONNECTIONS, "Connections that are open.");
    describe_gauge!(WAITING, "Messages that wait in the spool.");
    describe_gauge!(WAITING_BYTES, "How many bytes those have.");
    describe_gauge!(OLDEST, "For how many seconds the oldest of those has waited.");
    for name in [ACCEPTED, BROUGHT_AGAIN, DRAINED, ASIDE] {
        counter!(name).absolute(0);
    }
    gauge!(CONNECTIONS).set(0.0);
}

pub(crate) fn accepted() {
    counter!(ACCEPTED).increment(1);
}

pub(crate) fn brought_again() {
    counter!(BROUGHT_AGAIN).increment(1);
}

pub(crate) fn refused(reason: &'static str) {
    counter!(REFUSED, "reason" => reason).increment(1);
}

pub(crate) fn checked(checks: &Checks) {
    let verdicts = [
        ("spf", checks.spf),
        ("dkim", checks.dkim),
        ("dmarc", checks.dmarc),
        ("arc", checks.arc),
    ];
    for (check, verdict) in verdicts {
        counter!(VERDICTS, "check" => check, "verdict" => verdict.word()).increment(1);
    }
}

pub(crate) fn filtered(opinion: &'static str) {
    counter!(FILTERED, "opinion" => opinion).increment(1);
}

pub(crate) fn drained(messages: usize) {
    counter!(DRAINED).increment(messages as u64);
}

pub(crate) fn set_aside() {
    counter!(ASIDE).increment(1);
}

pub(crate) fn opened() {
    gauge!(CONNECTIONS).increment(1.0);
}

pub(crate) fn closed() {
    gauge!(CONNECTIONS).decrement(1.0);
}

/// How full the spool is, and since when the oldest in it has waited.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to nine petabytes and three hundred thousand years"
)]
pub(crate) fn waiting(load: &Load, now_ms: i64) {
    let oldest_ms = load
        .oldest
        .map_or(0, |received| now_ms.saturating_sub(received.0).max(0));
    gauge!(WAITING).set(load.messages as f64);
    gauge!(WAITING_BYTES).set(load.size_bytes as f64);
    gauge!(OLDEST).set(oldest_ms as f64 / 1_000.0);
}
