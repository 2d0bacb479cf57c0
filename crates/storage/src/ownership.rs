//! The right to write for an evaluation.

use domain::{EvaluationId, Tenant};
use uuid::Uuid;

/// What a claim gives to a worker. Every later write carries it and changes nothing once another worker has
/// claimed the evaluation: the epoch only rises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// Which evaluation.
    pub id: EvaluationId,
    /// Whose it is.
    pub tenant: Tenant,
    /// The worker that holds it.
    pub owner: Uuid,
    /// The fencing token.
    pub epoch: i64,
}
