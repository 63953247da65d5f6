//! The task that removes what nobody needs any more.

use std::time::Duration;

use postern_api::Clock;
use postern_domain::Postern;
use postern_domain::sweeper::Grace;
use tokio::time::{Instant, interval};

use crate::config::Sweeping;

/// How often all blobs are looked through.
const SEARCH_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Sweeps for as long as it is awaited.
pub(crate) async fn keep_sweeping(postern: Postern, clock: Clock, settings: Sweeping) {
    let mut pause = interval(settings.every);
    let mut searched: Option<Instant> = None;
    loop {
        pause.tick().await;
        if searched.is_none_or(|at| at.elapsed() >= SEARCH_EVERY) {
            searched = Some(Instant::now());
            search(&postern, &clock, &settings.grace).await;
        }
        sweep(&postern, &clock, &settings.grace).await;
    }
}

async fn search(postern: &Postern, clock: &Clock, grace: &Grace) {
    match postern.find_lost_blobs(grace, clock.now()).await {
        Ok(0) => {}
        Ok(found) => tracing::info!(found, "found blobs that nothing refers to"),
        Err(error) => tracing::warn!(cause = %cause(&error), "the search for lost blobs was cut off"),
    }
}

async fn sweep(postern: &Postern, clock: &Clock, grace: &Grace) {
    match postern.sweep(grace, clock.now()).await {
        Ok(pass) if pass.blobs > 0 || pass.uploads > 0 || pass.contents > 0 => {
            tracing::info!(
                uploads = pass.uploads,
                contents = pass.contents,
                blobs = pass.blobs,
                "swept"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(cause = %cause(&error), "a sweep was cut off"),
    }
}

fn cause(error: &postern_domain::Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
