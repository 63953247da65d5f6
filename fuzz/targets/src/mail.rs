//! What strangers send: SMTP, messages, and what a gateway says of them.

use std::time::Instant;

use postern_mime::{Message, Part, Role, text_of_html};
use postern_search::{Query, Words, merge};
use postern_smtp::{Event, Limits, Offer, Reply, Session, SignIn};

/// A conversation: `\xff` ends a turn, which no text has in it. However it goes, replies are whole lines that begin with a
/// number, and the lines of a message end with CR LF.
pub(crate) fn smtp(data: &[u8]) {
    let offer = Offer {
        host: "mail.example.org".to_owned(),
        start_tls: true,
        sign_in: SignIn::Never,
        limits: Limits {
            line_bytes: 200,
            message_bytes: 200,
            ..Limits::default()
        },
    };
    let now = Instant::now();
    let mut session = Session::new(offer, false, now);
    let mut text = Vec::new();
    for turn in data.split(|byte| *byte == 0xff) {
        let said = session.output();
        check_replies(&said);
        session.receive(turn, now);
        while go_on(&mut session, &mut text, now) {}
    }
    check_replies(&session.output());
}

fn go_on(session: &mut Session, text: &mut Vec<u8>, now: Instant) -> bool {
    let Some(event) = session.poll() else { return false };
    let refused = match event {
        Event::Piece(piece) => {
            text.extend_from_slice(piece);
            return true;
        }
        Event::Close => return false,
        Event::Abandoned => {
            text.clear();
            return true;
        }
        Event::StartTls => {
            session.secured(now);
            return true;
        }
        Event::Recipient(recipient) => recipient.path.to_string().len() % 4 == 0,
        Event::Text => {
            text.clear();
            false
        }
        Event::End => {
            check_text(text);
            false
        }
        Event::Sender(_) | Event::SignIn(_) => false,
    };
    if refused {
        session.refuse(&Reply::new(550, "5.1.1", "Unknown"));
    } else {
        session.accept();
    }
    true
}

fn check_replies(said: &[u8]) {
    let said = std::str::from_utf8(said).expect("replies are text");
    assert!(said.is_empty() || said.ends_with("\r\n"), "{said:?}");
    for line in said.split_terminator("\r\n") {
        assert!(
            line.get(..3).is_some_and(|code| code.parse::<u16>().is_ok()),
            "{line:?}"
        );
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    }
}

fn check_text(text: &[u8]) {
    assert!(text.len() <= 200);
    let pairs = text.windows(2).filter(|pair| pair == b"\r\n").count();
    let signs = text.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
    assert_eq!(signs, 2 * pairs);
}

/// What somebody types, up to a NUL, and a piece of an index: whatever both are, no message is found twice.
pub(crate) fn words(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (typed, piece) = data.split_at(end);
    let query = Query::parse(crate::typed(typed), 0, 0).unwrap_or_default();
    let Ok(words) = Words::open(piece.get(1..).unwrap_or_default().to_vec()) else {
        return;
    };
    if let Ok(found) = words.matching(&query) {
        assert!(found.len() <= words.messages().len());
    }
    if let Ok(whole) = merge(&[&words, &words], |_| true) {
        assert!(whole.messages().len() <= words.messages().len());
    }
}

/// A message, under limits that a short one can reach: whatever it is, it has a first part, and what is read of it has
/// the size that is said.
pub(crate) fn mime(data: &[u8]) {
    let limits = postern_mime::Limits {
        depth: 4,
        parts: 20,
        header_bytes: 2_000,
        field_bytes: 500,
        parameters: 5,
        addresses: 5,
        text_bytes: 1_000,
    };
    let message = Message::parse(data, &limits);
    assert!(message.parts().len() <= limits.parts);
    assert_eq!(message.root().raw(), data);
    for part in message.parts() {
        read_part(part);
    }
    let _ = (message.view(), message.plain_text());
}

fn read_part(part: &Part<'_>) {
    let head = part.head();
    for kind in [head.from(), head.to(), head.cc(), head.reply_to()] {
        assert!(kind.all.len() <= 5 && !kind.to_string().contains('\n'));
    }
    let _ = (
        head.subject(),
        head.date_ms(),
        head.message_id(),
        head.references(),
    );
    if matches!(part.role(), Role::Multipart(_)) {
        return;
    }
    assert_eq!(part.size_bytes(), part.decode().len() as u64);
    let written = part.text();
    let _ = (
        written.paragraphs().count(),
        text_of_html(&written.text),
        part.calendar(),
    );
}

/// The summary of a message.
pub(crate) fn summary(data: &[u8]) {
    postern_crypto::fuzzing::mail_summary(data);
}
