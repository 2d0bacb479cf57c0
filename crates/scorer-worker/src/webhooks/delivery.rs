//! One try: send, and write down what came of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use service::metrics;
use service::telemetry::conventions::{
    HTTP_REQUEST_METHOD, HTTP_REQUEST_RESEND_COUNT, HTTP_RESPONSE_STATUS_CODE, SERVER_ADDRESS,
    SERVER_PORT, URL_SCHEME,
};
use service::telemetry::{self, Annotate as _};
use storage::webhook_deliveries::{self, DeliveryState, LeasedDelivery, TryResult};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use webhooks::{ErrorClass, Outcome, Signer, next_try};

use super::Sender;
use super::message::Message;
use super::targets::Admission;
use super::transport::Answer;

/// How often, and how far apart, is tried to write down a result. Later the lease sends the message again.
const WRITES: u32 = 5;
const WRITE_INTERVAL: Duration = Duration::from_secs(1);
/// How long what nobody can sign waits until is looked again.
const NO_SECRET_WAIT: Duration = Duration::from_mins(5);

/// Tries a delivery once.
pub(super) async fn deliver(sender: Arc<Sender>, message: Message, admission: Admission) {
    let delivery = &message.delivery;
    // At the level ERROR, so that no filter but `off` breaks traces.
    let span = tracing::error_span!(
        "webhook",
        otel.kind = "client",
        otel.name = "POST webhook",
        correlation_id = delivery.correlation_id,
        evaluation_id = %delivery.evaluation,
        tenant = %delivery.tenant,
        webhook_id = %delivery.lease.id,
        attempt = delivery.lease.tries,
        trace_id = Empty,
    );
    if let Some(traceparent) = &delivery.traceparent {
        telemetry::set_parent(&span, traceparent);
    }
    describe(&span, delivery);
    async {
        let begun = Instant::now();
        let answer = attempt(&sender, &message, admission).await;
        record(&sender, &message, answer, begun.elapsed()).await;
    }
    .instrument(span)
    .await;
}

/// The receiver's address, and nothing else of its URL: paths and queries of receivers hold keys.
fn describe(span: &Span, delivery: &LeasedDelivery) {
    span.annotate(HTTP_REQUEST_METHOD, "POST");
    if let Ok(url) = Url::parse(&delivery.url) {
        span.annotate(URL_SCHEME, url.scheme().to_owned());
        if let Some(host) = url.host_str() {
            span.annotate(SERVER_ADDRESS, host.to_owned());
        }
        span.annotate_count(SERVER_PORT, url.port_or_known_default().map(u64::from));
    }
    let again = delivery.lease.tries.unsigned_abs().saturating_sub(1);
    if again > 0 {
        span.annotate(HTTP_REQUEST_RESEND_COUNT, i64::from(again));
    }
}

async fn attempt(
    sender: &Sender,
    message: &Message,
    admission: Admission,
) -> Result<Answer, ErrorClass> {
    let delivery = &message.delivery;
    let (body, signer) = message.outgoing()?;
    if admission == Admission::CircuitOpen {
        return Err(ErrorClass::CircuitOpen);
    }
    let in_flight = InFlight {
        sender,
        target: Some(delivery.target),
        begun: Instant::now(),
    };
    let headers = headers(delivery, signer, body);
    let posted = sender.transport.post(&delivery.url, headers, body.to_vec());
    let answer = posted.await;
    in_flight.leave(answer.status.is_some_and(|status| status < 500));
    Ok(answer)
}

/// What is under way to a target; broken off, it counts as failed.
struct InFlight<'s> {
    sender: &'s Sender,
    target: Option<i64>,
    begun: Instant,
}

impl InFlight<'_> {
    fn leave(mut self, answered: bool) {
        self.end(answered);
    }

    fn end(&mut self, answered: bool) {
        if let Some(target) = self.target.take() {
            let took = self.begun.elapsed();
            let targets = &self.sender.targets;
            targets.end(target, answered, took, Instant::now());
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.end(false);
    }
}

fn headers(delivery: &LeasedDelivery, signer: &Signer, body: &[u8]) -> HeaderMap {
    let id = delivery.lease.id.to_string();
    let timestamp = Timestamp::now().as_second();
    let traceparent = telemetry::current_traceparent().or_else(|| delivery.traceparent.clone());
    let all = [
        ("webhook-timestamp", Some(timestamp.to_string())),
        ("webhook-signature", Some(signer.sign(&id, timestamp, body))),
        ("webhook-id", Some(id)),
        ("x-correlation-id", Some(delivery.correlation_id.clone())),
        ("traceparent", traceparent),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in all {
        // A correlation id is printable: it came in a header.
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

async fn record(
    sender: &Sender,
    message: &Message,
    answer: Result<Answer, ErrorClass>,
    took: Duration,
) {
    let delivery = &message.delivery;
    let result = TryResult {
        took,
        ..result(message, answer)
    };
    let (outcome, status, class) = (outcome(&result), result.status, result.error);
    let span = Span::current();
    span.annotate_count(HTTP_RESPONSE_STATUS_CODE, status.map(u64::from));
    if result.state != DeliveryState::Delivered {
        span.fail(class.unwrap_or("_OTHER"));
    }
    match result.state {
        DeliveryState::Delivered => tracing::info!(status, "webhook delivered"),
        DeliveryState::Pending => tracing::info!(
            status,
            class,
            wait_seconds = result.wait.as_secs(),
            "webhook is tried again"
        ),
        DeliveryState::Failed | DeliveryState::Disabled => {
            tracing::warn!(status, class, outcome, "webhook is given up");
        }
    }
    metrics::webhook_deliveries_total(outcome).increment(1);
    for _ in 0..WRITES {
        match webhook_deliveries::record(&sender.worker.database, &delivery.lease, &result).await {
            Ok(true) => return,
            Ok(false) => {
                tracing::debug!("another worker has the delivery");
                return;
            }
            Err(error) => tracing::debug!(%error, "a webhook's result is not written yet"),
        }
        tokio::time::sleep(WRITE_INTERVAL).await;
    }
    tracing::warn!("a webhook's result could not be written: it is sent again");
}

fn outcome(result: &TryResult<'_>) -> &'static str {
    match result.state {
        DeliveryState::Pending => "retried",
        ended => ended.as_str(),
    }
}

fn result(message: &Message, answer: Result<Answer, ErrorClass>) -> TryResult<'_> {
    let nothing = TryResult {
        state: DeliveryState::Failed,
        wait: Duration::ZERO,
        status: None,
        error: None,
        body: message.body.as_deref().ok(),
        disables_target: false,
        counts: true,
        took: Duration::ZERO,
    };
    let again = |class: ErrorClass, status, retry_after| {
        let tries = message.delivery.lease.tries.unsigned_abs();
        let wait = next_try(tries, retry_after, rand::random());
        TryResult {
            state: wait.map_or(DeliveryState::Failed, |_| DeliveryState::Pending),
            wait: wait.unwrap_or_default(),
            status,
            error: Some(class.as_str()),
            ..nothing
        }
    };
    match answer {
        // Nothing was sent, and somebody may make a secret: it goes on waiting.
        Err(ErrorClass::NoSecret) => TryResult {
            state: DeliveryState::Pending,
            wait: NO_SECRET_WAIT,
            error: Some(ErrorClass::NoSecret.as_str()),
            counts: false,
            ..nothing
        },
        Err(ErrorClass::CircuitOpen) => again(ErrorClass::CircuitOpen, None, None),
        Err(class) => TryResult {
            state: match class {
                ErrorClass::TargetDisabled => DeliveryState::Disabled,
                _ => DeliveryState::Failed,
            },
            error: Some(class.as_str()),
            ..nothing
        },
        Ok(Answer {
            outcome,
            status,
            retry_after,
        }) => match outcome {
            Outcome::Delivered => TryResult {
                state: DeliveryState::Delivered,
                status,
                ..nothing
            },
            Outcome::Disable => TryResult {
                state: DeliveryState::Disabled,
                status,
                error: Some(ErrorClass::TargetDisabled.as_str()),
                disables_target: true,
                ..nothing
            },
            Outcome::Retry(class) => again(class, status, retry_after),
        },
    }
}
