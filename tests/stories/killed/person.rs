//! Somebody at work on one device, who remembers what was acknowledged.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use postern_tests::{Cli, Dice, Run, Typed, every_file};
use serde_json::Value;

use super::deeds::{Deed, Deeds};
use super::model::{Bytes, Link, Model};

const FAILED: i32 = 1;
const NOT_FOUND: i32 = 3;
const NO_ACCESS: i32 = 5;
/// What was on the line when its sender died is still carried out.
const STILL_ON_THE_LINE: Duration = Duration::from_millis(300);

/// Somebody at work on one device.
pub(crate) struct Person {
    cli: Cli,
    server: String,
    name: &'static str,
    password: String,
    changes_passwords: bool,
    deeds: Deeds,
    model: Model,
    /// How long each kind of deed takes when nothing goes wrong.
    takes: BTreeMap<&'static str, Duration>,
    counted: BTreeMap<String, u64>,
}

impl Person {
    pub(crate) fn sign_up(server: &str, name: &'static str, home: &'static str, dice: Dice) -> Self {
        let password = "password 0".to_owned();
        let (cli, _) = Cli::sign_up(server, name, &password);
        Self::at(cli, server, name, password, home, dice)
    }

    /// The same account, at work in another folder.
    pub(crate) fn on_another_device(&self, home: &'static str, dice: Dice) -> Self {
        let cli = Cli::new(&self.server);
        log_in(&cli, self.name, &self.password).ended_with(0);
        Self::at(cli, &self.server, self.name, self.password.clone(), home, dice)
    }

    pub(crate) fn who_changes_passwords(mut self) -> Self {
        self.changes_passwords = true;
        self
    }

    fn at(
        cli: Cli,
        server: &str,
        name: &'static str,
        password: String,
        home: &'static str,
        dice: Dice,
    ) -> Self {
        cli.run(["mkdir", home]);
        let desk = cli.home().join("desk");
        fs::create_dir(&desk).expect("a new folder");
        Self {
            cli,
            server: server.to_owned(),
            name,
            password,
            changes_passwords: false,
            deeds: Deeds::new(home, desk, dice),
            model: Model::default(),
            takes: BTreeMap::new(),
            counted: BTreeMap::new(),
        }
    }

    /// Does a few things while the server may die, and looks whether all is as it must be. `moment` is odd while
    /// there is no server, and larger with each death.
    pub(crate) fn works(&mut self, moment: impl Fn() -> u64) {
        for _ in 0..self.deeds.dice.within(1..4) {
            if self.changes_passwords && self.deeds.dice.one_in(25) {
                self.changes_the_password(&moment);
                continue;
            }
            let deed = self.deeds.next(&self.model);
            let before = moment();
            let run = self.typed(&deed).finish();
            let had_a_server = before.is_multiple_of(2) && moment() == before;
            let allowed: &[i32] = if had_a_server { &[0] } else { &[0, FAILED] };
            self.settle(deed, Some(&run), allowed);
            self.clear_the_desk();
        }
        self.checks();
    }

    /// Does something, and is killed meanwhile; then goes on.
    pub(crate) fn is_killed(&mut self) {
        if self.changes_passwords && self.deeds.dice.one_in(12) {
            return self.is_killed_while_changing_the_password();
        }
        if self.deeds.dice.one_in(5) && !self.model.files.is_empty() {
            return self.is_killed_while_getting();
        }
        let deed = self.deeds.next(&self.model);
        let run = self.dies(deed.kind, self.typed(&deed));
        let again = deed.again();
        let done = deed.states[deed.states.len() - 1].clone();
        self.settle(deed, run.as_ref(), &[0]);
        if again.is_due(&self.model) {
            let run = self.timed(again.kind, |me| me.typed(&again).finish());
            // The dead one's request may have been carried out only now: then it is there, or gone, already.
            self.settle(again, Some(&run), &[0, FAILED, NOT_FOUND]);
            assert!(
                done.is(&self.model),
                "{}: it was done again, and is not done",
                self.name
            );
        }
        self.clear_the_desk();
    }

    /// What an honest client sees is what the model says.
    pub(crate) fn checks(&mut self) {
        let seen = self.sees();
        assert!(
            self.model.is(&seen),
            "{}: there is\n{seen:#?}\nand not\n{:#?}",
            self.name,
            self.model
        );
        if let Some(link) = self.deeds.dice.pick(self.model.links.values().cloned()) {
            // A lease is not taken twice without asking: the person does it again.
            let opened = patiently(|| self.cli.typed(["open", "-", "-o", "-"]).input(&link.url).finish());
            assert_eq!(
                Bytes::of(&opened.stdout),
                self.model.files[&link.path],
                "{link:?}"
            );
        }
    }

    pub(crate) fn files(&self) -> usize {
        self.model.files.len()
    }

    pub(crate) fn charged_bytes(&self) -> u64 {
        json(&self.cli.run(["whoami", "--json"]))["used_bytes"]
            .as_u64()
            .expect("a number")
    }

    /// What has been done how often, and with what outcome.
    pub(crate) fn story(&self) -> String {
        format!("{} in {}: {:?}", self.name, self.deeds.home, self.counted)
    }

    fn typed(&self, deed: &Deed) -> Typed {
        // The words may end with an id, which may begin with a dash.
        let words = ["--json"]
            .into_iter()
            .chain(deed.words.iter().map(String::as_str));
        self.cli.typed(words).input(&deed.input)
    }

    /// Takes over what the deed has come to. No `run` is a command that was killed.
    fn settle(&mut self, deed: Deed, run: Option<&Run>, allowed: &[i32]) {
        let code = run.map(|run| run.status.code().expect("nobody kills what is not to be killed"));
        let allowed = code.is_none_or(|code| allowed.contains(&code));
        assert!(
            allowed,
            "{} {:?}: {}",
            self.name,
            deed.words,
            run.map_or("", |run| &run.stderr)
        );
        match run {
            Some(run) if code == Some(0) => self.believe(deed, run),
            _ => self.find_out(&deed, run),
        }
    }

    /// It was acknowledged: from now on it must be so, and is looked for with whatever is done next.
    fn believe(&mut self, mut deed: Deed, run: &Run) {
        self.model = deed.states.pop().expect("there is the last state");
        if let Some(path) = self.model.nameless_link.take() {
            let shared = json(&run.text());
            let url = text(&shared, "url");
            self.model.links.insert(text(&shared, "id"), Link { path, url });
        }
        self.count(deed.kind, "done");
    }

    /// It was not acknowledged: one of its states it must be.
    fn find_out(&mut self, deed: &Deed, run: Option<&Run>) {
        let seen = self.sees();
        let found = deed.states.iter().rposition(|state| state.is(&seen));
        let found = found.unwrap_or_else(|| {
            let (name, words, states) = (self.name, &deed.words, &deed.states);
            panic!("{name} {words:?}: there is\n{seen:?}\nand none of\n{states:#?}")
        });
        let how = run.map_or("killed", |_| "failed");
        let state = match found {
            0 => "old",
            found if found + 1 == deed.states.len() => "new",
            _ => "between",
        };
        self.count(deed.kind, &format!("{how}, {state}"));
        self.model = seen;
    }

    /// The folder and the links as they are.
    fn sees(&self) -> Model {
        let place = self.cli.home().join("seen");
        let fetch = || {
            let _ = fs::remove_dir_all(&place);
            self.cli
                .typed(["get", self.deeds.home, "-o"])
                .arg(&place)
                .finish()
        };
        let fetched = fetch();
        // A file went while its folder was fetched: its owner was killed, and only now is heard.
        let is_late = fetched.status.code() == Some(NOT_FOUND);
        if is_late { fetch() } else { fetched }.ended_with(0);
        Model {
            links: self.sees_links(),
            ..Model::fetched(&place)
        }
    }

    fn sees_links(&self) -> BTreeMap<String, Link> {
        let listed = json(&self.cli.run(["shares", "--json"]));
        let links = listed["links"].as_array().expect("a list");
        let active = links.iter().filter(|link| link["status"] == "active");
        let ours = active.filter_map(|link| {
            let path = text(link, "path");
            let path = path.strip_prefix(self.deeds.home)?.strip_prefix('/')?.to_owned();
            let url = text(link, "url");
            Some((text(link, "id"), Link { path, url }))
        });
        ours.collect()
    }

    /// Kills the command somewhere within the time that it usually takes, or a moment later.
    fn dies(&mut self, kind: &'static str, typed: Typed) -> Option<Run> {
        let usual = self
            .takes
            .get(kind)
            .copied()
            .unwrap_or(Duration::from_millis(200));
        let usual_us = u64::try_from(usual.as_micros()).expect("not for ever").max(1_000);
        let pause = Duration::from_micros(self.deeds.dice.within(0..usual_us * 5 / 4));
        let run = typed.spawn().kill_after(pause);
        if run.is_none() {
            sleep(STILL_ON_THE_LINE);
        }
        run
    }

    fn timed<T>(&mut self, kind: &'static str, deed: impl FnOnce(&Self) -> T) -> T {
        let begun = Instant::now();
        let outcome = deed(self);
        self.takes.insert(kind, begun.elapsed());
        outcome
    }

    fn is_killed_while_getting(&mut self) {
        let path = self
            .deeds
            .dice
            .pick(self.model.files.keys().cloned())
            .expect("there are some");
        let folder = self.cli.home().join("got");
        fs::create_dir_all(&folder).expect("a folder");
        let place = folder.join("file");
        let get = |me: &Self| {
            me.cli
                .typed(["get", &me.deeds.remote(&path), "--force", "-o"])
                .arg(&place)
        };
        let typed = get(self);
        let run = self.dies("get", typed);
        if place.exists() || run.is_some() {
            self.assert_got(&path, &place);
        }
        self.count("get", if run.is_some() { "done" } else { "killed" });
        self.timed("get", |me| get(me).succeeds());
        self.assert_got(&path, &place);
        assert_eq!(every_file(&folder), [place], "only what was asked for");
        fs::remove_dir_all(&folder).expect("it is there");
    }

    fn assert_got(&self, path: &str, place: &PathBuf) {
        let got = fs::read(place).expect("it is there");
        assert_eq!(Bytes::of(&got), self.model.files[path], "{path}");
    }

    fn changes_the_password(&mut self, moment: &impl Fn() -> u64) {
        let next = self.next_password();
        let before = moment();
        let run = self.passwd(&next).finish();
        let had_a_server = before.is_multiple_of(2) && moment() == before;
        assert!(run.status.success() || !had_a_server, "{}", run.stderr);
        self.one_password_opens(next, run.status.success());
        self.count("passwd", if run.status.success() { "done" } else { "failed" });
    }

    fn is_killed_while_changing_the_password(&mut self) {
        let next = self.next_password();
        let typed = self.passwd(&next);
        let begun = Instant::now();
        let run = self.dies("passwd", typed);
        let is_done = run.is_some_and(|run| run.status.success());
        if is_done {
            self.takes.insert("passwd", begun.elapsed());
        }
        self.count("passwd", if is_done { "done" } else { "killed" });
        self.one_password_opens(next, is_done);
        self.checks();
    }

    fn next_password(&mut self) -> String {
        format!("password {}", self.deeds.dice.within(1..u64::MAX))
    }

    fn passwd(&self, next: &str) -> Typed {
        let lines = format!("{}\n{next}\n", self.password);
        self.cli.typed(["passwd", "--password-stdin"]).input(lines)
    }

    /// Exactly one of the old and the new one, and if the change was acknowledged, the new one.
    fn one_password_opens(&mut self, next: String, is_done: bool) {
        let (old, new) = (self.opens(&self.password), self.opens(&next));
        assert!(old != new, "old: {old}, new: {new}");
        assert!(new || !is_done, "the change was acknowledged");
        if new {
            self.password = next;
        }
        if !self.cli.typed(["whoami"]).finish().status.success() {
            assert!(!is_done, "who changes a password stays signed in");
            patiently(|| log_in(&self.cli, self.name, &self.password));
        }
    }

    fn opens(&self, password: &str) -> bool {
        let elsewhere = Cli::new(&self.server);
        patiently(|| log_in(&elsewhere, self.name, password))
            .status
            .success()
    }

    fn clear_the_desk(&self) {
        fs::remove_dir_all(&self.deeds.desk).expect("it is there");
        fs::create_dir(&self.deeds.desk).expect("a new folder");
    }

    fn count(&mut self, kind: &str, outcome: &str) {
        *self.counted.entry(format!("{kind}: {outcome}")).or_default() += 1;
    }
}

impl Deed {
    /// The same again, from wherever it has come.
    fn again(&self) -> Self {
        Self {
            words: self.words.clone(),
            input: self.input.clone(),
            states: self.states.clone(),
            ..*self
        }
    }

    /// Whether whoever is back at work does it again.
    fn is_due(&self, now: &Model) -> bool {
        let done = self.states.last().expect("there is the last state");
        self.repeatable || !done.is(now)
    }
}

fn log_in(cli: &Cli, name: &str, password: &str) -> Run {
    cli.typed(["login", name, "--password-stdin"])
        .input(password)
        .finish()
}

/// What may not be repeated blindly is repeated by the person, when the server is there again.
fn patiently(attempt: impl Fn() -> Run) -> Run {
    let begun = Instant::now();
    loop {
        let run = attempt();
        let code = run.status.code();
        if [Some(0), Some(NO_ACCESS)].contains(&code) {
            return run;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{}", run.stderr);
    }
}

fn text(of: &Value, field: &str) -> String {
    of[field].as_str().unwrap_or_default().to_owned()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("answers are JSON")
}
