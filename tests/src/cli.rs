//! `postern`, as somebody types it.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::peak_memory_bytes;
use crate::programs::postern;

/// One person's device: a profile folder, and the server that they use.
pub struct Cli {
    profile: TempDir,
    server: String,
}

/// A command that has been typed but not yet sent.
pub struct Typed {
    command: Command,
    input: Box<dyn Read + Send>,
}

/// A command that runs.
pub struct Running {
    child: Child,
    command: String,
}

/// How a command ended.
pub struct Run {
    /// What it was.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// What it gave.
    pub stdout: Vec<u8>,
    /// What it said to the person.
    pub stderr: String,
}

impl Cli {
    /// A new device that knows nothing yet.
    pub fn new(server: &str) -> Self {
        Self {
            profile: tempfile::tempdir().expect("a temporary folder"),
            server: server.to_owned(),
        }
    }

    /// A new device with a new account, and the words of its recovery key.
    pub fn sign_up(server: &str, name: &str, password: &str) -> (Self, String) {
        let cli = Self::new(server);
        let words = cli.profile.path().join("recovery.txt");
        cli.typed(["signup", name, "--password-stdin", "--recovery-out"])
            .arg(&words)
            .input(password)
            .succeeds();
        let recovery = std::fs::read_to_string(&words).expect("the recovery key was saved");
        (cli, recovery)
    }

    /// Begins a command.
    pub fn typed<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Typed {
        let mut command = Command::new(postern());
        command
            .arg("--profile")
            .arg(self.profile())
            .args(["--server", &self.server])
            .args(words);
        Typed {
            command,
            input: Box::new(io::empty()),
        }
    }

    /// Runs a command without input that must succeed, and returns what it printed.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> String {
        self.typed(words).succeeds().text()
    }

    /// Where this device keeps what it knows.
    pub fn profile(&self) -> PathBuf {
        self.profile.path().join("profile")
    }

    /// A folder for the person's own files.
    pub fn home(&self) -> &Path {
        self.profile.path()
    }
}

impl Typed {
    /// Adds a word.
    pub fn arg(mut self, word: impl AsRef<OsStr>) -> Self {
        self.command.arg(word);
        self
    }

    /// What the command reads from its standard input.
    pub fn input(self, input: impl AsRef<[u8]>) -> Self {
        self.input_from(io::Cursor::new(input.as_ref().to_vec()))
    }

    /// The same, for more than memory should hold.
    pub fn input_from(mut self, input: impl Read + Send + 'static) -> Self {
        self.input = Box::new(input);
        self
    }

    /// Begins to run it.
    pub fn spawn(mut self) -> Running {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().expect("postern can be started");
        let mut stdin = child.stdin.take().expect("the input is piped");
        let mut input = self.input;
        // A command that fails early does not read to the end; that is not the test's failure.
        thread::spawn(move || io::copy(&mut input, &mut stdin));
        Running {
            child,
            command: words(&self.command),
        }
    }

    /// Runs it.
    pub fn finish(self) -> Run {
        self.spawn().wait()
    }

    /// Runs it; it must succeed.
    #[track_caller]
    pub fn succeeds(self) -> Run {
        self.ends_with(0)
    }

    /// Runs it; it must end with this exit code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Run {
        let run = self.finish();
        assert_eq!(
            run.status.code(),
            Some(code),
            "{}\n{}\n{}",
            run.command,
            run.stderr,
            run.text()
        );
        run
    }
}

impl Running {
    /// Kills it where it stands, as a closed laptop would.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Kills it after that time, unless it has ended by itself: then returns how.
    pub fn kill_after(mut self, pause: Duration) -> Option<Run> {
        thread::sleep(pause);
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return Some(self.wait());
        }
        self.kill();
        None
    }

    /// Hands on what it gives until there is no more, and returns the most memory it had.
    pub fn stream_into(&mut self, sink: &mut impl Write) -> io::Result<u64> {
        let mut output = self.child.stdout.take().expect("the output is piped");
        let (mut buffer, mut peak) = (vec![0; 1 << 20], 0);
        loop {
            // Asked each time, since one that has ended is no longer there to be asked.
            peak = peak_memory_bytes(&self.child).unwrap_or(0).max(peak);
            match output.read(&mut buffer)? {
                0 => return Ok(peak),
                length => sink.write_all(&buffer[..length])?,
            }
        }
    }

    /// Waits until it ends by itself.
    pub fn wait(self) -> Run {
        let output = self.child.wait_with_output().expect("a started command ends");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Run {
            command: self.command,
            status: output.status,
            stdout: output.stdout,
            stderr,
        }
    }
}

impl Run {
    /// What it gave, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Fails the test unless it ended with this exit code.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> Self {
        let code_is_right = self.status.code() == Some(code);
        assert!(
            code_is_right,
            "{}: {}\n{}\n{}",
            self.command,
            self.status,
            self.stderr,
            self.text()
        );
        self
    }
}

fn words(command: &Command) -> String {
    let words: Vec<OsString> = command.get_args().map(OsStr::to_os_string).collect();
    format!("postern {}", words.join(OsStr::new(" ")).to_string_lossy())
}
