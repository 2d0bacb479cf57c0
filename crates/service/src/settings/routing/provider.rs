//! One provider: a table `[providers.NAME]`.

use std::collections::BTreeMap;

use domain::Limits;
use toml::Value;
use url::Url;

use super::{
    super::{SettingsError, web_url},
    Price, ProviderConfig, headers, key, parameters,
    price::Amount,
    read::Sources,
    table::{Keys, SettingPath},
};

const KEYS: [&str; 15] = [
    "base_url",
    "api_key",
    "api_key_file",
    "api",
    "headers",
    "parameters",
    "max_output_tokens",
    "connect_timeout",
    "first_byte_timeout",
    "chunk_timeout",
    "call_timeout",
    "limits",
    "prices",
    "tier_prices",
    "cache_control",
];
const LIMITS: [&str; 3] = ["requests_per_minute", "tokens_per_minute", "concurrency"];
const PRICES: [&str; 4] = ["input", "cached_input", "cache_write", "output"];
/// The longest name of a provider.
const NAME: usize = 60;

/// Reads a provider.
pub(super) fn read(
    name: &str,
    place: SettingPath<'_>,
    value: Value,
    sources: &mut Sources<'_>,
) -> Result<ProviderConfig, SettingsError> {
    if !is_name(name) {
        return Err(place.error(format!(
            "not a name of a provider; expected 1 to {NAME} of `a` to `z`, `0` to `9` and `-`, \
             the first no `-`"
        )));
    }
    let mut keys = Keys::new(place, value, &KEYS)?;
    let (place, base_url) =
        keys.required("base_url", "the base URL of an OpenAI-compatible API")?;
    let base_url: Url = place.setting(base_url)?;
    web_url(&base_url).map_err(|problem| place.error(problem))?;
    let api_key = key::read(name, &mut keys, sources)?;
    let usual = sources.usual;
    Ok(ProviderConfig {
        base_url,
        api_key,
        api: keys.setting("api")?.unwrap_or_default(),
        headers: match keys.take("headers") {
            Some((place, value)) => headers::read(&place, value)?,
            None => BTreeMap::new(),
        },
        parameters: match keys.take("parameters") {
            Some((place, value)) => parameters::read(&place, value)?,
            None => serde_json::Map::new(),
        },
        max_output_tokens: keys.number("max_output_tokens")?,
        connect_timeout: keys
            .setting("connect_timeout")?
            .unwrap_or(usual.connect_timeout),
        first_byte_timeout: keys
            .setting("first_byte_timeout")?
            .unwrap_or(usual.first_byte_timeout),
        chunk_timeout: keys
            .setting("chunk_timeout")?
            .unwrap_or(usual.chunk_timeout),
        call_timeout: keys.setting("call_timeout")?.unwrap_or(usual.call_timeout),
        limits: match keys.take("limits") {
            Some((place, value)) => limits(place, value)?,
            None => Limits::default(),
        },
        prices: match keys.take("prices") {
            Some((place, value)) => prices(&place, value)?,
            None => BTreeMap::new(),
        },
        tier_prices: match keys.take("tier_prices") {
            Some((place, value)) => tier_prices(&place, value)?,
            None => BTreeMap::new(),
        },
        cache_control: keys.setting("cache_control")?.unwrap_or_default(),
        retry_budget: usual.retry_budget_share(),
    })
}

/// A name is a label of metrics and a part of variables.
fn is_name(name: &str) -> bool {
    name.len() <= NAME
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn limits(place: SettingPath<'_>, value: Value) -> Result<Limits, SettingsError> {
    let mut keys = Keys::new(place, value, &LIMITS)?;
    Ok(Limits {
        requests_per_minute: keys.number("requests_per_minute")?,
        tokens_per_minute: keys.number("tokens_per_minute")?,
        concurrency: keys.number("concurrency")?,
    })
}

fn prices(place: &SettingPath<'_>, value: Value) -> Result<BTreeMap<String, Price>, SettingsError> {
    place
        .table(value)?
        .into_iter()
        .map(|(model, value)| {
            let price = price(place.key(&model), value)?;
            Ok((model, price))
        })
        .collect()
}

/// By model, and by tier.
fn tier_prices(
    place: &SettingPath<'_>,
    value: Value,
) -> Result<BTreeMap<String, BTreeMap<String, Price>>, SettingsError> {
    place
        .table(value)?
        .into_iter()
        .map(|(model, tiers)| {
            let tiers = prices(&place.key(&model), tiers)?;
            Ok((model, tiers))
        })
        .collect()
}

fn price(place: SettingPath<'_>, value: Value) -> Result<Price, SettingsError> {
    let mut keys = Keys::new(place, value, &PRICES)?;
    let mut amount = |key| {
        let (place, value) = keys.required(key, "USD per million tokens")?;
        place.setting(value).map(|Amount(nano)| nano)
    };
    Ok(Price {
        input: amount("input")?,
        output: amount("output")?,
        cached_input: keys.setting("cached_input")?.map(|Amount(nano)| nano),
        cache_write: keys.setting("cache_write")?.map(|Amount(nano)| nano),
    })
}
