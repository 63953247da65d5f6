//! rclone with its own encryption, which seals with XSalsa20-Poly1305 as ours does.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use postern_tests::S3;
use tempfile::TempDir;

use super::{Nginx, Store, named};
use crate::race::{seconds, settle};

/// The root: of any folder below it rclone would ask whether it is a file, which s3s-fs answers as if it were broken.
const PLACE: &str = "sealed:";

/// Over one of two servers.
pub(crate) struct Rclone {
    configuration: TempDir,
    flags: &'static [&'static str],
    _server: RcloneServer,
}

/// Kept for as long as it is in use.
enum RcloneServer {
    WebDav(#[expect(dead_code, reason = "it runs until it is dropped")] Nginx),
    S3(#[expect(dead_code, reason = "it runs until it is dropped")] S3),
}

impl Rclone {
    pub(crate) fn over_webdav(flags: &'static [&'static str]) -> Result<Self> {
        let nginx = Nginx::start()?;
        let remote = format!("type = webdav\nvendor = other\nurl = {}", nginx.url());
        Self::new(&remote, "plain:", flags, RcloneServer::WebDav(nginx))
    }

    pub(crate) fn over_s3(flags: &'static [&'static str]) -> Result<Self> {
        let s3 = S3::start();
        let (endpoint, region) = (s3.url(), S3::REGION);
        let (key, secret) = (S3::ACCESS_KEY, S3::SECRET_KEY);
        let remote = format!(
            "type = s3\nprovider = Other\nforce_path_style = true\nendpoint = {endpoint}\nregion = {region}\n\
             access_key_id = {key}\nsecret_access_key = {secret}"
        );
        let place = format!("plain:{}", S3::BUCKET);
        Self::new(&remote, &place, flags, RcloneServer::S3(s3))
    }

    pub(crate) fn name() -> Result<String> {
        named("rclone", "version").map(|name| format!("{name} crypt"))
    }

    fn new(remote: &str, place: &str, flags: &'static [&'static str], server: RcloneServer) -> Result<Self> {
        let password = Command::new("rclone").args(["obscure", "swordfish"]).output();
        let password = String::from_utf8(password.context("rclone")?.stdout)?;
        let configuration = tempfile::tempdir()?;
        let text = format!(
            "[plain]\n{remote}\n[sealed]\ntype = crypt\nremote = {place}\npassword = {}\n",
            password.trim()
        );
        fs::write(configuration.path().join("rclone.conf"), text)?;
        Ok(Self {
            configuration,
            flags,
            _server: server,
        })
    }

    fn copy(&self, from: &OsStr, to: &OsStr) -> Result<f64> {
        settle()?;
        let mut rclone = Command::new("rclone");
        rclone
            // Nothing here speaks TLS, and rclone's S3 refuses to start where this is set.
            .env_remove("AWS_CA_BUNDLE")
            .arg("--config")
            .arg(self.configuration.path().join("rclone.conf"));
        seconds(rclone.args(self.flags).arg("copy").arg(from).arg(to))
    }
}

impl Store for Rclone {
    fn put(&self, from: &Path) -> Result<f64> {
        self.copy(from.as_os_str(), OsStr::new(PLACE))
    }

    fn get(&self, to: &Path) -> Result<f64> {
        self.copy(OsStr::new(PLACE), to.as_os_str())
    }
}
