//! Hashes of a message's body as DKIM and ARC sign it (RFC 6376, 3.4), taken while it comes: the body may be larger than the
//! memory that a connection is allowed.

use mail_auth::common::crypto::{HashAlgorithm, HashContext as _, HashImpl as _, Sha1, Sha256};
use mail_auth::common::headers::Writer as _;
use mail_auth::dkim::Canonicalization;

type Context = <Sha256 as mail_auth::common::crypto::HashImpl>::Context;

/// How much is put together before it is hashed: what a body is made of byte by byte would be slow to hash so.
const BLOCK_BYTES: usize = 4 << 10;

/// One hash of the body.
pub(crate) struct BodyHash {
    form: Canonicalization,
    algorithm: HashAlgorithm,
    state: Canonical,
    block: Block,
}

/// Bytes on their way into the hash, never more than a block of them: a body of nothing but ends of lines lets all of them
/// count at once when something follows.
struct Block {
    context: Context,
    bytes: Vec<u8>,
}

/// What has been seen and may turn out not to count.
#[derive(Debug, Default)]
struct Canonical {
    /// Ends of lines.
    ends: usize,
    /// Whether there are blanks after them.
    blank: bool,
    /// Whether anything counted so far.
    any: bool,
}

impl BodyHash {
    pub(crate) fn new(form: Canonicalization, algorithm: HashAlgorithm) -> Self {
        Self {
            form,
            algorithm,
            state: Canonical::default(),
            block: Block {
                context: match algorithm {
                    HashAlgorithm::Sha1 => Sha1::hasher(),
                    HashAlgorithm::Sha256 => Sha256::hasher(),
                },
                bytes: Vec::with_capacity(BLOCK_BYTES),
            },
        }
    }

    /// Whether it is the one that a signature asks for.
    pub(crate) fn is(&self, form: Canonicalization, algorithm: HashAlgorithm) -> bool {
        self.form == form && self.algorithm == algorithm
    }

    /// The next piece of the body, whose lines end with CR LF.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        match self.form {
            Canonicalization::Relaxed => self.state.relaxed(piece, &mut self.block),
            Canonicalization::Simple => self.state.simple(piece, &mut self.block),
        }
    }

    /// The hash of all of it.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        // Simple: what is empty counts as one empty line. Relaxed: as nothing.
        if self.state.any || self.form == Canonicalization::Simple {
            self.block.push(b'\r');
            self.block.push(b'\n');
        }
        self.block.hash();
        self.block.context.complete().as_ref().to_vec()
    }
}

impl Block {
    fn push(&mut self, byte: u8) {
        if self.bytes.len() == BLOCK_BYTES {
            self.hash();
        }
        self.bytes.push(byte);
    }

    fn hash(&mut self) {
        self.context.write(&self.bytes);
        self.bytes.clear();
    }
}

impl Canonical {
    fn simple(&mut self, piece: &[u8], out: &mut Block) {
        for &byte in piece {
            match byte {
                b'\r' => {}
                b'\n' => self.ends += 1,
                byte => {
                    self.write_ends(out);
                    out.push(byte);
                }
            }
        }
    }

    fn relaxed(&mut self, piece: &[u8], out: &mut Block) {
        for &byte in piece {
            match byte {
                b'\r' => {}
                b'\n' => {
                    self.ends += 1;
                    self.blank = false;
                }
                b' ' | b'\t' => self.blank = true,
                byte => {
                    self.write_ends(out);
                    if std::mem::take(&mut self.blank) {
                        out.push(b' ');
                    }
                    out.push(byte);
                }
            }
        }
    }

    /// Ends of lines count once something follows.
    fn write_ends(&mut self, out: &mut Block) {
        for _ in 0..std::mem::take(&mut self.ends) {
            out.push(b'\r');
            out.push(b'\n');
        }
        self.any = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMS: [Canonicalization; 2] = [Canonicalization::Relaxed, Canonicalization::Simple];
    const ALGORITHMS: [HashAlgorithm; 2] = [HashAlgorithm::Sha1, HashAlgorithm::Sha256];

    fn hashed(form: Canonicalization, algorithm: HashAlgorithm, pieces: &[&[u8]]) -> Vec<u8> {
        let mut hash = BodyHash::new(form, algorithm);
        pieces.iter().for_each(|piece| hash.update(piece));
        hash.finish()
    }

    fn expected(form: Canonicalization, algorithm: HashAlgorithm, body: &[u8]) -> Vec<u8> {
        algorithm.hash(form.canonical_body(body, 0)).as_ref().to_vec()
    }

    #[test]
    fn the_examples_of_the_rfc_are_hashed_alike() {
        for body in [
            "",
            "\r\n",
            " C \r\nD \t E\r\n\r\n\r\n",
            "a",
            "a\r\n",
            "a \r\n\r\n b",
        ] {
            for (form, algorithm) in FORMS.into_iter().zip(ALGORITHMS) {
                let hash = hashed(form, algorithm, &[body.as_bytes()]);
                assert_eq!(
                    hash,
                    expected(form, algorithm, body.as_bytes()),
                    "{body:?} {form:?}"
                );
            }
        }
    }

    /// Blanks at the ends of lines go first, then empty lines at the end, in this order. Of lines with nothing but blanks the
    /// library leaves their ends; dkimpy does not.
    #[test]
    fn lines_of_blanks_at_the_end_count_as_empty_ones() {
        for (body, same) in [
            ("a\r\n \r\n", "a\r\n"),
            ("a\r\n\r\n\t \r\n", "a\r\n"),
            (" \r\n\t\r\n", ""),
        ] {
            for algorithm in ALGORITHMS {
                let hash = hashed(Canonicalization::Relaxed, algorithm, &[body.as_bytes()]);
                assert_eq!(
                    hash,
                    expected(Canonicalization::Relaxed, algorithm, same.as_bytes()),
                    "{body:?}"
                );
            }
        }
    }

    #[test]
    fn ends_of_lines_without_number_take_no_more_memory_than_others() {
        let ends = "\r\n".repeat(1 << 20);
        for (form, algorithm) in FORMS.into_iter().zip(ALGORITHMS) {
            let mut hash = BodyHash::new(form, algorithm);
            hash.update(ends.as_bytes());
            hash.update(b"x");
            assert_eq!(hash.block.bytes.capacity(), BLOCK_BYTES);
            let body = format!("{ends}x");
            assert_eq!(
                hash.finish(),
                expected(form, algorithm, body.as_bytes()),
                "{form:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn a_body_in_pieces_is_hashed_as_the_library_hashes_it_whole(
            lines in prop::collection::vec("([ \t]?[a.][a \t.]{0,6})?", 0..8), whole: bool, cut in 0_usize..40,
        ) {
            let mut body = lines.join("\r\n");
            if whole {
                body.push_str("\r\n");
            }
            let (head, tail) = body.as_bytes().split_at(cut.min(body.len()));
            for form in FORMS {
                for algorithm in ALGORITHMS {
                    prop_assert_eq!(
                        hashed(form, algorithm, &[head, tail]),
                        expected(form, algorithm, body.as_bytes())
                    );
                }
            }
        }
    }
}
