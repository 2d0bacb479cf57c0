//! Every metric there is: the only place where names and labels of metrics stand.
//!
//! A series whose value is not known is left out, never 0: an autoscaler must not read an outage
//! as an empty queue.

mod labels;
mod models;
mod optional_gauge;

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use metrics::{Counter, Gauge, Histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;

use self::{
    labels::bounded,
    models::{Models, head},
    optional_gauge::OptionalGauges,
};
pub use self::{models::DeploymentGauges, optional_gauge::OptionalGauge};
use crate::ServiceName;

/// Bounds of the histograms of seconds: from an idle queue to the longest evaluation.
const SECONDS: [f64; 22] = [
    0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0,
    120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0,
];
/// How often histograms are tidied: their samples pile up otherwise until somebody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);
/// How old a figure about the queue may be before it counts as unknown.
const QUEUE_FRESHNESS: Duration = Duration::from_mins(1);

static KNOWN: OptionalGauges = OptionalGauges::new();
static MODELS: Models = Models::new();
/// Names and meanings of the counters of models: of calls, by result, and of tokens, by direction.
const CALLS: (&str, &str) = (
    "autorater_judge_calls_total",
    "Requests to judge models: tries of one call, and requests that are made in another way, included.",
);
const TOKENS: (&str, &str) = (
    "autorater_tokens_total",
    "Tokens paid for; the direction is input (of whole prompts), cached_input or cache_write (of those), or output.",
);
/// Of their gauges.
const MODEL_GAUGES: [(&str, &str); 3] = [
    (
        "autorater_breaker_state",
        "Whether calls to a model at a provider are made: 0 closed (they are), 1 half open (one tries), 2 open (none is).",
    ),
    (
        "autorater_model_listed",
        "Whether a model is in its provider's list of models (1) or not (0); left out where that is not known.",
    ),
    (
        "autorater_model_retirement_timestamp_seconds",
        "When a provider takes a model off, in seconds since 1970; left out where its list does not say.",
    ),
];
/// How evaluations end: status and outcome.
const ENDS: [(&str, &str); 5] = [
    ("succeeded", "scored"),
    ("succeeded", "abstained"),
    ("succeeded", "unscorable"),
    ("failed", "none"),
    ("cancelled", "none"),
];
/// How they are judged.
const STRATEGIES: [&str; 4] = ["direct", "cot", "debate", "cascade"];
static COST_NANO_USD: AtomicU64 = AtomicU64::new(0);

/// Declares the functions of counters, gauges and histograms.
macro_rules! declare {
    ($($(#[doc = $doc:literal])+ $kind:ident $name:ident($($label:ident: $Type:ty => $value:expr),*) = $metric:literal;)+) => {$(
        $(#[doc = $doc])+
        #[expect(clippy::disallowed_macros, reason = "this is where metrics are declared")]
        pub fn $name($($label: $Type),*) -> declare!(@type $kind) {
            metrics::$kind!($metric $(, stringify!($label) => $value)*)
        }
    )+

        /// Tells the recorder what the metrics mean.
        fn describe() {
            $(declare!(@describe $kind $metric, concat!($($doc),+).trim());)+
        }
    };
    (@describe counter $metric:literal, $help:expr) => { metrics::describe_counter!($metric, $help) };
    (@describe gauge $metric:literal, $help:expr) => { metrics::describe_gauge!($metric, $help) };
    (@describe histogram $metric:literal, $help:expr) => { metrics::describe_histogram!($metric, $help) };
    (@type counter) => { Counter };
    (@type gauge) => { Gauge };
    (@type histogram) => { Histogram };
}

declare! {
    /// Requests whose answer has not begun yet. A stream of events is none of them any more once it has begun.
    gauge http_requests_in_flight(service: ServiceName => service.as_str())
        = "autorater_http_requests_in_flight";

    /// 1 while a check of /readyz fails, else 0; a check that only tells is among them.
    gauge check_failing(check: &str => bounded("check", check)) = "autorater_check_failing";

    /// 1 while the settings file has an edit that was refused, else 0.
    gauge settings_refused() = "autorater_settings_refused";

    /// Entries of the work stream that were dropped because they could not be read.
    counter stream_entries_dropped_total() = "autorater_stream_entries_dropped_total";

    /// Spans and results of evaluations (logs) that did not reach the collector, because too many waited or it did not take them.
    counter telemetry_dropped_total(signal: &'static str => signal, reason: &'static str => reason)
        = "autorater_telemetry_dropped_total";

    /// Evaluations that reached a terminal status.
    counter evaluations_total(
        status: &'static str => status, outcome: &'static str => outcome, strategy: &str => bounded("strategy", strategy)
    ) = "autorater_evaluations_total";

    /// Cascades that were judged, by the stage that decided (first or then) and why (sure, interval, disagreement, unscorable).
    counter cascades_total(decided_by: &'static str => decided_by, reason: &str => bounded("cascade_reason", reason))
        = "autorater_cascades_total";

    /// Seconds from the creation of an evaluation to its terminal status.
    histogram evaluation_seconds() = "autorater_evaluation_seconds";

    /// Seconds that a call waited until there was room for it within the limits of its provider.
    histogram limiter_wait_seconds() = "autorater_limiter_wait_seconds";

    /// Whether the limits and breakers of providers hold for this process alone (1), because Redis does not answer, or over all (0).
    gauge limiter_is_local() = "autorater_limiter_is_local";

    /// Judge calls that were not made because a budget had no room for them, or because their price is not known.
    counter budget_refusals_total() = "autorater_budget_refusals_total";

    /// Budgets of which 80 % were used, each counted once in its day or month.
    counter budget_warnings_total() = "autorater_budget_warnings_total";

    /// Requests for a cheaper tier of a provider, by what came of them: bought, bought_dearer (the answer names another tier),
    /// no_capacity or failed.
    counter service_tier_requests_total(service_tier: &str => bounded("service_tier", service_tier), result: &'static str => result)
        = "autorater_service_tier_requests_total";

    /// Tries of webhooks, by what came of them: delivered, retried, failed or disabled.
    counter webhook_deliveries_total(result: &'static str => result) = "autorater_webhook_deliveries_total";

    /// Seconds that a call to a judge model took.
    histogram judge_call_seconds() = "autorater_judge_call_seconds";

    /// Seconds that a judge call took besides the provider: send (until its first request), of that admit and budget, and commit.
    histogram judge_call_overhead_seconds(part: &'static str => part) = "autorater_judge_call_overhead_seconds";
}

/// Lets counters that a service may raise begin at 0: a series that begins with its first 500 failures has not increased, and
/// no alert says so.
pub fn begin(service: ServiceName) {
    if service == ServiceName::IngestApi {
        return;
    }
    for strategy in STRATEGIES {
        for (status, outcome) in ENDS {
            evaluations_total(status, outcome, strategy).increment(0);
        }
    }
    if service == ServiceName::ScorerWorker {
        for result in ["delivered", "retried", "failed", "disabled"] {
            webhook_deliveries_total(result).increment(0);
        }
    }
}

/// An evaluation reached a terminal status so long after it was posted.
pub fn evaluation_ended(
    status: &'static str,
    outcome: &'static str,
    strategy: &str,
    age: Duration,
) {
    evaluations_total(status, outcome, strategy).increment(1);
    evaluation_seconds().record(age.as_secs_f64());
}

/// A request to a model at a provider has ended; `answered` says whether it brought a reply.
pub fn judge_called(provider: &str, model: &str, result: &'static str, answered: bool) {
    MODELS.called(provider, model, result, answered);
}

/// A model at a provider took so many tokens in a direction.
///
/// `input` are all of a prompt, `cached_input` and `cache_write` those of them that came out of the provider's cache or went
/// into it, `output` those of the answer.
pub fn tokens(provider: &str, model: &str, direction: &'static str, tokens: u64) {
    MODELS.took(provider, model, direction, tokens);
}

/// How a model at a provider is.
pub fn deployment(provider: &str, model: &str, gauges: DeploymentGauges) {
    MODELS.deployment(provider, model, gauges);
}

/// The models that the settings name, which always have series of their own.
pub fn models_of_settings(models: impl IntoIterator<Item = String>) {
    MODELS.of_settings(models);
}

/// What was paid for, in USD.
pub fn cost_usd_total() -> Cost {
    Cost
}

/// A counter of money, exact to the nano-USD.
#[derive(Debug)]
#[must_use = "a counter does nothing until it is incremented"]
pub struct Cost;

impl Cost {
    /// Adds billionths of a USD.
    #[expect(clippy::unused_self, reason = "the same shape as every other metric")]
    pub fn increment_nano_usd(self, nano_usd: u64) {
        COST_NANO_USD.fetch_add(nano_usd, Ordering::Relaxed);
    }
}

/// Entries of the queue, by priority and by state (`waiting` or `in_flight`).
pub fn queue_entries(priority: &'static str, state: &'static str) -> OptionalGauge {
    let labels = vec![("priority", priority), ("state", state)];
    OptionalGauge::new(
        &KNOWN,
        (
            "autorater_queue_entries",
            "Entries of the queue, by priority and by state (waiting or in_flight).",
        ),
        labels,
        Some(QUEUE_FRESHNESS),
    )
}

/// Age in seconds of the oldest entry that waits.
pub fn queue_oldest_seconds(priority: &'static str) -> OptionalGauge {
    let labels = vec![("priority", priority)];
    OptionalGauge::new(
        &KNOWN,
        (
            "autorater_queue_oldest_seconds",
            "Age in seconds of the oldest entry that waits.",
        ),
        labels,
        Some(QUEUE_FRESHNESS),
    )
}

/// For how many seconds the webhook that is most overdue has been due.
pub fn webhook_oldest_seconds() -> OptionalGauge {
    let named = (
        "autorater_webhook_oldest_seconds",
        "Seconds since the most overdue webhook was due: what waits for its next try is not overdue.",
    );
    OptionalGauge::new(&KNOWN, named, Vec::new(), Some(QUEUE_FRESHNESS))
}

/// Evaluations that all workers that are alive can run at once, as far as their payloads fit into their memory.
pub fn worker_slots() -> OptionalGauge {
    let named = (
        "autorater_worker_slots",
        "Evaluations that all workers that are alive can run at once; 0 when none is.",
    );
    OptionalGauge::new(&KNOWN, named, Vec::new(), Some(QUEUE_FRESHNESS))
}

/// Slots that all evaluations that wait or run would take, whatever the limits of providers can feed.
pub fn worker_slots_demanded() -> OptionalGauge {
    let named = (
        "autorater_worker_slots_demanded",
        "Slots that all that waits and runs would take, by number or by memory; those above autorater_worker_slots_wanted only waited for a provider.",
    );
    OptionalGauge::new(&KNOWN, named, Vec::new(), Some(QUEUE_FRESHNESS))
}

/// Slots that all processes together should have, in evaluations: what an autoscaler is to go by.
///
/// The number of evaluations that wait or run or, where that is more, the slots of as many processes as their memory
/// takes (64 KiB and three payloads each, out of 7/8 of worker.payload_budget). Of evaluations no more count than the
/// limits of the providers can feed ([`domain::provider_load`]).
pub fn worker_slots_wanted() -> OptionalGauge {
    OptionalGauge::new(
        &KNOWN,
        (
            "autorater_worker_slots_wanted",
            "Evaluations that all workers together should be able to run at once: those that wait and run, by number or by memory, but no more than the limits of the providers can feed (rate x seconds of a call, and a burst; no cap where a provider has no limit).",
        ),
        Vec::new(),
        Some(QUEUE_FRESHNESS),
    )
}

/// The metrics of this process, for `/metrics`.
#[derive(Clone, Debug)]
pub struct Metrics {
    handle: PrometheusHandle,
}

/// Metrics could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start metrics: {0}")]
pub struct MetricsError(String);

/// Starts to record metrics; again in the same process, gives the same metrics.
///
/// # Errors
///
/// When something else already records metrics in this process.
pub fn install() -> Result<Metrics, MetricsError> {
    static INSTALLED: OnceLock<Result<Metrics, String>> = OnceLock::new();
    INSTALLED
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new()
                .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
                .map_err(|error| error.to_string())?
                .build_recorder();
            let handle = recorder.handle();
            metrics::set_global_recorder(recorder).map_err(|error| error.to_string())?;
            describe();
            Ok(Metrics { handle })
        })
        .clone()
        .map_err(MetricsError)
}

impl Metrics {
    /// The exposition in Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = self.handle.render();
        text.push_str(&KNOWN.render(Instant::now()));
        text.push_str(&MODELS.render());
        let cost = COST_NANO_USD.load(Ordering::Relaxed);
        // Services that never pay have no series.
        if cost > 0 {
            let name = "autorater_cost_usd_total";
            head(
                &mut text,
                name,
                "USD paid for judge calls whose price is known.",
                "counter",
            );
            text.push_str(&format!(
                "{name} {}.{:09}\n",
                cost / 1_000_000_000,
                cost % 1_000_000_000
            ));
        }
        text
    }

    /// Keeps memory bounded between scrapes, until `stop`.
    pub async fn run_upkeep(self, stop: CancellationToken) {
        let mut interval = tokio::time::interval(UPKEEP);
        while stop.run_until_cancelled(interval.tick()).await.is_some() {
            self.handle.run_upkeep();
        }
    }
}
