//! `cargo xtask bench hostile`: senders that want ingest-api's memory.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use flate2::{Compression, write::GzEncoder};
use local_stack::{ApiClient, Stack};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::load::Load;
use super::memory::resident;
use super::stacks;
use crate::paint::say;

/// Attack ingest-api: bodies that swell a thousandfold, senders that are slow, bodies with many keys. Prints its memory before,
/// meanwhile and after, and how long an honest post took meanwhile.
#[derive(Debug, clap::Args)]
pub(crate) struct Hostile {
    /// How many slow connections at once.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    connections: usize,
    /// How many bodies of each other kind, 32 at once.
    #[arg(long, default_value_t = 200, value_name = "N")]
    bodies: usize,
    /// A directory with built binaries, the load generator among them, instead of building them.
    #[arg(long, value_name = "DIR")]
    bin_dir: Option<PathBuf>,
}

/// All that a run takes.
const BOUND: Duration = Duration::from_secs(600);
/// Bodies at once.
const AT_ONCE: usize = 32;
/// For how long slow senders send a byte a second.
const SLOW: u32 = 15;
/// What a bomb swells to.
const SWOLLEN: usize = 1 << 30;

pub(crate) async fn hostile(args: &Hostile) -> Result<()> {
    let (_, bin_dir) = Load::with_services(args.bin_dir.as_deref()).await?;
    let stack = stacks::without_workers(&bin_dir)?.start().await?;
    tokio::time::timeout(BOUND, attack(args, &stack)).await??;
    stack.stop().await
}

async fn attack(args: &Hostile, stack: &Stack) -> Result<()> {
    let bomb = bomb()?;
    say(format!(
        "a bomb of {} KiB that swells 1:{}",
        bomb.len() / 1024,
        SWOLLEN / bomb.len()
    ));
    let bombs = bodies(stack, args.bodies, bomb, "gzip", 413);
    watched(stack, &format!("{} bombs", args.bodies), bombs).await?;
    let keys: Vec<String> = (0..100_000)
        .map(|key| format!("\"k{key}\":\"v\""))
        .collect();
    let keys = format!("{{\"output\":\"a\",\"metadata\":{{{}}}}}", keys.join(","));
    let keys = bodies(stack, args.bodies, keys.into_bytes(), "identity", 422);
    watched(
        stack,
        &format!("{} bodies of 100,000 keys", args.bodies),
        keys,
    )
    .await?;
    let slow = slow(stack, args.connections);
    watched(
        stack,
        &format!("{} slow connections", args.connections),
        slow,
    )
    .await
}

/// `{"output":"aaaa…`, as gzip.
fn bomb() -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(b"{\"output\":\"")?;
    let block = vec![b'a'; 1 << 20];
    for _ in 0..SWOLLEN / block.len() {
        encoder.write_all(&block)?;
    }
    Ok(encoder.finish()?)
}

/// Posts a body many times; each has to be refused with that status.
async fn bodies(
    stack: &Stack,
    count: usize,
    body: Vec<u8>,
    coding: &str,
    status: u16,
) -> Result<()> {
    let api = ApiClient::new(stack.ingest_url(0), stack.ingest_url(0))?;
    let mut posting = JoinSet::new();
    for _ in 0..count {
        if posting.len() >= AT_ONCE {
            posting
                .join_next()
                .await
                .context("nothing was posted")???;
        }
        let mut post = api.http().post(api.evaluations()).body(body.clone());
        post = post.header(CONTENT_TYPE, "application/json");
        if coding != "identity" {
            post = post.header(CONTENT_ENCODING, coding);
        }
        posting.spawn(async move {
            let answer = post.send().await?.status().as_u16();
            // 503: as many bodies as may be are held already.
            ensure!(answer == status || answer == 503, "answered {answer}");
            anyhow::Ok(())
        });
    }
    while let Some(posted) = posting.join_next().await {
        posted??;
    }
    Ok(())
}

/// Opens connections that send a head and then a byte a second.
async fn slow(stack: &Stack, count: usize) -> Result<()> {
    let url = reqwest::Url::parse(stack.ingest_url(0))?;
    let port = url.port().context("no port")?;
    let head = format!(
        "POST /v1/evaluations HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{{"
    );
    let mut open = Vec::with_capacity(count);
    for _ in 0..count {
        let mut connection = TcpStream::connect(("127.0.0.1", port))
            .await
            .with_context(|| format!("after {} connections", open.len()))?;
        connection.write_all(head.as_bytes()).await?;
        open.push(connection);
    }
    say(format!("{} connections are open", open.len()));
    let mut second = tokio::time::interval(Duration::from_secs(1));
    for _ in 0..SLOW {
        second.tick().await;
        let mut still = Vec::with_capacity(open.len());
        for mut connection in open {
            // One that was answered 408 or 503 is closed.
            if connection.write_all(b" ").await.is_ok() {
                still.push(connection);
            }
        }
        open = still;
    }
    say(format!(
        "{} of them were not closed in {SLOW} s",
        open.len()
    ));
    Ok(())
}

/// Runs an attack and says what it cost, and what an honest post took.
async fn watched(
    stack: &Stack,
    name: &str,
    attack: impl Future<Output = Result<()>>,
) -> Result<()> {
    let ingest = stack.ingest().first().context("ingest-api does not run")?;
    let pid = ingest.process().pid();
    let api = ApiClient::new(stack.ingest_url(0), stack.ingest_url(0))?;
    let before = resident(pid)?;
    let (mut highest, mut times) = (before, Vec::new());
    let mut look = tokio::time::interval(Duration::from_millis(100));
    tokio::pin!(attack);
    loop {
        tokio::select! {
            attacked = &mut attack => break attacked?,
            _ = look.tick() => {
                highest = resident(pid)?.max(highest);
                let began = Instant::now();
                let honest = json!({"output": format!("An honest post, {name}, {}.", times.len())});
                let status = api.post(&honest).await?.status();
                ensure!(status.is_success(), "an honest post was answered {status}");
                times.push(began.elapsed());
            }
        }
    }
    times.sort();
    let after = resident(pid)?;
    say(format!(
        "{name}: {before:.0} MiB before, at most {highest:.0} meanwhile, {after:.0} after; an honest post took {:.0} ms in the median, at most {:.0}",
        millis(times.get(times.len() / 2)),
        millis(times.last()),
    ));
    Ok(())
}

fn millis(time: Option<&Duration>) -> f64 {
    time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}
