//! Whose request this is, as far as limits go.
//!
//! Behind a proxy every connection comes from the proxy. What it says about its client is believed only if the
//! connection comes from an address that the settings name: anybody else could write any address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use ipnet::IpNet;

/// The address that limits are counted for: an IPv4 address, or the /64 network that one customer has of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Origin(IpAddr);

/// Whose request this is. A request without a peer (there are none over TCP) counts as coming from nowhere.
pub(crate) fn origin_of(request: &HttpRequest, trusted: &[IpNet]) -> Origin {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| peer.ip());
    Origin::from(client_address(peer.to_canonical(), request.headers(), trusted))
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self(IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64))),
            v4 => Self(v4),
        }
    }
}

/// The last address that was written by a proxy we trust and is not itself such a proxy's.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
    let mut client = peer;
    for told in forwarded_for(headers).into_iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        let Some(address) = told else { break };
        client = address;
    }
    client
}

/// Every hop that the headers name, oldest first; `None` for one that is no address.
fn forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let standard = hops(headers, header::FORWARDED, |element| {
        element.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
        })
    });
    if standard.is_empty() {
        hops(headers, header::X_FORWARDED_FOR, Some)
    } else {
        standard
    }
}

fn hops<'a>(
    headers: &'a HeaderMap,
    name: header::HeaderName,
    address_of: impl Fn(&'a str) -> Option<&'a str>,
) -> Vec<Option<IpAddr>> {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|element| address_of(element.trim()).and_then(parse_address))
        .collect()
}

/// An address with or without a port, with or without quotes and brackets (RFC 7239, 6).
fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches('"');
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare
        .parse()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
        .ok()?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn client(peer: &str, name: &'static str, value: &'static str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        client_address(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        assert_eq!(
            client("192.0.2.1", "x-forwarded-for", "198.51.100.7"),
            "192.0.2.1"
        );
    }

    #[test]
    fn a_trusted_proxy_tells_its_clients_address() {
        assert_eq!(
            client("10.0.0.1", "x-forwarded-for", "198.51.100.7"),
            "198.51.100.7"
        );
        assert_eq!(
            client("10.0.0.1", "forwarded", "for=\"[2001:db8::1]:80\";proto=https"),
            "2001:db8::1"
        );
    }

    #[test]
    fn what_a_client_wrote_before_the_proxies_is_not_believed() {
        assert_eq!(
            client("10.0.0.1", "x-forwarded-for", "1.1.1.1, 198.51.100.7, 10.0.0.2"),
            "198.51.100.7"
        );
        assert_eq!(
            client("10.0.0.1", "x-forwarded-for", "1.1.1.1, unknown, 10.0.0.2"),
            "10.0.0.2"
        );
    }

    #[test]
    fn one_ipv6_customer_counts_as_one() {
        let origin = |text: &str| Origin::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(origin("2001:db8::1"), origin("2001:db8::ffff:1"));
        assert_ne!(origin("2001:db8::1"), origin("2001:db8:0:1::1"));
        assert_eq!(origin("::ffff:192.0.2.1"), origin("192.0.2.1"));
    }
}
