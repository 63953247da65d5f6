//! What the device notes of a file that is still coming: how much of it is durable, and where it is.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use postern_client::Result;
use postern_client::device::{Device, keys};
use postern_client::protocol::ContentId;
use postern_disk::folder_of;

/// The note of one file.
pub(super) struct Note {
    device: Rc<dyn Device>,
    key: String,
    /// With all folders above it, so that it means the same in whatever folder the next command is typed.
    file: PathBuf,
    /// The device has it, or did.
    is_made: bool,
}

impl Note {
    /// The note of what has come of `content` at `path`, the same each time, and how many bytes it says are durable.
    pub(super) async fn find(device: Rc<dyn Device>, path: &Path, content: ContentId) -> Result<(Self, u64)> {
        let folder = fs::canonicalize(folder_of(path)).unwrap_or_default();
        let file = folder.join(path.file_name().unwrap_or_default());
        let key = keys::download(&[&content.0, file.as_os_str().as_bytes()]);
        let said = device.get(&key).await?;
        let durable_bytes = said.as_deref().and_then(|said| read(said));
        let note = Self {
            device,
            key,
            file,
            is_made: said.is_some(),
        };
        Ok((note, durable_bytes.map_or(0, |(bytes, _)| bytes)))
    }

    /// Says that so many bytes are durable.
    pub(super) async fn say(&mut self, bytes: u64) -> Result<()> {
        if !self.is_made {
            drop_those_without_files(&*self.device).await?;
        }
        self.is_made = true;
        let place = self.file.as_os_str().as_bytes();
        let said = [bytes.to_string().as_bytes(), b" ", place].concat();
        self.device.put(&self.key, &said).await
    }

    /// Forgetting is durable too, and costs as much as saving: most files were never noted.
    pub(super) async fn forget(&self) -> Result<()> {
        if self.is_made {
            self.device.delete(&self.key).await
        } else {
            Ok(())
        }
    }
}

/// Nobody comes back for a file that was removed before it was whole: whoever makes a note clears away such ones.
async fn drop_those_without_files(device: &dyn Device) -> Result<()> {
    for key in device.list(keys::DOWNLOADS).await? {
        let said = device.get(&key).await?;
        let has_file = said.is_some_and(|said| read(&said).is_some_and(|(_, file)| file.exists()));
        if !has_file {
            device.delete(&key).await?;
        }
    }
    Ok(())
}

fn read(said: &[u8]) -> Option<(u64, &Path)> {
    let space = said.iter().position(|byte| *byte == b' ')?;
    let bytes = std::str::from_utf8(&said[..space]).ok()?.parse().ok()?;
    Some((bytes, Path::new(OsStr::from_bytes(&said[space + 1..]))))
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use postern_client::device::MemoryDevice;

    use super::*;

    const CONTENT: ContentId = ContentId([1; 16]);

    #[test]
    fn a_note_is_found_again_and_goes_when_its_file_has_gone() {
        let home = tempfile::tempdir().expect("a folder");
        let device = Rc::new(MemoryDevice::default());
        let find = |path: &Path| block_on(Note::find(device.clone(), path, CONTENT)).expect("found");
        let say = |path: &Path, bytes| {
            fs::write(path, "half").expect("a file");
            block_on(find(path).0.say(bytes)).expect("noted");
        };
        let (film, song) = (home.path().join("the film"), home.path().join("the song"));
        say(&film, 5);
        say(&song, 6);
        assert_eq!((find(&film).1, find(&song).1), (5, 6));

        fs::remove_file(&film).expect("removed");
        say(&home.path().join("a letter"), 7);
        assert_eq!((find(&film).1, find(&song).1), (0, 6));

        block_on(find(&song).0.forget()).expect("forgotten");
        let left = block_on(device.list(keys::DOWNLOADS)).expect("listed");
        assert_eq!(left.len(), 1);
    }
}
