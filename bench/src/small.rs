//! Many small files.

use std::fs;
use std::path::Path;

use anyhow::Result;
use postern_tests::noise;

use crate::contestants::{Ours, Rclone, Restic};
use crate::race::Terms;
use crate::row::{Better, Entry, Row};
use crate::storing::{Contestant, THING, Task};

const BYTES: usize = 4 << 10;
const TIMES_RCLONE: f64 = 5.0;
/// Of 4 (as it comes), 8, 16 and 32, tried in turn on two busy cores, none stood out.
const MORE_AT_ONCE: &[&str] = &["--transfers", "16", "--checkers", "16"];
const NOTE: &str = "A folder of files of 4 KiB each; server and client on one machine, over loopback, on one disk. \
Postern has synced to the disk what it confirms; the others leave that to the kernel. Over WebDAV, rclone waits 10 ms \
between any two requests and so needs minutes, whatever the number of transfers: it runs one round. The S3 server is \
s3s-fs. Nothing is deleted before all have run.";

pub(crate) fn row(terms: &Terms) -> Result<Row> {
    let work = tempfile::tempdir()?;
    let thing = work.path().join(THING);
    write_files(&thing, terms.small_files)?;
    let task = Task {
        thing: &thing,
        rounds: terms.rounds,
        figure: &|seconds| seconds,
        leaves_all: true,
    };
    Ok(Row {
        title: format!("{} files of 4 KiB", terms.small_files),
        note: NOTE.to_owned(),
        unit: "s".to_owned(),
        better: Better::Less,
        heats: task.race(&contestants()?)?.into(),
        measured: None,
    })
}

fn contestants() -> Result<Vec<Contestant>> {
    let (rclone, restic) = (Rclone::name()?, Restic::name()?);
    let peer = |how: &str| Entry::peer(format!("{rclone}, {how}"), TIMES_RCLONE);
    Ok(vec![
        Contestant::new(Entry::ours("Postern"), || Ok(Ours::start())),
        Contestant::new(peer("WebDAV"), || Rclone::over_webdav(&[])).at_most(1),
        Contestant::new(peer("S3"), || Rclone::over_s3(&[])),
        Contestant::new(peer("S3, 16 transfers"), || Rclone::over_s3(MORE_AT_ONCE)),
        Contestant::new(Entry::peer(format!("{restic}, S3"), None), Restic::start),
    ])
}

fn write_files(folder: &Path, count: usize) -> Result<()> {
    fs::create_dir(folder)?;
    for number in 0..count {
        let name = folder.join(format!("letter {number:05}"));
        fs::write(name, noise(number as u64, BYTES))?;
    }
    Ok(())
}
