//! Part jobs: handed to a pool of workers by the engine, done in a worker by [`run_part`].
//!
//! A job crosses as bytes: where the server is, the session's token, and the content's key. It holds no key of the
//! account.

use std::convert::Infallible;
use std::pin::pin;
use std::rc::Rc;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::channel::{mpsc, oneshot};
use futures::future::{Either, pending, select};
use js_sys::{Function, Promise, Uint8Array};
use postern_client::http::{Api, Retry};
use postern_client::transfer::{LaneMemory, Lanes, Note, Parcel, PartDone, PartJob, run_part as run};
use postern_client::{Error, Result};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{AbortSignal, Blob};

use crate::clock::{BrowserClock, BrowserEntropy};
use crate::errors::{from_js_error, to_js_error};
use crate::host::LanePool;
use crate::network::Network;
use crate::signal::{DropSignal, until_aborted};
use crate::source::BlobSource;

/// [`Lanes`] over a pool of workers, for one source.
pub(crate) struct PoolLanes {
    pub(crate) pool: LanePool,
    pub(crate) source: Blob,
    pub(crate) origin: String,
    pub(crate) api: Api,
}

/// A hash that a worker wants noted, and where the worker waits for that.
type Asked = (Vec<u8>, oneshot::Sender<Result<()>>);

#[async_trait(?Send)]
impl Lanes for PoolLanes {
    fn width(&self) -> usize {
        self.pool.width() as usize
    }

    async fn run(&self, job: PartJob, note: &dyn Note) -> Result<PartDone> {
        let token = self.api.token().ok_or(Error::SignedOut)?;
        let parcel = Parcel {
            origin: self.origin.clone(),
            token,
            job,
        }
        .encode();
        // Fires when this future is dropped: a worker that nobody waits for stops.
        let stop = DropSignal::new().map_err(|thrown| from_js_error(&thrown))?;
        let (tell, asked) = mpsc::unbounded();
        let (sealed, signal) = (sealed_callback(tell), stop.signal());
        let running = self
            .pool
            .run(parcel.as_slice().into(), &self.source, &sealed, &signal);
        match select(pin!(running), pin!(note_all(note, asked))).await {
            Either::Left((done, _)) => read_done(done),
            Either::Right((never, _)) => match never {},
        }
    }
}

/// One part: read from `source`, sealed, hashed, `sealed(hash)` awaited, sent with retries. Runs in a pool worker, which
/// keeps nothing but memory.
///
/// # Errors
/// `EngineError`.
#[wasm_bindgen]
pub async fn run_part(
    job: Uint8Array,
    source: Blob,
    sealed: Function,
    signal: AbortSignal,
) -> std::result::Result<Uint8Array, JsValue> {
    let done = until_aborted(&signal, run_parcel(&job.to_vec(), source, &sealed)).await;
    let done = done.map_err(|error| to_js_error(&error))?;
    Ok(done.encode().as_slice().into())
}

async fn run_parcel(bytes: &[u8], source: Blob, sealed: &Function) -> Result<PartDone> {
    let Parcel { origin, token, job } = Parcel::decode(bytes)?;
    let http = Retry::new(
        Network::new(&origin),
        Rc::new(BrowserClock),
        Rc::new(BrowserEntropy),
    );
    let api = Api::with_token(Rc::new(http), token);
    let memory = MEMORY.with(LaneMemory::clone);
    run(&api, &job, &BlobSource(source), &Telling(sealed), &memory).await
}

thread_local! {
    /// A worker's.
    static MEMORY: LaneMemory = LaneMemory::default();
}

/// Tells the engine a hash, and waits until it is noted.
struct Telling<'a>(&'a Function);

#[async_trait(?Send)]
impl Note for Telling<'_> {
    async fn sealed(&self, hash: [u8; 32]) -> Result<()> {
        let hash = Uint8Array::from(hash.as_slice());
        let noted = self
            .0
            .call1(&JsValue::UNDEFINED, &hash)
            .map_err(|thrown| from_js_error(&thrown))?;
        JsFuture::from(Promise::resolve(&noted))
            .await
            .map(drop)
            .map_err(|thrown| from_js_error(&thrown))
    }
}

/// The function that a worker's hash arrives at. JavaScript owns it: a worker may call it when nobody waits any more.
fn sealed_callback(tell: mpsc::UnboundedSender<Asked>) -> JsValue {
    let callback = move |hash: Uint8Array| -> Promise {
        let (answer, answered) = oneshot::channel();
        // If nobody listens, the answer's sender is dropped, and the promise rejects.
        let _ = tell.unbounded_send((hash.to_vec(), answer));
        future_to_promise(async move {
            match answered.await {
                Ok(Ok(())) => Ok(JsValue::UNDEFINED),
                Ok(Err(error)) => Err(to_js_error(&error)),
                Err(_) => Err(to_js_error(&Error::Cancelled)),
            }
        })
    };
    Closure::<dyn FnMut(Uint8Array) -> Promise>::new(callback).into_js_value()
}

async fn note_all(note: &dyn Note, mut asked: mpsc::UnboundedReceiver<Asked>) -> Infallible {
    while let Some((hash, answer)) = asked.next().await {
        // A worker that has gone needs no answer.
        let _ = answer.send(note_one(note, &hash).await);
    }
    pending().await
}

async fn note_one(note: &dyn Note, hash: &[u8]) -> Result<()> {
    let hash = hash
        .try_into()
        .map_err(|_| Error::Internal("a hash has 32 bytes"))?;
    note.sealed(hash).await
}

fn read_done(done: std::result::Result<JsValue, JsValue>) -> Result<PartDone> {
    let done = done.map_err(|thrown| from_js_error(&thrown))?;
    PartDone::decode(&done.unchecked_into::<Uint8Array>().to_vec())
}
