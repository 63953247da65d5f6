//! What a device remembers between two runs: a small durable key-value store.
//!
//! Values hold keys. A store keeps them where only this user's programs can read them (a folder of mode 0700, or
//! IndexedDB sealed under a key that cannot be exported).

#[cfg(not(target_arch = "wasm32"))]
mod folder;
pub mod keys;
mod memory;

use std::any::Any;

use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::{Error, Result, Surroundings};

#[cfg(not(target_arch = "wasm32"))]
pub use folder::FolderDevice;
pub use memory::MemoryDevice;

/// How long to wait for another process that is writing.
const PATIENCE_MS: i64 = 5_000;
/// How long to wait before looking again whether a lock is free.
const LOCK_PAUSE_MS: u64 = 20;

/// A small durable key-value store. Keys are of the form `kind/id`, of `[A-Za-z0-9_-]` and slashes; [`keys`] has them all.
#[async_trait(?Send)]
pub trait Device {
    /// The value, or `None`.
    async fn get(&self, key: &str) -> Result<Option<Zeroizing<Vec<u8>>>>;
    /// Durable when it returns, and whole or not at all.
    async fn put(&self, key: &str, value: &[u8]) -> Result<()>;
    /// Removing what is not there is no failure.
    async fn delete(&self, key: &str) -> Result<()>;
    /// All keys that begin with `prefix`, in order.
    async fn list(&self, prefix: &str) -> Result<Vec<String>>;
    /// Removes all whose keys begin with `prefix`, and whatever else is left of such: also a value that a killed program
    /// has half written.
    async fn delete_all(&self, prefix: &str) -> Result<()> {
        for key in self.list(prefix).await? {
            self.delete(&key).await?;
        }
        Ok(())
    }
    /// Keeps other processes (or tabs) off `name` until the guard is dropped; `None` if one of them has it.
    async fn lock(&self, name: &str) -> Result<Option<Guard>>;
}

/// Dropping it unlocks.
pub type Guard = Box<dyn Any>;

/// Waits for the lock on `name`, which nobody holds for longer than it takes to read and write a value.
///
/// # Errors
/// [`Error::Busy`].
pub(crate) async fn hold(around: &Surroundings, name: &str) -> Result<Guard> {
    hold_patiently(around, name, PATIENCE_MS).await
}

/// The same for a lock of which the holder may be waiting for something.
pub(crate) async fn hold_patiently(around: &Surroundings, name: &str, patience_ms: i64) -> Result<Guard> {
    let in_vain = around.now().plus_ms(patience_ms);
    loop {
        if let Some(guard) = around.device.lock(name).await? {
            return Ok(guard);
        }
        if around.now() >= in_vain {
            return Err(Error::Busy);
        }
        around.clock.sleep_ms(LOCK_PAUSE_MS).await;
    }
}

/// Reads what [`put_json`] wrote. What does not parse was written by another version, and counts as absent only if
/// the caller says so.
pub(crate) async fn get_json<T: DeserializeOwned>(device: &dyn Device, key: &str) -> Result<Option<T>> {
    let Some(bytes) = device.get(key).await? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|_| Error::Device(format!("{key} is damaged")))
}

pub(crate) async fn put_json<T: Serialize>(device: &dyn Device, key: &str, value: &T) -> Result<()> {
    let bytes = Zeroizing::new(serde_json::to_vec(value).expect("plain structures always serialise"));
    device.put(key, &bytes).await
}
