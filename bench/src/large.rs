//! One large file.

use std::fs::File;
use std::io;

use anyhow::Result;
use postern_tests::Bulk;

use crate::contestants::{Nginx, NginxSynced, Ours, Rclone};
use crate::race::Terms;
use crate::row::{Better, Entry, Row};
use crate::storing::{Contestant, THING, Task};

const TIMES_RCLONE: f64 = 2.0;
const TIMES_NGINX: f64 = 0.7;
/// The server copies parts together: without parts it took half the time (5 s for 512 MiB; with parts of 5, 16 or 64 MiB
/// 10 to 13 s, each tried once).
const ONE_REQUEST: &[&str] = &["--s3-upload-cutoff", "5G"];
const NOTE: &str = "Server and client on one machine, over loopback, on one disk. `postern put` has synced to the disk \
what it confirms; the others leave that to the kernel, but for the last one, which waits until all is on the disk. \
What rclone stores is sealed with XSalsa20-Poly1305 too; nginx and curl seal nothing. The S3 server is s3s-fs, which \
copies parts together; so rclone is also shown sending one request. How much there is to be had, nginx and curl show, \
which compute nothing: on this machine twice rclone over WebDAV would be more than they reach when they wait for the \
disk, and, fetching, more than they reach at all.";

pub(crate) fn row(terms: &Terms) -> Result<Row> {
    let work = tempfile::tempdir()?;
    let thing = work.path().join(THING);
    let bytes = terms.large_mib << 20;
    io::copy(&mut Bulk::new(bytes), &mut File::create(&thing)?)?;
    let task = Task {
        thing: &thing,
        rounds: terms.rounds,
        figure: &|seconds| terms.large_mib as f64 / seconds,
        leaves_all: false,
    };
    let [put, mut get, mut get_cold] = task.race(&contestants()?)?;
    // The last differs from the one before in how it stores only.
    get.entries.pop();
    get_cold.entries.pop();
    Ok(Row {
        title: format!("One file of {} MiB", terms.large_mib),
        note: NOTE.to_owned(),
        unit: "MiB/s".to_owned(),
        better: Better::More,
        heats: vec![put, get, get_cold],
        measured: None,
    })
}

fn contestants() -> Result<Vec<Contestant>> {
    let (rclone, nginx) = (Rclone::name()?, Nginx::name()?);
    let peer = |how: &str| Entry::peer(format!("{rclone}, {how}"), TIMES_RCLONE);
    let limit = Entry::limit(format!("{nginx}, curl, not sealed"), TIMES_NGINX);
    let synced = Entry::limit(format!("{nginx}, curl, not sealed, synced"), None);
    Ok(vec![
        Contestant::new(Entry::ours("Postern"), || Ok(Ours::start())),
        Contestant::new(peer("WebDAV"), || Rclone::over_webdav(&[])),
        Contestant::new(peer("S3"), || Rclone::over_s3(&[])).at_most(2),
        Contestant::new(peer("S3, one request"), || Rclone::over_s3(ONE_REQUEST)),
        Contestant::new(limit, Nginx::start),
        Contestant::new(synced, || Nginx::start().map(NginxSynced)),
    ])
}
