//! Postern's client as a browser's workers load it: a thin skin over `postern-client`.
//!
//! It decides nothing. What JavaScript has to bring (a store, workers, the bytes of a `Blob`, somewhere to write) comes
//! in as objects, what it gets goes out as plain structures; `web/src/engine/skin.ts` is the other half of this
//! interface, in TypeScript. Keys stay in this module's memory; the page's own thread never loads it.
//!
//! Read in this order: `host` (what comes in), [`Client`] (what can be asked), `values` (what goes out), [`run_part`] (what a
//! pool worker does), `events`.

mod buffer;
mod client;
mod clock;
mod device;
mod errors;
mod events;
mod host;
mod lanes;
mod listening;
mod network;
mod signal;
mod sink;
mod source;
mod values;

pub use client::Client;
pub use clock::{BrowserClock, BrowserEntropy};
pub use lanes::run_part;
pub use network::Network;
