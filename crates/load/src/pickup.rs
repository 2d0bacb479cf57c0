//! From a post to the provider's hearing of it, on an idle system.
//!
//! Stands between the worker and the provider and hands on what either says, so that both moments are seen by one
//! clock.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Uri};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::bodies::{Bodies, Payloads};
use crate::figures::{self, Figures, Latency};
use crate::http::connect;

/// How long a worker may take.
const BOUND: Duration = Duration::from_secs(30);

/// Post one evaluation after the other, and wait for each to reach the provider.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to post.
    #[arg(long)]
    url: Uri,
    #[command(flatten)]
    payloads: Payloads,
    /// How many.
    #[arg(long)]
    count: u64,
    /// Where the worker calls its provider, on 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// The provider, `host:port`.
    #[arg(long)]
    provider: String,
    /// Pause between two, in milliseconds: up to twice as long, so that nothing keeps step with it.
    #[arg(long, default_value_t = 30)]
    pause: u64,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let bodies = Bodies::of(&args.payloads, true)?;
    let (heard, mut calls) = mpsc::unbounded_channel();
    let listener = TcpListener::bind(("127.0.0.1", args.port)).await?;
    let tasks = TaskTracker::new();
    tasks.spawn(hand_on(
        tasks.clone(),
        listener,
        args.provider.clone(),
        heard,
    ));
    let mut sender = connect(&tasks, &args.url).await?;
    let (mut latencies, begun) = (Vec::new(), Instant::now());
    for nth in 0..args.count {
        let host = args.url.authority().context("no host")?.as_str();
        let request = Request::post(args.url.path())
            .header(HOST, host)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(bodies.nth(nth)?))?;
        // Pieces of the last call that came late.
        while calls.try_recv().is_ok() {}
        let posted = Instant::now();
        let answer = sender.send_request(request).await?;
        if answer.status() != 202 {
            bail!("a post was answered with {}", answer.status());
        }
        answer.into_body().collect().await?;
        let called: Option<Instant> = timeout(BOUND, calls.recv())
            .await
            .context("the provider was not called")?;
        latencies.push(called.context("nobody hands on calls")? - posted);
        sleep(Duration::from_millis(
            args.pause + nth * 7 % args.pause.max(1),
        ))
        .await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let per_second = args.count as f64 / seconds;
    figures::print(&Figures {
        per_second,
        count: args.count,
        seconds,
        latency_ms: Latency::of(latencies),
        ..Figures::default()
    })
}

async fn hand_on(
    tasks: TaskTracker,
    listener: TcpListener,
    provider: String,
    heard: mpsc::UnboundedSender<Instant>,
) -> Result<()> {
    loop {
        let (worker, _) = listener.accept().await?;
        let provider = TcpStream::connect(&provider).await?;
        worker.set_nodelay(true)?;
        provider.set_nodelay(true)?;
        let (from_worker, to_worker) = worker.into_split();
        let (from_provider, to_provider) = provider.into_split();
        tasks.spawn(copy(from_worker, to_provider, Some(heard.clone())));
        tasks.spawn(copy(from_provider, to_worker, None));
    }
}

async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    heard: Option<mpsc::UnboundedSender<Instant>>,
) -> Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let size = from.read(&mut piece).await?;
        let Some(bytes) = piece.get(..size).filter(|bytes| !bytes.is_empty()) else {
            return Ok(to.shutdown().await?);
        };
        if let Some(heard) = &heard {
            heard.send(Instant::now())?;
        }
        to.write_all(bytes).await?;
    }
}
