//! Leases: one download, reserved for a day, also across a crash of this program.

use postern_protocol::link::LinkProof;
use postern_protocol::{LinkId, TimeMs};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::device::{get_json, keys, put_json};
use crate::http::{Api, Door};
use crate::{Result, Surroundings};

#[derive(Serialize, Deserialize)]
struct Lease {
    token: String,
    expires: TimeMs,
}

/// The lease that this device holds for `link`, or a new one. Asked for when a person wants the bytes, never before:
/// this is what a download limit counts (threat E3).
pub(super) async fn take(around: &Surroundings, api: &Api, link: LinkId, proof: &LinkProof) -> Result<Door> {
    let kept = get_json::<Lease>(&*around.device, &keys::lease(&around.origin, link)).await?;
    let lease = match kept.filter(|lease| lease.expires > around.now()) {
        Some(lease) => lease,
        None => {
            let body = api.link_lease(link, proof).await?;
            let lease = Lease {
                token: body.token,
                expires: body.expires,
            };
            put_json(&*around.device, &keys::lease(&around.origin, link), &lease).await?;
            lease
        }
    };
    Ok(Door::Lease {
        link,
        token: Zeroizing::new(lease.token),
    })
}

/// Forgets the lease: it is used, or the server no longer knows it.
pub(super) async fn forget(around: &Surroundings, link: LinkId) -> Result<()> {
    around.device.delete(&keys::lease(&around.origin, link)).await
}
