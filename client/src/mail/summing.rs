//! What a list shows of a message that its owner puts into the mailbox: as the gateway says it of one that comes in.

use postern_crypto::mail::{Attachment, MAX_ADDRESS, Mailbox as Person, Summary};
use postern_mime::{Head, Mailboxes, Message};
use postern_protocol::TimeMs;

use super::Letter;

/// How long a beginning is shown.
const SNIPPET_BYTES: usize = 300;

impl Letter {
    /// What a list shows of it. `now` is when it is put there, for one that does not say when it was written.
    #[must_use]
    pub fn summary(&self, now: TimeMs) -> Summary {
        let message = self.message();
        let head = message.head();
        let date_ms = head.date_ms();
        Summary {
            // Nothing came later than now, whatever it says of itself: it would stand above all that comes.
            received_ms: head.received_ms().or(date_ms).unwrap_or(now.0).min(now.0),
            from: people(&head.from()),
            to: people(&head.to()),
            cc: people(&head.cc()),
            reply_to: people(&head.reply_to()),
            subject: cut(&head.subject().unwrap_or_default(), Summary::MAX_SUBJECT),
            date_ms,
            message_id: cut(&head.message_id().unwrap_or_default(), Summary::MAX_MESSAGE_ID),
            references: references(head),
            snippet: snippet(&message),
            attachments: attachments(&message),
            ..Summary::default()
        }
    }
}

fn people(mailboxes: &Mailboxes) -> Vec<Person> {
    let person = |mailbox: &postern_mime::Mailbox| Person {
        name: cut(&mailbox.name, Summary::MAX_NAME),
        address: cut(&mailbox.address, MAX_ADDRESS),
    };
    let most = Summary::MAX_MAILBOXES as usize;
    mailboxes.all.iter().take(most).map(person).collect()
}

/// All that it answers, the latest last, each once.
fn references(head: &Head<'_>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for id in head.references().into_iter().chain(head.in_reply_to()) {
        let id = cut(&id, Summary::MAX_MESSAGE_ID);
        all.retain(|known| *known != id);
        all.push(id);
    }
    let extra = all.len().saturating_sub(Summary::MAX_REFERENCES as usize);
    all.split_off(extra)
}

fn snippet(message: &Message<'_>) -> String {
    let text = message.plain_text();
    let words = text.split_whitespace();
    let mut snippet = String::new();
    for word in words {
        if snippet.len() + word.len() >= SNIPPET_BYTES {
            break;
        }
        if !snippet.is_empty() {
            snippet.push(' ');
        }
        snippet.push_str(word);
    }
    snippet
}

fn attachments(message: &Message<'_>) -> Vec<Attachment> {
    let view = message.view();
    let attachment = |part: &&postern_mime::Part<'_>| Attachment {
        name: cut(part.name().unwrap_or_default(), Summary::MAX_NAME),
        media_type: cut(part.media_type(), Summary::MAX_NAME),
        size_bytes: part.size_bytes(),
    };
    let most = Summary::MAX_ATTACHMENTS as usize;
    view.attachments.iter().take(most).map(attachment).collect()
}

fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

#[cfg(test)]
mod tests {
    use postern_crypto::ContentKey;

    use super::*;

    const NOW: TimeMs = TimeMs(1_795_000_000_000);

    fn summary(text: &str) -> Summary {
        Letter::new(text.as_bytes().to_vec()).summary(NOW)
    }

    #[test]
    fn a_message_is_summed_up_as_the_gateway_does() {
        let summary = summary(
            "Received: from a by b; Tue, 14 Nov 2023 22:13:20 +0000\r\nReceived: from c by a; Mon, 13 Nov 2023 00:00:00 +0000\r\n\
             From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\r\nTo: a@example.org, b@example.org\r\nSubject: Tea\r\n\
             Date: Mon, 13 Nov 2023 00:00:00 +0000\r\nMessage-ID: <2@x>\r\nReferences: <0@x> <1@x>\r\nIn-Reply-To: <1@x>\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nDear  all,\r\nat five.\r\n--b\r\n\
             Content-Type: application/pdf; name=plan.pdf\r\n\r\n%PDF\r\n--b--\r\n",
        );
        assert_eq!(summary.received_ms, 1_700_000_000_000);
        assert_eq!(summary.date_ms, Some(1_699_833_600_000));
        assert_eq!((&*summary.from[0].name, summary.to.len()), ("Jürgen", 2));
        assert_eq!((&*summary.subject, &*summary.message_id), ("Tea", "2@x"));
        assert_eq!(summary.references, ["0@x", "1@x"]);
        assert_eq!(summary.snippet, "Dear all, at five.");
        assert_eq!(
            (&*summary.attachments[0].name, summary.attachments[0].size_bytes),
            ("plan.pdf", 4)
        );
    }

    #[test]
    fn what_says_nothing_of_its_time_is_of_now() {
        assert_eq!(summary("Subject: x\r\n\r\n").received_ms, NOW.0);
        assert_eq!(summary("").received_ms, NOW.0);
    }

    #[test]
    fn f7_whatever_is_put_there_has_a_summary_that_opens() {
        let many = (0..3_000).map(|n| format!("{n}{}@x.example", "ä".repeat(200)));
        let many = many.collect::<Vec<_>>().join(", ");
        let ids: String = (0..500).map(|n| format!("<{n}{}@x> ", "i".repeat(300))).collect();
        let text = format!(
            "From: {many}\r\nTo: {many}\r\nSubject: {}\r\nReferences: {ids}\r\n\r\n{}",
            "s".repeat(9_000),
            "w".repeat(10_000)
        );
        let (summary, key) = (summary(&text), ContentKey::from_bytes([1; 32]));
        let sealed = summary.seal(&key, &[2; 16], &mut rand::rng());
        assert_eq!(Summary::open(&key, &[2; 16], &sealed), Ok(summary));
    }
}
