//! By what the gateway is known: the key with which it signs what it brings.
//!
//! The key lies on the gateway's own disk and never with the records: who keeps those could else sign mail that never
//! came (threat F9). Several gateways of one server have the same file.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use postern_crypto::codec::{Reader, Writer};
use postern_crypto::directory::Statement;
use postern_crypto::identity::IdentityKey;
use postern_crypto::mail::GATEWAY_NAME;
use postern_crypto::sealing::SealingKey;
use postern_protocol::TimeMs;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// What the file begins with.
const MAGIC: &[u8; 8] = b"PSTNGWK\x01";

/// The key, and the statement that says whose it is.
#[derive(Debug)]
pub struct Identity {
    key: IdentityKey,
    statement: Vec<u8>,
}

impl Identity {
    /// Reads the key from `file`, or makes one if there is none.
    ///
    /// # Errors
    /// Those of the disk, and [`ErrorKind::InvalidData`] if the file holds something else.
    pub fn open(file: &Path, now: TimeMs, rng: &mut impl CryptoRng) -> io::Result<Self> {
        match fs::read(file) {
            Ok(bytes) => Self::decode(&Zeroizing::new(bytes)).map_err(|()| {
                io::Error::new(
                    ErrorKind::InvalidData,
                    format!("{} is no gateway's key", file.display()),
                )
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let made = Self::generate(now, rng);
                made.write(file)?;
                Ok(made.identity)
            }
            Err(error) => Err(error),
        }
    }

    /// The key with which it signs.
    #[must_use]
    pub fn key(&self) -> &IdentityKey {
        &self.key
    }

    /// What everybody may know of it, signed.
    #[must_use]
    pub fn statement(&self) -> &[u8] {
        &self.statement
    }

    fn generate(now: TimeMs, rng: &mut impl CryptoRng) -> Made {
        let (key, sealing) = (IdentityKey::generate(rng), SealingKey::generate(rng));
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let statement = Statement {
            account: id,
            name: GATEWAY_NAME.to_owned(),
            seq: 0,
            previous: [0; 32],
            identity: key.public(),
            sealing: sealing.public().clone(),
            time_ms: now.0,
        };
        let statement = statement.sign(&key);
        Made {
            identity: Self { key, statement },
            sealing,
        }
    }

    fn decode(bytes: &[u8]) -> Result<Self, ()> {
        let mut reader = Reader::new(bytes);
        let mut read = || -> postern_crypto::Result<Self> {
            let magic: [u8; 8] = reader.array()?;
            let key = IdentityKey::from_bytes(reader.key()?);
            let sealing = SealingKey::from_bytes(reader.key()?);
            let statement = reader.lp(MAX_STATEMENT_BYTES)?.to_vec();
            let said = Statement::verify(&statement)?;
            let is_ours = said.identity == key.public() && said.sealing == *sealing.public();
            if &magic != MAGIC || !is_ours || said.name != GATEWAY_NAME {
                return Err(postern_crypto::Error::CannotOpen);
            }
            Ok(Self { key, statement })
        };
        let identity = read().map_err(|_| ())?;
        reader.finish().map_err(|_| ())?;
        Ok(identity)
    }
}

const MAX_STATEMENT_BYTES: usize = 4 << 10;

/// An identity that is not on the disk yet.
struct Made {
    identity: Identity,
    sealing: SealingKey,
}

impl Made {
    fn write(&self, file: &Path) -> io::Result<()> {
        let bytes = Writer::with_capacity(128 + self.identity.statement.len())
            .raw(MAGIC)
            .raw(self.identity.key.expose())
            .raw(self.sealing.expose())
            .lp(&self.identity.statement)
            .finish();
        postern_disk::write_private(&file.with_extension("new"), file, &bytes).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let made = Identity::open(&file, TimeMs(1), &mut rng).expect("made");
        let found = Identity::open(&file, TimeMs(2), &mut rng).expect("found");
        assert_eq!(made.statement, found.statement);
        assert_eq!(made.key.public(), found.key.public());
        let said = Statement::verify(&made.statement).expect("signed");
        assert_eq!(
            (said.identity, &*said.name, said.time_ms),
            (made.key.public(), GATEWAY_NAME, 1)
        );
    }

    #[test]
    fn what_is_no_key_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        Identity::open(&file, TimeMs(1), &mut rng).expect("made");
        let right = fs::read(&file).expect("there");
        let mut spoiled: Vec<_> = [0, 8, 40, 100, right.len() - 1]
            .map(|at| {
                let mut bytes = right.clone();
                bytes[at] ^= 1;
                bytes
            })
            .into();
        spoiled.extend([Vec::new(), right[..50].to_vec(), [&right[..], &[0]].concat()]);
        for bytes in spoiled {
            fs::write(&file, &bytes).expect("written");
            let refused = Identity::open(&file, TimeMs(1), &mut rng);
            assert_eq!(refused.expect_err("no key").kind(), ErrorKind::InvalidData);
            assert_eq!(fs::read(&file).expect("there"), bytes);
        }
    }
}
