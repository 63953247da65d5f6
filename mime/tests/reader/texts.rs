//! Texts in the charsets and encodings of the world.

use postern_mime::{Limits, Message, Span, Written};

use crate::read;

fn message(charset: &str, encoding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("Content-Type: text/plain{charset}\nContent-Transfer-Encoding: {encoding}\n\n");
    [head.as_bytes(), body].concat()
}

fn text(charset: &str, encoding: &str, body: &[u8]) -> String {
    read(&message(charset, encoding, body)).root().text().text
}

#[test]
fn texts_are_read_in_their_charset() {
    for (charset, encoding, body, meant) in [
        (
            "; charset=iso-2022-jp",
            "7bit",
            &b"\x1b$B%O%m!<\x1b(B"[..],
            "ハロー",
        ),
        ("; charset=\"GB18030\"", "8bit", b"\xc4\xe3\xba\xc3", "你好"),
        (
            "; charset=koi8-r",
            "quoted-printable",
            b"=F0=D2=C9=D7=C5=D4",
            "Привет",
        ),
        ("; charset=big5", "base64", b"p0Gmbg==", "你好"),
        ("; charset=shift_jis", "binary", b"\x83n\x83\x8d\x81[", "ハロー"),
        ("; charset=utf-8", "8bit", "naïve".as_bytes(), "naïve"),
        (
            "; charset=utf-8",
            "8bit",
            b"gr\xc3\xbc\xc3\x9fe \xc3",
            "grüße \u{fffd}",
        ),
        ("; charset=klingon", "8bit", b"caf\xe9", "café"),
        ("; charset=utf-7", "7bit", b"+ADw-script+AD4-", "+ADw-script+AD4-"),
        ("; charset*0=ko; charset*1=i8-r", "8bit", b"\xf0", "П"),
        ("", "8bit", "naïve".as_bytes(), "naïve"),
    ] {
        assert_eq!(text(charset, encoding, body), meant, "{charset}");
    }
}

#[test]
fn html_may_say_its_charset_itself() {
    let bytes = b"Content-Type: text/html\n\n<meta charset=koi8-r><p>\xf0\xd2\xc9";
    assert!(read(bytes).root().text().text.ends_with("При"));
    assert_eq!(read(bytes).plain_text(), "При\n");
}

#[test]
fn flowed_text_becomes_paragraphs_with_their_links() {
    let bytes = message(
        "; format=Flowed; delsp=No",
        "8bit",
        b"> Look at \n> https://x.example/ \n> there.\n",
    );
    let written = read(&bytes).root().text();
    let paragraphs: Vec<_> = written.paragraphs().collect();
    assert_eq!(paragraphs.len(), 1);
    assert_eq!(paragraphs[0].quote_depth, 1);
    assert_eq!(
        paragraphs[0].spans,
        [
            Span::Text("Look at ".into()),
            Span::Link("https://x.example/".into()),
            Span::Text(" there.".into())
        ]
    );
}

#[test]
fn f7_a_text_beyond_the_limit_is_cut_and_said_to_be() {
    let limits = Limits {
        text_bytes: 10,
        ..Limits::default()
    };
    let bytes = message("", "8bit", &[b'x'; 11]);
    let message = Message::parse(&bytes, &limits);
    let cut = Written {
        text: "x".repeat(10),
        flow: false,
        del_sp: false,
        is_cut: true,
    };
    assert_eq!(message.root().text(), cut);
    assert_eq!(message.root().size_bytes(), 11, "the bytes are all there");
}

#[test]
fn what_a_message_says_can_be_searched() {
    let bytes = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: text/html\n\n<p>two<script>no</script>\n--b--\n";
    assert_eq!(read(bytes).plain_text(), "one\ntwo\n");
}

#[test]
fn file_names_are_read_in_every_way_they_are_written() {
    for (field, name) in [
        (
            "Content-Disposition: attachment; filename*0*=utf-8''%E2%82; filename*1*=%AC.txt",
            "€.txt",
        ),
        ("Content-Type: text/plain; name=\"=?utf-8?B?4oKs?=.txt\"", "€.txt"),
        (
            "Content-Type: text/plain; name=\"=?iso-8859-1?Q?=E9?=\n =?iso-8859-1?Q?t=E9?=.txt\"",
            "été.txt",
        ),
        ("Content-Disposition: attachment; filename=€.txt", "€.txt"),
        ("Content-Disposition: attachment; filename=\"../../a\"", "../../a"),
    ] {
        assert_eq!(
            read(format!("{field}\n\nx").as_bytes()).root().name(),
            Some(name),
            "{field}"
        );
    }
    let raw = [&b"Content-Disposition: attachment; filename=\"\xe9t\xe9.txt\"\n\nx"[..]].concat();
    assert_eq!(read(&raw).root().name(), Some("été.txt"));
}
