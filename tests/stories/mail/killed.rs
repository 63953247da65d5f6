//! `kill -9`, at any moment, while several bring mail: what was acknowledged is there once, also where whoever was told
//! nothing has tried again.
//!
//! `POSTERN_SEED` makes the same choices again, `POSTERN_ROUNDS` sets how often the server dies.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use postern_tests::{Carrier, Dice, Server, Setup, is_long};

use super::{ALICE, LAST, Letter, Mailbox, letter, was_taken};
use crate::killed::{QUIET, rounds};

on_both_kinds_of_storage!(f4_f10_mail_that_was_acknowledged_is_there_once_when_the_server_is_killed);

const SENDERS: usize = 5;
/// Enough for all that comes while the server lives too short to hand it on.
const SPOOL: (&str, &str) = ("MAIL_SPOOL_BYTES", "16777216");
/// Not more letters than these are exported, which takes a process each. To be listed, each is opened.
const EXPORTED: usize = 40;
const EXPORTED_AT_LENGTH: usize = 300;

fn f4_f10_mail_that_was_acknowledged_is_there_once_when_the_server_is_killed(setup: &Setup) {
    let mut dice = Dice::of_this_test();
    let mut server = start(setup);
    let alice = Mailbox::of_alice(&server);
    let mut senders: Vec<_> = (0..SENDERS).map(|name| Sender::new(name, dice.split())).collect();
    for done in 1..=rounds(30) {
        let pause = Duration::from_millis(dice.within(0..150));
        server = round(setup, server, &mut senders, pause);
        if done % 50 == 0 {
            println!("{done} rounds");
        }
    }
    let letters = alice.letters_after_the_last(&server);
    assert!(server.stop());
    let server = start(setup);
    assert_eq!(alice.letters(), letters, "nothing comes twice, or only now");
    Ledger::of(&senders).agrees_with(&letters);
    assert!(letters.iter().all(|letter| letter.origin == "gateway"));
    exports_are_right(&alice, &letters, &senders);
    assert!(server.stop());
}

fn start(setup: &Setup) -> Server {
    setup.start_with(&[QUIET, SPOOL])
}

/// One death of the server, while everybody brings mail.
fn round(setup: &Setup, server: Server, senders: &mut [Sender], pause: Duration) -> Server {
    let address = server.mail();
    thread::scope(|scope| {
        for sender in senders {
            scope.spawn(move || sender.brings_until_it_dies(address));
        }
        thread::sleep(pause);
        server.kill();
    });
    start(setup)
}

/// Somebody who brings mail, each letter with a subject of its own.
struct Sender {
    name: usize,
    dice: Dice,
    sent: BTreeMap<String, Sent>,
    /// Nothing was said to these, and they are brought again.
    again: Vec<String>,
}

/// What was said to a letter, whenever it was brought.
#[derive(Debug, Clone, Default)]
struct Sent {
    size_bytes: usize,
    accepted: usize,
    /// How often the server died before it had said anything.
    unanswered: usize,
}

impl Sender {
    fn new(name: usize, dice: Dice) -> Self {
        Self {
            name,
            dice,
            sent: BTreeMap::new(),
            again: Vec::new(),
        }
    }

    fn brings_until_it_dies(&mut self, address: SocketAddr) {
        let Ok(mut carrier) = Carrier::to(address) else {
            return;
        };
        while self.brings_one(&mut carrier).is_ok() {
            thread::sleep(Duration::from_millis(self.dice.within(0..20)));
        }
    }

    fn brings_one(&mut self, carrier: &mut Carrier) -> std::io::Result<()> {
        let subject = self.again.pop().unwrap_or_else(|| self.new_letter());
        let text = named(&subject, self.sent[&subject].size_bytes);
        let announced = carrier.announces(ALICE, "");
        if !matches!(announced, Ok(None)) {
            self.again.push(subject);
            return announced.map(drop);
        }
        let said = carrier.ends(&text);
        let sent = self.sent.get_mut(&subject).expect("it was begun");
        match &said {
            Ok(reply) if was_taken(reply) => sent.accepted += 1,
            // The spool may be full all the same.
            Ok(refusal) => {
                assert!(refusal.starts_with("452"), "{refusal}");
                self.again.push(subject);
            }
            Err(_) => {
                sent.unanswered += 1;
                // Mail servers try again; what others leave be must not be there twice either.
                if self.dice.percent(50) {
                    self.again.push(subject);
                }
            }
        }
        said.map(drop)
    }

    fn new_letter(&mut self) -> String {
        let subject = format!("{}-{}", self.name, self.sent.len());
        let size = if self.dice.percent(60) {
            500..8_000
        } else {
            20_000..400_000
        };
        let size_bytes = usize::try_from(self.dice.within(size)).expect("it is small");
        let sent = Sent {
            size_bytes,
            ..Sent::default()
        };
        self.sent.insert(subject.clone(), sent);
        subject
    }
}

/// What has to be in the mailbox.
struct Ledger(BTreeMap<String, Sent>);

impl Ledger {
    fn of(senders: &[Sender]) -> Self {
        Self(senders.iter().flat_map(|sender| sender.sent.clone()).collect())
    }

    fn agrees_with(&self, letters: &[Letter]) {
        let mut there: BTreeMap<&str, usize> = BTreeMap::new();
        for letter in letters.iter().filter(|letter| letter.subject != LAST) {
            assert!(self.0.contains_key(&letter.subject), "nobody has sent {letter:?}");
            *there.entry(&letter.subject).or_default() += 1;
        }
        let copies = |subject: &str| there.get(subject).copied().unwrap_or_default();
        for (subject, sent) in &self.0 {
            let may_be_there = sent.accepted..=1;
            let copies = copies(subject);
            assert!(may_be_there.contains(&copies), "{copies} of {subject}: {sent:?}");
        }
        let all = || self.0.iter().map(|(subject, sent)| (copies(subject), sent));
        println!(
            "{} accepted, {} times nothing was said; {} letters are there of which nothing ever was",
            all().map(|(_, sent)| sent.accepted).sum::<usize>(),
            all().map(|(_, sent)| sent.unanswered).sum::<usize>(),
            all()
                .filter(|(copies, sent)| *copies > 0 && sent.accepted == 0)
                .count(),
        );
    }
}

fn exports_are_right(alice: &Mailbox, letters: &[Letter], senders: &[Sender]) {
    let Ledger(sent) = Ledger::of(senders);
    let exported = if is_long() { EXPORTED_AT_LENGTH } else { EXPORTED };
    let step = letters.len().div_ceil(exported);
    for listed in letters
        .iter()
        .filter(|letter| letter.subject != LAST)
        .step_by(step)
    {
        let text = named(&listed.subject, sent[&listed.subject].size_bytes);
        assert!(alice.export(listed) == text, "{listed:?}");
    }
}

/// A letter that can be told from all others, as what mail servers bring always can.
fn named(subject: &str, size_bytes: usize) -> Vec<u8> {
    let name = format!("Message-ID: <{subject}@sender.example>\r\n");
    [name.into_bytes(), letter(subject, size_bytes)].concat()
}
