//! What every backend answers alike.

use postern_domain::store::{Body, BodyError, MailEntryKind, Result, VolumeRow};
use postern_protocol::mail::{MailCursor, Message};
use postern_protocol::parts;
use postern_protocol::volume::{Cursor, VolumeChange, VolumePage};

/// A page of a volume, with the head if there are no more.
pub(crate) fn page(volume: VolumeRow, changes: Vec<VolumeChange>, more: bool) -> VolumePage {
    let next = match changes.last() {
        Some(VolumeChange::Put { counter, record }) if more => Cursor {
            counter: *counter,
            node: Some(record.node),
        },
        Some(VolumeChange::Delete { counter, node }) if more => Cursor {
            counter: *counter,
            node: Some(*node),
        },
        _ => Cursor {
            counter: volume.counter + 1,
            node: None,
        },
    };
    VolumePage {
        volume: volume.id,
        changes,
        next,
        head: (!more).then_some(volume.head),
    }
}

/// What whoever has read the mailbox up to `after` is told of a message that is there.
pub(crate) fn told(message: Message, arrived: u64, after: MailCursor) -> MailEntryKind {
    // Of a change that was read in part it is not known which messages were among what was read.
    let is_new = arrived > after.change || (arrived == after.change && after.message.is_some());
    match message.mark {
        Some(mark) if !is_new => MailEntryKind::Marked(mark),
        mark => MailEntryKind::Arrived(Box::new(Message { mark, ..message })),
    }
}

/// Refuses a part that does not fit its place, before a byte of it is read.
pub(crate) fn check_part(part: u32, body: &Body) -> Result<()> {
    if parts::fits(part, body.size_bytes()) {
        Ok(())
    } else {
        Err(BodyError::WrongLength.into())
    }
}
