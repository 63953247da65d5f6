//! Where which file lies.
//!
//! Blobs are spread over 256 folders by the first byte of their content's id, which is random. Names are in
//! hexadecimal, since some file systems take capital and small letters for the same.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use postern_domain::store::BlobKey;

/// The folders of blobs, and the one for what is arriving.
pub(super) const FOLDERS: usize = 257;

const ARRIVING: usize = 256;
const KEY_CHARS: usize = 65;

/// Where which file lies.
#[derive(Debug)]
pub(super) struct Names {
    root: PathBuf,
    temporaries: AtomicU64,
}

impl Names {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root,
            temporaries: AtomicU64::new(0),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Each of them in turn, for numbers below [`FOLDERS`].
    pub(super) fn folder(&self, number: usize) -> PathBuf {
        if number == ARRIVING {
            self.arriving_folder()
        } else {
            self.blobs_folder().join(format!("{number:02x}"))
        }
    }

    /// The folders of all blobs are in here.
    pub(super) fn blobs_folder(&self) -> PathBuf {
        self.root.join("blobs")
    }

    pub(super) fn blob_folder(&self, key: BlobKey) -> PathBuf {
        self.folder(key.content.as_bytes()[0].into())
    }

    pub(super) fn arriving_folder(&self) -> PathBuf {
        self.root.join("arriving")
    }

    pub(super) fn blob(&self, key: BlobKey) -> PathBuf {
        self.blob_folder(key).join(file_name(key))
    }

    pub(super) fn upload(&self, key: BlobKey) -> PathBuf {
        self.arriving_folder().join(file_name(key))
    }

    /// A name that nothing else has as long as this process lives. [`key_of`] does not take it for an upload's.
    pub(super) fn temporary(&self, key: BlobKey) -> PathBuf {
        let number = self.temporaries.fetch_add(1, Ordering::Relaxed);
        self.arriving_folder()
            .join(format!("{}.{number}", file_name(key)))
    }
}

/// The key in a file's name, if it is one of a blob or an upload.
pub(super) fn key_of(file_name: &str) -> Option<BlobKey> {
    let (account, content) = file_name.split_once('-')?;
    let key = BlobKey {
        account: from_hex(account)?.into(),
        content: from_hex(content)?.into(),
    };
    (file_name.len() == KEY_CHARS).then_some(key)
}

fn file_name(key: BlobKey) -> String {
    let mut name = String::with_capacity(KEY_CHARS);
    push_hex(&mut name, key.account.as_bytes());
    name.push('-');
    push_hex(&mut name, key.content.as_bytes());
    name
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).expect("four bits are one digit"));
        }
    }
}

fn from_hex(text: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(text, 16).ok()?;
    (text.len() == 32 && !text.starts_with('+')).then(|| number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_name() {
        let key = BlobKey {
            account: [0x0f; 16].into(),
            content: [0xa5; 16].into(),
        };
        let names = Names::new("x".into());
        let name = names.blob(key);
        let name = name
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a blob has a name");
        assert_eq!(key_of(name), Some(key));
        assert!(names.blob(key).starts_with("x/blobs/a5"));
    }

    #[test]
    fn a_temporary_name_is_no_key() {
        let key = BlobKey {
            account: [1; 16].into(),
            content: [2; 16].into(),
        };
        let names = Names::new("x".into());
        for path in [names.temporary(key), names.temporary(key)] {
            assert_eq!(
                key_of(path.file_name().and_then(|name| name.to_str()).expect("named")),
                None
            );
        }
        assert_ne!(names.temporary(key), names.temporary(key));
    }
}
