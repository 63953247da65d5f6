//! Accounts, trees and links for sentences to speak about.

use postern_domain::store::{
    Added, BatchOutcome, Begun, BlobKey, Created, Digest, LinkMade, MailEntry, NewAccount, NewBatch,
    NewContent, NewCopy, NewLease, NewLink, NewMail, NewSession, NewUpload, UploadHandle,
};
use postern_protocol::account::{Object, ObjectKind, Slot, SlotKind};
use postern_protocol::changes::ChangeKind;
use postern_protocol::mail::{Before, MailCursor, Message};
use postern_protocol::session::Scope;
use postern_protocol::volume::{Cursor, NodeKind, Record, VolumeChange};
use postern_protocol::{
    AccountId, AccountName, Bytes, ContentId, LinkId, MessageId, NodeId, TimeMs, VolumeId, bytes,
};

use super::AnyRecords;

/// The moment at which all of this happens.
pub const NOW: TimeMs = TimeMs(1_000_000);
/// A moment that does not come.
pub const NEVER: TimeMs = TimeMs(i64::MAX / 2);
/// What an account may use.
pub const QUOTA_BYTES: u64 = 1_000_000_000;

/// A random id.
#[must_use]
pub fn id<T: From<[u8; 16]>>() -> T {
    rand::random::<[u8; 16]>().into()
}

/// A random hash.
#[must_use]
pub fn digest() -> Digest {
    rand::random()
}

/// Some bytes that stand for something sealed.
#[must_use]
pub fn sealed(text: &str) -> Bytes {
    text.as_bytes().into()
}

/// A name that nobody has.
#[must_use]
pub fn name() -> AccountName {
    let random: String = bytes::encode(&digest())
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(20)
        .collect();
    AccountName::parse(&random).expect("letters and digits")
}

/// An account that is there, with its drive.
#[derive(Clone)]
pub struct Owner {
    /// Where.
    pub records: AnyRecords,
    /// As it was made.
    pub new: NewAccount,
    /// The root of its drive.
    pub root: NodeId,
}

/// A session that is about to begin.
#[must_use]
pub fn session(account: AccountId) -> NewSession {
    NewSession {
        id: id(),
        account,
        token_hash: digest(),
        scope: Scope::Full,
        device: "A device".to_owned(),
        created: NOW,
        expires: NEVER,
        fresh_until: NOW.plus_ms(600),
    }
}

/// A slot of the first generation.
#[must_use]
pub fn slot(kind: SlotKind, generation: u32) -> Slot {
    Slot {
        kind,
        id: id(),
        generation,
        sealed: sealed("slot"),
    }
}

/// An account that is about to be made.
#[must_use]
pub fn new_account() -> NewAccount {
    let account = id();
    let object = |kind| Object {
        kind,
        version: 1,
        sealed: sealed("object"),
    };
    NewAccount {
        id: account,
        name: name(),
        created: NOW,
        quota_bytes: QUOTA_BYTES,
        generation: 1,
        record: sealed("record"),
        recovery_key: digest(),
        slots: vec![slot(SlotKind::Password, 1), slot(SlotKind::Recovery, 1)],
        objects: ObjectKind::ALL.map(object).to_vec(),
        statement: sealed("statement"),
        volume: id(),
        head: sealed("head 0"),
        invite: None,
        session: session(account),
    }
}

impl Owner {
    /// Makes an account.
    pub async fn sign_up(records: &AnyRecords) -> Self {
        let new = new_account();
        let created = records.create_account(&new).await.expect("the store works");
        assert_eq!(created, Created::Done);
        Self {
            records: records.clone(),
            new,
            root: id(),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> AccountId {
        self.new.id
    }

    /// Its drive.
    #[must_use]
    pub fn volume(&self) -> VolumeId {
        self.new.volume
    }

    /// The key of one of its contents.
    #[must_use]
    pub fn key(&self, content: ContentId) -> BlobKey {
        BlobKey {
            account: self.id(),
            content,
        }
    }

    /// A content that is there.
    pub async fn content(&self, size_bytes: u64) -> ContentId {
        let content = id();
        let new = NewContent {
            key: self.key(content),
            size_bytes,
            now: NOW,
        };
        let added = self.records.add_content(&new).await.expect("the store works");
        assert!(matches!(added, Added::Done(_)), "{added:?}");
        content
    }

    /// A content of which nothing has come yet.
    pub async fn begin_upload(&self, now: TimeMs) -> BlobKey {
        let key = self.key(id());
        let handle = UploadHandle::default();
        let new = NewUpload { key, handle, now };
        let begun = self.records.begin_upload(&new).await.expect("the store works");
        assert_eq!(begun, Begun::New);
        key
    }

    /// A folder that is about to be put.
    #[must_use]
    pub fn folder(&self, parent: NodeId) -> Record {
        Record {
            node: id(),
            parent,
            kind: NodeKind::Folder,
            generation: 1,
            seq: 1,
            content: None,
            sealed: sealed("a folder"),
        }
    }

    /// A file that is about to be put.
    #[must_use]
    pub fn file(&self, parent: NodeId, content: ContentId) -> Record {
        Record {
            kind: NodeKind::File,
            content: Some(content),
            sealed: sealed("a file"),
            ..self.folder(parent)
        }
    }

    /// A change of its drive that follows `expected`.
    #[must_use]
    pub fn batch(&self, expected: u64, puts: Vec<Record>, deletes: Vec<NodeId>) -> NewBatch {
        NewBatch {
            account: self.id(),
            volume: self.volume(),
            expected,
            puts,
            deletes,
            rewraps: Vec::new(),
            head: Bytes::from(digest()),
            state: None,
            now: NOW,
        }
    }

    /// Applies a batch, whatever becomes of it.
    pub async fn apply(&self, batch: &NewBatch) -> BatchOutcome {
        self.records.apply_batch(batch).await.expect("the store works")
    }

    /// Puts and deletes, which must work.
    pub async fn change(&self, puts: Vec<Record>, deletes: Vec<NodeId>) {
        let expected = self.counter().await;
        let outcome = self.apply(&self.batch(expected, puts, deletes)).await;
        assert_eq!(outcome, BatchOutcome::Applied);
    }

    /// A file that is there, with its content.
    pub async fn put_file(&self, parent: NodeId) -> Record {
        let record = self.file(parent, self.content(100).await);
        self.change(vec![record.clone()], Vec::new()).await;
        record
    }

    /// A folder that is there.
    pub async fn put_folder(&self, parent: NodeId) -> Record {
        let record = self.folder(parent);
        self.change(vec![record.clone()], Vec::new()).await;
        record
    }

    /// The counter of its drive.
    pub async fn counter(&self) -> u64 {
        let volume = self.records.volume(self.volume()).await.expect("the store works");
        volume.expect("the drive is there").counter
    }

    /// How many bytes it uses.
    pub async fn used_bytes(&self) -> u64 {
        let account = self.records.account(self.id()).await.expect("the store works");
        account.expect("the account is there").used_bytes
    }

    /// All of its feed.
    pub async fn feed(&self) -> Vec<ChangeKind> {
        let changes = self
            .records
            .changes(self.id(), 0, 10_000)
            .await
            .expect("the store works");
        assert!(
            (1..).zip(&changes).all(|(seq, change)| change.seq == seq),
            "a gap: {changes:?}"
        );
        changes.into_iter().map(|change| change.kind).collect()
    }

    /// Everything in its drive, read in pages of `limit`.
    pub async fn drive(&self, after: Option<Cursor>, limit: u32) -> Vec<VolumeChange> {
        let (mut all, mut after) = (Vec::new(), after);
        loop {
            let page = self
                .records
                .volume_page(self.volume(), after, limit)
                .await
                .expect("the store works");
            let page = page.expect("the drive is there");
            assert!(page.changes.len() <= limit as usize);
            all.extend(page.changes);
            after = Some(page.next);
            if page.head.is_some() {
                return all;
            }
        }
    }

    /// The records in its drive, by node.
    pub async fn nodes(&self) -> Vec<Record> {
        let put = |change| match change {
            VolumeChange::Put { record, .. } => Some(record),
            VolumeChange::Delete { .. } => None,
        };
        let mut records: Vec<_> = self
            .drive(None, 1_000)
            .await
            .into_iter()
            .filter_map(put)
            .collect();
        records.sort_by_key(|record| record.node);
        records
    }

    /// The messages of its mailbox, newest first, read in pages of `limit`.
    pub async fn mailbox(&self, limit: u32) -> Vec<Message> {
        let (mut all, mut before) = (Vec::new(), None);
        loop {
            let page = self.records.newest_messages(self.id(), before, limit).await;
            let page = page.expect("the store works").expect("the account is there");
            assert!(page.messages.len() <= limit as usize);
            before = page.messages.last().map(|last| Before {
                received: last.received,
                message: last.message,
            });
            all.extend(page.messages);
            if !page.more {
                return all;
            }
        }
    }

    /// What changed in its mailbox after `after`, read in pages of `limit`.
    pub async fn mail_changes(&self, after: u64, limit: u32) -> Vec<MailEntry> {
        let mut cursor = MailCursor {
            change: after,
            message: None,
        };
        let mut all = Vec::new();
        loop {
            let page = self.records.mail_changes(self.id(), cursor, limit).await;
            let page = page.expect("the store works");
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else {
                return all;
            };
            cursor = MailCursor {
                change: last.changed,
                message: Some(last.message),
            };
            all.extend(page);
        }
    }

    /// A link that is about to be made.
    #[must_use]
    pub fn new_link(&self, node: NodeId, max_downloads: Option<u32>) -> NewLink {
        NewLink {
            id: id(),
            account: self.id(),
            volume: self.volume(),
            node,
            proof_hash: digest(),
            wrap: sealed("wrap"),
            archive: sealed("archive"),
            created: NOW,
            expires: None,
            max_downloads,
        }
    }

    /// A link that is there.
    pub async fn link(&self, node: NodeId, max_downloads: Option<u32>) -> LinkId {
        let link = self.new_link(node, max_downloads);
        let made = self
            .records
            .create_link(&link, 1_000)
            .await
            .expect("the store works");
        assert_eq!(made, LinkMade::Done);
        link.id
    }
}

/// A message from outside that is about to be delivered to these accounts.
#[must_use]
pub fn new_mail(received: TimeMs, to: &[&Owner]) -> NewMail {
    let message: MessageId = id();
    let copy = |owner: &&Owner| NewCopy {
        account: owner.id(),
        sealed_to: digest(),
        envelope: sealed("envelope"),
    };
    NewMail {
        message,
        body: ContentId(message.0),
        size_bytes: 100,
        received,
        summary: sealed("summary"),
        copies: to.iter().map(copy).collect(),
        now: NOW,
    }
}

/// A lease that is about to be taken.
#[must_use]
pub fn new_lease(link: LinkId) -> NewLease {
    NewLease {
        id: id(),
        link,
        token_hash: digest(),
        now: NOW,
        expires: NOW.plus_ms(1_000),
    }
}
