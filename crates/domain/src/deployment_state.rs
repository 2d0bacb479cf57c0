//! How a worker finds a deployment: what it tells others of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Limits;

/// A model at a provider, as one worker finds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeploymentState {
    /// The provider's name in the settings.
    pub provider: String,
    /// The model, as the provider names it.
    pub model: String,
    /// Whether the settings name it, and not only somebody's request or rubric.
    #[serde(default)]
    pub is_configured: bool,
    /// Tenants whose evaluations asked it, the latest first; a bounded number.
    #[serde(default)]
    pub asked_by: Vec<String>,
    /// Whether calls are made.
    pub state: BreakerState,
    /// Why not.
    pub reason: Option<RefusalReason>,
    /// For how long it has been so, in milliseconds; `None`: since the worker knows it.
    pub for_ms: Option<u64>,
    /// Whether the breaker and the limits hold over all workers. A worker of an earlier release has a breaker of its own.
    #[serde(default)]
    pub is_shared: bool,
    /// Requests under way.
    pub in_flight: u64,
    /// Requests that were begun since the worker knows it.
    pub admitted: u64,
    /// Calls that wait until a deployment of their route may be asked, of which this one is the first.
    pub waiting: u64,
    /// What its provider may be asked for.
    pub limits: Limits,
    /// What its provider's list of models says of it; `None`: nothing.
    #[serde(default)]
    pub listing: Option<ModelListing>,
    /// The latest errors, the newest first.
    pub errors: Vec<SeenError>,
}

/// What a provider's list of models says of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelListing {
    /// When the list was read.
    pub as_of: Timestamp,
    /// Whether the model is in it.
    pub is_listed: bool,
    /// When the provider takes the model off, or has.
    pub retires_at: Option<Timestamp>,
}

/// Whether calls are made; the later, the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// They are.
    Closed,
    /// None until a pause is over that the provider asked for.
    Paused,
    /// One tries whether it is back.
    HalfOpen,
    /// None for a while.
    Open,
}

/// Why calls are not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// Too many failed.
    Failing,
    /// The provider does not take the key, or there is no money left.
    Unauthorized,
    /// The provider asks for fewer calls.
    RateLimited,
}

/// An error, without anybody's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenError {
    /// Its class, as in the metrics.
    pub class: String,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// How long ago it was, in milliseconds.
    pub ago_ms: u64,
}
