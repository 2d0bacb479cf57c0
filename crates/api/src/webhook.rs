//! Webhooks: what a receiver gets, what became of it, and what it is signed with.

use domain::EvaluationId;
use domain::assessment::Assessment;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::evaluation::Evaluation;

/// The body of a webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WebhookMessage<A = Assessment> {
    /// What has happened: `evaluation.succeeded`, `evaluation.failed` or `evaluation.cancelled`.
    #[serde(rename = "type")]
    pub event: String,
    /// When it happened.
    pub timestamp: Timestamp,
    /// The evaluation, as `GET /v1/evaluations/{id}` has it.
    pub data: Evaluation<A>,
}

/// A message to a receiver, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookDelivery {
    /// Its id: the header `webhook-id`, the same with each try.
    pub id: Uuid,
    /// Which evaluation has ended.
    pub evaluation_id: EvaluationId,
    /// `evaluation.succeeded`, `evaluation.failed` or `evaluation.cancelled`.
    #[serde(rename = "type")]
    #[schema(examples("evaluation.succeeded"))]
    pub event: String,
    /// Where to.
    pub url: String,
    /// How far it is.
    pub status: WebhookStatus,
    /// How often it was tried since it was last asked for.
    pub tries: u32,
    /// When it is tried next; null: it is not, or is being tried.
    #[schema(required)]
    pub next_at: Option<Timestamp>,
    /// When it was last tried.
    #[schema(required)]
    pub last_try_at: Option<Timestamp>,
    /// The HTTP status that was answered last.
    #[schema(required)]
    pub last_status: Option<u16>,
    /// Why the last try failed; null: it did not. What the receiver said is not kept.
    #[schema(required, examples("timeout", "status"))]
    pub last_error: Option<String>,
    /// When the evaluation ended.
    pub created_at: Timestamp,
    /// When there was nothing left to try.
    #[schema(required)]
    pub finished_at: Option<Timestamp>,
    /// Its last tries, at most 20, the newest last; those of earlier releases are missing.
    pub log: Vec<WebhookTry>,
}

/// A try of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookTry {
    /// When it began.
    pub at: Timestamp,
    /// The HTTP status that was answered.
    #[schema(required)]
    pub status: Option<u16>,
    /// Why it failed; null: it did not.
    #[schema(required, examples("timeout", "status"))]
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookStatus {
    /// It is tried, or will be.
    Pending,
    /// The receiver has it.
    Delivered,
    /// Its tries are used up.
    Failed,
    /// The receiver answered 410: nothing more is sent to this URL until somebody has a delivery made again.
    Disabled,
}

/// A secret that is to be made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookSecret {
    /// For how long messages are signed with the secrets before as well; absent: a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 2_592_000)]
    pub overlap_seconds: Option<u32>,
}

/// A secret that messages are signed with, without itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookSecret {
    /// Its id.
    pub id: Uuid,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on nothing is signed with it; null: it does not end by itself.
    #[schema(required)]
    pub expires_at: Option<Timestamp>,
}

/// A secret that was just made: the only time that it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedWebhookSecret {
    /// The secret, as libraries of Standard Webhooks take it: `whsec_` and base64.
    pub secret: String,
    /// What is known of it.
    #[serde(flatten)]
    pub known: WebhookSecret,
}

/// Where the ends of a tenant's evaluations are to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDefaultWebhook {
    /// Where to: `https`, on the public internet unless the operator allows more.
    #[schema(max_length = 2048, examples("https://example.com/autorater"))]
    pub url: String,
}

/// Where the ends of a tenant's evaluations are told, unless their payload or rubric says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DefaultWebhook {
    /// Where to.
    pub url: String,
    /// Since when.
    pub updated_at: Timestamp,
}
