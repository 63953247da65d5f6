//! Looks for secrets where they must not be, in every form that software is known to give them.

use std::fs;
use std::path::Path;

use memchr::memmem;

use crate::folder::every_file;

/// Something secret, and the forms in which it could leak.
pub struct Canary {
    name: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Canary {
    /// A secret with a name to report it by. Short secrets would be found by chance.
    pub fn new(name: &str, secret: impl AsRef<[u8]>) -> Self {
        let secret = secret.as_ref();
        assert!(secret.len() >= 8, "{name} is too short to look for");
        Self {
            name: name.to_owned(),
            forms: forms(secret),
        }
    }

    /// Fails the test if this secret is in `bytes`.
    #[track_caller]
    pub fn must_not_be_in(&self, place: &str, bytes: &[u8]) {
        if let Some(form) = self.form_in(bytes) {
            panic!("{} was found in {place} ({form})", self.name);
        }
    }

    /// Fails the test if this secret is in the contents or the path of any file below `folder`.
    #[track_caller]
    pub fn must_not_be_below(&self, folder: &Path) {
        for file in every_file(folder) {
            self.must_not_be_in("a path", file.as_os_str().as_encoded_bytes());
            self.must_not_be_in(&file.display().to_string(), &fs::read(&file).unwrap_or_default());
        }
    }

    /// The form in which this secret is in `bytes`, if it is.
    pub fn form_in(&self, bytes: &[u8]) -> Option<&'static str> {
        let (form, _) = self
            .forms
            .iter()
            .find(|(_, needle)| memmem::find(bytes, needle).is_some())?;
        Some(form)
    }
}

fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![
        ("as it is", secret.to_vec()),
        ("hex", hex(secret).into_bytes()),
        ("upper-case hex", hex(secret).to_uppercase().into_bytes()),
        ("percent-encoded", percent_encoded(secret).into_bytes()),
    ];
    if let Ok(text) = std::str::from_utf8(secret) {
        forms.push((
            "UTF-16, little end first",
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ));
        forms.push((
            "UTF-16, big end first",
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ));
    }
    for offset in 0..3 {
        forms.push(("base64", base64_inside(secret, offset, b"+/")));
        forms.push(("base64url", base64_inside(secret, offset, b"-_")));
    }
    forms
}

/// The base64 of `secret` as it reads in the middle of a longer text, `offset` bytes after a group of three began:
/// only the characters that do not depend on what stands before or after.
fn base64_inside(secret: &[u8], offset: usize, last_two: &[u8; 2]) -> Vec<u8> {
    let whole_groups = &secret[(3 - offset) % 3..];
    let (groups, _) = whole_groups.as_chunks::<3>();
    groups
        .iter()
        .flat_map(|group| base64_group(*group, last_two))
        .collect()
}

fn base64_group([a, b, c]: [u8; 3], last_two: &[u8; 2]) -> [u8; 4] {
    let bits = u32::from_be_bytes([0, a, b, c]);
    [18, 12, 6, 0].map(|shift| base64_digit((bits >> shift) & 63, last_two))
}

fn base64_digit(value: u32, last_two: &[u8; 2]) -> u8 {
    const DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let index = value as usize;
    DIGITS
        .get(index)
        .copied()
        .unwrap_or_else(|| last_two[index - DIGITS.len()])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn percent_encoded(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| percent_encoded_byte(byte)).collect()
}

fn percent_encoded_byte(byte: u8) -> String {
    let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if is_plain {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "Grüne Kanarie 7?>";

    #[track_caller]
    fn is_found(bytes: impl AsRef<[u8]>) {
        assert!(
            Canary::new("the canary", SECRET)
                .form_in(bytes.as_ref())
                .is_some()
        );
    }

    #[test]
    fn a_secret_is_found_as_it_is_and_in_hex() {
        is_found(format!("…{SECRET}…"));
        is_found(hex(SECRET.as_bytes()));
    }

    #[test]
    fn a_secret_is_found_percent_encoded() {
        is_found("/search?q=Gr%C3%BCne%20Kanarie%207%3F%3E&x");
    }

    #[test]
    fn a_secret_is_found_in_utf16() {
        is_found(
            SECRET
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>(),
        );
    }

    #[test]
    fn a_secret_is_found_in_base64_at_every_offset() {
        for before in ["", "x", "xy"] {
            let text = format!("{before}{SECRET}zz");
            let (groups, _) = text.as_bytes().as_chunks::<3>();
            is_found(
                groups
                    .iter()
                    .flat_map(|group| base64_group(*group, b"-_"))
                    .collect::<Vec<u8>>(),
            );
        }
    }

    #[test]
    fn base64_is_the_one_of_rfc_4648() {
        assert_eq!(base64_group(*b"foo", b"+/"), *b"Zm9v");
        assert_eq!(base64_group([0xfb, 0xff, 0xfe], b"-_"), *b"-__-");
    }

    #[test]
    fn other_bytes_are_not_taken_for_the_secret() {
        let canary = Canary::new("the canary", SECRET);
        assert_eq!(canary.form_in(&crate::noise(1, 100_000)), None);
        assert_eq!(canary.form_in(&SECRET.as_bytes()[..10]), None);
    }
}
