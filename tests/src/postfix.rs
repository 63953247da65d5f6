//! A Postfix of a test's own, with nothing of the machine's configuration. It has to be started by root, as any.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::every_file;

const PATIENCE: Duration = Duration::from_secs(120);
const FOLDERS: [&str; 4] = ["config", "queue", "data", "boxes"];
/// Where mail lies that is not with the next server yet, or not in its box. It goes through them in this order, so that
/// nobody who looks into one after the other misses it.
const QUEUES: [&str; 5] = ["deferred", "maildrop", "incoming", "active", "deferred"];

/// Runs until it is dropped.
pub struct Postfix {
    folder: TempDir,
    address: SocketAddr,
}

impl Postfix {
    /// One that brings all that it is given to the next server. It lets nobody end a message in another way than with CR LF,
    /// dot, CR LF.
    pub fn relaying_to(next: SocketAddr) -> Self {
        let next = format!("default_transport = smtp:[{}]:{}", next.ip(), next.port());
        Self::start(&next)
    }

    /// One that keeps all that it is given, a file for each message.
    pub fn keeping() -> Self {
        let boxes = "default_transport = virtual\n\
            virtual_mailbox_maps = static:all/\nvirtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534";
        Self::start(&format!(
            "{boxes}\nvirtual_mailbox_base = $data_directory/../boxes"
        ))
    }

    /// Where it takes mail.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it says of what it did.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// How many messages it keeps.
    pub fn kept(&self) -> usize {
        let new = self.folder.path().join("boxes/all/new");
        fs::read_dir(new).map_or(0, Iterator::count)
    }

    /// Waits until nothing is left that it could hand on.
    pub fn waits_until_it_has_handed_on_all(&self) {
        let begun = Instant::now();
        while self.has_something_to_do() {
            assert!(
                begun.elapsed() < PATIENCE,
                "it does not come to an end:\n{}",
                self.log()
            );
            sleep(Duration::from_millis(20));
        }
    }

    fn has_something_to_do(&self) -> bool {
        let queue = self.folder.path().join("queue");
        let mut queues = QUEUES.iter();
        queues.any(|name| !every_file(&queue.join(name)).is_empty()) || self.log_is_behind()
    }

    /// Another process writes the log, and may be later than what it tells of.
    fn log_is_behind(&self) -> bool {
        let log = self.log();
        let messages = |said: &str| -> BTreeSet<String> {
            let lines = log.lines().filter(|line| line.ends_with(said));
            let ids = lines.filter_map(|line| line.split("]: ").nth(1)?.split_once(':'));
            ids.map(|(id, _)| id.to_owned()).collect()
        };
        messages("(queue active)") != messages(": removed")
    }

    fn start(settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = free_address();
        lay_out(folder.path(), address, settings);
        let postfix = Self { folder, address };
        let started = postfix.command("start");
        assert!(
            started,
            "Postfix does not start, which only root can do:\n{}",
            postfix.log()
        );
        postfix.waits_until_it_answers();
        postfix
    }

    fn command(&self, command: &str) -> bool {
        let mut postfix = Command::new("postfix");
        let run = postfix.arg("-c").arg(self.configuration()).arg(command).output();
        run.expect("postfix can be started").status.success()
    }

    fn configuration(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    fn waits_until_it_answers(&self) {
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(
                begun.elapsed() < PATIENCE,
                "Postfix does not answer:\n{}",
                self.log()
            );
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // With all that it has started.
        self.command("abort");
    }
}

/// Free a moment ago: Postfix cannot say which one it took.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("it has one")
}

fn lay_out(folder: &Path, address: SocketAddr, settings: &str) {
    let open = |mode| fs::Permissions::from_mode(mode);
    // Most of its programs run as somebody who may do nothing.
    fs::set_permissions(folder, open(0o755)).expect("a folder");
    for name in FOLDERS {
        fs::create_dir(folder.join(name)).expect("a new folder");
    }
    fs::set_permissions(folder.join("boxes"), open(0o777)).expect("a folder");
    let owned = Command::new("chown")
        .arg("postfix")
        .arg(folder.join("data"))
        .status();
    assert!(
        owned.expect("chown can be started").success(),
        "Postfix is started by root"
    );
    let files = [
        ("main.cf", main_settings(folder, settings)),
        ("master.cf", services(address)),
    ];
    for (name, text) in files {
        fs::write(folder.join("config").join(name), text).expect("a file");
    }
}

fn main_settings(folder: &Path, settings: &str) -> String {
    let here = folder.display();
    format!(
        "compatibility_level = 3.6
queue_directory = {here}/queue
data_directory = {here}/data
maillog_file = {here}/log
maillog_file_prefixes = {here}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
alias_database =
append_dot_mydomain = no
local_header_rewrite_clients =
message_size_limit = 0
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtputf8_enable = yes
smtpd_forbid_bare_newline = yes
smtpd_forbid_bare_newline_exclusions =
# What it cannot hand on it reports to nobody.
transport_maps = inline:{{ sender.example=discard: }}
queue_run_delay = 1s
minimal_backoff_time = 1s
{settings}
"
    )
}

/// As it comes, as far as it is needed, and nothing locked up in a folder that has no libraries.
fn services(address: SocketAddr) -> String {
    format!(
        "{address} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Carrier;

    #[test]
    fn what_is_relayed_is_kept_by_the_next_one() {
        let last = Postfix::keeping();
        let first = Postfix::relaying_to(last.address());
        let mut carrier = Carrier::to(first.address()).expect("it listens");
        let reply = carrier.brings("alice@localhost", b"Subject: a letter\r\n\r\nDear Alice\r\n");
        assert!(reply.expect("it answers").starts_with("250"));
        first.waits_until_it_has_handed_on_all();
        last.waits_until_it_has_handed_on_all();
        assert_eq!(last.kept(), 1, "{}{}", first.log(), last.log());
        let log = first.configuration();
        drop(first);
        assert!(!log.exists());
    }
}
