//! Lists, published in DNS, of addresses from which no mail is wanted (RFC 5782).
//!
//! A list that does not answer refuses nobody, and neither does one that answers with an error: some say so with an address
//! of 127.255.255.0/24, such as to those who ask too much or through a public resolver.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use futures::future::join_all;
use mail_auth::{DnsError, Error, ResolverCache as _};

use crate::dns::{Answers, Resolver};

/// How long a list may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long it is believed.
const KEPT: Duration = Duration::from_secs(10 * 60);
/// How long a list that did not answer is not asked about the same address again.
const REST: Duration = Duration::from_secs(60);
/// RFC 5782, 2.1: an address in here says that there is an entry.
const LISTED: [u8; 1] = [127];
/// What those say who have no answer for us.
const NO_ANSWER: [u8; 3] = [127, 255, 255];

/// The lists that are asked.
pub struct BlockLists {
    names: Vec<String>,
    resolver: Resolver,
    patience: Duration,
    answers: Answers<(usize, IpAddr), bool>,
}

impl BlockLists {
    /// Asks these lists, in this order of importance.
    #[must_use]
    pub fn new(names: Vec<String>, resolver: Resolver) -> Self {
        Self {
            names,
            resolver,
            patience: PATIENCE,
            answers: Answers::default(),
        }
    }

    /// Waits only so long for a list.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The first list on which an address is. All are asked at once. What comes from this very machine is on none.
    pub async fn listing(&self, peer: IpAddr) -> Option<&str> {
        let peer = peer.to_canonical();
        if peer.is_loopback() {
            return None;
        }
        let asked = (0..self.names.len()).map(|list| self.is_on(list, peer));
        let listed = join_all(asked).await;
        let first = listed.into_iter().position(|is_on| is_on)?;
        self.names.get(first).map(String::as_str)
    }

    async fn is_on(&self, list: usize, peer: IpAddr) -> bool {
        if let Some(answer) = self.answers.get(&(list, peer)) {
            return answer;
        }
        let answer = self.ask(list, peer).await;
        let until = Instant::now() + if answer.is_some() { KEPT } else { REST };
        self.answers
            .insert((list, peer), answer.unwrap_or_default(), until);
        answer.unwrap_or_default()
    }

    /// `None` if nobody says.
    async fn ask(&self, list: usize, peer: IpAddr) -> Option<bool> {
        let name = entry(peer, &self.names[list]);
        let asked = self.resolver.0.ipv4_lookup_raw(&name);
        match tokio::time::timeout(self.patience, asked).await {
            Ok(Ok(found)) => says(&found.entry),
            Ok(Err(Error::Dns(DnsError::RecordNotFound(_)))) => Some(false),
            Ok(Err(_)) | Err(_) => {
                tracing::warn!(list = %self.names[list], "a block list does not answer");
                None
            }
        }
    }
}

impl std::fmt::Debug for BlockLists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("BlockLists").field(&self.names).finish()
    }
}

/// What an answer says. Addresses elsewhere come from resolvers that send whoever mistypes a name to a page of theirs.
fn says(addresses: &[Ipv4Addr]) -> Option<bool> {
    if addresses
        .iter()
        .any(|address| address.octets().starts_with(&NO_ANSWER))
    {
        return None;
    }
    Some(
        addresses
            .iter()
            .any(|address| address.octets().starts_with(&LISTED)),
    )
}

/// The name that is there if the address is on the list: octets or nibbles, the last one first.
fn entry(peer: IpAddr, list: &str) -> String {
    let mut name = String::new();
    let mut put = |part: &dyn std::fmt::Display| write!(name, "{part}.").expect("a string takes all");
    match peer {
        IpAddr::V4(address) => address.octets().iter().rev().for_each(|octet| put(octet)),
        IpAddr::V6(address) => {
            let nibbles = |octet: &u8| [octet & 15, octet >> 4];
            let all = address.octets();
            all.iter()
                .rev()
                .flat_map(nibbles)
                .for_each(|nibble| put(&format_args!("{nibble:x}")));
        }
    }
    name + list + "."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_backwards_as_the_rfc_has_it() {
        let entry = |peer: &str| entry(peer.parse().expect("an address"), "bad.example.com");
        assert_eq!(entry("192.0.2.99"), "99.2.0.192.bad.example.com.");
        assert_eq!(
            entry("2001:db8:1:2:3:4:567:89ab"),
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bad.example.com."
        );
    }

    #[test]
    fn only_an_answer_that_means_an_entry_is_one() {
        let says = |addresses: &[[u8; 4]]| {
            let addresses: Vec<Ipv4Addr> = addresses.iter().map(|octets| (*octets).into()).collect();
            says(&addresses)
        };
        assert_eq!(says(&[[127, 0, 0, 2]]), Some(true));
        assert_eq!(says(&[[127, 255, 254, 1]]), Some(true));
        assert_eq!(says(&[[192, 0, 2, 80]]), Some(false));
        assert_eq!(says(&[]), Some(false));
        assert_eq!(says(&[[127, 255, 255, 254]]), None);
        assert_eq!(says(&[[127, 0, 0, 2], [127, 255, 255, 252]]), None);
    }
}
