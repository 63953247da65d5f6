//! What must hold of every message, whatever it is.

use std::io::Read as _;

use postern_mime::{Limits, Message, Part, Role, text_of_html};

use crate::outline::{leaf_paths, shown_paths};

/// Reads all that there is to read, and checks what can be checked.
pub(crate) fn check(bytes: &[u8], limits: &Limits) {
    let message = Message::parse(bytes, limits);
    assert_eq!(message, Message::parse(bytes, limits), "twice the same");
    assert!(message.parts().len() <= limits.parts.max(2));
    assert_eq!(
        shown_paths(&message),
        leaf_paths(&message),
        "each part in one place"
    );
    for part in message.parts() {
        check_part(part, limits);
    }
    assert!(message.plain_text().len() <= 4 * limits.text_bytes + 3 * bytes.len());
}

fn check_part(part: &Part<'_>, limits: &Limits) {
    assert!(part.path().split('.').count() <= limits.depth.max(1));
    check_head(part, limits);
    if matches!(part.role(), Role::Multipart(_)) {
        return;
    }
    let decoded = part.decode();
    assert_eq!(part.size_bytes(), decoded.len() as u64);
    let mut read = Vec::new();
    part.reader()
        .read_to_end(&mut read)
        .expect("reading bytes of memory does not fail");
    assert_eq!(read, *decoded);
    let written = part.text();
    assert_eq!(written.paragraphs().count() == 0, written.text.is_empty());
    let _ = (text_of_html(&written.text), part.calendar());
}

fn check_head(part: &Part<'_>, limits: &Limits) {
    let head = part.head();
    for kind in [
        head.from(),
        head.to(),
        head.cc(),
        head.bcc(),
        head.reply_to(),
        head.sender(),
    ] {
        assert!(kind.all.len() <= limits.addresses);
        for mailbox in &kind.all {
            assert!(!format!("{mailbox}").contains(['\n', '\r', '\0']));
        }
    }
    for text in [
        head.subject(),
        head.message_id(),
        head.list_id(),
        head.auto_submitted(),
    ] {
        assert!(!text.unwrap_or_default().contains(char::is_control));
    }
    assert!(head.references().len() <= limits.addresses);
    let _ = (head.date_ms(), head.in_reply_to(), head.list_unsubscribe());
    assert!(!part.name().unwrap_or_default().contains(char::is_control));
    for field in head.fields() {
        let _ = (field.name(), field.text());
    }
}
