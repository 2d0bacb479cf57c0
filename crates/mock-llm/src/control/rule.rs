//! Rules: which requests one concerns, and what happens to those.

use std::num::NonZeroU64;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ask::{FLEX_TIER, Turn};
use crate::control::parameters;
use crate::control::script::Script;
use crate::ordered::Ordered;

/// One rule: shown as it was given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FaultRule {
    source: Ordered,
    /// Which requests it concerns.
    pub(crate) conditions: Conditions,
    /// What happens to them.
    pub(crate) fault: Fault,
}

/// What a request has to be like.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Conditions {
    /// For this model.
    model: Option<String>,
    /// On this path, with or without `/v1`.
    path: Option<String>,
    /// The raw body contains this.
    #[serde(rename = "match")]
    matching: Option<String>,
    /// The texts of the messages contain each of these.
    contains: Vec<String>,
    /// Used up after that many applications.
    pub(crate) times: Option<u64>,
    /// Share of the requests that are like this.
    pub(crate) probability: f64,
}

/// The names of [`Conditions`]; all other fields of a rule belong to its fault.
const CONDITIONS: [&str; 6] = ["model", "path", "match", "contains", "times", "probability"];

/// What happens. Variants without fields have braces: serde would let unknown fields pass otherwise.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Fault {
    /// An HTTP status with an error body, or with this one.
    Status {
        status: u16,
        body: Option<String>,
        #[serde(default, deserialize_with = "text_or_number")]
        retry_after: Option<String>,
    },
    /// 429.
    RateLimit {
        #[serde(default, deserialize_with = "text_or_number")]
        retry_after: Option<String>,
    },
    /// The answer stops after that many bytes and never goes on; a stream may say that it is alive.
    Stall {
        #[serde(default)]
        after_bytes: u64,
        keepalive_ms: Option<NonZeroU64>,
    },
    /// No answer ever begins.
    Hang {},
    /// The connection closes within the body; `clean` ends it as if it were whole.
    Cut {
        after_bytes: Option<u64>,
        #[serde(default)]
        clean: bool,
    },
    /// 200 with a broken body.
    Garbage { kind: Garbage },
    /// The model declines.
    Refusal {},
    /// The answer ends at the token limit.
    Length {},
    /// The answer is withheld.
    ContentFilter {},
    /// JSON in a code fence.
    Fenced {},
    /// 400: the prompt is too long.
    ContextLength {},
    /// The model says exactly this.
    Reply(Script),
    /// 400 for parameters that the endpoint does not know.
    Refuse {
        parameters: Vec<String>,
        #[serde(default)]
        style: Style,
    },
    /// Parameters are overlooked.
    Ignore { parameters: Vec<String> },
    /// A stream is silent after its first event.
    Think { ms: u64 },
    /// A stream ends with an error after some text.
    ErrorInStream {},
    /// 429: the flex tier is full. Meets only requests for it.
    NoCapacity {},
}

/// Whose words a refused parameter is told in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Style {
    #[default]
    OpenAi,
    LiteLlm,
    /// Those of vLLM, which are pydantic's.
    Vllm,
    /// A proxy that says nothing.
    Wordless,
}

/// Kinds of broken bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Garbage {
    /// A page of some proxy.
    Html,
    /// The right body, ending too early, with a matching length.
    TruncatedJson,
    Empty,
    /// An error object under status 200.
    #[serde(rename = "error_in_200")]
    ErrorInOk,
    /// The right envelope around prose.
    NotJsonText,
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
    /// The conversation, if the body is a valid request.
    pub(crate) turns: &'a [Turn],
    /// Whether events are asked for.
    pub(crate) streams: bool,
}

impl FaultRule {
    /// Reads a rule; an error says what is wrong with it.
    pub(crate) fn read(source: Ordered) -> Result<Self, String> {
        let fields = source.as_object().ok_or("a rule must be a JSON object")?;
        let (conditions, fault) = fields
            .iter()
            .cloned()
            .partition(|(name, _)| CONDITIONS.contains(&name.as_str()));
        let conditions: Conditions = Ordered::Object(conditions).read()?;
        let fault: Fault = Ordered::Object(fault).read()?;
        if !(0.0..=1.0).contains(&conditions.probability) {
            return Err("`probability` must be from 0 to 1".to_owned());
        }
        fault.check()?;
        Ok(Self {
            source,
            conditions,
            fault,
        })
    }

    /// The name of its fault, in rules and counts.
    pub(crate) fn name(&self) -> &str {
        let name = self.source.get("fault").and_then(Ordered::as_str);
        name.unwrap_or_default()
    }

    /// Whether the rule concerns the request, chance aside.
    pub(crate) fn concerns(&self, view: RequestView<'_>) -> bool {
        let applies = match &self.fault {
            Fault::ErrorInStream {} => view.streams,
            Fault::NoCapacity {} => {
                view.document.and_then(|body| body.str_at("service_tier")) == Some(FLEX_TIER)
            }
            Fault::Refuse { .. } | Fault::Ignore { .. } => !self.met(view.document).is_empty(),
            _ => true,
        };
        applies && self.conditions.check_conditions(view)
    }

    /// The rule's parameters that a body has.
    pub(crate) fn met(&self, document: Option<&Ordered>) -> Vec<String> {
        let named = match &self.fault {
            Fault::Refuse { parameters, .. } | Fault::Ignore { parameters } => {
                parameters.as_slice()
            }
            _ => &[],
        };
        let has = |name: &&String| document.is_some_and(|document| parameters::has(document, name));
        named.iter().filter(has).cloned().collect()
    }
}

impl Serialize for FaultRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.source.serialize(serializer)
    }
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            model: None,
            path: None,
            matching: None,
            contains: Vec::new(),
            times: None,
            probability: 1.0,
        }
    }
}

impl Conditions {
    fn check_conditions(&self, view: RequestView<'_>) -> bool {
        let path = self.path.as_deref().map(unversioned);
        let model = self.model.as_deref();
        let matching = self.matching.as_deref();
        let said = |text: &String| view.turns.iter().any(|turn| turn.text.contains(text));
        path.is_none_or(|path| path == unversioned(view.path))
            && model.is_none_or(|model| Some(model) == view.model)
            && matching.is_none_or(|text| view.body.contains(text))
            && self.contains.iter().all(said)
    }
}

impl Fault {
    /// Refuses values out of range.
    fn check(&self) -> Result<(), String> {
        match self {
            Self::Status { status, .. } if !(200..600).contains(status) => {
                Err("`status` must be from 200 to 599".to_owned())
            }
            Self::Status { retry_after, .. } | Self::RateLimit { retry_after }
                if retry_after
                    .iter()
                    .any(|text| text.contains(char::is_control)) =>
            {
                Err("`retry_after` must be fit for a header".to_owned())
            }
            Self::Refuse { parameters, .. } | Self::Ignore { parameters }
                if parameters.is_empty() =>
            {
                Err("`parameters` must name one or more".to_owned())
            }
            Self::Reply(script) => script.check(),
            _ => Ok(()),
        }
    }
}

fn unversioned(path: &str) -> &str {
    path.strip_prefix("/v1").unwrap_or(path)
}

/// As text, so that dates and nonsense can be sent.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Option::deserialize(deserializer)? {
        None => Ok(None),
        Some(Ordered::String(text)) => Ok(Some(text)),
        Some(Ordered::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(serde::de::Error::custom(
            "retry_after must be a string or a number of seconds",
        )),
    }
}
