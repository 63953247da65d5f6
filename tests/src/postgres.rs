//! A Postgres of a test's own, reached through a socket in its folder: no port, so no two tests can meet.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const START: Duration = Duration::from_secs(60);

/// Runs until it is dropped.
pub struct Postgres {
    process: Child,
    folder: TempDir,
}

impl Postgres {
    /// Makes a new, empty database server and waits until it answers.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let user = User::for_postgres();
        user.own(folder.path());
        make_cluster(&user, folder.path());
        let process = start_server(&user, folder.path());
        let postgres = Self { process, folder };
        postgres.wait_until_it_answers();
        postgres
    }

    /// What sqlx and libpq connect to.
    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@localhost/postgres?host={}",
            self.folder.path().display()
        )
    }

    /// The folder with its files, and its log.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Writes everything to the files now, so that a test can look into them.
    pub fn checkpoint(&self) {
        assert!(self.answers("checkpoint"), "Postgres does not checkpoint");
    }

    fn wait_until_it_answers(&self) {
        let begun = Instant::now();
        while !self.answers("select 1") {
            assert!(
                begun.elapsed() < START,
                "Postgres does not start; its log is in {}",
                self.data().display()
            );
            sleep(Duration::from_millis(50));
        }
    }

    fn answers(&self, sql: &str) -> bool {
        let mut psql = Command::new(program("psql"));
        psql.args(["--quiet", "--no-psqlrc", "--username=postgres", "--host"])
            .arg(self.folder.path());
        let said = psql
            .args(["--command", sql, "postgres"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        said.expect("psql can be started").success()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT is Postgres's "immediate shutdown": the server takes its children with it.
        let _ = Command::new("kill")
            .args(["-QUIT", &self.process.id().to_string()])
            .status();
        let _ = self.process.wait();
    }
}

/// Postgres refuses to run as root, so root lends it the user that its package made.
struct User(Option<(u32, u32)>);

impl User {
    fn for_postgres() -> Self {
        let is_root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
        Self(is_root.then(|| (id("-u"), id("-g"))))
    }

    fn own(&self, folder: &Path) {
        if let Some((user, group)) = self.0 {
            chown(folder, Some(user), Some(group)).expect("root may give a folder away");
        }
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(name));
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        // Wherever the test was started, that user may have no right to be.
        command.current_dir("/");
        command
    }
}

fn make_cluster(user: &User, folder: &Path) {
    let mut initdb = user.command("initdb");
    initdb.args([
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--pgdata",
    ]);
    expect_success(&initdb.arg(data(folder)).output().expect("initdb can be started"));
}

fn start_server(user: &User, folder: &Path) -> Child {
    let log = fs::File::create(folder.join("log")).expect("a log");
    let mut server = user.command("postgres");
    server.arg("-D").arg(data(folder)).arg("-k").arg(folder);
    // Durability is tested by killing our own server, never this one.
    server.args([
        "-c",
        "listen_addresses=",
        "-c",
        "fsync=off",
        "-c",
        "max_connections=200",
    ]);
    server
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("postgres can be started")
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Debian keeps the servers of each version apart, and off the PATH.
fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let found = versions
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.exists());
    found.max().unwrap_or_else(|| PathBuf::from(name))
}

fn id(flag: &str) -> u32 {
    let output = Command::new("id")
        .args([flag, "postgres"])
        .output()
        .expect("id can be started");
    expect_success(&output);
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .expect("id prints a number")
}

#[track_caller]
fn expect_success(output: &Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_servers_run_side_by_side_and_stop_when_dropped() {
        let (one, two) = (Postgres::start(), Postgres::start());
        assert!(one.answers("create table t (x int)") && two.answers("create table t (x int)"));
        let socket = one.folder.path().join(".s.PGSQL.5432");
        assert!(socket.exists());
        let process = PathBuf::from(format!("/proc/{}", one.process.id()));
        drop(one);
        assert!(!process.exists() && !socket.exists());
    }
}
