//! Figures and lists over a history: how long they take, and by which plan.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper::header::HOST;
use hyper::{Request, Uri};
use serde_json::json;
use tokio::time::{Instant, sleep};
use tokio_util::task::TaskTracker;

use crate::figures::Latency;
use crate::http::connect;
use crate::{figures, postgres};

/// A history is made and counted within this.
const BOUND: Duration = Duration::from_secs(1_800);
/// What is asked: the costly figures, and lists by what many have, few have, and none has.
const PATHS: [&str; 20] = [
    "/v1/stats?interval=day",
    "/v1/stats?interval=hour",
    "/v1/stats?interval=hour&rubric=code-review&strategy=direct",
    "/v1/stats?interval=day&model=model-1",
    "/v1/stats?interval=day&created_after=2000-01-01T00:17:00Z",
    "/v1/evaluations",
    "/v1/evaluations?limit=200",
    "/v1/evaluations?status=failed",
    "/v1/evaluations?outcome=unscorable",
    "/v1/evaluations?rubric=code-review&strategy=debate&model=model-1",
    "/v1/evaluations?rubric=nobody-uses",
    "/v1/evaluations?metadata.run=7",
    "/v1/evaluations?metadata.run=none",
    "/v1/evaluations?passed=false",
    "/v1/evaluations?min_score=0.9999",
    "/v1/evaluations?max_score=0.1001",
    "/v1/evaluations?max_score=0.05",
    "/v1/evaluations?flag=injection_suspected",
    "/v1/evaluations?correlation_id=bench-77",
    "/v1/evaluations?labelled=true",
];

/// Evaluations of 30 days, with assessments of three criteria and the replies that were paid for.
const ROWS: &str = "
    WITH numbers AS (
        SELECT n, gen_random_uuid() AS id, now() - interval '30 days' * random() AS at, random() AS luck
        FROM generate_series(1, $1::bigint) n
    ), filled AS (
        INSERT INTO evaluations (id, tenant, payload_sha256, state, priority, strategy, rubric, model, correlation_id, created_at,
                                 updated_at, finished_at, outcome, error_code, metadata)
        SELECT id, 'default', '', CASE WHEN luck < 0.03 THEN 'failed' WHEN luck < 0.04 THEN 'cancelled' ELSE 'succeeded' END,
               CASE n % 2 WHEN 0 THEN 'batch' ELSE 'interactive' END, (ARRAY['direct', 'cot', 'debate'])[1 + n % 3],
               (ARRAY['code-review@1', 'code-review@2', 'general-quality@1'])[1 + n / 3 % 3], 'model-' || n / 9 % 2, 'bench-' || n, at, at,
               at + interval '1 second' * exp(luck * 6), CASE WHEN luck < 0.04 THEN NULL WHEN luck < 0.1 THEN 'unscorable' ELSE 'scored' END,
               CASE WHEN luck < 0.03 THEN 'attempts_exhausted' END, jsonb_build_object('run', (n % 1000)::text)
        FROM numbers
    ), assessed AS (
        INSERT INTO assessments (evaluation_id, tenant, outcome, score, passed, epoch, body, criteria, criterion_scores,
                                 criterion_normalized, posted_at, flags)
        SELECT id, 'default', CASE WHEN luck < 0.1 THEN 'unscorable' ELSE 'scored' END, CASE WHEN luck >= 0.1 THEN luck END,
               CASE WHEN luck >= 0.1 THEN luck > 0.4 END, 1, '', CASE WHEN luck < 0.1 THEN '{}' ELSE ARRAY['correct', 'safe', 'clear'] END,
               CASE WHEN luck < 0.1 THEN '{}' ELSE ARRAY[luck, 1, NULL]::float8[] END,
               CASE WHEN luck < 0.1 THEN '{}' ELSE ARRAY[luck, 1, NULL]::float8[] END, at,
               CASE WHEN n % 20000 = 0 THEN '{injection_suspected}'::text[] ELSE '{}' END
        FROM numbers WHERE luck >= 0.04
    )
    INSERT INTO replies (evaluation_id, tenant, step, round, epoch, body, input_tokens, output_tokens, cost_nano_usd)
    SELECT id, 'default', 'judge', 1, 1, '', 900, 100, CASE WHEN n % 50 > 0 THEN 410000 END FROM numbers";

/// Fill an empty database with a history, have it counted by the worker that is there, and ask for its figures and lists.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The database.
    #[arg(long)]
    database: String,
    /// status-api's address.
    #[arg(long)]
    url: Uri,
    /// How many evaluations.
    #[arg(long, default_value_t = 1_000_000)]
    rows: i64,
    /// How often each query is asked.
    #[arg(long, default_value_t = 300)]
    times: usize,
    /// Only fill it.
    #[arg(long)]
    fill_only: bool,
}

pub(crate) async fn run(args: Args) -> Result<()> {
    let tasks = TaskTracker::new();
    let database = postgres::connect(&tasks, &args.database).await?;
    let begun = Instant::now();
    let there = database
        .query_one("SELECT count(*) FROM evaluations", &[])
        .await?;
    if there.get::<_, i64>(0) == 0 {
        database.execute(ROWS, &[&args.rows]).await?;
        // What is older than its last look is new to whoever counts.
        database
            .batch_execute("UPDATE stats_progress SET marked_until = NULL")
            .await?;
        database.batch_execute("VACUUM ANALYZE").await?;
        database.batch_execute("CHECKPOINT").await?;
    }
    let filled = begun.elapsed();
    if args.fill_only {
        return figures::print(&json!({"rows": args.rows, "fill_seconds": filled.as_secs_f64()}));
    }
    // All but the hours that change while it is looked.
    let left = "SELECT count(*) FROM evaluations e WHERE NOT EXISTS (SELECT FROM stats_hours h
                WHERE h.hour = date_trunc('hour', e.created_at, 'UTC') AND h.counted_at > '-infinity')";
    while database.query_one(left, &[]).await?.get::<_, i64>(0) > 0 {
        ensure!(begun.elapsed() < BOUND, "nobody counts");
        sleep(Duration::from_secs(1)).await;
    }
    let counted = begun.elapsed() - filled;
    database.batch_execute("ANALYZE stats_cells").await?;
    let mut sender = connect(&tasks, &args.url).await?;
    let mut queries = serde_json::Map::new();
    for path in PATHS {
        let mut latencies = Vec::new();
        let mut bytes = 0;
        for nth in 0..args.times + 20 {
            let request = Request::get(path)
                .header(HOST, args.url.authority().context("no host")?.as_str())
                .body(Full::default())?;
            let from = Instant::now();
            sender.ready().await?;
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            let body = answer.into_body().collect().await?.to_bytes();
            ensure!(status == 200, "{path}: {status}");
            bytes = body.len();
            // The first are not counted: connections are made and statements read.
            if nth >= 20 {
                latencies.push(from.elapsed());
            }
        }
        queries.insert(
            path.to_owned(),
            json!({"latency_ms": Latency::of(latencies), "bytes": bytes}),
        );
    }
    let plan = "EXPLAIN (ANALYZE, BUFFERS) SELECT start, body FROM stats_cells WHERE tenant = 'default' AND unit = 'hour' AND apart = 0
                AND start >= now() - interval '14 days' AND start < now()";
    let plan = database.query(plan, &[]).await?;
    let plan: Vec<&str> = plan.iter().map(|row| row.get(0)).collect();
    figures::print(&json!({
        "rows": args.rows,
        "fill_seconds": filled.as_secs_f64(),
        "count_seconds": counted.as_secs_f64(),
        "queries": queries,
        "plan": plan,
    }))
}
