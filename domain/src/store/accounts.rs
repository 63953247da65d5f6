//! Accounts: who they are, what they keep sealed, what happened to them.

use async_trait::async_trait;
use postern_protocol::account::{Object, ObjectKind, PutObject, Slot};
use postern_protocol::changes::Change;
use postern_protocol::link::Archive;
use postern_protocol::{AccountId, AccountName, Bytes, SessionId, TimeMs, VolumeId};

use super::{Digest, NewSession, Result};

/// An account, as it is made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// When it is made.
    pub created: TimeMs,
    /// How many bytes its contents may have.
    pub quota_bytes: u64,
    /// The generation of its account key.
    pub generation: u32,
    /// The OPAQUE registration record.
    pub record: Bytes,
    /// The Ed25519 public key against which recovery is proven.
    pub recovery_key: Digest,
    /// The sealed copies of the account key.
    pub slots: Vec<Slot>,
    /// The sealed objects.
    pub objects: Vec<Object>,
    /// The first statement of the directory log.
    pub statement: Bytes,
    /// Its drive.
    pub volume: VolumeId,
    /// The drive's head, with counter 0.
    pub head: Bytes,
    /// The hash of the invitation that is used up by this, where one is needed.
    pub invite: Option<Digest>,
    /// The session to begin with.
    pub session: NewSession,
}

/// What has become of a new account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It is there.
    Done,
    /// The name belongs to another account (or to this one, if the request is a repeated one).
    NameTaken,
    /// The id of the account or of the volume belongs to another.
    IdTaken,
    /// There is no such invitation, or it is used or expired.
    InviteRefused,
}

/// An invitation, good for one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewInvite {
    /// The hash of its code.
    pub code_hash: Digest,
    /// When it was made.
    pub created: TimeMs,
    /// When it ends.
    pub expires: TimeMs,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// When it was made.
    pub created: TimeMs,
    /// The generation of its account key.
    pub generation: u32,
    /// The OPAQUE registration record.
    pub record: Bytes,
    /// The Ed25519 public key against which recovery is proven.
    pub recovery_key: Digest,
    /// How many bytes its contents have, those under way included.
    pub used_bytes: u64,
    /// How many they may have.
    pub quota_bytes: u64,
    /// The number of the latest entry of its change feed; 0 before the first.
    pub latest_change: u64,
}

/// An account with all that its own devices may load, read in one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountSnapshot {
    /// The account.
    pub account: AccountRow,
    /// Its slots, by kind.
    pub slots: Vec<Slot>,
    /// Its objects, by kind.
    pub objects: Vec<Object>,
    /// Its directory log, oldest statement first.
    pub directory: Vec<Bytes>,
}

/// A name's entry in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRow {
    /// The account that has the name.
    pub account: AccountId,
    /// Its statements, oldest first.
    pub statements: Vec<Bytes>,
}

/// A new password for the same account key.
#[derive(Debug, Clone)]
pub struct NewPassword {
    /// Whose.
    pub account: AccountId,
    /// The session that asks.
    pub by: SessionId,
    /// The OPAQUE registration record.
    pub record: Bytes,
    /// The slot that takes the place of the password's. Its generation must be the account's.
    pub slot: Slot,
    /// The session that goes on.
    pub session: NewSession,
    /// Now.
    pub now: TimeMs,
}

/// What has become of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordSet {
    /// It is in force.
    Done,
    /// The session that asked has ended meanwhile, or the account is gone.
    SessionEnded,
    /// The account key is of another generation by now, or the slot's id is taken.
    Conflict,
}

/// A new account key with all that it wraps.
#[derive(Debug, Clone)]
pub struct NewRotation {
    /// Whose.
    pub account: AccountId,
    /// The session that asks.
    pub by: SessionId,
    /// The generation of the new key. It must follow the account's.
    pub generation: u32,
    /// The OPAQUE registration record.
    pub record: Bytes,
    /// The slots that take the place of all others.
    pub slots: Vec<Slot>,
    /// The new public key against which recovery is proven.
    pub recovery_key: Digest,
    /// The objects, each with the version that it shall have.
    pub objects: Vec<PutObject>,
    /// The archive of every link that is not revoked, exactly once.
    pub archives: Vec<Archive>,
    /// The session that goes on.
    pub session: NewSession,
    /// Now.
    pub now: TimeMs,
}

/// What has become of a new account key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotated {
    /// It is in force.
    Done,
    /// The session that asked has ended meanwhile, or the account is gone.
    SessionEnded,
    /// Generation, objects or links have changed meanwhile: read them again.
    Conflict,
}

/// What has become of a changed object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectPut {
    /// It has the new version.
    Done,
    /// It has another version than the one before; 0 if there is no such object.
    Conflict {
        /// The present one.
        version: u64,
    },
}

/// Keeps accounts.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Makes an account with its slots, objects, directory log, drive and first session, and uses up the invitation,
    /// all or nothing. No feed entry: nobody listens yet. Of several that want the same name at the same moment, one
    /// gets it.
    async fn create_account(&self, account: &NewAccount) -> Result<Created>;

    /// The account of that id. It takes as long to say that there is none.
    async fn account(&self, account: AccountId) -> Result<Option<AccountRow>>;

    /// The account of that name. It takes as long to say that there is none.
    async fn account_by_name(&self, name: &AccountName) -> Result<Option<AccountRow>>;

    /// The account with all that belongs to it, read in one moment.
    async fn account_snapshot(&self, account: AccountId) -> Result<Option<AccountSnapshot>>;

    /// The directory's entry for a name.
    async fn directory(&self, name: &AccountName) -> Result<Option<DirectoryRow>>;

    /// Sets a new password: record and password slot change together, every session ends but the new one, which
    /// begins. Feed: account, sessions. Whatever happens, the old or the new password works.
    async fn change_password(&self, change: &NewPassword) -> Result<PasswordSet>;

    /// Puts a new account key in force: record, recovery key, all slots, objects and archives change together, every
    /// session ends but the new one, which begins. Feed: account, sessions.
    async fn rotate(&self, rotation: &NewRotation) -> Result<Rotated>;

    /// Keeps an invitation. Repeating it is harmless.
    async fn add_invite(&self, invite: &NewInvite) -> Result<()>;
}

/// Keeps the small sealed things of accounts.
#[async_trait]
pub trait ObjectStore: Send + Sync {
    /// One object.
    async fn object(&self, account: AccountId, kind: ObjectKind) -> Result<Option<Object>>;

    /// Replaces an object if its version is the one before that of `object`: of several at the same moment, one wins.
    /// Feed: account. The repeat of a change that was made is answered as a conflict with the version that it made.
    async fn put_object(&self, account: AccountId, object: &PutObject) -> Result<ObjectPut>;
}

/// Keeps what happened to accounts. Entries are made by the methods that change something, never alone.
#[async_trait]
pub trait FeedStore: Send + Sync {
    /// At most `limit` entries after number `since`, in order, without a gap: an entry is to be seen only when all
    /// before it are.
    async fn changes(&self, account: AccountId, since: u64, limit: u32) -> Result<Vec<Change>>;
}
