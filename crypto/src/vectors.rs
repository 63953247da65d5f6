//! Published vectors, all run against the functions that the rest of this crate calls.

mod chunked;
mod ed25519;
mod kdf;
mod kem;
mod opaque;
pub(crate) mod salamander;
mod secretbox;

use rand_core::{TryCryptoRng, TryRng};
use serde::de::DeserializeOwned;

/// Reads a file of `tests/vectors`.
fn load<T: DeserializeOwned>(name: &str) -> T {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name);
    let text = std::fs::read_to_string(&path).expect("the vectors are part of the repository");
    serde_json::from_str(&text).expect("the vectors are well-formed")
}

fn bytes(hex_text: &str) -> Vec<u8> {
    hex::decode(hex_text).expect("vectors are hexadecimal")
}

fn array<const N: usize>(hex_text: &str) -> [u8; N] {
    bytes(hex_text)
        .try_into()
        .expect("the vector has the length of its field")
}

/// One secretbox that opens under two keys.
pub(crate) struct Salamander {
    pub(crate) keys: [[u8; 32]; 2],
    pub(crate) texts: [Vec<u8>; 2],
    pub(crate) nonce: [u8; 24],
    pub(crate) sealed: Vec<u8>,
}

pub(crate) fn salamander() -> Salamander {
    let file: std::collections::HashMap<String, String> = load("salamander.json");
    Salamander {
        keys: ["key1", "key2"].map(|name| array(&file[name])),
        texts: ["msg1", "msg2"].map(|name| bytes(&file[name])),
        nonce: array(&file["nonce"]),
        sealed: bytes(&file["box"]),
    }
}

/// A generator that gives out what a vector says was drawn, and nothing else.
struct Script(Vec<u8>);

impl Script {
    fn new(draws: &[&[u8]]) -> Self {
        Self(draws.concat())
    }

    fn is_used_up(&self) -> bool {
        self.0.is_empty()
    }
}

impl TryRng for Script {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        panic!("vectors name bytes, not numbers")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        panic!("vectors name bytes, not numbers")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.copy_from_slice(&self.0.drain(..out.len()).collect::<Vec<_>>());
        Ok(())
    }
}

impl TryCryptoRng for Script {}
