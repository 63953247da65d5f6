//! Mail that comes in from many at once.

use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use postern_tests::Postfix;

use crate::contestants::{MailServer, OurMail, RECIPIENT, postfix};
use crate::race::{Runner, Terms, race, seconds, settle};
use crate::row::{Better, Entry, Row};

const BYTES: &str = "10240";
const SESSIONS: &str = "20";
const TIMES_POSTFIX: f64 = 3.0;
const HEATS: [&str; 3] = [
    "taken, a connection for each message",
    "taken, over 20 connections",
    "in the mailbox, over 20 connections",
];
const NOTE: &str = "Messages of 10 KiB from 20 sessions of `smtp-source`, which comes with Postfix; server and sender on one \
machine, on one disk. Whoever is told that a message was taken (250) finds it on the disk. Postern seals each while it comes, \
Postfix keeps it as it is. Both hand on meanwhile what they have taken, Postfix into a Maildir; the last heat ends when all \
is there. How many connections one address may have is raised for Postern; all else is as it comes.";

pub(crate) fn row(terms: &Terms) -> Result<Row> {
    let (count, name) = (terms.messages, postfix()?);
    let runners = vec![
        Runner::new(Entry::ours("Postern"), || turn(&OurMail::start(), count)),
        Runner::new(Entry::peer(name, TIMES_POSTFIX), || {
            turn(&Postfix::keeping(), count)
        }),
    ];
    Ok(Row {
        title: "Mail that comes in".to_owned(),
        note: NOTE.to_owned(),
        unit: "messages/s".to_owned(),
        better: Better::More,
        heats: race(HEATS, terms.rounds, runners)?.into(),
        measured: None,
    })
}

fn turn(server: &impl MailServer, count: usize) -> Result<[f64; 3]> {
    let once_each = bring(server, count, None)?;
    server.wait_for(count)?;
    let begun = Instant::now();
    let over_few = bring(server, count, Some("-d"))?;
    server.wait_for(2 * count)?;
    let delivered = begun.elapsed().as_secs_f64();
    Ok([once_each, over_few, delivered].map(|seconds| count as f64 / seconds))
}

/// Seconds until all are taken.
fn bring(server: &impl MailServer, count: usize, flag: Option<&str>) -> Result<f64> {
    settle()?;
    let mut source = Command::new("smtp-source");
    source
        .args(["-s", SESSIONS, "-l", BYTES, "-m", &count.to_string()])
        .args(["-f", "bob@sender.example", "-t", RECIPIENT])
        .args(flag);
    seconds(source.arg(server.address().to_string()))
}
