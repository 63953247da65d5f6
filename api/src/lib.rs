//! Postern's HTTP interface: paths, bodies, limits, headers, events, and the web client's files.
//!
//! No rule is decided here: a handler extracts what a request says, makes one call to the rules, and maps what comes
//! back. Nothing here knows what keeps the data. What a client sent is never logged.
//!
//! Read in this order: [`app`](run) (what is put together), `routes` (the table of paths, one file for each group),
//! `extract` (what handlers ask for), `error` (the one translation to status and code), `incoming` and `outgoing` (bulk
//! bytes), then the guards: `door`, `taking` and `attending` (connections), `address`, `limits`, `room` (memory), `body`, `headers`; at
//! last `bells`, `sts`, `web` and `openapi`.

mod address;
mod app;
mod bells;
mod body;
mod connection;
mod door;
mod error;
mod extract;
mod headers;
mod held;
mod incoming;
mod limits;
mod openapi;
mod outgoing;
mod room;
mod routes;
mod settings;
mod span;
mod state;
mod sts;
mod web;

pub use app::{Running, Stopper, run};
pub use bells::Bells;
pub use openapi::document as openapi_document;
pub use settings::{Pace, Rate, Rates, Settings};
pub use state::Clock;
