//! Paths in the drive, as typed: `/papers/letter`. The first slash may be left out.

use std::fmt;
use std::str::FromStr;

use postern_client::drive::Entry;
use postern_client::protocol::NodeId;
use postern_client::{Drive, Error, names};

use crate::failure::{About as _, Failure, Result};

/// A path of names from the root of the drive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Remote(Vec<String>);

impl Remote {
    pub(crate) fn names(&self) -> &[String] {
        &self.0
    }

    /// The folder, and the name in it; the root has neither.
    pub(crate) fn split(&self) -> Result<(Self, &str)> {
        let (name, folder) = self
            .0
            .split_last()
            .ok_or_else(|| Failure::usage("/ is the drive itself"))?;
        Ok((Self(folder.to_vec()), name))
    }

    /// What has that name in this folder.
    pub(crate) fn child(&self, name: &str) -> Self {
        let mut path = self.0.clone();
        path.push(name.to_owned());
        Self(path)
    }

    /// The node there.
    pub(crate) async fn node(&self, drive: &Drive) -> Result<NodeId> {
        drive.resolve(&self.to_string()).await.about(|| self.to_string())
    }

    /// What is there.
    pub(crate) async fn entry(&self, drive: &Drive) -> Result<Entry> {
        drive
            .entry(self.node(drive).await?)
            .await
            .about(|| self.to_string())
    }

    /// What is there, if something is.
    pub(crate) async fn entry_if_any(&self, drive: &Drive) -> Result<Option<Entry>> {
        match drive.resolve(&self.to_string()).await {
            Ok(node) => Ok(Some(drive.entry(node).await?)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl FromStr for Remote {
    type Err = String;

    fn from_str(typed: &str) -> std::result::Result<Self, String> {
        let names = typed.split('/').filter(|name| !name.is_empty() && *name != ".");
        names
            .map(|name| names::parse(name).map_err(|mistake| mistake.to_string()))
            .collect::<std::result::Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.0.join("/"))
    }
}

/// Where a node is; `None` if it is gone.
pub(crate) async fn path_of(drive: &Drive, node: NodeId) -> Result<Option<Remote>> {
    let (root, mut names, mut at) = (drive.account().root(), Vec::new(), node);
    while at != root {
        match drive.entry(at).await {
            Ok(entry) => {
                names.push(entry.name);
                at = entry.parent;
            }
            Err(Error::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    names.reverse();
    Ok(Some(Remote(names)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_and_single_dots_count_for_nothing() {
        let plain: Remote = "/a/b".parse().expect("a path");
        for typed in ["a/b", "//a/./b/", "./a/b"] {
            assert_eq!(typed.parse(), Ok(plain.clone()), "{typed}");
        }
        assert_eq!(plain.to_string(), "/a/b");
        assert_eq!(Remote::default().to_string(), "/");
    }

    #[test]
    fn there_is_no_way_up() {
        assert!("/a/../b".parse::<Remote>().is_err());
        assert!("/a\nb".parse::<Remote>().is_err());
    }

    #[test]
    fn a_path_has_a_folder_and_a_name_in_it() {
        let path: Remote = "/a/b".parse().expect("a path");
        let (folder, name) = path.split().expect("not the root");
        assert_eq!((folder.to_string().as_str(), name), ("/a", "b"));
        assert_eq!(folder.child("b"), path);
        assert!(Remote::default().split().is_err());
    }
}
