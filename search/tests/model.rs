//! Pieces of an index against a model that looks at every word of every message.

use std::collections::{BTreeMap, BTreeSet};

use postern_search::{Builder, Condition, Damaged, Field, Id, Query, Test, Words, merge};
use proptest::prelude::*;

/// Texts by field, of a few words that begin alike.
type Texts = Vec<(Field, String)>;

fn field() -> impl Strategy<Value = Field> {
    prop::sample::select(Field::ALL.to_vec())
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec("[a-c]{1,3}", 0..6).prop_map(|words| words.join(" "))
}

fn messages() -> impl Strategy<Value = BTreeMap<u8, Texts>> {
    prop::collection::btree_map(0..40_u8, prop::collection::vec((field(), text()), 0..4), 0..12)
}

fn typed() -> impl Strategy<Value = String> {
    let value = prop_oneof!["[a-c]{1,3}", "\"[a-c]{1,3}\"", "[a-c]{1,2}\\.[a-c]{1,2}"];
    let name = prop::sample::select(vec!["", "", "from:", "to:", "subject:", "body:", "file:"]);
    let term = (any::<bool>(), name, value)
        .prop_map(|(is_not, name, value)| format!("{}{name}{value}", if is_not { "-" } else { "" }));
    prop::collection::vec(term, 0..4).prop_map(|terms| terms.join(" "))
}

fn id(number: u8) -> Id {
    [number; 16]
}

fn piece(messages: &BTreeMap<u8, Texts>) -> Words {
    let mut builder = Builder::default();
    for (number, texts) in messages {
        builder.add(id(*number), texts.iter().map(|(field, text)| (*field, &**text)));
    }
    builder.finish()
}

fn holds(texts: &Texts, condition: &Condition) -> bool {
    let Test::Words { fields, words } = &condition.test else {
        panic!("only words are asked for")
    };
    let has = words.iter().all(|word| {
        texts
            .iter()
            .filter(|(field, _)| fields.contains(field))
            .flat_map(|(_, text)| text.split(' '))
            .any(|there| {
                if word.is_whole() {
                    there == word.text()
                } else {
                    there.starts_with(word.text())
                }
            })
    });
    has != condition.is_not
}

fn expected(messages: &BTreeMap<u8, Texts>, query: &Query) -> BTreeSet<Id> {
    let is_found = |texts: &Texts| query.conditions().iter().all(|condition| holds(texts, condition));
    messages
        .iter()
        .filter(|(_, texts)| is_found(texts))
        .map(|(number, _)| id(*number))
        .collect()
}

fn found(words: &Words, query: &Query) -> BTreeSet<Id> {
    words.matching(query).expect("whole").into_iter().collect()
}

proptest! {
    #[test]
    fn what_is_found_is_what_somebody_finds_who_reads_all(all in messages(), typed in typed()) {
        let query = Query::parse(&typed, 0, 0).expect("a query");
        let words = piece(&all);
        prop_assert_eq!(found(&words, &query), expected(&all, &query));
        let again = Words::open(words.bytes().to_vec()).expect("its own bytes");
        prop_assert_eq!(found(&again, &query), expected(&all, &query));
    }

    #[test]
    fn pieces_put_together_say_the_same(
        one in messages(), other in messages(), gone in prop::collection::btree_set(0..40_u8, 0..10), typed in typed(),
    ) {
        let query = Query::parse(&typed, 0, 0).expect("a query");
        let whole = merge(&[&piece(&one), &piece(&other)], |message| !gone.contains(&message[0])).expect("whole");
        let mut all = other;
        all.extend(one);
        all.retain(|number, _| !gone.contains(number));
        prop_assert_eq!(found(&whole, &query), expected(&all, &query));
        prop_assert_eq!(whole.messages().len(), all.len());
        let built = piece(&all);
        prop_assert_eq!(whole.dictionary_size(), built.dictionary_size(), "nothing is left of what is gone");
    }

    #[test]
    fn whatever_the_bytes_are_nothing_panics(all in messages(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let query = Query::parse("a -b from:c \"ab\"", 0, 0).expect("a query");
        let right = piece(&all).bytes().to_vec();
        let mut wrong = right.clone();
        wrong[at.index(right.len())] = byte;
        for bytes in [wrong, right[..cut.index(right.len())].to_vec()] {
            if let Ok(words) = Words::open(bytes) {
                let _ = words.matching(&query);
                let _ = merge(&[&words, &words], |_| true);
            }
        }
    }

    #[test]
    fn no_query_panics(typed in ".{0,60}", now_ms in any::<i64>(), ahead in -1440..1440) {
        let _ = Query::parse(&typed, now_ms, ahead);
    }
}

#[test]
fn nothing_is_a_piece_of_the_index_too() {
    let empty = Builder::default().finish();
    let query = Query::parse("-a", 0, 0).expect("a query");
    assert_eq!(empty.matching(&query), Ok(Vec::new()));
    assert_eq!(Words::open(Vec::new()).err(), Some(Damaged));
}

#[test]
fn a_message_that_is_a_log_does_not_fill_the_index() {
    let text: String = (0..50_000).map(|n| format!("w{n} ")).collect();
    let mut builder = Builder::default();
    builder.add(id(1), [(Field::Subject, "log"), (Field::Body, &*text)]);
    let words = builder.finish();
    let has = |typed: &str| {
        let query = Query::parse(typed, 0, 0).expect("a query");
        !words.matching(&query).expect("whole").is_empty()
    };
    assert!(has("\"log\"") && has("\"w9000\""));
    assert!(!has("\"w10001\""));
}
