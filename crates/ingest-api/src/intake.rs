//! From the bytes of a payload to what it asks for, read and packed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use domain::api_key::KeyId;
use domain::fields::FieldError;
use domain::identity::{IdempotencyKey, Identity};
use domain::json::Json;
use domain::rubric::{RubricChoice, RubricReference};
use domain::submission::{self, Shape};
use domain::{Priority, Tenant};
use service::problem::Problem;
use service::telemetry::conventions::{
    MESSAGING_DESTINATION_NAME, MESSAGING_MESSAGE_ID, MESSAGING_OPERATION_NAME,
    MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM,
};
use service::telemetry::{self, Annotate as _};
use service::webhook_check::WebhookUrl;
use storage::payloads::{self, CompressedPayload};
use tracing::Span;

use crate::rubrics::Resolved;
use crate::state::State;

/// Payloads from this size on are read and packed on a thread of their own: about half a millisecond's work.
const LARGE: usize = 64 * 1024;

/// Where a request comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) tenant: Tenant,
    /// The key that it showed; `None` while keys are off.
    pub(crate) api_key: Option<KeyId>,
    pub(crate) correlation_id: String,
    pub(crate) trace: Trace,
}

/// Which trace an evaluation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trace {
    /// That of its request.
    OfRequest,
    /// One of its own, linked to that of its request, which brings any number of them.
    Own,
}

/// A payload that was read and found to be in order, but for its rubric.
pub(crate) struct Incoming {
    pub(crate) origin: Origin,
    /// The span of its way into the queue, which is what its worker goes on from.
    pub(crate) span: Span,
    pub(crate) identity: Identity,
    pub(crate) shape: Shape,
    pub(crate) priority: Priority,
    /// The rubric that came with it, and what keeps it from being judged by that.
    pub(crate) rubric: Option<(Arc<Resolved>, Vec<FieldError>)>,
    /// The rubric that it names. The setting `default_rubric` where there is neither.
    pub(crate) reference: Option<RubricReference>,
    pub(crate) packed: CompressedPayload,
    pub(crate) strategy: &'static str,
    pub(crate) model: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) deadline_seconds: Option<u32>,
    /// What it or its inline rubric asks for, and where that stands, until it was looked at.
    asked_webhook: Option<(String, &'static str)>,
    /// What was found of that.
    pub(crate) webhook: Option<WebhookUrl>,
    /// What holds where neither it nor its rubric asks for any.
    pub(crate) default_webhook: Option<String>,
}

/// Reads a payload, and packs it.
///
/// # Errors
/// 400, 422, 429, 503.
pub(crate) async fn read(
    state: &State,
    origin: Origin,
    key: Option<IdempotencyKey>,
    payload: Vec<u8>,
) -> Result<Incoming, Problem> {
    let mut incoming = parse(state, origin, key, payload).await?;
    let tenant = &incoming.origin.tenant;
    state.quota.take(tenant).await?;
    match incoming.asked_webhook.take() {
        Some((url, pointer)) => {
            incoming.webhook = Some(state.webhooks.check(tenant, &url, pointer).await?);
        }
        None => incoming.default_webhook = state.webhooks.default_of(tenant).await?,
    }
    incoming.span = enqueue_span(&incoming);
    Ok(incoming)
}

/// The span of an evaluation on its way into the queue.
fn enqueue_span(incoming: &Incoming) -> Span {
    let Origin {
        tenant,
        correlation_id,
        trace,
        ..
    } = &incoming.origin;
    let id = incoming.identity.id.to_string();
    // At the level ERROR, so that no filter but `off` breaks traces.
    let span = tracing::error_span!(
        "enqueue",
        otel.kind = "producer",
        otel.name = "send work",
        correlation_id,
        tenant = tenant.as_str(),
        evaluation_id = id,
        strategy = incoming.strategy,
    );
    if *trace == Trace::Own {
        telemetry::begin_trace(&span, &Span::current());
    }
    for (name, value) in [
        (MESSAGING_SYSTEM, "redis"),
        (MESSAGING_DESTINATION_NAME, "work"),
        (MESSAGING_OPERATION_NAME, "send"),
        (MESSAGING_OPERATION_TYPE, "send"),
    ] {
        span.annotate(name, value);
    }
    span.annotate(MESSAGING_MESSAGE_ID, id);
    span
}

async fn parse(
    state: &State,
    origin: Origin,
    key: Option<IdempotencyKey>,
    payload: Vec<u8>,
) -> Result<Incoming, Problem> {
    if payload.len() < LARGE {
        return incoming(origin, key.as_ref(), &payload);
    }
    // As many as there are cores: more would be no faster, and take the memory of each.
    let turn = state.readers.clone().acquire_owned().await;
    let span = Span::current();
    let reading = tokio::task::spawn_blocking(move || {
        let incoming = span.in_scope(|| incoming(origin, key.as_ref(), &payload));
        drop(turn);
        incoming
    });
    reading.await.map_err(Problem::internal)?
}

fn incoming(
    origin: Origin,
    key: Option<&IdempotencyKey>,
    payload: &[u8],
) -> Result<Incoming, Problem> {
    let json = Json::parse(payload)?;
    let submission = submission::parse(&json).map_err(Problem::invalid)?;
    let identity = match key {
        Some(key) => Identity::of_key(&origin.tenant, key, &json),
        None => Identity::of_payload(&origin.tenant, &json),
    };
    let shape = Shape::of(&submission);
    let mut asked_webhook = submission.webhook_url.map(|url| (url.into(), "/webhook"));
    let (rubric, reference) = match submission.rubric {
        None => (None, None),
        Some(RubricChoice::Named(reference)) => (None, Some(reference)),
        Some(RubricChoice::Inline(rubric)) => {
            let of_rubric = rubric.webhook.as_ref();
            asked_webhook =
                asked_webhook.or_else(|| Some((of_rubric?.url.clone(), "/rubric/webhook")));
            let inline = Resolved {
                label: RubricChoice::inline_label(&rubric),
                rubric: Cow::Owned(*rubric),
            };
            // Here, where nobody waits for a turn that others need, too.
            let incompatibilities = shape.incompatibilities(&inline.rubric);
            (Some((Arc::new(inline), incompatibilities)), None)
        }
    };
    Ok(Incoming {
        origin,
        span: Span::none(),
        identity,
        shape,
        priority: submission.priority,
        rubric,
        reference,
        packed: payloads::pack(payload).map_err(Problem::internal)?,
        strategy: submission.strategy.as_str(),
        model: submission.model,
        metadata: submission.metadata,
        deadline_seconds: submission.deadline_seconds,
        asked_webhook,
        webhook: None,
        default_webhook: None,
    })
}
