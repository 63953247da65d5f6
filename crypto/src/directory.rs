//! The directory: per account, a chain of signed statements that say which keys are its own.
//!
//! Everybody who has seen a log refuses a shorter or a different one. This suite knows no rotation: a log
//! in which a key changes is refused, because nothing in it could prove who changed it.

use crate::codec::{Reader, Writer};
use crate::hash::labelled;
use crate::identity::{IdentityKey, IdentityPublic, Signature};
use crate::labels::Label;
use crate::sealing::{PUBLIC_LEN, SealingPublic};
use crate::{Error, Hash, Id, Result, SUITE};

/// No log is longer, and no name.
const MAX_STATEMENTS: usize = 1024;
const MAX_NAME: usize = 64;

/// What an account says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The account.
    pub account: Id,
    /// Its name, as people type it.
    pub name: String,
    /// Place in the log, from 0.
    pub seq: u64,
    /// Hash of the statement before; zeros for the first.
    pub previous: Hash,
    /// The key that signs.
    pub identity: IdentityPublic,
    /// The key to seal to.
    pub sealing: SealingPublic,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
}

/// The end of a log: what a device pins and what a state keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryHead {
    /// Place of the last statement.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

/// A log that was verified from its first statement to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    statements: Vec<Statement>,
    hashes: Vec<Hash>,
}

impl Statement {
    /// The signed statement: the encoding, then the signature.
    #[must_use]
    pub fn sign(&self, key: &IdentityKey) -> Vec<u8> {
        let mut signed = self.encode();
        let signature = key.sign(Label::SignDirectory, &signed);
        signed.extend_from_slice(&signature);
        signed
    }

    /// Takes a signed statement apart and checks that the key in it made the signature.
    pub fn verify(signed: &[u8]) -> Result<Self> {
        let (encoding, signature) = signed.split_last_chunk::<64>().ok_or(Error::CannotOpen)?;
        let statement = Self::decode(encoding)?;
        statement.check(encoding, signature)?;
        Ok(statement)
    }

    fn check(&self, encoding: &[u8], signature: &Signature) -> Result<()> {
        self.identity.verify(Label::SignDirectory, encoding, signature)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        Writer::with_capacity(PUBLIC_LEN + 256)
            .u8(SUITE)
            .raw(&self.account)
            .lp(self.name.as_bytes())
            .u64(self.seq)
            .raw(&self.previous)
            .raw(self.identity.as_bytes())
            .raw(self.sealing.as_bytes())
            .i64(self.time_ms)
            .finish()
            .to_vec()
    }

    pub(crate) fn decode(encoding: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(encoding);
        if reader.u8()? != SUITE {
            return Err(Error::CannotOpen);
        }
        let statement = Self {
            account: reader.array()?,
            name: reader.text(MAX_NAME)?,
            seq: reader.u64()?,
            previous: reader.array()?,
            identity: IdentityPublic::from_bytes(reader.array()?)?,
            sealing: SealingPublic::from_bytes(reader.raw(PUBLIC_LEN)?)?,
            time_ms: reader.i64()?,
        };
        reader.finish()?;
        Ok(statement)
    }
}

impl Log {
    /// Verifies a whole log.
    pub fn verify<B: AsRef<[u8]>>(signed: &[B]) -> Result<Self> {
        if signed.is_empty() || signed.len() > MAX_STATEMENTS {
            return Err(Error::CannotOpen);
        }
        let mut log = Self {
            statements: Vec::new(),
            hashes: Vec::new(),
        };
        for bytes in signed {
            log.append(bytes.as_ref())?;
        }
        Ok(log)
    }

    /// Adds one more statement, if it follows.
    pub fn append(&mut self, signed: &[u8]) -> Result<()> {
        let statement = Statement::verify(signed)?;
        if !self.is_next(&statement) {
            return Err(Error::CannotOpen);
        }
        self.statements.push(statement);
        self.hashes.push(statement_hash(signed));
        Ok(())
    }

    /// What the account says now.
    #[must_use]
    pub fn current(&self) -> &Statement {
        self.statements.last().expect("a log is never empty")
    }

    /// The end of the log.
    #[must_use]
    pub fn head(&self) -> DirectoryHead {
        DirectoryHead {
            seq: self.current().seq,
            hash: *self.hashes.last().expect("a log is never empty"),
        }
    }

    /// Whether this log goes through `earlier`: it was not shortened and not rewritten.
    pub fn check_extends(&self, earlier: &DirectoryHead) -> Result<()> {
        let index = usize::try_from(earlier.seq).map_err(|_| Error::CannotOpen)?;
        match self.hashes.get(index) {
            Some(hash) if *hash == earlier.hash => Ok(()),
            _ => Err(Error::CannotOpen),
        }
    }

    fn is_next(&self, statement: &Statement) -> bool {
        match self.statements.last() {
            None => statement.seq == 0 && statement.previous == [0; 32],
            Some(last) => {
                last.seq.checked_add(1) == Some(statement.seq)
                    && statement.previous == self.head().hash
                    && statement.account == last.account
                    && statement.name == last.name
                    && statement.identity == last.identity
                    && statement.sealing == last.sealing
            }
        }
    }
}

/// The hash by which the next statement names this one.
#[must_use]
pub fn statement_hash(signed: &[u8]) -> Hash {
    labelled(Label::HashStatement, signed)
}
