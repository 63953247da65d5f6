//! What must be in somebody's folder, and what is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// A folder with all that is in it, and the links into it. Paths are below the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) folders: BTreeSet<String>,
    pub(crate) files: BTreeMap<String, Bytes>,
    /// Links that open, by their ids, with what they lead to.
    pub(crate) links: BTreeMap<String, Link>,
    /// What one more link leads to, whose id nobody has been told.
    pub(crate) nameless_link: Option<String>,
}

/// A file's bytes, as far as it takes to know them again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes {
    length: usize,
    hash: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) path: String,
    pub(crate) url: String,
}

impl Bytes {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        Self {
            length: bytes.len(),
            hash: hasher.finish(),
        }
    }
}

impl Model {
    /// The folder that was fetched to `place`.
    pub(crate) fn fetched(place: &Path) -> Self {
        let mut model = Self::default();
        model.take(place, "");
        model
    }

    /// Whether this is what was seen. The ids of new links are learnt from there.
    pub(crate) fn is(&self, seen: &Self) -> bool {
        let mut rest = seen.links.clone();
        let known = self
            .links
            .iter()
            .all(|(id, link)| rest.remove(id).as_ref() == Some(link));
        let new: Vec<_> = rest.into_values().map(|link| link.path).collect();
        let links = known && new == Vec::from_iter(self.nameless_link.clone());
        links && self.folders == seen.folders && self.files == seen.files
    }

    /// All paths, folders' and files'.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.folders.iter().chain(self.files.keys()).cloned().collect()
    }

    pub(crate) fn moved(&self, from: &str, to: &str) -> Self {
        let new = |path: &str| match below(path, from) {
            Some(rest) => format!("{to}{rest}"),
            None => path.to_owned(),
        };
        let mut moved = self.clone();
        moved.folders = self.folders.iter().map(|path| new(path)).collect();
        moved.files = self
            .files
            .iter()
            .map(|(path, bytes)| (new(path), *bytes))
            .collect();
        moved
            .links
            .values_mut()
            .for_each(|link| link.path = new(&link.path));
        moved
    }

    pub(crate) fn without(&self, gone: &str) -> Self {
        let mut left = self.clone();
        left.folders.retain(|path| below(path, gone).is_none());
        left.files.retain(|path, _| below(path, gone).is_none());
        left.links.retain(|_, link| below(&link.path, gone).is_none());
        left
    }

    fn take(&mut self, folder: &Path, path: &str) {
        let entries = fs::read_dir(folder).expect("what was fetched can be read");
        for entry in entries.flatten() {
            let name = entry.file_name().into_string().expect("names are text");
            let path = if path.is_empty() {
                name
            } else {
                format!("{path}/{name}")
            };
            if entry.path().is_dir() {
                self.take(&entry.path(), &path);
                self.folders.insert(path);
            } else {
                let bytes = fs::read(entry.path()).expect("what was fetched can be read");
                self.files.insert(path, Bytes::of(&bytes));
            }
        }
    }
}

/// What of `path` comes after `top`, if it is `top` or below it.
fn below<'a>(path: &'a str, top: &str) -> Option<&'a str> {
    let rest = path.strip_prefix(top)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}
