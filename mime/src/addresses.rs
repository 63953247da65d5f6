//! Who wrote, and to whom (RFC 5322, section 3.4). Groups are opened: what counts is who is in them.

use std::fmt;

use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

use crate::head::one_line;
use crate::words;

/// A name and an address; either may be empty, since anything can stand there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailbox {
    /// The name, decoded. Its writer chose it: it may look like an address, and be another one's.
    pub name: String,
    /// The address.
    pub address: String,
}

/// Those of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mailboxes {
    /// In the order of the message.
    pub all: Vec<Mailbox>,
    /// There were more than are read. The view of the whole head has them.
    pub is_cut: bool,
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_str(), self.address.as_str()) {
            ("", address) => f.write_str(address),
            (name, "") => f.write_str(name),
            (name, address) => write!(f, "{name} <{address}>"),
        }
    }
}

impl fmt::Display for Mailboxes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mailbox) in self.all.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(f, "{comma}{mailbox}")?;
        }
        Ok(())
    }
}

/// Adds those of a field, until there are `most`.
pub(crate) fn read(value: &str, is_cut: bool, most: usize, all: &mut Mailboxes) {
    all.is_cut |= is_cut;
    let line = format!("{}\n", words::mended(value));
    let HeaderValue::Address(found) = MessageStream::new(line.as_bytes()).parse_address() else {
        return;
    };
    for found in found.iter() {
        let mailbox = Mailbox {
            name: one_line(found.name().unwrap_or_default()),
            address: tidy(found.address().unwrap_or_default()),
        };
        if mailbox == Mailbox::default() {
            continue;
        }
        if all.all.len() == most {
            all.is_cut = true;
            return;
        }
        all.all.push(mailbox);
    }
}

/// Without the route that RFC 822 had in front of an address, and without blanks around its signs.
fn tidy(address: &str) -> String {
    let address = match address.strip_prefix('@') {
        Some(route) => route.split_once(':').map_or(address, |(_, address)| address),
        None => address,
    };
    let mut tidied = String::with_capacity(address.len());
    for word in one_line(address).split_whitespace() {
        let is_joined = tidied.is_empty() || tidied.ends_with(['.', '@']) || word.starts_with(['.', '@']);
        if !is_joined {
            tidied.push(' ');
        }
        tidied.push_str(word);
    }
    tidied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> String {
        let mut all = Mailboxes::default();
        read(value, false, 100, &mut all);
        all.to_string()
    }

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for (value, meant) in [
            ("a@b", "a@b"),
            ("<a@b>", "a@b"),
            ("Ada <a@b>, Bob <b@b>", "Ada <a@b>, Bob <b@b>"),
            ("\"Lovelace, Ada\" <a@b>", "Lovelace, Ada <a@b>"),
            ("a@b (Ada)", "Ada <a@b>"),
            ("Friends: a@b, c@d;", "a@b, c@d"),
            ("undisclosed-recipients:;", ""),
            ("=?utf-8?Q?=C3=84da?= =?utf-8?Q?_L=2E?= <a@b>", "Äda L. <a@b>"),
            ("=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?= <a@b>", "€ <a@b>"),
            ("=?utf-8?Q?c=2C_=3Cd=40e=3E?= <a@b>", "c, <d@e> <a@b>"),
            ("\"=?utf-8?Q?=C3=84da?=\" <a@b>", "Äda <a@b>"),
            ("Ada <@x,@y:a@b>", "Ada <a@b>"),
            ("a@b . example", "a@b.example"),
            ("Ada", "Ada"),
            ("Ada <a@b", "Ada <a@b>"),
            ("ä@ö.example", "ä@ö.example"),
            ("", ""),
            (",,,", ""),
            ("=?utf-8?Q", "= ?utf-8?Q"),
        ] {
            assert_eq!(shown(value), meant, "{value}");
        }
    }

    #[test]
    fn f7_addresses_beyond_the_limit_are_told_of() {
        let mut all = Mailboxes::default();
        read("a@b, c@d, e@f", false, 2, &mut all);
        assert_eq!((all.all.len(), all.is_cut), (2, true));
    }
}
