//! Staying signed in: the session and the account key in the device's store, until the session ends.
//!
//! Several programs, or tabs of a browser, share the store. So what one of them heard of its own session never makes the
//! device forget another one's.

use futures::future::join;
use postern_crypto::AccountKey;
use postern_crypto::account::Keyring;
use postern_protocol::session::{Scope, SessionBody};
use postern_protocol::{AccountId, AccountName, SessionId, TimeMs};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::memory::Memory;
use super::{Account, Stay, unlock};
use crate::device::{Guard, get_json, hold, keys, put_json};
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

/// What the device keeps of the session is nobody else's to read or write meanwhile.
pub(super) struct HeldSession {
    _guard: Guard,
}

impl Account {
    /// The account that this device stays signed in to, if there is one.
    ///
    /// # Errors
    /// [`Error::SignedOut`] if its session has ended meanwhile: then nothing of it is kept any more.
    pub async fn resume(around: Surroundings) -> Result<Option<Self>> {
        let Some(kept) = get_json::<Kept>(&*around.device, keys::SESSION).await? else {
            return Ok(None);
        };
        let api = Api::new(around.http.clone());
        api.set_token(Some(kept.token.clone().into()));
        let (body, memory) = join(api.account(), Memory::load(&around, kept.account)).await;
        let body = match body {
            Err(Error::SignedOut) => {
                forget_ended(&around, kept.session).await?;
                return Err(Error::SignedOut);
            }
            body => body?,
        };
        let keyring = kept.keyring();
        let unlocked = unlock::unlock(keyring, kept.account, &kept.name, &body, &memory?)?;
        let (name, session) = (kept.name.clone(), kept.session_body());
        Self::assemble(
            around,
            api,
            name,
            session,
            unlocked,
            body.latest_change,
            Stay::SignedIn,
        )
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

    /// Leaves a session that has ended, and makes the device forget it.
    pub(crate) async fn leave(&self) -> Result<()> {
        self.api.set_token(None);
        forget_ended(&self.around, self.session.get()).await
    }

    /// Goes on with the session that the device keeps, if another tab has put it into the place of this one's by changing
    /// the password. With other keys it is not taken over: what is unlocked here would not go with it.
    pub(super) async fn adopt_kept(&self) -> Result<bool> {
        if self.stay == Stay::UntilTheEnd {
            return Ok(false);
        }
        let _held = self.hold_session().await?;
        let Some(kept) = get_json::<Kept>(&*self.around.device, keys::SESSION).await? else {
            return Ok(false);
        };
        let adopts = kept.session != self.session.get() && kept.keyring() == self.unlocked().keyring;
        if adopts {
            self.session.set(kept.session);
            self.api.set_token(Some(kept.token.clone().into()));
        }
        Ok(adopts)
    }

    /// Keeps other tabs off what the device keeps of the session. Who ends the session before this one holds it from then
    /// until the new one is kept: a tab that hears of the end in between would find nothing to go on with.
    pub(super) async fn hold_session(&self) -> Result<HeldSession> {
        Ok(HeldSession {
            _guard: hold(&self.around, keys::SESSION).await?,
        })
    }

    pub(super) async fn keep(&self, _held: &HeldSession) -> Result<()> {
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

/// Makes the device forget a session that has ended, unless it keeps another one by now.
async fn forget_ended(around: &Surroundings, ended: SessionId) -> Result<()> {
    let _guard = hold(around, keys::SESSION).await?;
    // What cannot be read is no reason to keep it.
    match get_json::<Kept>(&*around.device, keys::SESSION)
        .await
        .ok()
        .flatten()
    {
        Some(kept) if kept.session != ended => Ok(()),
        _ => Account::forget(around).await,
    }
}

impl Kept {
    fn keyring(&self) -> Keyring {
        Keyring::new(self.account.0, self.generation, AccountKey::from_bytes(self.key))
    }

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
