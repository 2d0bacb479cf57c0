//! Many webhooks to one receiver, some of whose targets hang or fail for a while, while processes die.

use std::cell::Cell;
use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use local_stack::eventually;
use serde_json::{Value, json};

use crate::receiver::{Received, Receiver, Reply};
use crate::support::payload;
use crate::system::{is_due_now, sending, start};

/// A thousand with `AUTORATER_FULL_SIZE=1`.
fn size() -> usize {
    if std::env::var_os("AUTORATER_FULL_SIZE").is_some() {
        1_000
    } else {
        200
    }
}

const WELL: &str = "/ok/";
const FAILING: &str = "/fail/";
const HANGING: &str = "/hang/";

/// Longer than a lease, the first waits and an open circuit.
const BOUND: Duration = Duration::from_secs(240);
/// How often waits are cut short.
const HURRY: Duration = Duration::from_secs(10);

#[tokio::test]
#[expect(clippy::print_stderr, reason = "the figures are what one looks for")]
async fn of_many_none_is_lost_and_the_healthy_ones_come_at_once() -> Result<()> {
    let (system, _) = start(sending().workers(2)).await?;
    let receiver = Receiver::start().await?;
    let mut lines = String::new();
    for n in 0..size() {
        let path = path(n);
        match n % 10 {
            0 => receiver.answers(&path, [Reply::Hang]),
            1 => receiver.answers(&path, [Reply::Status(500)]),
            _ => {}
        }
        let mut payload = payload(&format!("One of many: {n}."));
        payload["webhook"] = json!({"url": receiver.url(&path)});
        lines.push_str(&format!("{payload}\n"));
    }
    let begun = Instant::now();
    let answers = system.api.submit_batch(lines).await?;
    ensure!(
        answers
            .lines()
            .all(|line| line.contains("\"created\":true")),
        "{answers}"
    );
    // In the middle of it.
    eventually(BOUND, async || {
        let came = distinct(&receiver, WELL);
        ensure!(came > size() / 5, "{came} came");
        anyhow::Ok(())
    })
    .await?;
    system.kill_worker(0).await?;
    system.status()[0].kill().await?;
    system.start_worker().await?;
    let healthy = size() * 8 / 10;
    eventually(BOUND, async || {
        let came = distinct(&receiver, WELL);
        ensure!(came == healthy, "{came} of {healthy}");
        anyhow::Ok(())
    })
    .await?;
    let all_healthy = begun.elapsed();
    let mut took = first_arrivals(&receiver)?;
    took.sort_unstable();
    let p99 = took[(took.len() - 1) * 99 / 100];
    let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);

    eprintln!(
        "{} webhooks, a tenth hanging, a tenth failing, a worker and status-api killed: the {healthy} healthy ones within {:.1} s of \
         the post, after the end of their evaluation median {median} ms, p99 {p99} ms, worst {worst} ms; {} came twice",
        size(),
        all_healthy.as_secs_f64(),
        of(&receiver, WELL).len() - healthy,
    );

    for n in 0..size() {
        receiver.answers(&path(n), [Reply::Status(204)]);
    }
    let hurried = Cell::new(Instant::now());
    eventually(BOUND, async || {
        // The waits of hours are cut short, and not so often that the tries are used up while a circuit is open.
        if hurried.get().elapsed() >= HURRY {
            is_due_now(&system).await?;
            hurried.set(Instant::now());
        }
        let left = "SELECT count(*) FROM webhook_deliveries WHERE state <> 'delivered'";
        let left = system.number(left).await?;
        ensure!(left == 0, "{left} left");
        anyhow::Ok(())
    })
    .await?;
    let told = system
        .number("SELECT count(*) FROM webhook_deliveries")
        .await?;
    assert_eq!(told, i64::try_from(size())?);
    assert_eq!(
        distinct(&receiver, FAILING) + distinct(&receiver, HANGING),
        size() / 5
    );
    // What the killed worker had taken and not sent waits for its lease: of a thousand that is less than a hundredth.
    let (name, figure) = if size() < 1_000 {
        ("median", median)
    } else {
        ("p99", p99)
    };
    assert!(figure < 2_000, "{name} {figure} ms");
    Ok(())
}

/// The target of one of them.
fn path(n: usize) -> String {
    let kind = match n % 10 {
        0 => HANGING,
        1 => FAILING,
        _ => WELL,
    };
    format!("{kind}{n}")
}

/// What came to the paths that begin like this.
fn of(receiver: &Receiver, paths: &str) -> Vec<Received> {
    let mut all = receiver.all();
    all.retain(|each| each.path.starts_with(paths));
    all
}

/// How many messages those were, however often each came.
fn distinct(receiver: &Receiver, paths: &str) -> usize {
    let all = of(receiver, paths);
    let ids = all.iter().map(|each| each.header("webhook-id"));
    ids.collect::<HashSet<_>>().len()
}

/// From the end of an evaluation to the first message of it, in milliseconds.
fn first_arrivals(receiver: &Receiver) -> Result<Vec<i128>> {
    let mut seen = HashSet::new();
    let mut took = Vec::new();
    for message in of(receiver, WELL) {
        if !seen.insert(message.header("webhook-id").to_owned()) {
            continue;
        }
        let body: Value = message.json()?;
        let ended: Timestamp = body["timestamp"].as_str().context("no time")?.parse()?;
        took.push(message.at.duration_since(ended).as_millis());
    }
    Ok(took)
}
