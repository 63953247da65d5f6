//! What lies on this disk and is to be put into the drive.

use std::collections::HashSet;
use std::fs::{self, FileType, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use postern_client::names;
use postern_client::protocol::TimeMs;

use crate::failure::{Failure, Result};

/// A file on this disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalFile {
    pub(crate) path: PathBuf,
    /// Which of the plan's folders it goes into.
    pub(crate) folder: usize,
    /// Its name in the drive.
    pub(crate) name: String,
    pub(crate) size_bytes: u64,
    pub(crate) modified: TimeMs,
}

/// What is to be put, and where.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Paths below the target; the first is the target itself.
    pub(crate) folders: Vec<Vec<String>>,
    pub(crate) files: Vec<LocalFile>,
    /// What stays out, and why.
    pub(crate) skipped: Vec<(PathBuf, String)>,
    taken: HashSet<(usize, String)>,
}

impl Plan {
    /// Looks at everything that was named, and below.
    pub(crate) fn of(paths: &[PathBuf]) -> Result<Self> {
        let mut plan = Self {
            folders: vec![Vec::new()],
            ..Self::default()
        };
        for path in paths {
            plan.take_named(path)?;
        }
        Ok(plan)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }

    /// What a person named is followed if it is a symbolic link, and its absence is an error.
    fn take_named(&mut self, path: &Path) -> Result<()> {
        let meta = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        let name = resolved_name(path)?;
        if !meta.is_dir() && !meta.is_file() {
            return Err(
                Failure::usage(format!("{} is neither a file nor a folder", path.display()))
                    .advise("To put what a program writes, use - and --name."),
            );
        }
        self.take(path.to_owned(), 0, name, &meta);
        Ok(())
    }

    fn take(&mut self, path: PathBuf, folder: usize, name: String, meta: &Metadata) {
        if !self.taken.insert((folder, name.clone())) {
            self.skip(path, "something else has the same name in the drive".to_owned());
        } else if meta.is_dir() {
            let inner = self.add_folder(folder, name);
            self.walk(&path, inner);
        } else {
            self.files.push(LocalFile {
                path,
                folder,
                name,
                size_bytes: meta.len(),
                modified: modified(meta),
            });
        }
    }

    fn add_folder(&mut self, parent: usize, name: String) -> usize {
        let mut path = self.folders[parent].clone();
        path.push(name);
        self.folders.push(path);
        self.folders.len() - 1
    }

    /// In the order of names, so that two runs do the same.
    fn walk(&mut self, path: &Path, folder: usize) {
        let entries = fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.skip(path.to_owned(), error.to_string()),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            self.take_found(entry.path(), folder);
        }
    }

    fn take_found(&mut self, path: PathBuf, folder: usize) {
        let meta = match fs::symlink_metadata(&path) {
            Ok(meta) => meta,
            Err(error) => return self.skip(path, error.to_string()),
        };
        match (oddity(meta.file_type()), name_of(&path)) {
            (Some(why), _) => self.skip(path, why.to_owned()),
            (None, Err(why)) => self.skip(path, why),
            (None, Ok(name)) => self.take(path, folder, name, &meta),
        }
    }

    fn skip(&mut self, path: PathBuf, why: String) {
        self.skipped.push((path, why));
    }
}

/// When a file was last changed.
pub(crate) fn modified(meta: &Metadata) -> TimeMs {
    let since = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    TimeMs(since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

/// A symbolic link may lead out of the folder that was named, or round in a circle.
fn oddity(kind: FileType) -> Option<&'static str> {
    if kind.is_symlink() {
        Some("a symbolic link")
    } else if kind.is_dir() || kind.is_file() {
        None
    } else {
        Some("neither a file nor a folder")
    }
}

/// `.` and `..` have a name only in their own folder, and `/` has none.
fn resolved_name(path: &Path) -> Result<String> {
    let whole = match path.file_name() {
        Some(_) => path.to_owned(),
        None => fs::canonicalize(path).map_err(|error| unreadable(path, &error))?,
    };
    if whole.file_name().is_none() {
        return Err(Failure::usage(format!(
            "{} is all of this disk, which has no name",
            path.display()
        ))
        .advise("To say where things go in the drive, use --to."));
    }
    name_of(&whole).map_err(|why| Failure::usage(format!("{}: {why}", path.display())))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::told(format!("{} cannot be read: {error}", path.display()))
}

fn name_of(path: &Path) -> std::result::Result<String, String> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| "its name is not Unicode".to_owned())?;
    names::parse(name).map_err(|mistake| mistake.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(plan: &Plan) -> Vec<String> {
        let name = |file: &LocalFile| format!("{}/{}", plan.folders[file.folder].join("/"), file.name);
        plan.files.iter().map(name).collect()
    }

    #[test]
    fn a_folder_comes_with_all_that_is_in_it_and_empty_folders_too() {
        let home = tempfile::tempdir().expect("a folder");
        let papers = home.path().join("papers");
        fs::create_dir_all(papers.join("empty")).expect("a folder");
        fs::create_dir_all(papers.join("a/b")).expect("a folder");
        fs::write(papers.join("a/b/letter"), "words").expect("a file");
        fs::write(papers.join("z"), "").expect("a file");
        let plan = Plan::of(&[papers]).expect("readable");
        assert_eq!(names(&plan), ["papers/a/b/letter", "papers/z"]);
        assert!(
            plan.folders
                .contains(&vec!["papers".to_owned(), "empty".to_owned()])
        );
        assert_eq!((plan.bytes(), plan.skipped.len()), (5, 0));
    }

    #[test]
    fn a_symbolic_link_is_left_out_with_a_reason_unless_it_was_named() {
        let home = tempfile::tempdir().expect("a folder");
        let (papers, link) = (home.path().join("papers"), home.path().join("link"));
        fs::create_dir(&papers).expect("a folder");
        fs::write(home.path().join("secret"), "x").expect("a file");
        std::os::unix::fs::symlink("../secret", papers.join("out")).expect("a link");
        std::os::unix::fs::symlink(&papers, papers.join("round")).expect("a link");
        std::os::unix::fs::symlink("secret", &link).expect("a link");
        let plan = Plan::of(&[papers, link]).expect("readable");
        assert_eq!(names(&plan), ["/link"]);
        assert_eq!(plan.skipped.len(), 2);
    }

    #[test]
    fn two_spellings_of_one_name_do_not_replace_each_other() {
        let home = tempfile::tempdir().expect("a folder");
        for name in ["Café", "Cafe\u{301}"] {
            fs::write(home.path().join(name), name).expect("a file");
        }
        let plan = Plan::of(&[home.path().to_owned()]).expect("readable");
        assert_eq!((plan.files.len(), plan.skipped.len()), (1, 1));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        assert!(Plan::of(&[PathBuf::from("/nothing here")]).is_err());
        assert!(Plan::of(&[PathBuf::from("/dev/null")]).is_err());
    }

    #[test]
    fn all_of_a_disk_is_not_put_by_mistake() {
        let refused = Plan::of(&[PathBuf::from("/")]).expect_err("no name");
        assert!(matches!(refused, Failure::Told { what, .. } if what.contains("has no name")));
    }
}
