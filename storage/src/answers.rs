//! What every backend answers alike.

use postern_domain::store::{BatchOutcome, Body, BodyError, NewBatch, PartRow, Result, VolumeRow};
use postern_protocol::changes::ChangeKind;
use postern_protocol::parts;
use postern_protocol::volume::{Cursor, VolumeChange, VolumePage};

use crate::tree::Effects;

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

/// A client that never got the answer to its batch sends it again: its head is then the present one.
pub(crate) fn repeated_or_conflict(batch: &NewBatch, volume: &VolumeRow) -> BatchOutcome {
    if volume.counter == batch.expected + 1 && volume.head == batch.head {
        BatchOutcome::Applied
    } else {
        BatchOutcome::Conflict {
            counter: volume.counter,
        }
    }
}

/// What a batch tells those who follow the account.
pub(crate) fn feed(batch: &NewBatch, effects: &Effects) -> Vec<ChangeKind> {
    let volume = ChangeKind::Volume {
        volume: batch.volume,
        counter: batch.expected + 1,
    };
    let rewrapped = batch
        .rewraps
        .iter()
        .map(|rewrap| rewrap.id)
        .filter(|id| !effects.revoked.contains(id));
    let links = rewrapped
        .chain(effects.revoked.iter().copied())
        .map(|link| ChangeKind::Link { link });
    let account = batch.state.as_ref().map(|_| ChangeKind::Account);
    std::iter::once(volume).chain(links).chain(account).collect()
}

/// Whether these parts, ordered by number, are exactly those of a stream of `size_bytes`.
pub(crate) fn are_whole(noted: &[PartRow], size_bytes: u64) -> bool {
    let fits = |(number, part): (u32, &PartRow)| {
        let range = parts::range(number, size_bytes);
        part.part == number && part.size_bytes == range.end - range.start
    };
    noted.len() == parts::count(size_bytes) as usize && (0..).zip(noted).all(fits)
}

/// Refuses a part that does not fit its place, before a byte of it is read.
pub(crate) fn check_part(part: u32, body: &Body) -> Result<()> {
    let place = parts::full_range(part.min(parts::MAX_PARTS));
    if part < parts::MAX_PARTS && body.size_bytes() <= place.end - place.start {
        Ok(())
    } else {
        Err(BodyError::WrongLength.into())
    }
}
