//! Loading a volume, and deciding whether to believe it.

use postern_crypto::head::{Head, Member, head_hash, members_hash};
use postern_protocol::VolumeId;
use postern_protocol::limits::{MAX_VOLUME_NODES, is_number};
use postern_protocol::volume::{Cursor, VolumeChange, VolumePage};

use super::{Loaded, Tree, TreeRoot};
use crate::account::{Account, Mark, Memory, remember};
use crate::{Error, Result};

/// What changed, up to a head.
struct News {
    changes: Vec<VolumeChange>,
    cursor: Cursor,
    signed: Vec<u8>,
}

/// Brings a loaded volume up to date; without one, loads all of it.
pub(super) async fn load(account: &Account, before: Option<Loaded>) -> Result<Loaded> {
    let root = root_of(account);
    let volume = root.volume;
    let (mut tree, cursor) = match before {
        Some(Loaded { tree, cursor, .. }) => (tree, Some(cursor)),
        None => (Tree::new(root), None),
    };
    let news = read_news(account, volume, cursor).await?;
    tree.apply(news.changes)?;
    let head = believe(account, &tree, &news.signed).await?;
    Ok(Loaded {
        tree,
        head,
        signed: news.signed,
        cursor: news.cursor,
    })
}

fn root_of(account: &Account) -> TreeRoot {
    let unlocked = account.unlocked();
    TreeRoot {
        volume: account.volume(),
        node: account.root(),
        key: unlocked.root.key.clone(),
        generation: unlocked.root.generation,
    }
}

/// All pages. A child may come on an earlier page than its folder, so they make sense only together.
async fn read_news(account: &Account, volume: VolumeId, mut cursor: Option<Cursor>) -> Result<News> {
    let mut changes = Vec::new();
    loop {
        let page = account.api.volume_page(volume, cursor).await?;
        check_page(&page, volume, changes.len())?;
        changes.extend(page.changes);
        cursor = Some(page.next);
        if let Some(head) = page.head {
            return Ok(News {
                changes,
                cursor: page.next,
                signed: head.0,
            });
        }
    }
}

/// A server must not be able to keep a device reading for ever, nor make it ask for what no server knows.
fn check_page(page: &VolumePage, volume: VolumeId, read_so_far: usize) -> Result<()> {
    let ends = page.head.is_some() || !page.changes.is_empty();
    let bounded = (read_so_far as u64) < 2 * MAX_VOLUME_NODES;
    if page.volume == volume && ends && bounded && is_number(page.next.counter) {
        Ok(())
    } else {
        Err(Error::NotAuthentic)
    }
}

/// The head, if it is signed by this account, says what `tree` is, and is not older than anything that any device of
/// this account has seen (threat C3).
async fn believe(account: &Account, tree: &Tree, signed: &[u8]) -> Result<Head> {
    let volume = tree.root().volume;
    let identity = account.unlocked().identity.public();
    let head = Head::verify(signed, &identity)?;
    let owner = Member {
        account: account.id().0,
        identity,
    };
    let mark = Mark {
        counter: head.counter,
        hash: head_hash(signed),
    };
    let memory = Memory::load(account.surroundings(), account.id()).await?;
    let right = head.volume == volume.0
        && head.members == members_hash(&[owner])
        && head.set == tree.set().digest()
        && [memory.heads.get(&volume).copied(), account.noted_head(volume)]
            .into_iter()
            .flatten()
            .all(|known| follows(&head, &mark, &known));
    if !right {
        return Err(Error::NotAuthentic);
    }
    remember(account.surroundings(), account.id(), |memory| {
        memory.saw_head(volume, mark);
    })
    .await?;
    Ok(head)
}

/// Whether a history that went through `known` can have come to `head`.
fn follows(head: &Head, mark: &Mark, known: &Mark) -> bool {
    match mark.counter.checked_sub(known.counter) {
        None => false,
        Some(0) => mark.hash == known.hash,
        Some(1) => head.previous == known.hash,
        // What came between was seen by nobody here.
        Some(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use postern_protocol::{Bytes, NodeId};

    use super::*;

    const VOLUME: VolumeId = VolumeId([1; 16]);
    const MOST_READ: usize = 4_000_000;

    fn page(volume: VolumeId, changes: usize, is_last: bool) -> VolumePage {
        let gone = |counter| VolumeChange::Delete {
            counter,
            node: NodeId([3; 16]),
        };
        VolumePage {
            volume,
            changes: (1..).map(gone).take(changes).collect(),
            next: Cursor {
                counter: 1,
                node: None,
            },
            head: is_last.then(|| Bytes(vec![4])),
        }
    }

    #[test]
    fn a_page_leads_to_the_end_and_not_round_in_a_circle() {
        for (page, read_so_far, is_right) in [
            (page(VOLUME, 1, false), 0, true),
            (page(VOLUME, 0, true), 0, true),
            (page(VOLUME, 1, true), MOST_READ - 1, true),
            (page(VOLUME, 1, true), MOST_READ, false),
            (page(VOLUME, 0, false), 0, false),
            (page(VolumeId([2; 16]), 1, true), 0, false),
        ] {
            let checked = check_page(&page, VOLUME, read_so_far);
            assert_eq!(checked.is_ok(), is_right, "{page:?} after {read_so_far}");
        }
    }

    #[test]
    fn c3_a_history_goes_through_what_is_known_of_it() {
        let head = Head {
            volume: VOLUME.0,
            counter: 5,
            previous: [4; 32],
            set: [0; 32],
            members: [0; 32],
            min_suite: 1,
        };
        let mark = |counter: u8, hash: u8| Mark {
            counter: counter.into(),
            hash: [hash; 32],
        };
        for (known, is_right) in [
            (mark(5, 5), true),
            (mark(5, 6), false),
            (mark(4, 4), true),
            (mark(4, 5), false),
            (mark(3, 9), true),
            (mark(6, 6), false),
        ] {
            assert_eq!(follows(&head, &mark(5, 5), &known), is_right, "{known:?}");
        }
    }
}
