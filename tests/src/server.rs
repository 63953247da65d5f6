//! `posternd`, started for one test.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{crash_writes_memory, memory_bytes, open_files, peak_memory_bytes, read_memory};
use crate::programs::posternd;
use crate::{Canary, FailingDisk, Postgres, S3, Trace, every_file};

const START: Duration = Duration::from_secs(60);
/// Of the mail gateway: small enough for small disks.
const SPOOL_BYTES: &str = "1048576";
const READY: &str = "posternd is listening on http://";
const READY_FOR_MAIL: &str = " and smtp://";

/// What servers are started with: one after another on the same data and the same ports.
pub struct Setup {
    data: TempDir,
    addresses: Cell<Addresses>,
    settings: Vec<(String, String)>,
    log: Log,
    others: Option<(Postgres, S3)>,
    disk_mib: Option<u32>,
    handles: Option<u32>,
    trace: Option<Vec<OsString>>,
}

/// A server that runs. Dropping it kills it, as `kill -9` does.
pub struct Server {
    process: Child,
    addresses: Addresses,
    data: PathBuf,
}

/// Where a server listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Addresses {
    http: SocketAddr,
    mail: SocketAddr,
}

/// All that the servers of one set-up have said.
type Log = Arc<Mutex<String>>;

impl Setup {
    /// As it comes: a folder and SQLite.
    pub fn folder_and_sqlite() -> Self {
        Self::new(None)
    }

    /// As it is when one machine is too small.
    pub fn s3_and_postgres() -> Self {
        let (postgres, s3) = (Postgres::start(), S3::start());
        let (database, endpoint) = (postgres.url(), s3.url());
        Self::new(Some((postgres, s3)))
            .with("RECORDS_ENGINE", "postgres")
            .with("RECORDS_URL", &database)
            .with("BLOBS_ENGINE", "s3")
            .with("BLOBS_ENDPOINT", &endpoint)
            .with("BLOBS_REGION", S3::REGION)
            .with("BLOBS_BUCKET", S3::BUCKET)
            .with("BLOBS_ACCESS_KEY", S3::ACCESS_KEY)
            .with("BLOBS_SECRET_KEY", S3::SECRET_KEY)
    }

    /// Changes a setting; its name is that of the variable after `POSTERN_`.
    #[must_use]
    pub fn with(mut self, setting: &str, value: &str) -> Self {
        self.settings
            .push((format!("POSTERN_{setting}"), value.to_owned()));
        self
    }

    /// On a disk of its own, of this size, which goes with the server.
    #[must_use]
    pub fn on_a_disk_of_mib(mut self, size: u32) -> Self {
        self.disk_mib = Some(size);
        self
    }

    /// On a disk that fails when it is told to.
    #[must_use]
    pub fn on_a_disk_that_may_fail(mut self, disk: &FailingDisk) -> Self {
        self.settings.extend(disk.variables());
        self
    }

    /// With so many file handles, and no more.
    #[must_use]
    pub fn with_file_handles(mut self, handles: u32) -> Self {
        self.handles = Some(handles);
        self
    }

    /// With all noted that it asks of the system.
    #[must_use]
    pub fn traced_by(mut self, trace: &Trace) -> Self {
        self.trace = Some(trace.words());
        self
    }

    /// Starts a server and waits until it says that it is ready.
    pub fn start(&self) -> Server {
        self.start_with(&[])
    }

    /// The same, with settings that only this server has.
    pub fn start_with(&self, settings: &[(&str, &str)]) -> Server {
        let mut command = self.command();
        let variable = |(name, value): &(&str, &str)| (format!("POSTERN_{name}"), (*value).to_owned());
        command.envs(settings.iter().map(variable));
        let mut process = command.spawn().expect("posternd can be started");
        let (ready, addresses) = mpsc::channel();
        listen(process.stdout.take(), Arc::clone(&self.log), Some(ready));
        listen(process.stderr.take(), Arc::clone(&self.log), None);
        let Ok(addresses) = addresses.recv_timeout(START) else {
            let _ = process.kill();
            panic!("posternd did not get ready:\n{}", self.log());
        };
        self.addresses.set(addresses);
        Server {
            process,
            addresses,
            data: self.data.path().to_owned(),
        }
    }

    /// All that servers of this set-up have said so far, on both of their outputs.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every folder in which something of this set-up is stored.
    pub fn stored(&self) -> Vec<&Path> {
        let others = self
            .others
            .iter()
            .flat_map(|(postgres, s3)| [postgres.data(), s3.data()]);
        [self.data.path()].into_iter().chain(others).collect()
    }

    /// Every file in which the blob store keeps something that it was given.
    pub fn blobs(&self) -> Vec<PathBuf> {
        match &self.others {
            None => every_file(&self.data.path().join("blobs")),
            Some((_, s3)) => s3.objects(),
        }
    }

    /// Forgets what is arriving, as stores do that are told to keep nothing unfinished for long.
    pub fn lose_uploads(&self) {
        match &self.others {
            None => every_file(&self.data.path().join("blobs/arriving"))
                .iter()
                .for_each(|file| fs::remove_file(file).expect("it is there")),
            Some((_, s3)) => s3.lose_uploads(),
        }
    }

    /// Makes everything that is stored visible in the files.
    pub fn flush(&self) {
        if let Some((postgres, _)) = &self.others {
            postgres.checkpoint();
        }
    }

    fn new(others: Option<(Postgres, S3)>) -> Self {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            data: tempfile::tempdir().expect("a temporary folder"),
            addresses: Cell::new(Addresses {
                http: any_port,
                mail: any_port,
            }),
            settings: Vec::new(),
            log: Log::default(),
            others,
            disk_mib: None,
            handles: None,
            trace: None,
        }
        // A story does in seconds what a stranger would need hours for.
        .with("LIMITS_STRANGER_BURST", "10000")
        .with("LIMITS_LOGIN_BURST", "10000")
        // Talkative, since the canaries are looked for in what it says too.
        .with("LOG_FILTER", "debug")
    }

    fn command(&self) -> Command {
        let mut command = self.program();
        let Addresses { http, mail } = self.addresses.get();
        command
            .arg("all")
            .arg("--data")
            .arg(self.data.path())
            .args(["--http", &http.to_string()])
            .args(["--smtp", &mail.to_string()])
            .env("POSTERN_MAIL_SPOOL_BYTES", SPOOL_BYTES);
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        // What it puts aside for a moment must be looked through as well.
        command
            .env("TMPDIR", self.data.path())
            .current_dir(self.data.path());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn program(&self) -> Command {
        match (self.disk_mib, self.handles, &self.trace) {
            (Some(size), ..) => self.on_own_disk(size),
            (_, Some(handles), _) => with_few_handles(handles),
            (.., Some(trace)) => traced(trace),
            (None, None, None) => Command::new(posternd()),
        }
    }

    /// Mounted where nobody else sees it, for which nobody has to be root.
    fn on_own_disk(&self, mib: u32) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
        command.arg(r#"mount -t tmpfs -o size="$1" none "$2" && cd "$2" && shift 2 && exec "$@""#);
        command.arg("sh").arg(format!("{mib}M")).arg(self.data.path());
        command.arg(posternd());
        command
    }
}

impl Server {
    /// Where clients find it.
    pub fn url(&self) -> String {
        format!("http://{}", self.addresses.http)
    }

    /// The same, for a [`crate::Recorder`].
    pub fn address(&self) -> SocketAddr {
        self.addresses.http
    }

    /// Where it takes mail.
    pub fn mail(&self) -> SocketAddr {
        self.addresses.mail
    }

    /// Makes the disk larger on which [`Setup::on_a_disk_of_mib`] put it.
    pub fn has_a_disk_of_mib(&self, size: u32) {
        let mut mount = Command::new("nsenter");
        mount
            .args(["--user", "--mount", "--target", &self.process.id().to_string()])
            .args(["mount", "-o", &format!("remount,size={size}M")])
            .arg(&self.data);
        assert!(mount.status().expect("nsenter can be started").success());
    }

    /// The most memory it has had.
    pub fn peak_memory_bytes(&self) -> u64 {
        peak_memory_bytes(&self.process).expect("it runs")
    }

    /// Lets it open no more files than it has open, and no connections; or as many as it could before.
    pub fn may_open_files(&self, it_may: bool) {
        let pid = self.process.id().to_string();
        let limit = if it_may { "4096" } else { "1" };
        let set = Command::new("prlimit")
            .args(["--pid", &pid, &format!("--nofile={limit}:")])
            .status();
        assert!(set.expect("prlimit can be started").success());
    }

    /// Fails the test if a secret is in its memory.
    #[track_caller]
    pub fn must_not_remember(&self, canary: &Canary) {
        read_memory(&self.process, |piece| canary.must_not_be_in("its memory", piece));
    }

    /// Has it crash, where the system writes down the memory of whatever crashes; true if it did.
    pub fn crash_writes_memory(mut self) -> bool {
        crash_writes_memory(&mut self.process)
    }

    /// The memory that it has now.
    pub fn memory_bytes(&self) -> u64 {
        memory_bytes(&self.process).expect("it runs")
    }

    /// How many files and sockets it has open.
    pub fn open_files(&self) -> usize {
        open_files(&self.process).expect("it runs")
    }

    /// Kills it where it stands, as a power cut would.
    pub fn kill(self) {
        drop(self);
    }

    /// Asks it to stop and waits until it has; true if it went as it should.
    pub fn stop(mut self) -> bool {
        let asked = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status();
        asked.is_ok_and(|asked| asked.success()) && self.process.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn with_few_handles(handles: u32) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"ulimit -n "$1" && shift && exec "$@""#, "sh"]);
    command.arg(handles.to_string()).arg(posternd());
    command
}

fn traced(trace: &[OsString]) -> Command {
    let (strace, words) = trace.split_first().expect("a trace is made by a program");
    let mut command = Command::new(strace);
    command.args(words).arg(posternd());
    command
}

/// Keeps all that comes out of a server, and reports the addresses in its line of readiness.
fn listen(stream: Option<impl Read + Send + 'static>, log: Log, ready: Option<Sender<Addresses>>) {
    let stream = stream.expect("the output is piped");
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if let (Some(ready), Some(addresses)) = (&ready, ready_addresses(&line)) {
                let _ = ready.send(addresses);
            }
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.push_str(&line);
            log.push('\n');
        }
    });
}

fn ready_addresses(line: &str) -> Option<Addresses> {
    let (_, rest) = line.split_once(READY)?;
    let (http, mail) = rest.split_once(READY_FOR_MAIL)?;
    Some(Addresses {
        http: http.parse().ok()?,
        mail: mail.split_whitespace().next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_readiness_names_the_addresses() {
        let line = "posternd is listening on http://127.0.0.1:4711 and smtp://127.0.0.1:4712";
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let addresses = Addresses {
            http: local(4711),
            mail: local(4712),
        };
        assert_eq!(ready_addresses(line), Some(addresses));
        assert_eq!(ready_addresses("something else"), None);
    }
}
