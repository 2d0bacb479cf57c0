//! The deployments of one model: a table `[models.NAME]`.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::Value;

use super::{
    super::{SettingsError, judge, value::quoted},
    DeploymentConfig, ProviderConfig, parameters,
    table::{Keys, SettingPath},
};

const KEYS: [&str; 7] = [
    "provider",
    "model",
    "parameters",
    "first_byte_timeout",
    "max_output_tokens",
    "batch_tier",
    "batch_tier_timeout",
];
const EXPECTED: &str = "`\"PROVIDER\"`, `\"PROVIDER/MODEL\"` or `{ provider = \"PROVIDER\", … }`";

/// Reads the deployments of a model.
pub(super) fn read(
    name: &str,
    place: SettingPath<'_>,
    value: Value,
    providers: &BTreeMap<String, ProviderConfig>,
) -> Result<Vec<DeploymentConfig>, SettingsError> {
    judge::name(name).map_err(|problem| place.error(problem))?;
    let mut keys = Keys::new(place, value, &["deployments"])?;
    let (place, value) = keys.required("deployments", "a list of deployments")?;
    let Value::Array(values) = value else {
        return Err(place.error(format!("expected a list of {EXPECTED}")));
    };
    if values.is_empty() {
        return Err(place.error("is empty; expected at least one deployment"));
    }
    let mut deployments = Vec::with_capacity(values.len());
    for (index, value) in values.into_iter().enumerate() {
        let place = place.index(index);
        let again = place.error(
            "is the same as one before it: it would be asked twice; expected each deployment once",
        );
        let deployment = deployment(place, value, providers)?;
        // Without a name it is the model's own.
        let is_it = |other: &DeploymentConfig| {
            let model = |of: &DeploymentConfig| of.model.clone().unwrap_or_else(|| name.to_owned());
            other.provider == deployment.provider
                && model(other) == model(&deployment)
                && other.parameters == deployment.parameters
                && other.first_byte_timeout == deployment.first_byte_timeout
                && other.max_output_tokens == deployment.max_output_tokens
                && other.batch_tier == deployment.batch_tier
        };
        if deployments.iter().any(is_it) {
            return Err(again);
        }
        deployments.push(deployment);
    }
    Ok(deployments)
}

fn deployment(
    place: SettingPath<'_>,
    value: Value,
    providers: &BTreeMap<String, ProviderConfig>,
) -> Result<DeploymentConfig, SettingsError> {
    match value {
        Value::String(text) => {
            // Only the first: a model's name may have more of them.
            let (provider, model) = match text.split_once('/') {
                Some((provider, model)) => (provider, Some(model.to_owned())),
                None => (text.as_str(), None),
            };
            known(&place, provider, providers)?;
            checked_model(&place, model.as_deref())?;
            Ok(DeploymentConfig {
                provider: provider.to_owned(),
                model,
                ..DeploymentConfig::default()
            })
        }
        Value::Table(_) => {
            let mut keys = Keys::new(place, value, &KEYS)?;
            let (place, provider) = keys.required("provider", "the name of a provider")?;
            let provider: String = place.setting(provider)?;
            known(&place, &provider, providers)?;
            let model: Option<String> = keys.setting("model")?;
            checked_model(&keys.place.key("model"), model.as_deref())?;
            let batch_tier: Option<String> = keys.setting("batch_tier")?;
            let place = keys.place.key("batch_tier");
            batch_tier
                .as_deref()
                .map_or(Ok(()), judge::name)
                .map_err(|problem| place.error(format!("the name of the tier is {problem}")))?;
            let batch_tier_timeout: Option<Duration> = keys.setting("batch_tier_timeout")?;
            if batch_tier_timeout.is_some() && batch_tier.is_none() {
                let place = keys.place.key("batch_tier_timeout");
                return Err(place.error("belongs to a `batch_tier`, and there is none".to_owned()));
            }
            Ok(DeploymentConfig {
                provider,
                model,
                parameters: match keys.take("parameters") {
                    Some((place, value)) => parameters::read(&place, value)?,
                    None => serde_json::Map::new(),
                },
                first_byte_timeout: keys.setting("first_byte_timeout")?,
                max_output_tokens: keys.number("max_output_tokens")?,
                batch_tier,
                batch_tier_timeout,
            })
        }
        _ => Err(place.error(format!("not a deployment; expected {EXPECTED}"))),
    }
}

fn known(
    place: &SettingPath<'_>,
    provider: &str,
    providers: &BTreeMap<String, ProviderConfig>,
) -> Result<(), SettingsError> {
    if providers.contains_key(provider) {
        return Ok(());
    }
    let known: Vec<&str> = providers.keys().map(String::as_str).collect();
    let expected = if known.is_empty() {
        "a table [providers.NAME]".to_owned()
    } else {
        format!("one of {}", known.join(", "))
    };
    Err(place.error(format!(
        "unknown provider {}; expected {expected}",
        quoted(provider)
    )))
}

fn checked_model(place: &SettingPath<'_>, model: Option<&str>) -> Result<(), SettingsError> {
    model.map_or(Ok(()), |model| {
        judge::name(model)
            .map_err(|problem| place.error(format!("the name of the model is {problem}")))
    })
}
