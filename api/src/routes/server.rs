//! What the server tells everybody.

use actix_web::web::{Data, Json};
use postern_protocol::server::ServerBody;

use crate::state::State;

/// About this server.
#[utoipa::path(get, path = "/server", tag = "server", responses((status = 200, body = ServerBody)))]
pub(crate) async fn get_server(state: Data<State>) -> Json<ServerBody> {
    Json(state.postern.about())
}
