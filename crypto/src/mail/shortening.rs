//! Summaries of messages whose heads are longer than anybody reads.

use rand_core::CryptoRng;

use super::{Mailbox, Summary};
use crate::{ContentKey, Id};

impl Summary {
    /// Seals this for the message, without the ends of its longest lists, of references the beginning, if it is longer than
    /// `most` bytes when it is sealed. Texts alone come to less than a few kilobytes.
    pub fn seal_within<R: CryptoRng + ?Sized>(
        &mut self,
        most: usize,
        key: &ContentKey,
        message: &Id,
        rng: &mut R,
    ) -> Vec<u8> {
        loop {
            let sealed = self.seal(key, message, rng);
            if sealed.len() <= most || !self.shorten() {
                return sealed;
            }
        }
    }

    /// Halves the list that takes most. `false` if there is nothing in any.
    fn shorten(&mut self) -> bool {
        let attachments = self.attachments.iter();
        let references = self.references.iter();
        let sizes = [
            references.map(|text| text.len() + 4).sum(),
            attachments
                .map(|file| file.name.len() + file.media_type.len() + 16)
                .sum(),
            size(&self.cc),
            size(&self.to),
            size(&self.reply_to),
            size(&self.from),
        ];
        let largest = (0..sizes.len())
            .max_by_key(|list| sizes[*list])
            .unwrap_or_default();
        match largest {
            0 => drop(self.references.drain(..self.references.len().div_ceil(2))),
            1 => halve(&mut self.attachments),
            2 => halve(&mut self.cc),
            3 => halve(&mut self.to),
            4 => halve(&mut self.reply_to),
            _ => halve(&mut self.from),
        }
        sizes[largest] > 0
    }
}

fn size(people: &[Mailbox]) -> usize {
    let sizes = people
        .iter()
        .map(|mailbox| mailbox.name.len() + mailbox.address.len() + 8);
    sizes.sum()
}

fn halve<T>(list: &mut Vec<T>) {
    list.truncate(list.len() / 2);
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    fn sealed(summary: &mut Summary, most: usize) -> usize {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (key, message) = (ContentKey::from_bytes([1; 32]), [2; 16]);
        let sealed = summary.seal_within(most, &key, &message, &mut rng);
        assert_eq!(Summary::open(&key, &message, &sealed).as_ref(), Ok(&*summary));
        sealed.len()
    }

    #[test]
    fn a_summary_that_is_too_long_loses_of_its_longest_list() {
        let mailbox = Mailbox {
            name: "n".repeat(255),
            address: "a".repeat(320),
        };
        let mut summary = Summary {
            from: vec![mailbox.clone()],
            to: vec![mailbox; 64],
            references: (0..4).map(|id| id.to_string()).collect(),
            ..Summary::default()
        };
        assert!((8_000..16_000).contains(&sealed(&mut summary, 16_000)));
        assert_eq!((summary.from.len(), summary.references.len()), (1, 4));
        assert_eq!(summary.to.len(), 16);
    }

    #[test]
    fn one_whose_texts_alone_are_longer_is_sealed_all_the_same() {
        let mut summary = Summary {
            subject: "s".repeat(1_000),
            references: vec!["1".to_owned()],
            ..Summary::default()
        };
        assert!(sealed(&mut summary, 500) > 1_000);
        assert!(summary.references.is_empty());
    }
}
