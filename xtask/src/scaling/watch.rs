//! Looking at the cluster every few seconds, until all is done and the pods are gone.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use api::Queue;
use local_stack::ApiClient;
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::pods::{self, Services};
use super::values::Plan;
use crate::paint::say;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(10);
/// How long a run may take beyond what the metrics are cut off for.
const BOUND: Duration = Duration::from_secs(1800);
/// Between two looks for the first assessment, which is told in tenths of a second.
const FIRST: Duration = Duration::from_millis(200);

/// What was seen at one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Seconds from the first post.
    pub(crate) at: f64,
    pub(crate) pods: Services,
    /// None where status-api does not know it.
    pub(crate) wanted: Option<u64>,
    pub(crate) waiting: u64,
    pub(crate) running: u64,
}

impl Sample {
    /// How many slots are wanted, in words.
    pub(crate) fn wanted(&self) -> String {
        self.wanted
            .map_or_else(|| "unknown".to_owned(), |n| n.to_string())
    }
}

/// One look.
pub(crate) async fn look(api: &ApiClient, namespace: &str, begun: Instant) -> Result<Sample> {
    let pods = pods::count(namespace).await?;
    let queue: Queue = api.get("/v1/queue").await?;
    Ok(Sample {
        at: begun.elapsed().as_secs_f64(),
        pods,
        wanted: queue.slots_wanted,
        waiting: queue.total.iter().map(|entries| entries.waiting).sum(),
        running: queue.total.iter().map(|entries| entries.in_flight).sum(),
    })
}

/// Waits until there are no more workers than the fewest.
pub(crate) async fn at_rest(namespace: &str, plan: &Plan, bound: Duration) -> Result<()> {
    let deadline = Instant::now() + bound;
    loop {
        let workers = pods::count(namespace).await?.workers;
        if workers.are_at_most(plan.min_workers) {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "after {bound:?} without work there are still {} workers: does the autoscaler get the figure? \
             `kubectl --namespace {namespace} describe hpa` says it",
            workers.asked
        );
        sleep(Duration::from_secs(2)).await;
    }
}

/// Looks until everything is done, and only as many workers are there as before.
pub(crate) async fn watch(
    api: &ApiClient,
    namespace: &str,
    plan: &Plan,
    begun: Instant,
) -> Result<Vec<Sample>> {
    let bound = BOUND + Duration::from_secs(plan.cut_off.unwrap_or_default());
    let mut samples = Vec::new();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let sample = match look(api, namespace, begun).await {
            Ok(sample) => sample,
            Err(error) if begun.elapsed() < bound => {
                say(format!("a look failed: {error:#}"));
                continue;
            }
            Err(error) => return Err(error),
        };
        say(line(&sample));
        samples.push(sample);
        let rests = sample.pods.workers.are_at_most(plan.min_workers);
        // Right after the post nothing may have been counted yet.
        if rests && sample.at > 30.0 && sample.waiting == 0 && sample.running == 0 {
            return Ok(samples);
        }
        if begun.elapsed() > bound {
            bail!("not done after {bound:?}");
        }
    }
}

fn line(sample: &Sample) -> String {
    let wanted = sample.wanted();
    format!(
        "{:>5.0} s: {} workers, {} ready; wanted {wanted}, {} wait, {} run; {} ingest-api, {} status-api",
        sample.at,
        sample.pods.workers.asked,
        sample.pods.workers.ready,
        sample.waiting,
        sample.running,
        sample.pods.ingest.asked,
        sample.pods.status.asked,
    )
}

/// Seconds until the first of the new evaluations has its assessment.
pub(crate) async fn first_assessment(
    api: &ApiClient,
    since: &str,
    begun: Instant,
    bound: Duration,
) -> Result<f64> {
    let path = format!("/v1/evaluations?status=succeeded&limit=1&created_after={since}");
    while begun.elapsed() < bound {
        // status-api may be replaced meanwhile, and the watch says so.
        if let Ok(page) = api.get::<Value>(&path).await {
            let items = page["items"].as_array().context("a list without items")?;
            if !items.is_empty() {
                return Ok(begun.elapsed().as_secs_f64());
            }
        }
        sleep(FIRST).await;
    }
    bail!("no assessment within {bound:?}: does the autoscaler get the figure?")
}
