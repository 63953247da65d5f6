//! Login by OPAQUE (RFC 9807): the server checks a password that it never sees, and keeps no equivalent.
//!
//! Messages are plain byte strings, to be carried by whoever talks. Suite and costs are compiled in and
//! stand in the context, so a server cannot name weaker ones (threat A6). What a server keeps between two
//! messages travels sealed in an [`Attempt`] token: no node has a session to lose.

pub(crate) mod client;
pub(crate) mod server;

pub use client::{ClientLogin, ClientRegistration, LoggedIn, Registered};
pub use server::{
    ATTEMPT_LIFETIME_MS, Challenge, LoginServer, RECOVERY_LIFETIME_MS, RecoveryAttempt, RecoveryChallenge,
    Verified,
};

use crate::derive::derive;
use crate::labels::Label;
use crate::primitives;
use crate::secret::Secret64;
use crate::{Id, Kek, SUITE};

const SERVICE: &[u8] = b"postern";

/// What a login or a registration leaves on the client: opens the password slot.
#[derive(Clone, PartialEq)]
pub struct ExportKey(pub(crate) Secret64);

/// What client and server share after a login.
#[derive(Clone, PartialEq)]
pub struct SessionKey(pub(crate) Secret64);

impl ExportKey {
    /// The key-encryption key of the account's password slot.
    #[must_use]
    pub fn kek(&self, account: &Id) -> Kek {
        Kek::from_bytes(*derive(&self.0.0, Label::KekPassword, &[account]))
    }
}

impl std::fmt::Debug for ExportKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExportKey(***)")
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey(***)")
    }
}

/// What both sides must agree on beside the password.
pub(crate) struct Terms<'a> {
    pub(crate) context: &'a [u8],
    pub(crate) client: Option<&'a [u8]>,
    pub(crate) server: Option<&'a [u8]>,
}

impl<'a> Terms<'a> {
    fn new(context: &'a [u8], name: &'a str) -> Self {
        Self {
            context,
            client: Some(name.as_bytes()),
            server: Some(SERVICE),
        }
    }

    fn identifiers(&self) -> primitives::opaque::Identifiers<'a> {
        primitives::opaque::Identifiers {
            client: self.client,
            server: self.server,
        }
    }
}

/// `"postern" ‖ suite ‖ m ‖ t ‖ p`
fn context() -> Vec<u8> {
    let mut context = SERVICE.to_vec();
    context.push(SUITE);
    for cost in [
        primitives::ARGON2_MEMORY_KIB,
        primitives::ARGON2_PASSES,
        primitives::ARGON2_LANES,
    ] {
        context.extend_from_slice(&cost.to_be_bytes());
    }
    context
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::opaque::{Argon2id, ServerSetup, Suite};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    #[test]
    fn a6_suite_and_costs_are_part_of_the_context() {
        assert_eq!(context(), b"postern\x01\0\x01\0\0\0\0\0\x03\0\0\0\x04");
    }

    #[test]
    fn a6_a_server_that_names_weaker_costs_is_refused() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let setup = ServerSetup::<Suite<Argon2id>>::new(&mut primitives::opaque::Lend(&mut rng));
        let honest = context();
        let terms = Terms::new(&honest, "ada");
        let (state, request) = client::start_registration::<Argon2id, _>(b"password", &mut rng);
        let answer = server::register(&setup, &request, b"account").expect("a request");
        let record = client::finish_registration(state, b"password", &answer, &terms, &mut rng)
            .expect("an answer")
            .upload;
        assert_eq!(
            record.len(),
            server::decoy_record(&setup).len(),
            "unknown names have one too"
        );

        let mut weaker = honest.clone();
        weaker[15] = 1; // one pass instead of three
        for (context, agrees) in [(&honest, true), (&weaker, false)] {
            let theirs = Terms::new(context, "ada");
            let (state, request) = client::start_login::<Argon2id, _>(b"password", &mut rng);
            let started = server::start_login(&setup, Some(&record), &request, b"account", &theirs, &mut rng);
            let (answer, _) = started.expect("a request");
            let finished = client::finish_login(state, b"password", &answer, &terms, &mut rng);
            assert_eq!(finished.is_ok(), agrees);
        }
    }
}
