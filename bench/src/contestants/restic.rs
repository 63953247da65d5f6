//! restic, which keeps many small files in few large ones.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use postern_tests::S3;
use tempfile::TempDir;

use super::{Store, named};
use crate::race::{seconds, settle};

/// With a repository at an S3 server.
pub(crate) struct Restic {
    s3: S3,
    cache: TempDir,
}

impl Restic {
    pub(crate) fn start() -> Result<Self> {
        let restic = Self {
            s3: S3::start(),
            cache: tempfile::tempdir()?,
        };
        restic.seconds(&["init"], None)?;
        Ok(restic)
    }

    pub(crate) fn name() -> Result<String> {
        named("restic", "version")
    }

    fn seconds(&self, words: &[&str], path: Option<&Path>) -> Result<f64> {
        settle()?;
        let mut restic = Command::new("restic");
        restic
            .env("AWS_ACCESS_KEY_ID", S3::ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", S3::SECRET_KEY)
            .env("AWS_DEFAULT_REGION", S3::REGION)
            .env("RESTIC_PASSWORD", "swordfish")
            .arg("--repo")
            .arg(format!("s3:{}/{}/repository", self.s3.url(), S3::BUCKET))
            .arg("--cache-dir")
            .arg(self.cache.path());
        seconds(restic.args(words).args(path))
    }
}

impl Store for Restic {
    fn put(&self, from: &Path) -> Result<f64> {
        self.seconds(&["backup"], Some(from))
    }

    fn get(&self, to: &Path) -> Result<f64> {
        self.seconds(&["restore", "latest", "--target"], Some(to))
    }
}
