//! Where a head ends, and where its fields begin.

use super::Field;

/// A head, taken apart.
#[derive(Debug)]
pub(crate) struct Split<'a> {
    pub(crate) fields: Vec<Field<'a>>,
    /// Where what follows begins.
    pub(crate) end: usize,
    /// The head went on, but nothing more of it may be read.
    pub(crate) is_cut: bool,
}

/// Reads at most `most` bytes of fields. Where a message begins, more is forgiven than where a part does: programs have put
/// the line of a mailbox file there (`From someone at some time`), and blank lines.
///
/// What does not look like a field in the middle of a head is taken for a continuation of the field before, since lines
/// are broken without a blank by many; in a head that never ends, or in which a delimiter stands, it is taken for the
/// beginning of the body.
pub(crate) fn split(bytes: &[u8], is_message: bool, most: usize) -> Split<'_> {
    let start = if is_message { beginning(bytes) } else { 0 };
    let mut reader = Reader {
        bytes,
        fields: Vec::new(),
        at: start,
        name: None,
        stray: None,
    };
    let is_cut = reader.read(start.saturating_add(most));
    reader.finish(is_cut)
}

struct Reader<'a> {
    bytes: &'a [u8],
    fields: Vec<Field<'a>>,
    at: usize,
    /// The field that is being read: the ends of its name, and where its value begins.
    name: Option<(usize, usize, usize)>,
    /// The first line that was no field.
    stray: Option<Stray<'a>>,
}

/// A line that is no field, and what had been read before it.
struct Stray<'a> {
    at: usize,
    fields: usize,
    last: Option<Field<'a>>,
}

impl<'a> Reader<'a> {
    /// True if it had to stop.
    fn read(&mut self, most: usize) -> bool {
        while self.at < self.bytes.len() {
            let line_end =
                memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |at| self.at + at + 1);
            let line = &self.bytes[self.at..line_end];
            if matches!(line, b"\n" | b"\r\n") {
                self.end_field();
                self.at = line_end;
                self.stray = None;
                return false;
            }
            if line_end > most {
                self.end_field();
                // A text without any head may have lines as long as it likes.
                return !self.fields.is_empty() || name_len(line).is_some();
            }
            if !self.take(line) {
                return false;
            }
            self.at = line_end;
        }
        self.end_field();
        false
    }

    /// False if this is the body.
    fn take(&mut self, line: &[u8]) -> bool {
        if matches!(line.first(), Some(b' ' | b'\t')) && self.name.is_some() {
            return true;
        }
        match name_len(line) {
            Some(len) => {
                self.end_field();
                let colon = memchr::memchr(b':', line).unwrap_or(len);
                self.name = Some((self.at, self.at + len, self.at + colon + 1));
                true
            }
            None => {
                if self.stray.is_none() {
                    self.stray = Some(Stray {
                        at: self.at,
                        fields: self.fields.len(),
                        last: self.field(),
                    });
                }
                self.name.is_some() && !line.starts_with(b"--")
            }
        }
    }

    fn end_field(&mut self) {
        self.fields.extend(self.field());
        self.name = None;
    }

    /// What is being read, up to here.
    fn field(&self) -> Option<Field<'a>> {
        let (start, end, value) = self.name?;
        let value = self.bytes[value..self.at].trim_ascii_end();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        Some(Field {
            name: &self.bytes[start..end],
            value,
        })
    }

    fn finish(mut self, is_cut: bool) -> Split<'a> {
        if let (Some(stray), false) = (self.stray, is_cut) {
            self.at = stray.at;
            self.fields.truncate(stray.fields);
            self.fields.extend(stray.last);
        }
        Split {
            fields: self.fields,
            end: self.at,
            is_cut,
        }
    }
}

/// Past what no message should begin with.
fn beginning(bytes: &[u8]) -> usize {
    let blank = bytes.len() - bytes.trim_ascii_start().len();
    let rest = &bytes[blank..];
    let line_end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
    if rest.starts_with(b"From ") || rest.starts_with(b">From ") {
        return blank + line_end;
    }
    if name_len(&rest[..line_end]).is_some() {
        blank
    } else {
        0
    }
}

/// How long the name of a field is, if the line begins with one.
fn name_len(line: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', line)?;
    let name = line[..colon].trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_name.then_some(name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> (Vec<String>, &str) {
        let split = split(text.as_bytes(), true, usize::MAX);
        let shown = split
            .fields
            .iter()
            .map(|field| format!("{}={}", field.name(), String::from_utf8_lossy(field.raw())));
        (shown.collect(), &text[split.end..])
    }

    #[test]
    fn a_head_ends_with_a_blank_line() {
        let (fields, body) = fields("A: 1\r\nB :\t2\r\n 3\r\n\r\nC: 4\r\n");
        assert_eq!(fields, ["A=1", "B=\t2\r\n 3"]);
        assert_eq!(body, "C: 4\r\n");
    }

    #[test]
    fn what_is_no_head_is_a_body() {
        let long = "x".repeat(2_000);
        for text in [
            "",
            &long,
            "hello\nworld\n",
            "\n\nhello",
            "hello world: x\n\n",
            "\u{0}\u{0}",
        ] {
            let split = split(text.as_bytes(), true, 1_000);
            assert!(split.fields.is_empty() && !split.is_cut, "{text:?}");
            let body = &text[split.end..];
            assert_eq!(body.trim_start(), text.trim_start());
        }
    }

    #[test]
    fn a_head_that_never_ends_leaves_a_body() {
        let (fields, body) = fields("A: 1\n 2\nhello world\nB: 3\n");
        assert_eq!(fields, ["A=1\n 2"]);
        assert_eq!(body, "hello world\nB: 3\n");
    }

    #[test]
    fn a_head_without_a_blank_line_after_it_ends_before_the_first_part() {
        let (fields, body) = fields("A: 1\nThis has parts.\n--b\nB: 2\n\nx");
        assert_eq!(fields, ["A=1"]);
        assert_eq!(body, "This has parts.\n--b\nB: 2\n\nx");
    }

    #[test]
    fn a_line_that_was_broken_stays_with_its_field() {
        let (fields, body) = fields("A: 1\nbroken off\nB: 3\n\nbody");
        assert_eq!(fields, ["A=1\nbroken off", "B=3"]);
        assert_eq!(body, "body");
    }

    #[test]
    fn what_mailbox_files_add_is_passed_over() {
        assert_eq!(fields("From a@b Mon Jan 1\nA: 1\n\nx").0, ["A=1"]);
        assert_eq!(fields("\r\n \r\n A: 1\n\nx").0, ["A=1"]);
    }

    #[test]
    fn f7_a_head_is_read_up_to_its_limit() {
        let text = format!("A: 1\nB: {}\nC: 3\n\nbody", "x".repeat(100));
        let split = split(text.as_bytes(), true, 50);
        assert!(split.is_cut);
        assert_eq!((split.fields.len(), split.end), (1, 5));
    }
}
