//! Mail addresses at this server: an account's name, or one that was given to it, at a domain.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest domain, in bytes (RFC 5321, 4.5.3.1.2, less what a name's text form saves).
pub const MAX_DOMAIN_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// A domain as DNS knows it: small letters, digits and hyphens, in labels with dots between. One that is written in other
/// letters stands here in its ASCII form (`xn--…`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// The text cannot be a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a domain has labels of letters, digits and hyphens, with dots between them")]
pub struct InvalidDomain;

impl DomainName {
    /// Reads a domain as typed: surrounding blanks and a dot at the end are dropped, capitals become small.
    ///
    /// # Errors
    /// [`InvalidDomain`] if what is left is not a well-formed domain.
    pub fn parse(typed: &str) -> Result<Self, InvalidDomain> {
        let name = typed.trim();
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let well_formed = name.len() <= MAX_DOMAIN_BYTES && name.split('.').all(is_label);
        // What ends with a number is an address of the network.
        let numeric = name
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        if well_formed && !numeric {
            Ok(Self(name))
        } else {
            Err(InvalidDomain)
        }
    }

    /// The domain's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_label(label: &str) -> bool {
    let only_known = label
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let length = (1..=MAX_LABEL_BYTES).contains(&label.len());
    only_known && length && !label.starts_with('-') && !label.ends_with('-')
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainName({})", self.0)
    }
}

impl FromStr for DomainName {
    type Err = InvalidDomain;
    fn from_str(text: &str) -> Result<Self, InvalidDomain> {
        Self::parse(text)
    }
}

impl Serialize for DomainName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DomainName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for DomainName {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        crate::bytes::text_schema("a domain: labels of a–z, 0–9 and - with dots between")
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for DomainName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_read_as_people_type_it() {
        for (typed, domain) in [
            (" Example.ORG. ", "example.org"),
            ("localhost", "localhost"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("3com.com", "3com.com"),
        ] {
            assert_eq!(DomainName::parse(typed).expect("fine").as_str(), domain);
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        let long_label = format!("{}.org", "a".repeat(64));
        let long = [&"a".repeat(63); 4].map(String::as_str).join(".");
        for typed in [
            "",
            ".",
            "a..b",
            ".a",
            "-a.b",
            "a-.b",
            "a_b.c",
            "bücher.example",
            "a b",
            "a@b",
            "192.0.2.1",
            "a.1",
            "a/b",
            "[a]",
            "a..",
            &long_label,
            &long,
        ] {
            assert_eq!(DomainName::parse(typed), Err(InvalidDomain), "{typed}");
        }
    }
}
