//! A file by itself: in one request, or in parts that go on after a crash.

use std::fs::{self, File};
use std::rc::Rc;

use postern_client::device::keys::described_name;
use postern_client::transfer::{DEFAULT_WIDTH, FileSource, LocalLanes, Upload, abandon, upload};
use postern_client::{Content, Error};

use super::{Finished, Uploader, is_whole, refuse_changed, unreadable};
use crate::local::LocalFile;
use crate::progress::FilePart;

impl Uploader<'_> {
    pub(super) async fn send(&self, file: &LocalFile) -> postern_client::Result<Finished> {
        self.refuse_folder(file)?;
        let journal = (!is_whole(file)).then(|| self.journal(file));
        let part = self.progress.file();
        let content = match self.send_content(file, journal.as_deref(), &part).await {
            Err(Error::FileDiffers) => self.start_over(file, journal.as_deref(), &part).await?,
            content => content?,
        };
        refuse_changed(file)?;
        Ok(Finished {
            new: self.new_file(file, content),
            journal,
        })
    }

    async fn start_over(
        &self,
        file: &LocalFile,
        journal: Option<&str>,
        part: &FilePart<'_>,
    ) -> postern_client::Result<Content> {
        let path = file.path.display();
        self.say.note(&format!(
            "{path} has changed since its upload began: starting over"
        ));
        if let Some(journal) = journal {
            abandon(self.drive.account(), journal).await?;
        }
        self.send_content(file, journal, part).await
    }

    async fn send_content(
        &self,
        file: &LocalFile,
        journal: Option<&str>,
        part: &FilePart<'_>,
    ) -> postern_client::Result<Content> {
        let opened = File::open(&file.path).map_err(|error| unreadable(&error))?;
        let source = FileSource::new(opened)?;
        let what = Upload {
            size_bytes: Some(source.size_bytes()),
            journal,
        };
        let account = self.drive.account();
        let lanes = LocalLanes::new(account.api().clone(), Rc::new(source), DEFAULT_WIDTH);
        upload(account, what, &lanes, &|bytes| part.at(bytes)).await
    }

    /// One upload of one file to one place. The path is made whole, so that the folder it is typed in does not matter.
    fn journal(&self, file: &LocalFile) -> String {
        let path = fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
        described_name(&[
            &self.drive.account().id().0,
            &self.folders[file.folder].0,
            file.name.as_bytes(),
            path.as_os_str().as_encoded_bytes(),
        ])
    }
}
