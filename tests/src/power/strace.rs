//! Runs a program under `strace`, and reads what that wrote.

use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::call::{Call, Do};
use super::memory_folder;
use crate::trace::{SystemCall, calls_in};

/// A question mark before those that not every machine has. What is not here and changes files is found by
/// [`super::Tape::check`].
const TRACED: &str = "trace=openat,?open,?creat,close,write,pwrite64,writev,?pwritev,ftruncate,fallocate,lseek,fsync,\
    fdatasync,?syncfs,?rename,?renameat,?renameat2,?link,linkat,?unlink,unlinkat,?rmdir,?mkdir,mkdirat,dup,fcntl";

/// More than anything writes at once.
const LONGEST_WRITE_BYTES: &str = "33554432";

/// The calls that changed something below `folder` or said something on standard output, and what came of the program.
pub(super) fn run(program: &Command, folder: &Path) -> (Vec<Call>, Output) {
    let place = memory_folder();
    let log = place.path().join("log");
    let mut strace = Command::new("strace");
    strace
        .args([
            "-f",
            "-qq",
            "-xx",
            "-s",
            LONGEST_WRITE_BYTES,
            "-e",
            TRACED,
            "-e",
            "signal=none",
            "-o",
        ])
        .arg(&log)
        .arg("--")
        .arg(program.get_program())
        .args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    let output = strace
        .stdin(Stdio::null())
        .output()
        .expect("strace can be started (Debian: strace)");
    let log = std::fs::read_to_string(&log).expect("strace writes its log, as text");
    (read(&log, folder), output)
}

fn read(log: &str, folder: &Path) -> Vec<Call> {
    let calls = calls_in(log);
    calls.iter().filter_map(|call| understood(call, folder)).collect()
}

/// `None` for what failed, or does not matter.
fn understood(call: &SystemCall, folder: &Path) -> Option<Call> {
    if call.answer.is_some_and(|answer| answer < 0) {
        return None;
    }
    let what = Arguments::of(&call.arguments).understand(&call.name)?;
    Some(Call {
        what: below(folder, what)?,
        answer: call.answer,
        begins: call.begins,
        ends: call.ends,
    })
}

/// What is between the brackets: strings, which are all in hexadecimal, and the rest.
struct Arguments<'a> {
    words: Vec<&'a str>,
    strings: Vec<Vec<u8>>,
}

impl<'a> Arguments<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            words: text.split(", ").collect(),
            strings: text.split('"').skip(1).step_by(2).map(unescaped).collect(),
        }
    }

    fn number(&self, index: usize) -> Option<i64> {
        self.words.get(index)?.parse().ok()
    }

    fn size(&self, index: usize) -> Option<u64> {
        self.words.get(index)?.parse().ok()
    }

    fn path(&self, index: usize) -> Option<PathBuf> {
        let bytes = self.strings.get(index)?.clone();
        Some(std::ffi::OsString::from_vec(bytes).into())
    }

    fn has(&self, flag: &str) -> bool {
        self.words
            .iter()
            .any(|word| word.split('|').any(|word| word == flag))
    }

    fn last_size(&self) -> Option<u64> {
        self.words.last()?.parse().ok()
    }

    fn understand(&self, name: &str) -> Option<Do> {
        let file = self.number(0);
        Some(match name {
            "openat" | "open" | "creat" => Do::Open {
                path: self.path(0)?,
                truncate: self.has("O_TRUNC") || name == "creat",
                append: self.has("O_APPEND"),
            },
            "close" => Do::Close { file: file? },
            "dup" => Do::Duplicate { file: file? },
            "fcntl" if self.has("F_DUPFD") || self.has("F_DUPFD_CLOEXEC") => Do::Duplicate { file: file? },
            "write" | "writev" => self.write(None)?,
            "pwrite64" | "pwritev" => self.write(Some(self.last_size()?))?,
            "lseek" => Do::Seek { file: file? },
            "ftruncate" => Do::Resize {
                file: file?,
                size: self.size(1)?,
            },
            "fallocate" => Do::Reserve {
                file: file?,
                size: self.size(2)? + self.size(3)?,
            },
            "fsync" | "fdatasync" => Do::Sync { file: file? },
            "syncfs" => Do::SyncAll,
            "mkdir" | "mkdirat" => Do::MakeFolder { path: self.path(0)? },
            "link" | "linkat" => Do::Link {
                from: self.path(0)?,
                to: self.path(1)?,
            },
            "rename" | "renameat" | "renameat2" => Do::Rename {
                from: self.path(0)?,
                to: self.path(1)?,
            },
            "unlink" | "unlinkat" | "rmdir" => Do::Remove { path: self.path(0)? },
            _ => return None,
        })
    }

    fn write(&self, at: Option<u64>) -> Option<Do> {
        Some(Do::Write {
            file: self.number(0)?,
            bytes: self.strings.concat(),
            at,
        })
    }
}

fn unescaped(text: &str) -> Vec<u8> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .expect("strace -xx writes hexadecimal")
    };
    let byte = |pair: &[u8]| u8::try_from(digit(pair[2]) << 4 | digit(pair[3])).expect("two digits");
    text.as_bytes().chunks_exact(4).map(byte).collect()
}

/// With paths below `folder`; nothing if it happens elsewhere.
fn below(folder: &Path, what: Do) -> Option<Do> {
    let place = |path: PathBuf| path.strip_prefix(folder).map(Path::to_owned).ok();
    Some(match what {
        Do::Open {
            path,
            truncate,
            append,
        } => Do::Open {
            path: place(path)?,
            truncate,
            append,
        },
        Do::MakeFolder { path } => Do::MakeFolder { path: place(path)? },
        Do::Link { from, to } => Do::Link {
            from: place(from)?,
            to: place(to)?,
        },
        Do::Rename { from, to } => Do::Rename {
            from: place(from)?,
            to: place(to)?,
        },
        Do::Remove { path } => Do::Remove { path: place(path)? },
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(lines: &[&str]) -> Vec<Do> {
        let calls = read(&lines.join("\n"), Path::new("/a"));
        calls.into_iter().map(|call| call.what).collect()
    }

    #[test]
    fn a_call_that_others_interrupted_is_one_call() {
        let calls = calls(&[
            r#"7 pwrite64(5, "\x61\x62", 2, 4096 <unfinished ...>"#,
            r#"8 fsync(6)                  = 0"#,
            r"7 <... pwrite64 resumed>)   = 2",
        ]);
        let write = Do::Write {
            file: 5,
            bytes: b"ab".to_vec(),
            at: Some(4096),
        };
        assert_eq!(calls, [write, Do::Sync { file: 6 }]);
    }

    #[test]
    fn what_failed_or_happens_elsewhere_is_left_out() {
        let calls = calls(&[
            r#"7 mkdir("\x2f\x61\x2f\x62", 0777) = -1 EEXIST (File exists)"#,
            r#"7 mkdir("\x2f\x62", 0777) = 0"#,
            r#"7 mkdir("\x2f\x61\x2f\x63", 0777) = 0"#,
            "7 +++ exited with 0 +++",
        ]);
        assert_eq!(calls, [Do::MakeFolder { path: "c".into() }]);
    }
}
