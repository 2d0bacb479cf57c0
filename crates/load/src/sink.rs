//! A server that reads each body and does nothing with it: shows how much load there can be at all.

use std::convert::Infallible;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// Read bodies, and answer 202.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// On 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// For how long, in seconds.
    #[arg(long)]
    seconds: u64,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", args.port)).await?;
    let tasks = TaskTracker::new();
    let serving = async {
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let connection =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(swallow));
            tasks.spawn(connection);
        }
    };
    match tokio::time::timeout(Duration::from_secs(args.seconds), serving).await {
        Ok(broken) => broken,
        Err(_) => Ok(()),
    }
}

async fn swallow(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut body = request.into_body();
    let mut status = StatusCode::ACCEPTED;
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            status = StatusCode::BAD_REQUEST;
        }
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    Ok(response)
}
