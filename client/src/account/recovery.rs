//! The way in when the password is forgotten: the words prove themselves to the server and open a slot; a new password
//! is set before anything else.

use postern_crypto::recovery::RecoveryKey;
use postern_protocol::AccountName;
use postern_protocol::account::{RecoveryFinish, RecoveryStart, SlotKind};
use postern_protocol::session::{Scope, SessionBody};
use zeroize::Zeroizing;

use super::memory::Memory;
use super::{Account, Stay, slots, unlock};
use crate::http::Api;
use crate::{ChosenPassword, Error, Result, Surroundings};

impl Account {
    /// Proves the recovery words, sets a new password, and signs in.
    ///
    /// # Errors
    /// [`Error::WordsMangled`] if the words contain a slip, [`Error::WordsWrong`] if they are another account's;
    /// [`Error::PasswordOpensNothing`].
    pub async fn recover(
        around: Surroundings,
        name: &str,
        words: &str,
        new_password: &ChosenPassword,
        stay: Stay,
    ) -> Result<Self> {
        let name = AccountName::parse(name).map_err(|_| Error::NameInvalid)?;
        let recovery = RecoveryKey::from_words(words)?;
        let api = Api::new(around.http.clone());
        let session = prove(&around, &api, &name, &recovery).await?;
        api.set_token(Some(Zeroizing::new(session.token.clone())));
        let body = api.account().await?;
        let keyring = slots::empty(
            session.account,
            &body,
            SlotKind::Recovery,
            &recovery.kek(&session.account.0),
        )?;
        let memory = Memory::load(&around, session.account).await?;
        let unlocked = unlock::unlock(keyring, session.account, &name, &body, &memory)?;
        // The session so far may do nothing but set a password; what is kept on the device is the one after that.
        let account = Self::assemble(around, api, name, session, unlocked, body.latest_change, stay).await?;
        let registered = account.register(new_password).await?;
        account.set_password(registered).await?;
        account.see_it_open(new_password).await?;
        Ok(account)
    }
}

async fn prove(
    around: &Surroundings,
    api: &Api,
    name: &AccountName,
    recovery: &RecoveryKey,
) -> Result<SessionBody> {
    let asked = api.recovery_start(&RecoveryStart { name: name.clone() }).await?;
    let challenge = asked
        .challenge
        .0
        .as_slice()
        .try_into()
        .map_err(|_| Error::NotAuthentic)?;
    let signature = recovery
        .auth(&asked.account.0)
        .answer(&asked.account.0, &challenge);
    let finish = RecoveryFinish {
        attempt: asked.attempt,
        signature: signature.into(),
        device: around.label.clone(),
    };
    let session = api.recovery_finish(&finish).await.map_err(|error| match error {
        Error::WrongPassword => Error::WordsWrong,
        other => other,
    })?;
    let right = session.account == asked.account && session.scope == Scope::Recovery;
    if right {
        Ok(session)
    } else {
        Err(Error::NotAuthentic)
    }
}
