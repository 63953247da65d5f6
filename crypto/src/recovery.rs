//! The recovery key: 256 random bits as 24 words, the way in when the password is forgotten.
//!
//! Two things come from it, by different labels: the key-encryption key of the recovery slot, and an
//! Ed25519 key with which a person proves to the server that they hold the words. The server keeps only
//! the public half, and never supplies a recovery key of its own (threat A10).

use bip39::Language;
use zeroize::Zeroizing;

use crate::derive::{derive, info};
use crate::labels::Label;
use crate::{Id, Kek, Result, WordsMistake, primitives, secret};

/// How many words there are.
pub const WORD_COUNT: usize = 24;

secret::secret_key! {
    /// 256 random bits, shown to a person once as words.
    pub RecoveryKey;
}

/// Answers the server's challenge.
pub struct RecoveryAuth(primitives::SignKey);

impl RecoveryKey {
    /// The words, separated by single spaces: 256 bits and 8 bits of checksum, in BIP-39's English list.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        let words = bip39::Mnemonic::from_entropy_in(Language::English, self.expose())
            .expect("32 bytes are a length that BIP-39 knows");
        Zeroizing::new(words.to_string())
    }

    /// The key of words as a person typed them: in any case, with any spaces, numbers or commas between.
    pub fn from_words(typed: &str) -> std::result::Result<Self, WordsMistake> {
        let words = tidy(typed);
        let count = words.split_whitespace().count();
        // BIP-39 also knows shorter lists; ours is never one.
        if count != WORD_COUNT {
            return Err(WordsMistake::Count(count));
        }
        let parsed = bip39::Mnemonic::parse_in_normalized(Language::English, &words).map_err(mistake)?;
        let entropy = Zeroizing::new(parsed.to_entropy_array().0);
        Ok(Self::from_bytes(
            *entropy.first_chunk().expect("33 bytes begin with 32"),
        ))
    }

    /// What opens the recovery slot of an account.
    #[must_use]
    pub fn kek(&self, account: &Id) -> Kek {
        Kek::from_bytes(*derive(self.expose(), Label::KekRecovery, &[account]))
    }

    /// What answers the server's challenge.
    #[must_use]
    pub fn auth(&self, account: &Id) -> RecoveryAuth {
        let seed = derive(self.expose(), Label::RecoveryAuth, &[account]);
        RecoveryAuth(primitives::SignKey::from_seed(&seed))
    }
}

impl RecoveryAuth {
    /// The half that the server keeps.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        *self.0.public().as_bytes()
    }

    /// Signs a challenge of the server for this account.
    #[must_use]
    pub fn answer(&self, account: &Id, challenge: &[u8; 32]) -> [u8; 64] {
        self.0.sign(&challenge_text(account, challenge))
    }
}

/// The server's half: whether `answer` was made with the recovery key of the account.
pub fn check_answer(public: &[u8; 32], account: &Id, challenge: &[u8; 32], answer: &[u8; 64]) -> Result<()> {
    primitives::VerifyKey::from_bytes(public)?.verify(&challenge_text(account, challenge), answer)
}

fn challenge_text(account: &Id, challenge: &[u8; 32]) -> Vec<u8> {
    info(Label::SignRecovery, &[account, challenge])
}

fn tidy(typed: &str) -> Zeroizing<String> {
    let mut tidy = Zeroizing::new(String::with_capacity(typed.len()));
    for word in typed
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
    {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.extend(word.chars().flat_map(char::to_lowercase));
    }
    tidy
}

fn mistake(error: bip39::Error) -> WordsMistake {
    match error {
        bip39::Error::UnknownWord(index) => WordsMistake::Unknown(index + 1),
        _ => WordsMistake::Checksum,
    }
}
