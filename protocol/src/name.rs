//! The name under which a person signs in, and later the local part of a mail address.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest name, in bytes: a mail address' local part may have 64 (RFC 5321, 4.5.3.1.1).
pub const MAX_NAME_BYTES: usize = 63;

/// A well-formed account name: lower-case, `a`–`z`, `0`–`9`, and `.`, `_`, `-` between those.
///
/// Only ASCII: a name is typed on other people's keyboards, and two names must never look alike.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName(String);

/// The text cannot be an account name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to 63 letters a–z or digits, with single dots, hyphens or underscores between them")]
pub struct InvalidName;

impl AccountName {
    /// Reads a name as typed: surrounding blanks are dropped, capitals become small.
    ///
    /// # Errors
    /// [`InvalidName`] if what is left is not a well-formed name.
    pub fn parse(typed: &str) -> Result<Self, InvalidName> {
        let name = typed.trim().to_ascii_lowercase();
        if is_well_formed(name.as_bytes()) {
            Ok(Self(name))
        } else {
            Err(InvalidName)
        }
    }

    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_well_formed(name: &[u8]) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let separator = |byte: &u8| matches!(byte, b'.' | b'_' | b'-');
    let ends_well = name.first().is_some_and(alphanumeric) && name.last().is_some_and(alphanumeric);
    let no_doubled = name
        .windows(2)
        .all(|pair| !(separator(&pair[0]) && separator(&pair[1])));
    let only_known = name.iter().all(|byte| alphanumeric(byte) || separator(byte));
    name.len() <= MAX_NAME_BYTES && ends_well && no_doubled && only_known
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountName({})", self.0)
    }
}

impl FromStr for AccountName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::parse(text)
    }
}

impl Serialize for AccountName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AccountName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for AccountName {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::bytes::text_schema("an account name: a–z, 0–9, with single . _ - between")
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for AccountName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_people_type_it() {
        assert_eq!(
            AccountName::parse(" Alice.B-2 ").expect("fine").as_str(),
            "alice.b-2"
        );
    }

    #[test]
    fn a_name_that_could_be_mistaken_is_refused() {
        for name in [
            "",
            ".a",
            "a.",
            "a..b",
            "a b",
            "ä",
            "а",
            "a@b",
            "a/b",
            &"a".repeat(64),
        ] {
            assert_eq!(AccountName::parse(name), Err(InvalidName), "{name}");
        }
    }
}
