//! Staying signed in: the session and the account key in the device's store.

use postern_crypto::AccountKey;
use postern_crypto::account::Keyring;
use postern_protocol::session::{Scope, SessionBody};
use postern_protocol::{AccountId, AccountName, SessionId, TimeMs};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::memory::Memory;
use super::{Account, Stay, unlock};
use crate::device::{get_json, keys, put_json};
use crate::http::Api;
use crate::{Error, Result, Surroundings};

#[derive(Serialize, Deserialize)]
struct Kept {
    account: AccountId,
    name: AccountName,
    session: SessionId,
    token: String,
    generation: u32,
    key: [u8; 32],
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.key.zeroize();
        self.token.zeroize();
    }
}

impl Account {
    /// The account that this device stays signed in to, if there is one.
    ///
    /// # Errors
    /// [`Error::SignedOut`] if its session has ended meanwhile: then nothing is kept any more.
    pub async fn resume(around: Surroundings) -> Result<Option<Self>> {
        let Some(kept) = get_json::<Kept>(&*around.device, keys::SESSION).await? else {
            return Ok(None);
        };
        let api = Api::new(around.http.clone());
        api.set_token(Some(kept.token.clone().into()));
        let body = match api.account().await {
            Err(Error::SignedOut) => {
                around.device.delete(keys::SESSION).await?;
                return Err(Error::SignedOut);
            }
            body => body?,
        };
        let keyring = Keyring::new(kept.account.0, kept.generation, AccountKey::from_bytes(kept.key));
        let memory = Memory::load(&around, kept.account).await?;
        let unlocked = unlock::unlock(keyring, kept.account, &kept.name, &body, &memory)?;
        let (name, session) = (kept.name.clone(), kept.session_body());
        Self::assemble(around, api, name, session, unlocked, Stay::SignedIn)
            .await
            .map(Some)
    }

    /// Ends the session, and makes the device forget the keys. The second happens also when the first cannot.
    ///
    /// # Errors
    /// [`Error::Device`] if the device does not forget.
    pub async fn sign_out(&self) -> Result<()> {
        // Offline, the session stays in the list until another device ends it or its time is over.
        let _ = self.api.end_session(self.session.get()).await;
        self.api.set_token(None);
        Self::forget(&self.around).await
    }

    /// Makes the device forget the keys, whether or not the server can be told.
    ///
    /// # Errors
    /// [`Error::Device`] if the device does not forget.
    pub async fn forget(around: &Surroundings) -> Result<()> {
        keys::forget_account(&*around.device).await
    }

    pub(super) async fn keep(&self) -> Result<()> {
        if self.stay == Stay::UntilTheEnd {
            return Ok(());
        }
        let unlocked = self.unlocked();
        let token = self.api.token().ok_or(Error::SignedOut)?;
        let kept = Kept {
            account: self.id,
            name: self.name.clone(),
            session: self.session.get(),
            token: token.to_string(),
            generation: unlocked.keyring.generation(),
            key: *unlocked.keyring.key().expose(),
        };
        put_json(&*self.around.device, keys::SESSION, &kept).await
    }
}

impl Kept {
    fn session_body(&self) -> SessionBody {
        SessionBody {
            id: self.session,
            account: self.account,
            scope: Scope::Full,
            token: self.token.clone(),
            // Nothing on the device depends on it: the server says when it is over.
            expires: TimeMs::default(),
        }
    }
}
