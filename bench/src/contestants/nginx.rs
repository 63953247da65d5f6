//! nginx, which takes and gives files by plain `PUT` and `GET`, and by WebDAV.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use super::{Store, named};
use crate::race::{seconds, settle};

/// Runs until it is dropped, in a folder of its own. Its client is curl.
pub(crate) struct Nginx {
    port: u16,
    process: Child,
    _folder: TempDir,
}

/// The same, where what was put counts as stored when it is on the disk.
pub(crate) struct NginxSynced(pub(crate) Nginx);

impl Nginx {
    pub(crate) fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        for name in ["files", "bodies"] {
            fs::create_dir(folder.path().join(name))?;
        }
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration(folder.path(), port))?;
        let mut nginx = Command::new("nginx");
        let nginx = nginx.arg("-p").arg(folder.path()).arg("-c").arg(&file);
        let process = nginx.spawn().context("nginx")?;
        let nginx = Self {
            port,
            process,
            _folder: folder,
        };
        nginx.wait()?;
        Ok(nginx)
    }

    pub(crate) fn name() -> Result<String> {
        named("nginx", "-v")
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn wait(&self) -> Result<()> {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            ensure!(begun.elapsed() < Duration::from_secs(20), "nginx does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Store for Nginx {
    fn put(&self, from: &Path) -> Result<f64> {
        settle()?;
        let mut curl = Command::new("curl");
        curl.args(["-sSf", "-T"]).arg(from);
        seconds(curl.arg(format!("{}/thing", self.url())))
    }

    fn get(&self, to: &Path) -> Result<f64> {
        settle()?;
        let mut curl = Command::new("curl");
        curl.args(["-sSf", "-o"]).arg(to);
        seconds(curl.arg(format!("{}/thing", self.url())))
    }
}

impl Store for NginxSynced {
    fn put(&self, from: &Path) -> Result<f64> {
        let took = self.0.put(from)?;
        let begun = Instant::now();
        settle()?;
        Ok(took + begun.elapsed().as_secs_f64())
    }

    fn get(&self, to: &Path) -> Result<f64> {
        self.0.get(to)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers go with it only if it is asked, not if it is killed.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// A worker for each core, files handed on by the kernel, bodies moved into place on the same disk: as fast as it goes.
fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "daemon off; pid {folder}/pid; error_log {folder}/errors; worker_processes auto; user root;
         load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
         events {{ }}
         http {{
           include /etc/nginx/mime.types; access_log off; sendfile on; tcp_nopush on; client_max_body_size 0; client_body_buffer_size 1m;
           client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
           uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
           server {{
             listen 127.0.0.1:{port};
             location / {{
               root {folder}/files; create_full_put_path on; autoindex on;
               dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS;
             }}
           }}
         }}"
    )
}
