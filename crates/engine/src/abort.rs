//! Why an evaluation cannot go on here.

use std::time::Duration;

use domain::EvaluationId;
use domain::failure::{Failure, FailureCode};
use domain::timeline::{Cause, WaitReason};

/// How long an evaluation waits for a worker that knows its plan: a deploy is under way.
const NEWER_WORKER_DELAY: Duration = Duration::from_secs(5);

/// Why an evaluation cannot go on here.
#[derive(Debug)]
pub(crate) enum Abort {
    /// Another worker has it, or it has ended: nothing of ours counts any more.
    OwnershipLost,
    /// It ends without an assessment.
    Failed(Failure, Cause),
    /// The provider does not do it now: later, and counted.
    RetryLater {
        after: Duration,
        reason: String,
        /// How often in a row without getting on, this time included.
        failures: u32,
        cause: Cause,
    },
    /// Another evaluation makes the steps of its rubric. Not counted.
    AwaitsSteps { maker: EvaluationId },
    /// Not this worker: it leaves, or it is older than the plan. Not counted.
    HandBack { after: Duration, reason: WaitReason },
    /// No provider can be asked now. Not counted.
    ProviderUnavailable {
        after: Duration,
        reason: String,
        cause: Cause,
    },
}

impl Abort {
    /// Its record cannot be read.
    pub(crate) fn unreadable(problem: impl Into<String>) -> Self {
        let failure = Failure {
            code: FailureCode::Unreadable,
            message: problem.into(),
        };
        Self::Failed(failure, Cause::default())
    }

    /// The worker leaves: another goes on at once.
    pub(crate) fn stopping() -> Self {
        Self::HandBack {
            after: Duration::ZERO,
            reason: WaitReason::WorkerStopping,
        }
    }

    /// It was begun by a newer release, whose workers are to go on.
    pub(crate) fn newer_release() -> Self {
        Self::HandBack {
            after: NEWER_WORKER_DELAY,
            reason: WaitReason::NewerRelease,
        }
    }
}
