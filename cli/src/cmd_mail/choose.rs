//! Which message: by its id, or by how its id begins.

use std::rc::Rc;

use postern_client::mail::Entry;
use postern_client::protocol::MessageId;
use postern_client::{ErrorClass, Mailbox};

use crate::failure::{About as _, Failure, Result};

/// What is shown of an id: enough to tell any two messages of a mailbox from each other, nearly always.
pub(super) const SHORT: usize = 8;
/// Fewer letters than this are typed by accident.
const SHORTEST: usize = 4;

/// The message that was meant.
pub(super) async fn choose(mailbox: &Mailbox, typed: &str) -> Result<Rc<Entry>> {
    if let Ok(message) = typed.parse::<MessageId>() {
        return mailbox.entry(message).await.about(|| typed.to_owned());
    }
    if typed.len() < SHORTEST {
        return Err(Failure::usage(format!("{typed}: the id of a message is longer"))
            .advise("`postern mail ls` shows how ids begin, `postern mail ls --long` all of them."));
    }
    loop {
        let entries = mailbox.entries();
        let fits = |entry: &&Rc<Entry>| entry.message.to_string().starts_with(typed);
        let found: Vec<_> = entries.iter().filter(fits).collect();
        match &found[..] {
            [] if mailbox.load_older().await? => {}
            [] => {
                return Err(Failure::of(
                    ErrorClass::NotFound,
                    format!("{typed}: there is no such message"),
                ));
            }
            [entry] => return Ok(Rc::clone(entry)),
            _ => {
                return Err(Failure::usage(format!(
                    "{typed}: several messages begin like that"
                )));
            }
        }
    }
}

/// Several messages.
pub(super) async fn choose_all(mailbox: &Mailbox, typed: &[String]) -> Result<Vec<Rc<Entry>>> {
    let mut entries = Vec::new();
    for typed in typed {
        entries.push(choose(mailbox, typed).await?);
    }
    Ok(entries)
}
