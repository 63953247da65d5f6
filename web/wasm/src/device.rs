//! The device's memory: JavaScript's store, which seals each value before it writes it.

use async_trait::async_trait;
use js_sys::{Array, Function, Uint8Array};
use postern_client::Result;
use postern_client::device::{Device, Guard};
use wasm_bindgen::{JsCast as _, JsValue};
use zeroize::Zeroizing;

use crate::errors::device_failed;
use crate::host::DeviceStore;

/// [`Device`] over JavaScript's store.
pub(crate) struct BrowserDevice(pub(crate) DeviceStore);

/// A lock that another tab waits for.
struct Held(Function);

impl Drop for Held {
    fn drop(&mut self) {
        // Releasing cannot fail; and if it did, the lock would go with the tab.
        let _ = self.0.call0(&JsValue::UNDEFINED);
    }
}

#[async_trait(?Send)]
impl Device for BrowserDevice {
    async fn get(&self, key: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let value = self.0.get(key).await.map_err(|thrown| device_failed(&thrown))?;
        Ok(value
            .dyn_into::<Uint8Array>()
            .ok()
            .map(|bytes| Zeroizing::new(bytes.to_vec())))
    }

    async fn put(&self, key: &str, value: &[u8]) -> Result<()> {
        self.0
            .put(key, value.into())
            .await
            .map(drop)
            .map_err(|thrown| device_failed(&thrown))
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.0
            .delete(key)
            .await
            .map(drop)
            .map_err(|thrown| device_failed(&thrown))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let keys = self
            .0
            .list(prefix)
            .await
            .map_err(|thrown| device_failed(&thrown))?;
        Ok(Array::from(&keys)
            .iter()
            .filter_map(|key| key.as_string())
            .collect())
    }

    async fn lock(&self, name: &str) -> Result<Option<Guard>> {
        let release = self.0.lock(name).await.map_err(|thrown| device_failed(&thrown))?;
        Ok(release
            .dyn_into::<Function>()
            .ok()
            .map(|release| Box::new(Held(release)) as Guard))
    }
}
