//! Figures for whoever watches the server, in the format of Prometheus, at an address of their own.
//!
//! One path, answered in one way: for this little a web server would be more than it serves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use postern_smtp_gateway::Gateway;
use tokio::io::{self, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a question may take, with its answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many may be asked at once.
const AT_ONCE: usize = 8;
/// The longest head of a request.
const MAX_HEAD_BYTES: u64 = 8 << 10;
/// How long it is waited after a connection could not be taken in.
const PAUSE: Duration = Duration::from_millis(100);

/// Counts everything that is counted from now on. Once in a process.
pub(crate) fn count() -> anyhow::Result<PrometheusHandle> {
    let installed = PrometheusBuilder::new().install_recorder();
    installed.context("cannot count what happens")
}

/// Listens for those who watch.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| format!("cannot show figures on {address}"))?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!("figures are shown at http://{address}/metrics");
    }
    Ok(listener)
}

/// Shows figures until it is aborted.
pub(crate) fn start(
    listener: TcpListener,
    figures: PrometheusHandle,
    gateway: Option<Gateway>,
) -> JoinHandle<()> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    tokio::spawn(async move {
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let (figures, gateway) = (figures.clone(), gateway.clone());
            tokio::spawn(async move {
                // Who does not wait for the answer does not miss it.
                let _ = timeout(PATIENCE, answer(stream, &figures, gateway.as_ref())).await;
                drop(place);
            });
        }
    })
}

async fn answer(
    mut stream: TcpStream,
    figures: &PrometheusHandle,
    gateway: Option<&Gateway>,
) -> io::Result<()> {
    let answer = match asked(&mut stream).await?.as_deref() {
        Some("GET /metrics") => {
            if let Some(gateway) = gateway {
                gateway.measure().await;
            }
            figures.run_upkeep();
            said(
                "200 OK",
                "text/plain; version=0.0.4; charset=utf-8",
                &figures.render(),
            )
        }
        Some(_) => said("404 Not Found", "text/plain", "Figures are at /metrics.\n"),
        None => said("400 Bad Request", "text/plain", "This is no request.\n"),
    };
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// Method and path, once the head of the request is there.
async fn asked(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut lines = BufReader::new(stream.take(MAX_HEAD_BYTES)).lines();
    let first = lines.next_line().await?.unwrap_or_default();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let asked = first.rsplit_once(" HTTP/1.");
    Ok(asked.map(|(asked, _)| asked.to_owned()))
}

fn said(status: &str, media_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(address: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        answer
    }

    #[tokio::test]
    async fn figures_are_at_their_path_and_nowhere_else() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let figures = recorder.handle();
        metrics::with_local_recorder(&recorder, || metrics::counter!("letters_total").increment(3));
        let listener = listen(([127, 0, 0, 1], 0).into()).await.expect("a port");
        let address = listener.local_addr().expect("it has one");
        let showing = start(listener, figures, None);
        let answer = ask(address, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\nletters_total 3\n"), "{answer}");
        for (request, status) in [
            ("GET / HTTP/1.1\r\n\r\n", "404"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "404"),
            ("nonsense\r\n\r\n", "400"),
        ] {
            let answer = ask(address, request).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        }
        showing.abort();
    }
}
