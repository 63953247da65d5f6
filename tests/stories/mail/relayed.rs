//! Mail that Debian's Postfix brings, of every kind that there is.

use postern_tests::{Calls, Canary, Carrier, Errno, FailingDisk, Postfix, Setup, noise};

use super::{ALICE, Mailbox, was_taken};

/// Stands in every message, in its head and its text.
const SECRET: &str = "canary of the post Rk5wZq";
const LARGE: usize = 50 << 20;

/// A message that Postfix is given, and with which parameters.
struct Given {
    parameters: &'static str,
    subject: &'static str,
    text: Vec<u8>,
}

#[test]
fn every_kind_of_message_comes_from_postfix_byte_for_byte_and_is_sealed_wherever_it_lies() {
    let disk = FailingDisk::healthy();
    let setup = Setup::folder_and_sqlite().on_a_disk_that_may_fail(&disk);
    let server = setup.start();
    let alice = Mailbox::of_alice(&server);
    let postfix = Postfix::relaying_to(server.mail());
    // So that it lies in the spool while it is looked for.
    disk.fails(Calls::WRITE | Calls::NAME, Errno::EIO, "/blobs/", None);
    let given = every_kind();
    let mut carrier = Carrier::to(postfix.address()).expect("it listens");
    for message in &given {
        let refused = carrier.announces(ALICE, message.parameters).expect("it answers");
        assert_eq!(refused, None);
        assert!(was_taken(&carrier.ends(&message.text).expect("it answers")));
    }
    postfix.waits_until_it_has_handed_on_all();
    assert_eq!(
        postfix.log().matches("status=sent").count(),
        given.len(),
        "{}",
        postfix.log()
    );
    assert!(alice.letters().is_empty(), "nothing can be handed on yet");
    is_nowhere(&setup);
    disk.heals();
    let letters = alice.letters_once_there_are(given.len());
    assert!(letters.iter().all(|letter| letter.origin == "gateway"));
    for Given { subject, text, .. } in &given {
        let letter = letters.iter().find(|letter| letter.subject == *subject);
        let came = alice.export(letter.expect("it came"));
        let trace = came.strip_suffix(&text[..]).expect("it ends as it was given");
        let trace = String::from_utf8(trace.to_vec()).expect("text");
        assert_eq!(
            trace.matches("Received: from sender.example").count(),
            1,
            "{trace}"
        );
        let is_field = |line: &str| line.starts_with("Received:") || line.starts_with([' ', '\t']);
        assert!(trace.lines().all(is_field), "Postfix adds nothing else: {trace}");
    }
    is_nowhere(&setup);
    assert!(server.stop());
    is_nowhere(&setup);
}

fn is_nowhere(setup: &Setup) {
    let canary = Canary::new("the text", SECRET);
    canary.must_not_be_in("the log", setup.log().as_bytes());
    for folder in setup.stored() {
        canary.must_not_be_below(folder);
    }
}

fn every_kind() -> Vec<Given> {
    let head = |subject: &str, rest: &str| {
        format!(
            "From: Bob <bob@sender.example>\r\nTo: {ALICE}\r\nSubject: {subject}\r\nDate: Fri, 27 Nov 2026 10:00:00 +0000\r\n\
             Message-ID: <{}@sender.example>\r\nX-Secret: {SECRET}\r\nMIME-Version: 1.0\r\n{rest}\r\n",
            subject.len()
        )
    };
    let given = |parameters, subject, text: String| Given {
        parameters,
        subject,
        text: text.into_bytes(),
    };
    let plain =
        head("plain", "Content-Type: text/plain\r\n") + SECRET + "\r\n.\r\n..\r\n \r\n\r\nthe end\r\n";
    let html = head(
        "html",
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n",
    ) + &format!("<p>{SECRET}</p><p>\u{e4}\u{f6}\u{fc} \u{20ac}</p>\r\n");
    let parts = format!(
        "--b\r\nContent-Type: text/plain\r\n\r\n{SECRET}\r\n--b\r\nContent-Type: application/octet-stream; name=a.bin\r\n\
         Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\n{}--b--\r\n",
        in_lines(30_000)
    );
    let multipart = head("multipart", "Content-Type: multipart/mixed; boundary=b\r\n") + &parts;
    let mut latin = head(
        "eight bits",
        "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n",
    )
    .into_bytes();
    latin.extend_from_slice(SECRET.as_bytes());
    latin.extend_from_slice(b"\r\nGr\xfc\xdfe, no UTF-8: \xff\xfe\x80\r\n");
    let utf8 = head("Gr\u{fc}\u{df}e", "Cc: \u{fc}ber <carol@sender.example>\r\n") + SECRET + "\r\n";
    let large = head("large", "Content-Type: text/plain\r\n") + SECRET + "\r\n" + &in_lines(LARGE);
    vec![
        given("", "plain", plain),
        given(" BODY=8BITMIME", "html", html),
        given("", "multipart", multipart),
        Given {
            parameters: " BODY=8BITMIME",
            subject: "eight bits",
            text: latin,
        },
        given(" BODY=8BITMIME SMTPUTF8", "Gr\u{fc}\u{df}e", utf8),
        given("", "large", large),
    ]
}

/// So many bytes that nothing could make smaller, in lines of hexadecimal digits.
fn in_lines(size_bytes: usize) -> String {
    let digits: String = noise(7, size_bytes / 2)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let lines = digits
        .as_bytes()
        .chunks(72)
        .map(|line| String::from_utf8_lossy(line) + "\r\n");
    lines.collect()
}
