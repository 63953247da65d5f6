//! The owner's side of links.

use postern_crypto::link::{Archived, Grant, LinkKeys, LinkSecret, LinkText, SharedFolder};
use postern_crypto::node::{File, Node};
use postern_protocol::link::{LinkCreate, LinkEntry, LinkStatus, Rewrap};
use postern_protocol::{LinkId, NodeId, TimeMs};
use zeroize::Zeroizing;

use crate::account::Account;
use crate::drive::{Drive, Tree};
use crate::{ChosenPassword, Error, Result};

/// So often a file may be replaced while a link to it is being made.
const TRIES: u32 = 5;

/// On what terms something is shared.
#[derive(Debug, Clone, Default)]
pub struct ShareTerms {
    /// The password that opens it together with the link.
    pub password: Option<ChosenPassword>,
    /// When the server stops handing it out.
    pub expires: Option<TimeMs>,
    /// After how many downloads it stops.
    pub max_downloads: Option<u32>,
}

/// A link of this account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The link.
    pub id: LinkId,
    /// What it leads to.
    pub node: NodeId,
    /// Whether it needs a password.
    pub needs_password: bool,
    /// When it was made.
    pub created: TimeMs,
    /// When it stops.
    pub expires: Option<TimeMs>,
    /// After how many downloads it stops.
    pub max_downloads: Option<u32>,
    /// How many downloads were delivered to the last byte.
    pub downloads: u32,
    /// Whether it still works.
    pub status: LinkStatus,
    text: LinkText,
}

impl Share {
    /// The whole link. `origin` is the server's, such as `https://files.example`.
    #[must_use]
    pub fn url(&self, origin: &str) -> Zeroizing<String> {
        self.text.url(origin)
    }

    fn read(account: &Account, entry: &LinkEntry) -> Result<Self> {
        let archived = open_archive(account, entry)?;
        let text = LinkText {
            id: entry.id.0,
            secret: archived.secret,
            needs_password: archived.needs_password,
        };
        Ok(Self {
            id: entry.id,
            node: entry.node,
            needs_password: archived.needs_password,
            created: entry.created,
            expires: entry.expires,
            max_downloads: entry.max_downloads,
            downloads: entry.downloads,
            status: entry.status,
            text,
        })
    }
}

impl Drive {
    /// Makes a link to a file or folder, as it is now.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn share(&self, node: NodeId, terms: &ShareTerms) -> Result<Share> {
        self.refresh().await?;
        for _ in 0..TRIES {
            let content = self.with_tree(|tree| content_id(tree, node))?;
            let share = self.make_link(node, terms).await?;
            // From now on whoever replaces the file wraps this link anew. Whoever was faster than the link did not, and
            // it would lead to what is no longer there.
            self.refresh().await?;
            if self.with_tree(|tree| content_id(tree, node))? == content {
                return Ok(share);
            }
            self.unshare(share.id).await?;
        }
        Err(Error::Busy)
    }

    async fn make_link(&self, node: NodeId, terms: &ShareTerms) -> Result<Share> {
        let account = self.account();
        let around = account.surroundings();
        let id: LinkId = around.new_id();
        let secret = LinkSecret::generate(&mut around.rng());
        let password = terms.password.as_ref().map(ChosenPassword::get);
        let keys = LinkKeys::derive(&id.0, &secret, password);
        let archived = Archived {
            secret,
            needs_password: password.is_some(),
            wrap: keys.wrap.clone(),
        };
        let grant = self.with_tree(|tree| grant(tree, node))?;
        let volume = account.volume();
        let archive_key = account.unlocked().keyring.archive_key();
        let request = LinkCreate {
            id,
            volume,
            node,
            proof_hash: keys.auth.hash().into(),
            wrap: grant
                .seal(&keys.wrap, &id.0, &volume.0, &node.0, &mut around.rng())
                .into(),
            archive: archived
                .seal(&archive_key, &account.id().0, &id.0, &mut around.rng())
                .into(),
            expires: terms.expires,
            max_downloads: terms.max_downloads,
        };
        let entry = account.api.link_create(&request).await?;
        if entry.id != id || entry.node != node {
            return Err(Error::NotAuthentic);
        }
        Share::read(account, &entry)
    }

    /// The links of this account, newest first.
    ///
    /// # Errors
    /// [`Error::NotAuthentic`] if the server shows a link that this account did not make.
    pub async fn shares(&self) -> Result<Vec<Share>> {
        let links = self.account().api.links().await?.links;
        links
            .iter()
            .map(|entry| Share::read(self.account(), entry))
            .collect()
    }

    /// Takes a link back: the server stops handing out what it leads to.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn unshare(&self, link: LinkId) -> Result<()> {
        self.account().api.link_revoke(link).await
    }
}

/// Links to files that get another content, wrapped anew: they must not lead to what is no longer there.
pub(crate) async fn rewraps(account: &Account, replaced: &[(NodeId, File)]) -> Result<Vec<Rewrap>> {
    if replaced.is_empty() {
        return Ok(Vec::new());
    }
    let mut rewraps = Vec::new();
    for entry in account.api.links().await?.links {
        let Some((node, file)) = replaced.iter().find(|(node, _)| *node == entry.node) else {
            continue;
        };
        let archived = open_archive(account, &entry)?;
        let grant = Grant::File(file.clone());
        let volume = account.volume();
        let mut rng = account.surroundings().rng();
        let wrap = grant.seal(&archived.wrap, &entry.id.0, &volume.0, &node.0, &mut rng);
        rewraps.push(Rewrap {
            id: entry.id,
            wrap: wrap.into(),
        });
    }
    Ok(rewraps)
}

fn open_archive(account: &Account, entry: &LinkEntry) -> Result<Archived> {
    let key = account.unlocked().keyring.archive_key();
    Ok(Archived::open(
        &key,
        &account.id().0,
        &entry.id.0,
        &entry.archive.0,
    )?)
}

/// Of a file.
fn content_id(tree: &Tree, node: NodeId) -> Result<Option<[u8; 16]>> {
    match tree.node(node) {
        Some(Node::File(file)) => Ok(Some(file.content.id)),
        Some(Node::Folder(_)) => Ok(None),
        None if node == tree.root().node => Ok(None),
        None => Err(Error::NotFound),
    }
}

fn grant(tree: &Tree, node: NodeId) -> Result<Grant> {
    let root = tree.root();
    if node == root.node {
        return Err(Error::WrongKind(
            "the whole drive cannot be shared: share a folder in it",
        ));
    }
    match tree.node(node).ok_or(Error::NotFound)? {
        Node::File(file) => Ok(Grant::File(file.clone())),
        Node::Folder(folder) => Ok(Grant::Folder(SharedFolder {
            name: folder.name.clone(),
            node: node.0,
            volume: root.volume.0,
            key: folder.key.clone(),
            generation: folder.generation,
        })),
    }
}
