//! The most memory that the server has while many transfers pass at once.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;

use anyhow::{Result, ensure};
use postern_tests::{Cli, Setup, noise};

use crate::race::{Runner, Terms, race};
use crate::row::{Better, Entry, Goal, Row};
use crate::storing::THING;

const MIB_EACH: usize = 32;
const MOST_MIB: f64 = 256.0;
/// Peaks differ little, and a round leaves gigabytes behind.
const MOST_ROUNDS: usize = 3;
const NOTE: &str = "So many people, each with an account and a process of `postern`, store a file of 32 MiB each at the \
same time, and fetch it again; the figure is the highest resident memory of `posternd` (`VmHWM`), which begins anew \
for each heat.";

pub(crate) fn row(terms: &Terms) -> Result<Row> {
    let crowd = Crowd::gather(terms.transfers)?;
    let work = tempfile::tempdir()?;
    let file = work.path().join(THING);
    fs::write(&file, noise(1, MIB_EACH << 20))?;
    let rounds = terms.rounds.min(MOST_ROUNDS);
    let mut round = 0;
    let both = Runner::new(peak(), || {
        round += 1;
        Ok([
            crowd.peak_mib(|person| put(person, &file, round))?,
            crowd.peak_mib(|person| get(person, round))?,
        ])
    });
    let (uploads, downloads) = (
        format!("{} uploads at once", terms.transfers),
        format!("{} downloads at once", terms.transfers),
    );
    let heats = race([&uploads, &downloads], rounds, vec![both])?;
    Ok(Row {
        title: "The server's memory".to_owned(),
        note: NOTE.to_owned(),
        unit: "MiB".to_owned(),
        better: Better::Less,
        heats: heats.into(),
        measured: None,
    })
}

fn peak() -> Entry {
    Entry {
        goal: Some(Goal::Below(MOST_MIB)),
        ..Entry::ours("posternd, at its largest")
    }
}

/// Everybody has an account at one server, which can be started again.
struct Crowd {
    setup: Setup,
    people: Vec<Cli>,
}

impl Crowd {
    fn gather(count: usize) -> Result<Self> {
        let setup = Setup::folder_and_sqlite().with("LOG_FILTER", "info,actix_server=warn");
        let server = setup.start();
        let join = |number| Cli::sign_up(&server.url(), &format!("person{number}"), "tram orchid glacier").0;
        let people: Vec<Cli> = (0..count).map(join).collect();
        ensure!(server.stop(), "the server stops when it is asked to");
        Ok(Self { setup, people })
    }

    /// What a new server needed while all did this at once.
    fn peak_mib(&self, what: impl Fn(&Cli) -> Result<()> + Sync) -> Result<f64> {
        let server = self.setup.start();
        thread::scope(|scope| {
            let what = &what;
            let all: Vec<_> = self
                .people
                .iter()
                .map(|person| scope.spawn(move || what(person)))
                .collect();
            all.into_iter()
                .try_for_each(|one| one.join().expect("whoever fails says so"))
        })?;
        Ok(server.peak_memory_bytes() as f64 / f64::from(1 << 20))
    }
}

fn put(person: &Cli, file: &Path, round: usize) -> Result<()> {
    let folder = format!("/{round}");
    let put = person.typed(["put", "--to", &folder]).arg(file);
    put.succeeds();
    Ok(())
}

fn get(person: &Cli, round: usize) -> Result<()> {
    let path = format!("/{round}/{THING}");
    let mut running = person.typed(["get", &path, "-o", "-"]).spawn();
    running.stream_into(&mut io::sink())?;
    running.wait().ended_with(0);
    Ok(())
}
