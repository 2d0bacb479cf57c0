//! The cheaper tier of a deployment: whether a request is made there, and what its refusals mean.
//!
//! The rule: a request goes there as long as a whole call at the usual tier still fits into the evaluation's time behind it.

use std::time::Duration;

use domain::plan::BatchTier;

use crate::error::{CallError, ErrorKind};

/// Shorter answers than this are not waited for at the tier, unless its time-out is shorter: it is slow by contract, and
/// what is broken off may have been paid for.
const MIN_ANSWER: Duration = Duration::from_secs(30);

/// A request at a cheaper tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TierRequest {
    /// The provider's name for the tier.
    pub(crate) name: String,
    /// How long it may take, also to begin.
    pub(crate) longest: Duration,
}

/// A request at the tier, where an evaluation has so much time left and a call at the usual tier takes `call_timeout` at most.
pub(crate) fn request(
    tier: &BatchTier,
    time_left: Duration,
    call_timeout: Duration,
) -> Option<TierRequest> {
    let spare = time_left.checked_sub(call_timeout)?;
    let timeout = Duration::from_millis(tier.timeout_ms);
    (spare >= timeout.min(MIN_ANSWER)).then(|| TierRequest {
        name: tier.name.clone(),
        longest: timeout.min(spare),
    })
}

/// Whether an error of a request at a tier says that it has no capacity now: OpenAI's `resource_unavailable`.
pub(crate) fn is_no_capacity(error: &CallError) -> bool {
    const WORDS: [&str; 2] = ["resource_unavailable", "resource unavailable"];
    error.kind == ErrorKind::RateLimited
        && error.complaint.as_ref().is_some_and(|complaint| {
            complaint.status == 429 && WORDS.iter().any(|words| complaint.about.contains(words))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_call_at_the_usual_tier_fits_behind_one_at_the_cheaper() {
        let tier = BatchTier {
            name: "flex".to_owned(),
            timeout_ms: 900_000,
        };
        let longest = |left: u64| {
            let asked = request(&tier, Duration::from_secs(left), Duration::from_secs(600));
            asked.map(|asked| asked.longest.as_secs())
        };
        for (left, expected) in [
            (86_400, Some(900)),
            (1_500, Some(900)),
            (1_499, Some(899)),
            (630, Some(30)),
            (629, None),
            (600, None),
            (5, None),
        ] {
            assert_eq!(longest(left), expected, "{left} s are left");
        }
        let quick = BatchTier {
            timeout_ms: 2_000,
            ..tier
        };
        let seconds = Duration::from_secs;
        assert!(request(&quick, seconds(12), seconds(10)).is_some());
        assert!(request(&quick, seconds(11), seconds(10)).is_none());
    }
}
