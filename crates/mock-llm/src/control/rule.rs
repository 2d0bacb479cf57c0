//! Fault rules: what goes wrong, and for which requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::control::parameters;
use crate::ordered::Ordered;

mod check;

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
    /// 400 for a parameter that the endpoint does not know.
    Refuse,
    /// Parameters are overlooked.
    Ignore,
    /// A stream is silent after its first event.
    Think,
    /// A stream ends with an error after some text.
    ErrorInStream,
}

/// Whose words a refused parameter is told in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Style {
    /// OpenAI's.
    #[default]
    #[serde(rename = "openai")]
    OpenAi,
    /// LiteLLM's.
    #[serde(rename = "litellm")]
    LiteLlm,
    /// Those of vLLM, which are pydantic's.
    Vllm,
    /// A proxy that says nothing.
    Wordless,
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
    /// The same for each choice of a request for several; the last of them stands for all behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) texts: Option<Vec<String>>,
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
    /// A `cut` ends the body as if it were whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) clean: Option<bool>,
    /// Time between two comments of a stalled stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) keepalive_ms: Option<u64>,
    /// How long a model thinks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ms: Option<u64>,
    /// What is refused or ignored, as dotted paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parameters: Option<Vec<String>>,
    /// The words of a `refuse`; OpenAI's without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) style: Option<Style>,
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
pub(crate) struct RequestView<'a> {
    /// The path as requested.
    pub(crate) path: &'a str,
    /// The model, if the body named one.
    pub(crate) model: Option<&'a str>,
    /// The raw body.
    pub(crate) body: &'a str,
    /// The body as JSON, if it is an object.
    pub(crate) document: Option<&'a Ordered>,
    /// Whether events are asked for.
    pub(crate) streams: bool,
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
            Self::Refuse => "refuse",
            Self::Ignore => "ignore",
            Self::Think => "think",
            Self::ErrorInStream => "error_in_stream",
        }
    }
}

impl FaultRule {
    /// Whether the rule concerns the request, chance aside.
    pub(crate) fn concerns(&self, view: RequestView<'_>) -> bool {
        let path = self.path.as_deref().map(unversioned);
        path.map_or(view.generates, |path| path == unversioned(view.path))
            && self
                .model
                .as_deref()
                .is_none_or(|model| Some(model) == view.model)
            && self
                .matching
                .as_deref()
                .is_none_or(|text| view.body.contains(text))
            && (self.fault != Fault::ErrorInStream || view.streams)
            && (self.parameters.is_none() || !self.met(view.document).is_empty())
    }

    /// The rule's parameters that a body has.
    pub(crate) fn met(&self, document: Option<&Ordered>) -> Vec<String> {
        let Some(document) = document else {
            return Vec::new();
        };
        let named = self.parameters.iter().flatten();
        named
            .filter(|name| parameters::has(document, name))
            .cloned()
            .collect()
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
