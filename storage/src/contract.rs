//! The suite that every backend passes: one function for each sentence of the contracts in
//! `postern_domain::store`. A new backend is finished when [`all_hold`] returns.
//!
//! Sentences make their own accounts with random ids, so that all of them can share one store.

pub mod accounts;
pub mod addresses;
pub mod blobs;
pub mod contents;
pub mod crash;
pub mod garbage;
pub mod links;
pub mod mail;
pub mod mail_index;
pub mod races;
pub mod sessions;
pub mod volumes;
pub mod world;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use postern_domain::store::Records;

/// A store of records, whichever it is.
pub type AnyRecords = Arc<dyn Records>;

/// One sentence of a contract.
pub struct Sentence<S> {
    /// What it says.
    pub name: &'static str,
    /// Panics unless it holds.
    pub hold: fn(S) -> BoxFuture<'static, ()>,
}

/// Lists functions of a module as sentences.
macro_rules! sentences {
    ($store:ty: $($name:ident)+) => {
        /// What this part of the contract says.
        #[must_use]
        pub fn sentences() -> Vec<$crate::contract::Sentence<$store>> {
            vec![$($crate::contract::Sentence {
                name: stringify!($name),
                hold: |store| futures::FutureExt::boxed($name(store)),
            }),+]
        }
    };
}
pub(crate) use sentences;

/// Every sentence about records.
#[must_use]
pub fn records() -> Vec<Sentence<AnyRecords>> {
    let parts = [
        accounts::sentences(),
        addresses::sentences(),
        sessions::sentences(),
        volumes::sentences(),
        contents::sentences(),
        links::sentences(),
        mail::sentences(),
        mail_index::sentences(),
        garbage::sentences(),
        races::sentences(),
    ];
    parts.into_iter().flatten().collect()
}

/// Holds `store` to every sentence.
///
/// # Panics
/// If one does not hold, naming all that do not.
pub async fn all_hold<S: Clone>(store: S, sentences: Vec<Sentence<S>>) {
    let mut broken = Vec::new();
    for sentence in sentences {
        let held = AssertUnwindSafe((sentence.hold)(store.clone()))
            .catch_unwind()
            .await;
        if held.is_err() {
            broken.push(sentence.name);
        }
    }
    assert!(broken.is_empty(), "these do not hold: {broken:#?}");
}
