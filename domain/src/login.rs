//! Signing in by OPAQUE (RFC 9807).
//!
//! A name that nobody has is answered like one that somebody has: the same shape, the same length, the same work, and
//! every failure is the same one (threat A7). Between the two messages the server keeps nothing: its state travels
//! sealed.

use postern_crypto::hash::{equal, hash};
use postern_protocol::session::{LoginAnswer, LoginFinish, LoginStart, Scope, SessionBody};
use postern_protocol::{AccountId, TimeMs};
use rand_core::CryptoRng;

use crate::error::{Error, Result};
use crate::postern::Postern;
use crate::session::Grant;
use crate::shapes::{check_message, check_size};
use crate::store::Digest;

/// The largest sealed state of a login or a recovery.
pub(crate) const MAX_ATTEMPT_BYTES: usize = 4 << 10;

impl Postern {
    /// Answers the first message of a login.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is no such message; that nobody has the name is no error.
    pub async fn start_login(
        &self,
        start: &LoginStart,
        now: TimeMs,
        rng: &mut impl CryptoRng,
    ) -> Result<LoginAnswer> {
        let account = self.records().account_by_name(&start.name).await?;
        let known = account
            .as_ref()
            .map(|account| (&account.id.0, account.record.as_slice()));
        let request = check_message(&start.request)?;
        let challenge = self
            .login()
            .challenge(start.name.as_str(), known, request, now.0, rng)
            .map_err(|_| Error::Malformed("the login request is not well-formed"))?;
        Ok(LoginAnswer {
            response: challenge.message.into(),
            attempt: challenge.attempt.into(),
        })
    }

    /// Checks the last message of a login and begins a session.
    ///
    /// # Errors
    /// [`Error::LoginFailed`], whatever the reason.
    pub async fn finish_login(
        &self,
        finish: &LoginFinish,
        now: TimeMs,
        rng: &mut impl CryptoRng,
    ) -> Result<SessionBody> {
        check_size(&finish.attempt, MAX_ATTEMPT_BYTES, "a login's state")?;
        let finalization = check_message(&finish.finalization)?;
        let verified = self
            .login()
            .verify(finish.attempt.as_slice(), finalization, now.0)
            .map_err(|_| Error::LoginFailed)?;
        let account = AccountId(verified.account);
        let grant = Grant::new(account, Scope::Full, &finish.device, now, rng)?;
        self.begin(account, grant, &verified.record_hash).await
    }

    /// Begins the session, unless the password was changed while the login was under way: a change ends all sessions,
    /// and must end those too that were about to begin.
    async fn begin(&self, account: AccountId, grant: Grant, record_hash: &Digest) -> Result<SessionBody> {
        let begun = self.records().create_session(&grant.row).await?;
        begun.ok_or(Error::LoginFailed)?;
        let row = self.records().account(account).await?.ok_or(Error::LoginFailed)?;
        if !equal(&hash(row.record.as_slice()), record_hash) {
            self.records().end_session(account, grant.row.id).await?;
            return Err(Error::LoginFailed);
        }
        self.ring(account);
        Ok(grant.body)
    }
}
