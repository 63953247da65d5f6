//! Somebody who uses the same server all the while, and does not want to notice anything.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::{Cli, noise};

/// Somebody who lists, uploads and downloads, again and again.
pub struct Neighbour {
    done: Arc<AtomicBool>,
    at_work: JoinHandle<usize>,
}

impl Neighbour {
    /// Begins with the account of `cli`.
    pub fn at(cli: Cli) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&done);
        let at_work = thread::spawn(move || {
            let mut rounds = 0;
            // Once at least, however short the attack is.
            while rounds == 0 || !told.load(Ordering::Relaxed) {
                round(&cli, rounds);
                rounds += 1;
            }
            rounds
        });
        Self { done, at_work }
    }

    /// Ends after the round that is under way. Fails if anything has failed; says how many rounds there were.
    pub fn was_served(self) -> usize {
        self.done.store(true, Ordering::Relaxed);
        self.at_work
            .join()
            .expect("the neighbour was served all the while")
    }
}

/// Everything that a person does most.
fn round(cli: &Cli, number: usize) {
    let name = format!("letter-{number}");
    let letter = noise(number as u64, 300_000);
    let file = cli.home().join(&name);
    fs::write(&file, &letter).expect("a file");
    cli.typed(["put"]).arg(&file).succeeds();
    assert!(cli.run(["ls"]).contains(&name));
    let back = cli.typed(["get", &format!("/{name}"), "-o", "-"]).succeeds();
    assert!(back.stdout == letter, "what came back is what was put");
    fs::remove_file(&file).expect("the file is there");
}
