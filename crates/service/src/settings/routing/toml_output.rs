//! The tables for `print-config`: as TOML that says the same, but for the secrets.

use std::{collections::BTreeMap, time::Duration};

use secrecy::SecretString;
use serde::Serializer;
use serde_json::Value;

use super::{
    super::value::{DisplayValue, Setting},
    DeploymentRoute, ProviderRoute, Routing,
    price::usd,
};

impl Routing {
    /// The tables as TOML with keys and the values of headers masked.
    pub(in super::super) fn masked(&self) -> String {
        let mut text = String::new();
        for (name, route) in &self.providers {
            text.push_str(&provider(name, route));
        }
        for (name, deployments) in &self.models {
            text.push_str(&format!("\n[models.{}]\ndeployments = [\n", key(name)));
            for route in deployments {
                text.push_str(&format!("  {},\n", deployment(route)));
            }
            text.push_str("]\n");
        }
        text
    }
}

/// For `#[serde(serialize_with)]`: what headers hold is nobody's business.
pub(super) fn masked<S: Serializer>(
    headers: &BTreeMap<String, SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.keys().map(|name| (name, MASK)))
}

/// For `#[serde(serialize_with)]`.
#[expect(clippy::ref_option, reason = "the shape that serde asks for")]
pub(super) fn masked_key<S: Serializer>(
    key: &Option<SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match key {
        Some(_) => serializer.serialize_str(MASK),
        None => serializer.serialize_none(),
    }
}

const MASK: &str = "***";

fn provider(name: &str, route: &ProviderRoute) -> String {
    let table = format!("providers.{}", key(name));
    let mut text = format!("\n[{table}]\n");
    let headers: Vec<(&String, String)> = route
        .headers
        .keys()
        .map(|name| (name, quoted(MASK)))
        .collect();
    for (key, value) in [
        ("base_url", shown(&route.base_url)),
        ("api_key", route.api_key.as_ref().map(|_| quoted(MASK))),
        ("api", shown(&route.api)),
        (
            "headers",
            (!headers.is_empty()).then(|| inline(headers.into_iter())),
        ),
        ("parameters", parameters(&route.parameters)),
        ("max_output_tokens", shown(&route.max_output_tokens)),
        ("connect_timeout", shown(&route.connect_timeout)),
        ("first_byte_timeout", shown(&route.first_byte_timeout)),
        ("chunk_timeout", shown(&route.chunk_timeout)),
        ("call_timeout", shown(&route.call_timeout)),
    ] {
        push(&mut text, key, value);
    }
    if !route.limits.is_empty() {
        text.push_str(&format!("\n[{table}.limits]\n"));
        let limits = &route.limits;
        push(
            &mut text,
            "requests_per_minute",
            shown(&limits.requests_per_minute),
        );
        push(
            &mut text,
            "tokens_per_minute",
            shown(&limits.tokens_per_minute),
        );
        push(&mut text, "concurrency", shown(&limits.concurrency));
    }
    for (model, price) in &route.prices {
        text.push_str(&format!("\n[{table}.prices.{}]\n", key(model)));
        let amount = |nano| quoted(&usd(nano));
        push(&mut text, "input", Some(amount(price.input)));
        push(&mut text, "cached_input", price.cached_input.map(amount));
        push(&mut text, "output", Some(amount(price.output)));
    }
    text
}

fn deployment(route: &DeploymentRoute) -> String {
    let is_plain = route.parameters.is_empty()
        && route.first_byte_timeout.is_none()
        && route.max_output_tokens.is_none();
    if is_plain {
        return quoted(&match &route.model {
            Some(model) => format!("{}/{model}", route.provider),
            None => route.provider.clone(),
        });
    }
    let first_byte: Option<Duration> = route.first_byte_timeout;
    let pairs = [
        ("provider", Some(quoted(&route.provider))),
        ("model", route.model.as_deref().map(quoted)),
        ("parameters", parameters(&route.parameters)),
        ("first_byte_timeout", shown(&first_byte)),
        ("max_output_tokens", shown(&route.max_output_tokens)),
    ];
    inline(
        pairs
            .into_iter()
            .filter_map(|(key, value)| value.map(|value| (key, value))),
    )
}

fn push(text: &mut String, key: &str, value: Option<String>) {
    if let Some(value) = value {
        text.push_str(&format!("{key} = {value}\n"));
    }
}

fn shown<T: Setting>(value: &T) -> Option<String> {
    value.display().map(|shown| shown.toml())
}

fn parameters(parameters: &serde_json::Map<String, Value>) -> Option<String> {
    let pairs = parameters.iter().map(|(key, value)| (key, toml(value)));
    (!parameters.is_empty()).then(|| inline(pairs))
}

/// A JSON value as a value of TOML.
fn toml(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(toml).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => inline(map.iter().map(|(key, value)| (key, toml(value)))),
        // A number of JSON is one of TOML. Null comes from no file.
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn inline<K: AsRef<str>>(pairs: impl Iterator<Item = (K, String)>) -> String {
    let pairs: Vec<String> = pairs
        .map(|(name, value)| format!("{} = {value}", key(name.as_ref())))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

fn quoted(text: &str) -> String {
    DisplayValue::Text(text.to_owned()).toml()
}

/// A key, quoted where TOML wants it so.
fn key(name: &str) -> String {
    let is_bare = super::table::segment(name) == name;
    if is_bare {
        name.to_owned()
    } else {
        quoted(name)
    }
}
