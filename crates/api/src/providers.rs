//! How the deployments of judge models are.

use domain::Limits;
use domain::deployment_state::{BreakerState, RefusalReason};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the deployments are, as the workers that are alive find them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProviderStates {
    /// How many workers say it. With 0 nothing is known: `items` is empty, and not because all is well.
    pub workers: u64,
    /// When the first of them did; null when none does.
    #[schema(required)]
    pub as_of: Option<Timestamp>,
    /// Each deployment that the settings name, or that one of them has asked since it started: by provider and model.
    pub items: Vec<Deployment>,
}

/// A model at a provider, over all workers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Deployment {
    /// The provider's name in the settings, or its host.
    pub provider: String,
    /// The model, as the provider names it.
    pub model: String,
    /// Whether calls are made, by the worker that finds it worst.
    pub state: BreakerState,
    /// Why not; null when they are.
    #[schema(required)]
    pub reason: Option<RefusalReason>,
    /// Since when a worker finds it so; null: since it first asked.
    #[schema(required)]
    pub since: Option<Timestamp>,
    /// How many workers find it so.
    pub workers: u64,
    /// Whether the breaker and the limits hold over all workers together; false while a worker cannot ask Redis for them, and
    /// goes by what it meets itself.
    pub shared: bool,
    /// Requests under way.
    pub in_flight: u64,
    /// Requests that were begun since these workers started.
    pub admitted: u64,
    /// Calls that wait until a deployment of their route may be asked, of which this one is the first.
    pub waiting: u64,
    /// Whether the provider's list of models, which is read once a day, has it; null: it has no list that can be read, or none
    /// that would tell.
    #[schema(required)]
    pub listed: Option<bool>,
    /// When the provider takes it off, or has; null where its list does not say.
    #[schema(required)]
    pub retires_at: Option<Timestamp>,
    /// When that list was read; null when it says nothing of the model.
    #[schema(required)]
    pub listed_as_of: Option<Timestamp>,
    /// What the provider may be asked for, over all its models and all workers; what is not limited is left out.
    pub limits: Limits,
    /// The latest errors, the newest first: at most five.
    pub last_errors: Vec<ProviderError>,
}

/// An error of a provider, without its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderError {
    /// When it was.
    pub at: Timestamp,
    /// Its class: `rate_limited`, `unavailable`, `timed_out`, `garbled`, `unauthorized` or `rejected`.
    pub class: String,
    /// The HTTP status; null where there was no answer.
    #[schema(required)]
    pub status: Option<u16>,
}
