//! What holds when the process dies between any two steps.
//!
//! [`Story::tell`] does everything that writes, one act after the other, and may be told again from the beginning:
//! every act is harmless when it was done before. A test lets a child process tell it and die at step 0, 1, 2, …;
//! then [`Story::check`] looks at what is left, [`Story::tell`] goes on, and [`Story::check_end`] sees that nothing
//! was lost or doubled.

use postern_domain::store::{
    Added, BatchOutcome, Begun, BlobKey, Completed, Created, Delivered, IndexPut, LinkMade, MailEntryKind,
    NewAccount, NewContent, NewLease, NewMail, NewUpload, Noted, PartRow, Put,
};
use postern_protocol::mail::{Mark, PutMailIndex, PutMark};
use postern_protocol::volume::Record;
use postern_protocol::{AccountName, Bytes, ContentId, LinkId, MessageId, TimeMs};

use super::AnyRecords;
use super::blobs::{AnyBlobs, body, listed, noise, read};
use super::world::{NOW, Owner, new_account, new_lease, new_mail, sealed};
pub use crate::steps::counted::die_at;

/// The acts, in order.
pub const ACTS: [&str; 16] = [
    "sign up",
    "put a content",
    "put a bundle",
    "begin an upload",
    "send a part",
    "complete the upload",
    "put records",
    "make a link",
    "deliver a download",
    "delete a record",
    "deliver mail",
    "mark mail",
    "delete mail",
    "index mail",
    "index mail anew",
    "sweep",
];

const SMALL: u64 = 5_000;
const LARGE: u64 = 300_000;
const TOO_LARGE: usize = 310_000;

/// An account and all that happens to it, with the same ids each time.
pub struct Story {
    records: AnyRecords,
    blobs: AnyBlobs,
    owner: Owner,
    small: BlobKey,
    bundle: [BlobKey; 2],
    large: BlobKey,
    files: [Record; 2],
    link: LinkId,
    lease: NewLease,
    mail: [NewMail; 2],
    index: [BlobKey; 2],
}

impl Story {
    /// Story `number` over these stores: each number has ids of its own.
    #[must_use]
    pub fn new(records: AnyRecords, blobs: AnyBlobs, number: u32) -> Self {
        let id = |tag| fixed(number, tag);
        let root = id(3).into();
        let owner = Owner {
            records: records.clone(),
            new: fixed_account(number),
            root,
        };
        let key = |tag| owner.key(id(tag).into());
        let (small, bundle, large) = (key(4), [12, 13].map(key), key(5));
        let file = |tag: u8, key: BlobKey| Record {
            node: id(tag).into(),
            ..owner.file(root, key.content)
        };
        let link = id(8).into();
        let lease = NewLease {
            id: id(9).into(),
            token_hash: [id(10), id(11)].concat().try_into().expect("32 bytes"),
            ..new_lease(link)
        };
        let mail = [14, 15].map(|tag| {
            let message: MessageId = id(tag).into();
            NewMail {
                message,
                body: ContentId(message.0),
                size_bytes: SMALL,
                ..new_mail(NOW, &[&owner])
            }
        });
        Self {
            mail,
            index: [16, 17].map(key),
            files: [file(6, small), file(7, large)],
            records,
            blobs,
            owner,
            bundle,
            small,
            large,
            link,
            lease,
        }
    }

    /// Does all acts, and says so after each.
    pub async fn tell(&self, mut done: impl FnMut(&'static str)) {
        for act in ACTS {
            self.act(act).await;
            done(act);
        }
    }

    async fn act(&self, act: &str) {
        match act {
            "sign up" => self.sign_up().await,
            "put a content" => self.put_content(self.small).await,
            "put a bundle" => self.put_bundle().await,
            "begin an upload" => self.begin_upload().await,
            "send a part" => self.send_part().await,
            "complete the upload" => self.complete_upload().await,
            "put records" => self.put_records().await,
            "make a link" => self.make_link().await,
            "deliver a download" => self.deliver().await,
            "delete a record" => self.delete_record().await,
            "deliver mail" => self.deliver_mail().await,
            "mark mail" => self.mark_mail().await,
            "delete mail" => self.delete_mail().await,
            "index mail" => self.index_mail(1, self.index[0]).await,
            "index mail anew" => self.index_mail(2, self.index[1]).await,
            "sweep" => self.sweep().await,
            other => panic!("no such act: {other}"),
        }
    }

    async fn sign_up(&self) {
        let created = self.records.create_account(&self.owner.new).await.expect("works");
        assert!(matches!(created, Created::Done | Created::NameTaken));
    }

    async fn put_content(&self, key: BlobKey) {
        let put = self.blobs.put(key, body(&small_bytes())).await.expect("works");
        assert!(matches!(
            put,
            Put::Stored | Put::AlreadyThere { size_bytes: SMALL }
        ));
        let new = NewContent {
            key,
            size_bytes: SMALL,
            now: NOW,
        };
        let added = self.records.add_content(&new).await.expect("works");
        assert!(matches!(added, Added::Done(_) | Added::Already(_)), "{added:?}");
    }

    async fn put_bundle(&self) {
        let blobs = self.bundle.map(|key| (key, small_bytes()));
        for put in self.blobs.put_all(blobs.into()).await.expect("works") {
            assert!(matches!(
                put,
                Put::Stored | Put::AlreadyThere { size_bytes: SMALL }
            ));
        }
        let new = self.bundle.map(|key| NewContent {
            key,
            size_bytes: SMALL,
            now: NOW,
        });
        for added in self.records.add_contents(&new).await.expect("works") {
            assert!(matches!(added, Added::Done(_) | Added::Already(_)), "{added:?}");
        }
    }

    /// As a client does it: what has begun goes on, and a part that is noted is not sent again.
    async fn begin_upload(&self) {
        let is_under_way = self.records.upload(self.large).await.expect("works").is_some();
        if is_under_way || self.is_past_upload().await {
            return;
        }
        let handle = self.blobs.begin(self.large).await.expect("works");
        let new = NewUpload {
            key: self.large,
            handle,
            now: NOW,
        };
        let begun = self.records.begin_upload(&new).await.expect("works");
        assert!(matches!(begun, Begun::New | Begun::UnderWay(_)), "{begun:?}");
    }

    async fn send_part(&self) {
        let upload = self.records.upload(self.large).await.expect("works");
        let Some(upload) = upload.filter(|upload| upload.parts.is_empty()) else {
            return;
        };
        // Something longer that nobody noted may lie there already.
        for bytes in [noise(3, TOO_LARGE), large_bytes()] {
            let sent = self
                .blobs
                .put_part(self.large, &upload.handle, 0, body(&bytes))
                .await;
            assert_eq!(sent.expect("works"), Some(()), "the upload is under way");
        }
        let part = PartRow {
            part: 0,
            size_bytes: LARGE,
            checksum: [9; 32],
        };
        assert_eq!(
            self.records.note_part(self.large, &part).await.expect("works"),
            Noted::Done
        );
    }

    async fn complete_upload(&self) {
        let Some(upload) = self.records.upload(self.large).await.expect("works") else {
            return;
        };
        let completed = self
            .blobs
            .complete(self.large, &upload.handle, LARGE)
            .await
            .expect("works");
        assert_eq!(completed, Some(()), "all parts are there");
        let completed = self
            .records
            .complete_upload(self.large, LARGE, NOW)
            .await
            .expect("works");
        assert!(matches!(completed, Completed::Done(_)), "{completed:?}");
    }

    async fn put_records(&self) {
        let mut batch = self.owner.batch(0, self.files.to_vec(), Vec::new());
        batch.head = Bytes::from([1; 32]);
        let outcome = self.owner.apply(&batch).await;
        assert!(
            matches!(
                outcome,
                BatchOutcome::Applied | BatchOutcome::Conflict { counter: 2 }
            ),
            "{outcome:?}"
        );
    }

    async fn make_link(&self) {
        let mut link = self.owner.new_link(self.files[0].node, Some(1));
        (link.id, link.proof_hash) = (self.link, [28; 32]);
        assert_eq!(
            self.records.create_link(&link, 10).await.expect("works"),
            LinkMade::Done
        );
    }

    async fn deliver(&self) {
        let taken = self
            .records
            .lease_by_token(&self.lease.token_hash, NOW)
            .await
            .expect("works");
        if taken.is_none() {
            self.records.take_lease(&self.lease).await.expect("works");
        }
        self.records.note_delivered(self.lease.id).await.expect("works");
    }

    async fn delete_record(&self) {
        let mut batch = self.owner.batch(1, Vec::new(), vec![self.files[1].node]);
        batch.head = Bytes::from([2; 32]);
        assert_eq!(self.owner.apply(&batch).await, BatchOutcome::Applied);
    }

    /// As a gateway does it: the bodies first.
    async fn deliver_mail(&self) {
        let ids = self.mail.each_ref().map(|mail| mail.message);
        let known = self.records.known_messages(self.owner.id(), &ids).await;
        let known = known.expect("works");
        for mail in self.mail.iter().filter(|mail| !known.contains(&mail.message)) {
            let put = self.blobs.put(mail_body(mail), body(&small_bytes())).await;
            put.expect("works");
        }
        let delivered = self.records.deliver(&self.mail).await.expect("works");
        let is_there = |outcome: &Delivered| matches!(outcome, Delivered::Done | Delivered::Already);
        assert!(delivered.iter().flatten().all(is_there), "{delivered:?}");
    }

    async fn mark_mail(&self) {
        let put = PutMark {
            message: self.mail[0].message,
            mark: Mark {
                version: 1,
                sealed: sealed("read"),
                expires: None,
            },
        };
        let marked = self.records.mark_messages(self.owner.id(), &[put]).await;
        assert_eq!(marked.expect("works"), []);
    }

    async fn delete_mail(&self) {
        let gone = [self.mail[1].message];
        let deleted = self.records.delete_messages(self.owner.id(), &gone, NOW).await;
        deleted.expect("works");
    }

    /// As a device does it: what it is made of first, and nothing if it has come so far already.
    async fn index_mail(&self, version: u64, key: BlobKey) {
        if self.index_version().await >= version {
            return;
        }
        self.put_content(key).await;
        let put = PutMailIndex {
            version,
            manifest: sealed("manifest"),
            contents: vec![key.content],
        };
        let done = self.records.put_mail_index(self.owner.id(), &put, NOW).await;
        assert_eq!(done.expect("works"), IndexPut::Done);
    }

    async fn index_version(&self) -> u64 {
        let index = self.records.mail_index(self.owner.id()).await;
        index.expect("works").version
    }

    /// What has become of a message.
    async fn mail_kind(&self, mail: &NewMail) -> Option<MailEntryKind> {
        let entries = self.owner.mail_changes(1, 10).await;
        let entry = entries.into_iter().find(|entry| entry.message == mail.message);
        entry.map(|entry| entry.kind)
    }

    async fn condemn_lost_blobs(&self) {
        let listed = self.listed().await;
        self.records
            .condemn_unknown_blobs(&listed, NOW)
            .await
            .expect("works");
    }

    async fn listed(&self) -> Vec<BlobKey> {
        let all = listed(&self.blobs).await;
        all.into_iter()
            .filter(|key| {
                key.account == self.owner.id() || self.mail.iter().any(|mail| mail_body(mail) == *key)
            })
            .collect()
    }

    async fn sweep(&self) {
        for row in self.records.garbage(TimeMs(i64::MAX), 100).await.expect("works") {
            self.blobs
                .delete(row.key, row.upload.as_ref())
                .await
                .expect("works");
            self.records.note_swept(&[row.key], NOW).await.expect("works");
        }
    }

    async fn has_bundle(&self) -> bool {
        let ids = self.bundle.map(|key| key.content);
        let there = self.records.contents(self.owner.id(), &ids).await;
        there.expect("works").len() == ids.len()
    }

    async fn is_past_upload(&self) -> bool {
        self.owner.counter().await > 0 || self.records.content(self.large).await.expect("works").is_some()
    }

    /// What holds at every moment: what a row says is there, is there; what is there is whole; and what was done stays
    /// done.
    pub async fn check(&self, done: &[&str]) {
        let small = [self.small].into_iter().chain(self.bundle).chain(self.index);
        let small = small.chain(self.mail.iter().map(mail_body));
        let small = small.map(|key| (key, small_bytes()));
        for (key, bytes) in small.chain([(self.large, large_bytes())]) {
            let blob = read(&self.blobs, key).await;
            let has_row = self.records.content(key).await.expect("works").is_some();
            assert!(blob.is_some() || !has_row, "a row without its blob");
            assert!(blob.is_none_or(|blob| blob == bytes), "half a blob");
        }
        for act in done {
            assert!(self.is_done(act).await, "lost: {act}");
        }
    }

    async fn is_done(&self, act: &str) -> bool {
        let records = &self.records;
        let link = records.link(self.link, NOW).await.expect("works");
        let arriving = records.upload(self.large).await.expect("works");
        match act {
            "sign up" => records.account(self.owner.id()).await.expect("works").is_some(),
            "put a content" => records.content(self.small).await.expect("works").is_some(),
            "put a bundle" => self.has_bundle().await,
            "begin an upload" => arriving.is_some() || self.is_past_upload().await,
            "send a part" => arriving.is_none_or(|upload| upload.parts.len() == 1),
            "complete the upload" => self.is_past_upload().await,
            "put records" => self.owner.counter().await >= 1,
            "make a link" => link.is_some(),
            "deliver a download" => link.is_some_and(|link| link.downloads == 1),
            "delete a record" => self.owner.counter().await == 2,
            "deliver mail" => self.mail_kind(&self.mail[0]).await.is_some(),
            "mark mail" => {
                let kind = self.mail_kind(&self.mail[0]).await;
                matches!(kind, Some(MailEntryKind::Arrived(message)) if message.mark.is_some())
            }
            "delete mail" => self.mail_kind(&self.mail[1]).await == Some(MailEntryKind::Deleted),
            "index mail" => self.index_version().await >= 1,
            "index mail anew" => self.index_version().await == 2,
            "sweep" => read(&self.blobs, self.large).await.is_none(),
            other => panic!("no such act: {other}"),
        }
    }

    /// What holds after everything was swept that has no row, wherever the story stopped: what is left has one.
    pub async fn check_swept(&self) {
        self.condemn_lost_blobs().await;
        self.sweep().await;
        for key in self.listed().await {
            let there = self.records.content(key).await.expect("works").is_some();
            assert!(
                there || self.records.upload(key).await.expect("works").is_some(),
                "a blob without a row"
            );
        }
        self.check(&[]).await;
    }

    /// What holds after the story was told to its end, however often it was begun.
    pub async fn check_end(&self) {
        self.check(&ACTS).await;
        self.condemn_lost_blobs().await;
        self.sweep().await;
        let (mut listed, mut kept) = (
            self.listed().await,
            [
                vec![self.small, mail_body(&self.mail[0]), self.index[1]],
                self.bundle.to_vec(),
            ]
            .concat(),
        );
        listed.sort();
        kept.sort();
        assert_eq!(listed, kept, "a blob without a row, or a row without its blob");
        assert_eq!(self.owner.used_bytes().await, SMALL * kept.len() as u64);
        assert_eq!(self.owner.nodes().await, [self.files[0].clone()]);
        assert_eq!(self.owner.mailbox(10).await.len(), 1);
        assert_eq!(self.owner.feed().await.len(), 7, "an entry was lost or doubled");
    }
}

/// The id of something in story `number`.
fn fixed(number: u32, tag: u8) -> [u8; 16] {
    let mut id = [tag; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    id
}

fn fixed_account(number: u32) -> NewAccount {
    let mut account = new_account();
    account.id = fixed(number, 1).into();
    account.volume = fixed(number, 2).into();
    account.session.account = account.id;
    account.name = AccountName::parse(&format!("story-{number}")).expect("a name");
    account
}

fn mail_body(mail: &NewMail) -> BlobKey {
    BlobKey::of_mail(mail.message, mail.body)
}

fn small_bytes() -> bytes::Bytes {
    noise(1, usize::try_from(SMALL).expect("it fits into memory"))
}

fn large_bytes() -> bytes::Bytes {
    noise(2, usize::try_from(LARGE).expect("it fits into memory"))
}
