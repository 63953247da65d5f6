//! Messages of every shape, and what is shown of them.

use postern_mime::{Disposition, Encoding, Message, Role};

use crate::outline::outline;
use crate::read;

fn shown(text: &str) -> Vec<String> {
    outline(&read(text.as_bytes()))
}

/// A multipart with these parts.
fn multipart(kind: &str, parts: &[&str]) -> String {
    // What is within is shorter, so that no two have the same boundary.
    let boundary = format!("b{}", kind.len() + parts.concat().len());
    let mut text = format!("Content-Type: multipart/{kind}; boundary={boundary}\n\nFor old programs.\n");
    for part in parts {
        text += &format!("--{boundary}\n{part}\n");
    }
    text + &format!("--{boundary}--\nAfterwards.\n")
}

const PLAIN: &str = "Content-Type: text/plain\n\nplain";
const HTML: &str = "Content-Type: text/html\n\n<p>html <img src='cid:p@x'>";
const PICTURE: &str =
    "Content-Type: image/png; name=p.png\nContent-ID: <p@x>\nContent-Transfer-Encoding: base64\n\nAAAA";
const FILE: &str = "Content-Type: application/pdf\nContent-Disposition: attachment; filename=a.pdf\nContent-Transfer-Encoding: base64\n\nQUJD";

#[test]
fn garbage_is_a_message_with_a_text() {
    assert_eq!(shown("hello\nworld"), [r#"text 1 "hello\nworld""#]);
    assert_eq!(shown(""), [r#"text 1 """#]);
    assert_eq!(shown("\0\u{1}\u{2}"), [r#"text 1 "\0\u{1}\u{2}""#]);
}

#[test]
fn a_message_without_parts_is_its_own_first_one() {
    let text = "Subject: x\n\nhello";
    assert_eq!(shown(text), [r#"text 1 "hello""#]);
    let message = read(text.as_bytes());
    assert_eq!(
        message.part("1").map(postern_mime::Part::raw),
        Some(text.as_bytes())
    );
    assert_eq!(shown(FILE), ["attached 1 application/pdf a.pdf 3"]);
}

#[test]
fn alternatives_are_one_text_in_two_forms() {
    let text = multipart("alternative", &[PLAIN, HTML]);
    assert_eq!(
        shown(&text),
        [r#"text 1 "plain", html 2 "<p>html <img src='cid:p@x'>""#]
    );
}

#[test]
fn pictures_that_a_text_shows_belong_to_it_and_others_are_attached() {
    let other = PICTURE.replace("p@x", "q@x").replace("p.png", "q.png");
    let text = multipart("related", &[HTML, PICTURE, &other]);
    assert_eq!(
        shown(&text),
        [
            r#"html 1 "<p>html <img src='cid:p@x'>", with 2"#,
            "attached 3 image/png q.png 3"
        ]
    );
}

#[test]
fn the_root_of_related_parts_may_stand_anywhere() {
    let html = HTML.replacen("\n\n", "\nContent-ID: <root@x>\n\n", 1);
    let text = multipart("related; start=\"<root@x>\"", &[PICTURE, &html]);
    assert_eq!(shown(&text), [r#"html 2 "<p>html <img src='cid:p@x'>", with 1"#]);
}

#[test]
fn what_people_send_most_is_taken_apart() {
    let related = multipart("related", &[HTML, PICTURE]);
    let text = multipart("mixed", &[&multipart("alternative", &[PLAIN, &related]), FILE]);
    assert_eq!(
        shown(&text),
        [
            r#"text 1.1 "plain", html 1.2.1 "<p>html <img src='cid:p@x'>", with 1.2.2"#,
            "attached 2 application/pdf a.pdf 3"
        ]
    );
}

#[test]
fn texts_between_attachments_are_shown_in_their_order() {
    let picture = PICTURE.replacen("\n\n", "\nContent-Disposition: inline\n\n", 1);
    let text = multipart(
        "mixed",
        &[
            PLAIN,
            FILE,
            "\nmore",
            &picture,
            "Content-Type: text/enriched\n\n<bold>rich</bold>",
        ],
    );
    assert_eq!(
        shown(&text),
        [
            r#"text 1 "plain""#,
            r#"text 3 "more""#,
            "picture 4 image/png p.png 3",
            r#"text 5 "<bold>rich</bold>""#,
            "attached 2 application/pdf a.pdf 3",
        ]
    );
}

#[test]
fn attachments_within_one_form_of_a_text_are_attached() {
    let mixed = multipart("mixed", &[HTML, FILE, "Content-Type: text/html\n\n<p>end"]);
    let text = multipart("alternative", &[PLAIN, &mixed]);
    assert_eq!(
        shown(&text),
        [
            r#"text 1 "plain", html 2.1 "<p>html <img src='cid:p@x'>", html 2.3 "<p>end""#,
            "attached 2.2 application/pdf a.pdf 3"
        ]
    );
}

#[test]
fn plain_texts_within_one_form_stay_with_it() {
    let within = multipart("mixed", &[HTML, PLAIN, &multipart("alternative", &[PLAIN, HTML])]);
    let text = multipart("alternative", &["\nall", &within]);
    assert_eq!(
        shown(&text),
        [
            concat!(
                r#"text 1 "all", html 2.1 "<p>html <img src='cid:p@x'>", html 2.2 "plain", "#,
                r#"html 2.3.2 "<p>html <img src='cid:p@x'>""#
            ),
            "hidden 2.3.1 text/plain - 5"
        ]
    );
}

#[test]
fn a_form_that_is_not_drawn_hides_behind_the_others() {
    let amp = "Content-Type: text/x-amp-html\n\n<amp>";
    let text = multipart("alternative", &[PLAIN, amp, HTML]);
    assert_eq!(
        shown(&text),
        [
            r#"text 1 "plain", html 3 "<p>html <img src='cid:p@x'>""#,
            "hidden 2 text/x-amp-html - 5"
        ]
    );
    assert_eq!(shown(&multipart("alternative", &[amp])), [r#"text 1 "<amp>""#]);
}

#[test]
fn a_message_within_a_message_can_be_opened() {
    let inner = "Subject: inner\n\nhello";
    let text = multipart(
        "mixed",
        &[PLAIN, &format!("Content-Type: message/rfc822\n\n{inner}")],
    );
    assert_eq!(shown(&text), [r#"text 1 "plain""#, "message 2"]);
    let message = read(text.as_bytes());
    let bytes = message.part("2").expect("it is there").decode();
    assert_eq!(read(&bytes).head().subject().as_deref(), Some("inner"));
}

#[test]
fn a_digest_consists_of_messages() {
    let text = multipart(
        "digest",
        &["\nSubject: 1\n\none", "Content-Type: text/plain\n\nabout"],
    );
    assert_eq!(shown(&text), ["message 1", r#"text 2 "about""#]);
}

#[test]
fn a_signed_text_is_shown_and_its_signature_attached() {
    let text = multipart(
        "signed; micalg=x",
        &[
            PLAIN,
            "Content-Type: application/pgp-signature; name=s.asc\n\nABC",
        ],
    );
    assert_eq!(
        shown(&text),
        [
            r#"text 1 "plain""#,
            "attached 2 application/pgp-signature s.asc 3"
        ]
    );
}

#[test]
fn what_others_encrypted_is_said_to_be() {
    let parts = [
        "Content-Type: application/pgp-encrypted\n\nVersion: 1",
        "Content-Type: application/octet-stream\n\nABC",
    ];
    assert_eq!(
        shown(&multipart("encrypted", &parts)),
        [
            "encrypted ",
            "attached 1 application/pgp-encrypted - 10",
            "attached 2 application/octet-stream - 3"
        ]
    );
    let smime = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nABC";
    assert_eq!(
        shown(smime),
        ["encrypted 1", "attached 1 application/pkcs7-mime smime.p7m 3"]
    );
}

#[test]
fn a_report_is_told_to_people_first() {
    let text = multipart(
        "report; report-type=delivery-status",
        &[
            PLAIN,
            "Content-Type: message/delivery-status\n\nStatus: 5.1.1",
            "Content-Type: message/rfc822\n\nSubject: x\n\ny",
        ],
    );
    assert_eq!(
        shown(&text),
        [
            r#"text 1 "plain""#,
            "message 3",
            "attached 2 message/delivery-status - 13"
        ]
    );
}

#[test]
fn pieces_of_messages_and_things_elsewhere_are_attachments() {
    for kind in [
        "message/partial; number=1",
        "message/external-body; access-type=URL",
        "application/ms-tnef; name=winmail.dat",
    ] {
        let shown = shown(&format!("Content-Type: {kind}\n\nABC"));
        assert!(shown[0].starts_with("attached 1 "), "{shown:?}");
    }
}

#[test]
fn an_invitation_is_attached_and_told_of() {
    let event = "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Lunch\nEND:VEVENT\n";
    let text = multipart("alternative", &[PLAIN, event]);
    assert_eq!(
        shown(&text),
        [r#"text 1 "plain""#, "attached 2 text/calendar - 54"]
    );
    let message = read(text.as_bytes());
    let event = message
        .part("2")
        .and_then(postern_mime::Part::calendar)
        .expect("it is one");
    assert_eq!(event.summary, "Lunch");
}

#[test]
fn a_named_text_is_a_file_unless_it_is_to_be_shown() {
    let named = |more: &str| format!("Content-Type: text/plain; name=a.txt\n{more}\nhello");
    assert_eq!(shown(&named("")), ["attached 1 text/plain a.txt 5"]);
    assert_eq!(
        shown(&named("Content-Disposition: inline\n")),
        [r#"text 1 "hello""#]
    );
    assert_eq!(
        shown(&named("Content-Disposition: x-unknown\n")),
        ["attached 1 text/plain a.txt 5"]
    );
}

#[test]
fn a_multipart_without_parts_is_a_text() {
    for text in [
        "Content-Type: multipart/mixed\n\nhello",
        "Content-Type: multipart/mixed; boundary=b\n\nhello",
        "Content-Type: multipart/mixed; boundary=b\n\n--b--\nhello",
    ] {
        let shown = shown(text);
        assert!(
            shown[0].starts_with("text 1 ") && shown[0].contains("hello"),
            "{shown:?}"
        );
    }
}

#[test]
fn a_boundary_that_begins_another_parts_nothing_of_it() {
    let inner = "Content-Type: multipart/mixed; boundary=ab\n\n--ab\n\none\n--ab\n\ntwo\n--ab--";
    let text = format!("Content-Type: multipart/mixed; boundary=a\n\n--a\n{inner}\n--a\n\nthree\n--a--\n");
    assert_eq!(
        shown(&text),
        [r#"text 1.1 "one""#, r#"text 1.2 "two""#, r#"text 2 "three""#]
    );
}

#[test]
fn what_was_cut_off_is_shown_as_far_as_it_came() {
    let text = multipart("mixed", &[PLAIN, &multipart("alternative", &[PLAIN, HTML])]);
    let cut = &text[..text.find("<p>html").expect("there") + 7];
    assert_eq!(
        shown(cut),
        [r#"text 1 "plain""#, r#"text 2.1 "plain", html 2.2 "<p>html""#]
    );
}

#[test]
fn parts_say_what_they_are() {
    let text = multipart("mixed", &[PLAIN, FILE]);
    let message = read(text.as_bytes());
    assert_eq!(*message.root().role(), Role::Multipart(vec![1, 2]));
    assert_eq!(message.root().path(), "");
    let file = message.part("2").expect("it is there");
    assert_eq!(file.disposition(), Disposition::Attachment);
    assert_eq!(file.encoding(), Encoding::Base64);
    assert_eq!(file.raw(), FILE.as_bytes());
    assert_eq!(*file.decode(), *b"ABC");
    assert_eq!(file.head().fields().len(), 3);
}

#[test]
fn a_message_of_the_eighties_has_its_file() {
    let text = "Content-Type: image/gif; name=cat.gif\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 cat.gif\n#0V%T\n`\nend\n";
    assert_eq!(shown(text), ["attached 1 image/gif cat.gif 3"]);
}

#[test]
fn opening_takes_bytes_that_outlive_it() {
    let owned = b"Subject: x\n\ny".to_vec();
    let message: Message<'_> = read(&owned);
    assert_eq!(message.plain_text(), "y\n");
}
