//! Who is listening for news of which account, on this node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postern_domain::Bell;
use postern_protocol::AccountId;
use tokio::sync::watch;

/// The most listeners of one account: a dozen devices with a few tabs each.
pub(crate) const MAX_LISTENERS: usize = 64;

/// A bell for each account that somebody listens for. What rings carries no news: those are in the feed.
#[derive(Debug, Default)]
pub struct Bells(Mutex<Accounts>);

#[derive(Debug, Default)]
struct Accounts {
    bells: HashMap<AccountId, watch::Sender<()>>,
    closed: bool,
}

impl Bells {
    /// Sends everybody away who listens: the server ends.
    pub(crate) fn close(&self) {
        *self.lock() = Accounts {
            bells: HashMap::new(),
            closed: true,
        };
    }

    /// Listens until the listener is dropped. `None` if too many do, or the server ends.
    pub(crate) fn listen(self: &Arc<Self>, account: AccountId) -> Option<Listener> {
        let mut accounts = self.lock();
        if accounts.closed {
            return None;
        }
        let bell = accounts
            .bells
            .entry(account)
            .or_insert_with(|| watch::Sender::new(()));
        (bell.receiver_count() < MAX_LISTENERS).then(|| Listener {
            bells: Arc::clone(self),
            account,
            heard: Some(bell.subscribe()),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Accounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bell for Bells {
    fn ring(&self, account: AccountId) {
        if let Some(bell) = self.lock().bells.get(&account) {
            bell.send_replace(());
        }
    }
}

/// One ear.
pub(crate) struct Listener {
    bells: Arc<Bells>,
    account: AccountId,
    heard: Option<watch::Receiver<()>>,
}

impl Listener {
    /// Waits for the next ring; false if there will be none. Rings while nobody waits are heard as one.
    pub(crate) async fn heard(&mut self) -> bool {
        match &mut self.heard {
            Some(heard) => heard.changed().await.is_ok(),
            None => false,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.heard = None;
        let mut accounts = self.bells.lock();
        let is_deserted = |bell: &watch::Sender<()>| bell.receiver_count() == 0;
        if accounts.bells.get(&self.account).is_some_and(is_deserted) {
            accounts.bells.remove(&self.account);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    const ALICE: AccountId = AccountId([1; 16]);
    const BOB: AccountId = AccountId([2; 16]);

    #[test]
    fn a_bell_is_heard_by_those_who_listen_for_that_account_only() {
        let bells = Arc::new(Bells::default());
        let (mut alice, mut bob) = (
            bells.listen(ALICE).expect("free"),
            bells.listen(BOB).expect("free"),
        );
        bells.ring(ALICE);
        bells.ring(ALICE);
        assert!(alice.heard().now_or_never().is_some());
        assert!(
            alice.heard().now_or_never().is_none(),
            "two rings are heard as one"
        );
        assert!(bob.heard().now_or_never().is_none());
    }

    #[test]
    fn nothing_is_kept_for_an_account_that_nobody_listens_for() {
        let bells = Arc::new(Bells::default());
        drop(bells.listen(ALICE));
        assert!(bells.lock().bells.is_empty());
        bells.ring(ALICE);
        assert!(bells.lock().bells.is_empty());
    }

    #[test]
    fn who_listens_is_sent_away_when_the_server_ends() {
        let bells = Arc::new(Bells::default());
        let mut alice = bells.listen(ALICE).expect("free");
        bells.close();
        assert_eq!(alice.heard().now_or_never(), Some(false));
        assert!(bells.listen(BOB).is_none());
    }

    #[test]
    fn too_many_listeners_are_refused() {
        let bells = Arc::new(Bells::default());
        let ears: Vec<_> = (0..MAX_LISTENERS).map_while(|_| bells.listen(ALICE)).collect();
        assert_eq!(ears.len(), MAX_LISTENERS);
        assert!(bells.listen(ALICE).is_none());
    }
}
