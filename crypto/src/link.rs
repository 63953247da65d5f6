//! Links: what leaves the account. The secret stands after the `#`, which no browser sends; from it come a
//! proof for the server and the key of a grant.
//!
//! With a password, both come from the secret and the password together: neither the database with the
//! password, nor the link without it, opens anything (threat E6).

mod grant;
mod text;

pub use grant::{Archived, Grant, SharedFolder};
pub use text::{LinkText, parse};

use zeroize::Zeroizing;

use crate::derive::derive;
use crate::hash::labelled;
use crate::labels::Label;
use crate::password::Password;
use crate::{Hash, Id, LinkWrapKey, hash, secret};

secret::secret_key! {
    /// 32 random bytes after the `#` of a link.
    pub LinkSecret;
    /// `k_auth`: shown to the server to prove that one holds the link.
    pub LinkAuth;
}

/// What a link's secret, and its password if it has one, give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkKeys {
    /// Proves to the server.
    pub auth: LinkAuth,
    /// Opens the grant.
    pub wrap: LinkWrapKey,
}

impl LinkKeys {
    /// Derives both. With a password this takes Argon2id's time.
    #[must_use]
    pub fn derive(id: &Id, secret: &LinkSecret, password: Option<&Password>) -> Self {
        let mut ikm = Zeroizing::new(Vec::with_capacity(64));
        ikm.extend_from_slice(secret.expose());
        if let Some(password) = password {
            ikm.extend_from_slice(password.stretch(id).as_slice());
        }
        Self {
            auth: LinkAuth::from_bytes(*derive(&ikm, Label::LinkAuth, &[id])),
            wrap: LinkWrapKey::from_bytes(*derive(&ikm, Label::LinkWrap, &[id])),
        }
    }
}

impl LinkAuth {
    /// What the server keeps.
    #[must_use]
    pub fn hash(&self) -> Hash {
        auth_hash(self.expose())
    }
}

/// The server's half: what it keeps of a proof.
#[must_use]
pub fn auth_hash(proof: &[u8; 32]) -> Hash {
    labelled(Label::HashLinkAuth, proof)
}

/// The server's half: whether a proof is the one of which `kept` is the hash, in constant time.
#[must_use]
pub fn proves(proof: &[u8; 32], kept: &Hash) -> bool {
    hash::equal(&auth_hash(proof), kept)
}
