//! Recovery, the server's half: what has to be signed, and the state that travels until it is.

use rand_core::CryptoRng;

use super::LoginServer;
use crate::codec::{Reader, Writer};
use crate::derive::derive;
use crate::labels::Label;
use crate::recovery::check_answer;
use crate::{Error, Id, Result, cbox, primitives, secret};

/// How long a person may take to type 24 words.
pub const RECOVERY_LIFETIME_MS: i64 = 10 * 60 * 1000;

/// What a server answers to the beginning of a recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryChallenge {
    /// The account, which the signature names.
    pub account: Id,
    /// To be signed.
    pub challenge: [u8; 32],
    /// To be handed back by the client; means nothing to it.
    pub attempt: Vec<u8>,
}

/// A recovery under way, as it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryAttempt {
    /// The account, or one that does not exist.
    pub account: Id,
    /// What must have been signed.
    pub challenge: [u8; 32],
}

impl LoginServer {
    /// Answers the beginning of a recovery. A name that nobody has gets an account that does not exist, always the
    /// same one (threat A7).
    pub fn challenge_recovery<R: CryptoRng + ?Sized>(
        &self,
        name: &str,
        known: Option<&Id>,
        now_ms: i64,
        rng: &mut R,
    ) -> RecoveryChallenge {
        let fake = self.fake_account(name);
        let account = known.copied().unwrap_or(fake);
        let challenge: [u8; 32] = secret::random(rng);
        let plain = Writer::with_capacity(16 + 32 + 8)
            .raw(&account)
            .raw(&challenge)
            .i64(now_ms.saturating_add(RECOVERY_LIFETIME_MS))
            .finish();
        let attempt = cbox::seal(
            self.attempts.expose(),
            Label::BoxRecovery,
            &[super::SERVICE],
            &plain,
            rng,
        );
        RecoveryChallenge {
            account,
            challenge,
            attempt,
        }
    }

    /// Whether `answer` was made with the recovery key of the account, of which `public` is the half that is kept. Where
    /// there is no such account, an answer is checked all the same, by a key that nobody has: an answer that comes
    /// sooner would tell which names are known (threat A7).
    pub fn check_recovery(
        &self,
        attempt: &RecoveryAttempt,
        public: Option<&[u8; 32]>,
        answer: &[u8; 64],
    ) -> Result<()> {
        let seed = derive(self.fakes.expose(), Label::FakeRecovery, &[&attempt.account]);
        let decoy = *primitives::SignKey::from_seed(&seed).public().as_bytes();
        let checked = check_answer(
            public.unwrap_or(&decoy),
            &attempt.account,
            &attempt.challenge,
            answer,
        );
        public.ok_or(Error::CannotOpen).and(checked)
    }

    /// What was handed out with [`Self::challenge_recovery`], unless too much time has passed.
    pub fn open_recovery(&self, attempt: &[u8], now_ms: i64) -> Result<RecoveryAttempt> {
        let plain = cbox::open(
            self.attempts.expose(),
            Label::BoxRecovery,
            &[super::SERVICE],
            attempt,
        )?;
        let mut reader = Reader::new(&plain);
        let attempt = RecoveryAttempt {
            account: reader.array()?,
            challenge: reader.array()?,
        };
        let expires_ms = reader.i64()?;
        reader.finish()?;
        if now_ms < expires_ms {
            Ok(attempt)
        } else {
            Err(Error::CannotOpen)
        }
    }
}
