//! What the gateway has seen of the people it seals to.
//!
//! Recipients' keys come from the directory, and whoever keeps that could hand out keys of their own (threat F8). So the
//! first log that is seen of a name is remembered here, on the gateway's own disk, and every other one has to go on from
//! it. One that does not stops mail to that name, for the time being, until a person has looked.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use postern_crypto::Hash;
use postern_crypto::codec::{Reader, Writer};
use postern_crypto::directory::{DirectoryHead, Log};
use postern_crypto::hash::hash;
use postern_crypto::identity::IdentityPublic;
use postern_crypto::sealing::SealingPublic;
use postern_domain::gateway::Recipient;
use postern_protocol::AccountName;

/// The format of a pin.
const FORMAT: u8 = 1;

/// Of so many names it is remembered that their logs were checked; beyond that all are checked again.
const MAX_CHECKED: usize = 10_000;

/// The names that were seen, a file for each. Clones are the same.
#[derive(Debug, Clone)]
pub struct Pins {
    folder: PathBuf,
    /// Of each name the log that was pinned last since this began, and what it says: a log is verified once, not for each
    /// message.
    checked: Arc<Mutex<HashMap<AccountName, (Hash, SealingPublic)>>>,
    /// One is pinned after the other: what is remembered last is what is pinned.
    pinning: Arc<Mutex<()>>,
}

/// Why nothing is sealed to somebody.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The log is not well-formed or not signed, or it is another's.
    #[error("the directory log of {0} is not authentic")]
    NotAuthentic(String),
    /// It does not go on from what was seen before.
    #[error("the keys of {0} are not those that were seen before")]
    Changed(String),
    /// The disk failed.
    #[error("what was seen of a recipient cannot be read or written")]
    Disk(#[from] io::Error),
}

#[derive(Debug, PartialEq, Eq)]
struct Pin {
    account: [u8; 16],
    identity: IdentityPublic,
    head: DirectoryHead,
}

impl Pins {
    /// The pins in this folder, which is there.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            checked: Arc::default(),
            pinning: Arc::default(),
        }
    }

    /// The key to which to seal, if this very log is the last that was pinned.
    #[must_use]
    pub fn checked_before(&self, recipient: &Recipient) -> Option<SealingPublic> {
        let checked = self.checked();
        let (hash, sealing) = checked.get(&recipient.name)?;
        (*hash == hash_of(recipient)).then(|| sealing.clone())
    }

    /// The key to which to seal, if the recipient's log is signed and goes on from what was seen before; what is seen now
    /// is remembered.
    ///
    /// # Errors
    /// [`PinError`].
    pub fn check(&self, recipient: &Recipient) -> Result<SealingPublic, PinError> {
        let name = recipient.name.as_str();
        let not_authentic = || PinError::NotAuthentic(name.to_owned());
        let signed: Vec<_> = recipient
            .statements
            .iter()
            .map(postern_protocol::Bytes::as_slice)
            .collect();
        let log = Log::verify(&signed).map_err(|_| not_authentic())?;
        let current = log.current();
        if current.account != recipient.account.0 || current.name != name {
            return Err(not_authentic());
        }
        let pin = Pin {
            account: current.account,
            identity: current.identity,
            head: log.head(),
        };
        let _pinning = self.pinning.lock().expect("nothing panics while it holds this");
        match self.read(name)? {
            Some(before) if before == pin => {}
            Some(before) => {
                let is_same = before.account == pin.account && before.identity == pin.identity;
                if !is_same || log.check_extends(&before.head).is_err() {
                    return Err(PinError::Changed(name.to_owned()));
                }
                self.write(name, &pin)?;
            }
            None => self.write(name, &pin)?,
        }
        let mut checked = self.checked();
        if checked.len() >= MAX_CHECKED {
            checked.clear();
        }
        checked.insert(
            recipient.name.clone(),
            (hash_of(recipient), current.sealing.clone()),
        );
        Ok(current.sealing.clone())
    }

    fn checked(&self) -> MutexGuard<'_, HashMap<AccountName, (Hash, SealingPublic)>> {
        self.checked.lock().expect("nothing panics while it holds this")
    }

    fn read(&self, name: &str) -> io::Result<Option<Pin>> {
        match fs::read(self.path(name)) {
            Ok(bytes) => match Pin::decode(&bytes) {
                Ok(pin) => Ok(Some(pin)),
                Err(_) => Err(io::Error::new(ErrorKind::InvalidData, "a pin is damaged")),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, name: &str, pin: &Pin) -> io::Result<()> {
        let path = self.path(name);
        postern_disk::make_private_folder(postern_disk::folder_of(&path))?;
        // Several sessions may see a name for the first time at the same moment, with the same keys.
        let beside = path.with_extension(format!("{:016x}.new", unique()));
        postern_disk::write_private(&beside, &path, &pin.encode()).map(drop)
    }

    /// Names are of letters, digits and `._-`, and begin with a letter or digit: they are names of files as they are.
    fn path(&self, name: &str) -> PathBuf {
        let spread = hash(name.as_bytes())[0];
        self.folder.join(format!("{spread:02x}")).join(name)
    }
}

/// Of all that is checked of a recipient.
fn hash_of(recipient: &Recipient) -> Hash {
    let writer = Writer::with_capacity(4_096)
        .raw(&recipient.account.0)
        .lp(recipient.name.as_str().as_bytes());
    let log = writer.list(&recipient.statements, |writer, statement| {
        writer.lp(statement.as_slice())
    });
    hash(&log.finish())
}

fn unique() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed) ^ (u64::from(std::process::id()) << 32)
}

impl Pin {
    fn encode(&self) -> Vec<u8> {
        Writer::with_capacity(96)
            .u8(FORMAT)
            .raw(&self.account)
            .raw(self.identity.as_bytes())
            .u64(self.head.seq)
            .raw(&self.head.hash)
            .finish()
            .to_vec()
    }

    fn decode(bytes: &[u8]) -> postern_crypto::Result<Self> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != FORMAT {
            return Err(postern_crypto::Error::CannotOpen);
        }
        let pin = Self {
            account: reader.array()?,
            identity: IdentityPublic::from_bytes(reader.array()?)?,
            head: DirectoryHead {
                seq: reader.u64()?,
                hash: reader.array()?,
            },
        };
        reader.finish()?;
        Ok(pin)
    }
}

#[cfg(test)]
mod tests {
    use postern_crypto::directory::{Statement, statement_hash};
    use postern_crypto::identity::IdentityKey;
    use postern_crypto::sealing::SealingKey;
    use postern_protocol::{AccountId, AccountName};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;
    use tempfile::TempDir;

    use super::*;

    struct Person {
        identity: IdentityKey,
        sealing: SealingKey,
    }

    impl Person {
        fn new(seed: u64) -> Self {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            Self {
                identity: IdentityKey::generate(&mut rng),
                sealing: SealingKey::generate(&mut rng),
            }
        }

        fn statement(&self, name: &str, seq: u64, previous: [u8; 32], time_ms: i64) -> Vec<u8> {
            let statement = Statement {
                account: [1; 16],
                name: name.to_owned(),
                seq,
                previous,
                identity: self.identity.public(),
                sealing: self.sealing.public().clone(),
                time_ms,
            };
            statement.sign(&self.identity)
        }

        fn recipient(&self, statements: Vec<Vec<u8>>) -> Recipient {
            Recipient {
                account: AccountId([1; 16]),
                name: AccountName::parse("alice").expect("a name"),
                statements: statements.into_iter().map(Into::into).collect(),
                room_bytes: 1,
            }
        }

        fn alice(&self) -> Recipient {
            self.recipient(vec![self.statement("alice", 0, [0; 32], 1)])
        }
    }

    fn pins() -> (TempDir, Pins) {
        let folder = tempfile::tempdir().expect("a folder");
        let pins = Pins::new(folder.path().to_owned());
        (folder, pins)
    }

    #[test]
    fn f8_what_was_seen_once_is_accepted_again_and_may_go_on() {
        let ((_folder, pins), alice) = (pins(), Person::new(1));
        for _ in 0..2 {
            assert_eq!(
                pins.check(&alice.alice()).expect("her keys"),
                alice.sealing.public().clone()
            );
        }
        let first = alice.statement("alice", 0, [0; 32], 1);
        let second = alice.statement("alice", 1, statement_hash(&first), 2);
        let longer = alice.recipient(vec![first, second]);
        assert_eq!(
            pins.check(&longer).expect("goes on"),
            alice.sealing.public().clone()
        );
        let refused = pins
            .check(&alice.alice())
            .expect_err("shorter than what was seen");
        assert!(matches!(refused, PinError::Changed(_)), "{refused}");
    }

    #[test]
    fn f8_other_keys_for_a_name_that_was_seen_are_refused() {
        let ((_folder, pins), alice, mallory) = (pins(), Person::new(1), Person::new(2));
        pins.check(&alice.alice()).expect("her keys");
        let mut other_account = mallory.alice();
        other_account.account = AccountId([2; 16]);
        for changed in [
            mallory.alice(),
            alice.recipient(vec![alice.statement("alice", 0, [0; 32], 2)]),
        ] {
            let refused = pins.check(&changed).expect_err("not her keys");
            assert!(matches!(refused, PinError::Changed(_)), "{refused}");
        }
        assert!(matches!(
            pins.check(&other_account),
            Err(PinError::NotAuthentic(_))
        ));
        assert_eq!(
            pins.check(&alice.alice()).expect("still hers"),
            alice.sealing.public().clone()
        );
    }

    #[test]
    fn f8_a_log_is_known_without_being_verified_only_as_long_as_it_is_the_last() {
        let (_folder, pins) = pins();
        let alice = Person::new(1);
        let first = alice.statement("alice", 0, [0; 32], 5);
        let second = alice.statement("alice", 1, statement_hash(&first), 6);
        let (old, new) = (
            alice.recipient(vec![first.clone()]),
            alice.recipient(vec![first, second]),
        );
        assert_eq!(pins.checked_before(&old), None);
        let sealing = pins.check(&old).expect("seen for the first time");
        assert_eq!(pins.checked_before(&old), Some(sealing));
        assert_eq!(pins.checked_before(&new), None);
        let mut forged = old.clone();
        forged.statements[0] = Person::new(2).statement("alice", 0, [0; 32], 5).into();
        assert_eq!(pins.checked_before(&forged), None);
        assert!(matches!(pins.check(&forged), Err(PinError::Changed(_))));
        pins.check(&new).expect("it goes on");
        assert!(pins.checked_before(&new).is_some());
        assert_eq!(pins.checked_before(&old), None, "it was taken back");
        assert!(matches!(pins.check(&old), Err(PinError::Changed(_))));
        assert!(pins.checked_before(&new).is_some());
    }

    #[test]
    fn f8_a_log_that_is_not_signed_or_anothers_is_refused() {
        let ((folder, pins), alice) = (pins(), Person::new(1));
        let mut touched = alice.statement("alice", 0, [0; 32], 1);
        touched[100] ^= 1;
        let of_bob = alice.statement("bob", 0, [0; 32], 1);
        for statements in [vec![], vec![touched], vec![of_bob], vec![vec![1; 100]]] {
            let refused = pins.check(&alice.recipient(statements));
            assert!(matches!(refused, Err(PinError::NotAuthentic(_))), "{refused:?}");
        }
        assert_eq!(
            fs::read_dir(folder.path()).expect("a folder").count(),
            0,
            "nothing is remembered"
        );
    }

    #[test]
    fn f8_a_pin_that_is_damaged_stops_mail_and_is_not_forgotten() {
        let ((_folder, pins), alice) = (pins(), Person::new(1));
        pins.check(&alice.alice()).expect("her keys");
        fs::write(pins.path("alice"), b"nothing").expect("written");
        for _ in 0..2 {
            assert!(matches!(pins.check(&alice.alice()), Err(PinError::Disk(_))));
        }
    }
}
