//! Another password: for the same account key, or, when the old password has leaked, with a new one.
//!
//! Each is one transaction at the server: at every point at which either side can die, the old or the new password
//! works (threat A12).

use postern_crypto::AccountKey;
use postern_crypto::account::{Keyring, State};
use postern_crypto::link::Archived;
use postern_crypto::opaque::{ClientRegistration, Registered};
use postern_crypto::password::Password;
use postern_crypto::recovery::RecoveryKey;
use postern_protocol::account::{AccountBody, PasswordChange, PasswordStart, PutObject, Rotation, SlotKind};
use postern_protocol::link::Archive;
use zeroize::Zeroizing;

use super::login::{LoggedIn, login};
use super::sign_up::sealed_objects;
use super::unlock::{Unlocked, object};
use super::{Account, slots};
use crate::{Error, Result};

impl Account {
    /// Sets another password. All other devices are signed out.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] if `current` is not the present one.
    pub async fn change_password(&self, current: &str, next: &str) -> Result<()> {
        let _turn = self.changing.lock().await;
        self.sign_in_afresh(current).await?;
        let registered = self.register(&Password::new(next)).await?;
        self.set_password(registered).await
    }

    /// Sets another password because somebody knows the old one: every key that it protected is replaced as well, so
    /// that what the old password opened stays behind. Answers the new recovery words; the old ones open nothing more.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] if `current` is not the present one.
    pub async fn replace_keys(&self, current: &str, next: &str) -> Result<Zeroizing<String>> {
        self.replace_keys_once_kept(current, next, |_| Ok(())).await
    }

    /// The same, after `keep` has put the new recovery words where they survive: whoever dies while the server makes
    /// them the only ones would have none.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], and those of `keep`. After it was called, only an answer says which words are in force.
    pub async fn replace_keys_once_kept(
        &self,
        current: &str,
        next: &str,
        keep: impl FnOnce(&str) -> Result<()>,
    ) -> Result<Zeroizing<String>> {
        let _turn = self.changing.lock().await;
        self.sign_in_afresh(current).await?;
        let body = self.refresh().await?;
        let registered = self.register(&Password::new(next)).await?;
        let (unlocked, state) = self.next_generation();
        let recovery = RecoveryKey::generate(&mut self.around.rng());
        let rotation = Rotation {
            record: registered.upload.as_slice().into(),
            slots: vec![
                slots::fill(
                    &self.around,
                    &unlocked.keyring,
                    SlotKind::Password,
                    &registered.export_key.kek(&self.id.0),
                ),
                slots::fill(
                    &self.around,
                    &unlocked.keyring,
                    SlotKind::Recovery,
                    &recovery.kek(&self.id.0),
                ),
            ],
            recovery_key: recovery.auth(&self.id.0).public().into(),
            objects: self.resealed(&body, &unlocked, &state)?,
            archives: self.resealed_archives(&unlocked.keyring).await?,
            device: self.around.label.clone(),
        };
        let words = recovery.words();
        keep(&words)?;
        let changed = self.api.rotate(&rotation).await?;
        self.adopt((unlocked, state)).await?;
        self.adopt_session(changed.session).await?;
        Ok(words)
    }

    /// Registers a password that the account shall have.
    pub(super) async fn register(&self, password: &Password) -> Result<Registered> {
        let (registration, request) = ClientRegistration::start(password, &mut self.around.rng());
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
        let changed = self.api.password_change(&change).await?;
        self.adopt_session(changed.session).await
    }

    /// A session that the password has just opened. The one before it ends.
    async fn sign_in_afresh(&self, password: &str) -> Result<()> {
        let before = self.session.get();
        let LoggedIn { session, export } =
            login(&self.around, &self.api, &self.name, &Password::new(password)).await?;
        self.adopt_session(session).await?;
        let body = self.api.account().await?;
        let keyring = slots::empty(self.id, &body, SlotKind::Password, &export.kek(&self.id.0))?;
        if keyring != self.unlocked().keyring {
            return Err(Error::NotAuthentic);
        }
        // If this fails, the session ends with the change of the password.
        let _ = self.api.end_session(before).await;
        Ok(())
    }

    fn next_generation(&self) -> (Unlocked, State) {
        let now = self.unlocked();
        let generation = now.keyring.generation() + 1;
        let keyring = Keyring::new(
            self.id.0,
            generation,
            AccountKey::generate(&mut self.around.rng()),
        );
        let mut state = self.state.borrow().clone();
        state.counter += 1;
        state.generation = generation;
        let unlocked = Unlocked {
            keyring,
            identity: now.identity.clone(),
            sealing: now.sealing.clone(),
            root: now.root.clone(),
            directory: now.directory,
        };
        (unlocked, state)
    }

    fn resealed(&self, body: &AccountBody, unlocked: &Unlocked, state: &State) -> Result<Vec<PutObject>> {
        sealed_objects(&self.around, unlocked, state)
            .into_iter()
            .map(|(kind, sealed)| {
                Ok(PutObject {
                    kind,
                    version: object(body, kind)?.version + 1,
                    sealed,
                })
            })
            .collect()
    }

    async fn resealed_archives(&self, next: &Keyring) -> Result<Vec<Archive>> {
        let (old_key, new_key) = (self.unlocked().keyring.archive_key(), next.archive_key());
        let links = self.api.links().await?.links;
        links
            .into_iter()
            .map(|link| {
                let archived = Archived::open(&old_key, &self.id.0, &link.id.0, &link.archive.0)?;
                let archive = archived.seal(&new_key, &self.id.0, &link.id.0, &mut self.around.rng());
                Ok(Archive {
                    id: link.id,
                    archive: archive.into(),
                })
            })
            .collect()
    }
}
