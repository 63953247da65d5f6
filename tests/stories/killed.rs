//! `kill -9`, at any moment, under load: what was acknowledged is there, once, and nothing is half.
//!
//! Each person has a folder of the drive for themselves and a [`model`] of what must be in it: what was acknowledged,
//! exactly; what was not, as it was before or as it would be after. `POSTERN_SEED` makes the same choices again.

mod deeds;
mod model;
mod person;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use postern_tests::{Dice, Server, Setup, is_long};

use person::Person;

on_both_kinds_of_storage!(
    nothing_acknowledged_is_lost_when_the_server_is_killed,
    nothing_acknowledged_is_lost_when_clients_are_killed,
);

/// What is removed makes room at once, so that the sweeper is at work too when the server dies.
const SWEEP_AT_ONCE: (&str, &str) = ("SWEEP_REMOVED_MINUTES", "0");
/// Nobody is at work any more: whatever nothing refers to is garbage.
const SWEEP_ALL: [(&str, &str); 3] = [
    SWEEP_AT_ONCE,
    ("SWEEP_UPLOAD_HOURS", "0"),
    ("SWEEP_UNATTACHED_HOURS", "0"),
];
/// The canaries need a talkative server; a thousand rounds need a quiet one.
pub(crate) const QUIET: (&str, &str) = ("LOG_FILTER", "warn,actix_server=warn");

pub(crate) fn rounds(sample: u64) -> u64 {
    let given = std::env::var("POSTERN_ROUNDS")
        .ok()
        .and_then(|rounds| rounds.parse().ok());
    given.unwrap_or(if is_long() { 1_000 } else { sample })
}

fn nothing_acknowledged_is_lost_when_the_server_is_killed(setup: &Setup) {
    let mut dice = Dice::of_this_test();
    let mut server = start(setup);
    let mut people = people(&server, &mut dice);
    let begun = Instant::now();
    for round_done in 1..=rounds(2) {
        let pause = Duration::from_millis(dice.within(0..600));
        server = round(setup, server, &mut people, pause);
        if round_done % 50 == 0 {
            println!("{round_done} rounds");
        }
    }
    told(&begun, &people);
    drop(server);
    nothing_is_left_over(setup, &mut people);
}

fn nothing_acknowledged_is_lost_when_clients_are_killed(setup: &Setup) {
    let mut dice = Dice::of_this_test();
    let server = start(setup);
    let mut people = people(&server, &mut dice);
    let begun = Instant::now();
    let kills_each = rounds(6).div_ceil(people.len() as u64);
    thread::scope(|scope| {
        for person in &mut people {
            scope.spawn(move || {
                for done in 1..=kills_each {
                    person.is_killed();
                    if done % 50 == 0 {
                        println!("{done} rounds");
                    }
                }
            });
        }
    });
    told(&begun, &people);
    drop(server);
    nothing_is_left_over(setup, &mut people);
}

/// One death of the server, while everybody is at work.
fn round(setup: &Setup, server: Server, people: &mut [Person], pause: Duration) -> Server {
    let deaths = AtomicU64::new(0);
    thread::scope(|scope| {
        for person in people {
            let deaths = &deaths;
            scope.spawn(move || person.works(|| deaths.load(Ordering::SeqCst)));
        }
        thread::sleep(pause);
        deaths.fetch_add(1, Ordering::SeqCst);
        server.kill();
        let server = start(setup);
        deaths.fetch_add(1, Ordering::SeqCst);
        server
    })
}

fn start(setup: &Setup) -> Server {
    setup.start_with(&[SWEEP_AT_ONCE, QUIET])
}

/// Two devices of one account, which share a volume, and one of another, whose password changes now and then.
fn people(server: &Server, dice: &mut Dice) -> Vec<Person> {
    let alice = Person::sign_up(&server.url(), "alice", "/a", dice.split());
    let alice_elsewhere = alice.on_another_device("/b", dice.split());
    let carol = Person::sign_up(&server.url(), "carol", "/c", dice.split()).who_changes_passwords();
    vec![alice, alice_elsewhere, carol]
}

fn told(begun: &Instant, people: &[Person]) {
    for person in people {
        println!("{}", person.story());
    }
    println!("it took {:?}", begun.elapsed());
}

/// After a sweep each file has its one blob, each blob its file, and the accounts are charged for exactly these.
fn nothing_is_left_over(setup: &Setup, people: &mut [Person]) {
    let files: usize = people.iter().map(Person::files).sum();
    let begun = Instant::now();
    // What the first pass finds lost is removed by the pass after it, which a new start makes at once.
    loop {
        let _server = setup.start_with(&SWEEP_ALL);
        thread::sleep(Duration::from_millis(500));
        let blobs = setup.blobs();
        if blobs.len() == files {
            break;
        }
        let patience = begun.elapsed() < Duration::from_secs(60);
        assert!(patience, "{files} files and {} blobs: {blobs:?}", blobs.len());
    }
    let server = start(setup);
    people.iter_mut().for_each(Person::checks);
    let stored: u64 = setup
        .blobs()
        .iter()
        .filter_map(|blob| blob.metadata().ok())
        .map(|meta| meta.len())
        .sum();
    let charged: u64 = [&people[0], &people[2]]
        .into_iter()
        .map(Person::charged_bytes)
        .sum();
    assert_eq!(
        stored, charged,
        "bytes stored, and bytes that the accounts are charged for"
    );
    assert!(server.stop());
}
