//! Getting back into an account with its recovery words.
//!
//! The words are proven by a signature over a challenge; what follows is a session that can load the recovery's slot
//! and set a new password, nothing else.

use postern_protocol::account::{RecoveryChallenge, RecoveryFinish, RecoveryStart};
use postern_protocol::session::{Scope, SessionBody};
use postern_protocol::{AccountId, TimeMs};
use rand_core::CryptoRng;

use crate::error::{Error, Result};
use crate::login::MAX_ATTEMPT_BYTES;
use crate::postern::Postern;
use crate::session::Grant;
use crate::shapes::check_size;

impl Postern {
    /// What has to be signed. For a name that nobody has it is the same, and never leads anywhere.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn start_recovery(
        &self,
        start: &RecoveryStart,
        now: TimeMs,
        rng: &mut impl CryptoRng,
    ) -> Result<RecoveryChallenge> {
        let account = self.records().account_by_name(&start.name).await?;
        let known = account.as_ref().map(|account| &account.id.0);
        let challenge = self
            .login()
            .challenge_recovery(start.name.as_str(), known, now.0, rng);
        Ok(RecoveryChallenge {
            account: AccountId(challenge.account),
            challenge: challenge.challenge.into(),
            attempt: challenge.attempt.into(),
        })
    }

    /// Checks the signature and begins a session in which a new password can be set.
    ///
    /// # Errors
    /// [`Error::LoginFailed`], whatever the reason.
    pub async fn finish_recovery(
        &self,
        finish: &RecoveryFinish,
        now: TimeMs,
        rng: &mut impl CryptoRng,
    ) -> Result<SessionBody> {
        check_size(&finish.attempt, MAX_ATTEMPT_BYTES, "a recovery's state")?;
        let attempt = self
            .login()
            .open_recovery(finish.attempt.as_slice(), now.0)
            .map_err(|_| Error::LoginFailed)?;
        let account = AccountId(attempt.account);
        let answer = finish
            .signature
            .as_slice()
            .try_into()
            .map_err(|_| Error::LoginFailed)?;
        let row = self.records().account(account).await?;
        let kept = row.as_ref().map(|row| &row.recovery_key);
        self.login()
            .check_recovery(&attempt, kept, answer)
            .map_err(|_| Error::LoginFailed)?;
        let grant = Grant::new(account, Scope::Recovery, &finish.device, now, rng)?;
        let begun = self.records().create_session(&grant.row).await?;
        begun.ok_or(Error::LoginFailed)?;
        self.ring(account);
        Ok(grant.body)
    }
}
