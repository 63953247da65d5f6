//! The server's disk fails: it says so, serves everybody whom that does not concern, loses nothing that it has
//! acknowledged, and goes on by itself when the disk does.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use postern_tests::{Calls, Cli, Errno, FailingDisk, Running, Server, Setup, noise};

const PASSWORD: &str = "a gate in a wall";
/// Too large to travel with others, and small enough to go in one request.
const MIDDLE: usize = 200_000;
/// Two parts and a bit.
const LARGE: usize = 17 << 20;
const CONTENTS: &str = "/blobs/";
const ARRIVING: &str = "/blobs/arriving/";
const NAMES: &str = "/blobs/blobs/";
const RECORDS: &str = "/records.sqlite";

#[test]
fn contents_that_cannot_be_written_are_taken_as_soon_as_they_can() {
    let house = House::new();
    house.disk.fails(Calls::WRITE, Errno::EIO, CONTENTS, None);
    let (small, large) = (house.puts("small", 1_000), house.puts("large", LARGE));
    house.waits_for_failures(2);
    house.serves_others();
    house.disk.heals();
    small.wait().ended_with(0);
    large.wait().ended_with(0);
    house.has("small", 1_000);
    house.has("large", LARGE);
    house.ends_well();
}

#[test]
fn parts_that_could_not_be_synced_are_written_again_and_not_only_synced_again() {
    let house = House::new();
    house.disk.fails(Calls::SYNC, Errno::EIO, ARRIVING, Some(2));
    house.puts("large", LARGE).wait().ended_with(0);
    let notes = house.disk.notes();
    let last_failure = notes
        .iter()
        .rposition(|[call, how, _]| call == "sync" && how == "failed");
    let (before, after) = notes.split_at(last_failure.expect("two syncs have failed"));
    let writes = |notes: &[[String; 3]]| notes.iter().filter(|[call, ..]| call == "write").count();
    // The notes do not say which part it was; what has to be there is in the file, see below.
    assert!(writes(before) > 0 && writes(after) > 0, "{notes:#?}");
    house.has("large", LARGE);
    house.ends_well();
}

#[test]
fn a_content_whose_bytes_could_not_be_synced_is_written_anew() {
    let house = House::new();
    house.disk.fails(Calls::SYNC, Errno::EIO, ARRIVING, Some(1));
    house.puts("middle", MIDDLE).wait().ended_with(0);
    house.has("middle", MIDDLE);
    let notes = house.disk.notes();
    let [_, _, doomed] = notes
        .iter()
        .find(|[call, how, _]| call == "sync" && how == "failed")
        .expect("one has failed");
    let is_doomed = |[call, how, path]: &&[String; 3]| {
        path == doomed && (call == "name" || call == "sync" && how == "done")
    };
    assert_eq!(
        notes.iter().find(is_doomed),
        None,
        "nothing is made of it any more"
    );
    house.ends_well();
}

#[test]
fn a_bundle_whose_bytes_could_not_be_synced_is_written_anew() {
    let house = House::new();
    house.disk.fails(Calls::SYNC, Errno::EIO, ARRIVING, Some(1));
    house.puts("small", 1_000).wait().ended_with(0);
    house.has("small", 1_000);
    let notes = house.disk.notes();
    let steps = notes.iter().map(|[call, how, _]| format!("{call} {how}"));
    let steps: Vec<_> = steps
        .filter(|step| step.starts_with("write") || step.starts_with("sync"))
        .collect();
    assert_eq!(
        steps,
        [
            "write done",
            "sync failed",
            "write done",
            "sync done",
            "sync done"
        ],
        "the bytes again, then the names: {notes:#?}"
    );
    house.ends_well();
}

#[test]
fn names_of_a_bundle_that_could_not_be_synced_are_given_again() {
    let house = House::new();
    // One file system, one way to make it durable: first the bytes, then the names.
    house
        .disk
        .fails_after(1, Calls::SYNC, Errno::EIO, CONTENTS, Some(1));
    house.puts("small", 1_000).wait().ended_with(0);
    let notes = house.disk.notes();
    let steps = notes
        .iter()
        .filter(|[call, _, path]| call == "sync" || call.ends_with("name") && path.contains(NAMES))
        .map(|[call, how, _]| format!("{call} {how}"));
    let steps: Vec<_> = steps.collect();
    assert_eq!(
        steps,
        [
            "sync done",
            "name done",
            "sync failed",
            "unname done",
            "sync done",
            "name done",
            "sync done"
        ],
        "{notes:#?}"
    );
    house.has("small", 1_000);
    house.ends_well();
}

#[test]
fn a_name_that_could_not_be_synced_is_given_again() {
    for (name, size) in [("middle", MIDDLE), ("large", LARGE)] {
        let house = House::new();
        house.disk.fails(Calls::SYNC, Errno::EIO, NAMES, Some(1));
        house.puts(name, size).wait().ended_with(0);
        let notes = house.disk.notes();
        let steps: Vec<_> = notes
            .iter()
            .map(|[call, how, _]| format!("{call} {how}"))
            .collect();
        let steps: Vec<_> = steps
            .iter()
            .map(String::as_str)
            .filter(|step| !step.starts_with("open"))
            .collect();
        // To sync it once more would say that all is well, and write nothing.
        let given = [
            "name done",
            "sync failed",
            "unname done",
            "name done",
            "sync done",
        ];
        let moved = ["name done", "sync failed", "name done", "sync done"];
        assert!(steps == given || steps == moved, "{notes:#?}");
        house.has(name, size);
        house.ends_well();
    }
}

#[test]
fn records_that_could_not_be_synced_are_not_acknowledged_and_written_again() {
    let house = House::new();
    house.disk.fails(Calls::SYNC, Errno::EIO, RECORDS, Some(3));
    house.alice.run(["mkdir", "/once"]);
    house
        .disk
        .fails(Calls::WRITE | Calls::SYNC, Errno::EIO, RECORDS, None);
    let waiting = house.alice.typed(["mkdir", "/later"]).spawn();
    house.waits_for_failures(2);
    // Nothing has to be written to read.
    assert_eq!(house.bob.run(["ls"]), "first\nonce/\n");
    house.disk.heals();
    waiting.wait().ended_with(0);
    house.serves_others();
    house.ends_well();
}

#[test]
fn what_was_acknowledged_is_there_when_the_server_dies_with_its_disk() {
    let house = House::new();
    house.alice.run(["mkdir", "/kept"]);
    house.disk.fails(Calls::SYNC, Errno::EIO, RECORDS, None);
    let waiting = house.alice.typed(["mkdir", "/perhaps"]).spawn();
    house.waits_for_failures(1);
    waiting.kill();
    let House {
        setup,
        server,
        disk,
        alice,
        ..
    } = house;
    server.kill();
    disk.heals();
    let server = setup.start();
    let listed = alice.run(["ls"]);
    assert!(
        ["first\nkept/\n", "first\nkept/\nperhaps/\n"].contains(&listed.as_str()),
        "{listed}"
    );
    assert!(server.stop());
}

#[test]
fn a_disk_that_turned_read_only_is_read_from() {
    let house = House::new();
    let data = house.setup.stored()[0].to_str().expect("a plain name").to_owned();
    house
        .disk
        .fails(Calls::WRITE | Calls::NAME, Errno::EROFS, &data, None);
    let (put, made) = (
        house.puts("small", 1_000),
        house.alice.typed(["mkdir", "/made"]).spawn(),
    );
    house.waits_for_failures(2);
    house.has("first", 1_000);
    house.disk.heals();
    put.wait().ended_with(0);
    made.wait().ended_with(0);
    house.has("small", 1_000);
    house.ends_well();
}

#[test]
fn contents_that_cannot_be_read_come_when_they_can() {
    let house = House::new();
    house.disk.fails(Calls::READ, Errno::EIO, NAMES, None);
    let get = house.alice.typed(["get", "/first", "-o", "-"]).spawn();
    house.waits_for_failures(1);
    house.alice.run(["mkdir", "/meanwhile"]);
    house.disk.heals();
    assert!(get.wait().ended_with(0).stdout == noise(1, 1_000));
    house.ends_well();
}

#[test]
fn a_server_out_of_files_goes_on_when_it_may_open_some_again() {
    let house = House::new();
    house
        .disk
        .fails(Calls::READ | Calls::NAME, Errno::EMFILE, CONTENTS, Some(2));
    house.puts("small", 1_000).wait().ended_with(0);
    house.has("small", 1_000);

    // Not even a connection. Whoever comes waits at the door.
    house.server.may_open_files(false);
    let waiting = [house.puts("large", LARGE), house.puts("other", 1_000)];
    sleep(Duration::from_secs(1));
    house.server.may_open_files(true);
    for put in waiting {
        put.wait().ended_with(0);
    }
    house.has("large", LARGE);
    house.has("other", 1_000);
    house.ends_well();
}

/// A server on a disk that may fail, and two devices of one account, which has one file.
struct House {
    setup: Setup,
    server: Server,
    disk: FailingDisk,
    alice: Cli,
    bob: Cli,
}

impl House {
    fn new() -> Self {
        let disk = FailingDisk::healthy();
        let setup = Setup::folder_and_sqlite().on_a_disk_that_may_fail(&disk);
        let server = setup.start();
        let (alice, _) = Cli::sign_up(&server.url(), "alice", PASSWORD);
        let bob = Cli::new(&server.url());
        bob.typed(["login", "alice", "--password-stdin"])
            .input(PASSWORD)
            .succeeds();
        let house = Self {
            setup,
            server,
            disk,
            alice,
            bob,
        };
        house.puts("first", 1_000).wait().ended_with(0);
        house
    }

    fn puts(&self, name: &str, size: usize) -> Running {
        let file = self.alice.home().join(name);
        fs::write(&file, noise(1, size)).expect("a file");
        self.alice.typed(["put"]).arg(&file).spawn()
    }

    fn has(&self, name: &str, size: usize) {
        let got = self.bob.typed(["get", name, "-o", "-"]).succeeds();
        assert!(got.stdout == noise(1, size), "{name}");
    }

    /// Those whom the failure does not concern.
    fn serves_others(&self) {
        self.has("first", 1_000);
        self.bob.run(["mkdir", "/others"]);
        self.bob.run(["rm", "/others"]);
    }

    #[track_caller]
    fn waits_for_failures(&self, number: i32) {
        let (begun, before) = (Instant::now(), self.disk.failures());
        while self.disk.failures() < before + number {
            assert!(begun.elapsed() < Duration::from_secs(60), "nothing has failed");
            sleep(Duration::from_millis(5));
        }
    }

    /// What is there is there for a server on a disk that works, and nothing else is.
    fn ends_well(self) {
        let listed = self.bob.run(["ls"]);
        self.server.kill();
        let server = self.setup.start();
        assert_eq!(self.bob.run(["ls"]), listed);
        let files = listed.lines().filter(|line| !line.ends_with('/')).count();
        let blobs = self.setup.blobs();
        assert_eq!(blobs.len(), files, "{blobs:#?}");
        assert!(server.stop());
    }
}
