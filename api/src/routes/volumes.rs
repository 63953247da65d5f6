//! Reading and changing a volume.

use actix_web::web::{self, Data};
use postern_protocol::volume::{Batch, BatchApplied, Cursor, VolumePage};
use postern_protocol::{ErrorBody, NodeId, VolumeId};
use serde::Deserialize;

use super::changes::whole_page;
use crate::error::ApiError;
use crate::extract::{Json, Path, Query, User};
use crate::state::State;

/// Where to go on, and how far.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    counter: Option<u64>,
    node: Option<NodeId>,
    #[serde(default = "whole_page")]
    limit: u32,
}

impl After {
    fn cursor(&self) -> Result<Option<Cursor>, ApiError> {
        match (self.counter, self.node) {
            (Some(counter), node) => Ok(Some(Cursor { counter, node })),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(ApiError::Malformed("a node needs its counter".to_owned())),
        }
    }
}

/// What changed after a cursor; without one, all that is there.
#[utoipa::path(
    get, path = "/volumes/{volume}/changes", tag = "volumes", security(("session" = [])),
    params(
        ("volume" = VolumeId, Path),
        ("counter" = Option<u64>, Query, description = "of the cursor"),
        ("node" = Option<NodeId>, Query, description = "of the cursor"),
        ("limit" = Option<u32>, Query, description = "at most so many changes"),
    ),
    responses((status = 200, body = VolumePage), (status = "default", body = ErrorBody))
)]
pub(crate) async fn list_changes(
    User(user): User,
    Path(volume): Path<VolumeId>,
    Query(after): Query<After>,
) -> Result<web::Json<VolumePage>, ApiError> {
    let volume = user.volume(volume).await?;
    Ok(web::Json(volume.changes(after.cursor()?, after.limit).await?))
}

/// Changes a volume, whole or not at all.
#[utoipa::path(
    post, path = "/volumes/{volume}/batches", tag = "volumes", security(("session" = [])),
    params(("volume" = VolumeId, Path)), request_body = Batch,
    responses((status = 200, body = BatchApplied), (status = "default", body = ErrorBody))
)]
pub(crate) async fn apply_batch(
    User(user): User,
    Path(volume): Path<VolumeId>,
    state: Data<State>,
    Json(batch): Json<Batch>,
) -> Result<web::Json<BatchApplied>, ApiError> {
    let volume = user.volume(volume).await?;
    Ok(web::Json(volume.apply(batch, state.now()).await?))
}
