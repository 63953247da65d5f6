//! What stands above a body: its fields, in their order, and what they mean.

use std::borrow::Cow;

use crate::addresses::{self, Mailboxes};
use crate::{Limits, charset, date, ids, words};

mod split;

pub(crate) use split::split;

/// A line of a head, with those that continue it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

impl<'a> Field<'a> {
    /// `Subject`, as it is written.
    pub fn name(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.name)
    }

    /// What follows the colon, as it came, with its line ends inside.
    pub fn raw(&self) -> &'a [u8] {
        self.value
    }

    /// What follows the colon, in one line, with its words decoded.
    pub fn text(&self) -> String {
        one_line(&words::decoded(&self.unfolded(usize::MAX)))
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// In one line, with its words still encoded.
    fn unfolded(&self, most: usize) -> String {
        let bytes = &self.value[..self.value.len().min(most)];
        let line: Vec<u8> = bytes
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .collect();
        charset::guess(line.trim_ascii()).into_owned()
    }
}

/// The fields of a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head<'a> {
    fields: Vec<Field<'a>>,
    limits: Limits,
}

impl<'a> Head<'a> {
    pub(crate) fn new(fields: Vec<Field<'a>>, limits: Limits) -> Self {
        Self { fields, limits }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// All of them, in the order of the message.
    pub fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }

    /// The first field of that name, in one line, with its words decoded.
    pub fn text(&self, name: &str) -> Option<String> {
        self.unfolded(name).map(|value| one_line(&words::decoded(&value)))
    }

    /// The first field of that name, with its words still encoded.
    pub(crate) fn unfolded(&self, name: &str) -> Option<String> {
        let field = self.fields.iter().find(|field| field.is(name))?;
        Some(field.unfolded(self.limits.field_bytes))
    }

    /// `Subject`.
    pub fn subject(&self) -> Option<String> {
        self.text("Subject")
    }

    /// `From`.
    pub fn from(&self) -> Mailboxes {
        self.mailboxes("From")
    }

    /// `Sender`: who sent what others wrote.
    pub fn sender(&self) -> Mailboxes {
        self.mailboxes("Sender")
    }

    /// `Reply-To`.
    pub fn reply_to(&self) -> Mailboxes {
        self.mailboxes("Reply-To")
    }

    /// `To`.
    pub fn to(&self) -> Mailboxes {
        self.mailboxes("To")
    }

    /// `Cc`.
    pub fn cc(&self) -> Mailboxes {
        self.mailboxes("Cc")
    }

    /// `Bcc`, in a message that one has sent oneself.
    pub fn bcc(&self) -> Mailboxes {
        self.mailboxes("Bcc")
    }

    /// What all fields of that name hold together: some programs write one for each recipient.
    pub fn mailboxes(&self, name: &str) -> Mailboxes {
        let mut all = Mailboxes::default();
        for field in self.fields.iter().filter(|field| field.is(name)) {
            let is_cut = field.value.len() > self.limits.field_bytes;
            let value = field.unfolded(self.limits.field_bytes);
            addresses::read(&value, is_cut, self.limits.addresses, &mut all);
        }
        all
    }

    /// `Date`, in milliseconds since 1970.
    pub fn date_ms(&self) -> Option<i64> {
        date::read_ms(&self.unfolded("Date")?)
    }

    /// When the last server that had it got it: what stands behind the last semicolon of the first trace field (RFC 5321,
    /// section 4.4).
    pub fn received_ms(&self) -> Option<i64> {
        let received = self.text("Received")?;
        date::read_ms(received.rsplit_once(';')?.1.trim())
    }

    /// `Message-ID`, without brackets.
    pub fn message_id(&self) -> Option<String> {
        ids::read(&self.unfolded("Message-ID")?, 1).pop()
    }

    /// `In-Reply-To`, without brackets.
    pub fn in_reply_to(&self) -> Vec<String> {
        self.ids("In-Reply-To")
    }

    /// `References`, without brackets, the latest last.
    pub fn references(&self) -> Vec<String> {
        self.ids("References")
    }

    /// `List-Unsubscribe` (RFC 2369): addresses of the web or of mail, which nobody should visit without being asked to.
    pub fn list_unsubscribe(&self) -> Vec<String> {
        self.ids("List-Unsubscribe")
    }

    /// `List-Id` (RFC 2919), without its description.
    pub fn list_id(&self) -> Option<String> {
        ids::read(&self.unfolded("List-Id")?, 1).pop()
    }

    /// `Auto-Submitted` (RFC 3834): `no`, or by what kind of machine it was sent.
    pub fn auto_submitted(&self) -> Option<String> {
        let value = self.unfolded("Auto-Submitted")?;
        let keyword = value.split([';', '(']).next().unwrap_or_default();
        Some(one_line(keyword).to_ascii_lowercase())
    }

    fn ids(&self, name: &str) -> Vec<String> {
        let value = self.unfolded(name).unwrap_or_default();
        ids::read(&value, self.limits.addresses)
    }
}

/// Without what would make a second line of it, or none at all: an encoded word may hold any character.
pub(crate) fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    visible.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head<'_> {
        Head::new(split(text.as_bytes(), true, usize::MAX).fields, Limits::default())
    }

    #[test]
    fn fields_say_who_and_when_and_about_what() {
        let head = head(concat!(
            "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n from Vienna\r\n",
            "From: =?iso-8859-1?Q?J=F6rg?= <joerg@example.org>\r\n",
            "To: friends: a@example.org, \"B, C\" <b@example.org>;, c@example.org\r\n",
            "to: d@example.org\r\n",
            "Date: Sun, 02 Oct 2016 07:06:22 -0700 (PDT)\r\n",
            "Message-ID: <1@example.org>\r\n",
            "References: <a@x> <b@x>\r\n\t<c@x>\r\n",
            "List-Unsubscribe: <mailto:off@example.org>,\r\n <https://example.org/off>\r\n",
            "List-Id: Talk about it <talk.example.org>\r\n",
            "Auto-Submitted: Auto-Replied; x=y\r\n\r\n",
        ));
        assert_eq!(head.subject().as_deref(), Some("Grüße from Vienna"));
        assert_eq!(head.from().to_string(), "Jörg <joerg@example.org>");
        assert_eq!(
            head.to().to_string(),
            "a@example.org, B, C <b@example.org>, c@example.org, d@example.org"
        );
        assert_eq!(head.date_ms(), Some(1_475_417_182_000));
        assert_eq!(head.message_id().as_deref(), Some("1@example.org"));
        assert_eq!(head.references(), ["a@x", "b@x", "c@x"]);
        assert_eq!(
            head.list_unsubscribe(),
            ["mailto:off@example.org", "https://example.org/off"]
        );
        assert_eq!(head.list_id().as_deref(), Some("talk.example.org"));
        assert_eq!(head.auto_submitted().as_deref(), Some("auto-replied"));
        assert_eq!(head.fields().len(), 10);
        assert_eq!(head.fields()[3].name(), "to");
    }

    #[test]
    fn a_word_cannot_begin_a_line_of_its_own() {
        let head = head("Subject: =?utf-8?Q?one=0D=0ABcc:_two=00?=\n\n");
        assert_eq!(head.subject().as_deref(), Some("one  Bcc: two"));
    }
}
