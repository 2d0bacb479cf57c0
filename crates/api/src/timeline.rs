//! What happened to an evaluation, and what it waits for.

use domain::timeline::WaitReason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Progress, Status};

/// The timeline of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Timeline {
    /// What it waits for now; null when it has ended.
    #[schema(required)]
    pub waiting: Option<Waiting>,
    /// What happened, the oldest first: up to 1,000 events behind `after`.
    pub events: Vec<TimelineEvent>,
}

/// What an evaluation waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// Why.
    pub reason: WaitReason,
    /// Since when.
    pub since: Timestamp,
    /// The same for people.
    pub detail: String,
    /// In how many seconds it goes on, about; null where nobody can tell.
    #[schema(required)]
    pub estimate_seconds: Option<f64>,
    /// Its place among those of its priority that wait, from 1; null when it does not stand in the queue, or behind more
    /// than 10,000.
    #[schema(required)]
    pub position: Option<u64>,
}

/// Something that happened to an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEvent {
    /// Its number within the evaluation, from 1; some numbers are left out.
    pub seq: i32,
    /// When it was.
    pub at: Timestamp,
    /// `accepted`, `queued`, `claimed`, `call`, `owner_lost`, `succeeded`, `failed`, `cancelled` or `retried`.
    pub kind: String,
    /// What belongs to an event of this kind.
    #[schema(value_type = Object)]
    pub detail: Value,
}

impl TimelineEvent {
    /// Whether the evaluation ended with it, unless its sender asked for a retry.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self.kind.as_str(), "succeeded" | "failed" | "cancelled")
    }
}

/// An event of the stream by its fields (server-sent events, HTML Living Standard).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServerSentEvent {
    /// The `seq` of what happened; what is only progress has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `progress`, `call` or `done`.
    pub event: String,
    /// JSON: a `ProgressEvent`; of `done` the evaluation itself.
    pub data: String,
}

/// The data of a `progress` or `call` event of the stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProgressEvent {
    /// Where the evaluation is.
    pub status: Status,
    /// How far it is.
    pub progress: Progress,
    /// What happened; null where only the progress is another.
    #[schema(required)]
    pub event: Option<TimelineEvent>,
}
