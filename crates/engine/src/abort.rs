//! Why an evaluation cannot go on here.

use std::time::Duration;

use domain::EvaluationId;
use domain::failure::{Failure, FailureCode};

/// Why an evaluation cannot go on here.
#[derive(Debug)]
pub(crate) enum Abort {
    /// Another worker has it, or it has ended: nothing of ours counts any more.
    OwnershipLost,
    /// It ends without an assessment.
    Failed(Failure),
    /// The provider does not do it now: later, and counted.
    RetryLater {
        after: Duration,
        reason: String,
        /// How often in a row without getting on, this time included.
        failures: u32,
    },
    /// Another evaluation makes the steps of its rubric. Not counted.
    AwaitsSteps { maker: EvaluationId },
    /// Not this worker: it leaves, or it is older than the plan. Not counted.
    HandBack { after: Duration },
    /// No provider can be asked now. Not counted.
    ProviderUnavailable { after: Duration, reason: String },
}

impl Abort {
    /// Its record cannot be read.
    pub(crate) fn unreadable(problem: impl Into<String>) -> Self {
        Self::Failed(Failure {
            code: FailureCode::Unreadable,
            message: problem.into(),
        })
    }
}
