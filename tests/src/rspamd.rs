//! An rspamd of a test's own, which asks nobody anything. It notes what it was told of each message.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const START: Duration = Duration::from_secs(60);

/// Runs until it is dropped.
pub struct Rspamd {
    process: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Rspamd {
    /// Starts one and waits until it answers. It knows its test patterns, puts off what has "later" as its subject, and has
    /// no other rules.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = free_address();
        write_settings(folder.path(), address);
        let log = fs::File::create(folder.path().join("errors")).expect("a log");
        let process = Command::new("rspamd")
            // In front; and as whoever runs the tests, which may be root.
            .args(["--no-fork", "--insecure", "--config"])
            .arg(folder.path().join("rspamd.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("rspamd can be started");
        let rspamd = Self {
            process,
            folder,
            address,
        };
        rspamd.wait_until_it_answers();
        rspamd
    }

    /// Where it listens, as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("normal.sock")
    }

    /// What it was told, a line for each message: address, hello, host, sender, recipients, size.
    pub fn heard(&self) -> String {
        fs::read_to_string(self.folder.path().join("heard")).unwrap_or_default()
    }

    fn wait_until_it_answers(&self) {
        let begun = Instant::now();
        while !self.answers() {
            assert!(
                begun.elapsed() < START,
                "rspamd does not start: {}",
                fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default()
            );
            sleep(Duration::from_millis(50));
        }
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(self.address) else {
            return false;
        };
        let mut answer = String::new();
        let asked = stream
            .write_all(b"GET /ping HTTP/1.0\r\nConnection: close\r\n\r\n")
            .and_then(|()| stream.read_to_string(&mut answer));
        asked.is_ok() && answer.contains("pong")
    }
}

impl Drop for Rspamd {
    fn drop(&mut self) {
        // It takes its workers with it, which a killed one could not.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// Free a moment ago: rspamd cannot say which one it took.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("it has one")
}

fn write_settings(folder: &Path, address: SocketAddr) {
    let here = folder.display();
    let settings = format!(
        r#"options {{
    pidfile = "{here}/pid"; tempdir = "{here}"; rundir = "{here}"; dbdir = "{here}"; hs_cache_dir = "{here}";
    control_socket = "{here}/control.sock mode=0600";
    # Compiling all domains of the world takes a quarter of a minute.
    url_tld = "{here}/domains"; disable_hyperscan = true;
    enable_test_patterns = true; gtube_patterns = "all"; filters = "";
    # Nobody is there.
    dns {{ nameserver = "127.0.0.1:1"; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "file"; filename = "{here}/log"; level = "warning"; }}
worker "normal" {{
    bind_socket = "{address}"; bind_socket = "{here}/normal.sock mode=0600"; count = 1; mime = true;
}}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
lua = "{here}/rules.lua";
"#
    );
    let rules = format!(
        r#"local function text(value) return value and tostring(value) or "" end
rspamd_config:register_symbol{{
  name = 'HEARD', type = 'prefilter', callback = function(task)
    local addresses = {{}}
    for _, recipient in ipairs(task:get_recipients('smtp') or {{}}) do table.insert(addresses, recipient.addr) end
    local sender = task:get_from('smtp')
    local heard = {{ text(task:get_ip()), text(task:get_helo()), text(task:get_hostname()), sender and sender[1].addr or "",
      table.concat(addresses, ","), text(task:get_size()) }}
    local file = io.open("{here}/heard", "a")
    file:write(table.concat(heard, "|") .. "\n")
    file:close()
    if task:get_subject() == "later" then task:set_pre_result('soft reject', 'come again') end
  end
}}
"#
    );
    for (name, text) in [
        ("rspamd.conf", &*settings),
        ("rules.lua", &*rules),
        ("domains", "example\norg\n"),
    ] {
        fs::write(folder.join(name), text).expect("a file");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_filters_run_side_by_side_and_stop_when_dropped() {
        let (one, two) = (Rspamd::start(), Rspamd::start());
        assert!(one.answers() && two.answers() && one.socket().exists());
        let process = PathBuf::from(format!("/proc/{}", one.process.id()));
        drop(one);
        assert!(!process.exists());
        assert!(two.answers());
    }
}
