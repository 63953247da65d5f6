//! Bytes that nobody chose, and messages in which somebody changed something.

use postern_mime::Limits;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::bounds::check;

const VALID: &[&str] = &[
    include_str!("../corpus/python/msg_02.txt"),
    include_str!("../corpus/python/msg_07.txt"),
    include_str!("../corpus/mail-parser/rfc-008.eml"),
];

/// What mail is made of.
const WORDS: &[&str] = &[
    "Content-Type: ",
    "multipart/mixed",
    "multipart/related",
    "multipart/alternative",
    "; boundary=b",
    "text/html",
    "message/rfc822",
    "\n--b\n",
    "\r\n--b--\r\n",
    "\n\n",
    "\r\n",
    "\n ",
    "--b",
    "Subject: ",
    "From: ",
    "Date: ",
    "=?utf-8?q?=C3?=",
    "=?utf-8?b?qg==?=",
    "a@b",
    "<",
    ">",
    "\"",
    "(",
    ";",
    "; name*0*=utf-8''%C3",
    "; name*1*=%A4",
    "Content-Transfer-Encoding: base64\n",
    "Content-ID: <x>\n",
    "cid:x",
    "=",
    "=C3=A4",
    "AAAA",
    "é",
    "\u{0}",
    "BEGIN:VEVENT\n",
    "> ",
    " \n",
    "https://x.y/",
    "<script>",
    "&amp;",
    ":",
];

fn narrow() -> Limits {
    Limits {
        depth: 3,
        parts: 5,
        header_bytes: 200,
        field_bytes: 30,
        parameters: 3,
        addresses: 2,
        text_bytes: 20,
    }
}

proptest! {
    #[test]
    fn f7_any_bytes_are_a_message(bytes in vec(any::<u8>(), 0..2_000)) {
        check(&bytes, &Limits::default());
        check(&bytes, &narrow());
    }

    #[test]
    fn f7_any_words_of_mail_are_a_message(words in vec(proptest::sample::select(WORDS), 0..200)) {
        check(words.concat().as_bytes(), &Limits::default());
        check(words.concat().as_bytes(), &narrow());
    }

    #[test]
    fn f7_a_message_that_was_changed_is_a_message(
        which in 0..VALID.len(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..20),
    ) {
        let mut bytes = VALID[which].as_bytes().to_vec();
        for (at, byte, kind) in changes {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        check(&bytes, &Limits::default());
    }
}
