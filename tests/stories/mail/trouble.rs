//! The gateway's disk fails, or its stores: mail is put off, never lost, and taken again as soon as it can be.

use std::thread::sleep;
use std::time::{Duration, Instant};

use postern_tests::{Calls, Carrier, Errno, FailingDisk, Server, Setup, every_file};

use super::{ALICE, Mailbox, letter, was_taken};

/// Written with others.
const SMALL: usize = 2_000;
/// In a file of its own.
const LARGE: usize = 300_000;
const ARRIVING: &str = "/gateway/spool/arriving/";
const NAMES: &str = "/gateway/spool/mail";
const WAITING: &str = "/gateway/spool/mail/";
const JOURNAL: &str = "/gateway/spool/journal";
const TOGETHER: &str = "/gateway/spool/small";
const PINS: &str = "/gateway/pins/";
const CONTENTS: &str = "/blobs/";
const RECORDS: &str = "/records.sqlite";

#[test]
fn f4_a_message_that_cannot_be_kept_is_put_off_and_taken_when_it_can() {
    let mut house = House::new();
    for (calls, error, path, size_bytes, reply) in [
        // As long as nobody has been seen.
        (Calls::READ, Errno::EMFILE, PINS, SMALL, "451 4.3.0"),
        (Calls::WRITE, Errno::ENOSPC, ARRIVING, LARGE, "452 4.3.1"),
        (Calls::NAME, Errno::ENOSPC, ARRIVING, LARGE, "452 4.3.1"),
        (Calls::NAME, Errno::EMFILE, ARRIVING, LARGE, "451 4.3.0"),
        (Calls::NAME, Errno::EROFS, ARRIVING, LARGE, "451 4.3.0"),
        (Calls::WRITE, Errno::EIO, ARRIVING, LARGE, "451 4.3.0"),
        (Calls::SYNC, Errno::EIO, ARRIVING, LARGE, "451 4.3.0"),
        (Calls::NAME, Errno::EIO, NAMES, LARGE, "451 4.3.0"),
        (Calls::SYNC, Errno::EIO, NAMES, LARGE, "451 4.3.0"),
        (Calls::READ, Errno::EMFILE, NAMES, LARGE, "451 4.3.0"),
        (Calls::WRITE, Errno::EIO, JOURNAL, SMALL, "451 4.3.0"),
        (Calls::SYNC, Errno::EIO, JOURNAL, SMALL, "451 4.3.0"),
        (Calls::SYNC, Errno::EIO, JOURNAL, LARGE, "451 4.3.0"),
        (Calls::WRITE, Errno::EIO, TOGETHER, SMALL, "451 4.3.0"),
        (Calls::SYNC, Errno::EIO, TOGETHER, SMALL, "451 4.3.0"),
    ] {
        house.disk.fails(calls, error, path, None);
        let refused = house.brings("put off", size_bytes);
        assert!(
            refused.starts_with(reply),
            "{calls:?} {error:?} {path}: {refused}"
        );
        house.disk.heals();
        house.brings_until_it_is_taken(size_bytes);
    }
    house.ends_well();
}

#[test]
fn f4_what_could_not_be_synced_is_not_acknowledged_even_if_the_next_sync_works() {
    let mut house = House::new();
    for (path, size_bytes) in [
        (ARRIVING, LARGE),
        (NAMES, LARGE),
        (JOURNAL, LARGE),
        (JOURNAL, SMALL),
        (TOGETHER, SMALL),
    ] {
        house.is_put_off_by_one_failed_sync(path, size_bytes);
        house.brings_until_it_is_taken(size_bytes);
    }
    house.ends_well();
}

#[test]
fn f4_what_was_acknowledged_is_there_when_the_server_dies_with_its_disk() {
    for path in [ARRIVING, JOURNAL, TOGETHER, NAMES, CONTENTS] {
        let mut house = House::new();
        // So that it waits in the spool.
        house
            .disk
            .fails(Calls::WRITE | Calls::NAME, Errno::EIO, CONTENTS, None);
        house.brings_until_it_is_taken(SMALL);
        house.brings_until_it_is_taken(LARGE);
        house
            .disk
            .fails(Calls::WRITE | Calls::SYNC, Errno::EIO, path, None);
        for size_bytes in [SMALL, LARGE] {
            house.brings("perhaps", size_bytes);
        }
        house = house.dies_and_lives_again();
        house.brings_until_it_is_taken(SMALL);
        house.ends_well();
    }
}

#[test]
fn f4_mail_is_put_off_while_there_are_no_records_and_taken_while_there_is_no_room_for_contents() {
    let mut house = House::new();
    house.disk.fails(
        Calls::READ | Calls::WRITE | Calls::NAME,
        Errno::EIO,
        CONTENTS,
        None,
    );
    for size_bytes in [SMALL, LARGE] {
        house.brings_until_it_is_taken(size_bytes);
    }
    assert!(house.alice.letters().is_empty());
    house.disk.heals();
    house.all_is_there();
    house
        .disk
        .fails(Calls::WRITE | Calls::SYNC, Errno::EIO, RECORDS, None);
    for size_bytes in [SMALL, LARGE] {
        house.brings_until_it_is_taken(size_bytes);
    }
    house.disk.heals();
    house.ends_well();
}

#[test]
fn f4_mail_that_cannot_be_read_for_a_moment_is_not_set_aside() {
    let mut house = House::new();
    for error in [Errno::EIO, Errno::EMFILE] {
        house.disk.fails(Calls::READ, error, WAITING, Some(3));
        let before = house.disk.failures();
        house.brings_until_it_is_taken(LARGE);
        house.all_is_there();
        assert_eq!(house.disk.failures(), before + 3, "it was tried again and again");
    }
    let aside = house.setup.stored()[0].join("gateway/spool/aside");
    assert!(every_file(&aside).is_empty());
    house.ends_well();
}

#[test]
fn f4_a_gateway_out_of_file_handles_puts_off_what_needs_one_and_goes_on() {
    let mut house = House::new();
    house.brings_until_it_is_taken(SMALL);
    house.server.may_open_files(false);
    let refused = house.brings("put off", LARGE);
    assert!(refused.starts_with("451"), "{refused}");
    // Who comes now waits at the door.
    let address = house.server.mail();
    let waiting = std::thread::spawn(move || Carrier::to(address).map(drop));
    sleep(Duration::from_millis(500));
    house.server.may_open_files(true);
    waiting.join().expect("it does not panic").expect("it is let in");
    house.brings_until_it_is_taken(LARGE);
    house.ends_well();
}

#[test]
fn f4_a_full_disk_is_told_and_nothing_acknowledged_is_lost() {
    let setup = Setup::folder_and_sqlite().on_a_disk_of_mib(48);
    let server = setup.start();
    let alice = Mailbox::of_alice(&server);
    let mut carrier = Carrier::to(server.mail()).expect("it listens");
    let mut taken = 0;
    let refused = loop {
        let reply = carrier.brings(ALICE, &letter(&format!("taken {taken}"), 2 << 20));
        let reply = reply.expect("it answers");
        if !was_taken(&reply) {
            break reply;
        }
        taken += 1;
    };
    assert!(refused.starts_with("452 4.3.1"), "{refused}");
    assert!(taken > 5, "{taken}");
    server.has_a_disk_of_mib(200);
    let letters = alice.letters_once_there_are(taken);
    assert_eq!(letters.len(), taken);
    for listed in &letters {
        assert!(
            alice.export(listed) == letter(&listed.subject, 2 << 20),
            "{listed:?}"
        );
    }
    let reply = carrier.brings(ALICE, &letter("there is room again", 2 << 20));
    assert!(was_taken(&reply.expect("it answers")));
    alice.letters_once_there_are(taken + 1);
    assert!(server.stop(), "{}", setup.log());
}

/// A server whose disk may fail, somebody who gets mail, and somebody who brings it over one connection.
struct House {
    setup: Setup,
    server: Server,
    disk: FailingDisk,
    alice: Mailbox,
    carrier: Carrier,
    taken: Vec<(String, usize)>,
}

impl House {
    fn new() -> Self {
        let disk = FailingDisk::healthy();
        let setup = Setup::folder_and_sqlite().on_a_disk_that_may_fail(&disk);
        let server = setup.start();
        let alice = Mailbox::of_alice(&server);
        let carrier = Carrier::to(server.mail()).expect("it listens");
        Self {
            setup,
            server,
            disk,
            alice,
            carrier,
            taken: Vec::new(),
        }
    }

    fn brings(&mut self, subject: &str, size_bytes: usize) -> String {
        let reply = self.carrier.brings(ALICE, &letter(subject, size_bytes));
        reply.expect("it answers")
    }

    #[track_caller]
    fn brings_until_it_is_taken(&mut self, size_bytes: usize) {
        let (subject, begun) = (format!("taken {}", self.taken.len()), Instant::now());
        loop {
            let reply = self.brings(&subject, size_bytes);
            if was_taken(&reply) {
                break;
            }
            assert!(
                reply.starts_with('4') && begun.elapsed() < Duration::from_secs(60),
                "{reply}"
            );
            sleep(Duration::from_millis(50));
            // A connection takes no more than so many refusals.
            self.carrier = Carrier::to(self.server.mail()).expect("it listens");
        }
        self.taken.push((subject, size_bytes));
    }

    #[track_caller]
    fn is_put_off_by_one_failed_sync(&mut self, path: &str, size_bytes: usize) {
        for _ in 0..20 {
            // Otherwise it might be the journal's sync that fails as it forgets the one before, for which nobody waits.
            self.all_is_there();
            self.disk.fails(Calls::SYNC, Errno::EIO, path, Some(1));
            let subject = format!("taken {}", self.taken.len());
            let reply = self.brings(&subject, size_bytes);
            if reply.starts_with("451 4.3.0") {
                return;
            }
            assert!(was_taken(&reply), "{path}: {reply}");
            self.taken.push((subject, size_bytes));
        }
        panic!("{path}: a failed sync is not noticed");
    }

    fn dies_and_lives_again(self) -> Self {
        self.server.kill();
        self.disk.heals();
        let server = self.setup.start();
        let carrier = Carrier::to(server.mail()).expect("it listens");
        Self {
            server,
            carrier,
            ..self
        }
    }

    /// Each that was taken is there once; what was put off may have come all the same if the server died.
    #[track_caller]
    fn all_is_there(&self) {
        let all = |letters: &[super::Letter]| {
            let is_there =
                |(subject, _): &(String, usize)| letters.iter().any(|letter| letter.subject == *subject);
            self.taken.iter().all(is_there)
        };
        let letters = self.alice.letters_once(all);
        for (subject, size_bytes) in &self.taken {
            let found: Vec<_> = letters
                .iter()
                .filter(|letter| letter.subject == *subject)
                .collect();
            let [one] = &found[..] else { panic!("{found:?}") };
            assert!(
                self.alice.export(one) == letter(subject, *size_bytes),
                "{subject}"
            );
        }
    }

    #[track_caller]
    fn ends_well(self) {
        self.all_is_there();
        assert!(self.server.stop(), "{}", self.setup.log());
        let server = self.setup.start();
        assert!(self.alice.letters().len() >= self.taken.len());
        assert!(server.stop());
    }
}
