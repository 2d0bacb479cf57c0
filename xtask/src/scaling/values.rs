//! The chart's values for a run.

use clap::ValueEnum;
use serde_json::{Value, json};

/// What adds and takes away pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    Hpa,
    KedaMetricsApi,
}

impl By {
    /// As the chart's `autoscaling.by` names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hpa => "hpa",
            Self::KedaMetricsApi => "keda-metrics-api",
        }
    }
}

/// What a run is of.
#[derive(clap::Args)]
pub(crate) struct Plan {
    /// What adds and takes away pods; the cluster must have it.
    #[arg(long, value_enum, default_value_t = By::Hpa)]
    pub(crate) by: By,
    /// How many evaluations are posted.
    #[arg(long, default_value_t = 3000, value_name = "N")]
    pub(crate) count: usize,
    /// How many more are posted one by one, four a second, so that workers are taken away while they work.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) trickle: usize,
    /// Bytes of each payload's text.
    #[arg(long, default_value_t = 200, value_name = "BYTES")]
    pub(crate) payload: usize,
    /// Milliseconds until the simulated provider answers.
    #[arg(long, default_value_t = 4000, value_name = "MS")]
    pub(crate) latency: u64,
    /// Calls that the simulated provider's limit allows a minute; none: no limit.
    #[arg(long, value_name = "N")]
    pub(crate) calls_per_minute: Option<u64>,
    /// Evaluations that a worker runs at once.
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) slots: u64,
    /// Workers at most.
    #[arg(long, default_value_t = 6, value_name = "N")]
    pub(crate) max_workers: u64,
    /// Workers at least.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) min_workers: u64,
    /// Seconds of less work before a worker is taken away; the chart has 900.
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub(crate) stabilization: u64,
    /// Seconds for which the autoscaler gets no figure, once all workers that it may have are there.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) cut_off: Option<u64>,
}

/// The values, beside those of the chart's first example. Small requests of CPU: a node of two processors holds all.
pub(crate) fn values(plan: &Plan) -> Value {
    let small = json!({"requests": {"cpu": "20m", "memory": "64Mi"}});
    let mut values = json!({
        "autoscaling": {"by": plan.by.name(), "keda": {"pollingInterval": 5, "cooldownSeconds": plan.stabilization}},
        "worker": {
            "slots": plan.slots,
            "resources": small,
            "autoscaling": {
                "enabled": true,
                "minReplicas": plan.min_workers,
                "maxReplicas": plan.max_workers,
                "scaleDownStabilizationSeconds": plan.stabilization,
            },
        },
        "ingest": {"replicas": 1, "resources": small},
        "status": {"replicas": 1, "resources": small},
        // What a run stores is of no use after it, and a cluster need not have volumes.
        "postgresql": {"persistence": {"enabled": false}},
        "redis": {"persistence": {"enabled": false}},
        // The provider holds all prompts that are under way.
        "mock": {
            "latencyMs": plan.latency,
            "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}, "limits": {"memory": "2Gi"}},
        },
    });
    if let Some(limit) = plan.calls_per_minute {
        values["settings"] = format!(
            "[providers.mock]\nbase_url = \"http://autorater-mock-llm:4010/v1\"\n\
             [providers.mock.limits]\nrequests_per_minute = {limit}\n\
             [models.\"*\"]\ndeployments = [\"mock\"]\n"
        )
        .into();
    }
    values
}
