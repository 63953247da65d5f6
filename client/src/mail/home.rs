//! What a device has to know before it believes mail: by what gateways are known. It is compared with what any device
//! of the account knew first, as other people's keys are.

use postern_crypto::account::Pin;
use postern_crypto::directory::{DirectoryHead, Statement, statement_hash};
use postern_crypto::identity::IdentityPublic;
use postern_crypto::mail::GATEWAY_NAME;

use crate::account::Account;
use crate::{Error, Result};

/// A mailbox's addresses, and by what gateways are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The addresses of the account, the one with its name first.
    pub addresses: Vec<String>,
    /// Whether the server names another key for its gateways than the one that this account knew first. What is signed
    /// with the new one counts as not brought by the gateway.
    pub is_gateway_changed: bool,
    pub(crate) gateway: Option<IdentityPublic>,
}

pub(super) async fn load(account: &Account) -> Result<Home> {
    let home = account.api().mail_home().await?;
    let stated = home.gateway.map(|signed| stated(signed.as_slice())).transpose()?;
    let pinned = account.pinned(GATEWAY_NAME);
    if let (None, Some(pin)) = (&pinned, &stated) {
        account.pin(pin.clone()).await?;
    }
    let known = pinned.or_else(|| stated.clone()).map(|pin| pin.identity);
    Ok(Home {
        addresses: home.addresses,
        is_gateway_changed: stated.is_some_and(|stated| known.as_ref() != Some(&stated.identity)),
        gateway: known,
    })
}

/// What a signed statement of a gateway says, as it is pinned.
fn stated(signed: &[u8]) -> Result<Pin> {
    let statement = Statement::verify(signed)?;
    if statement.name != GATEWAY_NAME || statement.seq != 0 {
        return Err(Error::NotAuthentic);
    }
    Ok(Pin {
        name: statement.name,
        account: statement.account,
        identity: statement.identity,
        directory: DirectoryHead {
            seq: 0,
            hash: statement_hash(signed),
        },
    })
}
