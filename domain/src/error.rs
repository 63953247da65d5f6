//! Why the server does not do what it is asked to.

use postern_protocol::ContentId;
use postern_protocol::bundle::BundleMistake;

use crate::store::{BatchRefusal, BodyError, StoreError};

/// The result of every rule.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the server does not do what it is asked to, in the terms of whoever asks.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request contradicts itself or the interface.
    #[error("{0}")]
    Malformed(&'static str),
    /// What should be a bundle is none.
    #[error(transparent)]
    Bundle(#[from] BundleMistake),
    /// Something in the request is larger than it may be.
    #[error("{0} is too large")]
    TooLarge(&'static str),
    /// No session, or one that has ended.
    #[error("sign in first")]
    NotSignedIn,
    /// The name or the password (or the recovery words) are wrong; which of them is not said.
    #[error("the name or the password is wrong")]
    LoginFailed,
    /// The session may do this only with the password given just now, or set anew.
    #[error("{0}")]
    NotFresh(&'static str),
    /// No new accounts, or not without an invitation.
    #[error("this server takes new accounts only with an invitation, or none at all")]
    SignUpClosed,
    /// The name belongs to another account.
    #[error("that name is taken")]
    NameTaken,
    /// There is nothing of that name that the asker may see.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// There is no such link, or the proof is not its own.
    #[error("this link does not work: it may be incomplete, or no longer exist")]
    LinkUnavailable,
    /// The link has ended.
    #[error("{0}")]
    LinkEnded(LinkEnd),
    /// Somebody else was faster.
    #[error("{what} has changed meanwhile")]
    Conflict {
        /// What has changed.
        what: &'static str,
        /// Its present counter or version, where it has one.
        present: Option<u64>,
    },
    /// It would break a rule of the tree.
    #[error("{0}")]
    Refused(#[from] BatchRefusal),
    /// Parts of this content are missing, or do not come to its size.
    #[error("parts of {0} are missing, or do not come to its size")]
    PartsMissing(ContentId),
    /// Only administrators may do this.
    #[error("only administrators may do this")]
    NotAdministrator,
    /// It would break a rule of domains and addresses.
    #[error(transparent)]
    Address(#[from] AddressRefusal),
    /// The byte range lies outside the content.
    #[error("the byte range lies outside the content")]
    RangeOutside {
        /// The content's size.
        size_bytes: u64,
    },
    /// The account's space is used.
    #[error("there is no room left in this account")]
    QuotaExceeded,
    /// The body is not what was announced, or did not arrive whole.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// Whoever keeps the data failed. What it says is for the log.
    #[error("the server cannot do this now")]
    Store(#[source] StoreError),
}

/// Why a domain or an address is not as somebody would have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    /// The address is somebody else's.
    #[error("that address belongs to another account: take it away first")]
    Taken,
    /// The account has as many as it may have.
    #[error("the account has 100 addresses beside its name, and gets no more")]
    TooMany,
    /// There are as many as there may be.
    #[error("there are 1000 domains beside the server's own, and there can be no more")]
    TooManyDomains,
    /// The server's own domain is as the settings have it.
    #[error("this is the server's own domain: the setting mail.domain names it, and it has no catch-all")]
    OwnDomain,
    /// It is the name of an account.
    #[error("this address is the name of its account, and stays with it")]
    IsName,
    /// What is written to the server's keeper goes to whom the settings name.
    #[error(
        "at the server's own domain the setting mail.postmaster says who gets what is written to this name"
    )]
    Reserved,
}

/// Why a link has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkEnd {
    /// Its time is over.
    #[error("this link has expired")]
    Expired,
    /// Its downloads are used, or reserved by somebody who is downloading now.
    #[error("all downloads of this link are used")]
    UsedUp,
    /// Its owner took it back, or removed what it leads to.
    #[error("this link was taken back")]
    Revoked,
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Body(error) => Self::Body(error),
            error => Self::Store(error),
        }
    }
}
