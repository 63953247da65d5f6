//! The client's suites (`client/tests/server`) as WebAssembly in a browser: the same files, compiled again, over the
//! browser's own `fetch`, clock and randomness. Only `platform` is another, and `clock` is a browser's alone.
//!
//! A browser's worker asks for [`names`] and calls [`run`] with one of them in a new instance each time: a panic ends the
//! instance, and is told before (`web/tests/suites.e2e.ts`).

/// Lists the functions that are named, for [`run`] to find.
macro_rules! cases {
    ($($name:ident),+ $(,)?) => {
        pub(crate) const CASES: &[crate::Case] = &[$((stringify!($name), || Box::pin($name()))),+];
    };
}

mod clock;
#[path = "../../../client/tests/server/evil.rs"]
mod evil;
#[path = "../../../client/tests/server/generic.rs"]
mod generic;
#[path = "../../../client/tests/server/journeys.rs"]
mod journeys;
#[path = "../../../client/tests/server/mutations.rs"]
mod mutations;
mod platform;
#[path = "../../../client/tests/server/stories.rs"]
mod stories;
#[path = "../../../client/tests/server/stories_broken_downloads.rs"]
mod stories_broken_downloads;
#[path = "../../../client/tests/server/stories_feed.rs"]
mod stories_feed;
#[path = "../../../client/tests/server/stories_links.rs"]
mod stories_links;
#[path = "../../../client/tests/server/stories_sending.rs"]
mod stories_sending;
#[path = "../../../client/tests/server/stories_two_devices.rs"]
mod stories_two_devices;
#[path = "../../../client/tests/server/threats_account.rs"]
mod threats_account;
#[path = "../../../client/tests/server/threats_content.rs"]
mod threats_content;
#[path = "../../../client/tests/server/threats_links.rs"]
mod threats_links;
#[path = "../../../client/tests/server/threats_tree.rs"]
mod threats_tree;
#[path = "../../../client/tests/server/world.rs"]
mod world;

use futures::future::LocalBoxFuture;
use wasm_bindgen::prelude::wasm_bindgen;

/// A test by its name.
type Case = (&'static str, fn() -> LocalBoxFuture<'static, ()>);

const SUITES: &[&[Case]] = &[
    stories::CASES,
    stories_broken_downloads::CASES,
    stories_feed::CASES,
    stories_links::CASES,
    stories_sending::CASES,
    stories_two_devices::CASES,
    threats_account::CASES,
    threats_content::CASES,
    threats_links::CASES,
    threats_tree::CASES,
    generic::CASES,
    clock::CASES,
];

/// The names of all tests.
#[must_use]
#[wasm_bindgen]
pub fn names() -> Vec<String> {
    SUITES
        .concat()
        .into_iter()
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Runs one test: every change of every answer if `long`, a sample otherwise. Panics if it fails.
#[wasm_bindgen]
pub async fn run(name: String, long: bool) {
    platform::prepare(long);
    let all = SUITES.concat();
    let (_, case) = all
        .into_iter()
        .find(|(there, _)| *there == name)
        .expect("a name that `names` gave");
    case().await;
}
