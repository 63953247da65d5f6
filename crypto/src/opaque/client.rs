//! The client's half. Each flow is two steps: `start` gives a message for the server, `finish` takes the
//! server's answer.

use rand_core::CryptoRng;

use super::{ExportKey, SessionKey, Terms, context};
use crate::password::Password;
use crate::primitives::opaque::{self as suite, Argon2id, Lend, Stretch, Suite};
use crate::secret::Secret64;
use crate::{Error, Result};

/// A registration under way. Also how a password is changed.
pub struct ClientRegistration {
    state: suite::ClientRegistration<Suite>,
    password: Password,
}

/// A finished registration.
#[derive(Debug)]
pub struct Registered {
    /// For the server: what it keeps as the account's record.
    pub upload: Vec<u8>,
    /// For the client: opens the password slot.
    pub export_key: ExportKey,
}

/// A login under way.
pub struct ClientLogin {
    state: suite::ClientLogin<Suite>,
    password: Password,
}

/// A login that the server accepts once it sees `finalization`.
#[derive(Debug)]
pub struct LoggedIn {
    /// For the server: proves that the client knows the password.
    pub finalization: Vec<u8>,
    /// For the client: opens the password slot.
    pub export_key: ExportKey,
    /// Shared with the server.
    pub session_key: SessionKey,
}

impl ClientRegistration {
    /// Begins; the message is for the server.
    pub fn start<R: CryptoRng + ?Sized>(password: &Password, rng: &mut R) -> (Self, Vec<u8>) {
        let (state, request) = start_registration::<Argon2id, _>(password.bytes(), rng);
        (
            Self {
                state,
                password: password.clone(),
            },
            request,
        )
    }

    /// Ends, with the server's answer and the account's name. Takes Argon2id's time.
    pub fn finish<R: CryptoRng + ?Sized>(self, answer: &[u8], name: &str, rng: &mut R) -> Result<Registered> {
        let context = context();
        finish_registration(
            self.state,
            self.password.bytes(),
            answer,
            &Terms::new(&context, name),
            rng,
        )
    }
}

impl ClientLogin {
    /// Begins; the message is for the server.
    pub fn start<R: CryptoRng + ?Sized>(password: &Password, rng: &mut R) -> (Self, Vec<u8>) {
        let (state, request) = start_login::<Argon2id, _>(password.bytes(), rng);
        (
            Self {
                state,
                password: password.clone(),
            },
            request,
        )
    }

    /// Ends, with the server's challenge and the account's name. Takes Argon2id's time. A wrong password, an
    /// unknown name and a lying server look the same.
    pub fn finish<R: CryptoRng + ?Sized>(self, answer: &[u8], name: &str, rng: &mut R) -> Result<LoggedIn> {
        let context = context();
        finish_login(
            self.state,
            self.password.bytes(),
            answer,
            &Terms::new(&context, name),
            rng,
        )
    }
}

pub(crate) fn start_registration<S: Stretch, R: CryptoRng + ?Sized>(
    password: &[u8],
    rng: &mut R,
) -> (suite::ClientRegistration<Suite<S>>, Vec<u8>) {
    let started = suite::ClientRegistration::start(&mut Lend(rng), password)
        .expect("blinding fails only where a password hashes to the neutral element");
    (started.state, started.message.serialize().to_vec())
}

pub(crate) fn finish_registration<S: Stretch, R: CryptoRng + ?Sized>(
    state: suite::ClientRegistration<Suite<S>>,
    password: &[u8],
    answer: &[u8],
    terms: &Terms<'_>,
    rng: &mut R,
) -> Result<Registered> {
    let answer = suite::RegistrationResponse::deserialize(answer).map_err(|_| Error::CannotOpen)?;
    let parameters = suite::ClientRegistrationFinishParameters::new(terms.identifiers(), None);
    let finished = state
        .finish(&mut Lend(rng), password, answer, parameters)
        .map_err(|_| Error::CannotOpen)?;
    Ok(Registered {
        upload: finished.message.serialize().to_vec(),
        export_key: ExportKey(Secret64(finished.export_key.into())),
    })
}

pub(crate) fn start_login<S: Stretch, R: CryptoRng + ?Sized>(
    password: &[u8],
    rng: &mut R,
) -> (suite::ClientLogin<Suite<S>>, Vec<u8>) {
    let started = suite::ClientLogin::start(&mut Lend(rng), password)
        .expect("blinding fails only where a password hashes to the neutral element");
    (started.state, started.message.serialize().to_vec())
}

pub(crate) fn finish_login<S: Stretch, R: CryptoRng + ?Sized>(
    state: suite::ClientLogin<Suite<S>>,
    password: &[u8],
    answer: &[u8],
    terms: &Terms<'_>,
    rng: &mut R,
) -> Result<LoggedIn> {
    let answer = suite::CredentialResponse::deserialize(answer).map_err(|_| Error::CannotOpen)?;
    let parameters = suite::ClientLoginFinishParameters::new(Some(terms.context), terms.identifiers(), None);
    let finished = state
        .finish(&mut Lend(rng), password, answer, parameters)
        .map_err(|_| Error::CannotOpen)?;
    Ok(LoggedIn {
        finalization: finished.message.serialize().to_vec(),
        export_key: ExportKey(Secret64(finished.export_key.into())),
        session_key: SessionKey(Secret64(finished.session_key.into())),
    })
}
