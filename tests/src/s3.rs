//! An S3 server of a test's own, in this process, over a temporary folder.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::every_file;

/// Runs until it is dropped. It refuses wrong keys and expired addresses, as a real one does.
pub struct S3 {
    address: SocketAddr,
    folder: TempDir,
    runtime: Option<Runtime>,
}

impl S3 {
    /// The key's name, which is no secret.
    pub const ACCESS_KEY: &str = "test-access-key";
    /// The key.
    pub const SECRET_KEY: &str = "test-secret-key-of-no-value";
    /// The one bucket that is there.
    pub const BUCKET: &str = "postern";
    /// S3 servers of one's own do not care, but it is part of every signature.
    pub const REGION: &str = "us-east-1";

    /// Starts one with an empty bucket; also from within another runtime, where waiting for this one is not allowed.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join(Self::BUCKET)).expect("a bucket");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("sockets can be waited for");
        let address = listener.local_addr().expect("a bound port has an address");
        let runtime = Runtime::new().expect("threads for the S3 server");
        runtime.spawn(serve(listener, service(folder.path())));
        Self {
            address,
            folder,
            runtime: Some(runtime),
        }
    }

    /// The endpoint, for addresses in path style.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The file of each object, and of each part of one that is still arriving.
    pub fn objects(&self) -> Vec<PathBuf> {
        let mut files = every_file(self.data());
        files.retain(|file| {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            // Its own notes, and what a client that hung up had begun to send.
            !name.ends_with(".json") && !name.starts_with(".tmp.") && !self.is_orphan(&name)
        });
        files
    }

    /// A part of an upload that it does not know any more: it forgets uploads before it has joined their parts, and
    /// stops when its client hangs up then. No request can name what is left.
    fn is_orphan(&self, name: &str) -> bool {
        let upload = name
            .strip_prefix(".upload_id-")
            .and_then(|rest| rest.split('.').next());
        upload.is_some_and(|id| !self.data().join(format!(".upload-{id}.json")).exists())
    }

    /// Knows of no upload any more.
    pub fn lose_uploads(&self) {
        for file in every_file(self.data()) {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(".upload-") || name.starts_with(".upload_id-") {
                fs::remove_file(&file).expect("it is there");
            }
        }
    }

    /// Where it keeps what it is given.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn service(folder: &Path) -> S3Service {
    let mut builder = S3ServiceBuilder::new(FileSystem::new(folder).expect("the folder is there"));
    builder.set_auth(SimpleAuth::from_single(S3::ACCESS_KEY, S3::SECRET_KEY));
    builder.build()
}

async fn serve(listener: std::net::TcpListener, service: S3Service) {
    let listener = TcpListener::from_std(listener).expect("a runtime that does sockets");
    while let Ok((client, _)) = listener.accept().await {
        // Otherwise a small answer waits 40 ms for the client to confirm its first half.
        let _ = client.set_nodelay(true);
        let connection = Builder::new(TokioExecutor::new());
        let service = service.clone();
        tokio::spawn(async move {
            // A client that hangs up is none of a test's concern.
            let _ = connection.serve_connection(TokioIo::new(client), service).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn who_has_no_key_is_refused() {
        let s3 = S3::start();
        let mut client = TcpStream::connect(s3.address).expect("it listens");
        let request = format!(
            "GET /{}/x HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            S3::BUCKET,
            s3.address
        );
        client.write_all(request.as_bytes()).expect("a request");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    }
}
