//! Loading all of a mailbox while somebody looks at the newest.

use std::rc::Weak;

use super::Mailbox;
use crate::{Patience, Result};

/// After so many failures, one after the other, it is left until somebody looks again.
const TRIES: u32 = 8;
const PATIENCE: Patience = Patience {
    first_ms: 1_000,
    longest_ms: 30_000,
};

impl Mailbox {
    /// Loads older messages until all are there, or nobody has the mailbox any more, and says so after each page. What passes
    /// is waited out: one request that fails must not leave a list as it is for as long as a page is open.
    ///
    /// # Errors
    /// As [`Mailbox::refresh`]; it may be called again.
    pub async fn load_rest(mailbox: &Weak<Self>, heard: impl Fn()) -> Result<()> {
        let mut failures = 0;
        while let Some(here) = mailbox.upgrade() {
            let around = here.account.surroundings().clone();
            let loaded = here.load_older().await;
            // Nobody is kept signed in by a pause.
            drop(here);
            match loaded {
                Ok(false) => break,
                Ok(true) => {
                    failures = 0;
                    heard();
                }
                Err(why) if why.passes() && failures < TRIES => {
                    PATIENCE
                        .wait_out(&why, failures, &*around.clock, &*around.entropy)
                        .await;
                    failures += 1;
                }
                Err(why) => return Err(why),
            }
        }
        Ok(())
    }
}
