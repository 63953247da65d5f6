//! Runs other programs the way a shell script would: says what it runs, and stops when that fails.

use std::ffi::OsStr;
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};

/// A program with its arguments, run from the root of the checkout unless told otherwise.
pub(crate) struct Sh(Command);

/// Begins a command, written as in a shell; what may hold a space is added with [`Sh::arg`].
pub(crate) fn sh(line: &str) -> Sh {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    program(name).words(rest)
}

/// Begins a command whose program is found under this path.
pub(crate) fn program(path: impl AsRef<OsStr>) -> Sh {
    let mut command = Command::new(path);
    command.current_dir(crate::place::root());
    Sh(command)
}

/// What a command said, and how it ended.
pub(crate) struct Transcript {
    pub(crate) lines: Vec<String>,
    pub(crate) status: ExitStatus,
}

impl Sh {
    /// Adds the words of `line`.
    pub(crate) fn words(self, line: &str) -> Self {
        self.args(line.split_whitespace())
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.0.arg(arg);
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.0.args(args);
        self
    }

    pub(crate) fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.0.current_dir(dir);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.0.env_remove(name);
        self
    }

    /// Runs it with its output going straight to the terminal.
    pub(crate) fn run(mut self) -> Result<()> {
        self.announce();
        let status = self
            .0
            .stdin(Stdio::null())
            .status()
            .with_context(|| self.cannot_start())?;
        self.expect_success(status)
    }

    /// Runs it silently and returns what it wrote to its standard output.
    pub(crate) fn read(mut self) -> Result<String> {
        let output = self
            .0
            .stdin(Stdio::null())
            .output()
            .with_context(|| self.cannot_start())?;
        if !output.status.success() {
            bail!(
                "`{self}` failed:\n{}",
                String::from_utf8_lossy(&output.stderr).trim_end()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs it silently; true if it could be started and succeeded.
    pub(crate) fn succeeds(mut self) -> bool {
        let quiet = self
            .0
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    }

    /// Runs it, showing its output and keeping it too. A failure is for the caller to judge.
    pub(crate) fn tee(mut self) -> Result<Transcript> {
        self.announce();
        self.0.env("NO_COLOR", "1").env("CARGO_TERM_COLOR", "never");
        self.0
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.0.spawn().with_context(|| self.cannot_start())?;
        let lines = show_and_keep(child.stdout.take(), child.stderr.take());
        Ok(Transcript {
            lines,
            status: child.wait()?,
        })
    }

    /// Becomes the command, so that signals reach it and its exit code is ours.
    pub(crate) fn exec(mut self) -> anyhow::Error {
        self.announce();
        anyhow!(self.0.exec()).context(self.cannot_start())
    }

    fn announce(&self) {
        eprintln!("$ {self}");
    }

    fn cannot_start(&self) -> String {
        format!("could not start `{}`", self.0.get_program().to_string_lossy())
    }

    fn expect_success(&self, status: ExitStatus) -> Result<()> {
        if !status.success() {
            bail!("`{self}` failed ({status})");
        }
        Ok(())
    }
}

impl fmt::Display for Sh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.0.get_envs() {
            if let Some(value) = value {
                write!(f, "{}={} ", name.to_string_lossy(), quoted(value))?;
            }
        }
        write!(f, "{}", self.0.get_program().to_string_lossy())?;
        self.0
            .get_args()
            .try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    if word.is_empty() || word.contains(char::is_whitespace) {
        format!("'{word}'")
    } else {
        word.into_owned()
    }
}

fn show_and_keep(
    out: Option<impl Read + Send + 'static>,
    err: Option<impl Read + Send + 'static>,
) -> Vec<String> {
    let (sender, lines) = mpsc::channel();
    forward(out, sender.clone());
    forward(err, sender);
    lines.iter().inspect(|line: &String| println!("{line}")).collect()
}

fn forward(stream: Option<impl Read + Send + 'static>, to: Sender<String>) {
    let Some(stream) = stream else { return };
    thread::spawn(move || {
        let mut lines = BufReader::new(stream).split(b'\n').map_while(Result::ok);
        lines.all(|line| to.send(String::from_utf8_lossy(&line).into_owned()).is_ok())
    });
}
