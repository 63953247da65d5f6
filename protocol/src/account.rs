//! The account: making one, what it keeps sealed on the server, changing its password, recovering it.
//!
//! Everything sealed here is opaque to the server; what it means is `docs/crypto-format.md`'s matter.

use serde::{Deserialize, Serialize};

use crate::session::SessionBody;
use crate::{AccountId, AccountName, Bytes, SlotId, TimeMs, VolumeId};

/// Which small sealed thing of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
#[derive(PartialOrd, Ord)]
pub enum ObjectKind {
    /// The private half of the signing key.
    Identity,
    /// The private half of the key to which others seal.
    Sealing,
    /// The drive's root: its volume, node and key.
    Root,
    /// What this account's devices remember together: pins, highest heads.
    State,
    /// Where its mail begins: the key of marks, folders, labels.
    Mail,
}

impl ObjectKind {
    /// Every account has each of these exactly once.
    pub const ALL: [Self; 5] = [Self::Identity, Self::Sealing, Self::Root, Self::State, Self::Mail];
}

/// One small sealed thing of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Object {
    /// Which one.
    pub kind: ObjectKind,
    /// Counts up by one with each change. For the state it is also the counter that the seal binds.
    pub version: u64,
    /// The sealed bytes.
    pub sealed: Bytes,
}

/// `PUT /account/objects`: a change of one object, made only if it still has the version before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutObject {
    /// Which one.
    pub kind: ObjectKind,
    /// The version that it shall have; it is refused with `conflict` unless the present one is one less.
    pub version: u64,
    /// The sealed bytes.
    pub sealed: Bytes,
}

/// What opens a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
#[derive(PartialOrd, Ord)]
pub enum SlotKind {
    /// A key that the login with the password yields.
    Password,
    /// The recovery words.
    Recovery,
}

/// One sealed copy of the account key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Slot {
    /// What opens it.
    pub kind: SlotKind,
    /// Its id, bound by the seal.
    pub id: SlotId,
    /// The generation of the account key in it, bound by the seal.
    pub generation: u32,
    /// The sealed bytes.
    pub sealed: Bytes,
}

/// `POST /signup/start`: the first message of an OPAQUE registration (RFC 9807).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignUpStart {
    /// The name that is wished for.
    pub name: AccountName,
    /// The id that the client has chosen for the account.
    pub account: AccountId,
    /// The registration request.
    pub request: Bytes,
}

/// The server's half of an OPAQUE registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationAnswer {
    /// The registration response.
    pub response: Bytes,
}

/// `POST /signup`: makes the account, whole or not at all. Answered with a [`SessionBody`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// The name.
    pub name: AccountName,
    /// The id, the same as at the start.
    pub account: AccountId,
    /// The OPAQUE registration record.
    pub record: Bytes,
    /// The invitation, where the server asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<String>,
    /// Exactly one slot for the password and one for recovery.
    pub slots: Vec<Slot>,
    /// The public half of the recovery key, against which recovery is proven: 32 bytes.
    pub recovery_key: Bytes,
    /// All objects, each with version 1.
    pub objects: Vec<Object>,
    /// The first statement of the account's directory log.
    pub statement: Bytes,
    /// The drive: an empty volume.
    pub volume: VolumeId,
    /// Its head, with counter 0.
    pub head: Bytes,
    /// What to call this device in the list of sessions ("Firefox on Linux").
    pub device: String,
}

/// What the server keeps for an account: `GET /account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountBody {
    /// The id.
    pub account: AccountId,
    /// The name.
    pub name: AccountName,
    /// When it was made.
    pub created: TimeMs,
    /// Bytes used by its contents.
    pub used_bytes: u64,
    /// Bytes that it may use.
    pub quota_bytes: u64,
    /// The sealed copies of the account key that this session may see: after a login by password the password's,
    /// after a recovery the recovery's.
    pub slots: Vec<Slot>,
    /// The small sealed things.
    pub objects: Vec<Object>,
    /// The directory log, oldest statement first.
    pub directory: Vec<Bytes>,
    /// The latest entry of the change feed.
    pub latest_change: u64,
    /// Whether it administers domains and addresses.
    #[serde(default)]
    pub administrator: bool,
}

/// `POST /account/password/start`: begins a registration of a new password, with a fresh or a recovery session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordStart {
    /// The registration request.
    pub request: Bytes,
}

/// `PUT /account/password`: a new password for the same account key. Ends all other sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The OPAQUE registration record.
    pub record: Bytes,
    /// The slot that replaces the password's.
    pub slot: Slot,
    /// What to call this device: after a recovery the session that changes the password is replaced by a full one.
    pub device: String,
}

/// `POST /account/rotation`: a new account key after a leak, with everything that the old one wrapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// The OPAQUE registration record of the new password.
    pub record: Bytes,
    /// Exactly one slot for the password and one for recovery, of the next generation.
    pub slots: Vec<Slot>,
    /// The public half of the new recovery key.
    pub recovery_key: Bytes,
    /// All objects, each with its next version.
    pub objects: Vec<PutObject>,
    /// Every link of the account with its archive sealed anew.
    pub archives: Vec<crate::link::Archive>,
    /// What to call this device.
    pub device: String,
}

/// The answer to a change of password or of the account key: the session to go on with. All others have ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordChanged {
    /// The new session.
    pub session: SessionBody,
}

/// `POST /recovery/start`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryStart {
    /// Whose account.
    pub name: AccountName,
}

/// What has to be signed to recover an account. A name that nobody has is answered alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryChallenge {
    /// The account's id.
    pub account: AccountId,
    /// What to sign: 32 bytes.
    pub challenge: Bytes,
    /// To be sent back as it is: the server's own state, sealed to itself. Valid for ten minutes.
    pub attempt: Bytes,
}

/// `POST /recovery/finish`: answered with a session that may only read the account and set a new password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RecoveryFinish {
    /// The server's state, as it came.
    pub attempt: Bytes,
    /// The Ed25519 signature over the challenge, made with the key from the recovery words.
    pub signature: Bytes,
    /// What to call this device.
    pub device: String,
}
