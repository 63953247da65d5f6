//! `postern`, as somebody types it.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::programs::postern;

/// One person's device: a profile folder, and the server that they use.
pub struct Cli {
    profile: TempDir,
    server: String,
}

/// A command that has been typed but not yet sent.
pub struct Typed {
    command: Command,
    input: Vec<u8>,
}

/// A command that runs.
pub struct Running(Child);

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
            input: Vec::new(),
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
    pub fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        self.input = input.as_ref().to_vec();
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
        let input = self.input;
        // A command that fails early does not read to the end; that is not the test's failure.
        thread::spawn(move || stdin.write_all(&input));
        Running(child)
    }

    /// Runs it.
    pub fn finish(self) -> Run {
        let command = words(&self.command);
        self.spawn().wait(command)
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
    /// True if it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Kills it where it stands, as a closed laptop would.
    pub fn kill(mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Waits until it ends by itself.
    pub fn wait(self, command: String) -> Run {
        let output = self.0.wait_with_output().expect("a started command ends");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Run {
            command,
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
}

fn words(command: &Command) -> String {
    let words: Vec<OsString> = command.get_args().map(OsStr::to_os_string).collect();
    format!("postern {}", words.join(OsStr::new(" ")).to_string_lossy())
}
