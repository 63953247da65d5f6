//! Connections are taken in, as many as there is room for, and not too many from one place.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{self, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::figures;
use crate::gateway::Gateway;
use crate::log;
use crate::replies;

/// How long it is waited after a connection could not be taken in, which has its reason: no file handles, say.
const PAUSE: Duration = Duration::from_millis(100);

/// Where connections come in.
#[derive(Debug)]
pub struct Listeners {
    /// Where they begin without TLS.
    pub plain: TcpListener,
    /// Where they begin with it, which needs a certificate.
    pub tls: Option<TcpListener>,
}

impl Listeners {
    /// The next connection, and whether it begins with TLS.
    async fn accept(&self) -> (io::Result<(TcpStream, SocketAddr)>, bool) {
        tokio::select! {
            accepted = self.plain.accept() => (accepted, false),
            accepted = accept(self.tls.as_ref()) => (accepted, true),
        }
    }
}

/// Where nobody listens nobody comes.
async fn accept(listener: Option<&TcpListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// A network, and how many bits of its address it has.
type Network = (IpAddr, u8);

/// A place that is taken.
struct Place {
    _one: OwnedSemaphorePermit,
    from: Vec<Network>,
    by_network: Arc<Mutex<HashMap<Network, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        figures::closed();
        let mut taken = self
            .by_network
            .lock()
            .expect("nothing panics while it holds this");
        for network in &self.from {
            if let Some(count) = taken.get_mut(network) {
                *count -= 1;
                if *count == 0 {
                    taken.remove(network);
                }
            }
        }
    }
}

/// Who has how many places.
#[derive(Clone)]
struct Places {
    free: Arc<Semaphore>,
    by_network: Arc<Mutex<HashMap<Network, usize>>>,
    most_by_address: usize,
}

impl Places {
    fn take(&self, address: IpAddr) -> Option<Place> {
        let one = Arc::clone(&self.free).try_acquire_owned().ok()?;
        let shares = shares(address, self.most_by_address);
        let mut taken = self
            .by_network
            .lock()
            .expect("nothing panics while it holds this");
        let is_full =
            |(network, most): &(Network, usize)| taken.get(network).is_some_and(|count| count >= most);
        if shares.iter().any(is_full) {
            return None;
        }
        let from: Vec<_> = shares.into_iter().map(|(network, _)| network).collect();
        for network in &from {
            *taken.entry(*network).or_default() += 1;
        }
        figures::opened();
        Some(Place {
            _one: one,
            from,
            by_network: Arc::clone(&self.by_network),
        })
    }
}

/// To which networks an address belongs, and how many places each may have. Whoever has one address of IPv6 has 2^64 of
/// them, and many have 2^16 such networks, which a provider gives to one customer.
fn shares(address: IpAddr, most: usize) -> Vec<(Network, usize)> {
    match address.to_canonical() {
        address @ IpAddr::V4(_) => vec![((address, 32), most)],
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            let network = |d| IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0));
            vec![
                ((network(d), 64), most),
                ((network(0), 48), most.saturating_mul(4)),
            ]
        }
    }
}

/// Takes connections in until `stop` says so; then waits until messages that are under way have come to their end.
pub(crate) async fn listen(gateway: Gateway, listeners: Listeners, mut stop: watch::Receiver<bool>) {
    let limits = &gateway.settings().limits;
    let places = Places {
        free: Arc::new(Semaphore::new(limits.connections)),
        by_network: Arc::default(),
        most_by_address: limits.connections_by_address,
    };
    let mut connections = JoinSet::new();
    loop {
        let (accepted, begins_with_tls) = tokio::select! {
            accepted = listeners.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let newcomer = Newcomer {
                    stream,
                    // Who listens on `[::]` sees those who come by IPv4 as `::ffff:a.b.c.d`, which no record of DNS names.
                    peer: peer.ip().to_canonical(),
                    begins_with_tls,
                };
                connections.spawn(serve(gateway.clone(), places.clone(), newcomer, stop.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be taken in");
                tokio::time::sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listeners);
    while connections.join_next().await.is_some() {}
}

/// Somebody who has just come.
struct Newcomer {
    stream: TcpStream,
    peer: IpAddr,
    begins_with_tls: bool,
}

async fn serve(gateway: Gateway, places: Places, newcomer: Newcomer, stop: watch::Receiver<bool>) {
    let served = match places.take(newcomer.peer) {
        Some(_place) => talk(gateway, newcomer, stop).await,
        None => {
            log::turned_away(newcomer.peer);
            turn_away(newcomer, &gateway.settings().host).await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke off");
    }
}

async fn talk(gateway: Gateway, newcomer: Newcomer, mut stop: watch::Receiver<bool>) -> io::Result<()> {
    let Newcomer { stream, peer, .. } = newcomer;
    if !newcomer.begins_with_tls {
        return Connection::new(gateway, stream, peer).serve(stop).await;
    }
    let connection = tokio::select! {
        connection = Connection::secure(gateway, stream, peer) => connection?,
        _ = stop.wait_for(|stop| *stop) => return Ok(()),
    };
    connection.serve(stop).await
}

async fn turn_away(newcomer: Newcomer, host: &str) -> io::Result<()> {
    let (mut stream, said) = (newcomer.stream, replies::too_many(host));
    // Agreeing on keys only to say no would be what a flood wants.
    if !newcomer.begins_with_tls {
        tokio::time::timeout(PAUSE, stream.write_all(said.as_bytes()))
            .await
            .unwrap_or(Ok(()))?;
    }
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(all: usize, by_address: usize) -> Places {
        Places {
            free: Arc::new(Semaphore::new(all)),
            by_network: Arc::default(),
            most_by_address: by_address,
        }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn nobody_has_all_the_places() {
        let places = places(3, 2);
        let [one, two] = ["192.0.2.1", "192.0.2.2"].map(address);
        let held = (places.take(one), places.take(one));
        assert!(held.0.is_some() && held.1.is_some() && places.take(one).is_none());
        let other = places.take(two);
        assert!(
            other.is_some() && places.take(two).is_none(),
            "there are three in all"
        );
        drop(held);
        assert!(places.take(one).is_some());
        drop(other);
        assert!(places.by_network.lock().expect("free").is_empty());
    }

    #[test]
    fn a_network_counts_as_one() {
        let network = |text| shares(address(text), 1)[0].0;
        assert_eq!(network("2001:db8:1:2:3::4"), (address("2001:db8:1:2::"), 64));
        assert_eq!(network("::ffff:192.0.2.1"), (address("192.0.2.1"), 32));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn who_has_many_networks_has_the_places_of_four() {
        let places = places(100, 2);
        let take = |network: u16| places.take(address(&format!("2001:db8:1:{network:x}::1")));
        let held: Vec<_> = (0..10).filter_map(take).collect();
        assert_eq!(held.len(), 8);
        assert!(
            places.take(address("2001:db8:2::1")).is_some(),
            "a neighbour has their own"
        );
        drop(held);
        assert!(take(9).is_some() && places.by_network.lock().expect("free").is_empty());
    }
}
