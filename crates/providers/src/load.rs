//! What requests take lately, and what each provider is asked for.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use domain::provider_load::ProviderLoad;

use crate::provider::Provider;
use crate::registry::Providers;

/// What was so long ago counts for a third.
const MEMORY: Duration = Duration::from_secs(300);

/// A mean in which the latest values count most.
#[derive(Debug, Default)]
pub(crate) struct DecayingMean {
    sum: f64,
    weight: f64,
    at: Option<Instant>,
}

impl DecayingMean {
    pub(crate) fn add(&mut self, value: f64, now: Instant) {
        let passed = self
            .at
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let kept = (-passed.as_secs_f64() / MEMORY.as_secs_f64()).exp();
        self.sum = self.sum * kept + value;
        self.weight = self.weight * kept + 1.0;
        self.at = Some(now);
    }

    /// The mean of several, each by what it has seen lately.
    fn of_all<'a>(means: impl IntoIterator<Item = &'a Self>) -> Option<f64> {
        let (sum, weight) = means.into_iter().fold((0.0, 0.0), |(sum, weight), mean| {
            (sum + mean.sum, weight + mean.weight)
        });
        (weight > 0.0).then(|| sum / weight)
    }
}

/// What requests to one endpoint take.
#[derive(Debug, Default)]
pub(crate) struct RequestMeans {
    pub(crate) seconds: DecayingMean,
    pub(crate) tokens: DecayingMean,
}

impl Providers {
    /// What each provider of the settings may be asked for, and what it is asked for here.
    #[must_use]
    pub fn loads(&self) -> Vec<ProviderLoad> {
        let registry = self.0.read().unwrap_or_else(PoisonError::into_inner);
        registry
            .providers
            .values()
            .map(|provider| load(provider))
            .collect()
    }
}

fn load(provider: &Provider) -> ProviderLoad {
    let endpoints = provider.endpoints();
    let means: Vec<_> = endpoints
        .iter()
        .map(|endpoint| endpoint.activity.means())
        .collect();
    ProviderLoad {
        provider: provider.name.clone(),
        limits: provider.options.limits,
        in_flight: endpoints
            .iter()
            .map(|endpoint| endpoint.activity.in_flight())
            .sum(),
        call_seconds: DecayingMean::of_all(means.iter().map(|means| &means.seconds)),
        call_tokens: DecayingMean::of_all(means.iter().map(|means| &means.tokens)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_count_most_and_each_by_how_many_there_were() {
        let begin = Instant::now();
        let mut busy = DecayingMean::default();
        for _ in 0..9 {
            busy.add(2.0, begin);
        }
        let mut idle = DecayingMean::default();
        assert_eq!(DecayingMean::of_all([&idle]), None);
        idle.add(12.0, begin);
        let mean = DecayingMean::of_all([&busy, &idle]).unwrap();
        assert!((mean - 3.0).abs() < 1e-9, "{mean}");
        // An hour later the calls of now are nearly all that counts.
        busy.add(20.0, begin + Duration::from_secs(3600));
        let mean = DecayingMean::of_all([&busy]).unwrap();
        assert!((mean - 20.0).abs() < 0.01, "{mean}");
    }
}
