//! What a provider can be asked for, and what is asked of it: how many calls its limits can feed at once.

use crate::Limits;

/// What a bucket of the limiter holds, in seconds of its rate: so many calls may begin at once after a quiet time.
const BURST_SECONDS: f64 = 6.0;
/// How long calls are taken to last until the first has ended: as short ones, since workers that were added for long ones would stay
/// a while. Where they are long, those under way are counted as they are, and an autoscaler keeps more slots than that.
const ASSUMED_CALL_SECONDS: f64 = 4.0;

/// A provider, as one worker finds it or as all of them together do.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderLoad {
    /// The provider's name in the settings.
    pub provider: String,
    /// What it may be asked for.
    pub limits: Limits,
    /// Requests under way.
    pub in_flight: u64,
    /// Seconds that a request has taken lately on average; `None`: none has ended yet.
    pub call_seconds: Option<f64>,
    /// Tokens, input and output, that a request has taken lately on average; `None`: none has said so yet.
    pub call_tokens: Option<f64>,
}

impl ProviderLoad {
    /// How many calls its limits let be under way at once, one at least and those that are; `None`: any number, or it is
    /// not known.
    ///
    /// By Little's law, rate × duration of a call, and what may begin at once after a quiet time.
    #[must_use]
    pub fn calls_fed(&self) -> Option<u64> {
        let by_requests = self.limits.requests_per_minute.map(f64::from);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let by_tokens = (self.limits.tokens_per_minute)
            .zip(self.call_tokens.filter(|tokens| *tokens > 0.0))
            .map(|(limit, each)| limit as f64 / each);
        let per_minute = [by_requests, by_tokens]
            .into_iter()
            .flatten()
            .reduce(f64::min);
        let seconds = self.call_seconds.unwrap_or(ASSUMED_CALL_SECONDS) + BURST_SECONDS;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "no more than f64 holds, and not negative"
        )]
        let by_rate = per_minute.map(|rate| (rate / 60.0 * seconds).ceil() as u64);
        let fed = [by_rate, self.limits.concurrency.map(u64::from)]
            .into_iter()
            .flatten()
            .min()?;
        // Calls that last longer than those before are not to lose their slots.
        Some(fed.max(self.in_flight).max(1))
    }
}

/// How many calls all providers together can feed at once; `None` where one of them takes any number, or none is known.
#[must_use]
pub fn calls_fed(loads: &[ProviderLoad]) -> Option<u64> {
    let fed: Option<Vec<_>> = loads.iter().map(ProviderLoad::calls_fed).collect();
    fed.filter(|fed| !fed.is_empty())
        .map(|fed| fed.into_iter().fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(requests: Option<u32>, tokens: Option<u64>, concurrency: Option<u32>) -> ProviderLoad {
        ProviderLoad {
            provider: "p".to_owned(),
            limits: Limits {
                requests_per_minute: requests,
                tokens_per_minute: tokens,
                concurrency,
            },
            in_flight: 0,
            call_seconds: Some(4.0),
            call_tokens: Some(1000.0),
        }
    }

    #[test]
    fn a_rate_feeds_its_calls_for_as_long_as_they_last_and_a_burst() {
        // 5 in a second, each of 4 s, and 6 s of the rate.
        assert_eq!(load(Some(300), None, None).calls_fed(), Some(50));
        // 300 thousand-token calls in a minute are the same rate.
        assert_eq!(load(None, Some(300_000), None).calls_fed(), Some(50));
        // Of several limits the tightest.
        assert_eq!(load(Some(600), Some(300_000), None).calls_fed(), Some(50));
        assert_eq!(load(Some(300), None, Some(7)).calls_fed(), Some(7));
        assert_eq!(load(None, None, Some(7)).calls_fed(), Some(7));
    }

    #[test]
    fn what_is_not_known_is_no_limit_and_calls_of_which_none_has_ended_are_taken_to_be_short() {
        assert_eq!(load(None, None, None).calls_fed(), None);
        let unseen = ProviderLoad {
            call_seconds: None,
            call_tokens: None,
            ..load(Some(300), Some(1), None)
        };
        assert_eq!(unseen.calls_fed(), Some(5 * 10));
        let all_under_way = ProviderLoad {
            in_flight: 80,
            ..unseen
        };
        assert_eq!(all_under_way.calls_fed(), Some(80));
    }

    #[test]
    fn calls_that_hang_keep_their_slots_and_there_is_always_one() {
        let hanging = ProviderLoad {
            in_flight: 90,
            ..load(Some(300), None, None)
        };
        assert_eq!(hanging.calls_fed(), Some(90));
        assert_eq!(load(Some(0), None, None).calls_fed(), Some(1));
        assert_eq!(load(None, None, Some(0)).calls_fed(), Some(1));
    }

    #[test]
    fn one_provider_without_limits_feeds_any_number() {
        let limited = load(None, None, Some(7));
        assert_eq!(calls_fed(&[limited.clone(), limited.clone()]), Some(14));
        assert_eq!(calls_fed(&[limited, load(None, None, None)]), None);
        assert_eq!(calls_fed(&[]), None);
    }
}
