//! What people do: the command, and what their folder may be like while nobody knows whether it was done.

use std::fs;
use std::path::{Path, PathBuf};

use postern_tests::{Dice, noise};

use super::model::{Bytes, Model};

/// More than one part.
const LARGE: u64 = 9 << 20;
const SMALL: u64 = 200_000;
/// What is larger does not travel with others.
const MOST_BUNDLED: usize = 128 << 10;
/// Whoever has so much removes something first.
const ENOUGH: usize = 14;

/// Something to be done.
#[derive(Debug)]
pub(crate) struct Deed {
    pub(crate) kind: &'static str,
    pub(crate) words: Vec<String>,
    pub(crate) input: Vec<u8>,
    /// From the present state to the one in which it is done, in order.
    pub(crate) states: Vec<Model>,
    /// Whether doing it again when it was done before changes nothing.
    pub(crate) repeatable: bool,
}

/// Thinks up deeds: all names are new, so that nothing can be mistaken for something else.
#[derive(Debug)]
pub(crate) struct Deeds {
    /// The folder of the drive.
    pub(crate) home: &'static str,
    /// The folder of this machine.
    pub(crate) desk: PathBuf,
    pub(crate) dice: Dice,
    made: u64,
}

impl Deeds {
    pub(crate) fn new(home: &'static str, desk: PathBuf, dice: Dice) -> Self {
        Self {
            home,
            desk,
            dice,
            made: 0,
        }
    }

    pub(crate) fn next(&mut self, now: &Model) -> Deed {
        if now.paths().len() > ENOUGH {
            return self.remove(now);
        }
        match self.dice.within(0..12) {
            0..3 => self.put_folder(now),
            3 => self.put_large(now),
            4 => self.put_stream(now),
            5 => self.replace(now),
            6 => self.make_folder(now),
            7 | 8 => self.relocate(now),
            9 => self.remove(now),
            10 => self.share(now),
            _ => self.unshare(now),
        }
    }

    /// Where it is in the drive.
    pub(crate) fn remote(&self, path: &str) -> String {
        format!("{}/{path}", self.home)
    }

    fn put_folder(&mut self, now: &Model) -> Deed {
        let name = self.name("n");
        let folder = self.desk.join(&name);
        fs::create_dir(&folder).expect("a new folder");
        let mut begun = now.clone();
        begun.folders.insert(name.clone());
        // Those that travel together appear together, and each of the others by itself, in any order.
        let (mut bundled, mut parcels) = (Vec::new(), Vec::new());
        for number in 0..self.dice.within(1..6) {
            let bytes = self.bytes(0..SMALL);
            fs::write(folder.join(number.to_string()), &bytes).expect("a file");
            let file = (format!("{name}/{number}"), Bytes::of(&bytes));
            if bytes.len() <= MOST_BUNDLED {
                bundled.push(file);
            } else {
                parcels.push(vec![file]);
            }
        }
        parcels.push(bundled);
        let arrived = (0..1_u32 << parcels.len()).map(|set| {
            let mut state = begun.clone();
            let there = parcels.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
            state.files.extend(there.flat_map(|(_, files)| files.clone()));
            state
        });
        let states = [now.clone()].into_iter().chain(arrived).collect();
        self.put("put folder", &folder, "", states)
    }

    fn put_large(&mut self, now: &Model) -> Deed {
        let (name, bytes) = (self.name("l"), self.bytes(LARGE..LARGE + 2));
        let file = self.desk.join(&name);
        fs::write(&file, &bytes).expect("a file");
        let mut done = now.clone();
        done.files.insert(name, Bytes::of(&bytes));
        self.put("put large", &file, "", vec![now.clone(), done])
    }

    fn put_stream(&mut self, now: &Model) -> Deed {
        let size = if self.dice.one_in(3) { LARGE } else { SMALL };
        let (name, bytes) = (self.name("s"), self.bytes(size..size + 2));
        let mut done = now.clone();
        done.files.insert(name.clone(), Bytes::of(&bytes));
        let words = ["put", "-", "--to", &self.remote(&name)];
        Deed {
            input: bytes,
            ..deed("put stream", &words, vec![now.clone(), done])
        }
    }

    fn replace(&mut self, now: &Model) -> Deed {
        let Some(path) = self.dice.pick(now.files.keys().cloned()) else {
            return self.put_folder(now);
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let bytes = self.bytes(0..SMALL);
        let place = self.name("r");
        let place = self.desk.join(place);
        fs::create_dir(&place).expect("a new folder");
        fs::write(place.join(name), &bytes).expect("a file");
        let mut done = now.clone();
        done.files.insert(path.clone(), Bytes::of(&bytes));
        self.put("replace", &place.join(name), folder, vec![now.clone(), done])
    }

    fn make_folder(&mut self, now: &Model) -> Deed {
        let name = self.name("m");
        let mut done = now.clone();
        done.folders.insert(name.clone());
        deed("mkdir", &["mkdir", &self.remote(&name)], vec![now.clone(), done])
    }

    fn relocate(&mut self, now: &Model) -> Deed {
        let Some(from) = self.dice.pick(now.paths()) else {
            return self.put_folder(now);
        };
        let outside = |folder: &&String| !format!("{folder}/").starts_with(&format!("{from}/"));
        let folders = now.folders.iter().filter(outside);
        let folders = folders.map(|folder| format!("{folder}/")).chain([String::new()]);
        let folder = self.dice.pick(folders).unwrap_or_default();
        let to = format!("{folder}{}", self.name("v"));
        let words = ["mv", &self.remote(&from), &self.remote(&to)];
        deed("mv", &words, vec![now.clone(), now.moved(&from, &to)])
    }

    fn remove(&mut self, now: &Model) -> Deed {
        let Some(path) = self.dice.pick(now.paths()) else {
            return self.put_folder(now);
        };
        deed(
            "rm",
            &["rm", &self.remote(&path)],
            vec![now.clone(), now.without(&path)],
        )
    }

    fn share(&mut self, now: &Model) -> Deed {
        let Some(path) = self.dice.pick(now.files.keys().cloned()) else {
            return self.put_folder(now);
        };
        let mut done = now.clone();
        done.nameless_link = Some(path.clone());
        deed("share", &["share", &self.remote(&path)], vec![now.clone(), done])
    }

    fn unshare(&mut self, now: &Model) -> Deed {
        let Some(id) = self.dice.pick(now.links.keys().cloned()) else {
            return self.share(now);
        };
        let mut done = now.clone();
        done.links.remove(&id);
        // An id may begin with a dash.
        Deed {
            repeatable: true,
            ..deed("unshare", &["unshare", "--", &id], vec![now.clone(), done])
        }
    }

    fn put(&self, kind: &'static str, what: &Path, to: &str, states: Vec<Model>) -> Deed {
        let what = what.to_str().expect("temporary folders have plain names");
        Deed {
            repeatable: true,
            ..deed(kind, &["put", what, "--to", &self.remote(to)], states)
        }
    }

    fn name(&mut self, letter: &str) -> String {
        self.made += 1;
        format!("{letter}{}", self.made)
    }

    fn bytes(&mut self, length: std::ops::Range<u64>) -> Vec<u8> {
        let length = usize::try_from(self.dice.within(length)).expect("it fits into memory");
        noise(self.dice.within(0..u64::MAX), length)
    }
}

fn deed(kind: &'static str, words: &[&str], states: Vec<Model>) -> Deed {
    Deed {
        kind,
        words: words.iter().map(|&word| word.to_owned()).collect(),
        input: Vec::new(),
        states,
        repeatable: false,
    }
}
