//! Whoever brings mail for the first time is asked to come again: programs that send spam rarely do, and servers always do
//! (RFC 6647).
//!
//! What was seen is kept in memory, as hashes, and is gone when the gateway is started anew: then everybody is asked once
//! more.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Mutex;

use postern_crypto::hash::hash;
use postern_protocol::TimeMs;
use postern_protocol::time::{DAY_MS, MINUTE_MS};

/// Who comes again earlier has not waited.
const WAIT_MS: i64 = MINUTE_MS;
/// Who comes again later comes for the first time.
const PATIENCE_MS: i64 = DAY_MS;
/// Who was let in is let in for so long after the last time: what is sent once a month finds the door open.
const KNOWN_MS: i64 = 36 * DAY_MS;
/// How many are remembered, of those who were let in and of those who wait each.
const MOST: usize = 100_000;

/// Peer, sender and recipient, of which nobody needs to know who they are.
type Who = [u8; 16];

/// Who was here before.
#[derive(Debug, Default)]
pub struct Greylist {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Who was asked to come again, and when.
    waiting: HashMap<Who, TimeMs>,
    /// Who did, and when they were here last.
    known: HashMap<Who, TimeMs>,
}

impl Greylist {
    /// Whether mail from this peer and sender to this recipient is taken now. If not, it is remembered that it came.
    pub fn admits(&self, peer: IpAddr, sender: &str, recipient: &str, now: TimeMs) -> bool {
        let who = who(peer, sender, recipient);
        let mut seen = self.seen.lock().expect("nothing panics while it holds this");
        seen.is_known(who, now) || seen.has_waited(who, now)
    }
}

impl Seen {
    fn is_known(&mut self, who: Who, now: TimeMs) -> bool {
        match self.known.get_mut(&who) {
            Some(last) if now.0 - last.0 < KNOWN_MS => {
                *last = now;
                true
            }
            _ => false,
        }
    }

    fn has_waited(&mut self, who: Who, now: TimeMs) -> bool {
        let first = self.waiting.get(&who).map(|first| now.0 - first.0);
        match first {
            Some(ago) if (WAIT_MS..PATIENCE_MS).contains(&ago) => {
                self.waiting.remove(&who);
                make_room(&mut self.known, now.0 - KNOWN_MS);
                self.known.insert(who, now);
                true
            }
            // Coming more often does not make it longer.
            Some(ago) if (0..WAIT_MS).contains(&ago) => false,
            // Also who seems to come before they came: the clock was set back, by nobody knows how much.
            _ => {
                make_room(&mut self.waiting, now.0 - PATIENCE_MS);
                self.waiting.insert(who, now);
                false
            }
        }
    }
}

/// Where it is full, who came too long ago goes, and then the older half of the rest.
fn make_room(times: &mut HashMap<Who, TimeMs>, too_long_ago_ms: i64) {
    if times.len() < MOST {
        return;
    }
    times.retain(|_, at| at.0 > too_long_ago_ms);
    if times.len() >= MOST {
        let mut all: Vec<i64> = times.values().map(|at| at.0).collect();
        let (_, middle, _) = all.select_nth_unstable(MOST / 2);
        let middle = *middle;
        times.retain(|_, at| at.0 > middle);
    }
}

/// Large senders come again from another machine of the same network.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Addresses have no zeros in them, and no two capital spellings of one are two people.
fn who(peer: IpAddr, sender: &str, recipient: &str) -> Who {
    let all = [
        &network(peer).to_string(),
        &sender.to_lowercase(),
        &recipient.to_lowercase(),
    ];
    let digest = hash(&all.map(String::as_bytes).join(&0));
    let mut who = [0; 16];
    who.copy_from_slice(&digest[..16]);
    who
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000;

    fn came(list: &Greylist, peer: &str, after_ms: i64) -> bool {
        let peer = peer.parse().expect("an address");
        list.admits(
            peer,
            "b@sender.example",
            "alice@example.org",
            TimeMs(NOW + after_ms),
        )
    }

    #[test]
    fn who_comes_again_after_a_minute_is_let_in_and_known_from_then_on() {
        let (list, peer) = (Greylist::default(), "192.0.2.7");
        for (after_ms, is_let_in) in [
            (0, false),
            (WAIT_MS - 1, false),
            (WAIT_MS, true),
            (WAIT_MS + 1, true),
            (KNOWN_MS, true),
            (2 * KNOWN_MS - 1, true),
            (3 * KNOWN_MS - 1, false),
        ] {
            assert_eq!(came(&list, peer, after_ms), is_let_in, "{after_ms}");
        }
    }

    #[test]
    fn who_comes_again_after_a_day_comes_for_the_first_time() {
        let (list, peer) = (Greylist::default(), "192.0.2.7");
        assert!(!came(&list, peer, 0));
        assert!(!came(&list, peer, PATIENCE_MS));
        assert!(came(&list, peer, PATIENCE_MS + WAIT_MS));
    }

    #[test]
    fn who_has_waited_when_the_clock_is_set_back_waits_a_minute_and_not_until_the_clock_is_right_again() {
        let (list, peer) = (Greylist::default(), "192.0.2.7");
        assert!(!came(&list, peer, 0));
        assert!(!came(&list, peer, -DAY_MS));
        assert!(came(&list, peer, WAIT_MS - DAY_MS));
    }

    #[test]
    fn a_neighbour_may_come_again_instead_and_others_may_not() {
        let list = Greylist::default();
        assert!(!came(&list, "192.0.2.7", 0) && !came(&list, "2001:db8::1", 0));
        for (peer, is_let_in) in [
            ("192.0.3.7", false),
            ("2001:db8:0:1::1", false),
            ("192.0.2.8", true),
            ("2001:db8::2", true),
        ] {
            assert_eq!(came(&list, peer, WAIT_MS), is_let_in, "{peer}");
        }
        let peer = "192.0.2.7".parse().expect("an address");
        for (sender, recipient, is_let_in) in [
            ("c@sender.example", "alice@example.org", false),
            ("b@sender.example", "bob@example.org", false),
            ("B@Sender.example", "Alice@Example.org", true),
        ] {
            let admitted = list.admits(peer, sender, recipient, TimeMs(NOW + WAIT_MS));
            assert_eq!(admitted, is_let_in, "{sender} {recipient}");
        }
    }

    #[test]
    fn a_flood_takes_no_more_memory_than_there_is_room_for_and_none_of_those_who_are_known() {
        let (list, peer) = (Greylist::default(), "192.0.2.7");
        assert!(!came(&list, peer, 0) && came(&list, peer, WAIT_MS));
        let flood = "198.51.100.1".parse().expect("an address");
        for number in 0..i64::try_from(MOST).expect("a number") * 2 {
            let sender = format!("{number}@flood.example");
            list.admits(flood, &sender, "alice@example.org", TimeMs(NOW + number));
        }
        assert!(list.seen.lock().expect("free").waiting.len() <= MOST);
        assert!(came(&list, peer, 2 * WAIT_MS));
    }
}
