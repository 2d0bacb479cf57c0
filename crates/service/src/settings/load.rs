//! The layers put together.

use std::collections::{BTreeMap, HashMap};

use config::{Config, ConfigError, Map, Source, Value, ValueKind};
use secrecy::ExposeSecret;
use url::Url;

use super::{Settings, SettingsError, check, environment, file, section::Fault};
use crate::ServiceName;

/// A setting that a layer gives, as text.
#[derive(Clone)]
pub(super) struct Given {
    /// `section.key`.
    pub(super) path: String,
    pub(super) value: String,
    /// The variable, or `FILE: key`.
    pub(super) origin: String,
}

/// Reads the settings and makes sure that the service can run with them.
///
/// # Errors
///
/// The first thing that is wrong, unknown, missing or contradictory.
pub fn load(
    service: ServiceName,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, SettingsError> {
    let (settings, origins) = gather(service, env)?;
    check::for_service(&settings, service).map_err(|fault| placed(fault, &origins))?;
    Ok(settings)
}

/// Reads the settings for a subcommand that does not serve: each value is valid by itself, but one
/// that only serving needs may be missing.
///
/// # Errors
///
/// The first thing that is wrong, unknown or contradictory.
pub fn read(
    service: ServiceName,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, SettingsError> {
    gather(service, env).map(|(settings, _)| settings)
}

/// Where each setting that is not a default comes from, by its path.
type Origins = HashMap<String, String>;

fn gather(
    service: ServiceName,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<(Settings, Origins), SettingsError> {
    let env: BTreeMap<String, String> = env.into_iter().collect();
    let defaults = Settings::defaults(service);
    let catalog = defaults.entries();

    let mut layers = vec![Layer(
        catalog
            .iter()
            .filter_map(|entry| {
                Some(Given {
                    path: entry.path(),
                    value: entry.value.as_ref()?.to_string(),
                    origin: entry.best_name(),
                })
            })
            .collect(),
    )];
    let mut origins = Origins::new();
    if let Some(path) = env.get(file::VARIABLE).filter(|path| !path.is_empty()) {
        layers.push(Layer(file::layer(path, &catalog)?));
    }
    layers.push(Layer(environment::layer(&env, &catalog)?));
    for given in layers.iter().skip(1).flat_map(|layer| &layer.0) {
        origins.insert(given.path.clone(), given.origin.clone());
    }

    let builder = layers
        .into_iter()
        .fold(Config::builder(), |builder, layer| {
            builder.add_source(layer)
        });
    let merged = builder
        .build()
        .map_err(|error| SettingsError::new("settings", message(&error)))?;
    let mut settings: Settings = serde_path_to_error::deserialize(merged).map_err(|error| {
        let fault = Fault::new(&[&error.path().to_string()], message(error.inner()));
        placed(fault, &origins)
    })?;
    for section in settings.sections() {
        section.check().map_err(|fault| placed(fault, &origins))?;
    }
    if settings.provider.base_url.is_none()
        && settings
            .provider
            .api_key
            .as_ref()
            .is_some_and(|key| !key.expose_secret().is_empty())
    {
        settings.provider.base_url = Url::parse("https://api.openai.com/v1").ok();
    }
    Ok((settings, origins))
}

/// Names the variable or the key of the file that a fault comes from.
fn placed(fault: Fault, origins: &Origins) -> SettingsError {
    let explicit = fault.paths.iter().find_map(|path| origins.get(path));
    let place = explicit.cloned().unwrap_or_else(|| {
        let path = fault.paths.first().map_or("", String::as_str);
        Settings::default()
            .entries()
            .iter()
            .find(|entry| entry.path() == path)
            .map_or_else(|| path.to_owned(), super::Entry::best_name)
    });
    SettingsError::new(place, fault.problem)
}

/// What a reader of a value said, without the paths that `config` adds.
fn message(error: &ConfigError) -> String {
    match error {
        ConfigError::At { error, .. } => message(error),
        ConfigError::Message(message) => message.clone(),
        other => other.to_string(),
    }
}

/// What one layer gives.
#[derive(Clone)]
struct Layer(Vec<Given>);

// Values may be secrets.
impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|given| &given.origin))
            .finish()
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self
            .0
            .iter()
            .map(|given| {
                let kind = ValueKind::String(given.value.clone());
                (given.path.clone(), Value::new(Some(&given.origin), kind))
            })
            .collect())
    }
}
