//! Files and folders.

use std::collections::HashSet;

use postern_client::Result;
use postern_client::protocol::NodeId;
use postern_client::protocol::link::LinkStatus;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{Answer, Client, Inner, SignedIn, answer, parse_id, read};
use crate::events;
use crate::values::{EntryView, ListingView};

#[wasm_bindgen]
impl Client {
    /// What is in a folder.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = listFolder)]
    pub async fn list_folder(&self, folder: Option<String>) -> Answer {
        answer(self.inner.list_folder(folder).await)
    }

    /// Makes a folder, with a number behind its name if that is taken.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = makeFolder)]
    pub async fn make_folder(&self, parent: String, name: String) -> Answer {
        answer(self.inner.make_folder(&parent, &name).await)
    }

    /// Makes what is missing of each path.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = makeFolders)]
    pub async fn make_folders(&self, parent: String, paths: JsValue) -> Answer {
        answer(self.inner.make_folders(&parent, &paths).await)
    }

    /// Gives a node another name.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn rename(&self, node: String, name: String) -> Answer {
        answer(self.inner.rename(&node, &name).await)
    }

    /// Puts nodes into another folder.
    ///
    /// # Errors
    /// `EngineError`.
    #[wasm_bindgen(js_name = move)]
    pub async fn relocate(&self, nodes: Vec<String>, destination: String) -> Answer {
        answer(self.inner.relocate(&nodes, &destination).await)
    }

    /// Deletes nodes with all below them.
    ///
    /// # Errors
    /// `EngineError`.
    pub async fn remove(&self, nodes: Vec<String>) -> Answer {
        answer(self.inner.remove(&nodes).await)
    }
}

impl Inner {
    async fn list_folder(&self, folder: Option<String>) -> Result<ListingView> {
        let folder = folder.map(|folder| parse_id(&folder)).transpose()?;
        let signed_in = self.signed_in()?;
        let listing = signed_in.drive.list(folder).await?;
        signed_in.ensure_shared().await?;
        Ok(ListingView::new(listing, |node| signed_in.is_shared(node)))
    }

    async fn make_folder(&self, parent: &str, name: &str) -> Result<EntryView> {
        let signed_in = self.signed_in()?;
        let node = signed_in
            .drive
            .make_numbered_folder(parse_id(parent)?, name)
            .await?;
        events::drive_changed(&self.host);
        signed_in.entry(node).await
    }

    async fn make_folders(&self, parent: &str, paths: &JsValue) -> Result<Vec<String>> {
        let paths: Vec<Vec<String>> = read(paths)?;
        let made = self
            .signed_in()?
            .drive
            .make_folders(parse_id(parent)?, &paths)
            .await?;
        events::drive_changed(&self.host);
        Ok(made.iter().map(NodeId::to_string).collect())
    }

    async fn rename(&self, node: &str, name: &str) -> Result<()> {
        self.signed_in()?.drive.rename(parse_id(node)?, name).await?;
        events::drive_changed(&self.host);
        Ok(())
    }

    async fn relocate(&self, nodes: &[String], destination: &str) -> Result<()> {
        self.signed_in()?
            .drive
            .relocate(&parse_ids(nodes)?, parse_id(destination)?)
            .await?;
        events::drive_changed(&self.host);
        Ok(())
    }

    async fn remove(&self, nodes: &[String]) -> Result<()> {
        self.signed_in()?.drive.remove(&parse_ids(nodes)?).await?;
        events::drive_changed(&self.host);
        Ok(())
    }
}

impl SignedIn {
    pub(crate) async fn entry(&self, node: NodeId) -> Result<EntryView> {
        Ok(EntryView::new(
            self.drive.entry(node).await?,
            self.is_shared(node),
        ))
    }

    pub(crate) fn is_shared(&self, node: NodeId) -> bool {
        self.shared
            .borrow()
            .as_ref()
            .is_some_and(|shared| shared.contains(&node))
    }

    async fn ensure_shared(&self) -> Result<()> {
        let known = self.shared.borrow().is_some();
        if known {
            Ok(())
        } else {
            self.refresh_shared().await
        }
    }

    /// Asks anew which nodes are shared.
    pub(crate) async fn refresh_shared(&self) -> Result<()> {
        let shares = self.drive.shares().await?;
        let live = shares.iter().filter(|share| share.status == LinkStatus::Active);
        let shared: HashSet<NodeId> = live.map(|share| share.node).collect();
        self.shared.replace(Some(shared));
        Ok(())
    }
}

fn parse_ids(nodes: &[String]) -> Result<Vec<NodeId>> {
    nodes.iter().map(|node| parse_id(node)).collect()
}
