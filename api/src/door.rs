//! The front door: how many connections there may be, and how long a peer may keep one without taking its answer.
//!
//! Whoever comes when the house is full is told so and let go, at once: somebody who waited in silence could not tell
//! a full server from a dead one. One address never gets all the places.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::ResponseError as _;
use actix_web::rt::net::TcpStream;
use ipnet::IpNet;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::address::Origin;
use crate::connection::Connection;
use crate::error::ApiError;
use crate::settings::{Pace, Settings};

/// Who was refused is heard out for so long: to close on words that nobody has read would take the answer away too.
const HEAR_OUT: Duration = Duration::from_secs(1);
/// So many may be heard out at a time; who comes when there are more is let go without a word.
const MOST_HEARD_OUT: usize = 64;
/// After this time a place may be free.
const RETRY_S: u64 = 5;

/// Who is in the house.
pub(crate) struct Door {
    places: usize,
    places_per_address: usize,
    /// They bring everybody's connections.
    proxies: Vec<IpNet>,
    pace: Pace,
    /// Changed only by who has locked `guests`.
    present: AtomicUsize,
    guests: Mutex<Guests>,
}

#[derive(Default)]
struct Guests {
    refused: usize,
    by_address: HashMap<Origin, usize>,
}

/// A place, until it is dropped.
pub(crate) struct Guest {
    door: Arc<Door>,
    address: Option<Origin>,
}

impl Door {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            places: settings.connections,
            places_per_address: settings.connections_per_address,
            proxies: settings.trusted_proxies.clone(),
            pace: settings.pace,
            present: AtomicUsize::new(0),
            guests: Mutex::default(),
        }
    }

    /// Takes a connection in, or refuses it.
    pub(crate) async fn take_in(
        self: Arc<Self>,
        stream: TcpStream,
    ) -> io::Result<(Connection<TcpStream>, SocketAddr)> {
        let peer = stream.peer_addr()?;
        // The end of an answer must not wait until its beginning has been confirmed: with peers that confirm late that
        // takes 40 ms.
        stream.set_nodelay(true)?;
        match self.admit(peer.ip()) {
            Ok(guest) => Ok((Connection::new(stream, self.pace, guest), peer)),
            Err(reason) => {
                self.refuse(stream, &reason).await;
                Err(io::ErrorKind::ConnectionRefused.into())
            }
        }
    }

    fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Guest, ApiError> {
        let peer = peer.to_canonical();
        let is_proxy = self.proxies.iter().any(|net| net.contains(&peer));
        let address = (!is_proxy).then(|| Origin::from(peer));
        let mut guests = self.guests();
        if self.present.load(Ordering::Relaxed) >= self.places {
            return Err(ApiError::Full {
                retry_after_s: RETRY_S,
            });
        }
        if let Some(address) = address {
            let of_address = guests.by_address.entry(address).or_default();
            if *of_address >= self.places_per_address {
                return Err(ApiError::TooManyRequests {
                    retry_after_s: RETRY_S,
                });
            }
            *of_address += 1;
        }
        self.present.fetch_add(1, Ordering::Relaxed);
        Ok(Guest {
            door: Arc::clone(self),
            address,
        })
    }

    async fn refuse(&self, mut stream: TcpStream, reason: &ApiError) {
        if self.guests().refused >= MOST_HEARD_OUT {
            return;
        }
        self.guests().refused += 1;
        // Who does not want to hear it is not made to.
        let _ = timeout(HEAR_OUT, say_and_hear_out(&mut stream, reason)).await;
        self.guests().refused -= 1;
    }

    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    /// How many there are, itself among them.
    pub(crate) fn present(&self) -> usize {
        self.door.present.load(Ordering::Relaxed).max(1)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut guests = self.door.guests();
        self.door.present.fetch_sub(1, Ordering::Relaxed);
        let Some(address) = self.address else { return };
        let left = guests.by_address.get_mut(&address).map_or(0, |of_address| {
            *of_address -= 1;
            *of_address
        });
        if left == 0 {
            guests.by_address.remove(&address);
        }
    }
}

async fn say_and_hear_out(stream: &mut TcpStream, reason: &ApiError) -> io::Result<()> {
    stream.write_all(refusal(reason).as_bytes()).await?;
    stream.shutdown().await?;
    let mut words = [0; 1_024];
    while stream.read(&mut words).await? > 0 {}
    Ok(())
}

/// The answer that a handler would give, written by hand: nobody has read a request yet.
fn refusal(reason: &ApiError) -> String {
    let body = serde_json::to_string(&reason.told()).expect("a plain structure");
    format!(
        "HTTP/1.1 {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nretry-after: {RETRY_S}\r\n\
         cache-control: no-store\r\nconnection: close\r\n\r\n{body}",
        reason.status_code(),
        body.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn door(places: usize, places_per_address: usize) -> Arc<Door> {
        Arc::new(Door::new(&Settings {
            connections: places,
            connections_per_address: places_per_address,
            trusted_proxies: vec!["10.0.0.0/8".parse().expect("a network")],
            ..Settings::default()
        }))
    }

    fn admit(door: &Arc<Door>, address: &str) -> Result<Guest, ApiError> {
        door.admit(address.parse().expect("an address"))
    }

    #[test]
    fn one_address_never_gets_all_the_places() {
        let door = door(5, 2);
        let guests: Vec<_> = (0..2).map(|_| admit(&door, "192.0.2.1").expect("free")).collect();
        let refused = admit(&door, "192.0.2.1");
        assert!(matches!(refused, Err(ApiError::TooManyRequests { .. })));
        let other = admit(&door, "192.0.2.2").expect("free for others");
        drop(guests);
        drop(other);
        assert!(door.guests().by_address.is_empty() && door.present.load(Ordering::Relaxed) == 0);
    }

    #[test]
    fn a_full_house_is_said_to_be_full_until_somebody_goes() {
        let door = door(1, 1);
        let guest = admit(&door, "192.0.2.1").expect("free");
        assert!(matches!(admit(&door, "192.0.2.2"), Err(ApiError::Full { .. })));
        drop(guest);
        admit(&door, "192.0.2.2").map(drop).expect("free again");
    }

    #[test]
    fn a_proxy_brings_everybodys_connections() {
        let door = door(5, 1);
        let guests: Vec<_> = (0..5).map(|_| admit(&door, "10.0.0.1")).collect();
        assert!(guests.iter().all(Result::is_ok));
        assert!(matches!(admit(&door, "10.0.0.1"), Err(ApiError::Full { .. })));
    }

    #[test]
    fn a_refusal_is_an_answer_like_any_other() {
        let text = refusal(&ApiError::Full {
            retry_after_s: RETRY_S,
        });
        assert!(text.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{text}");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{head}"
        );
        assert!(body.contains("\"retry_after_s\":5"), "{body}");
    }
}
