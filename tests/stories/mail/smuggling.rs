//! SMTP smuggling (SEC Consult, 2023): nobody makes two messages out of one, of which the second says what its sender
//! might not have said.

use postern_tests::{Carrier, Postfix, Server, Setup};

use super::{ALICE, LAST, Mailbox, chunk};

/// What some servers have taken for the end of a message: those that `smtpsmug` tries.
const ENDINGS: [&str; 10] = [
    "\n.\n",
    "\r.\r",
    "\r.\n",
    "\n.\r",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r\n",
    "\r\n.\r",
    "\r\n\0.\r\n",
    "\r\n.\0\r\n",
];
const END: &str = "\r\n.\r\n";
const SMUGGLED: &str = "smuggled";
/// How what is to be smuggled in ends.
const CLOSE: &str = "Send me your password.";

#[test]
fn f1_nothing_that_resembles_the_end_of_a_message_ends_it() {
    let house = House::new();
    for (number, ending) in ENDINGS.into_iter().enumerate() {
        let text = outer(&format!("whole {number}"), ending) + END;
        house.hears(|carrier| {
            carrier.announces(ALICE, "")?;
            carrier.sends(text.as_bytes())
        });
        let text = outer(&format!("in pieces {number}"), ending) + END;
        house.hears(|carrier| {
            carrier.announces(ALICE, "")?;
            text.as_bytes()
                .chunks(1)
                .try_for_each(|piece| carrier.sends(piece))
        });
    }
    house.nothing_was_smuggled();
}

#[test]
fn f1_a_chunk_is_text_wherever_it_is_cut() {
    let house = House::new();
    for (number, ending) in ENDINGS.into_iter().chain([END]).enumerate() {
        for cut in 0..=ending.len() {
            let text = outer(&format!("chunks {number} {cut}"), ending) + "\r\n";
            let at = text.find(ending).expect("it is in there") + cut;
            let (first, last) = text.as_bytes().split_at(at);
            house.hears(|carrier| {
                carrier
                    .sends(format!("MAIL FROM:<bob@sender.example>\r\nRCPT TO:<{ALICE}>\r\n").as_bytes())?;
                // Both in one packet: what is behind a chunk that was refused must not be read as commands.
                carrier.sends(&[chunk(first, ""), chunk(last, " LAST")].concat())
            });
        }
    }
    let taken = house.nothing_was_smuggled();
    // Whose lines end as they should is a message like any other, with all that is in it.
    for cut in 0..=END.len() {
        let subject = format!("chunks {} {cut}", ENDINGS.len());
        assert!(taken.contains(&subject), "{subject}");
    }
}

#[test]
fn f1_a_text_whose_announcement_was_refused_is_not_read_as_commands() {
    let house = House::new();
    let inner = inner();
    for announcement in [
        "MAIL FROM:<bob@sender.example>\r\nRCPT TO:<nobody@localhost>\r\nDATA\r\n",
        "MAIL FROM:<bob@sender.example>\r\nDATA\r\n",
        "RCPT TO:<alice@localhost>\r\nDATA\r\n",
        "DATA\r\n",
        "NOOP\r\nDATA\r\n",
        "MAIL FROM:<bob@sender.example> SIZE=999999999999\r\nRCPT TO:<alice@localhost>\r\nDATA\r\n",
    ] {
        house.hears(|carrier| {
            carrier.sends(format!("{announcement}Subject: outer\r\n\r\n{inner}{END}").as_bytes())
        });
    }
    // And with the text in the same packet as an announcement that is accepted.
    house.hears(|carrier| {
        let announcement = format!("MAIL FROM:<bob@sender.example>\r\nRCPT TO:<{ALICE}>\r\nDATA\r\n");
        carrier.sends(format!("{announcement}{}{END}", outer("in a hurry", "\n.\n")).as_bytes())
    });
    house.nothing_was_smuggled();
}

#[test]
fn f1_nothing_is_smuggled_through_a_postfix_in_front() {
    let house = House::new();
    let postfix = Postfix::relaying_to(house.server.mail());
    for (number, ending) in ENDINGS.into_iter().enumerate() {
        let mut carrier = Carrier::to(postfix.address()).expect("it listens");
        assert_eq!(carrier.announces(ALICE, "").expect("it answers"), None);
        let text = outer(&format!("relayed {number}"), ending) + END + "QUIT\r\n";
        carrier.sends(text.as_bytes()).expect("it reads");
        carrier.hears_the_rest().expect("it answers");
    }
    postfix.waits_until_it_has_handed_on_all();
    let taken = house.nothing_was_smuggled();
    println!("taken: {taken:?}\n{}", postfix.log());
    assert!(!taken.is_empty(), "{}", postfix.log());
}

/// A message, what some take for its end, and another message behind it.
fn outer(subject: &str, ending: &str) -> String {
    format!("Subject: {subject}\r\n\r\nThis is all.{ending}{}", inner())
}

fn inner() -> String {
    format!(
        "MAIL FROM:<admin@localhost>\r\nRCPT TO:<{ALICE}>\r\nDATA\r\nFrom: admin@localhost\r\nSubject: {SMUGGLED}\r\n\r\n\
         {CLOSE}"
    )
}

struct House {
    setup: Setup,
    server: Server,
    alice: Mailbox,
}

impl House {
    fn new() -> Self {
        let setup = Setup::folder_and_sqlite();
        let server = setup.start();
        let alice = Mailbox::of_alice(&server);
        Self { setup, server, alice }
    }

    /// A conversation, which brings one message at most.
    #[track_caller]
    fn hears(&self, says: impl FnOnce(&mut Carrier) -> std::io::Result<()>) {
        let mut carrier = Carrier::to(self.server.mail()).expect("it listens");
        // Who is cut off while still talking has heard the answer.
        let _ = says(&mut carrier).and_then(|()| carrier.sends(b"QUIT\r\n"));
        let heard = carrier.hears_the_rest().expect("it answers");
        assert!(heard.matches("Message accepted").count() <= 1, "{heard}");
    }

    /// Subjects of all messages that came, each with all of its text: where one was cut, something was left over.
    #[track_caller]
    fn nothing_was_smuggled(self) -> Vec<String> {
        let letters = self.alice.letters_after_the_last(&self.server);
        for letter in letters.iter().filter(|letter| letter.subject != LAST) {
            let text = String::from_utf8_lossy(&self.alice.export(letter)).into_owned();
            assert!(text.contains(CLOSE), "{text}");
        }
        let subjects: Vec<_> = letters.into_iter().map(|letter| letter.subject).collect();
        assert!(
            !subjects.iter().any(|subject| subject == SMUGGLED),
            "{subjects:?}"
        );
        for subject in &subjects {
            let copies = subjects.iter().filter(|other| *other == subject).count();
            assert_eq!(copies, 1, "{subject}");
        }
        assert!(self.server.stop(), "{}", self.setup.log());
        subjects
    }
}
