//! Between a record as the server keeps it and a node as the crypto crate opens it.

use postern_crypto::FolderKey;
use postern_crypto::node::{Node, NodeKind as SealedKind, Place, Record as Sealed};
use postern_protocol::volume::{NodeKind, Record};
use postern_protocol::{ContentId, NodeId, VolumeId};

use crate::surroundings::Rng;

/// Where a record is to be put.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat<'a> {
    pub(crate) volume: VolumeId,
    pub(crate) parent: NodeId,
    pub(crate) key: &'a FolderKey,
    pub(crate) generation: u32,
}

/// The record as the crypto crate takes it.
pub(crate) fn view(volume: VolumeId, record: &Record) -> Sealed<'_> {
    Sealed {
        place: Place {
            volume: volume.0,
            parent: record.parent.0,
            node: record.node.0,
            generation: record.generation,
            seq: record.seq,
        },
        kind: match record.kind {
            NodeKind::Folder => SealedKind::Folder,
            NodeKind::File => SealedKind::File,
        },
        content: record.content.map(|content| content.0),
        sealed: record.sealed.as_slice(),
    }
}

/// Seals a node for its seat.
pub(crate) fn seal(node: &Node, id: NodeId, seq: u64, seat: &Seat<'_>, rng: &mut Rng<'_>) -> Record {
    let Seat {
        volume,
        parent,
        key,
        generation,
    } = *seat;
    let place = Place {
        volume: volume.0,
        parent: parent.0,
        node: id.0,
        generation,
        seq,
    };
    Record {
        node: id,
        parent,
        kind: match node.kind() {
            SealedKind::Folder => NodeKind::Folder,
            SealedKind::File => NodeKind::File,
        },
        generation,
        seq,
        content: node.content().map(ContentId),
        sealed: node.seal(&place, key, rng).into(),
    }
}
