//! A device that forgets when the program ends: for links without an account, and for tests.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::{Device, Guard};
use crate::Result;

/// Keeps everything in memory. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryDevice {
    values: Rc<RefCell<BTreeMap<String, Zeroizing<Vec<u8>>>>>,
    locked: Rc<RefCell<BTreeSet<String>>>,
}

struct Held {
    name: String,
    locked: Rc<RefCell<BTreeSet<String>>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.locked.borrow_mut().remove(&self.name);
    }
}

#[async_trait(?Send)]
impl Device for MemoryDevice {
    async fn get(&self, key: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        Ok(self.values.borrow().get(key).cloned())
    }

    async fn put(&self, key: &str, value: &[u8]) -> Result<()> {
        self.values
            .borrow_mut()
            .insert(key.to_owned(), Zeroizing::new(value.to_vec()));
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.values.borrow_mut().remove(key);
        Ok(())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>> {
        let values = self.values.borrow();
        Ok(values
            .keys()
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect())
    }

    async fn lock(&self, name: &str) -> Result<Option<Guard>> {
        let free = self.locked.borrow_mut().insert(name.to_owned());
        Ok(free.then(|| {
            Box::new(Held {
                name: name.to_owned(),
                locked: Rc::clone(&self.locked),
            }) as Guard
        }))
    }
}
