//! Batches that break each rule, and some that break none.

use postern_protocol::TimeMs;

use super::*;

const ROOT: u8 = 1;

fn record(node: u8, parent: u8, kind: NodeKind, seq: u64) -> Record {
    let content = (kind == NodeKind::File).then(|| [node; 16].into());
    let (node, parent) = ([node; 16].into(), [parent; 16].into());
    Record {
        node,
        parent,
        kind,
        generation: 1,
        seq,
        content,
        sealed: vec![0].into(),
    }
}

fn folder(node: u8, parent: u8) -> Record {
    record(node, parent, NodeKind::Folder, 9)
}

fn batch(puts: Vec<Record>, deletes: &[u8]) -> NewBatch {
    NewBatch {
        account: [0; 16].into(),
        volume: [0; 16].into(),
        expected: 0,
        puts,
        deletes: deletes.iter().map(|node| [*node; 16].into()).collect(),
        rewraps: Vec::new(),
        head: Vec::new().into(),
        state: None,
        now: TimeMs(0),
    }
}

/// Loads what `batch` asks for from records, as a backend does.
fn tree(batch: &NewBatch, records: &[Record]) -> Touched {
    let mut tree = Touched {
        root: Some([ROOT; 16].into()),
        count: records.len() as u64,
        ..Touched::default()
    };
    tree.contents = named_contents(batch).into_iter().collect();
    let gone = |parent: &NodeId| batch.deletes.contains(parent);
    tree.children = records
        .iter()
        .filter(|record| gone(&record.parent))
        .map(|record| record.node)
        .collect();
    loop {
        let unseen = tree.unseen(batch);
        if unseen.is_empty() {
            return tree;
        }
        for node in unseen {
            let record = records.iter().find(|record| record.node == node);
            let live = |r: &Record| Live {
                parent: r.parent,
                kind: r.kind,
                content: r.content,
            };
            tree.nodes.insert(
                node,
                record.map(|r| Node {
                    seq: r.seq,
                    live: Some(live(r)),
                }),
            );
        }
    }
}

fn judged(puts: Vec<Record>, deletes: &[u8], records: &[Record]) -> Result<Effects, BatchRefusal> {
    let batch = batch(puts, deletes);
    judge(&batch, &tree(&batch, records))
}

#[test]
fn a_folder_cannot_be_moved_into_what_lies_in_it() {
    let records = [folder(2, ROOT), folder(3, 2), folder(4, 3)];
    let moved = record(2, 4, NodeKind::Folder, 10);
    assert_eq!(
        judged(vec![moved], &[], &records),
        Err(BatchRefusal::Cycle([2; 16].into()))
    );
}

#[test]
fn new_folders_cannot_lie_in_each_other() {
    let outcome = judged(vec![folder(2, 3), folder(3, 2)], &[], &[]);
    assert!(matches!(outcome, Err(BatchRefusal::Cycle(_))), "{outcome:?}");
}

#[test]
fn a_folder_may_move_out_of_one_that_goes() {
    let records = [folder(2, ROOT), folder(3, 2)];
    let moved = record(3, ROOT, NodeKind::Folder, 10);
    assert_eq!(
        judged(vec![moved], &[2], &records).map(|effects| effects.count),
        Ok(1)
    );
}

#[test]
fn a_chain_of_new_folders_is_allowed_up_to_the_greatest_depth() {
    let chain = |length: u8| {
        (2..2 + length)
            .map(|node| folder(node, node - 1))
            .collect::<Vec<_>>()
    };
    assert!(judged(chain(250), &[], &[]).is_ok());
    let deeper: Vec<_> = (0..300_u16)
        .map(|depth| {
            let id = |depth: u16| {
                let mut id = [ROOT; 16];
                id[..2].copy_from_slice(&(depth + 257).to_be_bytes());
                NodeId(id)
            };
            Record {
                node: id(depth + 1),
                parent: id(depth),
                ..folder(0, 0)
            }
        })
        .collect();
    assert!(matches!(judged(deeper, &[], &[]), Err(BatchRefusal::TooDeep(_))));
}

#[test]
fn a_content_that_moves_between_two_nodes_in_one_batch_stays() {
    let records = [record(2, ROOT, NodeKind::File, 1)];
    let copy = Record {
        content: Some([2; 16].into()),
        ..record(3, ROOT, NodeKind::File, 1)
    };
    let effects = judged(vec![copy], &[2], &records).expect("allowed");
    assert_eq!((effects.attached, effects.detached), (Vec::new(), Vec::new()));
}
