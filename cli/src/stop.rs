//! Ctrl-C in the middle of a transfer: everything on the way stays resumable, and the person hears so.

use std::future::Future;

use crate::failure::{Failure, Result};

/// Runs `work` until it ends or somebody presses Ctrl-C.
pub(crate) async fn unless_stopped<T>(
    advice: &'static str,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        outcome = work => outcome,
        // Dropping the work is how a transfer is paused; journals and checkpoints are on the disk already.
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::Stopped(advice)),
    }
}
