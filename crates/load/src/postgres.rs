//! What PostgreSQL alone takes of the same bytes, and what is done to a database before and between runs.

use std::cell::Cell;
use std::time::Duration;

use anyhow::{Result, bail};
use futures::future::join_all;
use tokio::time::Instant;
use tokio_postgres::{Client, NoTls};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::bodies::{Bodies, Payloads};
use crate::figures::{self, Figures, Latency};
use crate::machine::Ticks;

/// Insert the compressed bytes of payloads, durably, into a table that has nothing else.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The database.
    #[arg(long)]
    url: String,
    #[command(flatten)]
    payloads: Payloads,
    /// How many connections.
    #[arg(long)]
    connections: usize,
    /// Rows in a transaction.
    #[arg(long, default_value_t = 1)]
    rows: usize,
    /// For how long, in seconds.
    #[arg(long)]
    seconds: f64,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    // Packed beforehand: what is measured is the database.
    let bodies = Bodies::of(&args.payloads, true)?;
    let packed: Vec<Vec<u8>> = (0..32)
        .map(|nth| Ok(zstd::bulk::compress(&bodies.whole(nth)?, 1)?))
        .collect::<Result<_>>()?;
    let tasks = TaskTracker::new();
    let admin = connect(&tasks, &args.url).await?;
    admin
        .batch_execute(
            "DROP TABLE IF EXISTS bench_raw; CREATE TABLE bench_raw (id uuid PRIMARY KEY, body bytea NOT NULL);
             ALTER TABLE bench_raw ALTER COLUMN body SET STORAGE EXTERNAL; CHECKPOINT",
        )
        .await?;
    let mut clients = Vec::new();
    for _ in 0..args.connections {
        clients.push(connect(&tasks, &args.url).await?);
    }
    let begun = Instant::now();
    let ends = begun + Duration::from_secs_f64(args.seconds);
    let next = Cell::new(0_usize);
    let ticks = Ticks::now();
    let insert_all = async |client: Client| -> Result<Vec<Duration>> {
        let insert = client
            .prepare("INSERT INTO bench_raw SELECT * FROM unnest($1::uuid[], $2::bytea[])")
            .await?;
        let mut latencies = Vec::new();
        loop {
            let from = Instant::now();
            if from >= ends {
                return Ok(latencies);
            }
            let ids: Vec<Uuid> = (0..args.rows).map(|_| Uuid::now_v7()).collect();
            let nth = next.get();
            next.set(nth + args.rows);
            let rows = packed.iter().cycle().skip(nth % packed.len());
            let bodies: Vec<&[u8]> = rows.take(args.rows).map(Vec::as_slice).collect();
            client.execute(&insert, &[&ids, &bodies]).await?;
            if Instant::now() < ends {
                latencies.push(from.elapsed());
            }
        }
    };
    let all = join_all(clients.into_iter().map(insert_all)).await;
    let machine = ticks.and_then(|ticks| ticks.busy());
    let all: Vec<Vec<Duration>> = all.into_iter().collect::<Result<_>>()?;
    let latencies = all.concat();
    let count = (latencies.len() * args.rows) as u64;
    admin
        .batch_execute("DROP TABLE bench_raw; CHECKPOINT")
        .await?;
    #[expect(clippy::cast_precision_loss, reason = "millions")]
    let per_second = count as f64 / args.seconds;
    figures::print(&Figures {
        per_second,
        count,
        seconds: args.seconds,
        latency_ms: Latency::of(latencies),
        machine,
        ..Figures::default()
    })
}

/// Empty tables, and have everything on disk, so that no run pays for the one before.
#[derive(clap::Args)]
pub(crate) struct ClearArgs {
    /// The database.
    #[arg(long)]
    url: String,
    /// The tables.
    tables: Vec<String>,
}

pub(crate) async fn clear(args: ClearArgs) -> Result<()> {
    let tasks = TaskTracker::new();
    let client = connect(&tasks, &args.url).await?;
    let tables = args.tables.join(", ");
    client
        .batch_execute(&format!("TRUNCATE {tables} CASCADE; CHECKPOINT"))
        .await?;
    Ok(())
}

/// Have evaluations wait that nobody put into the stream yet.
#[derive(clap::Args)]
pub(crate) struct FillArgs {
    /// The database.
    #[arg(long)]
    url: String,
    /// How many.
    #[arg(long)]
    rows: i64,
    /// Until tomorrow.
    #[arg(long)]
    put_aside: bool,
}

pub(crate) async fn fill(args: FillArgs) -> Result<()> {
    const ROWS: &str = "
        INSERT INTO evaluations (id, tenant, payload_sha256, priority, strategy, rubric, correlation_id, created_at, next_run_at)
        SELECT gen_random_uuid(), 'default', sha256(number::text::bytea), 'batch', 'direct', 'code-review@1', 'bench',
               now() - interval '1 hour' + number * interval '1 ms',
               now() + CASE WHEN $2 THEN interval '1 day' ELSE interval '-1 hour' END + number * interval '1 ms'
        FROM generate_series(1, $1::bigint) AS number";
    let tasks = TaskTracker::new();
    let client = connect(&tasks, &args.url).await?;
    let done = client.execute(ROWS, &[&args.rows, &args.put_aside]).await?;
    if i64::try_from(done)? != args.rows {
        bail!("{done} rows came of {}", args.rows);
    }
    // As those are that have waited for a while: otherwise PostgreSQL comes round to it while something is measured.
    client.batch_execute("VACUUM ANALYZE evaluations").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}

pub(crate) async fn connect(tasks: &TaskTracker, url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // It ends with its client, which hears of what goes wrong.
    tasks.spawn(connection);
    Ok(client)
}
