//! Whether an SPF record lets this server send, and not everybody else.

use std::net::{IpAddr, Ipv4Addr};

use mail_auth::SpfResult;
use postern_protocol::DomainName;

use super::Judged;
use super::asking::{Answer, Asking};
use super::records::NO_ANSWER;

/// Nobody sends from there (RFC 5737). Whoever lets it send lets everybody.
const ANYBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1));

pub(super) async fn judge(
    asking: &Asking,
    domain: &DomainName,
    host: &DomainName,
    record: String,
    addresses: Answer<Vec<IpAddr>>,
) -> Judged {
    let addresses = match addresses {
        Ok(addresses) if !addresses.is_empty() => addresses,
        Ok(_) => {
            let why =
                format!("Whether it lets this server send cannot be said: {host} has no address in DNS.");
            return Judged::different(vec![record], why);
        }
        Err(_) => return Judged::unknown(NO_ANSWER),
    };
    for address in addresses {
        let said = asking.spf(domain.as_str(), address, host.as_str()).await;
        if let Some(judged) = refused(said, &record, address, host) {
            return judged;
        }
    }
    match asking.spf(domain.as_str(), ANYBODY, host.as_str()).await {
        Ok(SpfResult::Pass) => {
            Judged::different(vec![record], "It lets everybody send in this domain’s name.")
        }
        _ => Judged::right(vec![record], "It lets this server send in this domain’s name."),
    }
}

/// What is to be said if the record does not let an address of this server send.
fn refused(said: Answer<SpfResult>, record: &str, address: IpAddr, host: &DomainName) -> Option<Judged> {
    let found = vec![record.to_owned()];
    match said {
        Ok(SpfResult::Pass) => None,
        Ok(SpfResult::PermError) => Some(Judged::different(
            found,
            "Nobody can follow it to its end (a domain in it has no SPF, or it asks DNS more than ten times), and then it counts as none.",
        )),
        Ok(SpfResult::Fail | SpfResult::SoftFail | SpfResult::Neutral | SpfResult::None) => {
            let why = format!(
                "It does not let this server send from {address}. Put a:{host} before its last word."
            );
            Some(Judged::different(found, why))
        }
        Ok(SpfResult::TempError) | Err(_) => Some(Judged::unknown(NO_ANSWER)),
    }
}
