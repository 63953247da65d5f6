//! What the devices of an account tell each other through its objects: whom they know, and how mail is ordered.

use postern_crypto::account::{MailRoot, Pin, State};
use postern_protocol::account::{ObjectKind, PutObject};

use super::unlock::Unlocked;
use super::{Account, remember};
use crate::{Error, Patience, Result};

/// After so many defeats the others are too many.
const TRIES: u32 = 8;
const PATIENCE: Patience = Patience {
    first_ms: 10,
    longest_ms: 400,
};

impl Account {
    /// Somebody as any device of this account first saw them.
    pub(crate) fn pinned(&self, name: &str) -> Option<Pin> {
        let state = self.state.borrow();
        state.pins.iter().find(|pin| pin.name == name).cloned()
    }

    /// Pins somebody, unless another device was faster: then that holds.
    pub(crate) async fn pin(&self, pin: Pin) -> Result<()> {
        for attempt in 0..TRIES {
            if self.pinned(&pin.name).is_some() {
                return Ok(());
            }
            let mut state = self.state.borrow().clone();
            if state.pins.len() >= State::MAX_PINS as usize {
                return Err(Error::TooLarge);
            }
            state.counter += 1;
            state.pins.push(pin.clone());
            let sealed = self.unlocked().keyring.seal_state(&state, &mut self.around.rng());
            if self
                .put(ObjectKind::State, state.counter, sealed, attempt)
                .await?
            {
                return self.adopt_state(state).await;
            }
        }
        Err(Error::Busy)
    }

    /// Changes how mail is ordered. `change` may run several times, each time on what holds then.
    pub(crate) async fn change_mail(&self, change: impl Fn(&mut MailRoot) -> Result<()>) -> Result<()> {
        for attempt in 0..TRIES {
            let before = self.unlocked();
            let mut mail = before.mail.clone();
            change(&mut mail)?;
            if mail == before.mail {
                return Ok(());
            }
            mail.counter += 1;
            let sealed = before.keyring.seal_mail_root(&mail, &mut self.around.rng());
            if self.put(ObjectKind::Mail, mail.counter, sealed, attempt).await? {
                return self.adopt_mail(mail).await;
            }
        }
        Err(Error::Busy)
    }

    async fn adopt_mail(&self, mail: MailRoot) -> Result<()> {
        let counter = mail.counter;
        let unlocked = Unlocked {
            mail,
            ..Unlocked::clone(&self.unlocked())
        };
        *self.unlocked.borrow_mut() = unlocked.into();
        remember(&self.around, self.id, |memory| memory.saw_mail(counter)).await
    }

    /// Whether it was taken. If another device was faster, what it did is known then.
    async fn put(&self, kind: ObjectKind, version: u64, sealed: Vec<u8>, attempt: u32) -> Result<bool> {
        let object = PutObject {
            kind,
            version,
            sealed: sealed.into(),
        };
        match self.api.put_object(&object).await {
            Ok(()) => Ok(true),
            Err(Error::Busy) => {
                PATIENCE
                    .wait(attempt, 0, &*self.around.clock, &*self.around.entropy)
                    .await;
                self.refresh().await.map(|_| false)
            }
            Err(error) => Err(error),
        }
    }
}
