//! The layer of the environment.

use std::{collections::BTreeMap, fs};

use super::{SettingsError, load::LayerValue, routing, section::Entry, suggestion};

/// What every variable but the usual ones begins with.
const PREFIX: &str = "AUTORATER__";
/// What a variable that names a file with a secret ends with.
const FILE_SUFFIX: &str = "_FILE";

/// The settings that the environment gives; empty values count as unset.
///
/// `others` are variables that are known besides those of the catalog; `is_given` says which settings are given without
/// the environment, by their paths.
pub(super) fn layer(
    env: &BTreeMap<String, String>,
    catalog: &[Entry],
    others: Vec<String>,
    is_given: impl Fn(&str) -> bool,
) -> Result<Vec<LayerValue>, SettingsError> {
    refuse_unknown(env, catalog, others)?;
    let mut givens = Vec::new();
    for entry in catalog {
        let usual = match entry.usual {
            Some(name) => variable(env, name, entry)?,
            None => None,
        };
        match (usual, variable(env, &entry.variable(), entry)?) {
            (Some(usual), Some(general)) if usual.value != general.value => {
                return Err(SettingsError::new(
                    format!("{} and {}", usual.origin, general.origin),
                    "contradictory: set to different values; expected only one of them",
                ));
            }
            (usual, general) => givens.extend(usual.or(general)),
        }
    }
    refuse_nearly(env, catalog, |path| {
        is_given(path) || givens.iter().any(|given| given.path == path)
    })?;
    Ok(givens)
}

/// Finds usual names that are misspelt, or that another tool has for the same. A setting that is given does not miss one:
/// then the variable is another program's.
fn refuse_nearly(
    env: &BTreeMap<String, String>,
    catalog: &[Entry],
    is_given: impl Fn(&str) -> bool,
) -> Result<(), SettingsError> {
    let names = |entry: &Entry| {
        let usual = entry.usual.map(str::to_owned);
        let file = usual.as_ref().filter(|_| entry.secret);
        let file = file.map(|name| format!("{name}{FILE_SUFFIX}"));
        // The last only for an alias: what begins as ours do was looked at before.
        [usual, file, Some(entry.variable())]
    };
    let known: Vec<String> = catalog.iter().flat_map(names).flatten().collect();
    let missing = catalog.iter().filter(|entry| !is_given(&entry.path()));
    let missing: Vec<String> = missing.flat_map(names).flatten().collect();
    let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
    for (name, _) in env.iter().filter(|(_, value)| !value.is_empty()) {
        if known.contains(name) || name.starts_with("AUTORATER_") {
            continue;
        }
        if let Some(meant) = suggestion::nearly(name, &missing) {
            let problem = format!("not known here; did you mean {meant}?");
            return Err(SettingsError::new(name, problem));
        }
    }
    Ok(())
}

/// The value of `name`, or of the file that `name_FILE` names when it is a secret.
fn variable(
    env: &BTreeMap<String, String>,
    name: &str,
    entry: &Entry,
) -> Result<Option<LayerValue>, SettingsError> {
    let lookup = |name: &str| env.get(name).filter(|value| !value.is_empty());
    let given = |origin: String, value: String| LayerValue {
        path: entry.path(),
        value,
        origin,
    };
    let file_name = format!("{name}{FILE_SUFFIX}");
    let file = if entry.secret {
        lookup(&file_name)
    } else {
        None
    };
    match (lookup(name), file) {
        (None, None) => Ok(None),
        (Some(value), None) => Ok(Some(given(name.to_owned(), value.clone()))),
        (None, Some(path)) => {
            let value = secret_file(&file_name, path)?;
            Ok(Some(given(file_name, value)))
        }
        (Some(_), Some(_)) => Err(SettingsError::new(
            format!("{name} and {file_name}"),
            "contradictory: both are set; expected only one of them",
        )),
    }
}

fn secret_file(variable: &str, path: &str) -> Result<String, SettingsError> {
    let content = fs::read_to_string(path).map_err(|error| error.to_string());
    secret(variable, path, content.as_deref().map_err(String::clone))
}

/// The secret that a file holds; `place` is what names the file.
pub(super) fn secret(
    place: &str,
    path: &str,
    content: Result<&str, String>,
) -> Result<String, SettingsError> {
    let content = content.map_err(|error| {
        SettingsError::new(
            place,
            format!("cannot read {path}: {error}; expected a file that holds the value"),
        )
    })?;
    let value = content.trim_end_matches(['\r', '\n']);
    if value.is_empty() {
        return Err(SettingsError::new(
            place,
            format!("{path} is empty; expected a file that holds the value"),
        ));
    }
    Ok(value.to_owned())
}

/// Finds misspelt variables; others' variables are none of our business.
fn refuse_unknown(
    env: &BTreeMap<String, String>,
    catalog: &[Entry],
    others: Vec<String>,
) -> Result<(), SettingsError> {
    let mut known: Vec<String> = catalog.iter().map(Entry::variable).collect();
    known.extend(
        catalog
            .iter()
            .filter(|entry| entry.secret)
            .map(|entry| format!("{}{FILE_SUFFIX}", entry.variable())),
    );
    known.extend(others);
    let flat = |name: &str| name.replace('_', "").to_ascii_uppercase();
    for (name, _) in env.iter().filter(|(_, value)| !value.is_empty()) {
        // What is of a provider is looked at with the providers.
        if known.contains(name) || name.starts_with(routing::PREFIX) {
            continue;
        }
        let upper = name.to_ascii_uppercase();
        // `AUTORATER_WORKER_SLOTS`: all but the underscores. Other variables with one underscore
        // are let pass, for Kubernetes makes such of services' names.
        let nearly = known
            .iter()
            .find(|known| upper.starts_with("AUTORATER_") && flat(known) == flat(name));
        if upper.starts_with(PREFIX) || nearly.is_some() {
            let candidates = nearly.map_or(known.as_slice(), std::slice::from_ref);
            let problem = suggestion::unknown(name, candidates.iter().map(String::as_str));
            return Err(SettingsError::new(name, problem));
        }
    }
    Ok(())
}
