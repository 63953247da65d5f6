//! Leases: one download, reserved for a day, also across a crash of this program.
//!
//! A device has one lease of a link, whoever asks for the bytes and however many at once: each would count.

use postern_protocol::link::LinkProof;
use postern_protocol::{LinkId, TimeMs};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::device::{get_json, hold_patiently, keys, put_json};
use crate::http::{Api, Door};
use crate::{Result, Surroundings};

/// How long to wait for another who asks the server for the same lease, over a slow line.
const PATIENCE_MS: i64 = 60_000;

/// What is kept of a lease.
#[derive(Serialize, Deserialize)]
struct Kept {
    token: String,
    expires: TimeMs,
}

/// A lease that this device holds.
pub(super) struct Lease {
    link: LinkId,
    token: Zeroizing<String>,
}

impl Lease {
    /// The lease that this device holds for `link`, or a new one. Asked for when a person wants the bytes, never before:
    /// this is what a download limit counts (threat E3).
    pub(super) async fn take(
        around: &Surroundings,
        api: &Api,
        link: LinkId,
        proof: &LinkProof,
    ) -> Result<Self> {
        let key = keys::lease(&around.origin, link);
        let kept = match running(around, &key).await? {
            Some(kept) => kept,
            None => take_alone(around, api, link, proof).await?,
        };
        Ok(Self {
            link,
            token: Zeroizing::new(kept.token),
        })
    }

    /// What the server lets in.
    pub(super) fn door(&self) -> Door {
        Door::Lease {
            link: self.link,
            token: self.token.clone(),
        }
    }

    /// Forgets the lease: it is used, or the server no longer knows it. One that was taken after it stays.
    pub(super) async fn forget(&self, around: &Surroundings) -> Result<()> {
        let key = keys::lease(&around.origin, self.link);
        let _guard = hold_patiently(around, &key, PATIENCE_MS).await?;
        match get_json::<Kept>(&*around.device, &key).await? {
            Some(kept) if kept.token == *self.token => around.device.delete(&key).await,
            _ => Ok(()),
        }
    }
}

/// Asks for a lease, unless another has done so meanwhile.
async fn take_alone(around: &Surroundings, api: &Api, link: LinkId, proof: &LinkProof) -> Result<Kept> {
    let key = keys::lease(&around.origin, link);
    let _guard = hold_patiently(around, &key, PATIENCE_MS).await?;
    if let Some(kept) = running(around, &key).await? {
        return Ok(kept);
    }
    drop_ended(around).await?;
    let body = api.link_lease(link, proof).await?;
    let kept = Kept {
        token: body.token,
        expires: body.expires,
    };
    put_json(&*around.device, &key, &kept).await?;
    Ok(kept)
}

async fn running(around: &Surroundings, key: &str) -> Result<Option<Kept>> {
    let kept = get_json::<Kept>(&*around.device, key).await?;
    Ok(kept.filter(|kept| kept.expires > around.now()))
}

/// Nobody comes back for the lease of a link that was used once: whoever takes the next one clears away what has ended.
async fn drop_ended(around: &Surroundings) -> Result<()> {
    for key in around.device.list(keys::LEASES).await? {
        // One that is locked is being taken anew, or given back.
        let Some(_guard) = around.device.lock(&key).await? else {
            continue;
        };
        if running(around, &key).await?.is_none() {
            around.device.delete(&key).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    use async_trait::async_trait;
    use futures::join;
    use postern_protocol::LeaseId;
    use postern_protocol::link::LeaseBody;
    use tokio::task::yield_now;

    use super::*;
    use crate::Clock;
    use crate::device::MemoryDevice;
    use crate::http::{Fault, Http, Request, Response};

    const DAY_MS: i64 = 86_400_000;
    const LINK: LinkId = LinkId([1; 16]);
    const OTHER: LinkId = LinkId([2; 16]);

    /// Gives a lease to whoever asks, and takes its time.
    #[derive(Default)]
    struct Server {
        given: Cell<u8>,
        clock: Rc<Hand>,
    }

    /// A clock that goes on when somebody waits.
    #[derive(Default)]
    struct Hand(Cell<i64>);

    #[async_trait(?Send)]
    impl Clock for Hand {
        fn now(&self) -> TimeMs {
            TimeMs(self.0.get())
        }

        async fn sleep_ms(&self, ms: u64) {
            self.0
                .update(|now| now + i64::try_from(ms).expect("a short time"));
            yield_now().await;
        }
    }

    #[async_trait(?Send)]
    impl Http for Server {
        async fn send(&self, _: Request) -> std::result::Result<Response, Fault> {
            self.clock.sleep_ms(1_000).await;
            self.given.update(|given| given + 1);
            let body = LeaseBody {
                id: LeaseId([self.given.get(); 16]),
                token: format!("lease {}", self.given.get()),
                expires: self.clock.now().plus_ms(DAY_MS),
            };
            Ok(Response {
                status: 200,
                content_range: None,
                retry_after_s: None,
                body: serde_json::to_vec(&body).expect("it serialises").into(),
            })
        }
    }

    /// A device at the server at `origin`.
    struct Visitor {
        server: Rc<Server>,
        around: Surroundings,
        api: Api,
    }

    impl Visitor {
        fn at(origin: &str, device: &MemoryDevice) -> Self {
            let server = Rc::new(Server::default());
            let around = Surroundings {
                http: server.clone(),
                origin: origin.to_owned(),
                device: Rc::new(device.clone()),
                clock: server.clock.clone(),
                entropy: Rc::new(RefCell::new(rand::rng())),
                label: String::new(),
            };
            let api = Api::new(around.http.clone());
            Self { server, around, api }
        }

        async fn take(&self, link: LinkId) -> Lease {
            let proof = LinkProof {
                proof: [0; 32].into(),
            };
            let lease = Lease::take(&self.around, &self.api, link, &proof).await;
            lease.expect("it is given to whoever asks")
        }

        async fn kept(&self) -> usize {
            let keys = self.around.device.list(keys::LEASES).await;
            keys.expect("listed").len()
        }
    }

    #[tokio::test]
    async fn several_who_want_the_bytes_at_once_share_one_lease() {
        let visitor = Visitor::at("https://files.example", &MemoryDevice::default());
        let (one, two, three) = join!(visitor.take(LINK), visitor.take(LINK), visitor.take(LINK));
        assert_eq!([&*one.token, &*two.token, &*three.token], ["lease 1"; 3]);
        assert_eq!(visitor.server.given.get(), 1);
    }

    #[tokio::test]
    async fn a_lease_that_is_over_takes_no_later_one_with_it() {
        let visitor = Visitor::at("https://files.example", &MemoryDevice::default());
        let first = visitor.take(LINK).await;
        first.forget(&visitor.around).await.expect("forgotten");
        let second = visitor.take(LINK).await;
        first.forget(&visitor.around).await.expect("forgotten before");
        assert_eq!(visitor.take(LINK).await.token, second.token);
        second.forget(&visitor.around).await.expect("forgotten");
        assert_eq!(visitor.kept().await, 0);
    }

    #[tokio::test]
    async fn a_lease_is_never_shown_to_another_server() {
        let device = MemoryDevice::default();
        let (here, there) = (
            Visitor::at("https://a.example", &device),
            Visitor::at("https://b.example", &device),
        );
        here.take(LINK).await;
        there.take(LINK).await;
        assert_eq!((here.server.given.get(), there.server.given.get()), (1, 1));
    }

    #[tokio::test]
    async fn leases_that_have_ended_go_when_another_is_taken() {
        let visitor = Visitor::at("https://files.example", &MemoryDevice::default());
        visitor.take(LINK).await;
        visitor.around.clock.sleep_ms(DAY_MS.unsigned_abs() / 2).await;
        visitor.take(OTHER).await;
        assert_eq!(visitor.kept().await, 2, "both are running");
        visitor.around.clock.sleep_ms(DAY_MS.unsigned_abs()).await;
        assert_eq!(*visitor.take(LINK).await.token, "lease 3");
        assert_eq!(visitor.kept().await, 1);
    }

    #[tokio::test]
    async fn who_waits_for_a_lease_in_vain_is_told() {
        let visitor = Visitor::at("https://files.example", &MemoryDevice::default());
        let key = keys::lease(&visitor.around.origin, LINK);
        let _guard = visitor.around.device.lock(&key).await.expect("free");
        let proof = LinkProof {
            proof: [0; 32].into(),
        };
        let taken = Lease::take(&visitor.around, &visitor.api, LINK, &proof).await;
        assert_eq!(taken.err(), Some(crate::Error::Busy));
    }
}
