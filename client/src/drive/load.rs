//! Loading a volume, and deciding whether to believe it.

use postern_crypto::head::{Head, Member, head_hash, members_hash};
use postern_protocol::VolumeId;
use postern_protocol::limits::MAX_VOLUME_NODES;
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

/// A server must not be able to keep a device reading for ever.
fn check_page(page: &VolumePage, volume: VolumeId, read_so_far: usize) -> Result<()> {
    let ends = page.head.is_some() || !page.changes.is_empty();
    let bounded = (read_so_far as u64) < 2 * MAX_VOLUME_NODES;
    if page.volume == volume && ends && bounded {
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
    if mark.counter == known.counter {
        mark.hash == known.hash
    } else if mark.counter == known.counter + 1 {
        head.previous == known.hash
    } else {
        mark.counter > known.counter
    }
}
