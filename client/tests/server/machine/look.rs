//! What is there, as a device or somebody with a link sees it.

use std::collections::{BTreeMap, BTreeSet};

use postern_client::Drive;
use postern_client::links::OpenedLink;
use postern_client::protocol::NodeId;
use postern_client::protocol::volume::NodeKind;

use super::model::Paths;
use crate::world::{get, get_from_link};

pub(super) async fn names(drive: &Drive) -> BTreeSet<String> {
    walk(drive).await.into_keys().collect()
}

/// All paths, with the nodes of files.
async fn walk(drive: &Drive) -> BTreeMap<String, Option<NodeId>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![(String::new(), drive.account().root())];
    while let Some((path, folder)) = folders.pop() {
        for entry in drive.list(Some(folder)).await.expect("listed").entries {
            let inner = format!("{path}{}", entry.name);
            if entry.kind == NodeKind::Folder {
                folders.push((format!("{inner}/"), entry.id));
            }
            let file = (entry.kind == NodeKind::File).then_some(entry.id);
            assert!(found.insert(inner, file).is_none(), "two of one name");
        }
    }
    found
}

pub(super) async fn everything(drive: &Drive) -> Paths {
    let mut paths = Paths::new();
    for (path, file) in walk(drive).await {
        let bytes = match file {
            Some(file) => Some(get(drive, file).await.expect("downloaded")),
            None => None,
        };
        paths.insert(path, bytes);
    }
    paths
}

pub(super) async fn read(opened: &OpenedLink, node: Option<NodeId>) -> Vec<u8> {
    let read = get_from_link(opened, node).await;
    read.expect("downloaded through a link")
}

pub(super) async fn below(opened: &OpenedLink) -> Paths {
    let mut paths = Paths::new();
    let mut folders = vec![(String::new(), None)];
    while let Some((path, folder)) = folders.pop() {
        for entry in opened.list(folder).await.expect("listed").entries {
            let inner = format!("{path}{}", entry.name);
            let bytes = match entry.kind {
                NodeKind::File => Some(read(opened, Some(entry.id)).await),
                NodeKind::Folder => {
                    folders.push((format!("{inner}/"), Some(entry.id)));
                    None
                }
            };
            paths.insert(inner, bytes);
        }
    }
    paths
}
