//! Contents on their way: sealed and sent in parts by several lanes, fetched and opened in order.
//!
//! Uploads: [`upload()`] hands [`PartJob`]s to [`Lanes`]; [`run_part`] is what each lane does with one. A [`journal`] knows the
//! hash of every part before the part leaves the device, so that an upload that goes on can never seal other text under
//! a key and nonce that were used (threat B7). Downloads: [`Drive::download`](crate::Drive::download) keeps a bounded window of segments in flight and
//! gives a [`Sink`] only what was authenticated. Small contents travel together, both ways ([`upload_bundle`]).
//!
//! To pause or cancel, drop the future: nothing is lost that the journal has noted.

mod bundle;
mod download;
#[cfg(not(target_arch = "wasm32"))]
mod files;
mod journal;
mod lanes;
mod parcel;
mod part;
mod source;
mod token;
mod upload;

pub(crate) use bundle::fetch_bundle;
pub use bundle::{MAX_BUNDLED_BYTES, bundles, upload_bundle};
pub(crate) use download::fetch;
pub use download::{Checkpoint, Sink};
#[cfg(not(target_arch = "wasm32"))]
pub use files::{FileSource, StreamSource, WriteSink};
#[cfg(feature = "fuzzing")]
pub(crate) use journal::Notes;
pub use journal::forget_journal;
pub use lanes::{Lanes, LocalLanes, Note};
pub use parcel::Parcel;
pub use part::{LaneMemory, PartDone, PartJob, run_part};
pub use source::Source;
pub use token::{decode_content, encode_content};
pub use upload::{Upload, abandon, upload};

use postern_crypto::stream::{DEFAULT_CHUNK_LOG2, HEADER_LEN, SEGMENT_CHUNKS};
use postern_protocol::parts;

/// How many parts or segments are in flight at once, unless somebody says otherwise: six hide a line's latency. In a
/// browser two do, since each is held twice there, on both sides of the module's memory.
pub const DEFAULT_WIDTH: usize = if cfg!(target_arch = "wasm32") { 2 } else { 6 };

/// The plaintext of a full segment.
pub const SEGMENT_PLAIN_BYTES: u64 = SEGMENT_CHUNKS << DEFAULT_CHUNK_LOG2;

// The cutting that both sides agree on is the crypto crate's.
const _: () = assert!(parts::SEGMENT_CHUNKS == SEGMENT_CHUNKS);
const _: () = assert!(parts::SEALED_CHUNK_BYTES == (1 << DEFAULT_CHUNK_LOG2) + 16);
const _: () = assert!(parts::HEADER_BYTES == HEADER_LEN as u64);
