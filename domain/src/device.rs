//! What a device sends, for tests: well-formed requests with real signatures, and nothing sealed worth opening.
//!
//! A device of this kind keeps what it signed last, so that its next head follows. What it seals has the shape of a
//! sealed thing only: the rules cannot look into it, so neither can tests of them.

use postern_crypto::directory::Statement;
use postern_crypto::head::{Head, Member};
use postern_crypto::identity::IdentityKey;
use postern_crypto::link::LinkAuth;
use postern_crypto::lthash::SetHash;
use postern_crypto::opaque::ClientRegistration;
use postern_crypto::password::Password;
use postern_crypto::recovery::RecoveryKey;
use postern_crypto::sealing::SealingKey;
use postern_protocol::account::{Object, ObjectKind, SignUp, SignUpStart, Slot, SlotKind};
use postern_protocol::link::LinkCreate;
use postern_protocol::volume::{Batch, NodeKind, Record};
use postern_protocol::{AccountId, AccountName, Bytes, ContentId, LinkId, NodeId, SlotId, VolumeId};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// The password of every device here.
pub const PASSWORD: &str = "correct horse battery staple";

/// ristretto255's generator (RFC 9496, 4): a public key to which nobody has the private one.
const GENERATOR: [u8; 32] = [
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58,
    0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
];

/// An account's device.
pub struct Device {
    /// Its randomness, different for each name.
    pub rng: ChaCha20Rng,
    /// The account's name.
    pub name: AccountName,
    /// Its id.
    pub account: AccountId,
    /// Its drive.
    pub volume: VolumeId,
    /// The drive's root folder.
    pub root: NodeId,
    /// The recovery words' key.
    pub recovery: RecoveryKey,
    identity: IdentityKey,
    sealing: SealingKey,
    head: Head,
    signed: Vec<u8>,
}

/// A link as its maker knows it.
pub struct MadeLink {
    /// For the server.
    pub create: LinkCreate,
    /// What its holder shows.
    pub proof: Bytes,
}

impl Device {
    /// A device for an account that is not there yet.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut rng = ChaCha20Rng::from_seed(postern_crypto::hash::hash(name.as_bytes()));
        let identity = IdentityKey::generate(&mut rng);
        let (account, volume) = (AccountId(id(&mut rng)), VolumeId(id(&mut rng)));
        let owner = Member {
            account: account.0,
            identity: identity.public(),
        };
        let head = Head::first(volume.0, &owner);
        Self {
            name: AccountName::parse(name).expect("tests use well-formed names"),
            account,
            volume,
            root: NodeId(id(&mut rng)),
            recovery: RecoveryKey::generate(&mut rng),
            sealing: SealingKey::generate(&mut rng),
            signed: head.sign(&identity),
            head,
            identity,
            rng,
        }
    }

    /// What opens letters and mail to this account.
    #[must_use]
    pub fn sealing(&self) -> &SealingKey {
        &self.sealing
    }

    /// 16 random bytes, as whatever id is needed.
    pub fn id<T: From<[u8; 16]>>(&mut self) -> T {
        T::from(id(&mut self.rng))
    }

    /// The first message of a sign-up with [`PASSWORD`], and what finishes it.
    pub fn start_sign_up(&mut self) -> (ClientRegistration, SignUpStart) {
        let (state, request) = ClientRegistration::start(&Password::new(PASSWORD), &mut self.rng);
        let start = SignUpStart {
            name: self.name.clone(),
            account: self.account,
            request: request.into(),
        };
        (state, start)
    }

    /// A sign-up that nobody will log in to. A real registration takes Argon2id's time; where a test is about something
    /// else, its last message only looks like one.
    #[must_use]
    pub fn sign_up(&mut self) -> SignUp {
        self.sign_up_with(Bytes([&GENERATOR[..], &[7; 160]].concat()))
    }

    /// A sign-up with the last message of a registration.
    #[must_use]
    pub fn sign_up_with(&mut self, record: Bytes) -> SignUp {
        SignUp {
            name: self.name.clone(),
            account: self.account,
            record,
            invite: None,
            slots: vec![self.slot(SlotKind::Password, 1), self.slot(SlotKind::Recovery, 1)],
            recovery_key: self.recovery.auth(&self.account.0).public().into(),
            objects: ObjectKind::ALL
                .map(|kind| Object {
                    kind,
                    version: 1,
                    sealed: sealed(),
                })
                .to_vec(),
            statement: self.statement().sign(&self.identity).into(),
            volume: self.volume,
            head: self.signed.clone().into(),
            device: "Firefox on Linux".to_owned(),
        }
    }

    /// A sealed copy of an account key.
    pub fn slot(&mut self, kind: SlotKind, generation: u32) -> Slot {
        Slot {
            kind,
            id: SlotId(id(&mut self.rng)),
            generation,
            sealed: sealed(),
        }
    }

    /// A new file below `parent`.
    pub fn file(&mut self, parent: NodeId, content: ContentId) -> Record {
        self.record(parent, NodeKind::File, Some(content))
    }

    /// A new folder below `parent`.
    pub fn folder(&mut self, parent: NodeId) -> Record {
        self.record(parent, NodeKind::Folder, None)
    }

    /// A change that follows the last one, as if that had been applied. It is what the next one follows.
    pub fn batch(&mut self, puts: Vec<Record>, deletes: Vec<NodeId>) -> Batch {
        let expected = self.head.counter;
        self.head = self.head.next(&self.signed, &SetHash::empty());
        self.signed = self.head.sign(&self.identity);
        Batch {
            expected,
            puts,
            deletes,
            rewraps: Vec::new(),
            head: self.signed.clone().into(),
            state: None,
        }
    }

    /// A link to a node of the drive, without an end.
    pub fn link(&mut self, node: NodeId) -> MadeLink {
        let auth = LinkAuth::generate(&mut self.rng);
        let create = LinkCreate {
            id: LinkId(id(&mut self.rng)),
            volume: self.volume,
            node,
            proof_hash: auth.hash().into(),
            wrap: sealed(),
            archive: sealed(),
            expires: None,
            max_downloads: None,
        };
        MadeLink {
            create,
            proof: Bytes::from(*auth.expose()),
        }
    }

    fn record(&mut self, parent: NodeId, kind: NodeKind, content: Option<ContentId>) -> Record {
        let node = NodeId(id(&mut self.rng));
        Record {
            node,
            parent,
            kind,
            generation: 1,
            seq: 1,
            content,
            sealed: sealed(),
        }
    }

    fn statement(&self) -> Statement {
        Statement {
            account: self.account.0,
            name: self.name.to_string(),
            seq: 0,
            previous: [0; 32],
            identity: self.identity.public(),
            sealing: self.sealing.public().clone(),
            time_ms: 0,
        }
    }
}

/// Something of the shape of a sealed thing.
#[must_use]
pub fn sealed() -> Bytes {
    Bytes(vec![1; 200])
}

fn id(rng: &mut ChaCha20Rng) -> [u8; 16] {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    bytes
}
