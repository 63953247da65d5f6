//! What the gateway asks of the system, in which order: a message is on the disk before anybody is told that it was taken.

use std::net::SocketAddr;
use std::thread;

use postern_tests::{Carrier, Setup, SystemCall, Trace};

use super::{ALICE, Mailbox, chunk, letter, was_taken};

/// Whatever writes, syncs, gives names, or talks to a connection.
const CALLS: &str = "write,writev,pwrite64,?pwritev,?pwritev2,fsync,fdatasync,?rename,?renameat,?renameat2,read,readv,\
    recvfrom,recvmsg,sendto,sendmsg";
const SESSIONS: usize = 6;
const EACH: usize = 4;
/// Written with others.
const SMALL: usize = 3_000;
/// In a file of its own, written in several turns.
const LARGE: usize = 150_000;

#[test]
fn f4_a_small_message_and_its_entry_are_synced_before_it_is_acknowledged() {
    let calls = Calls::of_a_gateway_that_takes(SMALL);
    for reply in calls.acknowledgements() {
        let end = calls.end_of_text(reply);
        let is_entry = |entry: &SystemCall| entry.is_before(reply) && calls.is_synced_between(entry, reply);
        let kept = calls.small_writes().any(|write| {
            end.is_before(write)
                && write.answer >= i64::try_from(SMALL).ok()
                && calls
                    .journal_writes()
                    .any(|entry| is_entry(entry) && calls.is_synced_between(write, entry))
        });
        assert!(kept, "nothing is synced between {end:?} and {reply:?}");
    }
}

#[test]
fn f4_a_large_message_its_name_and_its_entry_are_synced_before_it_is_acknowledged() {
    let calls = Calls::of_a_gateway_that_takes(LARGE);
    let files: Vec<_> = calls.renames().map(|rename| calls.file_of(rename)).collect();
    for (number, reply) in calls.acknowledgements().into_iter().enumerate() {
        let kept = |file: &&File<'_>| file.entry_synced.is_before(reply);
        assert!(
            files.iter().filter(kept).count() > number,
            "{} are acknowledged, and not as many on the disk: {reply:?}",
            number + 1
        );
        let end = calls.end_of_text(reply);
        assert!(
            files
                .iter()
                .filter(kept)
                .any(|file| end.is_before(file.bytes_synced)),
            "no file is synced between {end:?} and {reply:?}"
        );
    }
}

#[test]
fn what_is_written_to_the_spool_is_synced_before_anything_else_is() {
    let calls = Calls::of_a_gateway_that_takes(SMALL);
    for writes in [
        calls.journal_writes().collect::<Vec<_>>(),
        calls.small_writes().collect(),
    ] {
        assert!(writes.len() > 2 * EACH, "that is not all of them");
        for two in writes.windows(2) {
            assert!(calls.is_synced_between(two[0], two[1]), "{two:#?}");
        }
    }
}

/// What succeeded.
struct Calls(Vec<SystemCall>);

/// A message in a file: when each part of it was on the disk.
struct File<'a> {
    bytes_synced: &'a SystemCall,
    entry_synced: &'a SystemCall,
}

impl Calls {
    /// Of a server that took messages of this size: one after the other, at once, and in chunks.
    fn of_a_gateway_that_takes(size_bytes: usize) -> Self {
        let trace = Trace::of(CALLS);
        let setup = Setup::folder_and_sqlite().traced_by(&trace);
        let server = setup.start();
        let alice = Mailbox::of_alice(&server);
        brings(server.mail(), size_bytes);
        brings_in_chunks(server.mail(), size_bytes);
        thread::scope(|scope| {
            for _ in 0..SESSIONS {
                scope.spawn(|| brings(server.mail(), size_bytes));
            }
        });
        let taken = (SESSIONS + 2) * EACH;
        alice.letters_once_there_are(taken);
        assert!(server.stop(), "{}", setup.log());
        let mut calls = trace.calls();
        calls.retain(|call| call.answer.is_some_and(|answer| answer >= 0));
        let calls = Self(calls);
        assert_eq!(calls.acknowledgements().len(), taken);
        calls
    }

    fn acknowledgements(&self) -> Vec<&SystemCall> {
        let says_so = |call: &&SystemCall| {
            call.strings()
                .any(|text| text.starts_with("250 2.0.0 Message accepted"))
        };
        self.0.iter().filter(says_so).collect()
    }

    /// When the last of the text had been read to which this is the reply.
    fn end_of_text(&self, reply: &SystemCall) -> &SystemCall {
        let reads = |call: &&SystemCall| {
            let name = ["read", "readv", "recvfrom", "recvmsg"].contains(&&*call.name);
            name && call.answer > Some(0) && call.file() == reply.file() && call.is_before(reply)
        };
        self.0.iter().rfind(reads).expect("it was sent")
    }

    fn journal_writes(&self) -> impl Iterator<Item = &SystemCall> {
        self.writes()
            .filter(|call| call.file().ends_with("/gateway/spool/journal>"))
    }

    fn small_writes(&self) -> impl Iterator<Item = &SystemCall> {
        self.writes()
            .filter(|call| call.file().ends_with("/gateway/spool/small>"))
    }

    fn writes(&self) -> impl Iterator<Item = &SystemCall> {
        self.0.iter().filter(|call| call.name.contains("write"))
    }

    fn syncs(&self) -> impl Iterator<Item = &SystemCall> {
        self.0
            .iter()
            .filter(|call| ["fsync", "fdatasync"].contains(&&*call.name))
    }

    /// By way of the same open file, since errors are told only there.
    fn is_synced_between(&self, write: &SystemCall, later: &SystemCall) -> bool {
        let syncs =
            |sync: &SystemCall| sync.file() == write.file() && write.is_before(sync) && sync.is_before(later);
        self.syncs().any(syncs)
    }

    fn renames(&self) -> impl Iterator<Item = &SystemCall> {
        let into_spool = |call: &&SystemCall| {
            call.name.starts_with("rename")
                && call.strings().any(|path| path.contains("/gateway/spool/mail/"))
        };
        self.0.iter().filter(into_spool)
    }

    /// Whose name was given by `rename`. Fails unless its bytes were synced before, and its name before its entry was written.
    fn file_of(&self, rename: &SystemCall) -> File<'_> {
        let path = rename.strings().next().expect("the old name");
        let is_it = |call: &&SystemCall| call.file().ends_with(&format!("<{path}>"));
        let last_write = self.writes().filter(is_it).last().expect("it was written");
        let is_last_sync =
            |sync: &&SystemCall| is_it(sync) && last_write.is_before(sync) && sync.is_before(rename);
        let bytes_synced = self
            .syncs()
            .find(is_last_sync)
            .expect("its bytes are synced before it has a name");
        let of_folder =
            |sync: &&SystemCall| sync.file().ends_with("/gateway/spool/mail>") && rename.is_before(sync);
        let name_synced = self.syncs().find(of_folder).expect("its name is synced");
        let entry = self.journal_writes().find(|write| name_synced.is_before(write));
        let entry = entry.expect("it has an entry");
        let of_entry = |sync: &&SystemCall| sync.file() == entry.file() && entry.is_before(sync);
        File {
            bytes_synced,
            entry_synced: self.syncs().find(of_entry).expect("its entry is synced"),
        }
    }
}

fn brings(to: SocketAddr, size_bytes: usize) {
    let mut carrier = Carrier::to(to).expect("it listens");
    for _ in 0..EACH {
        let reply = carrier.brings(ALICE, &letter("in order", size_bytes));
        assert!(was_taken(&reply.expect("it answers")));
    }
}

fn brings_in_chunks(to: SocketAddr, size_bytes: usize) {
    let mut carrier = Carrier::to(to).expect("it listens");
    for _ in 0..EACH {
        carrier
            .says("MAIL FROM:<bob@sender.example>")
            .expect("it answers");
        carrier.says(&format!("RCPT TO:<{ALICE}>")).expect("it answers");
        let text = letter("in chunks", size_bytes);
        let (first, last) = text.split_at(size_bytes / 2);
        for chunk in [chunk(first, ""), chunk(last, " LAST")] {
            carrier.sends(&chunk).expect("it reads");
            assert!(was_taken(&carrier.hears().expect("it answers")));
        }
    }
}
