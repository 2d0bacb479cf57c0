//! The settings of the simulated provider.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::opinion::{Bias, Character, Moderator, Opinion};
use crate::control::rule::FaultRule;
use crate::rng::SeededRng;

/// Everything under `/mock/config`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Time before the first byte of an answer.
    pub(crate) latency_ms: Latency,
    /// Time between two events of a stream.
    pub(crate) chunk_delay_ms: u64,
    /// The first that matches a request is applied.
    pub(crate) faults: Vec<FaultRule>,
    /// What single models think differently.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) opinions: BTreeMap<String, Opinion>,
    /// What a moderator finds.
    #[serde(skip_serializing_if = "Moderator::is_default")]
    pub(crate) moderator: Moderator,
    /// What else than quality decides comparisons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bias: Option<Bias>,
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
        // serde would take an array for a struct with all its fields in order.
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err("the configuration must be a JSON object".to_owned());
        }
        let config: Self = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        config.checked()
    }

    /// This configuration with a merge patch (RFC 7396) applied.
    pub(crate) fn patched(&self, body: &[u8]) -> Result<Self, String> {
        let patch: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if !patch.is_object() {
            return Err("the patch must be a JSON object".to_owned());
        }
        let mut whole = serde_json::to_value(self).map_err(|error| error.to_string())?;
        merge(&mut whole, patch);
        let config: Self = serde_json::from_value(whole).map_err(|error| error.to_string())?;
        config.checked()
    }

    fn checked(self) -> Result<Self, String> {
        if let Latency::Range(Span { min, max }) = self.latency_ms
            && min > max
        {
            return Err(format!("latency_ms: min {min} is above max {max}"));
        }
        for (index, rule) in self.faults.iter().enumerate() {
            rule.check()
                .map_err(|problem| format!("faults[{index}]: {problem}"))?;
        }
        for (model, opinion) in &self.opinions {
            opinion
                .check()
                .map_err(|problem| format!("opinions.{model}: {problem}"))?;
        }
        Ok(self)
    }

    /// How a model judges.
    pub(crate) fn character(&self, model: Option<&str>) -> Character {
        let opinion = model.and_then(|model| self.opinions.get(model));
        opinion
            .cloned()
            .unwrap_or_default()
            .character(self.bias, self.moderator)
    }
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Some(fields) = target.as_object_mut() else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
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
        assert!(error(r#"{"faults":[{"fault":"stall","kind":"html"}]}"#).contains("faults[0]"));
        assert!(error(r#"{"faults":[{"fault":"explode"}]}"#).contains("explode"));
        assert!(error(r#"{"opinions":{"m":{"shift":2}}}"#).contains("opinions.m: `shift`"));
        assert!(error(r#"{"opinions":{"m":{"yields":-1}}}"#).contains("opinions.m: `yields`"));
        assert!(error(r#"{"opinions":{"m":{"yields":"x"}}}"#).contains("yields must be"));
        assert!(error(r#"{"opinions":{"m":{"yield":1}}}"#).contains("unknown field `yield`"));
        assert!(error(r#"{"moderator":{}}"#).contains("consensus"));
        assert!(error(r#"{"bias":"last"}"#).contains("last"));
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
