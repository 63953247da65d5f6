//! What a word is: a run of letters and digits, as somebody would look for it who does not mind case and accents.

use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// Longer ones are nothing that somebody types: keys, checksums, encoded files.
const MAX_CHARS: usize = 40;

/// The words of a text. Where a script puts no blanks between words, each is what Unicode's rules (UAX 29) make of it: in
/// Chinese and Japanese a character.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    text.unicode_words()
        // Unicode keeps `jane.doe` and `example.org` whole, but `doe` shall find them.
        .flat_map(|word| word.split(joins))
        .filter(|word| !word.is_empty() && word.chars().count() <= MAX_CHARS)
        .map(fold)
        .filter(|word| !word.is_empty())
}

/// Without case and accents.
fn fold(word: &str) -> String {
    let plain = word.nfkd().filter(|c| !is_mark(*c) && !is_unseen(*c));
    let lower = plain.flat_map(char::to_lowercase);
    let mut folded = String::with_capacity(word.len());
    for c in lower {
        match c {
            'ß' => folded.push_str("ss"),
            'ı' => folded.push('i'),
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'đ' => folded.push('d'),
            c if is_mark(c) => {}
            c => folded.push(c),
        }
    }
    folded
}

/// What Unicode lets stand inside of a word.
const fn joins(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(
            c,
            '\u{b7}' | '\u{2018}' | '\u{2019}' | '\u{2024}' | '\u{2027}' | '\u{203f}' | '\u{2040}'
        )
}

/// What nobody sees and no word ends at: soft hyphens, joiners.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Accents, and the points of Hebrew and Arabic, which are mostly left out. In other scripts such marks are vowels.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        words(text).collect()
    }

    #[test]
    fn case_and_accents_do_not_count() {
        assert_eq!(all("Jürgen JU\u{308}RGEN jurgen"), ["jurgen"; 3]);
        assert_eq!(all("Straße STRASSE"), ["strasse"; 2]);
        assert_eq!(all("İstanbul ısı Łódź Øre"), ["istanbul", "isi", "lodz", "ore"]);
        assert_eq!(all("ﬁne ＡＢＣ ²"), ["fine", "abc", "2"]);
    }

    #[test]
    fn an_address_is_found_by_each_of_its_parts() {
        assert_eq!(
            all("<jane.doe_2+x@mail.example.org>"),
            ["jane", "doe", "2", "x", "mail", "example", "org"]
        );
    }

    #[test]
    fn scripts_without_blanks_have_words_too() {
        assert_eq!(all("東京へ行く").len(), 5);
        assert_eq!(all("Привет, мир"), ["привет", "мир"]);
        assert_eq!(all("שָׁלוֹם"), ["שלום"]);
        assert_eq!(all("नमस्ते"), ["नमस्ते"]);
        assert_eq!(all("do not hy\u{ad}phen\u{200d}ate"), ["do", "not", "hyphenate"]);
    }

    #[test]
    fn what_nobody_types_is_no_word() {
        assert!(all(&"x".repeat(41)).is_empty());
        assert_eq!(all(&"x".repeat(40)).len(), 1);
        assert!(all("-- … !? \u{301}").is_empty());
    }
}
