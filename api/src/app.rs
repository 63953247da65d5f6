//! Putting the interface together and listening.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpServer};
use postern_domain::Postern;
use postern_protocol::API_ROOT;

use crate::address::origin_of;
use crate::bells::Bells;
use crate::headers::security_headers;
use crate::limits::Limits;
use crate::routes::{self, health};
use crate::settings::Settings;
use crate::state::{Clock, State};
use crate::web as files;

/// How often limits are forgotten that have run out.
const FORGET: Duration = Duration::from_secs(60);

/// A server that listens. It serves as long as [`Running::wait`] is awaited.
pub struct Running {
    server: actix_web::dev::Server,
    state: Data<State>,
}

/// Stops a server from elsewhere.
#[derive(Debug, Clone)]
pub struct Stopper {
    server: ServerHandle,
    bells: Arc<Bells>,
}

/// Serves `postern` to whoever connects to `listener`. `bells` are those that `postern` rings.
///
/// # Errors
/// If the listener cannot be used.
pub fn run(
    listener: TcpListener,
    postern: Postern,
    bells: Arc<Bells>,
    clock: Clock,
    settings: Settings,
) -> io::Result<Running> {
    let state = Data::new(State {
        limits: Limits::new(&settings.rates),
        postern,
        bells,
        clock,
        settings,
    });
    let shared = state.clone();
    let app = move || {
        App::new()
            .app_data(shared.clone())
            .wrap(security_headers(shared.settings.behind_tls))
            .configure(all_paths)
    };
    cut_off_stalled(&listener, state.settings.pace.stall)?;
    let server = HttpServer::new(app)
        .workers(state.settings.workers.max(1))
        .client_request_timeout(state.settings.pace.head)
        .shutdown_timeout(state.settings.shutdown.as_secs())
        .disable_signals()
        .listen(listener)?
        .run();
    Ok(Running { server, state })
}

impl Running {
    /// What stops it.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper {
            server: self.server.handle(),
            bells: Arc::clone(&self.state.bells),
        }
    }

    /// Serves until it is stopped and the last transfer has ended or run out of time.
    ///
    /// # Errors
    /// If the server fails.
    pub async fn wait(self) -> io::Result<()> {
        let state = self.state;
        let forget = async {
            loop {
                tokio::time::sleep(FORGET).await;
                state.limits.forget_idle();
            }
        };
        tokio::select! {
            ended = self.server => ended,
            () = forget => Ok(()),
        }
    }
}

impl Stopper {
    /// Takes no more connections, lets transfers end that are under way, and sends away who only listens.
    pub async fn stop(&self) {
        self.bells.close();
        self.server.stop(true).await;
    }

    /// Ends at once.
    pub async fn stop_now(&self) {
        self.server.stop(false).await;
    }
}

/// A peer that takes no bytes would hold its connection, and an open file behind it, for ever. The system ends it; who
/// only paused goes on with a range. (Connections inherit this from the listener.)
#[cfg(target_os = "linux")]
fn cut_off_stalled(listener: &TcpListener, stall: Duration) -> io::Result<()> {
    socket2::SockRef::from(listener).set_tcp_user_timeout(Some(stall))
}

#[cfg(not(target_os = "linux"))]
fn cut_off_stalled(_: &TcpListener, _: Duration) -> io::Result<()> {
    Ok(())
}

fn all_paths(config: &mut ServiceConfig) {
    let interface = web::scope(API_ROOT)
        .wrap(from_fn(count_request))
        .configure(routes::interface)
        .default_service(web::to(routes::no_such_path));
    config
        .service(interface)
        .route("/healthz", web::get().to(health::get_health))
        .route("/readyz", web::get().to(health::get_readiness))
        .default_service(web::to(files::get_file));
}

/// Counts the request for its sender, and keeps answers of the interface out of every cache.
async fn count_request(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let state = crate::extract::state(request.request());
    let origin = origin_of(request.request(), &state.settings.trusted_proxies);
    state.limits.count_request(origin)?;
    let mut response = next.call(request).await?;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
