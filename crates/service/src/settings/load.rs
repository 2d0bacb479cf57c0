//! The layers put together.

use std::collections::{BTreeMap, HashMap};

use toml::{Table, Value};

use super::{
    Provider, Settings, SettingsError, check, environment, file,
    files::Files,
    routing::{self, Tables},
    section::Violation,
};
use crate::ServiceName;

/// A setting that a layer gives, as text.
#[derive(Clone)]
pub(super) struct LayerValue {
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
    let env = env.into_iter().collect();
    load_from(service, &env, &mut Files::default(), None).map(|loaded| loaded.settings)
}

/// Settings that a service can run with, and what the layers gave.
pub(super) struct Loaded {
    pub(super) settings: Settings,
    pub(super) givens: LayerValues,
}

/// As [`load`]; `files` remembers what the result depends on besides the environment, also when
/// there is none. What `[provider]` was at the start still holds for the tables of providers: such an edit
/// takes effect at the next start.
pub(super) fn load_from(
    service: ServiceName,
    env: &BTreeMap<String, String>,
    files: &mut Files,
    started: Option<&Provider>,
) -> Result<Loaded, SettingsError> {
    let (mut settings, givens, tables) = gather(service, env, files)?;
    let config = tables.file.clone();
    // Who calls no provider need not be allowed to read the keys.
    let keys = (!service.is_public()).then_some(files);
    let usual = started.unwrap_or(&settings.provider);
    settings.routing = routing::read(tables, env, keys, usual)?;
    assume_openai(&mut settings);
    check::for_service(&settings, service).map_err(|fault| locate(fault, &givens))?;
    if !service.is_public() {
        let base_url = givens.get("provider.base_url").map(|given| &*given.origin);
        routing::check(&settings.routing, &config, base_url)?;
    }
    Ok(Loaded { settings, givens })
}

/// Reads the settings for a subcommand that does not serve: each value is valid by itself, but one
/// that only serving needs may be missing.
///
/// The tables of providers and models are not looked at: an edit of them that the running service
/// refuses must not fail its health check.
///
/// # Errors
///
/// The first thing that is wrong, unknown or contradictory.
pub fn read(
    service: ServiceName,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, SettingsError> {
    let env = env.into_iter().collect();
    let (mut settings, ..) = gather(service, &env, &mut Files::default())?;
    assume_openai(&mut settings);
    Ok(settings)
}

/// Each setting that is not a default, by its path.
pub(super) type LayerValues = HashMap<String, LayerValue>;

fn gather(
    service: ServiceName,
    env: &BTreeMap<String, String>,
    files: &mut Files,
) -> Result<(Settings, LayerValues, Tables), SettingsError> {
    let defaults = Settings::defaults(service);
    let catalog = defaults.entries();

    let defaults = catalog.iter().filter_map(|entry| {
        Some(LayerValue {
            path: entry.path(),
            value: entry.value.as_ref()?.to_string(),
            origin: entry.best_name(),
        })
    });
    let mut in_file = Vec::new();
    let mut givens = LayerValues::new();
    let mut tables = Tables::default();
    if let Some(path) = env.get(file::VARIABLE).filter(|path| !path.is_empty()) {
        (in_file, tables) = file::layer(path, &catalog, files)?;
    }
    let others = routing::variables(&tables.names());
    // Who has tables of providers needs none of the simplest set-up.
    let has_tables = !tables.names().is_empty();
    let is_given = |path: &str| {
        in_file.iter().any(|given| given.path == path)
            || (has_tables && path.starts_with("provider."))
    };
    let of_environment = environment::layer(env, &catalog, others, is_given)?;
    let mut merged = Table::new();
    for default in defaults {
        put(&mut merged, default);
    }
    for given in in_file.into_iter().chain(of_environment) {
        put(&mut merged, given.clone());
        givens.insert(given.path.clone(), given);
    }
    let settings: Settings =
        serde_path_to_error::deserialize(Value::Table(merged)).map_err(|error| {
            let path = error.path().to_string();
            locate(Violation::new(&[&path], error.inner().message()), &givens)
        })?;
    for section in settings.sections() {
        section.check().map_err(|fault| locate(fault, &givens))?;
    }
    Ok((settings, givens, tables))
}

/// A key alone is one of OpenAI's, unless the file says where models go that are not listed.
fn assume_openai(settings: &mut Settings) {
    settings.provider.base_url = settings.provider.base_url_beside(&settings.routing);
}

/// Names the variable or the key of the file that a fault comes from.
fn locate(fault: Violation, givens: &LayerValues) -> SettingsError {
    let explicit = fault.paths.iter().find_map(|path| givens.get(path));
    let place = explicit
        .map(|given| given.origin.clone())
        .unwrap_or_else(|| {
            let path = fault.paths.first().map_or("", String::as_str);
            Settings::default()
                .entries()
                .iter()
                .find(|entry| entry.path() == path)
                .map_or_else(|| path.to_owned(), super::Entry::best_name)
        });
    SettingsError::new(place, fault.problem)
}

/// Puts a value where the settings have it; a later layer wins.
fn put(merged: &mut Table, given: LayerValue) {
    if let Some((section, key)) = given.path.split_once('.') {
        let section = merged.entry(section).or_insert_with(|| Table::new().into());
        if let Value::Table(section) = section {
            section.insert(key.to_owned(), Value::String(given.value));
        }
    }
}
