//! What an error says that has none of the shapes of OpenAI: the first text under a name that errors use.

use serde_json::Value;

use super::error_details::text;

/// Where words stand, the more telling first.
const NAMES: [&str; 20] = [
    "message",
    "Message",
    "msg",
    "error_msg",
    "error_message",
    "errorMessage",
    "error_description",
    "faultstring",
    "detail",
    "details",
    "reason",
    "description",
    "title",
    "error",
    "Error",
    "errors",
    "fault",
    "body",
    "error_code",
    "code",
];

/// The first text under a usual name; where there is none, what stands there as it was written.
pub(super) fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let inner = text.trim_start().starts_with(['{', '[']);
            let inner = inner.then(|| serde_json::from_str::<Value>(text).ok());
            let said = inner.flatten().and_then(|inner| words(&inner));
            said.or_else(|| Some(text.clone()))
                .filter(|text| !text.trim().is_empty())
        }
        Value::Array(items) => {
            let said: Vec<String> = items.iter().filter_map(words).collect();
            (!said.is_empty()).then(|| said.join("; "))
        }
        Value::Object(fields) => {
            let named = NAMES.into_iter().filter_map(|name| fields.get(name));
            let thrown = fields.iter().filter(|(name, _)| is_exception(name));
            named
                .chain(thrown.map(|(_, value)| value))
                .find_map(words)
                .or_else(|| (!fields.is_empty()).then(|| value.to_string()))
        }
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) => None,
    }
}

/// Whether a document is an error by a name of its members, as those of AWS and of gateways are.
pub(super) fn is_error(value: &Value) -> bool {
    let Value::Object(fields) = value else {
        return false;
    };
    let is_answer = ["choices", "output"]
        .iter()
        .any(|name| fields.get(*name).is_some_and(|value| !value.is_null()));
    let names_one = |(name, value): (&String, &Value)| match name.as_str() {
        "Error" | "fault" => value.is_object(),
        "error_msg" | "error_message" | "errorMessage" => {
            value.as_str().is_some_and(|text| !text.is_empty())
        }
        name => is_exception(name) && !value.is_null(),
    };
    !is_answer && fields.iter().any(names_one)
}

fn is_exception(name: &str) -> bool {
    name.ends_with("Exception")
}

/// What is said of each wrong field, without its value.
pub(super) fn details(detail: &Value) -> String {
    let Value::Array(items) = detail else {
        return text(detail);
    };
    let said = |item: &Value| match item {
        Value::Object(fields) => {
            let named = ["type", "loc", "msg"]
                .into_iter()
                .filter_map(|name| fields.get(name));
            named.map(text).collect::<Vec<_>>().join(" ")
        }
        other => text(other),
    };
    items.iter().map(said).collect::<Vec<_>>().join("; ")
}
