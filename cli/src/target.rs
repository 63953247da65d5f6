//! Where a download goes on this disk.

use std::path::{Path, PathBuf};

use postern_client::names::LocalNames;
use postern_client::protocol::volume::NodeKind;
use postern_disk::folder_of;

use crate::failure::{Failure, Result};

/// Standard output, instead of a path.
pub(crate) const STANDARD_OUTPUT: &str = "-";

/// The path for something called `name`: `output` itself, or in it if it is a folder, or in the present folder.
pub(crate) fn target(output: Option<&Path>, name: &str, kind: NodeKind, force: bool) -> Result<PathBuf> {
    let safe = || LocalNames::default().take(name);
    let path = match output {
        None => PathBuf::from(safe()),
        Some(folder) if folder.is_dir() => folder.join(safe()),
        Some(path) => path.to_owned(),
    };
    refuse_missing_folder(&path)?;
    refuse_present(&path, kind, force)?;
    Ok(path)
}

/// A name beside `path` that nobody takes for the finished thing.
pub(crate) fn beside(path: &Path, id: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Long names leave room for the rest; the id keeps them apart.
    let stem = &name[..name.floor_char_boundary(180)];
    path.with_file_name(format!(".{stem}.{}.part", &id[..8.min(id.len())]))
}

fn refuse_missing_folder(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    if folder.is_dir() && path.file_name().is_some() {
        Ok(())
    } else {
        Err(Failure::told(format!("there is no folder {}", folder.display())))
    }
}

fn refuse_present(path: &Path, kind: NodeKind, force: bool) -> Result<()> {
    let Ok(there) = path.symlink_metadata() else {
        return Ok(());
    };
    let path = path.display();
    if !force {
        Err(Failure::told(format!("{path} exists already"))
            .advise("Give another path with -o, or write over it with --force."))
    } else if there.is_dir() != (kind == NodeKind::Folder) {
        Err(Failure::told(format!(
            "{path} is in the way, and not of the same kind"
        )))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_takes_the_file_in_under_a_safe_name() {
        let home = tempfile::tempdir().expect("a folder");
        let path = |output| target(output, "../a\u{202e}b", NodeKind::File, false).expect("free");
        assert_eq!(path(Some(home.path())), home.path().join(".._a_b"));
        assert_eq!(path(None), Path::new(".._a_b"));
        let named = home.path().join("named");
        assert_eq!(path(Some(&named)), named);
    }

    #[test]
    fn nothing_is_written_over_without_being_told() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("a");
        std::fs::write(&path, "x").expect("a file");
        assert!(target(Some(&path), "a", NodeKind::File, false).is_err());
        assert!(target(Some(&path), "a", NodeKind::File, true).is_ok());
        assert!(target(Some(&path), "a", NodeKind::Folder, true).is_err());
        assert!(target(Some(&home.path().join("no/a")), "a", NodeKind::File, true).is_err());
    }

    #[test]
    fn the_name_beside_fits_every_disk() {
        let long = format!("/x/{}", "ä".repeat(127));
        let beside = beside(Path::new(&long), "AAAAAAAAAAAAAAAAAAAAAA");
        let name = beside.file_name().expect("a name").to_str().expect("text");
        assert!(name.len() < 200 && name.starts_with(".ä") && name.ends_with(".AAAAAAAA.part"));
    }
}
