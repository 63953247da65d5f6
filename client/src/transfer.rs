//! Contents on their way: sealed and sent in parts by several lanes, fetched and opened in order.
//!
//! Uploads: [`upload()`] hands [`PartJob`]s to [`Lanes`]; [`run_part`] is what each lane does with one. A [`journal`] knows the
//! hash of every part before the part leaves the device, so that an upload that goes on can never seal other text under
//! a key and nonce that were used (threat B7). Downloads: [`Drive::download`](crate::Drive::download) keeps a bounded window of segments in flight and
//! gives a [`Sink`] only what was authenticated. Small contents travel together, both ways ([`upload_bundle`]). Who has many
//! files to send leaves all that to [`Sending`].
//!
//! To pause or cancel, drop the future: nothing is lost that the journal has noted.

mod begun;
mod bundle;
mod cutting;
mod download;
#[cfg(not(target_arch = "wasm32"))]
mod files;
mod journal;
mod lanes;
mod parcel;
mod part;
mod sending;
mod source;
mod upload;

pub(crate) use bundle::fetch_bundle;
pub use bundle::{bundles, upload_bundle};
pub(crate) use cutting::chunks;
pub use cutting::{MAX_BUNDLED_BYTES, Way};
pub use download::{Checkpoint, Sink};
pub(crate) use download::{fetch, fetch_all, fetch_beginning};
#[cfg(not(target_arch = "wasm32"))]
pub use files::{FileSource, StreamSource, WriteSink};
#[cfg(feature = "fuzzing")]
pub(crate) use journal::Notes;
pub use journal::forget_journal;
pub use lanes::{Lanes, LocalLanes, Note};
pub use parcel::Parcel;
pub use part::{LaneMemory, PartDone, PartJob, run_part};
pub use sending::{News, Outgoing, Sending};
pub use source::Source;
pub(crate) use upload::upload_all;
pub use upload::{Upload, abandon, upload};

/// How many parts or segments are in flight at once, unless somebody says otherwise: six hide a line's latency. In a
/// browser two do, since each is held twice there, on both sides of the module's memory.
pub const DEFAULT_WIDTH: usize = if cfg!(target_arch = "wasm32") { 2 } else { 6 };
