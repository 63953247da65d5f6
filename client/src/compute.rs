//! Where long computations run: natively beside the thread that talks to the network, in a browser in the worker that
//! asks (a pool of workers is the browser's way to have several).

/// Runs `work` without holding up other transfers.
#[cfg(not(target_arch = "wasm32"))]
pub async fn compute<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Runs `work` here.
#[cfg(target_arch = "wasm32")]
pub async fn compute<T>(work: impl FnOnce() -> T) -> T {
    work()
}
