//! Addresses, as SMTP writes them (RFC 5321, 4.1.2 and 4.1.3; RFC 6531, 3.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const MAX_LOCAL_BYTES: usize = 64;
const MAX_DOMAIN_BYTES: usize = 255;
const MAX_LABEL_BYTES: usize = 63;
const MAX_PATH_BYTES: usize = 256;

/// Where a message came from, for those who report that it did not arrive.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReversePath {
    /// `<>`: a report itself, which nobody answers.
    Null,
    /// An address.
    Address(Address),
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ForwardPath {
    /// `<postmaster>` without a domain, which every server has to know.
    Postmaster,
    /// An address.
    Address(Address),
}

/// A mailbox: what stands before the last `@`, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    local: String,
    domain: Domain,
}

/// What stands behind the `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Domain {
    /// A name, in small letters. With SMTPUTF8 it may be other than ASCII.
    Name(String),
    /// `[192.0.2.1]` or `[IPv6:2001:db8::1]`.
    Literal(IpAddr),
}

/// Not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mistake;

impl Address {
    /// Reads `local@domain`.
    ///
    /// # Errors
    /// [`Mistake`] if it is not well-formed or too long.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let address = Self::parse_with(text, dotted)?;
        if address.local.len() > MAX_LOCAL_BYTES {
            return Err(Mistake);
        }
        Ok(address)
    }

    /// Reads the address of a sender. Some that are in use are against the rules: what stands before the `@` is longer than
    /// it may be, where others have put an address or a number into it, or has dots at its end or side by side, as some
    /// providers once gave them out. Mail from there would never come in, and nobody is protected by that.
    fn parse_sender(text: &str) -> Result<Self, Mistake> {
        Self::parse_with(text, atoms_and_dots)
    }

    fn parse_with(text: &str, unquoted: fn(&str) -> Result<&str, Mistake>) -> Result<Self, Mistake> {
        if text.len() > MAX_PATH_BYTES - 2 {
            return Err(Mistake);
        }
        let (local, domain) = if text.starts_with('"') {
            let (local, rest) = quoted(text)?;
            (local, rest.strip_prefix('@').ok_or(Mistake)?)
        } else {
            let (local, domain) = text.split_once('@').ok_or(Mistake)?;
            (unquoted(local)?.to_owned(), domain)
        };
        if local.is_empty() {
            return Err(Mistake);
        }
        let address = Self {
            local,
            domain: Domain::parse(domain)?,
        };
        // As it is kept: some signs take more bytes in small letters.
        if address.to_string().len() > MAX_PATH_BYTES {
            return Err(Mistake);
        }
        Ok(address)
    }

    /// What stands before the `@`, without quotes. Only its owner knows what it means; capitals may matter.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Whether it can be written without SMTPUTF8.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.local.is_ascii() && !matches!(&self.domain, Domain::Name(name) if !name.is_ascii())
    }
}

impl Domain {
    /// Reads a domain or an address literal.
    ///
    /// # Errors
    /// [`Mistake`] if it is not well-formed or too long.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        match text.strip_prefix('[').map(|rest| rest.strip_suffix(']')) {
            Some(Some(literal)) => literal_address(literal).map(Self::Literal),
            Some(None) => Err(Mistake),
            None => name(text).map(Self::Name),
        }
    }
}

impl ReversePath {
    /// Reads what stands between the angle brackets.
    pub(crate) fn parse(inside: &str) -> Result<Self, Mistake> {
        match inside {
            "" => Ok(Self::Null),
            address => Ok(Self::Address(Address::parse_sender(without_route(address))?)),
        }
    }

    /// The address, unless it is the null path.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::Null => None,
            Self::Address(address) => Some(address),
        }
    }
}

impl ForwardPath {
    /// Reads what stands between the angle brackets.
    pub(crate) fn parse(inside: &str) -> Result<Self, Mistake> {
        if inside.eq_ignore_ascii_case("postmaster") {
            return Ok(Self::Postmaster);
        }
        Ok(Self::Address(Address::parse(without_route(inside))?))
    }

    /// The address, unless it is `postmaster` alone.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::Postmaster => None,
            Self::Address(address) => Some(address),
        }
    }
}

/// `@a,@b:user@domain` names a route, which has to be accepted and ignored (RFC 5321, 4.1.1.3).
fn without_route(inside: &str) -> &str {
    match inside.split_once(':') {
        Some((route, address)) if is_route(route) => address,
        _ => inside,
    }
}

fn is_route(text: &str) -> bool {
    let hop = |hop: &str| hop.strip_prefix('@').is_some_and(is_name);
    text.split(',').all(hop)
}

/// `Dot-string`: words with single dots between them.
fn dotted(local: &str) -> Result<&str, Mistake> {
    let word = |word: &str| !word.is_empty() && word.chars().all(is_atext);
    if local.split('.').all(word) {
        Ok(local)
    } else {
        Err(Mistake)
    }
}

/// Words with dots wherever they like.
fn atoms_and_dots(local: &str) -> Result<&str, Mistake> {
    if local.chars().all(|sign| sign == '.' || is_atext(sign)) {
        Ok(local)
    } else {
        Err(Mistake)
    }
}

fn is_atext(sign: char) -> bool {
    sign.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(sign)
        || (!sign.is_ascii() && !sign.is_control())
}

/// `Quoted-string`: what it says, and what follows.
fn quoted(text: &str) -> Result<(String, &str), Mistake> {
    let mut said = String::new();
    let mut signs = text.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => return Ok((said, &text[at + 1..])),
            '\\' => said.push(printable(signs.next().ok_or(Mistake)?.1)?),
            _ => said.push(printable(sign)?),
        }
    }
    Err(Mistake)
}

fn printable(sign: char) -> Result<char, Mistake> {
    if sign.is_control() { Err(Mistake) } else { Ok(sign) }
}

/// In small letters, of which some take more bytes than the capital ones: what counts is what is kept.
fn name(text: &str) -> Result<String, Mistake> {
    let name = text.to_lowercase();
    if is_name(text) && is_name(&name) {
        Ok(name)
    } else {
        Err(Mistake)
    }
}

/// Letters, digits and inner hyphens, as DNS has them; underscores too, which some have against the rules; and whatever
/// is not ASCII and not a control.
fn is_name(text: &str) -> bool {
    let sign = |sign: char| sign.is_ascii_alphanumeric() || "-_".contains(sign) || !sign.is_ascii();
    let label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|each| sign(each) && !each.is_control() && !each.is_whitespace())
    };
    text.len() <= MAX_DOMAIN_BYTES && text.split('.').all(label)
}

fn literal_address(text: &str) -> Result<IpAddr, Mistake> {
    let tag = text.get(..5).filter(|tag| tag.eq_ignore_ascii_case("IPv6:"));
    match tag {
        Some(_) => text[5..].parse::<Ipv6Addr>().map(IpAddr::V6),
        None => text.parse::<Ipv4Addr>().map(IpAddr::V4),
    }
    .map_err(|_| Mistake)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if dotted(&self.local).is_ok() {
            return write!(f, "{}@{}", self.local, self.domain);
        }
        let escaped = self.local.replace('\\', r"\\").replace('"', "\\\"");
        write!(f, "\"{escaped}\"@{}", self.domain)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Literal(IpAddr::V4(address)) => write!(f, "[{address}]"),
            Self::Literal(IpAddr::V6(address)) => write!(f, "[IPv6:{address}]"),
        }
    }
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for ForwardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postmaster => f.write_str("postmaster"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a mail address")
    }
}

impl std::error::Error for Mistake {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(text: &str) -> (String, String) {
        let address = Address::parse(text).unwrap_or_else(|_| panic!("{text} is an address"));
        (address.local().to_owned(), address.domain().to_string())
    }

    fn pair(local: &str, domain: &str) -> (String, String) {
        (local.to_owned(), domain.to_owned())
    }

    #[test]
    fn an_address_is_taken_apart() {
        assert_eq!(address("ada@example.org"), pair("ada", "example.org"));
        assert_eq!(address("Ada.L+x@EXAMPLE.org"), pair("Ada.L+x", "example.org"));
        assert_eq!(address(r#""a b@c\"d"@x.y"#), pair(r#"a b@c"d"#, "x.y"));
        assert_eq!(address("bücher@bücher.example"), pair("bücher", "bücher.example"));
        assert_eq!(address("a@[192.0.2.1]"), pair("a", "[192.0.2.1]"));
        assert_eq!(address("a@[ipv6:2001:DB8::1]"), pair("a", "[IPv6:2001:db8::1]"));
        assert_eq!(address("a@localhost"), pair("a", "localhost"));
        assert_eq!(address("a@_x.example"), pair("a", "_x.example"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@x.y", "a".repeat(65));
        let long_name = format!("a@{}.y", "b".repeat(64));
        let long_domain = format!("a@{}y", "b.".repeat(128));
        for text in [
            "",
            "ada",
            "@x",
            "ada@",
            "a..b@x",
            ".a@x",
            "a.@x",
            "a b@x",
            "a@b@c",
            "a@x..y",
            "a@-x",
            "a@x-",
            "a@x y",
            "a@.",
            "a@[1.2.3]",
            "a@[1.2.3.4",
            "a@[IPv6:zz]",
            "\"a@x",
            "\"a\"b@x",
            "\"\"@x",
            "\"a\u{7}\"@x",
            "a\u{7f}@x",
            "<a@x",
            "a@x>",
            "a(b)@x",
            "a@x\u{a0}y",
            "a\u{85}@x",
            "a@x\0",
            &long,
            &long_name,
            &long_domain,
        ] {
            assert_eq!(Address::parse(text), Err(Mistake), "{text}");
        }
    }

    #[test]
    fn a_sender_may_have_a_long_name_and_dots_anywhere() {
        let long = format!("{}@x.y", "a".repeat(250));
        let too_long = format!("{}@x.y", "a".repeat(251));
        for text in ["a..b@x", ".a@x", "a.@x", ".@x", &long] {
            let read = ReversePath::parse(text).unwrap_or_else(|_| panic!("{text} is a sender"));
            assert_eq!(Address::parse(text), Err(Mistake), "{text} is no recipient");
            let written = read.to_string();
            assert_eq!(ReversePath::parse(&written), Ok(read), "{written}");
        }
        for text in ["a b@x", "a@b@c", "@x", "\"a@x", &too_long] {
            assert_eq!(ReversePath::parse(text), Err(Mistake), "{text}");
        }
    }

    /// In small letters it has three bytes, and two in capital ones.
    #[test]
    fn a_domain_is_as_long_as_it_is_in_small_letters() {
        let label = |count| "Ⱥ".repeat(count);
        assert_eq!(address(&format!("a@{}.y", label(21))).1.len(), 65);
        assert_eq!(Address::parse(&format!("a@{}.y", label(22))), Err(Mistake));
        let domain = vec![label(21); 4].join(".");
        assert_eq!((domain.len(), domain.to_lowercase().len()), (171, 255));
        assert!(Domain::parse(&domain).is_ok());
        assert_eq!(Domain::parse(&format!("{domain}.y")), Err(Mistake));
        assert_eq!(Address::parse(&format!("a@{domain}")), Err(Mistake));
    }

    #[test]
    fn routes_are_ignored_and_paths_without_an_address_are_known() {
        let there = ForwardPath::Address(Address::parse("c@d.e").expect("an address"));
        assert_eq!(ForwardPath::parse("@a.b,@b.c:c@d.e"), Ok(there));
        assert_eq!(ForwardPath::parse("@a b:c@d.e"), Err(Mistake));
        assert_eq!(ForwardPath::parse("PostMaster"), Ok(ForwardPath::Postmaster));
        assert_eq!(ForwardPath::parse(""), Err(Mistake));
        assert_eq!(ReversePath::parse(""), Ok(ReversePath::Null));
        assert_eq!(ReversePath::parse("postmaster"), Err(Mistake));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(text in "\\PC{0,20}@\\PC{0,20}|\"\\PC{0,20}\"@[a-z]{1,5}") {
            if let Ok(address) = Address::parse(&text) {
                prop_assert_eq!(Address::parse(&address.to_string()), Ok(address));
            }
        }
    }
}
