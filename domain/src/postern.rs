//! The rules, with all that they need to be applied.

use std::fmt;
use std::sync::Arc;

use postern_crypto::opaque::LoginServer;
use postern_protocol::server::{ServerBody, SignUpPolicy};
use postern_protocol::{AccountId, AccountName, Bytes, ContentId, DomainName, parts};
use rand_core::CryptoRng;

use crate::bell::Bell;
use crate::dns::StsMode;
use crate::error::{Error, Result};
use crate::store::{BlobKey, BlobStore, Cause, Records, StoreError};

/// The name under which the login's secrets are kept.
const LOGIN_SECRETS: &str = "login";

/// What whoever runs the server can choose.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Who may make an account.
    pub sign_up: SignUpPolicy,
    /// How many bytes a new account may keep.
    pub quota_bytes: u64,
    /// Behind the `@` of everybody's address.
    pub mail_domain: DomainName,
    /// Who gets what is written to the server's keeper.
    pub postmaster: Option<AccountName>,
    /// The accounts that administer domains and addresses.
    pub administrators: Vec<AccountName>,
    /// The name by which others reach the mail gateway.
    pub mail_host: DomainName,
    /// What others are told to do who cannot reach it through TLS, if anything.
    pub sts: Option<StsMode>,
}

/// Where the server keeps what it is given.
#[derive(Clone)]
pub struct Stores {
    /// Everything but the bytes of contents.
    pub records: Arc<dyn Records>,
    /// The bytes of contents.
    pub blobs: Arc<dyn BlobStore>,
}

/// A server of Postern. Clones are the same server.
///
/// What anybody may ask of it is a method of this; what needs a session is a method of what
/// [`Postern::session`] yields, and what needs a link of what [`Postern::link`] yields.
#[derive(Clone)]
pub struct Postern(Arc<Parts>);

struct Parts {
    stores: Stores,
    bell: Arc<dyn Bell>,
    rules: Rules,
    login: LoginServer,
}

impl Postern {
    /// The server over these stores. At the first start its secrets are made and kept with the records.
    ///
    /// # Errors
    /// [`Error::Store`] if the stores do not answer, or hold secrets that this release cannot read.
    pub async fn open(
        stores: Stores,
        rules: Rules,
        bell: Arc<dyn Bell>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self> {
        let proposed = Bytes(LoginServer::generate(rng).to_bytes().to_vec());
        let kept = stores.records.secret(LOGIN_SECRETS, &proposed).await?;
        let login = LoginServer::from_bytes(kept.as_slice())
            .map_err(|error| Error::Store(StoreError::Failed(Cause::from(error))))?;
        Ok(Self(Arc::new(Parts {
            stores,
            bell,
            rules,
            login,
        })))
    }

    /// What the server tells everybody about itself.
    #[must_use]
    pub fn about(&self) -> ServerBody {
        ServerBody {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            sign_up: self.0.rules.sign_up,
            max_content_bytes: parts::MAX_CONTENT_BYTES,
        }
    }

    /// Whether the stores answer.
    ///
    /// # Errors
    /// [`Error::Store`] if they do not.
    pub async fn check(&self) -> Result<()> {
        let nobody = AccountId([0; 16]);
        self.records().account(nobody).await?;
        self.blobs()
            .size(BlobKey {
                account: nobody,
                content: ContentId([0; 16]),
            })
            .await?;
        Ok(())
    }

    pub(crate) fn records(&self) -> &dyn Records {
        &*self.0.stores.records
    }

    pub(crate) fn blobs(&self) -> &dyn BlobStore {
        &*self.0.stores.blobs
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.0.rules
    }

    pub(crate) fn login(&self) -> &LoginServer {
        &self.0.login
    }

    pub(crate) fn ring(&self, account: AccountId) {
        self.0.bell.ring(account);
    }
}

impl fmt::Debug for Postern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Postern({:?})", self.0.rules)
    }
}
