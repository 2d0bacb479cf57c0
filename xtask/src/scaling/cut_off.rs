//! Keeping the figure from the autoscaler for a while.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::pods;
use super::values::{By, Plan};
use crate::kube::release::{NAME, kubectl};
use crate::paint::say;

/// How long all workers may take to be there.
const UP_BOUND: Duration = Duration::from_secs(300);
const API: &str = "v1beta1.external.metrics.k8s.io";

/// What happened while it had none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CutOff {
    /// Seconds from the first post.
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) workers_before: u64,
    /// The fewest that were asked for meanwhile.
    pub(crate) fewest: u64,
}

/// Waits for all workers, cuts the autoscaler off, looks at the workers meanwhile, and mends it.
pub(crate) async fn cut_off(
    namespace: &str,
    plan: &Plan,
    seconds: u64,
    begun: Instant,
) -> Result<CutOff> {
    let before = loop {
        let workers = pods::count(namespace).await?.workers;
        if workers.ready == plan.max_workers {
            break workers.asked;
        }
        ensure!(
            begun.elapsed() < UP_BOUND,
            "there are only {} of {} workers",
            workers.ready,
            plan.max_workers
        );
        sleep(Duration::from_secs(1)).await;
    };
    let from = begun.elapsed().as_secs_f64();
    say(format!("{from:>5.0} s: the autoscaler gets no figure"));
    let whole = cut(namespace, plan.by).await?;
    let looked = fewest(namespace, Duration::from_secs(seconds)).await;
    // Whatever was seen: it must not stay cut off.
    point_at(namespace, plan.by, &whole).await?;
    let to = begun.elapsed().as_secs_f64();
    say(format!("{to:>5.0} s: it gets the figure again"));
    Ok(CutOff {
        from,
        to,
        workers_before: before,
        fewest: looked?,
    })
}

async fn fewest(namespace: &str, time: Duration) -> Result<u64> {
    let until = Instant::now() + time;
    let mut fewest = u64::MAX;
    while Instant::now() < until {
        fewest = fewest.min(pods::count(namespace).await?.workers.asked);
        sleep(Duration::from_secs(1)).await;
    }
    Ok(fewest)
}

/// What an HPA asks is sent to nobody; KEDA is told a name that nobody has, because a Service without pods would not end the
/// connection that it keeps. Returns what was there.
async fn cut(namespace: &str, by: By) -> Result<String> {
    let (object, path, nowhere) = match by {
        By::Hpa => (
            format!("apiservice/{API}"),
            "{.spec.service.name}",
            "nobody",
        ),
        By::KedaMetricsApi => (
            scaled_object(),
            "{.spec.triggers[0].metadata.url}",
            "http://nobody.invalid/metrics",
        ),
    };
    let path = format!("--output=jsonpath={path}");
    let whole = kubectl(namespace, &["get", &object, &path]).await?;
    point_at(namespace, by, nowhere).await?;
    Ok(whole)
}

async fn point_at(namespace: &str, by: By, target: &str) -> Result<()> {
    let (object, path) = match by {
        By::Hpa => (format!("apiservice/{API}"), "/spec/service/name"),
        By::KedaMetricsApi => (scaled_object(), "/spec/triggers/0/metadata/url"),
    };
    let patch = json!([{"op": "replace", "path": path, "value": target}]).to_string();
    let patched = ["patch", &object, "--type=json", "--patch", &patch];
    kubectl(namespace, &patched).await?;
    Ok(())
}

fn scaled_object() -> String {
    format!("scaledobject/{NAME}-scorer-worker")
}
