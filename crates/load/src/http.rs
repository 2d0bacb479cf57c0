//! Posts to a service over HTTP/1.1 with kept connections, as fast as it takes them or at a rate.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::future::join_all;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Uri};
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
pub(crate) struct Args {
    /// Where to.
    #[arg(long)]
    url: Uri,
    #[command(flatten)]
    payloads: Payloads,
    /// Always the same.
    #[arg(long)]
    same: bool,
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
    args: Args,
    bodies: Bodies,
    begun: Instant,
    next: Cell<u64>,
    latencies: RefCell<Vec<Duration>>,
    answers: RefCell<BTreeMap<String, u64>>,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let bodies = Bodies::of(&args.payloads, !args.same)?;
    let tasks = TaskTracker::new();
    let mut connections = Vec::new();
    for _ in 0..args.connections {
        connections.push(connect(&tasks, &args.url).await?);
    }
    let run = Run {
        tasks,
        bodies,
        begun: Instant::now(),
        next: Cell::new(0),
        latencies: RefCell::default(),
        answers: RefCell::default(),
        args,
    };
    let counted_from = run.counted_from();
    let ends = run.ends();
    let measured = async {
        sleep_until(counted_from).await;
        let ticks = Ticks::now();
        sleep_until(ends).await;
        ticks.and_then(|ticks| ticks.busy())
    };
    let all = join_all(connections.into_iter().map(|sender| run.post_all(sender)));
    let (machine, all) = tokio::join!(measured, all);
    all.into_iter().collect::<Result<()>>()?;
    let latencies = run.latencies.into_inner();
    let count = latencies.len() as u64;
    let seconds = run.args.seconds;
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
        self.begun + Duration::from_secs_f64(self.args.warm_up)
    }

    fn ends(&self) -> Instant {
        self.counted_from() + Duration::from_secs_f64(self.args.seconds)
    }

    /// Over one connection, until the time is over.
    async fn post_all(&self, mut sender: SendRequest<Full<Body>>) -> Result<()> {
        loop {
            let nth = self.next.get();
            self.next.set(nth + 1);
            let due = match self.args.rate {
                #[expect(clippy::cast_precision_loss, reason = "millions")]
                Some(rate) => self.begun + Duration::from_secs_f64(nth as f64 / rate),
                None => Instant::now(),
            };
            if due >= self.ends() {
                return Ok(());
            }
            sleep_until(due).await;
            let answer = self.post(&mut sender, nth).await;
            let ended = Instant::now();
            // What ends after the end was not done within the time.
            if ended >= self.ends() && self.args.rate.is_none() {
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
                sender = connect(&self.tasks, &self.args.url).await?;
            }
        }
    }

    async fn post(&self, sender: &mut SendRequest<Full<Body>>, nth: u64) -> Result<u16> {
        let body = self.bodies.nth(nth)?;
        let url = &self.args.url;
        let request = Request::post(url.path())
            .header(HOST, url.authority().context("no host")?.as_str())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
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
