//! Many small files in one request.

use std::fs::File;
use std::io::Read as _;

use postern_client::Error;
use postern_client::transfer::{MAX_BUNDLED_BYTES, upload_bundle};

use super::{Finished, Sent, Uploader, refuse_changed, unreadable};
use crate::local::LocalFile;
use crate::off_thread::off_thread;

impl Uploader<'_> {
    /// Sends these small files together. One that cannot be read stays out, and the others go.
    pub(super) async fn send_bundle(&self, files: &[LocalFile], indices: Vec<usize>) -> Vec<Sent> {
        let (mut sent, mut taken, mut plain) = (Vec::new(), Vec::new(), Vec::new());
        for (index, read) in indices.iter().zip(self.read_all(files, &indices).await) {
            match read {
                Ok(bytes) => {
                    taken.push(*index);
                    plain.push(bytes);
                }
                Err(error) => sent.push((*index, Err(error))),
            }
        }
        if !taken.is_empty() {
            sent.extend(self.send_read(files, taken, plain).await);
        }
        sent
    }

    async fn send_read(&self, files: &[LocalFile], taken: Vec<usize>, plain: Vec<Vec<u8>>) -> Vec<Sent> {
        match upload_bundle(self.drive.account(), plain).await {
            Ok(contents) => {
                let finished = taken.into_iter().zip(contents).map(|(index, content)| {
                    let file = &files[index];
                    self.progress.file().at(file.size_bytes);
                    let new = self.new_file(file, content);
                    (index, Ok(Finished { new, journal: None }))
                });
                finished.collect()
            }
            Err(error) => taken
                .into_iter()
                .map(|index| (index, Err(error.clone())))
                .collect(),
        }
    }

    async fn read_all(&self, files: &[LocalFile], indices: &[usize]) -> Vec<postern_client::Result<Vec<u8>>> {
        let wanted = indices.iter().map(|index| {
            let file = &files[*index];
            self.refuse_folder(file).map(|()| file.clone())
        });
        let wanted: Vec<_> = wanted.collect();
        off_thread(move || wanted.into_iter().map(|file| read(&file?)).collect()).await
    }
}

fn read(file: &LocalFile) -> postern_client::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(file.size_bytes).unwrap_or_default());
    let opened = File::open(&file.path).map_err(|error| unreadable(&error))?;
    // No more than was planned for, however much it grows.
    let read = opened.take(MAX_BUNDLED_BYTES).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&error))?;
    refuse_changed(file)?;
    if bytes.len() as u64 == file.size_bytes {
        Ok(bytes)
    } else {
        Err(Error::Unreadable("it changed while it was read".to_owned()))
    }
}
