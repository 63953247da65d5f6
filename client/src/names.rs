//! Names of files and folders: what may be stored, and what may be written to somebody's disk.
//!
//! A name is sealed, so the server cannot change it; but whoever shares a folder chooses its names, and a program of
//! theirs need not be this one. So a name is judged when it is typed ([`parse`]), tamed when it comes out of a
//! record ([`tame`]), and made safe and unique before it becomes a path ([`LocalNames`]; threat B11).

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization as _;

/// The longest name, in bytes: what every file system takes.
pub const MAX_NAME_BYTES: usize = 255;

/// What is wrong with the name of a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameMistake {
    /// There is none.
    #[error("a name cannot be empty")]
    Empty,
    /// Longer than file systems take.
    #[error("a name has at most 255 bytes")]
    TooLong,
    /// `.` and `..` mean folders.
    #[error("a name cannot be . or ..")]
    Dots,
    /// A slash separates folders; control characters cannot be seen.
    #[error("a name cannot contain a slash or control characters")]
    Character,
}

/// Reads a name as typed, or as found on a disk: one spelling (NFC) for what looks the same.
///
/// # Errors
/// What is wrong with it.
pub fn parse(typed: &str) -> Result<String, NameMistake> {
    let name: String = typed.nfc().collect();
    if name.is_empty() {
        Err(NameMistake::Empty)
    } else if name.len() > MAX_NAME_BYTES {
        Err(NameMistake::TooLong)
    } else if name == "." || name == ".." {
        Err(NameMistake::Dots)
    } else if name.chars().any(is_forbidden) {
        Err(NameMistake::Character)
    } else {
        Ok(name)
    }
}

/// A name from a record, as it may be shown and typed: itself if [`parse`] takes it and it reads as it is written, else the
/// nearest to that.
#[must_use]
pub fn tame(sealed: &str) -> String {
    let straight: String = sealed.chars().filter(|c| !turns_text(*c)).collect();
    parse(&straight).unwrap_or_else(|_| nearest(&straight, is_forbidden))
}

/// A line that somebody else wrote, as it may be shown: it reads as it is written, and drives no terminal.
#[must_use]
pub fn steady(line: &str) -> String {
    line.chars()
        .filter(|c| !c.is_control() && !turns_text(*c))
        .collect()
}

/// Hands out names that are safe on this machine's disk, each once in one folder.
#[derive(Debug, Default)]
pub struct LocalNames {
    taken: HashSet<String>,
}

impl LocalNames {
    /// The name under which `name` is written here.
    pub fn take(&mut self, name: &str) -> String {
        first_free(&local(name), |candidate| self.taken.insert(fold(candidate)))
    }
}

/// `name`, or the first that is free of "name (2)", "name (3)" and so on; the number stands before the ending.
pub(crate) fn first_free(name: &str, mut is_free: impl FnMut(&str) -> bool) -> String {
    if is_free(name) {
        return name.to_owned();
    }
    (2_u64..)
        .map(|count| numbered(name, count))
        .find(|candidate| is_free(candidate))
        .expect("one of 2^64 numbers is free")
}

fn is_forbidden(c: char) -> bool {
    c == '/' || c.is_control()
}

/// Embeddings, overrides and isolates change the direction of what follows: they make `exe.txt` of `txt.exe`. Writing from
/// right to left needs none of them.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_unsafe_on_disk(c: char) -> bool {
    let marks = matches!(c, '\u{200e}' | '\u{200f}');
    let windows = cfg!(windows) && matches!(c, '\\' | '<' | '>' | ':' | '"' | '|' | '?' | '*');
    is_forbidden(c) || turns_text(c) || marks || windows
}

fn local(name: &str) -> String {
    let name = nearest(name, is_unsafe_on_disk);
    if cfg!(windows) { windows_name(&name) } else { name }
}

/// Windows drops dots and blanks at the end, and keeps the names of its oldest devices for itself.
fn windows_name(name: &str) -> String {
    let name = name.trim_end_matches(['.', ' ']);
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        let number = stem.strip_prefix(prefix);
        number.is_some_and(|number| number.chars().count() == 1 && "123456789¹²³".contains(number))
    };
    let reserved = matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) || numbered("COM")
        || numbered("LPT");
    if name.is_empty() || reserved {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

fn nearest(name: &str, is_bad: impl Fn(char) -> bool) -> String {
    let mut near: String = name.nfc().map(|c| if is_bad(c) { '_' } else { c }).collect();
    truncate(&mut near, MAX_NAME_BYTES);
    match near.as_str() {
        "" => "_".to_owned(),
        "." | ".." => near.replace('.', "_"),
        _ => near,
    }
}

fn numbered(name: &str, count: u64) -> String {
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    };
    let tail = format!(" ({count}){extension}");
    let mut stem = stem.to_owned();
    truncate(&mut stem, MAX_NAME_BYTES.saturating_sub(tail.len()));
    // An extension of 250 letters leaves no room for a number behind the stem.
    if tail.len() > MAX_NAME_BYTES {
        format!("{count}")
    } else {
        format!("{stem}{tail}")
    }
}

fn truncate(text: &mut String, max_bytes: usize) {
    text.truncate(text.floor_char_boundary(max_bytes));
}

/// Equal for two names that a file system may take for one.
fn fold(name: &str) -> String {
    if cfg!(any(windows, target_os = "macos")) {
        name.to_lowercase()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        assert_eq!(parse("Cafe\u{301}"), Ok("Café".to_owned()));
    }

    #[test]
    fn a_name_that_could_be_a_path_is_refused() {
        for (name, mistake) in [
            ("", NameMistake::Empty),
            (".", NameMistake::Dots),
            ("..", NameMistake::Dots),
            ("a/b", NameMistake::Character),
            ("a\0b", NameMistake::Character),
            ("a\nb", NameMistake::Character),
            (&"ä".repeat(128), NameMistake::TooLong),
        ] {
            assert_eq!(parse(name), Err(mistake), "{name:?}");
        }
    }

    #[test]
    fn a_name_may_be_as_long_as_any() {
        let longest = "ä".repeat(127) + "a";
        assert_eq!(parse(&longest), Ok(longest.clone()));
    }

    #[test]
    fn b11_a_name_is_changed_only_where_the_disk_needs_it() {
        let name = "what? <a|b>: \"c\\d\" *";
        let on_windows = "what_ _a_b__ _c_d_ _";
        let expected = if cfg!(windows) { on_windows } else { name };
        assert_eq!(LocalNames::default().take(name), expected);
    }

    #[test]
    fn b11_a_name_means_no_device_of_windows() {
        for (name, safe) in [
            ("con", "_con"),
            ("Nul.txt", "_Nul.txt"),
            ("AUX .tar.gz", "_AUX .tar.gz"),
            ("COM1", "_COM1"),
            ("lpt³.log", "_lpt³.log"),
            ("CONIN$", "_CONIN$"),
            ("...", "_"),
            ("end. .", "end"),
            ("COM0", "COM0"),
            ("COM", "COM"),
            ("COM10", "COM10"),
            ("COMa", "COMa"),
            ("LPT", "LPT"),
            ("console.txt", "console.txt"),
            ("a.con", "a.con"),
        ] {
            assert_eq!(windows_name(name), safe);
        }
    }

    #[test]
    fn b11_a_name_that_means_a_folder_means_none() {
        for (name, safe) in [("", "_"), (".", "_"), ("..", "__"), ("/", "_"), ("...", "...")] {
            let on_disk = if cfg!(windows) {
                windows_name(safe)
            } else {
                safe.to_owned()
            };
            assert_eq!(
                (tame(name), LocalNames::default().take(name)),
                (safe.to_owned(), on_disk)
            );
        }
    }

    #[test]
    fn b11_both_files_survive_a_collision_of_spellings() {
        let mut names = LocalNames::default();
        assert_eq!(names.take("Café.txt"), "Café.txt");
        assert_eq!(names.take("Cafe\u{301}.txt"), "Café (2).txt");
        assert_eq!(names.take(".profile"), ".profile");
        assert_eq!(names.take(".profile"), ".profile (2)");
    }

    #[test]
    fn a_number_finds_room_behind_the_longest_ending() {
        for (ending, second) in [(250, format!(" (2).{}", "b".repeat(250))), (251, "2".to_owned())] {
            let (mut names, name) = (LocalNames::default(), format!("a.{}", "b".repeat(ending)));
            assert_eq!(names.take(&name), name);
            assert_eq!(names.take(&name), second);
        }
    }

    #[test]
    fn b11_a_name_cannot_turn_its_extension_round() {
        assert_eq!(
            LocalNames::default().take("invoice\u{202e}fdp.exe"),
            "invoice_fdp.exe"
        );
    }

    proptest! {
        #[test]
        fn b11_no_name_leaves_its_folder(name: String) {
            let local = LocalNames::default().take(&name);
            prop_assert!(!local.is_empty() && local != "." && local != "..");
            prop_assert!(local.len() <= MAX_NAME_BYTES);
            prop_assert!(!local.contains('/') && !local.contains('\0'));
        }

        #[test]
        fn what_is_tamed_can_be_typed(name: String) {
            let tamed = tame(&name);
            prop_assert_eq!(parse(&tamed), Ok(tamed.clone()));
        }

        #[test]
        fn local_names_are_unique(names in prop::collection::vec("[ab.]{0,3}", 0..20)) {
            let mut local = LocalNames::default();
            let taken: Vec<_> = names.iter().map(|name| local.take(name)).collect();
            let unique: HashSet<_> = taken.iter().collect();
            prop_assert_eq!(unique.len(), taken.len());
        }
    }
}
