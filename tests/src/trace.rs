//! What a server asked of the system, one call after the other (`strace`).

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::memory_folder;

/// Longer than `strace` needs to write down what it still knows.
const PATIENCE: Duration = Duration::from_secs(60);

/// The calls of a server that was started with [`crate::Setup::traced_by`].
pub struct Trace {
    folder: TempDir,
    calls: String,
}

/// A call, as `strace` writes it: `fsync(5</a/b>) = 0`, with the path or the socket behind each number of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemCall {
    /// What it is called.
    pub name: String,
    /// What is between the brackets.
    pub arguments: String,
    /// What it answered; none if the program ended before.
    pub answer: Option<i64>,
    /// When it began, as a place in the order of all beginnings and ends.
    pub begins: usize,
    /// When it ended; the same where nothing else came in between.
    pub ends: usize,
}

impl Trace {
    /// Notes these calls, named as `strace --trace` wants them.
    pub fn of(calls: &str) -> Self {
        Self {
            folder: memory_folder(),
            calls: calls.to_owned(),
        }
    }

    /// Every call that was noted. The server has to have ended.
    pub fn calls(&self) -> Vec<SystemCall> {
        let begun = Instant::now();
        loop {
            let log = fs::read_to_string(self.log()).unwrap_or_default();
            if is_whole(&log) {
                return calls_in(&log);
            }
            assert!(begun.elapsed() < PATIENCE, "strace does not come to its end");
            sleep(Duration::from_millis(20));
        }
    }

    /// What a program is started with, so that its calls are noted: its child, so that signals still reach the program.
    pub(crate) fn words(&self) -> Vec<OsString> {
        let words = [
            "strace",
            "-D",
            "-f",
            "-q",
            "-y",
            "-s",
            "40",
            "-e",
            "signal=none",
            "-e",
        ];
        let mut words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        words.push(format!("trace={}", self.calls).into());
        words.extend(["-o".into(), self.log().into(), "--".into()]);
        words
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl SystemCall {
    /// The open file that it is about: its number, and its path or its socket.
    pub fn file(&self) -> &str {
        self.arguments.split(", ").next().unwrap_or_default()
    }

    /// The strings between the brackets, as they are written there.
    pub fn strings(&self) -> impl Iterator<Item = &str> {
        self.arguments.split('"').skip(1).step_by(2)
    }

    /// Whether it had ended before the other began.
    pub fn is_before(&self, other: &Self) -> bool {
        self.ends < other.begins
    }
}

/// The thread that began is the last to end.
fn is_whole(log: &str) -> bool {
    let thread = |line: &str| line.split(' ').next().map(str::to_owned);
    let (first, last) = (log.lines().next(), log.lines().last());
    first.and_then(thread) == last.and_then(thread)
        && last.is_some_and(|line| line.contains("+++ exited with"))
}

/// Reads lines such as `17 write(1, "\x61", 1) = 1`, in the order in which they began; a call during which others did
/// something is cut in two there.
pub(crate) fn calls_in(log: &str) -> Vec<SystemCall> {
    let mut begun: HashMap<&str, (usize, &str)> = HashMap::new();
    let mut calls = Vec::new();
    for (number, line) in log.lines().enumerate() {
        let Some((thread, text)) = line.split_once(' ') else {
            continue;
        };
        let text = text.trim_start();
        // The blank before may be a comma's, where the next argument is told at the end: only its own is taken away.
        if let Some(begin) = text.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, (number, begin));
        } else if let Some(end) = text.strip_prefix("<... ") {
            let Some((begins, begin)) = begun.remove(thread) else {
                continue;
            };
            let end = end.split_once("resumed>").map_or("", |(_, end)| end);
            calls.extend(parse(&format!("{begin}{end}"), begins, number));
        } else {
            calls.extend(parse(text, number, number));
        }
    }
    // Who dies in the middle of a call may have done what it says, or not.
    for (begins, begin) in begun.into_values() {
        calls.extend(parse(&format!("{begin}) = ?"), begins, usize::MAX));
    }
    calls.sort_by_key(|call| call.begins);
    calls
}

fn parse(text: &str, begins: usize, ends: usize) -> Option<SystemCall> {
    let (name, rest) = text.split_once('(')?;
    let (arguments, answer) = rest.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')')?;
    let answer = answer.split([' ', '<']).next()?;
    Some(SystemCall {
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        answer: answer.parse().ok(),
        begins,
        ends,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_says_which_file_it_is_about_and_what_came_before_it() {
        let calls = calls_in(
            "7 write(5</a/b>, \"x\", 1 <unfinished ...>\n\
             8 sendto(9<socket:[4]>, \"250 2\"..., 7, MSG_NOSIGNAL, NULL, 0) = 7\n\
             7 <... write resumed>) = 1\n\
             7 fsync(5</a/b>) = -1 EIO (Input/output error)\n\
             7 recvfrom(9<socket:[4]>,  <unfinished ...>\n\
             8 openat(AT_FDCWD</>, \"/a/b\", O_RDONLY) = 5</a/b>\n\
             7 <... recvfrom resumed>\"DATA, 1\"..., 64, 0, NULL, NULL) = 7\n\
             7 +++ exited with 0 +++\n",
        );
        let [write, reply, sync, read, open] = &calls[..] else {
            panic!("{calls:#?}");
        };
        assert_eq!((write.file(), write.answer), ("5</a/b>", Some(1)));
        assert_eq!(reply.file(), "9<socket:[4]>");
        assert_eq!(reply.strings().collect::<Vec<_>>(), ["250 2"]);
        assert_eq!((sync.file(), sync.answer), ("5</a/b>", Some(-1)));
        assert_eq!(
            (read.file(), read.strings().next(), read.answer),
            (reply.file(), Some("DATA, 1"), Some(7))
        );
        assert_eq!(open.answer, Some(5));
        assert!(!write.is_before(reply) && !reply.is_before(write) && reply.is_before(sync));
    }
}
