//! One run: a fresh system is given work, and what it takes is counted.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use local_stack::{ApiClient, MockLlm, Service, Stack, eventually, execute, query_number};
use serde_json::{Value, json};

use super::work::Work;
use super::{BOUND, all_have_ended};
use crate::bench::{memory, stacks};

/// Lines of one batch: far below its bound of bytes.
const BATCH_BYTES: usize = 32 * 1024 * 1024;
/// Between two looks at memory, and between two reads.
const LOOK: Duration = Duration::from_millis(10);
/// Settings of calls that are limited, far above what is asked, and priced.
const LIMITED: &str = r#"
[providers.only]
base_url = "{url}/v1"
[providers.only.limits]
requests_per_minute = 60000
tokens_per_minute = 600000000
[providers.only.prices."gpt-4o"]
input = "2.5"
output = "10"
[models."*"]
deployments = ["only"]
"#;
/// Room for all of a run.
const BUDGET: &str =
    "INSERT INTO budgets (tenant, period, limit_nano_usd) VALUES ('default', 'day', 1000000000000)";
/// Committed transactions; the server counts them up to a second later.
const TRANSACTIONS: &str =
    "SELECT xact_commit::float8 FROM pg_stat_database WHERE datname = current_database()";

/// What a run found; `None`: that was not its subject.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// Calls that were judged.
    pub(super) per_second: Option<f64>,
    /// Of the worker, for each call.
    pub(super) cpu_ms: Option<f64>,
    /// Of the database, for each evaluation, those of posting it included.
    pub(super) transactions: Option<f64>,
    pub(super) send_p99: Option<f64>,
    pub(super) admit_p99: Option<f64>,
    pub(super) budget_p99: Option<f64>,
    pub(super) commit_p99: Option<f64>,
    pub(super) memory: Option<f64>,
    pub(super) waiting_kb: Option<f64>,
    pub(super) until_waiting: Option<f64>,
    pub(super) read_p99: Option<f64>,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (figure, unit) in [
            (self.per_second, "/s"),
            (self.cpu_ms, " ms CPU each"),
            (self.transactions, " transactions each"),
            (self.send_p99, " ms to sent"),
            (self.admit_p99, " ms of that to be admitted"),
            (self.budget_p99, " ms for the budget"),
            (self.commit_p99, " ms to committed"),
            (self.memory, " MiB"),
            (self.waiting_kb, " KB each"),
            (self.until_waiting, " s until all wait"),
            (self.read_p99, " ms reads"),
        ] {
            if let Some(figure) = figure {
                write!(f, "{figure:.2}{unit}  ")?;
            }
        }
        Ok(())
    }
}

/// Gives a fresh system this work.
pub(super) async fn run(bin_dir: &Path, otlp: Option<&str>, work: &Work) -> Result<Measured> {
    let mut builder = stacks::fresh(bin_dir)?
        .worker_env("AUTORATER__WORKER__SLOTS", work.slots.to_string())
        .worker_env(
            "AUTORATER__WORKER__PAYLOAD_BUDGET",
            (1_u64 << 30).to_string(),
        );
    if let Some(url) = otlp {
        builder = builder.env("OTEL_EXPORTER_OTLP_ENDPOINT", url);
    }
    let paid = match work.rate {
        Some(_) => Some(paid(bin_dir).await?),
        None => None,
    };
    if let Some((_, settings)) = &paid {
        builder = builder.mock(false).worker_env("AUTORATER_CONFIG", settings);
    }
    let stack = builder.start().await?;
    let mock = match paid {
        Some((mock, _)) => {
            execute(stack.database_url(), BUDGET).await?;
            mock
        }
        None => MockLlm::at(stack.mock_url())?,
    };
    mock.set(&json!({"latency_ms": work.latency_ms})).await?;
    let measured = if work.is_held {
        held(&stack, &mock, work).await?
    } else {
        judged(&stack, &mock, work).await?
    };
    if work.is_held {
        // A drain would wait for the provider.
        stack.kill_worker(0).await?;
    }
    stack.stop().await?;
    Ok(measured)
}

/// A provider that is limited and paid, and the settings of its worker.
async fn paid(bin_dir: &Path) -> Result<(MockLlm, String)> {
    let home = stacks::home()?.with_file_name("paid");
    std::fs::create_dir_all(&home).context("a directory for the provider")?;
    let mock = MockLlm::start_from(bin_dir, &home).await?;
    let settings = home.join("autorater.toml");
    std::fs::write(&settings, LIMITED.replace("{url}", mock.url())).context("writing settings")?;
    let settings = settings.to_str().context("a path that is no text")?;
    Ok((mock, settings.to_owned()))
}

/// From the post to the last assessment.
async fn judged(stack: &Stack, mock: &MockLlm, work: &Work) -> Result<Measured> {
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?;
    let worker = stack.worker(0);
    let pid = worker.process().pid();
    let before = query_number(stack.database_url(), TRANSACTIONS).await?;
    let (cpu, begun) = (cpu_seconds(pid)?, Instant::now());
    let (mut highest, mut reads) = (0.0_f64, Vec::new());
    let first = match work.rate {
        Some(rate) => post_steadily(&api, &work.payloads, rate).await?,
        None => post(&api, &work.payloads).await?,
    };
    let watched = async {
        loop {
            highest = highest.max(memory::resident(pid)?);
            if work.is_read {
                let asked = Instant::now();
                let _: Value = api.get(&format!("/v1/evaluations/{first}")).await?;
                reads.push(asked.elapsed().as_secs_f64() * 1_000.0);
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        ended = all_have_ended(&api) => ended?,
        broken = watched => return broken,
    }
    let (took, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds(pid)? - cpu);
    let calls = number(mock.count("requests").await?);
    let overhead = overhead(&worker, &api).await?;
    // For the server's counts.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let transactions = query_number(stack.database_url(), TRANSACTIONS).await? - before;
    Ok(Measured {
        per_second: Some(calls / took),
        cpu_ms: Some(cpu * 1_000.0 / calls),
        transactions: Some(transactions / number(work.payloads.len() as u64)),
        send_p99: p99(&overhead, "send"),
        admit_p99: p99(&overhead, "admit"),
        budget_p99: p99(&overhead, "budget"),
        commit_p99: p99(&overhead, "commit"),
        memory: Some(highest),
        read_p99: percentile(&mut reads),
        ..Measured::default()
    })
}

/// Until all calls are in flight.
async fn held(stack: &Stack, mock: &MockLlm, work: &Work) -> Result<Measured> {
    let api = ApiClient::new(stack.ingest_url(0), stack.status_url())?;
    let pid = stack.worker(0).process().pid();
    let (before, begun) = (memory::resident(pid)?, Instant::now());
    post(&api, &work.payloads).await?;
    let wanted = work.payloads.len() as u64;
    eventually(BOUND, async || {
        let waiting = mock.count("in_flight").await?;
        ensure!(waiting >= wanted, "{waiting} wait");
        anyhow::Ok(())
    })
    .await?;
    let took = begun.elapsed().as_secs_f64();
    let kilobytes = (memory::resident(pid)? - before) * 1_048.576;
    Ok(Measured {
        until_waiting: Some(took),
        waiting_kb: Some(kilobytes / number(wanted)),
        ..Measured::default()
    })
}

/// Posts them in batches; the id of the first.
async fn post(api: &ApiClient, payloads: &[Value]) -> Result<String> {
    let (mut lines, mut answers) = (String::new(), String::new());
    for payload in payloads {
        lines.push_str(&format!("{payload}\n"));
        if lines.len() > BATCH_BYTES {
            answers.push_str(&api.submit_batch(std::mem::take(&mut lines)).await?);
        }
    }
    if !lines.is_empty() {
        answers.push_str(&api.submit_batch(lines).await?);
    }
    let created = answers
        .lines()
        .filter(|line| line.contains(r#""created":true"#));
    ensure!(created.count() == payloads.len(), "not all were taken");
    let first: Value = serde_json::from_str(answers.lines().next().context("no answer")?)?;
    Ok(first["id"].as_str().context("no id")?.to_owned())
}

/// Posts them one by one, evenly; the id of the first.
async fn post_steadily(api: &ApiClient, payloads: &[Value], rate: u32) -> Result<String> {
    let mut turn = tokio::time::interval(Duration::from_secs(1) / rate);
    let mut first = None;
    for payload in payloads {
        turn.tick().await;
        let answer: Value = api.post(payload).await?.error_for_status()?.json().await?;
        first.get_or_insert(answer["id"].as_str().context("no id")?.to_owned());
    }
    first.context("nothing to post")
}

/// User and system time of a process (proc(5)).
fn cpu_seconds(pid: u32) -> Result<f64> {
    /// What the kernel counts in, on every Linux.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the name, in parentheses, and may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<f64>);
    let (user, system) = (
        times.next().context("no utime")??,
        times.next().context("no stime")??,
    );
    Ok((user + system) / TICKS_PER_SECOND)
}

/// The metrics of the worker.
async fn overhead(worker: &Service, api: &ApiClient) -> Result<String> {
    let admin = worker.admin_url().context("no admin address")?;
    let answer = api.http().get(format!("{admin}/metrics")).send().await?;
    Ok(answer.error_for_status()?.text().await?)
}

/// The bound of the bucket in which the 99th percentile of a part of the overhead lies, in milliseconds.
fn p99(metrics: &str, part: &str) -> Option<f64> {
    let name = "autorater_judge_call_overhead_seconds";
    let value = |line: &str| line.rsplit(' ').next()?.parse::<f64>().ok();
    let of_part = |line: &&str| line.contains(&format!("part=\"{part}\""));
    let lines = || metrics.lines().filter(of_part);
    let count = lines().find(|line| line.starts_with(&format!("{name}_count")));
    let wanted = value(count?)? * 0.99;
    let bucket = lines()
        .filter(|line| line.starts_with(&format!("{name}_bucket")))
        .find(|line| value(line).is_some_and(|count| count >= wanted))?;
    let (_, bound) = bucket.split_once("le=\"")?;
    let seconds: f64 = bound.split('"').next()?.parse().ok()?;
    Some(seconds * 1_000.0)
}

fn percentile(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() * 99 / 100).copied()
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn number(count: u64) -> f64 {
    count as f64
}
