//! Fault rules: what goes wrong, and for which requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    /// An HTTP status with an error body.
    Status,
    /// 429.
    RateLimit,
    /// The answer begins and never goes on.
    Stall,
    /// No answer ever begins.
    Hang,
    /// The connection closes within the body.
    Cut,
    /// 200 with a broken body.
    Garbage,
    /// The model declines.
    Refusal,
    /// The answer ends at the token limit.
    Length,
    /// The answer is withheld.
    ContentFilter,
    /// JSON in a code fence.
    Fenced,
    /// 400: the prompt is too long.
    ContextLength,
    /// The model says exactly this.
    Reply,
}

/// Kinds of broken bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Garbage {
    /// A page of some proxy.
    Html,
    /// The right body, ending too early, with a matching length.
    TruncatedJson,
    /// Nothing.
    Empty,
    /// An error object under status 200.
    #[serde(rename = "error_in_200")]
    ErrorInOk,
    /// The right envelope around prose.
    NotJsonText,
}

/// Tokens, and how probable which tokens are in their places.
pub(crate) type Alternatives = BTreeMap<String, BTreeMap<String, f64>>;

/// One rule. Which of the fields belong to which fault is for [`FaultRule::check`]: a flat
/// struct gives better errors than a tagged enum, and refuses unknown fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRule {
    /// What goes wrong.
    pub(crate) fault: Fault,
    /// Status of a `status` fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// What the model says, for a `reply`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// How a `reply` ends; `stop` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) finish_reason: Option<String>,
    /// For a `reply`: for tokens of the text the probabilities of what might stand there instead, and their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alternatives: Option<Alternatives>,
    /// Body of a `status` fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    /// The `retry-after` header, as text so that dates and nonsense can be sent.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text_or_number"
    )]
    pub(crate) retry_after: Option<String>,
    /// Body bytes sent before a `stall` or `cut`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after_bytes: Option<u64>,
    /// Kind of garbage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<Garbage>,
    /// Share of the matching requests.
    #[serde(default = "always")]
    pub(crate) probability: f64,
    /// Only for this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// Only for this path, with or without `/v1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// Used up after that many applications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u64>,
    /// Only if the raw request body contains this.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub(crate) matching: Option<String>,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight<'a> {
    /// The path as requested.
    pub(crate) path: &'a str,
    /// The model, if the body named one.
    pub(crate) model: Option<&'a str>,
    /// The raw body.
    pub(crate) body: &'a str,
    /// Requests which do not generate meet only rules that name their path.
    pub(crate) generates: bool,
}

impl Fault {
    /// The name it has in rules and counts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::RateLimit => "rate_limit",
            Self::Stall => "stall",
            Self::Hang => "hang",
            Self::Cut => "cut",
            Self::Garbage => "garbage",
            Self::Refusal => "refusal",
            Self::Length => "length",
            Self::ContentFilter => "content_filter",
            Self::Fenced => "fenced",
            Self::ContextLength => "context_length",
            Self::Reply => "reply",
        }
    }
}

impl FaultRule {
    /// Whether the rule concerns the request, chance aside.
    pub(crate) fn concerns(&self, sight: Sight<'_>) -> bool {
        let path = self.path.as_deref().map(unversioned);
        path.map_or(sight.generates, |path| path == unversioned(sight.path))
            && self
                .model
                .as_deref()
                .is_none_or(|model| Some(model) == sight.model)
            && self
                .matching
                .as_deref()
                .is_none_or(|text| sight.body.contains(text))
    }

    /// Refuses values out of range and fields that mean nothing for the fault.
    pub(crate) fn check(&self) -> Result<(), String> {
        let name = self.fault.name();
        let only = |given: bool, field: &str, faults: &[Fault]| {
            if given && !faults.contains(&self.fault) {
                return Err(format!("`{field}` means nothing for the fault `{name}`"));
            }
            Ok(())
        };
        only(self.status.is_some(), "status", &[Fault::Status])?;
        only(self.body.is_some(), "body", &[Fault::Status])?;
        only(self.text.is_some(), "text", &[Fault::Reply])?;
        only(self.alternatives.is_some(), "alternatives", &[Fault::Reply])?;
        for (token, shares) in self.alternatives.iter().flatten() {
            let sum: f64 = shares.values().sum();
            let likely = shares.values().all(|share| *share > 0.0) && sum <= 1.0 + 1e-9;
            if !likely || !shares.contains_key(token) {
                return Err(format!(
                    "`alternatives` of `{token}` must hold it and be probabilities above 0 that sum up to 1 at most"
                ));
            }
        }
        only(
            self.finish_reason.is_some(),
            "finish_reason",
            &[Fault::Reply],
        )?;
        only(
            self.retry_after.is_some(),
            "retry_after",
            &[Fault::Status, Fault::RateLimit],
        )?;
        only(
            self.after_bytes.is_some(),
            "after_bytes",
            &[Fault::Stall, Fault::Cut],
        )?;
        only(self.kind.is_some(), "kind", &[Fault::Garbage])?;
        if self.fault == Fault::Status
            && !self
                .status
                .is_some_and(|status| (200..600).contains(&status))
        {
            return Err("the fault `status` needs a `status` from 200 to 599".to_owned());
        }
        if self.fault == Fault::Reply && self.text.is_none() {
            return Err("the fault `reply` needs a `text`".to_owned());
        }
        if self.fault == Fault::Garbage && self.kind.is_none() {
            return Err("the fault `garbage` needs a `kind`".to_owned());
        }
        if !(0.0..=1.0).contains(&self.probability) {
            return Err("`probability` must be from 0 to 1".to_owned());
        }
        if self
            .retry_after
            .as_ref()
            .is_some_and(|text| text.chars().any(char::is_control))
        {
            return Err("`retry_after` must be fit for a header".to_owned());
        }
        Ok(())
    }
}

fn unversioned(path: &str) -> &str {
    path.strip_prefix("/v1").unwrap_or(path)
}

const fn always() -> f64 {
    1.0
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "retry_after must be a string or a number of seconds"
    )]
    enum Either {
        Text(String),
        Number(serde_json::Number),
    }
    let either = Option::<Either>::deserialize(deserializer)?;
    Ok(either.map(|either| match either {
        Either::Text(text) => text,
        Either::Number(number) => number.to_string(),
    }))
}
