//! The drive: a volume's tree, loaded, checked and changed.
//!
//! [`load`] believes a tree only when its head is signed, not older than what this or any device has seen, and its
//! hash is that of exactly the records that came. `commit` carries changes as batches with the next head: the
//! server takes one only if nobody else was faster, and otherwise the operation is drafted again on what is there now.

mod commit;
mod content;
mod draft;
mod load;
mod operations;
mod sealed;
mod tree;
mod view;

use std::cell::RefCell;
use std::rc::Rc;

use futures::lock::{Mutex, MutexGuard};
use postern_crypto::head::Head;
use postern_protocol::NodeId;
use postern_protocol::volume::Cursor;

use crate::account::Account;
use crate::{Error, Result};

pub(crate) use content::{content_of, contents_of};
pub use operations::{IfTaken, NewFile};
#[cfg(feature = "fuzzing")]
pub(crate) use sealed::{Seat, seal};
pub(crate) use tree::{Tree, TreeRoot};
pub use view::{Entry, Listing};
pub(crate) use view::{list, resolve};

/// The drive of an account.
pub struct Drive {
    account: Rc<Account>,
    loaded: RefCell<Option<Loaded>>,
    /// Held while the tree is loaded or changed: two operations of one device take turns.
    turn: Mutex<()>,
}

/// A tree that was believed.
struct Loaded {
    tree: Tree,
    head: Head,
    signed: Vec<u8>,
    cursor: Cursor,
}

impl Drive {
    /// The drive of `account`. Nothing is loaded yet.
    #[must_use]
    pub fn new(account: Rc<Account>) -> Self {
        Self {
            account,
            loaded: RefCell::new(None),
            turn: Mutex::new(()),
        }
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &Rc<Account> {
        &self.account
    }

    /// Loads what has changed since the last time; the first time, everything.
    ///
    /// # Errors
    /// [`Error::NotAuthentic`] if what came is not the tree that was put there, or an older one.
    pub async fn refresh(&self) -> Result<()> {
        let turn = self.turn.lock().await;
        self.load(&turn).await
    }

    /// What is in a folder, by name; the root's without `folder`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::WrongKind`] for a file.
    pub async fn list(&self, folder: Option<NodeId>) -> Result<Listing> {
        self.ensure_loaded().await?;
        self.with_tree(|tree| list(tree, folder.unwrap_or(tree.root().node)))
    }

    /// One file or folder.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn entry(&self, node: NodeId) -> Result<Entry> {
        self.ensure_loaded().await?;
        self.with_tree(|tree| view::entry(tree, node))
    }

    /// The node at a path of names, from the root.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn resolve(&self, path: &str) -> Result<NodeId> {
        self.ensure_loaded().await?;
        self.with_tree(|tree| resolve(tree, tree.root().node, path))
    }

    /// Reads the loaded tree.
    pub(crate) fn with_tree<T>(&self, read: impl FnOnce(&Tree) -> Result<T>) -> Result<T> {
        let loaded = self.loaded.borrow();
        read(&loaded.as_ref().ok_or(Error::NotAuthentic)?.tree)
    }

    pub(crate) async fn ensure_loaded(&self) -> Result<()> {
        let turn = self.turn.lock().await;
        let is_loaded = self.loaded.borrow().is_some();
        if is_loaded { Ok(()) } else { self.load(&turn).await }
    }

    /// The turn is an argument so that nobody loads without having it.
    async fn load(&self, _turn: &MutexGuard<'_, ()>) -> Result<()> {
        // Taken out: whatever goes wrong, no half-changed tree stays behind.
        let before = self.loaded.take();
        let loaded = load::load(&self.account, before).await?;
        self.loaded.replace(Some(loaded));
        Ok(())
    }
}
