//! Connections are taken in, as many as there is room for, and not too many from one place.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{self, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::gateway::Gateway;
use crate::replies;

/// How long it is waited after a connection could not be taken in, which has its reason: no file handles, say.
const PAUSE: Duration = Duration::from_millis(100);

/// A place that is taken.
struct Place {
    _one: OwnedSemaphorePermit,
    from: IpAddr,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self
            .by_address
            .lock()
            .expect("nothing panics while it holds this");
        if let Some(count) = taken.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.from);
            }
        }
    }
}

/// Who has how many places.
#[derive(Clone)]
struct Places {
    free: Arc<Semaphore>,
    by_address: Arc<Mutex<HashMap<IpAddr, usize>>>,
    most_by_address: usize,
}

impl Places {
    fn take(&self, address: IpAddr) -> Option<Place> {
        let one = Arc::clone(&self.free).try_acquire_owned().ok()?;
        let from = network(address);
        let mut taken = self
            .by_address
            .lock()
            .expect("nothing panics while it holds this");
        let count = taken.entry(from).or_default();
        if *count >= self.most_by_address {
            return None;
        }
        *count += 1;
        Some(Place {
            _one: one,
            from,
            by_address: Arc::clone(&self.by_address),
        })
    }
}

/// Whoever has one address of IPv6 has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Takes connections in until `stop` says so; then waits until messages that are under way have come to their end.
pub(crate) async fn listen(gateway: Gateway, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let limits = &gateway.settings().limits;
    let places = Places {
        free: Arc::new(Semaphore::new(limits.connections)),
        by_address: Arc::default(),
        most_by_address: limits.connections_by_address,
    };
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let serving = serve(gateway.clone(), places.clone(), stream, peer.ip(), stop.clone());
                connections.spawn(serving);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be taken in");
                tokio::time::sleep(PAUSE).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn serve(
    gateway: Gateway,
    places: Places,
    stream: TcpStream,
    peer: IpAddr,
    stop: watch::Receiver<bool>,
) {
    let served = match places.take(peer) {
        Some(_place) => Connection::new(gateway, stream, peer).serve(stop).await,
        None => turn_away(stream, &gateway.settings().host).await,
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke off");
    }
}

async fn turn_away(mut stream: TcpStream, host: &str) -> io::Result<()> {
    let said = replies::too_many(host);
    tokio::time::timeout(PAUSE, stream.write_all(said.as_bytes()))
        .await
        .unwrap_or(Ok(()))?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(all: usize, by_address: usize) -> Places {
        Places {
            free: Arc::new(Semaphore::new(all)),
            by_address: Arc::default(),
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
        assert!(places.by_address.lock().expect("free").is_empty());
    }

    #[test]
    fn a_network_counts_as_one() {
        assert_eq!(network(address("2001:db8:1:2:3::4")), address("2001:db8:1:2::"));
        assert_eq!(network(address("::ffff:192.0.2.1")), address("192.0.2.1"));
        assert_ne!(network(address("192.0.2.1")), network(address("192.0.2.2")));
    }
}
