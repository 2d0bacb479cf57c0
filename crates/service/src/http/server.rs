//! The HTTP server.

use std::{
    future::{Future, ready},
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_http::{HttpService, error::DispatchError};
use actix_server::Server;
use actix_service::{ServiceFactoryExt as _, fn_service, map_config};
use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{AppConfig, ServiceFactory, ServiceRequest, ServiceResponse},
};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::{connection::Connection, expect};
use crate::auth::Authenticator;

/// How long an idle connection is kept: longer than common load balancers keep theirs, so that it
/// is they who close it and no request is lost on a connection that is just being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long the head of the first request of a connection may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a sender that was answered early may go on sending before the connection is closed.
const LINGER: Duration = Duration::from_secs(3);

/// Binds an address, early, so that a clash ends the process before any work begins.
///
/// # Errors
///
/// Names the address that cannot be bound.
pub fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(addr)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {addr}: {error}")))
}

/// Serves until `shutdown` is cancelled; requests under way then have `drain` to end.
///
/// On so many threads, or on one a core. Who asks before it sends a body needs a key of `authenticator`'s. Must be called within a
/// Tokio runtime.
///
/// # Errors
///
/// When the listener cannot be used or the server fails.
pub fn serve<F, T, B>(
    listener: TcpListener,
    factory: F,
    shutdown: CancellationToken,
    drain: Duration,
    threads: Option<usize>,
    authenticator: Option<Authenticator>,
) -> impl Future<Output = io::Result<()>> + Send
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let workers =
        threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from));
    // Built at once and not in the future: the server can be spawned, its builder cannot.
    let builder = Server::build()
        .workers(workers)
        // Signals belong to the frame of the process.
        .disable_signals()
        .shutdown_signal(shutdown.cancelled_owned())
        .shutdown_timeout(whole_seconds(drain));
    let draining = builder.graceful_shutdown_signal();
    // As `actix_web::HttpServer` does it, but for the connection, which it does not let us choose.
    let server = builder.listen("http", listener, move || {
        let draining = draining.clone();
        let app = map_config(factory(), |()| AppConfig::default());
        let authenticator = authenticator.clone();
        let http = HttpService::build()
            .expect(fn_service(move |request| {
                expect::admit(authenticator.clone(), request)
            }))
            .graceful_shutdown_signal(move || {
                let draining = draining.clone();
                async move { draining.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(LINGER)
            .h1(app);
        fn_service(|socket: TcpStream| {
            let peer = socket.peer_addr().ok();
            ready(Ok::<_, DispatchError>((Connection::new(socket), peer)))
        })
        .and_then(http)
    });
    async move { server?.run().await }
}

/// The server counts in seconds: rounded up, so that nobody has less than the whole of the drain.
fn whole_seconds(drain: Duration) -> u64 {
    drain.as_secs() + u64::from(drain.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drain_is_never_shortened() {
        let seconds = |millis| whole_seconds(Duration::from_millis(millis));
        assert_eq!([400, 1_000, 1_500, 2_001].map(seconds), [1, 1, 2, 3]);
    }
}
