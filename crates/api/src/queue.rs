//! What waits, and who is there for it.

use domain::Priority;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What waits, of all tenants and of the caller's, and who is there for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Queue {
    /// Of all tenants together, by priority: as in the metrics, up to a few seconds old. What was not counted lately is
    /// left out.
    pub total: Vec<QueueEntries>,
    /// Of the caller's tenant.
    pub tenant: TenantQueue,
    /// How many slots all workers together should have; null where it is not known.
    #[schema(required)]
    pub slots_wanted: Option<u64>,
    /// How many slots all that waits and runs would take, were there no limits of providers; null where it is not known.
    #[schema(required)]
    pub slots_demanded: Option<u64>,
    /// What keeps more evaluations from running at once; null where nothing does, or it is not known.
    #[schema(required)]
    pub slots_limited_by: Option<SlotLimit>,
    /// How many evaluations the workers that are alive can run at once.
    pub slots: u64,
    /// How many they run, as of their last heartbeats.
    pub slots_taken: u64,
    /// How many workers are alive.
    pub workers: u64,
}

/// What keeps more evaluations from running at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotLimit {
    /// There are fewer slots than are wanted: no autoscaler adds workers, or it may not add more.
    Workers,
    /// There are as many slots as the limits of the providers can feed; more would only wait.
    ProviderLimits,
}

/// What waits of one tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TenantQueue {
    /// Its name.
    pub name: String,
    /// By priority, as of now.
    pub entries: Vec<QueueEntries>,
}

/// What there is to do, in one priority.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueueEntries {
    /// Which.
    pub priority: Priority,
    /// How many wait, whether due or not.
    pub waiting: u64,
    /// Whether `waiting` is all of them; else there are more, which were not counted.
    pub complete: bool,
    /// How many run.
    pub in_flight: u64,
    /// For how long the oldest waiting one has been due; 0 when none is.
    pub oldest_seconds: f64,
}
