//! The HTTP server.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{
    App, Error, HttpServer,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
};
use tokio_util::sync::CancellationToken;

/// How long an idle connection is kept: longer than common load balancers keep theirs, so that it
/// is they who close it and no request is lost on a connection that is just being closed.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Binds an address, early, so that a clash ends the process before any work begins.
///
/// # Errors
///
/// Names the address that cannot be bound.
pub fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(addr)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {addr}: {error}")))
}

/// Serves until `shutdown` is cancelled; requests under way then have `drain` to end. On so many threads, or on
/// one a core. Must be called within a Tokio runtime.
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
    let server = HttpServer::new(factory)
        .workers(workers)
        .keep_alive(KEEP_ALIVE)
        // Signals belong to the frame of the process.
        .disable_signals()
        .shutdown_signal(shutdown.cancelled_owned())
        .shutdown_timeout(drain.as_secs().max(1))
        .listen(listener)
        .map(HttpServer::run);
    async move { server?.await }
}
