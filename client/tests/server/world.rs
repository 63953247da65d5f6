//! A server, and devices that talk to it.

use std::cell::RefCell;
use std::rc::Rc;

use async_trait::async_trait;
use bytes::Bytes;
use postern_client::device::MemoryDevice;
use postern_client::drive::{IfTaken, NewFile};
use postern_client::links::OpenedLink;
use postern_client::protocol::{NodeId, TimeMs};
use postern_client::transfer::{Checkpoint, LocalLanes, Sink, Source, Upload, upload, upload_bundle};
use postern_client::{
    Account, ChosenPassword, Clock, Drive, Lent, PreparedSignUp, Result, Stay, Surroundings,
};

use crate::evil::Evil;
use crate::platform::{self, Network};

pub(crate) const PASSWORD: &str = "a gate in a wall";

/// A server that runs until the test ends.
pub(crate) struct Server {
    pub(crate) origin: String,
}

/// A device of somebody's: what it remembers, and who stands between it and the server.
pub(crate) struct Phone {
    pub(crate) evil: Rc<Evil>,
    pub(crate) around: Surroundings,
}

/// A source and a sink.
#[derive(Clone, Default)]
pub(crate) struct Buffer(pub(crate) Rc<RefCell<Vec<u8>>>);

struct TestClock;

#[async_trait(?Send)]
impl Clock for TestClock {
    fn now(&self) -> TimeMs {
        platform::now()
    }

    /// Lets others go on, and waits for nothing.
    async fn sleep_ms(&self, _ms: u64) {
        platform::pause().await;
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self {
            origin: platform::start_server(),
        }
    }

    /// The way to it.
    pub(crate) fn network(&self) -> Network {
        platform::network(&self.origin)
    }

    /// A device that knows nothing yet.
    pub(crate) fn phone(&self) -> Phone {
        let evil = Rc::new(Evil::new(self.network()));
        let around = Surroundings {
            http: evil.clone(),
            origin: self.origin.clone(),
            device: Rc::new(MemoryDevice::default()),
            clock: Rc::new(TestClock),
            entropy: Rc::new(platform::entropy()),
            label: "a phone".to_owned(),
        };
        Phone { evil, around }
    }

    /// A device that knows what `device` remembers.
    pub(crate) fn phone_with(&self, device: MemoryDevice) -> Phone {
        let mut phone = self.phone();
        phone.around.device = Rc::new(device);
        phone
    }

    /// A device with a new account.
    pub(crate) async fn sign_up(&self, name: &str) -> (Phone, Drive) {
        let phone = self.phone();
        let prepared = PreparedSignUp::new(phone.around.clone(), name, &chosen(PASSWORD)).expect("a name");
        let account = prepared.complete(None, Stay::SignedIn).await.expect("an account");
        (phone, Drive::new(Rc::new(account)))
    }

    /// Another device of an account.
    pub(crate) async fn sign_in(&self, name: &str) -> (Phone, Drive) {
        let phone = self.phone();
        let drive = phone.sign_in(name).await.expect("the password is right");
        (phone, drive)
    }
}

impl Phone {
    pub(crate) async fn sign_in(&self, name: &str) -> Result<Drive> {
        let account = Account::sign_in(self.around.clone(), name, PASSWORD, Stay::SignedIn).await?;
        Ok(Drive::new(Rc::new(account)))
    }
}

/// A password that somebody wants to have from now on.
pub(crate) fn chosen(password: &str) -> ChosenPassword {
    ChosenPassword::parse(password).expect("not empty")
}

/// Uploads `bytes` as a file.
pub(crate) async fn put(drive: &Drive, parent: NodeId, name: &str, bytes: &[u8]) -> Result<NodeId> {
    let file = sent(drive, parent, name, bytes).await?;
    Ok(drive.attach(&[file]).await?[0])
}

/// Uploads small files in one request.
pub(crate) async fn put_together(
    drive: &Drive,
    parent: NodeId,
    files: &[(&str, Vec<u8>)],
) -> Result<Vec<NodeId>> {
    let plain = files.iter().map(|(_, bytes)| bytes.clone()).collect();
    let contents = upload_bundle(drive.account(), plain).await?;
    let new = files.iter().zip(contents).map(|((name, _), content)| NewFile {
        node: None,
        parent,
        name: (*name).to_owned(),
        if_taken: IfTaken::Replace,
        modified: TimeMs(1),
        media_type: String::new(),
        content,
    });
    drive.attach(&new.collect::<Vec<_>>()).await
}

/// A content that is there, and in no folder yet.
pub(crate) async fn sent(drive: &Drive, parent: NodeId, name: &str, bytes: &[u8]) -> Result<NewFile> {
    let account = drive.account();
    let source = Rc::new(Buffer::of(bytes));
    let lanes = LocalLanes::new(account.api().clone(), source, 3);
    let what = Upload {
        size_bytes: Some(bytes.len() as u64),
        journal: Some(name),
    };
    let content = upload(account, what, &lanes, &|_| {}).await?;
    Ok(NewFile {
        node: None,
        parent,
        name: name.to_owned(),
        if_taken: IfTaken::Replace,
        modified: TimeMs(1),
        media_type: String::new(),
        content,
    })
}

/// Downloads a file.
pub(crate) async fn get(drive: &Drive, node: NodeId) -> Result<Vec<u8>> {
    let (content, mut sink) = (drive.content(node).await?, Buffer::default());
    drive
        .download(&content, &mut Checkpoint::start(), &mut sink, &|_| {})
        .await?;
    Ok(sink.take())
}

/// Downloads what a link leads to, or a file below that.
pub(crate) async fn get_from_link(link: &OpenedLink, node: Option<NodeId>) -> Result<Vec<u8>> {
    let (content, mut sink) = (link.content(node).await?, Buffer::default());
    link.download(&content, &mut Checkpoint::start(), &mut sink, &|_| {})
        .await?;
    Ok(sink.take())
}

/// Bytes that nothing compresses and no test expects by accident.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    use rand::{RngExt as _, SeedableRng as _};
    let mut bytes = vec![0; len];
    rand::rngs::SmallRng::seed_from_u64(len as u64).fill(&mut bytes[..]);
    bytes
}

impl Buffer {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Rc::new(RefCell::new(bytes.to_vec())))
    }

    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.take()
    }
}

#[async_trait(?Send)]
impl Sink for Buffer {
    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.0.borrow_mut().extend_from_slice(&bytes);
        Ok(())
    }
}

#[async_trait(?Send)]
impl Source for Buffer {
    async fn read(&self, offset: u64, len: usize, mut buffer: Lent) -> Result<Option<Lent>> {
        let bytes = self.0.borrow();
        let offset = usize::try_from(offset).expect("a small test");
        let Some(rest) = bytes.get(offset..) else {
            return Ok(None);
        };
        buffer.clear();
        buffer.extend_from_slice(&rest[..len.min(rest.len())]);
        Ok(Some(buffer))
    }
}
