//! Putting the interface together and listening.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::{Server, ServerBuilder, ServerHandle};
use actix_service::{IntoServiceFactory as _, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::ResponseError as _;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{AppConfig, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::{Next, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, Error};
use postern_domain::Postern;
use postern_protocol::API_ROOT;

use crate::address::{Origin, origin_of};
use crate::bells::Bells;
use crate::connection::attending::attend;
use crate::connection::{Connection, KEEP_ALIVE};
use crate::door::Door;
use crate::headers::security_headers;
use crate::held::Held;
use crate::limits::Limits;
use crate::room::Room;
use crate::routes::{self, health};
use crate::settings::Settings;
use crate::state::{Clock, State};
use crate::sts;
use crate::web as files;

/// How often limits are forgotten that have run out.
const FORGET: Duration = Duration::from_secs(60);
/// How many may knock at the same moment. The standard library's 128 would make everybody wait behind a small flood.
const BACKLOG: i32 = 4_096;
/// Threads of each worker that wait for disks. Each may hold memory of its own, so there are not more than help.
const BLOCKING_THREADS: usize = 64;
/// How long the end of a connection may take.
const DISCONNECT: Duration = Duration::from_secs(1);

/// A server that listens. It serves as long as [`Running::wait`] is awaited.
pub struct Running {
    server: Server,
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
        room: Arc::new(Room::default()),
        postern,
        bells,
        clock,
        settings,
    });
    cut_off_stalled(&listener, state.settings.pace.stall)?;
    socket2::SockRef::from(&listener).listen(BACKLOG)?;
    let builder = Server::build()
        .workers(state.settings.workers.max(1))
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .shutdown_timeout(state.settings.shutdown.as_secs())
        .disable_signals();
    let server = listen(builder, listener, &state)?.run();
    Ok(Running { server, state })
}

/// What actix's own `HttpServer` does, with the door before it.
fn listen(builder: ServerBuilder, listener: TcpListener, state: &Data<State>) -> io::Result<ServerBuilder> {
    let (state, door) = (state.clone(), Arc::new(Door::new(&state.settings)));
    let ending = builder.graceful_shutdown_signal();
    builder.listen("interface", listener, move || {
        let (door, ending) = (Arc::clone(&door), ending.clone());
        let app = App::new()
            .app_data(state.clone())
            .wrap(security_headers(state.settings.behind_tls))
            .wrap(from_fn(attend))
            .configure(all_paths)
            .into_factory()
            .map_err(|error: Error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let ending = ending.clone();
                async move { ending.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(state.settings.pace.head)
            .client_disconnect_timeout(DISCONNECT)
            .on_connect_ext(|stream: &Connection<TcpStream>, data| {
                data.insert(stream.attending());
            })
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream| {
            let door = Arc::clone(&door);
            async move {
                let (stream, peer) = door.take_in(stream).await.map_err(DispatchError::Io)?;
                Ok((stream, actix_http::Protocol::Http1, Some(peer)))
            }
        })
        .and_then(http)
    })
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
        .service(
            web::resource("/readyz")
                .wrap(from_fn(count_request))
                .route(web::get().to(health::get_readiness)),
        )
        .service(
            web::resource(sts::PATH)
                .wrap(from_fn(count_request))
                .route(web::get().to(sts::get_policy)),
        )
        .default_service(web::to(files::get_file));
}

/// Counts the request for its sender and its answer's memory, and keeps answers of the interface out of every cache.
async fn count_request(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = crate::extract::state(request.request()).clone();
    let origin = origin_of(request.request(), &state.settings.trusted_proxies);
    state.limits.count_request(origin)?;
    let answered = next.call(request).await?.map_into_boxed_body();
    let mut response = hold(answered, &state.room, origin);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// An answer whose memory is counted until it has been sent; or, if there is none left for it, a refusal.
fn hold(answered: ServiceResponse, room: &Arc<Room>, origin: Origin) -> ServiceResponse {
    let mut refused = None;
    let held = answered.map_body(|_, body| {
        Held::hold(body, room.reserve(origin)).unwrap_or_else(|reason| {
            refused = Some(reason);
            BoxBody::new(())
        })
    });
    match refused {
        None => held,
        Some(reason) => held.into_response(reason.error_response()),
    }
}
