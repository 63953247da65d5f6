//! New keys, because somebody knows the password. As when an account is made, its owner first keeps the new recovery
//! words, and only then are they in force: whoever dies, or closes the window, in between goes on with the old ones.
//!
//! Putting them in force is one transaction at the server: at every point at which either side can die, the old
//! password and the old words open the account, or the new ones do (threat A12).

use std::rc::Rc;

use postern_crypto::AccountKey;
use postern_crypto::account::{Keyring, MailRoot, State};
use postern_crypto::link::Archived;
use postern_crypto::password::Password;
use postern_crypto::recovery::RecoveryKey;
use postern_protocol::AccountName;
use postern_protocol::account::{AccountBody, PutObject, Rotation, SlotKind};
use postern_protocol::link::Archive;
use zeroize::Zeroizing;

use super::sign_up::sealed_objects;
use super::unlock::{Unlocked, object};
use super::{Account, slots};
use crate::{ChosenPassword, Error, Result};

/// A password, keys and recovery words that are not in force yet.
pub struct PreparedKeys {
    account: Rc<Account>,
    current: Password,
    next: ChosenPassword,
    recovery: RecoveryKey,
}

impl Account {
    /// Prepares another password because somebody knows the old one: every key that it protected is to be replaced as
    /// well, so that what the old password opened stays behind. So far nothing has changed.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] if `current` is not the present one: nobody should print words to learn that.
    pub async fn prepare_keys(self: &Rc<Self>, current: &str, next: &ChosenPassword) -> Result<PreparedKeys> {
        let current = Password::new(current);
        let _turn = self.changing.lock().await;
        self.sign_in_afresh(&current).await?;
        Ok(PreparedKeys {
            account: Rc::clone(self),
            current,
            next: next.clone(),
            recovery: RecoveryKey::generate(&mut self.around.rng()),
        })
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
            mail: MailRoot {
                counter: now.mail.counter + 1,
                ..now.mail.clone()
            },
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

impl PreparedKeys {
    /// The account's name.
    #[must_use]
    pub fn name(&self) -> &AccountName {
        self.account.name()
    }

    /// The new recovery words, separated by blanks, to be shown once.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        self.recovery.words()
    }

    /// Puts all of it in force. The old password and the old words open nothing any more, and all other devices are
    /// signed out.
    ///
    /// # Errors
    /// Those of all requests. Where one [leaves open](Error::leaves_open) whether it was done, so it is which words are
    /// in force. [`Error::PasswordOpensNothing`]: the new ones are, and the password is not.
    pub async fn complete(&self) -> Result<()> {
        let _turn = self.account.changing.lock().await;
        match self.put_in_force().await {
            // Keeping the words may take longer than a session counts as fresh.
            Err(Error::FreshSignInNeeded) => {
                self.account.sign_in_afresh(&self.current).await?;
                self.put_in_force().await?;
            }
            done => done?,
        }
        self.account.see_it_open(&self.next).await
    }

    async fn put_in_force(&self) -> Result<()> {
        let account = &*self.account;
        let body = account.refresh().await?;
        let registered = account.register(&self.next).await?;
        let (unlocked, state) = account.next_generation();
        let by_password = registered.export_key.kek(&account.id.0);
        let by_words = self.recovery.kek(&account.id.0);
        let rotation = Rotation {
            record: registered.upload.as_slice().into(),
            slots: vec![
                slots::fill(
                    &account.around,
                    &unlocked.keyring,
                    SlotKind::Password,
                    &by_password,
                ),
                slots::fill(&account.around, &unlocked.keyring, SlotKind::Recovery, &by_words),
            ],
            recovery_key: self.recovery.auth(&account.id.0).public().into(),
            objects: account.resealed(&body, &unlocked, &state)?,
            archives: account.resealed_archives(&unlocked.keyring).await?,
            device: account.around.label.clone(),
        };
        let held = account.hold_session().await?;
        let changed = account.api.rotate(&rotation).await?;
        account.adopt((unlocked, state)).await?;
        account.adopt_session(changed.session, &held).await
    }
}
