//! Keeping the figure from the autoscaler for a while.

use std::time::Duration;

use anyhow::{Result, ensure};
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
    loop {
        let workers = pods::count(namespace).await?.workers;
        if workers.ready == plan.max_workers {
            break;
        }
        ensure!(
            begun.elapsed() < UP_BOUND,
            "there are only {} of {} workers",
            workers.ready,
            plan.max_workers
        );
        sleep(Duration::from_secs(1)).await;
    }
    let before = pods::count(namespace).await?.workers.asked;
    let from = begun.elapsed().as_secs_f64();
    say(format!("{from:>5.0} s: the autoscaler gets no figure"));
    let whole = cut(namespace, plan.by).await?;
    let looked = fewest(namespace, Duration::from_secs(seconds)).await;
    // Whatever was seen: it must not stay cut off.
    mend(namespace, plan.by, &whole).await?;
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

/// What an HPA asks is sent to nobody; what KEDA asks has no pods behind it. Returns what was there.
async fn cut(namespace: &str, by: By) -> Result<String> {
    match by {
        By::Hpa => {
            let path = "--output=jsonpath={.spec.service.name}";
            let whole = kubectl(namespace, &["get", "apiservice", API, path]).await?;
            point_at(namespace, "nobody").await?;
            Ok(whole)
        }
        By::KedaMetricsApi => {
            let path = "--output=jsonpath={.spec.selector.app\\.kubernetes\\.io/component}";
            let service = metrics_service();
            let whole = kubectl(namespace, &["get", &service, path]).await?;
            select(namespace, "nobody").await?;
            Ok(whole)
        }
    }
}

async fn mend(namespace: &str, by: By, whole: &str) -> Result<()> {
    match by {
        By::Hpa => point_at(namespace, whole).await,
        By::KedaMetricsApi => select(namespace, whole).await,
    }
}

async fn point_at(namespace: &str, service: &str) -> Result<()> {
    let patch = format!(r#"{{"spec": {{"service": {{"name": "{service}"}}}}}}"#);
    patched(namespace, &format!("apiservice/{API}"), &patch).await
}

async fn select(namespace: &str, component: &str) -> Result<()> {
    let patch =
        format!(r#"{{"spec": {{"selector": {{"app.kubernetes.io/component": "{component}"}}}}}}"#);
    patched(namespace, &metrics_service(), &patch).await
}

async fn patched(namespace: &str, object: &str, patch: &str) -> Result<()> {
    kubectl(
        namespace,
        &["patch", object, "--type=merge", "--patch", patch],
    )
    .await?;
    Ok(())
}

fn metrics_service() -> String {
    format!("service/{NAME}-status-api-metrics")
}
