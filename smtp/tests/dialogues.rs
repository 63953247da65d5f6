//! Conversations, as files in `dialogues/`: each is held twice, every turn in one piece, and byte by byte.
//!
//! `C:` is a line of the client, `c:` one without its end, with `\r`, `\n`, `\0` and `\xNN`; what stands under one another is one
//! turn. `S:` is what the server has to say then, where `*` stands for anything; `E:` what it has to tell its driver.
//! `T:` lets so many seconds pass. `SET:` says what the server offers, or that the turns are not to be cut.
//!
//! The driver of these tests accepts everything but what is called `spammer`, `unknown`, `full` or `later`, the password
//! `wrong`, and texts that say REFUSE; it gives up in the middle of those that say BREAK.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use postern_smtp::{Event, Limits, Offer, Reply, Session, SignIn};

struct Turn {
    line: usize,
    says: Vec<u8>,
    seconds: u64,
    replies: Vec<String>,
    events: Vec<String>,
}

struct Dialogue {
    offer: Offer,
    secure: bool,
    cuttable: bool,
    turns: Vec<Turn>,
}

#[test]
fn every_dialogue_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    names.sort();
    assert!(names.len() > 10, "only {} dialogues", names.len());
    for path in names {
        let dialogue = Dialogue::parse(&fs::read_to_string(&path).expect("it can be read"));
        dialogue.hold(&path, usize::MAX);
        if dialogue.cuttable {
            dialogue.hold(&path, 1);
        }
    }
}

impl Dialogue {
    fn parse(text: &str) -> Self {
        let mut dialogue = Self {
            offer: Offer {
                host: "mail.example.org".to_owned(),
                start_tls: false,
                sign_in: SignIn::Never,
                limits: Limits {
                    line_bytes: 1000,
                    ..Limits::default()
                },
            },
            secure: false,
            cuttable: true,
            turns: vec![Turn::new(0)],
        };
        for (at, line) in text.lines().enumerate() {
            let Some((kind, rest)) = line.split_once(':') else {
                assert!(
                    line.is_empty() || line.starts_with('#'),
                    "line {}: {line}",
                    at + 1
                );
                continue;
            };
            dialogue.take(at + 1, kind, rest.strip_prefix(' ').unwrap_or(rest));
        }
        dialogue
    }

    fn take(&mut self, line: usize, kind: &str, rest: &str) {
        if matches!(kind, "C" | "c" | "T") && self.turns.last().is_none_or(|turn| !turn.is_open(kind)) {
            self.turns.push(Turn::new(line));
        }
        let turn = self.turns.last_mut().expect("there is one");
        match kind {
            "SET" => self.set(rest),
            "C" => turn.says.extend(format!("{rest}\r\n").bytes()),
            "c" => turn.says.extend(unescape(rest)),
            "T" => turn.seconds = rest.parse().expect("seconds"),
            "S" => turn.replies.push(rest.to_owned()),
            "E" => turn.events.push(rest.to_owned()),
            _ if kind.starts_with('#') => {}
            _ => panic!("line {line}: {kind}"),
        }
    }

    fn set(&mut self, what: &str) {
        let limits = &mut self.offer.limits;
        match what.split_once(' ').unwrap_or((what, "")) {
            ("start-tls", "") => self.offer.start_tls = true,
            ("sign-in", "") => self.offer.sign_in = SignIn::Required,
            ("secure", "") => self.secure = true,
            ("whole", "") => self.cuttable = false,
            ("size", bytes) => limits.message_bytes = bytes.parse().expect("bytes"),
            ("recipients", count) => limits.recipients = count.parse().expect("a number"),
            ("messages", count) => limits.messages = count.parse().expect("a number"),
            ("errors", count) => limits.errors = count.parse().expect("a number"),
            _ => panic!("SET: {what}"),
        }
    }

    fn hold(&self, path: &Path, piece: usize) {
        let began = Instant::now();
        let mut driver = Driver {
            session: Session::new(self.offer.clone(), self.secure, began),
            now: began,
            events: Vec::new(),
            output: Vec::new(),
            text: Vec::new(),
            tls: false,
        };
        for turn in &self.turns {
            driver.now += Duration::from_secs(turn.seconds);
            driver.session.expire(driver.now);
            for bytes in turn.says.chunks(piece) {
                driver.session.receive(bytes, driver.now);
                driver.go_on();
            }
            driver.go_on();
            let at = format!("{}:{} in pieces of {piece}", path.display(), turn.line);
            driver.check(turn, &at);
        }
    }
}

impl Turn {
    fn new(line: usize) -> Self {
        Self {
            line,
            says: Vec::new(),
            seconds: 0,
            replies: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Whether a line of this kind still belongs to it.
    fn is_open(&self, kind: &str) -> bool {
        kind != "T" && self.line > 0 && self.replies.is_empty() && self.events.is_empty()
    }
}

struct Driver {
    session: Session,
    now: Instant,
    events: Vec<String>,
    output: Vec<u8>,
    text: Vec<u8>,
    tls: bool,
}

impl Driver {
    fn go_on(&mut self) {
        while self.next() {}
        self.output.extend(self.session.output());
    }

    fn next(&mut self) -> bool {
        let session = &mut self.session;
        let Some(event) = session.poll() else { return false };
        let told = match event {
            Event::SignIn(credentials) => {
                let told = format!("sign-in {} {}", credentials.name, credentials.password.as_str());
                answer(
                    session,
                    (credentials.password.as_str() == "wrong").then(|| no(535, "5.7.8")),
                );
                told
            }
            Event::Sender(sender) => {
                let told = format!("from <{}>", sender.path);
                answer(session, told.contains("spammer").then(|| no(550, "5.7.1")));
                told
            }
            Event::Recipient(recipient) => {
                let told = format!("to <{}>", recipient.path);
                let refusal = match told.split(['<', '@']).nth(1) {
                    Some("unknown") => Some(no(550, "5.1.1")),
                    Some("full") => Some(no(452, "4.2.2")),
                    Some("gone") => Some(no(421, "4.3.0")),
                    _ => None,
                };
                answer(session, refusal);
                told
            }
            Event::Text => {
                self.text.clear();
                let later = self.events.iter().any(|told| told.contains("later@"));
                answer(session, later.then(|| no(451, "4.3.0")));
                "text".to_owned()
            }
            Event::Piece(piece) => {
                self.text.extend_from_slice(piece);
                if self.text.windows(5).any(|word| word == b"BREAK") {
                    session.refuse_text(&no(452, "4.3.1"));
                }
                return true;
            }
            Event::End => {
                let told = format!("end {:?}", String::from_utf8_lossy(&self.text));
                answer(session, told.contains("REFUSE").then(|| no(554, "5.7.1")));
                told
            }
            Event::Abandoned => "abandoned".to_owned(),
            Event::StartTls => {
                self.tls = true;
                "tls".to_owned()
            }
            Event::Close => {
                if self.events.last().is_none_or(|told| told != "close") {
                    self.events.push("close".to_owned());
                }
                return false;
            }
        };
        self.events.push(told);
        true
    }

    fn check(&mut self, turn: &Turn, at: &str) {
        let output = String::from_utf8(std::mem::take(&mut self.output)).expect("replies are text");
        assert!(output.is_empty() || output.ends_with("\r\n"), "{at}: {output:?}");
        let replies: Vec<&str> = output.split_terminator("\r\n").collect();
        let alike = replies.len() == turn.replies.len()
            && replies
                .iter()
                .zip(&turn.replies)
                .all(|(reply, wanted)| matches(reply, wanted));
        assert!(alike, "{at}: it said {replies:#?}, not {:#?}", turn.replies);
        let events = std::mem::take(&mut self.events);
        assert_eq!(events, turn.events, "{at}");
        if std::mem::take(&mut self.tls) {
            self.session.secured(self.now);
        }
    }
}

fn answer(session: &mut Session, refusal: Option<Reply>) {
    match refusal {
        Some(reply) => session.refuse(&reply),
        None => session.accept(),
    }
}

fn no(code: u16, status: &'static str) -> Reply {
    Reply::new(code, status, "No")
}

fn matches(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        Some((head, tail)) => {
            text.len() >= head.len() + tail.len() && text.starts_with(head) && text.ends_with(tail)
        }
        None => text == pattern,
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next().expect("something behind the backslash") {
                b'r' => b'\r',
                b'n' => b'\n',
                b'0' => 0,
                b'x' => {
                    let digits = [rest.next(), rest.next()].map(|digit| digit.expect("two digits"));
                    let digits = std::str::from_utf8(&digits).expect("digits");
                    u8::from_str_radix(digits, 16).expect("hexadecimal")
                }
                other => other,
            },
            other => other,
        });
    }
    bytes
}
