use super::*;

/// What is found in a message, fed whole and byte by byte.
fn outline(message: &str) -> (String, Vec<(String, String, u64)>) {
    let message = message.replace('\n', "\r\n");
    let (head, body) = message.split_once("\r\n\r\n").expect("a head and a body");
    let head = format!("{head}\r\n");
    let of_pieces = |size: usize| {
        let mut outline = Outline::new(head.as_bytes());
        body.as_bytes()
            .chunks(size)
            .for_each(|piece| outline.update(piece));
        let (snippet, attachments) = outline.finish();
        let of = |attachment: Attachment| (attachment.name, attachment.media_type, attachment.size_bytes);
        (snippet, attachments.into_iter().map(of).collect::<Vec<_>>())
    };
    let whole = of_pieces(1 << 20);
    for size in [1, 2, 7, 255, 256, 257] {
        assert_eq!(whole, of_pieces(size), "in pieces of {size}");
    }
    whole
}

fn file(name: &str, media_type: &str, size_bytes: u64) -> (String, String, u64) {
    (name.to_owned(), media_type.to_owned(), size_bytes)
}

#[test]
fn a_plain_text_begins_with_its_words() {
    assert_eq!(
        outline("Subject: x\n\nHello,\n\n  world.\n"),
        ("Hello, world.".to_owned(), vec![])
    );
    assert_eq!(outline("Subject: x\n\n"), (String::new(), vec![]));
    let (long, _) = outline(&format!("Subject: x\n\n{}", "word ".repeat(20_000)));
    assert!(long.starts_with("word word") && long.len() <= SNIPPET_BYTES);
}

#[test]
fn an_encoded_text_is_decoded() {
    let quoted = "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe =\naus K=F6ln\n";
    assert_eq!(outline(quoted).0, "Grüße aus Köln");
    let base64 =
        "Content-Type: text/plain;\n charset=utf-8\nContent-Transfer-Encoding: BASE64\n\nR3LDvMOfZQ==\n";
    assert_eq!(outline(base64).0, "Grüße");
    let html = "Content-Type: text/html\n\n<style>p {color: red}</style><p>Dear <b>you</b>,</p>\n";
    assert_eq!(outline(html).0, "Dear you,");
}

const MIXED: &str = "MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=\"outer\"

This is for old readers.
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/html

<p>The same in colours</p>
--inner
Content-Type: text/plain

The text itself
--inner--
--outer
Content-Type: application/pdf; name=\"contract.pdf\"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=\"=?utf-8?q?Vertrag_M=C3=A4rz=2Epdf?=\"

AAAAAAAAAAAAAAAA
AAAA
--outer
Content-Type: image/png
Content-ID: <logo@x>
Content-Disposition: inline; filename=logo.png
Content-Transfer-Encoding: base64

AAAA
--outer
Content-Type: text/csv; name=table.csv

a,b
c,d
--outer
Content-Type: message/rfc822

Subject: inside

--outer is no boundary here, nor is this
--outer--
What follows is for nobody: --outer
--outer
Content-Type: application/zip

AAAA
";

#[test]
fn the_plain_one_of_alternatives_is_shown_and_files_are_listed() {
    let (snippet, attachments) = outline(MIXED);
    assert_eq!(snippet, "The text itself");
    assert_eq!(
        attachments,
        [
            file("Vertrag März.pdf", "application/pdf", 15),
            file("table.csv", "text/csv", 8),
            file("", "message/rfc822", 59),
        ]
    );
}

#[test]
fn a_message_that_is_a_file_has_no_text() {
    let message =
        "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nAAAAAAAA\n";
    assert_eq!(
        outline(message),
        (String::new(), vec![file("a.pdf", "application/pdf", 6)])
    );
}

#[test]
fn an_outer_boundary_ends_what_was_not_ended() {
    let message = "Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

inner
--a
Content-Type: text/plain; name=x.txt

outer
--b
no part
--a--
";
    assert_eq!(
        outline(message),
        ("inner".to_owned(), vec![file("x.txt", "text/plain", 19)])
    );
}

#[test]
fn what_has_no_end_ends() {
    let nested: String = (0..100)
        .map(|depth| format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n"))
        .collect();
    let (snippet, attachments) = outline(&nested);
    assert_eq!((snippet, attachments.len()), (String::new(), 1));

    let many = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}",
        "--b\nContent-Type: a/b\n\nx\n".repeat(3_000)
    );
    assert_eq!(outline(&many).1.len(), Summary::MAX_ATTACHMENTS as usize);

    let endless_head = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n{}",
        "x: y\n".repeat(10_000)
    );
    assert_eq!(outline(&endless_head).1, []);
    let endless_line = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n{}",
        "--b".repeat(30_000)
    );
    assert!(outline(&endless_line).0.starts_with("--b--b"));
}

#[test]
fn a_boundary_is_a_whole_line() {
    let message = "Content-Type: multipart/mixed; boundary=b

--b

--bc
 --b
x--b
-- b
--b \t
Content-Type: a/b; name=c

--b--  \t
";
    assert_eq!(
        outline(message),
        ("--bc --b x--b -- b".to_owned(), vec![file("c", "a/b", 0)])
    );
}
