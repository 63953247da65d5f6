//! Another password for the same account key.
//!
//! It is one transaction at the server: at every point at which either side can die, the old or the new password
//! works (threat A12).

use postern_crypto::opaque::{ClientRegistration, Registered};
use postern_crypto::password::Password;
use postern_protocol::account::{PasswordChange, PasswordStart, SlotKind};
use zeroize::Zeroizing;

use super::login::{LoggedIn, login};
use super::{Account, slots};
use crate::http::Api;
use crate::{ChosenPassword, Error, Result};

impl Account {
    /// Sets another password. All other devices are signed out.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] if `current` is not the present one; [`Error::PasswordOpensNothing`].
    pub async fn change_password(&self, current: &str, next: &ChosenPassword) -> Result<()> {
        let _turn = self.changing.lock().await;
        self.sign_in_afresh(&Password::new(current)).await?;
        let registered = self.register(next).await?;
        self.set_password(registered).await?;
        self.see_it_open(next).await
    }

    /// Registers a password that the account shall have.
    pub(super) async fn register(&self, password: &ChosenPassword) -> Result<Registered> {
        let (registration, request) = ClientRegistration::start(password.get(), &mut self.around.rng());
        let answer = self
            .api
            .password_start(&PasswordStart {
                request: request.into(),
            })
            .await?;
        Ok(registration.finish(&answer.response.0, self.name.as_str(), &mut self.around.rng())?)
    }

    /// Puts a registered password in force.
    pub(super) async fn set_password(&self, registered: Registered) -> Result<()> {
        let kek = registered.export_key.kek(&self.id.0);
        let change = PasswordChange {
            record: registered.upload.into(),
            slot: slots::fill(&self.around, &self.unlocked().keyring, SlotKind::Password, &kek),
            device: self.around.label.clone(),
        };
        let held = self.hold_session().await?;
        let changed = self.api.password_change(&change).await?;
        self.adopt_session(changed.session, &held).await
    }

    /// Sees that the password that was just put in force opens the account, and registers it once more if it does not.
    ///
    /// Nothing in the server's answer to a registration can be verified: if a bit of it is false, the record opens to no
    /// password, and nobody would notice before the next login (threat A12). Here the keys are still at hand. A check that
    /// cannot be made, because nobody answers, has not failed.
    ///
    /// # Errors
    /// [`Error::PasswordOpensNothing`] if the second registration does not do either.
    pub(super) async fn see_it_open(&self, password: &ChosenPassword) -> Result<()> {
        if self.opens(password).await {
            return Ok(());
        }
        let again = async {
            let registered = self.register(password).await?;
            self.set_password(registered).await
        };
        if again.await.is_ok() && self.opens(password).await {
            Ok(())
        } else {
            Err(Error::PasswordOpensNothing)
        }
    }

    /// Whether a password opens the account to a device that knows nothing else of it.
    async fn opens(&self, password: &ChosenPassword) -> bool {
        let api = Api::new(self.around.http.clone());
        let keyring = async {
            let LoggedIn { session, export } = login(&self.around, &api, &self.name, password.get()).await?;
            api.set_token(Some(Zeroizing::new(session.token)));
            let body = api.account().await?;
            // A session too many is no harm, and its owner sees it in the list.
            let _ = api.end_session(session.id).await;
            slots::empty(self.id, &body, SlotKind::Password, &export.kek(&self.id.0))
        };
        match keyring.await {
            Ok(keyring) => keyring == self.unlocked().keyring,
            Err(error) => !matches!(error, Error::WrongPassword | Error::NotAuthentic),
        }
    }

    /// A session that the password has just opened. The one before it ends.
    pub(super) async fn sign_in_afresh(&self, password: &Password) -> Result<()> {
        let before = self.session.get();
        let LoggedIn { session, export } = login(&self.around, &self.api, &self.name, password).await?;
        self.adopt_session(session, &self.hold_session().await?).await?;
        let body = self.api.account().await?;
        let keyring = slots::empty(self.id, &body, SlotKind::Password, &export.kek(&self.id.0))?;
        if keyring != self.unlocked().keyring {
            return Err(Error::NotAuthentic);
        }
        // If this fails, the session ends with the change of the password.
        let _ = self.api.end_session(before).await;
        Ok(())
    }
}
