//! Requests to a service over HTTP/1.1 with kept connections, as fast as it takes them or at a rate.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::future::join_all;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::TaskTracker;

use crate::bodies::{Bodies, Body, Payloads};
use crate::figures::{self, Figures, Latency};
use crate::machine::Ticks;

/// No answer takes longer.
const BOUND: Duration = Duration::from_secs(60);

/// Post evaluations.
#[derive(clap::Args)]
pub(crate) struct PostArgs {
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    payloads: Payloads,
    /// Always the same.
    #[arg(long)]
    same: bool,
}

/// Read what stands at paths of a service, one after the other and from the first again.
#[derive(clap::Args)]
pub(crate) struct GetArgs {
    #[command(flatten)]
    pace: Pace,
    /// A file with a path in each line.
    #[arg(long)]
    paths: PathBuf,
}

/// Where requests go, and how fast.
#[derive(clap::Args)]
struct Pace {
    /// Where to; of what is read the path is left out.
    #[arg(long)]
    url: Uri,
    /// How many connections.
    #[arg(long)]
    connections: usize,
    /// For how long, in seconds.
    #[arg(long)]
    seconds: f64,
    /// How many in a second; as many as can be without it. Their latency counts from when they were due.
    #[arg(long)]
    rate: Option<f64>,
    /// Seconds before anything counts.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
}

/// What connections share; there is one thread.
struct Run {
    /// Of connections.
    tasks: TaskTracker,
    pace: Pace,
    requests: Requests,
    begun: Instant,
    next: Cell<u64>,
    latencies: RefCell<Vec<Duration>>,
    answers: RefCell<BTreeMap<String, u64>>,
}

enum Requests {
    Posts(Bodies),
    Gets(Vec<String>),
}

impl Requests {
    fn nth(&self, url: &Uri, nth: u64) -> Result<Request<Full<Body>>> {
        let host = url.authority().context("no host")?.as_str();
        let request = Request::builder().header(HOST, host);
        Ok(match self {
            Self::Posts(bodies) => request
                .method(Method::POST)
                .uri(url.path())
                .header(CONTENT_TYPE, "application/json")
                .body(Full::new(bodies.nth(nth)?)),
            Self::Gets(paths) => {
                let index = usize::try_from(nth)? % paths.len().max(1);
                let path = paths.get(index).context("no path")?;
                request.uri(path.as_str()).body(Full::default())
            }
        }?)
    }
}

pub(crate) async fn post(args: PostArgs) -> Result<()> {
    let bodies = Bodies::of(&args.payloads, !args.same)?;
    run(args.pace, Requests::Posts(bodies)).await
}

pub(crate) async fn get(args: GetArgs) -> Result<()> {
    let paths = std::fs::read_to_string(&args.paths).context("reading the paths")?;
    let paths = paths.lines().map(str::to_owned).collect();
    run(args.pace, Requests::Gets(paths)).await
}

async fn run(pace: Pace, requests: Requests) -> Result<()> {
    let tasks = TaskTracker::new();
    let mut connections = Vec::new();
    for _ in 0..pace.connections {
        connections.push(connect(&tasks, &pace.url).await?);
    }
    let run = Run {
        tasks,
        requests,
        begun: Instant::now(),
        next: Cell::new(0),
        latencies: RefCell::default(),
        answers: RefCell::default(),
        pace,
    };
    let counted_from = run.counted_from();
    let ends = run.ends();
    let measured = async {
        sleep_until(counted_from).await;
        let ticks = Ticks::now();
        sleep_until(ends).await;
        ticks.and_then(|ticks| ticks.busy())
    };
    let all = join_all(connections.into_iter().map(|sender| run.send_all(sender)));
    let (machine, all) = tokio::join!(measured, all);
    all.into_iter().collect::<Result<()>>()?;
    let latencies = run.latencies.into_inner();
    let count = latencies.len() as u64;
    let seconds = run.pace.seconds;
    #[expect(clippy::cast_precision_loss, reason = "millions")]
    let per_second = count as f64 / seconds;
    figures::print(&Figures {
        per_second,
        count,
        seconds,
        latency_ms: Latency::of(latencies),
        answers: run.answers.into_inner(),
        machine,
    })
}

impl Run {
    fn counted_from(&self) -> Instant {
        self.begun + Duration::from_secs_f64(self.pace.warm_up)
    }

    fn ends(&self) -> Instant {
        self.counted_from() + Duration::from_secs_f64(self.pace.seconds)
    }

    /// Over one connection, until the time is over.
    async fn send_all(&self, mut sender: SendRequest<Full<Body>>) -> Result<()> {
        loop {
            let nth = self.next.get();
            self.next.set(nth + 1);
            let due = match self.pace.rate {
                #[expect(clippy::cast_precision_loss, reason = "millions")]
                Some(rate) => self.begun + Duration::from_secs_f64(nth as f64 / rate),
                None => Instant::now(),
            };
            if due >= self.ends() {
                return Ok(());
            }
            sleep_until(due).await;
            let answer = self.send(&mut sender, nth).await;
            let ended = Instant::now();
            // What ends after the end was not done within the time.
            if ended >= self.ends() && self.pace.rate.is_none() {
                return answer.map(|_| ());
            }
            if ended < self.counted_from() {
                continue;
            }
            let status = match &answer {
                Ok(status) => status.to_string(),
                Err(_) => "failed".to_owned(),
            };
            *self.answers.borrow_mut().entry(status).or_default() += 1;
            self.latencies.borrow_mut().push(ended - due);
            if answer.is_err() {
                sender = connect(&self.tasks, &self.pace.url).await?;
            }
        }
    }

    async fn send(&self, sender: &mut SendRequest<Full<Body>>, nth: u64) -> Result<u16> {
        let request = self.requests.nth(&self.pace.url, nth)?;
        let exchange = async {
            sender.ready().await?;
            let response = sender.send_request(request).await?;
            let status = response.status().as_u16();
            response.into_body().collect().await?;
            Ok(status)
        };
        match tokio::time::timeout(BOUND, exchange).await {
            Ok(answer) => answer,
            Err(_) => bail!("no answer within {} s", BOUND.as_secs()),
        }
    }
}

/// Makes a connection, which goes on by itself.
pub(crate) async fn connect(tasks: &TaskTracker, url: &Uri) -> Result<SendRequest<Full<Body>>> {
    let authority = url.authority().context("no host in the URL")?;
    let stream = TcpStream::connect(authority.as_str())
        .await
        .with_context(|| format!("connecting to {authority}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with its sender, which hears of what goes wrong.
    tasks.spawn(connection);
    Ok(sender)
}
