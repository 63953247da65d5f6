//! The side of whoever was given a link. No account is needed.

use std::cell::RefCell;

use postern_crypto::link::{Grant, LinkKeys, LinkText, SharedFolder, parse};
use postern_crypto::node::{Content, File};
use postern_crypto::password::Password;
use postern_protocol::limits::MAX_VOLUME_NODES;
use postern_protocol::link::{LinkBody, LinkProof, LinkRecords, LinkRecordsRequest};
use postern_protocol::volume::{NodeKind, VolumeChange};
use postern_protocol::{LinkId, NodeId, TimeMs, VolumeId};

use super::lease::Lease;
use crate::drive::{Entry, Listing, Tree, TreeRoot, content_of, contents_of, list, resolve};
use crate::http::Api;
use crate::transfer::{Checkpoint, Sink, fetch, fetch_bundle};
use crate::{Error, Result, Surroundings, names};

/// A link, as its text says it. Nothing has been asked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkAddress {
    /// The server, such as `https://files.example`; empty if only the fragment was read.
    pub origin: String,
    text: LinkText,
}

/// A link that opened.
pub struct OpenedLink {
    around: Surroundings,
    api: Api,
    id: LinkId,
    proof: LinkProof,
    body: LinkBody,
    grant: Grant,
    tree: RefCell<Option<Tree>>,
}

impl LinkAddress {
    /// Reads a whole link as pasted.
    ///
    /// # Errors
    /// [`Error::LinkMangled`].
    pub fn parse(pasted: &str) -> Result<Self> {
        let (origin, text) = parse(pasted).map_err(Error::LinkMangled)?;
        Ok(Self { origin, text })
    }

    /// Reads the fragment that belongs to a link's id.
    ///
    /// # Errors
    /// [`Error::LinkMangled`].
    pub fn from_fragment(id: LinkId, fragment: &str) -> Result<Self> {
        let text = LinkText::from_fragment(&id.0, fragment).map_err(Error::LinkMangled)?;
        Ok(Self {
            origin: String::new(),
            text,
        })
    }

    /// The link's id.
    #[must_use]
    pub fn id(&self) -> LinkId {
        LinkId(self.text.id)
    }

    /// Whether it opens only with a password.
    #[must_use]
    pub fn needs_password(&self) -> bool {
        self.text.needs_password
    }
}

impl OpenedLink {
    /// Proves the link to its server and opens what it grants. Counts nothing.
    ///
    /// # Errors
    /// [`Error::LinkRefused`] if the link is gone or the password another; with the right proof the server says more.
    pub async fn open(around: Surroundings, address: &LinkAddress, password: Option<&str>) -> Result<Self> {
        let (id, text) = (address.id(), &address.text);
        let password = match (text.needs_password, password) {
            (true, None) => return Err(Error::LinkRefused),
            (true, Some(typed)) => Some(Password::new(typed)),
            (false, _) => None,
        };
        let keys = LinkKeys::derive(&id.0, &text.secret, password.as_ref());
        let proof = LinkProof {
            proof: (*keys.auth.expose()).into(),
        };
        let api = Api::new(around.http.clone());
        let body = api.link_open(id, &proof).await?;
        let grant = Grant::open(&keys.wrap, &id.0, &body.volume.0, &body.node.0, &body.wrap.0)?;
        Ok(Self {
            around,
            api,
            id,
            proof,
            body,
            grant,
            tree: RefCell::new(None),
        })
    }

    /// The link's id.
    #[must_use]
    pub fn id(&self) -> LinkId {
        self.id
    }

    /// When the server stops handing it out.
    #[must_use]
    pub fn expires(&self) -> Option<TimeMs> {
        self.body.expires
    }

    /// How many downloads were left when it was opened.
    #[must_use]
    pub fn downloads_left(&self) -> Option<u32> {
        self.body.downloads_left
    }

    /// What it leads to.
    #[must_use]
    pub fn entry(&self) -> Entry {
        let entry = Entry {
            id: self.body.node,
            parent: self.body.node,
            kind: NodeKind::Folder,
            name: String::new(),
            modified: TimeMs::default(),
            size_bytes: 0,
            media_type: String::new(),
            children: 0,
        };
        match &self.grant {
            Grant::Folder(SharedFolder { name, .. }) => Entry {
                name: names::tame(name),
                ..entry
            },
            Grant::File(File {
                name,
                mtime_ms,
                media_type,
                content,
            }) => Entry {
                kind: NodeKind::File,
                name: names::tame(name),
                modified: TimeMs(*mtime_ms),
                size_bytes: content.size,
                media_type: media_type.clone(),
                ..entry
            },
        }
    }

    /// What is in the shared folder, or in a folder below it.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if a file is shared.
    pub async fn list(&self, folder: Option<NodeId>) -> Result<Listing> {
        self.load().await?;
        self.with_tree(|tree| list(tree, folder.unwrap_or(tree.root().node)))
    }

    /// The node at a path of names below the shared folder.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn resolve(&self, path: &str) -> Result<NodeId> {
        self.load().await?;
        self.with_tree(|tree| resolve(tree, tree.root().node, path))
    }

    /// Writes a file's `content` to `sink`, as [`crate::Drive::download`] does.
    ///
    /// # Errors
    /// Also why the server gives no lease: [`Error::LinkUsedUp`] and the like.
    pub async fn download(
        &self,
        content: &Content,
        checkpoint: &mut Checkpoint,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64),
    ) -> Result<()> {
        let lease = self.lease().await?;
        let done = fetch(&self.api, &lease.door(), content, checkpoint, sink, progress).await;
        if self.is_over_after(&done) {
            lease.forget(&self.around).await?;
        }
        done
    }

    /// What small files of the shared folder contain, as [`crate::Drive::read_small`] does.
    ///
    /// # Errors
    /// As of [`OpenedLink::download`].
    pub async fn read_small(&self, nodes: &[NodeId]) -> Result<Vec<Result<Vec<u8>>>> {
        self.load().await?;
        let contents = self.with_tree(|tree| contents_of(tree, nodes))?;
        let lease = self.lease().await?;
        let done = fetch_bundle(&self.api, &lease.door(), contents).await;
        if self.is_over_after(&done) {
            lease.forget(&self.around).await?;
        }
        done
    }

    /// Where a file's bytes are, and what opens them. `node` is `None` for a link to one file.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::WrongKind`].
    pub async fn content(&self, node: Option<NodeId>) -> Result<Content> {
        match (&self.grant, node) {
            (Grant::File(file), _) => Ok(file.content.clone()),
            (Grant::Folder(_), None) => Err(Error::WrongKind("this is a folder, not a file")),
            (Grant::Folder(_), Some(node)) => {
                self.load().await?;
                self.with_tree(|tree| content_of(tree, node))
            }
        }
    }

    async fn lease(&self) -> Result<Lease> {
        Lease::take(&self.around, &self.api, self.id, &self.proof).await
    }

    /// A file is fetched once; of a folder, the next file follows under the same lease.
    fn is_over_after<T>(&self, done: &Result<T>) -> bool {
        match done {
            Ok(_) => matches!(self.grant, Grant::File(_)),
            Err(Error::LinkRefused | Error::LinkExpired | Error::LinkUsedUp | Error::LinkRevoked) => true,
            Err(_) => false,
        }
    }

    fn with_tree<T>(&self, read: impl FnOnce(&Tree) -> Result<T>) -> Result<T> {
        read(self.tree.borrow().as_ref().ok_or(Error::NotAuthentic)?)
    }

    /// Loads what lies below the shared folder. Whoever holds a link has no signature to compare the whole with: the
    /// owner's folder key proves each record, the walk proves the shape, and that none is missing is the server's word.
    async fn load(&self) -> Result<()> {
        let Grant::Folder(folder) = &self.grant else {
            return Err(Error::WrongKind("this is a file, not a folder"));
        };
        if self.tree.borrow().is_some() {
            return Ok(());
        }
        let mut tree = Tree::new(TreeRoot {
            volume: VolumeId(folder.volume),
            node: NodeId(folder.node),
            key: folder.key.clone(),
            generation: folder.generation,
        });
        tree.apply(self.read_records().await?)?;
        self.tree.replace(Some(tree));
        Ok(())
    }

    async fn read_records(&self) -> Result<Vec<VolumeChange>> {
        let mut changes = Vec::new();
        let mut after = None;
        loop {
            let request = LinkRecordsRequest {
                proof: self.proof.proof.clone(),
                after,
            };
            let page = self.api.link_records(self.id, &request).await?;
            check_page(&page, changes.len())?;
            after = page.records.last().map(|record| record.node);
            changes.extend(
                page.records
                    .into_iter()
                    .map(|record| VolumeChange::Put { counter: 0, record }),
            );
            if !page.more {
                return Ok(changes);
            }
        }
    }
}

/// A server must not be able to keep a device reading for ever.
fn check_page(page: &LinkRecords, read_so_far: usize) -> Result<()> {
    let ends = !page.more || !page.records.is_empty();
    let bounded = read_so_far as u64 <= MAX_VOLUME_NODES;
    if ends && bounded {
        Ok(())
    } else {
        Err(Error::NotAuthentic)
    }
}

#[cfg(test)]
mod tests {
    use postern_protocol::Bytes;
    use postern_protocol::volume::Record;

    use super::*;

    const MOST_READ: usize = 2_000_000;

    #[test]
    fn a_page_leads_to_the_end_and_not_round_in_a_circle() {
        let record = Record {
            node: NodeId([1; 16]),
            parent: NodeId([2; 16]),
            kind: NodeKind::Folder,
            generation: 1,
            seq: 1,
            content: None,
            sealed: Bytes(vec![3]),
        };
        for (records, more, read_so_far, is_right) in [
            (1, true, 0, true),
            (0, false, 0, true),
            (0, false, MOST_READ, true),
            (0, false, MOST_READ + 1, false),
            (0, true, 0, false),
        ] {
            let records = vec![record.clone(); records];
            let checked = check_page(&LinkRecords { records, more }, read_so_far);
            assert_eq!(checked.is_ok(), is_right, "{more} after {read_so_far}");
        }
    }
}
