//! One try: send, and write down what came of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use service::{metrics, telemetry};
use storage::webhook_deliveries::{self, DeliveryState, LeasedDelivery, TryResult};
use tracing::Instrument as _;
use tracing::field::Empty;
use webhooks::{ErrorClass, Outcome, Signer, next_try};

use super::Sender;
use super::hosts::Admission;
use super::message::Message;
use super::transport::Answer;

/// How often, and how far apart, is tried to write down a result. Later the lease sends the message again.
const WRITES: u32 = 5;
const WRITE_INTERVAL: Duration = Duration::from_secs(1);

/// Tries a delivery once.
pub(super) async fn deliver(sender: Arc<Sender>, message: Message, admission: Admission) {
    let delivery = &message.delivery;
    let span = tracing::error_span!(
        "webhook",
        otel.kind = "producer",
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
    async {
        let answer = attempt(&sender, &message, admission).await;
        record(&sender, &message, answer).await;
    }
    .instrument(span)
    .await;
}

async fn attempt(
    sender: &Sender,
    message: &Message,
    admission: Admission,
) -> Result<Answer, Skipped> {
    let delivery = &message.delivery;
    let host = HostInFlight {
        sender,
        name: (admission == Admission::Send).then_some(delivery.host.as_str()),
        begun: Instant::now(),
    };
    if delivery.is_disabled {
        host.leave(true);
        return Err(Skipped::For(ErrorClass::TargetDisabled));
    }
    let body = match &message.body {
        Ok(body) => body.clone(),
        Err(class) => {
            host.leave(true);
            return Err(Skipped::For(*class));
        }
    };
    if admission == Admission::CircuitOpen {
        return Err(Skipped::Until(ErrorClass::CircuitOpen));
    }
    let Some(signer) = &message.signer else {
        host.leave(true);
        return Err(Skipped::Until(ErrorClass::NoSecret));
    };
    let headers = headers(delivery, signer, &body);
    let answer = sender.transport.post(&delivery.url, headers, body).await;
    host.leave(answer.status.is_some_and(|status| status < 500));
    Ok(answer)
}

/// Why nothing was sent.
enum Skipped {
    /// Nothing will be.
    For(ErrorClass),
    /// It is tried again.
    Until(ErrorClass),
}

/// What is under way to a host; broken off, it counts as failed.
struct HostInFlight<'s> {
    sender: &'s Sender,
    name: Option<&'s str>,
    begun: Instant,
}

impl HostInFlight<'_> {
    fn leave(mut self, answered: bool) {
        self.end(answered);
    }

    fn end(&mut self, answered: bool) {
        if let Some(name) = self.name.take() {
            let took = self.begun.elapsed();
            self.sender.hosts.end(name, answered, took, Instant::now());
        }
    }
}

impl Drop for HostInFlight<'_> {
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

async fn record(sender: &Sender, message: &Message, answer: Result<Answer, Skipped>) {
    let delivery = &message.delivery;
    let result = result(message, answer);
    let (outcome, status, class) = (outcome(&result), result.status, result.error);
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

fn result(message: &Message, answer: Result<Answer, Skipped>) -> TryResult<'_> {
    let nothing = TryResult {
        state: DeliveryState::Failed,
        wait: Duration::ZERO,
        status: None,
        error: None,
        body: message.body.as_deref().ok(),
        disables_target: false,
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
        Err(Skipped::For(class)) => TryResult {
            state: match class {
                ErrorClass::TargetDisabled => DeliveryState::Disabled,
                _ => DeliveryState::Failed,
            },
            error: Some(class.as_str()),
            ..nothing
        },
        Err(Skipped::Until(class)) => again(class, None, None),
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
