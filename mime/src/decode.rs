//! What a part's bytes are without their transfer encoding (RFC 2045, section 6), piece by piece: an attachment of any
//! size needs no more memory than the message that it came in.
//!
//! Nothing fails. What no encoder writes is passed over, as others do: a signature that was broken on the way should not
//! cost the attachment.

use std::io::{self, Read};

use self::base64::Base64;
use self::quoted::Quoted;
use self::uu::Uu;

mod base64;
mod quoted;
mod uu;

/// How a part's bytes were made fit for the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Not at all: `7bit`, `8bit`, `binary`, and what nobody knows.
    #[default]
    Identity,
    /// `base64`.
    Base64,
    /// `quoted-printable`.
    QuotedPrintable,
    /// `x-uuencode`, from before MIME.
    Uuencode,
}

impl Encoding {
    /// As `Content-Transfer-Encoding` names it.
    pub(crate) fn named(name: &str) -> Self {
        let name = name.trim().split([' ', '\t', ';']).next().unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "base64" => Self::Base64,
            "quoted-printable" => Self::QuotedPrintable,
            "x-uuencode" | "uuencode" | "x-uue" | "uue" => Self::Uuencode,
            _ => Self::Identity,
        }
    }
}

/// A part's bytes, decoded while they are read. Reading never fails.
#[derive(Debug, Clone)]
pub struct Decoder<'a>(State<'a>);

#[derive(Debug, Clone)]
enum State<'a> {
    Identity(&'a [u8]),
    Base64(Base64<'a>),
    Quoted(Quoted<'a>),
    Uu(Uu<'a>),
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(encoding: Encoding, bytes: &'a [u8]) -> Self {
        Self(match encoding {
            Encoding::Identity => State::Identity(bytes),
            Encoding::Base64 => State::Base64(Base64::new(bytes)),
            Encoding::QuotedPrintable => State::Quoted(Quoted::new(bytes)),
            Encoding::Uuencode => State::Uu(Uu::new(bytes)),
        })
    }

    /// Writes what comes next, as much as there is room for; 0 at the end.
    fn fill(&mut self, out: &mut [u8]) -> usize {
        match &mut self.0 {
            State::Identity(rest) => copy(rest, out),
            State::Base64(base64) => base64.fill(out),
            State::Quoted(quoted) => quoted.fill(out),
            State::Uu(uu) => uu.fill(out),
        }
    }

    /// At most so many bytes.
    pub(crate) fn take_up_to(mut self, most: usize) -> Vec<u8> {
        let mut all = vec![0; most.min(self.most_bytes())];
        let mut len = 0;
        while len < all.len() {
            match self.fill(&mut all[len..]) {
                0 => break,
                more => len += more,
            }
        }
        all.truncate(len);
        all
    }

    /// There cannot be more; an encoding that said little would else be given room for much.
    fn most_bytes(&self) -> usize {
        match &self.0 {
            State::Identity(rest) => rest.len(),
            State::Base64(base64) => base64.most_bytes(),
            State::Quoted(quoted) => quoted.most_bytes(),
            State::Uu(uu) => uu.most_bytes(),
        }
    }

    /// How many bytes are left.
    pub(crate) fn count_bytes(mut self) -> u64 {
        let mut buffer = [0; 8 << 10];
        let mut count = 0;
        loop {
            match self.fill(&mut buffer) {
                0 => return count,
                more => count += more as u64,
            }
        }
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Ok(self.fill(out))
    }
}

fn copy(rest: &mut &[u8], out: &mut [u8]) -> usize {
    let len = rest.len().min(out.len());
    let (now, later) = rest.split_at(len);
    out[..len].copy_from_slice(now);
    *rest = later;
    len
}

/// All of a short one.
pub(crate) fn base64_all(bytes: &[u8]) -> Vec<u8> {
    Decoder::new(Encoding::Base64, bytes).take_up_to(bytes.len())
}

/// The value of two hexadecimal digits at the beginning.
pub(crate) fn hex_pair(bytes: &[u8]) -> Option<u8> {
    Some(hex(*bytes.first()?)? << 4 | hex(*bytes.get(1)?)?)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// `%41` for `A`; what is no such code stays.
pub(crate) fn push_percent_decoded(text: &[u8], bytes: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match hex_pair(after).filter(|_| byte == b'%') {
            Some(value) => {
                bytes.push(value);
                rest = &after[2..];
            }
            None => bytes.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole, and with room for few bytes at a time.
    fn decoded(encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
        let whole = Decoder::new(encoding, bytes).take_up_to(bytes.len() + 8);
        for room in 1..7 {
            let mut decoder = Decoder::new(encoding, bytes);
            let (mut all, mut buffer) = (Vec::new(), vec![0; room]);
            while let more @ 1.. = decoder.fill(&mut buffer) {
                all.extend_from_slice(&buffer[..more]);
            }
            assert_eq!(all, whole, "{room} bytes at a time");
        }
        assert_eq!(Decoder::new(encoding, bytes).count_bytes(), whole.len() as u64);
        whole
    }

    #[test]
    fn base64_is_read_whatever_is_in_between() {
        for (encoded, plain) in [
            ("", ""),
            ("aGVsbG8gd29ybGQ=", "hello world"),
            ("aGVs\r\nbG8g\r\nd29ybGQ=\r\n", "hello world"),
            ("aG*Vs!bG8 gd2-9yb_GQ", "hello world"),
            ("aGVsbG8=IHdvcmxk", "hello world"),
            ("aGVsbG8gd29ybGQ", "hello world"),
            ("aGVsbG8====", "hello"),
            ("aGVsbG8=\r\nThey who sent this know.\r\n", "hello"),
            ("a", ""),
            ("====", ""),
        ] {
            assert_eq!(
                decoded(Encoding::Base64, encoded.as_bytes()),
                plain.as_bytes(),
                "{encoded}"
            );
        }
    }

    #[test]
    fn quoted_printable_is_read_whatever_is_wrong_with_it() {
        for (encoded, plain) in [
            ("", ""),
            ("gr=C3=BC=c3=9Fe", "grüße"),
            ("one=\r\n two=\nthree", "one twothree"),
            ("soft=  \r\nbreak", "softbreak"),
            ("blanks \t \r\nat the end  ", "blanks\r\nat the end"),
            ("a = b =Z1 =", "a = b =Z1 "),
            ("=\r\n=\r\n", ""),
            ("  in front", "  in front"),
            ("last=", "last"),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&decoded(Encoding::QuotedPrintable, encoded.as_bytes())),
                plain,
                "{encoded}"
            );
        }
    }

    #[test]
    fn uuencode_is_read() {
        let encoded = b"begin 644 cat.txt\n#0V%T\n`\nend\n";
        assert_eq!(decoded(Encoding::Uuencode, encoded), b"Cat");
        let long = b"begin 644 x\r\n+:&5L;&\\@=V]R;&0\r\n \r\nend\r\nrest";
        assert_eq!(decoded(Encoding::Uuencode, long), b"hello world");
        assert_eq!(decoded(Encoding::Uuencode, b"begin 644 x\nM"), b"");
        assert_eq!(decoded(Encoding::Uuencode, b"no beginning"), b"");
    }

    #[test]
    fn names_of_encodings_are_read_leniently() {
        assert_eq!(Encoding::named(" Base64 ; x"), Encoding::Base64);
        assert_eq!(Encoding::named("7bit"), Encoding::Identity);
        assert_eq!(Encoding::named("x-uue"), Encoding::Uuencode);
    }
}
