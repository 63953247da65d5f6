//! Signing in with a password.

use postern_crypto::opaque::{ClientLogin, ExportKey};
use postern_crypto::password::Password;
use postern_protocol::AccountName;
use postern_protocol::account::SlotKind;
use postern_protocol::session::{LoginFinish, LoginStart, Scope, SessionBody};
use zeroize::Zeroizing;

use super::memory::Memory;
use super::{Account, Stay, slots, unlock};
use crate::http::Api;
use crate::{Error, Result, Surroundings};

/// A login that the server has accepted.
pub(super) struct LoggedIn {
    pub(super) session: SessionBody,
    pub(super) export: ExportKey,
}

impl Account {
    /// Signs in with a password.
    ///
    /// # Errors
    /// [`Error::WrongPassword`]; [`Error::NotAuthentic`] if what the server keeps is not this account's.
    pub async fn sign_in(around: Surroundings, name: &str, password: &str, stay: Stay) -> Result<Self> {
        let name = AccountName::parse(name).map_err(|_| Error::NameInvalid)?;
        let api = Api::new(around.http.clone());
        let LoggedIn { session, export } = login(&around, &api, &name, &Password::new(password)).await?;
        api.set_token(Some(Zeroizing::new(session.token.clone())));
        let body = api.account().await?;
        let keyring = slots::empty(
            session.account,
            &body,
            SlotKind::Password,
            &export.kek(&session.account.0),
        )?;
        let memory = Memory::load(&around, session.account).await?;
        let unlocked = unlock::unlock(keyring, session.account, &name, &body, &memory)?;
        let account = Self::assemble(around, api, name, session, unlocked, body.latest_change, stay).await?;
        account.keep(&account.hold_session().await?).await?;
        Ok(account)
    }
}

/// Proves the password to the server. The server learns nothing of it but that it is right.
pub(super) async fn login(
    around: &Surroundings,
    api: &Api,
    name: &AccountName,
    password: &Password,
) -> Result<LoggedIn> {
    let (login, request) = ClientLogin::start(password, &mut around.rng());
    let answer = api
        .login_start(&LoginStart {
            name: name.clone(),
            request: request.into(),
        })
        .await?;
    // A wrong password, an unknown name and a lying server look alike here, and the first is by far the likeliest.
    let done = login
        .finish(&answer.response.0, name.as_str(), &mut around.rng())
        .map_err(|_| Error::WrongPassword)?;
    let finish = LoginFinish {
        attempt: answer.attempt,
        finalization: done.finalization.into(),
        device: around.label.clone(),
    };
    let session = api.login_finish(&finish).await?;
    if session.scope == Scope::Full {
        Ok(LoggedIn {
            session,
            export: done.export_key,
        })
    } else {
        Err(Error::NotAuthentic)
    }
}
