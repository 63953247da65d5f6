//! `docs/crypto-format.md` and the code say the same.

use postern_crypto::labels::Label;
use postern_crypto::{cbox, head, lthash, mail, node, recovery, sealing, stream};

fn document() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/crypto-format.md");
    std::fs::read_to_string(path).expect("the document is part of the repository")
}

/// The rows of the table under a heading, cells without spaces and backquotes.
fn table(heading: &str) -> Vec<Vec<String>> {
    let document = document();
    let (_, section) = document
        .split_once(&format!("\n## {heading}\n"))
        .expect("a section of this name");
    let section = section
        .split_once("\n## ")
        .map_or(section, |(section, _)| section);
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|line| {
        line.trim_matches('|')
            .split('|')
            .map(|cell| cell.trim().replace('`', ""))
            .collect()
    })
    .collect()
}

#[test]
fn the_table_of_labels_is_the_table_in_the_code() {
    let documented: Vec<String> = table("Labels").into_iter().map(|row| row[0].clone()).collect();
    let used: Vec<&str> = Label::ALL.iter().map(|label| label.text()).collect();
    assert_eq!(documented, used);
}

#[test]
fn the_table_of_numbers_is_that_of_the_code() {
    let constants = [
        ("suite", postern_crypto::SUITE as usize),
        ("overhead of a box", cbox::OVERHEAD),
        ("longest box", cbox::MAX_LEN),
        ("header of a stream", stream::HEADER_LEN),
        (
            "chunks in a segment",
            usize::try_from(stream::SEGMENT_CHUNKS).expect("128"),
        ),
        (
            "chunk_log2 that writers use",
            usize::from(stream::DEFAULT_CHUNK_LOG2),
        ),
        ("signed volume head", head::HEAD_LEN),
        ("state of the set hash", lthash::STATE_LEN),
        ("public sealing key", sealing::PUBLIC_LEN),
        ("overhead of a letter", sealing::LETTER_OVERHEAD),
        ("longest name of a node", node::MAX_NAME),
        ("longest media type", node::MAX_MEDIA_TYPE),
        ("recovery words", recovery::WORD_COUNT),
        ("longest mail address", mail::MAX_ADDRESS),
        ("longest envelope", mail::MAX_ENVELOPE),
    ];
    let documented: Vec<(String, String)> = table("Numbers")
        .into_iter()
        .map(|row| (row[0].clone(), row[1].replace(',', "")))
        .collect();
    let used: Vec<(String, String)> = constants
        .into_iter()
        .map(|(name, number)| (name.to_owned(), number.to_string()))
        .collect();
    assert_eq!(documented, used);
}

/// Byte tables: `offset | length | field`; each offset is the sum of the lengths before it.
#[test]
fn byte_tables_add_up_to_the_lengths_in_the_code() {
    for (heading, total) in [
        ("Header of a stream", stream::HEADER_LEN),
        ("Small objects", cbox::OVERHEAD),
        ("Volume heads", head::HEAD_LEN),
    ] {
        let mut offset = 0;
        for row in table(heading) {
            assert_eq!(row[0], offset.to_string(), "{heading}: {}", row[2]);
            offset += row[1].parse::<usize>().unwrap_or(0);
        }
        assert_eq!(offset, total, "{heading}");
    }
}
