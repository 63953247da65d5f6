//! Tests of what other crates see, by the rows of the list of attacks where there is one.

#[path = "all/account.rs"]
mod account;
#[path = "all/directory.rs"]
mod directory;
#[path = "all/format.rs"]
mod format;
#[path = "all/golden.rs"]
mod golden;
#[path = "all/letters.rs"]
mod letters;
#[path = "all/links.rs"]
mod links;
#[path = "all/login.rs"]
mod login;
#[path = "all/mail.rs"]
mod mail;
#[path = "all/mail_index.rs"]
mod mail_index;
#[path = "all/recovery.rs"]
mod recovery;
#[path = "all/streams.rs"]
mod streams;
#[path = "all/swap.rs"]
mod swap;
#[path = "all/tree.rs"]
mod tree;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

/// Randomness that is the same at every run.
fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Every bit flipped in turn, every shorter length, and one byte more.
fn damaged(sealed: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let flipped = (0..sealed.len() * 8).map(|bit| {
        let mut copy = sealed.to_vec();
        copy[bit / 8] ^= 1 << (bit % 8);
        copy
    });
    let cut = (0..sealed.len()).map(|len| sealed[..len].to_vec());
    flipped.chain(cut).chain([[sealed, &[0]].concat()])
}
