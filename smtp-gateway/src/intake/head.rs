//! What a message's head says, for the list of messages.

use std::collections::HashSet;

use mail_parser::{Addr, Address, HeaderName, HeaderValue, Message, MessageParser};
use postern_crypto::mail::{MAX_ADDRESS, Mailbox, Summary};

use crate::texts::{cut, one_line};

/// Fills in what the head says.
pub(crate) fn fill(summary: &mut Summary, head: &[u8]) {
    let Some(message) = MessageParser::default().parse_headers(head) else {
        return;
    };
    summary.from = mailboxes(&message, HeaderName::From);
    summary.to = mailboxes(&message, HeaderName::To);
    summary.cc = mailboxes(&message, HeaderName::Cc);
    summary.reply_to = mailboxes(&message, HeaderName::ReplyTo);
    summary.subject = line(message.subject(), Summary::MAX_SUBJECT);
    summary.date_ms = message
        .date()
        .filter(|date| date.is_valid())
        .map(|date| date.to_timestamp().saturating_mul(1_000));
    summary.message_id = line(message.message_id(), Summary::MAX_MESSAGE_ID);
    summary.references = references(&message);
}

/// The address in `From`, in small letters, if there is one field of that name with one well-formed address: that is what a
/// message should have, and what can be checked. Of several each program shows another one (threat F6).
pub(crate) fn author(head: &[u8]) -> Option<String> {
    if fields_named_from(head) != 1 {
        return None;
    }
    let message = MessageParser::default().parse_headers(head)?;
    let fields: Vec<_> = message.header_values(HeaderName::From).collect();
    let [field] = &fields[..] else { return None };
    let authors: Vec<_> = addresses(field).collect();
    let [author] = &authors[..] else { return None };
    let author = author.address()?;
    let parsed = postern_smtp::Address::parse(author).ok()?;
    // Allowed between quotes, and meant to be taken for something else.
    (!parsed.local().contains('@')).then(|| author.to_lowercase())
}

/// However they are written: some programs take `From :` for `From:`, some do not.
fn fields_named_from(head: &[u8]) -> usize {
    let names = head
        .split(|byte| *byte == b'\n')
        .filter_map(|line| line.split(|byte| *byte == b':').next());
    names
        .filter(|name| {
            let is_sign = |byte: &u8| byte.is_ascii_graphic();
            let signs = name.iter().copied().filter(is_sign);
            signs.map(|byte| byte.to_ascii_lowercase()).eq(*b"from")
        })
        .count()
}

fn mailboxes(message: &Message<'_>, name: HeaderName<'static>) -> Vec<Mailbox> {
    let all = message.header_values(name).flat_map(addresses);
    let shown = all.filter_map(mailbox);
    shown.take(Summary::MAX_MAILBOXES as usize).collect()
}

fn addresses<'a>(field: &'a HeaderValue<'_>) -> impl Iterator<Item = &'a Addr<'a>> {
    let list = match field {
        HeaderValue::Address(Address::List(list)) => list.iter().collect(),
        HeaderValue::Address(Address::Group(groups)) => groups
            .iter()
            .flat_map(|group| &group.addresses)
            .collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    list.into_iter()
}

fn mailbox(addr: &Addr<'_>) -> Option<Mailbox> {
    let mailbox = Mailbox {
        name: line(addr.name(), Summary::MAX_NAME),
        address: line(addr.address(), MAX_ADDRESS),
    };
    (mailbox != Mailbox::default()).then_some(mailbox)
}

/// The latest ones: a thread may be longer than the list.
fn references(message: &Message<'_>) -> Vec<String> {
    // A head has room for tens of thousands, and each is there once: nobody looks through all of them for each of them.
    let (mut all, mut known) = (Vec::new(), HashSet::new());
    for field in [message.references(), message.in_reply_to()] {
        for id in ids(field) {
            let id = line(Some(id), Summary::MAX_MESSAGE_ID);
            if !id.is_empty() && known.insert(id.clone()) {
                all.push(id);
            }
        }
    }
    let most = Summary::MAX_REFERENCES as usize;
    all.split_off(all.len().saturating_sub(most))
}

fn ids<'a>(field: &'a HeaderValue<'_>) -> Vec<&'a str> {
    match field {
        HeaderValue::Text(id) => vec![id],
        HeaderValue::TextList(ids) => ids.iter().map(AsRef::as_ref).collect(),
        _ => Vec::new(),
    }
}

fn line(text: Option<&str>, max_bytes: usize) -> String {
    cut(one_line(text.unwrap_or_default()), max_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(head: &str) -> Summary {
        let mut summary = Summary::default();
        fill(&mut summary, head.replace('\n', "\r\n").as_bytes());
        summary
    }

    fn mailbox(name: &str, address: &str) -> Mailbox {
        Mailbox {
            name: name.to_owned(),
            address: address.to_owned(),
        }
    }

    #[test]
    fn a_head_is_read_and_decoded() {
        let summary = filled(
            "From: =?utf-8?q?J=C3=BCrgen?= <juergen@example.org>
To: a@x, \"B, C\" <b@x>;
Cc: friends: c@x, d@x;
Reply-To: list@x
Subject: =?iso-8859-1?q?Gr=FC=DFe?=
 aus
 =?utf-8?b?S8O2bG4=?=
Date: Tue, 24 Nov 2026 10:00:00 +0100
Message-ID: <one@example.org>
In-Reply-To: <three@x>
References: <two@x>
 <three@x>
",
        );
        assert_eq!(summary.from, [mailbox("Jürgen", "juergen@example.org")]);
        assert_eq!(summary.to, [mailbox("", "a@x"), mailbox("B, C", "b@x")]);
        assert_eq!(summary.cc, [mailbox("", "c@x"), mailbox("", "d@x")]);
        assert_eq!(summary.reply_to, [mailbox("", "list@x")]);
        assert_eq!(summary.subject, "Grüße aus Köln");
        assert_eq!(summary.date_ms, Some(1_795_510_800_000));
        assert_eq!(summary.message_id, "one@example.org");
        assert_eq!(summary.references, ["two@x", "three@x"]);
    }

    #[test]
    fn a_head_that_says_little_or_nonsense_is_no_error() {
        for head in [
            "",
            "\n",
            "no field\n",
            "From\n",
            "Subject: \n",
            "From: <>\n",
            "Date: never\n",
        ] {
            assert_eq!(filled(head), Summary::default(), "{head:?}");
        }
        assert_eq!(filled("From: nobody\n").from, [mailbox("nobody", "")]);
        assert_eq!(filled("Subject: a\0b\x07c\n").subject, "a b c");
    }

    #[test]
    fn what_is_too_much_is_cut() {
        let many =
            |name: &str, item: &str, count: usize| format!("{name}: {}\n", vec![item; count].join(", "));
        let summary = filled(
            &[
                many("To", "a@x", 1_000),
                many("Subject", "word", 10_000),
                format!(
                    "References: {}\n",
                    (0..1_000).map(|id| format!("<{id}@x>")).collect::<String>()
                ),
                format!("Message-ID: <{}>\n", "i".repeat(10_000)),
                format!("From: {} <a@x>\n", "n".repeat(10_000)),
            ]
            .concat(),
        );
        assert_eq!(summary.to.len(), 64);
        assert_eq!((summary.subject.len(), summary.message_id.len()), (1_000, 255));
        assert_eq!(
            (summary.references.len(), &*summary.references[63]),
            (64, "999@x")
        );
        assert_eq!(summary.from[0].name.len(), 255);
    }

    #[test]
    fn of_references_without_number_the_latest_are_kept_each_once() {
        let ids =
            |numbers: std::ops::Range<u32>| numbers.map(|id| format!("<{id}@x>\n ")).collect::<String>();
        let head = format!(
            "References: {}{}\nIn-Reply-To: <7@x>\n",
            ids(0..50_000),
            ids(49_000..50_000)
        );
        let references = filled(&head).references;
        let expected: Vec<_> = (49_936..50_000).map(|id| format!("{id}@x")).collect();
        assert_eq!(references, expected);
    }

    #[test]
    fn f6_an_author_is_one_well_formed_address_in_one_field() {
        for (head, expected) in [
            ("From: Bob <Bob@X.example>\n", Some("bob@x.example")),
            ("from: bob@x.example (Bob)\n", Some("bob@x.example")),
            ("From:\n bob@x.example\n", Some("bob@x.example")),
            ("From: =?utf-8?q?Bob?= <bob@x.example>\n", Some("bob@x.example")),
            ("Subject: From: a@x.example\n", None),
            ("Subject: none\n", None),
            ("From: \n", None),
            ("From: bob\n", None),
            ("From: a@x.example, b@x.example\n", None),
            ("From: a@x.example\nFrom: b@x.example\n", None),
            ("From: a@x.example\nFrom : b@x.example\n", None),
            ("From: a@x.example\n\0From: b@x.example\n", None),
            ("From: a@x.example\n From: b@x.example\n", None),
            ("From: g: a@x.example, b@x.example;\n", None),
            ("From: <a@x.example\0@y.example>\n", None),
            ("From: <a@x.example@y.example>\n", None),
            ("From: <a b@x.example>\n", None),
            ("From: <\"a b\"@x.example>\n", Some("\"a b\"@x.example")),
            ("From: <\"a@y.example\"@x.example>\n", None),
        ] {
            let found = author(head.replace('\n', "\r\n").as_bytes());
            assert_eq!(found.as_deref(), expected, "{head:?}");
        }
    }
}
