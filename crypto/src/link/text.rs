//! The text of a link: `https://host/s/<id>#1<secret>`, made to survive mailers and chat programs.
//!
//! The fragment carries a checksum over everything that matters, so a link that was damaged is either
//! mended exactly or refused with a reason; a wrong key is never tried against the server (threat E7).

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::LinkSecret;
use crate::hash::labelled;
use crate::labels::Label;
use crate::{Id, LinkMistake};

const VERSION: char = '1';
const ID_CHARS: usize = 22;
const SECRET_CHARS: usize = 48;
const NEEDS_PASSWORD: u8 = 1;
/// Longer texts are not links; a parser that is fed a novel should say so at once.
const MAX_TEXT: usize = 4096;

/// What the text of a link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkText {
    /// Names the link to the server.
    pub id: Id,
    /// Never leaves the device.
    pub secret: LinkSecret,
    /// Whether it also needs a password. It is said here so that the server need say nothing without proof.
    pub needs_password: bool,
}

impl LinkText {
    /// What stands after the `#`.
    #[must_use]
    pub fn fragment(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 36]);
        bytes[0] = self.flags();
        bytes[1..33].copy_from_slice(self.secret.expose());
        bytes[33..].copy_from_slice(&checksum(&self.id, self.flags(), &self.secret));
        let mut text = Zeroizing::new(String::with_capacity(1 + SECRET_CHARS));
        text.push(VERSION);
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        text
    }

    /// The whole link. `origin` is the server's, such as `https://files.example`.
    #[must_use]
    pub fn url(&self, origin: &str) -> Zeroizing<String> {
        let id = URL_SAFE_NO_PAD.encode(self.id);
        Zeroizing::new(format!(
            "{}/s/{id}#{}",
            origin.trim_end_matches('/'),
            *self.fragment()
        ))
    }

    /// Reads a fragment that belongs to the link `id`, with or without the `#`.
    pub fn from_fragment(id: &Id, fragment: &str) -> Result<Self, LinkMistake> {
        let fragment = mend(fragment);
        let text = fragment.strip_prefix('#').unwrap_or(&fragment);
        let body = match text.chars().next() {
            None => return Err(LinkMistake::SecretMissing),
            Some(VERSION) => &text[1..],
            Some('2'..='9') => return Err(LinkMistake::Newer),
            Some(_) => return Err(LinkMistake::Changed),
        };
        Self::from_body(id, leading_base64url(body, SECRET_CHARS)?)
    }

    fn from_body(id: &Id, body: &str) -> Result<Self, LinkMistake> {
        let mut bytes = Zeroizing::new([0; 36]);
        URL_SAFE_NO_PAD
            .decode_slice(body, bytes.as_mut_slice())
            .map_err(|_| LinkMistake::Changed)?;
        let flags = bytes[0];
        let secret = LinkSecret::from_bytes(*bytes[1..].first_chunk().expect("35 bytes begin with 32"));
        if bytes[33..] != checksum(id, flags, &secret) {
            return Err(LinkMistake::Changed);
        }
        if flags & !NEEDS_PASSWORD != 0 {
            return Err(LinkMistake::Newer);
        }
        Ok(Self {
            id: *id,
            secret,
            needs_password: flags == NEEDS_PASSWORD,
        })
    }

    fn flags(&self) -> u8 {
        if self.needs_password { NEEDS_PASSWORD } else { 0 }
    }
}

/// Reads a link as a person pasted it. Returns the server's origin and what the link says.
pub fn parse(pasted: &str) -> Result<(String, LinkText), LinkMistake> {
    if pasted.len() > MAX_TEXT {
        return Err(LinkMistake::NotALink);
    }
    let text = mend(pasted);
    let (origin, rest) = text.split_once("/s/").ok_or(LinkMistake::NotALink)?;
    let origin = check_origin(origin)?;
    let (path, fragment) = rest.split_once('#').ok_or(LinkMistake::SecretMissing)?;
    let id = decode_id(path)?;
    Ok((origin, LinkText::from_fragment(&id, fragment)?))
}

/// Undoes what happens to links on their way: wrapping, invisible characters, percent-encoding, and the
/// brackets and quotation marks around them.
fn mend(pasted: &str) -> Zeroizing<String> {
    let visible: Zeroizing<String> = Zeroizing::new(pasted.chars().filter(|c| !is_noise(*c)).collect());
    let unescaped = unescape(&visible);
    let start = unescaped.trim_start_matches(|c: char| !c.is_ascii_alphanumeric() && c != '#');
    Zeroizing::new(start.to_owned())
}

fn is_noise(c: char) -> bool {
    // Soft hyphen, zero-width characters, word joiner and byte-order mark.
    c.is_whitespace() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Percent-encoding of the few characters that links consist of; any other is left for the checks to
/// refuse.
fn unescape(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        match after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .filter(u8::is_ascii_graphic)
        {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &after[2..];
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn check_origin(origin: &str) -> Result<String, LinkMistake> {
    let (scheme, host) = origin.split_once("://").ok_or(LinkMistake::NotALink)?;
    let scheme = scheme.to_ascii_lowercase();
    let host_is_plain = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    if matches!(scheme.as_str(), "https" | "http") && host_is_plain {
        Ok(format!("{scheme}://{}", host.to_ascii_lowercase()))
    } else {
        Err(LinkMistake::NotALink)
    }
}

fn decode_id(path: &str) -> Result<Id, LinkMistake> {
    let chars = path.trim_end_matches('/');
    let mut id = [0; 16];
    if chars.len() != ID_CHARS {
        return Err(LinkMistake::NotALink);
    }
    URL_SAFE_NO_PAD
        .decode_slice(chars, &mut id)
        .map_err(|_| LinkMistake::NotALink)?;
    Ok(id)
}

/// The first `len` characters, if all are of the alphabet and what follows is only the punctuation that
/// programs put after a link.
fn leading_base64url(text: &str, len: usize) -> Result<&str, LinkMistake> {
    let end = text.find(|c| !is_base64url(c)).unwrap_or(text.len());
    let (body, tail) = text.split_at(end);
    let tail_is_punctuation = tail.chars().all(|c| !c.is_alphanumeric() && c != '%');
    match body.len().cmp(&len) {
        Ordering::Equal if tail_is_punctuation => Ok(body),
        Ordering::Less if tail_is_punctuation => Err(LinkMistake::CutOff),
        _ => Err(LinkMistake::Changed),
    }
}

fn is_base64url(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn checksum(id: &Id, flags: u8, secret: &LinkSecret) -> [u8; 3] {
    let mut bytes = Zeroizing::new([0; 49]);
    bytes[..16].copy_from_slice(id);
    bytes[16] = flags;
    bytes[17..].copy_from_slice(secret.expose());
    *labelled(Label::HashLinkText, bytes.as_slice())
        .first_chunk()
        .expect("a hash begins with 3 bytes")
}
