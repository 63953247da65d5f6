//! Opening what the server keeps of an account, and believing none of it unchecked.
//!
//! The server could hand over keys of its own (threat A5), an older account (A12), another directory (D1), or nothing
//! ("no keys yet"). Each of these ends here, as one error, before anything has been sent or created.

use postern_crypto::SUITE;
use postern_crypto::account::{Keyring, MailRoot, Root, State};
use postern_crypto::directory::{DirectoryHead, Log};
use postern_crypto::identity::IdentityKey;
use postern_crypto::sealing::SealingKey;
use postern_protocol::account::{AccountBody, Object, ObjectKind};
use postern_protocol::limits::is_number;
use postern_protocol::{AccountId, AccountName};

use super::memory::{Memory, remember};
use crate::{Error, Result, Surroundings};

/// An account's keys.
#[derive(Clone)]
pub(crate) struct Unlocked {
    pub(crate) keyring: Keyring,
    pub(crate) identity: IdentityKey,
    pub(crate) sealing: SealingKey,
    pub(crate) root: Root,
    pub(crate) mail: MailRoot,
    pub(crate) directory: DirectoryHead,
}

/// Opens all that `body` holds with `keyring`, and compares it with itself and with what this device remembers.
pub(crate) fn unlock(
    keyring: Keyring,
    id: AccountId,
    name: &AccountName,
    body: &AccountBody,
    memory: &Memory,
) -> Result<(Unlocked, State)> {
    let same = body.account == id && body.name == *name && *keyring.account() == id.0;
    if !same || keyring.generation() < memory.generation {
        return Err(Error::NotAuthentic);
    }
    let state = open_state(&keyring, body, memory)?;
    let log = verified_log(id, name, body, &state, memory)?;
    let stated = log.current();
    let unlocked = Unlocked {
        identity: keyring.unlock_identity(&object(body, ObjectKind::Identity)?.sealed.0, &stated.identity)?,
        sealing: keyring.unlock_sealing(&object(body, ObjectKind::Sealing)?.sealed.0, &stated.sealing)?,
        root: keyring.open_root(&object(body, ObjectKind::Root)?.sealed.0)?,
        mail: open_mail(&keyring, body, memory)?,
        directory: log.head(),
        keyring,
    };
    Ok((unlocked, state))
}

/// The one object of a kind. None, or two, is a server that lies: an account is made with all of them.
pub(crate) fn object(body: &AccountBody, kind: ObjectKind) -> Result<&Object> {
    let mut of_kind = body.objects.iter().filter(|object| object.kind == kind);
    match (of_kind.next(), of_kind.next()) {
        (Some(object), None) if object.version > 0 && is_number(object.version) => Ok(object),
        _ => Err(Error::NotAuthentic),
    }
}

impl Unlocked {
    /// Makes the device remember how far all this is.
    pub(crate) async fn note(&self, around: &Surroundings, id: AccountId, state: &State) -> Result<()> {
        remember(around, id, |memory| {
            memory.saw_generation(self.keyring.generation());
            memory.saw_state(state.counter);
            memory.saw_mail(self.mail.counter);
            memory.saw_directory(self.directory);
        })
        .await
    }
}

fn open_state(keyring: &Keyring, body: &AccountBody, memory: &Memory) -> Result<State> {
    let object = object(body, ObjectKind::State)?;
    let state = keyring.open_state(object.version, &object.sealed.0)?;
    if state.counter >= memory.state && state.min_suite == SUITE {
        Ok(state)
    } else {
        Err(Error::NotAuthentic)
    }
}

fn open_mail(keyring: &Keyring, body: &AccountBody, memory: &Memory) -> Result<MailRoot> {
    let object = object(body, ObjectKind::Mail)?;
    let mail = keyring.open_mail_root(object.version, &object.sealed.0)?;
    if mail.counter >= memory.mail {
        Ok(mail)
    } else {
        Err(Error::NotAuthentic)
    }
}

/// The directory log, if it is this account's, and goes through all that is known of it.
fn verified_log(
    id: AccountId,
    name: &AccountName,
    body: &AccountBody,
    state: &State,
    memory: &Memory,
) -> Result<Log> {
    let log = Log::verify(&body.directory)?;
    log.check_extends(&state.directory)?;
    if let Some(mark) = memory.directory {
        log.check_extends(&DirectoryHead {
            seq: mark.counter,
            hash: mark.hash,
        })?;
    }
    let stated = log.current();
    if stated.account == id.0 && stated.name == name.as_str() {
        Ok(log)
    } else {
        Err(Error::NotAuthentic)
    }
}

#[cfg(test)]
mod tests {
    use postern_crypto::directory::{Statement, statement_hash};
    use postern_protocol::TimeMs;

    use super::*;

    const ID: AccountId = AccountId([1; 16]);

    fn verify(account: AccountId, name: &str) -> Result<Log> {
        let mut rng = rand::rng();
        let identity = IdentityKey::generate(&mut rng);
        let statement = Statement {
            account: account.0,
            name: name.to_owned(),
            seq: 0,
            previous: [0; 32],
            identity: identity.public(),
            sealing: SealingKey::generate(&mut rng).public().clone(),
            time_ms: 0,
        };
        let signed = statement.sign(&identity);
        let state = State {
            counter: 1,
            generation: 1,
            min_suite: SUITE,
            directory: DirectoryHead {
                seq: 0,
                hash: statement_hash(&signed),
            },
            pins: Vec::new(),
            volumes: Vec::new(),
        };
        let alice: AccountName = "alice".parse().expect("a name");
        let body = AccountBody {
            account: ID,
            name: alice.clone(),
            created: TimeMs(0),
            used_bytes: 0,
            quota_bytes: 0,
            slots: Vec::new(),
            objects: Vec::new(),
            directory: vec![signed.into()],
            latest_change: 0,
            administrator: false,
        };
        verified_log(ID, &alice, &body, &state, &Memory::default())
    }

    #[test]
    fn d1_a_log_of_another_account_or_name_is_refused() {
        assert!(verify(ID, "alice").is_ok());
        for (account, name) in [(ID, "mallory"), (AccountId([2; 16]), "alice")] {
            assert_eq!(verify(account, name).err(), Some(Error::NotAuthentic));
        }
    }
}
