//! The settings of the simulated provider.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use crate::cache::CacheSettings;
use crate::control::rule::FaultRule;
use crate::ordered::Ordered;
use crate::rng::SeededRng;

/// Everything under `/mock/config`, and in a file of `--script`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// What it is for; for its readers only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// Time before the first byte of an answer.
    pub(crate) latency_ms: Latency,
    /// Time between two events of a stream.
    pub(crate) chunk_delay_ms: u64,
    /// The entries of `GET /models`; null: there is no such list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) models: Option<Vec<serde_json::Value>>,
    /// The models that keep prefixes of prompts, and how; `*` are all that are not named.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) cache: BTreeMap<String, CacheSettings>,
    /// The models that have the flex tier.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) flex: Vec<String>,
    /// The first that matches a request is applied.
    #[serde(deserialize_with = "rules")]
    pub(crate) faults: Vec<FaultRule>,
}

/// A fixed time or a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "latency_ms must be a whole number of milliseconds or {\"min\": …, \"max\": …}"
)]
pub(crate) enum Latency {
    /// Always the same.
    Fixed(u64),
    /// Spread evenly.
    Range(Span),
}

/// Bounds of a latency, both included.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Span {
    min: u64,
    max: u64,
}

impl Default for Latency {
    fn default() -> Self {
        Self::Fixed(0)
    }
}

impl Latency {
    /// The latency of one request.
    pub(crate) fn draw(self, rng: SeededRng) -> Duration {
        let milliseconds = match self {
            Self::Fixed(fixed) => fixed,
            Self::Range(Span { min, max }) => {
                let choices = usize::try_from(max.saturating_sub(min).saturating_add(1));
                let above = rng.below(choices.unwrap_or(usize::MAX));
                min.saturating_add(u64::try_from(above).unwrap_or(0))
            }
        };
        Duration::from_millis(milliseconds)
    }
}

impl Config {
    /// Reads a whole configuration.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        let whole: Ordered = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        Self::of(&whole)
    }

    /// This configuration with a merge patch (RFC 7396) applied.
    pub(crate) fn patched(&self, body: &[u8]) -> Result<Self, String> {
        let patch: Ordered = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let own = serde_json::to_string(self).and_then(|text| serde_json::from_str(&text));
        let mut whole: Ordered = own.map_err(|error| error.to_string())?;
        whole.merge(patch);
        Self::of(&whole)
    }

    /// How the cache of a model works, if it has one.
    pub(crate) fn cache_of(&self, model: &str) -> Option<&CacheSettings> {
        self.cache.get(model).or_else(|| self.cache.get("*"))
    }

    fn of(whole: &Ordered) -> Result<Self, String> {
        // serde would take an array for a struct with all its fields in order.
        if whole.as_object().is_none() {
            return Err("the configuration must be a JSON object".to_owned());
        }
        let config: Self = whole.read()?;
        for (model, cache) in &config.cache {
            (cache.check()).map_err(|problem| format!("cache.{model}: {problem}"))?;
        }
        match config.latency_ms {
            Latency::Range(Span { min, max }) if min > max => {
                Err(format!("latency_ms: min {min} is above max {max}"))
            }
            _ => Ok(config),
        }
    }
}

fn rules<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<FaultRule>, D::Error> {
    let rules = Vec::deserialize(deserializer)?.into_iter().enumerate();
    let read = |(index, rule)| {
        FaultRule::read(rule)
            .map_err(|problem| serde::de::Error::custom(format!("faults[{index}]: {problem}")))
    };
    rules.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn errors_say_what_is_wrong() {
        let error = |text: &str| Config::read(text.as_bytes()).unwrap_err();
        assert!(error(r#"{"latencyms":1}"#).contains("unknown field `latencyms`"));
        assert!(error(r#"{"latency_ms":"x"}"#).contains("latency_ms must be"));
        assert!(error(r#"{"latency_ms":{"min":2,"max":1}}"#).contains("above max"));
        assert!(error(r#"{"cache":{"m":{"block":0}}}"#).contains("cache.m: `block`"));
        assert!(error(r#"{"cache":{"m":{"kind":"some"}}}"#).contains("some"));
        assert!(error(r#"{"faults":[{"fault":"stall","kind":"html"}]}"#).contains("faults[0]"));
        assert!(error(r#"{"faults":[{"fault":"explode"}]}"#).contains("explode"));
        assert!(error(r#"{"faults":[{"fault":"hang","modle":"m"}]}"#).contains("modle"));
        assert!(error(r#"{"faults":[{"fault":"think"}]}"#).contains("`ms`"));
        assert!(error(r#"{"faults":[3]}"#).contains("must be a JSON object"));
    }

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let config = Config::read(br#"{"latency_ms":5,"chunk_delay_ms":7}"#).unwrap();
        let patched = config
            .patched(br#"{"latency_ms":{"min":1,"max":2}}"#)
            .unwrap();
        assert_eq!(patched.chunk_delay_ms, 7);
        assert_ne!(patched.latency_ms, config.latency_ms);
        assert_eq!(patched.patched(br#"{"latency_ms":5}"#).unwrap(), config);
    }
}
