//! A line that breaks, and a device that dies: at the n-th request from now, before it reached the server or after.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use async_trait::async_trait;
use postern_client::Error;
use postern_client::device::{Device, Guard, MemoryDevice};
use postern_client::http::{Fault, Http, Network, Request, Response};
use zeroize::Zeroizing;

/// What goes wrong, at which request from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) at: u8,
    /// Whether the server hears of the request, and only its answer is lost.
    pub(crate) arrives: bool,
    /// Whether the device dies there; otherwise the line is in order again at once.
    pub(crate) dies: bool,
}

/// A way to the server, and a device's store, that obey one [`Trouble`].
pub(crate) struct Wire {
    network: Network,
    store: MemoryDevice,
    trouble: Cell<Option<Trouble>>,
    dead: Cell<bool>,
    sent: RefCell<Vec<String>>,
}

impl Wire {
    pub(crate) fn new(network: Network) -> Rc<Self> {
        Rc::new(Self {
            network,
            store: MemoryDevice::default(),
            trouble: Cell::new(None),
            dead: Cell::new(false),
            sent: RefCell::default(),
        })
    }

    pub(crate) fn expects(&self, trouble: Option<Trouble>) {
        self.trouble.set(trouble);
    }

    /// The device starts again, and the line is in order.
    pub(crate) fn recovers(&self) {
        self.dead.set(false);
        self.trouble.set(None);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.get()
    }

    /// The requests since the last call, for who has to find out what went wrong.
    pub(crate) fn sent(&self) -> Vec<String> {
        self.sent.take()
    }

    /// The trouble, if it is this request's turn.
    fn strikes(&self) -> Option<Trouble> {
        let trouble = self.trouble.get()?;
        let left = trouble.at.checked_sub(1);
        self.trouble.set(left.map(|at| Trouble { at, ..trouble }));
        left.is_none().then_some(trouble)
    }

    fn alive(&self) -> Result<(), Error> {
        if self.is_dead() {
            Err(Error::Device("it is dead".to_owned()))
        } else {
            Ok(())
        }
    }
}

#[async_trait(?Send)]
impl Http for Wire {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        if self.is_dead() {
            return Err(Fault::NoAnswer);
        }
        let said = format!("{:?} {}", request.method, request.path);
        let Some(trouble) = self.strikes() else {
            self.sent.borrow_mut().push(said);
            return self.network.send(request).await;
        };
        self.sent.borrow_mut().push(format!("{said}: {trouble:?}"));
        if trouble.arrives {
            self.network.send(request).await?;
        }
        self.dead.set(trouble.dies);
        Err(Fault::NoAnswer)
    }
}

#[async_trait(?Send)]
impl Device for Wire {
    async fn get(&self, key: &str) -> postern_client::Result<Option<Zeroizing<Vec<u8>>>> {
        self.alive()?;
        self.store.get(key).await
    }

    async fn put(&self, key: &str, value: &[u8]) -> postern_client::Result<()> {
        self.alive()?;
        self.store.put(key, value).await
    }

    async fn delete(&self, key: &str) -> postern_client::Result<()> {
        self.alive()?;
        self.store.delete(key).await
    }

    async fn list(&self, prefix: &str) -> postern_client::Result<Vec<String>> {
        self.alive()?;
        self.store.list(prefix).await
    }

    async fn lock(&self, name: &str) -> postern_client::Result<Option<Guard>> {
        self.alive()?;
        self.store.lock(name).await
    }
}
