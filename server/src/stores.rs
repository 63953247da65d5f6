//! Opening what the settings name.

use std::sync::Arc;

use anyhow::Context as _;
use postern_domain::Stores;
use postern_domain::store::{BlobStore, Records as RecordsContract};
use postern_storage::{Buffered, FolderBlobs, Patience, Retry, S3Blobs, SqlRecords};

use crate::config::{Blobs, Config, Records};

/// Connections to a database. One request needs one, for a moment.
const POSTGRES_CONNECTIONS: u32 = 16;
/// Parts that may lie in memory on their way to a bucket, 8 MiB and more each.
const S3_BUFFERS: usize = 8;

/// Opens both stores. They are made if they are not there yet.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Stores> {
    Ok(Stores {
        records: open_records(&config.records).await?,
        blobs: open_blobs(&config.blobs).await?,
    })
}

async fn open_records(records: &Records) -> anyhow::Result<Arc<dyn RecordsContract>> {
    let opened = match records {
        Records::Sqlite(file) => SqlRecords::open_sqlite(file).await,
        Records::Postgres(url) => SqlRecords::open_postgres(url.expose(), POSTGRES_CONNECTIONS).await,
    };
    Ok(Arc::new(opened.context("cannot open the records")?))
}

async fn open_blobs(blobs: &Blobs) -> anyhow::Result<Arc<dyn BlobStore>> {
    Ok(match blobs {
        Blobs::Folder(folder) => Arc::new(
            FolderBlobs::open(folder.clone())
                .await
                .context("cannot open the folder of contents")?,
        ),
        Blobs::S3(settings) => {
            let bucket = S3Blobs::open(settings).context("cannot open the bucket of contents")?;
            Arc::new(Buffered::new(Retry::new(bucket, Patience::default()), S3_BUFFERS))
        }
    })
}
