//! Messages made to take time, memory, or the stack. None of these tests looks at a clock: what takes more than its share
//! does not end while anybody waits.

use std::fmt::Write as _;

use postern_mime::{Beyond, Limits, Role, text_of_html};

use crate::bounds::check;
use crate::read;

const MIB: usize = 1 << 20;

#[test]
fn f7_a_hundred_thousand_nested_multiparts_are_opened_to_the_limit() {
    let mut text = String::new();
    for depth in 0..100_000 {
        write!(
            text,
            "Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n"
        )
        .expect("a string takes all");
    }
    let message = read(text.as_bytes());
    let last = message.parts().last().expect("there is one");
    assert_eq!(*last.role(), Role::Opaque(Beyond::Depth));
    assert_eq!(message.parts().len(), Limits::default().depth + 1);
    assert!(last.decode().len() > text.len() - 4_000, "the rest is all there");
    assert_eq!(message.view().attachments.len(), 1);
}

#[test]
fn f7_a_hundred_thousand_multiparts_of_one_boundary_are_no_deeper() {
    let text = "Content-Type: multipart/mixed; boundary=b\n\n--b\n".repeat(100_000);
    let message = read(text.as_bytes());
    assert_eq!(message.parts().len(), Limits::default().parts);
}

#[test]
fn f7_of_a_million_parts_the_last_that_is_shown_holds_the_rest() {
    let text = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}",
        "--b\n\nx\n".repeat(1_000_000)
    );
    let message = read(text.as_bytes());
    assert_eq!(message.parts().len(), 1_000);
    let last = message.parts().last().expect("there is one");
    assert_eq!(*last.role(), Role::Opaque(Beyond::Parts));
    assert_eq!(
        last.decode().len(),
        text.len() - (text.find("--b\n").expect("there") + 998 * 7 + 4)
    );
}

#[test]
fn f7_a_head_of_ten_megabytes_ends_in_an_attachment() {
    for text in [
        format!("A: 1\nSubject: {}\n\nbody", "x".repeat(10 * MIB)),
        format!("A: 1\n{}\nbody", "X-Y: z\n".repeat(MIB * 10 / 7)),
        format!("A: 1\nTo:{}\n\nbody", "\n a".repeat(10 * MIB / 3)),
    ] {
        let message = read(text.as_bytes());
        assert_eq!(*message.root().role(), Role::Opaque(Beyond::HeaderBytes));
        assert_eq!(message.head().text("A").as_deref(), Some("1"));
        assert!(message.root().decode().len() >= text.len() - MIB - 20);
        assert!(message.root().raw() == text.as_bytes(), "nothing is lost");
    }
}

#[test]
fn f7_heads_of_parts_count_together() {
    let part = format!("--b\nX: {}\n\nbody\n", "x".repeat(60_000));
    let text = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}",
        part.repeat(100)
    );
    let message = read(text.as_bytes());
    let last = message.parts().last().expect("there is one");
    assert_eq!(*last.role(), Role::Opaque(Beyond::HeaderBytes));
    assert_eq!(message.parts().len(), 19);
}

#[test]
fn f7_a_million_addresses_are_cut_and_said_to_be() {
    let one_field = format!("To: {}\n\nx", "a@b,".repeat(200_000));
    let many_fields = format!("{}\nx", "To: a@b,c@d\n".repeat(80_000));
    for text in [one_field, many_fields] {
        let message = read(text.as_bytes());
        let to = message.head().to();
        assert_eq!((to.all.len(), to.is_cut), (1_000, true));
    }
}

#[test]
fn f7_a_million_parameters_are_cut() {
    for parameter in [
        "x=y;",
        ";",
        "a*0*=x;",
        "filename*9999=x;",
        "\"",
        "\\",
        "=?utf-8?q?a?=;",
    ] {
        let text = format!(
            "Content-Type: text/plain;{}\n\nbody",
            parameter.repeat(900_000 / parameter.len())
        );
        let message = read(text.as_bytes());
        assert_eq!(message.root().text().text, "body", "{parameter}");
    }
}

/// Each of these fills a head with what a careless reader goes through again and again.
#[test]
fn f7_no_head_takes_quadratic_time() {
    let traps = [
        "=?",
        "=?a",
        "=?utf-8?",
        "=?utf-8?q?",
        "=?utf-8?b?",
        "=?utf-8?q?=",
        "=?utf-8?q?a?= ",
        "=?x?q?a?",
        "(",
        ")",
        "((",
        "<",
        ">",
        "\"",
        "\\",
        ",",
        ";",
        ":",
        "@",
        "a@b:",
        "a:b;",
        " ",
        "\t",
        "\n ",
        "a ",
        "<a",
        "<a>",
        "=?utf-8?q?a?=a",
    ];
    for trap in traps {
        let filling = trap.repeat(60_000 / trap.len());
        let mut text = String::new();
        for name in [
            "Subject",
            "From",
            "To",
            "Date",
            "Message-ID",
            "References",
            "Content-Type",
            "Content-Disposition",
        ] {
            writeln!(text, "{name}: {filling}x").expect("a string takes all");
        }
        check(format!("{text}\nbody").as_bytes(), &Limits::default());
    }
}

/// Each of these fills a body with what a careless decoder goes through again and again.
#[test]
fn f7_no_body_takes_quadratic_time() {
    let traps = [
        "=", "= ", " ", "\t", "=\n", "=A", "--", "--b", "\n--b", "\n--b ", "\n--b x", "\n--bc", "-", "\n-",
        "<", "<a ", "<a '", "<a =\">", "<!--", "<script>", "</", "&", "&#", "&amp", "http:", "http://", "(",
        "http://)", "cid:", "mailto:", ">", "> ", "\n>", " \n", "AA==", "A", "=\r\n", "\r", "begin \n", "M",
        "\x1b$B", "+AD", "\u{fffd}",
    ];
    for encoding in ["base64", "quoted-printable", "x-uuencode", "8bit"] {
        for kind in [
            "text/html",
            "text/plain; format=flowed",
            "text/calendar",
            "multipart/related; boundary=b",
        ] {
            for trap in traps {
                let head = format!("Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n");
                let text = head + "<img src=x>" + &trap.repeat(200_000 / trap.len()) + "\n";
                let message = read(text.as_bytes());
                let written = message.parts()[message.parts().len() - 1].text();
                let _ = (
                    message.plain_text(),
                    written.paragraphs().count(),
                    text_of_html(&written.text),
                );
                let _ = (
                    message.root().size_bytes(),
                    message.root().calendar(),
                    message.view(),
                );
            }
        }
    }
}

#[test]
fn f7_a_boundary_of_blanks_or_nothing_parts_nothing() {
    for boundary in ["", "\" \"", "\"\t\"", "=?utf-8?q?_?="] {
        let text = format!("Content-Type: multipart/mixed; boundary={boundary}\n\n--\n-- \n\nbody\n");
        let message = read(text.as_bytes());
        assert_eq!(message.parts().len(), 1, "{boundary}");
        assert!(message.plain_text().contains("body"));
    }
}

#[test]
fn f7_a_large_attachment_is_decoded_piece_by_piece() {
    use std::io::Read as _;
    let line = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\r\n";
    let text = format!(
        "Content-Transfer-Encoding: base64\nContent-Disposition: attachment\n\n{}",
        line.repeat(MIB / 16)
    );
    let message = read(text.as_bytes());
    let (mut reader, mut piece, mut total) = (message.root().reader(), [0; 4_096], 0);
    loop {
        match reader.read(&mut piece).expect("memory can be read") {
            0 => break,
            more => total += more,
        }
    }
    assert_eq!(total, MIB / 16 * 57);
    assert_eq!(message.root().decode().len(), total);
}
