//! The account on this device: signed in, unlocked, and compared with all that is known about it.
//!
//! Ways in: [`PreparedSignUp`], [`Account::sign_in`], [`Account::recover`], [`Account::resume`]. Each ends in `unlock`,
//! which believes nothing that the server says about keys until it has been recomputed.

mod kept;
mod keys;
mod login;
mod memory;
mod notes;
mod password;
mod recovery;
mod sessions;
mod sign_up;
mod slots;
mod unlock;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::lock::Mutex;
use postern_crypto::account::{State, VolumeHead};
use postern_protocol::account::{AccountBody, ObjectKind, PutObject};
use postern_protocol::session::SessionBody;
use postern_protocol::{AccountId, AccountName, NodeId, SessionId, VolumeId};
use zeroize::Zeroizing;

use crate::http::Api;
use crate::{Error, Result, Surroundings};

use kept::HeldSession;
pub use keys::PreparedKeys;
pub(crate) use memory::{Mark, Memory, remember};
pub use sign_up::PreparedSignUp;
pub(crate) use unlock::Unlocked;

/// Whether a device stays signed in when the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// The keys are kept in the device's store.
    SignedIn,
    /// They go with the program.
    UntilTheEnd,
}

/// How much an account stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Bytes stored.
    pub used_bytes: u64,
    /// Bytes that may be stored.
    pub quota_bytes: u64,
}

/// A signed-in, unlocked account.
pub struct Account {
    pub(crate) around: Surroundings,
    pub(crate) api: Api,
    id: AccountId,
    name: AccountName,
    stay: Stay,
    opened_at: u64,
    session: Cell<SessionId>,
    /// Held while one session takes the place of another: at its end one of them works.
    changing: Mutex<()>,
    unlocked: RefCell<Rc<Unlocked>>,
    state: RefCell<State>,
}

impl Account {
    /// The account's id.
    #[must_use]
    pub fn id(&self) -> AccountId {
        self.id
    }

    /// The account's name.
    #[must_use]
    pub fn name(&self) -> &AccountName {
        &self.name
    }

    /// The root folder of its drive.
    #[must_use]
    pub fn root(&self) -> NodeId {
        NodeId(self.unlocked().root.node)
    }

    /// The volume of its drive.
    #[must_use]
    pub fn volume(&self) -> VolumeId {
        VolumeId(self.unlocked().root.volume)
    }

    /// The latest entry of the feed when this device opened the account: what it loads is at least as new.
    #[must_use]
    pub fn opened_at(&self) -> u64 {
        self.opened_at
    }

    /// The server's interface, with this account's session.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// What this account works with.
    #[must_use]
    pub fn surroundings(&self) -> &Surroundings {
        &self.around
    }

    /// How much it stores.
    ///
    /// # Errors
    /// As all requests.
    pub async fn usage(&self) -> Result<Usage> {
        let body = self.api.account().await?;
        Ok(Usage {
            used_bytes: body.used_bytes,
            quota_bytes: body.quota_bytes,
        })
    }

    pub(crate) fn unlocked(&self) -> Rc<Unlocked> {
        Rc::clone(&self.unlocked.borrow())
    }

    /// The highest head of `volume` that any device of this account has noted.
    pub(crate) fn noted_head(&self, volume: VolumeId) -> Option<Mark> {
        let state = self.state.borrow();
        let head = state.volumes.iter().find(|head| head.volume == volume.0)?;
        Some(Mark {
            counter: head.counter,
            hash: head.hash,
        })
    }

    /// The state with another head noted in it, sealed, to go along with the batch that makes that head.
    pub(crate) fn state_noting(&self, volume: VolumeId, head: Mark) -> (State, PutObject) {
        let mut state = self.state.borrow().clone();
        state.counter += 1;
        state.volumes.retain(|noted| noted.volume != volume.0);
        state.volumes.push(VolumeHead {
            volume: volume.0,
            counter: head.counter,
            hash: head.hash,
        });
        let sealed = self.unlocked().keyring.seal_state(&state, &mut self.around.rng());
        let put = PutObject {
            kind: ObjectKind::State,
            version: state.counter,
            sealed: sealed.into(),
        };
        (state, put)
    }

    /// Takes over a state that the server has accepted.
    pub(crate) async fn adopt_state(&self, state: State) -> Result<()> {
        let counter = state.counter;
        *self.state.borrow_mut() = state;
        remember(&self.around, self.id, |memory| memory.saw_state(counter)).await
    }

    /// Reads the account anew: another device may have changed its state.
    pub(crate) async fn refresh(&self) -> Result<AccountBody> {
        let body = self.api.account().await?;
        let memory = Memory::load(&self.around, self.id).await?;
        let keyring = self.unlocked().keyring.clone();
        let unlocked = unlock::unlock(keyring, self.id, &self.name, &body, &memory)?;
        self.adopt(unlocked).await?;
        Ok(body)
    }

    async fn adopt(&self, (unlocked, state): (Unlocked, State)) -> Result<()> {
        unlocked.note(&self.around, self.id, &state).await?;
        *self.unlocked.borrow_mut() = Rc::new(unlocked);
        *self.state.borrow_mut() = state;
        Ok(())
    }

    async fn adopt_session(&self, session: SessionBody, held: &HeldSession) -> Result<()> {
        if session.account != self.id {
            return Err(Error::NotAuthentic);
        }
        self.session.set(session.id);
        self.api.set_token(Some(Zeroizing::new(session.token)));
        self.keep(held).await
    }

    /// Everything that every way in ends with. The session is not kept yet.
    async fn assemble(
        around: Surroundings,
        api: Api,
        name: AccountName,
        session: SessionBody,
        (unlocked, state): (Unlocked, State),
        opened_at: u64,
        stay: Stay,
    ) -> Result<Self> {
        unlocked.note(&around, session.account, &state).await?;
        api.set_token(Some(Zeroizing::new(session.token)));
        Ok(Self {
            around,
            api,
            id: session.account,
            name,
            stay,
            opened_at,
            session: Cell::new(session.id),
            changing: Mutex::new(()),
            unlocked: RefCell::new(Rc::new(unlocked)),
            state: RefCell::new(state),
        })
    }
}
