//! The highest that this device has seen of an account. Whatever is older is refused, whoever says so.

use std::collections::BTreeMap;

use postern_crypto::Hash;
use postern_crypto::directory::DirectoryHead;
use postern_protocol::{AccountId, VolumeId};
use serde::{Deserialize, Serialize};

use crate::device::{get_json, hold, keys, put_json};
use crate::{Result, Surroundings};

/// A point in a history: how far it is, and the hash of all up to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// How far.
    pub(crate) counter: u64,
    /// The hash.
    pub(crate) hash: Hash,
}

/// The highest that this device has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Of the account key.
    pub(crate) generation: u32,
    /// The state's counter.
    pub(crate) state: u64,
    /// The counter of where the mail begins.
    pub(crate) mail: u64,
    /// The end of the directory log.
    pub(crate) directory: Option<Mark>,
    /// The heads of volumes.
    pub(crate) heads: BTreeMap<VolumeId, Mark>,
}

impl Memory {
    pub(crate) async fn load(around: &Surroundings, account: AccountId) -> Result<Self> {
        Ok(get_json(&*around.device, &keys::memory(account))
            .await?
            .unwrap_or_default())
    }

    pub(crate) fn saw_generation(&mut self, generation: u32) {
        self.generation = self.generation.max(generation);
    }

    pub(crate) fn saw_state(&mut self, counter: u64) {
        self.state = self.state.max(counter);
    }

    pub(crate) fn saw_mail(&mut self, counter: u64) {
        self.mail = self.mail.max(counter);
    }

    pub(crate) fn saw_directory(&mut self, head: DirectoryHead) {
        let mark = Mark {
            counter: head.seq,
            hash: head.hash,
        };
        self.directory = Some(highest(self.directory, mark));
    }

    pub(crate) fn saw_head(&mut self, volume: VolumeId, mark: Mark) {
        let known = self.heads.get(&volume).copied();
        self.heads.insert(volume, highest(known, mark));
    }
}

/// Changes the memory under a lock, so that two processes never make each other forget.
pub(crate) async fn remember(
    around: &Surroundings,
    account: AccountId,
    see: impl FnOnce(&mut Memory),
) -> Result<()> {
    let key = keys::memory(account);
    let _guard = hold(around, &key).await?;
    let before = Memory::load(around, account).await?;
    let mut after = before.clone();
    see(&mut after);
    if after == before {
        Ok(())
    } else {
        put_json(&*around.device, &key, &after).await
    }
}

fn highest(known: Option<Mark>, seen: Mark) -> Mark {
    known
        .filter(|known| known.counter >= seen.counter)
        .unwrap_or(seen)
}

#[cfg(test)]
mod tests {
    use postern_crypto::account::{Keyring, MailRoot, Pin, State, Tag, VolumeHead};
    use postern_crypto::identity::IdentityKey;
    use postern_crypto::mail::MAX_ADDRESS;
    use postern_crypto::{AccountKey, MailKey};
    use postern_protocol::limits::MAX_OBJECT_BYTES;

    use super::*;

    #[test]
    fn a_memory_never_goes_back() {
        let mut memory = Memory::default();
        let volume = VolumeId([1; 16]);
        let mark = |counter: u8| Mark {
            counter: counter.into(),
            hash: [counter; 32],
        };
        for seen in [4, 3] {
            let Mark { counter, hash } = mark(seen);
            memory.saw_head(volume, mark(seen));
            memory.saw_directory(DirectoryHead { seq: counter, hash });
            memory.saw_state(counter);
            memory.saw_mail(counter);
            memory.saw_generation(seen.into());
        }
        let seen = Memory {
            generation: 4,
            state: 4,
            mail: 4,
            directory: Some(mark(4)),
            heads: BTreeMap::from([(volume, mark(4))]),
        };
        assert_eq!(memory, seen);
    }

    #[test]
    fn the_server_takes_a_state_that_is_full() {
        let (mut rng, directory) = (
            rand::rng(),
            DirectoryHead {
                seq: 1,
                hash: [1; 32],
            },
        );
        let pin = Pin {
            name: "n".repeat(64),
            account: [2; 16],
            identity: IdentityKey::generate(&mut rng).public(),
            directory,
        };
        let head = VolumeHead {
            volume: [3; 16],
            counter: 1,
            hash: [3; 32],
        };
        let full = State {
            counter: 1,
            generation: 1,
            min_suite: 1,
            directory,
            pins: vec![pin; State::MAX_PINS as usize],
            volumes: vec![head; State::MAX_VOLUMES as usize],
        };
        let keyring = Keyring::new([4; 16], 1, AccountKey::generate(&mut rng));
        let sealed = keyring.seal_state(&full, &mut rng);
        assert!(sealed.len() <= MAX_OBJECT_BYTES, "{}", sealed.len());
        assert_eq!(keyring.open_state(1, &sealed), Ok(full));
    }
    #[test]
    fn the_server_takes_a_mail_root_that_is_full() {
        let mut rng = rand::rng();
        let tag = Tag {
            id: [1; 16],
            name: "n".repeat(MailRoot::MAX_TAG_NAME),
            colour: 1,
        };
        let full = MailRoot {
            folders: vec![tag.clone(); MailRoot::MAX_TAGS as usize],
            labels: vec![tag; MailRoot::MAX_TAGS as usize],
            trusted: vec!["a".repeat(MAX_ADDRESS); MailRoot::MAX_TRUSTED as usize],
            ..MailRoot::new(MailKey::generate(&mut rng))
        };
        let keyring = Keyring::new([4; 16], 1, AccountKey::generate(&mut rng));
        let sealed = keyring.seal_mail_root(&full, &mut rng);
        assert!(sealed.len() <= MAX_OBJECT_BYTES, "{}", sealed.len());
        assert_eq!(keyring.open_mail_root(1, &sealed), Ok(full));
    }
}
