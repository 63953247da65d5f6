//! The server's half.

mod recovery;

pub use recovery::{RECOVERY_LIFETIME_MS, RecoveryAttempt, RecoveryChallenge};

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{SERVICE, SessionKey, Terms, context};
use crate::codec::{Reader, Writer};
use crate::derive::derive;
use crate::labels::Label;
use crate::primitives::opaque::{self as suite, Argon2id, Lend, Stretch, Suite};
use crate::secret::Secret64;
use crate::{Error, Hash, Id, Result, cbox, hash, secret};

/// How long a client may take between the challenge and its answer, Argon2id on a slow phone included.
pub const ATTEMPT_LIFETIME_MS: i64 = 2 * 60 * 1000;

/// A public key, a masking key, a nonce and a tag (RFC 9807, 3.2).
const RECORD_BYTES: usize = 32 + 64 + 32 + 64;
const MAX_NAME: usize = 64;
const MAX_STATE: usize = 1024;
const MAX_SETUP: usize = 1024;

secret::secret_key! {
    /// Seals attempts.
    AttemptKey;
    /// Makes the identifiers of accounts that do not exist.
    FakeKey;
}

/// Everything secret that a server needs for logins. Made once, kept in its records, shared by its nodes.
pub struct LoginServer {
    setup: suite::ServerSetup<Suite>,
    attempts: AttemptKey,
    fakes: FakeKey,
}

/// What a server answers to the beginning of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// OPAQUE's message for the client.
    pub message: Vec<u8>,
    /// To be handed back by the client; means nothing to it.
    pub attempt: Vec<u8>,
}

/// A login that held.
#[derive(Debug)]
pub struct Verified {
    /// The account.
    pub account: Id,
    /// Its name, as it stood in the beginning of the login.
    pub name: String,
    /// The hash of the record that the login began with. Where the account's is another by now, the password has
    /// been changed meanwhile, and the login is worth nothing.
    pub record_hash: Hash,
    /// Shared with the client.
    pub session_key: SessionKey,
}

struct Attempt {
    account: Id,
    name: String,
    record_hash: Hash,
    expires_ms: i64,
    state: Zeroizing<Vec<u8>>,
}

impl LoginServer {
    /// Fresh secrets, at a server's first start.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self {
            setup: suite::ServerSetup::new(&mut Lend(rng)),
            attempts: AttemptKey::generate(rng),
            fakes: FakeKey::generate(rng),
        }
    }

    /// The secrets, to keep.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let setup = Zeroizing::new(self.setup.serialize().to_vec());
        Writer::with_capacity(setup.len() + 68)
            .raw(self.attempts.expose())
            .raw(self.fakes.expose())
            .lp(&setup)
            .finish()
    }

    /// Secrets that were kept.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let attempts = AttemptKey::from_bytes(reader.key()?);
        let fakes = FakeKey::from_bytes(reader.key()?);
        let setup = suite::ServerSetup::deserialize(reader.lp(MAX_SETUP)?).map_err(|_| Error::CannotOpen)?;
        reader.finish()?;
        Ok(Self {
            setup,
            attempts,
            fakes,
        })
    }

    /// Answers the beginning of a registration.
    pub fn register(&self, request: &[u8], account: &Id) -> Result<Vec<u8>> {
        register(&self.setup, request, account)
    }

    /// Checks the end of a registration; what comes back is the account's record.
    pub fn record(&self, upload: &[u8]) -> Result<Vec<u8>> {
        let upload =
            suite::RegistrationUpload::<Suite>::deserialize(upload).map_err(|_| Error::CannotOpen)?;
        Ok(suite::ServerRegistration::finish(upload).serialize().to_vec())
    }

    /// Answers the beginning of a login. For a name that nobody has, `known` is `None`, and the answer is
    /// RFC 9807's fake one: always of the same account for the same name, and as long as a true one
    /// (threat A7).
    ///
    /// Everything is done for both: what takes no part in the answer is thrown away.
    pub fn challenge<R: CryptoRng + ?Sized>(
        &self,
        name: &str,
        known: Option<(&Id, &[u8])>,
        request: &[u8],
        now_ms: i64,
        rng: &mut R,
    ) -> Result<Challenge> {
        let context = context();
        let fake = self.fake_account(name);
        let (account, record) = match known {
            Some((account, record)) => (*account, Some(record)),
            None => (fake, None),
        };
        let terms = Terms::new(&context, name);
        let (message, state) = start_login(&self.setup, record, request, &account, &terms, rng)?;
        let expires_ms = now_ms.saturating_add(ATTEMPT_LIFETIME_MS);
        let attempt = Attempt {
            account,
            name: name.to_owned(),
            record_hash: hash::hash(record.unwrap_or(&[0; RECORD_BYTES])),
            expires_ms,
            state,
        };
        Ok(Challenge {
            message,
            attempt: attempt.seal(&self.attempts, rng),
        })
    }

    /// Checks the end of a login.
    pub fn verify(&self, attempt: &[u8], finalization: &[u8], now_ms: i64) -> Result<Verified> {
        let attempt = Attempt::open(&self.attempts, attempt, now_ms)?;
        let context = context();
        let terms = Terms::new(&context, &attempt.name);
        let session_key = finish_login::<Argon2id>(&attempt.state, finalization, &terms)?;
        Ok(Verified {
            account: attempt.account,
            name: attempt.name,
            record_hash: attempt.record_hash,
            session_key,
        })
    }

    fn fake_account(&self, name: &str) -> Id {
        *derive(self.fakes.expose(), Label::FakeAccount, &[name.as_bytes()])
    }
}

impl std::fmt::Debug for LoginServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginServer(***)")
    }
}

impl Attempt {
    fn seal<R: CryptoRng + ?Sized>(&self, key: &AttemptKey, rng: &mut R) -> Vec<u8> {
        let plain = Writer::with_capacity(self.state.len() + 160)
            .raw(&self.account)
            .lp(self.name.as_bytes())
            .raw(&self.record_hash)
            .i64(self.expires_ms)
            .lp(&self.state)
            .finish();
        cbox::seal(key.expose(), Label::BoxAttempt, &[SERVICE], &plain, rng)
    }

    fn open(key: &AttemptKey, sealed: &[u8], now_ms: i64) -> Result<Self> {
        let plain = cbox::open(key.expose(), Label::BoxAttempt, &[SERVICE], sealed)?;
        let mut reader = Reader::new(&plain);
        let attempt = Self {
            account: reader.array()?,
            name: reader.text(MAX_NAME)?,
            record_hash: reader.array()?,
            expires_ms: reader.i64()?,
            state: Zeroizing::new(reader.lp(MAX_STATE)?.to_vec()),
        };
        reader.finish()?;
        if now_ms < attempt.expires_ms {
            Ok(attempt)
        } else {
            Err(Error::CannotOpen)
        }
    }
}

pub(crate) fn register<S: Stretch>(
    setup: &suite::ServerSetup<Suite<S>>,
    request: &[u8],
    credential: &[u8],
) -> Result<Vec<u8>> {
    let request = suite::RegistrationRequest::deserialize(request).map_err(|_| Error::CannotOpen)?;
    let answer =
        suite::ServerRegistration::start(setup, request, credential).map_err(|_| Error::CannotOpen)?;
    Ok(answer.message.serialize().to_vec())
}

pub(crate) fn start_login<S: Stretch, R: CryptoRng + ?Sized>(
    setup: &suite::ServerSetup<Suite<S>>,
    record: Option<&[u8]>,
    request: &[u8],
    credential: &[u8],
    terms: &Terms<'_>,
    rng: &mut R,
) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>)> {
    let request = suite::CredentialRequest::deserialize(request).map_err(|_| Error::CannotOpen)?;
    // To take a record apart costs a few microseconds, by which a name that is known could be told: a decoy is taken
    // apart where there is none.
    let decoy = decoy_record(setup);
    let kept =
        suite::ServerRegistration::deserialize(record.unwrap_or(&decoy)).map_err(|_| Error::CannotOpen)?;
    let record = record.map(|_| kept);
    let parameters = parameters(terms);
    let started = suite::ServerLogin::start(&mut Lend(rng), setup, record, request, credential, parameters)
        .map_err(|_| Error::CannotOpen)?;
    Ok((
        started.message.serialize().to_vec(),
        Zeroizing::new(started.state.serialize().to_vec()),
    ))
}

/// As long as a record, and as well-formed.
pub(super) fn decoy_record<S: Stretch>(setup: &suite::ServerSetup<Suite<S>>) -> Vec<u8> {
    let mut record = setup.keypair().public().serialize().to_vec();
    record.resize(RECORD_BYTES, 0);
    record
}

pub(crate) fn finish_login<S: Stretch>(
    state: &[u8],
    finalization: &[u8],
    terms: &Terms<'_>,
) -> Result<SessionKey> {
    let state = suite::ServerLogin::<Suite<S>>::deserialize(state).map_err(|_| Error::CannotOpen)?;
    let finalization =
        suite::CredentialFinalization::deserialize(finalization).map_err(|_| Error::CannotOpen)?;
    let finished = state
        .finish(finalization, parameters(terms))
        .map_err(|_| Error::CannotOpen)?;
    Ok(SessionKey(Secret64(finished.session_key.into())))
}

fn parameters<'a>(terms: &Terms<'a>) -> suite::ServerLoginParameters<'a, 'a> {
    suite::ServerLoginParameters {
        context: Some(terms.context),
        identifiers: terms.identifiers(),
    }
}
