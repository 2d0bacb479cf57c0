//! The key of a provider: from the file, from a file of its own or from the environment.

use std::collections::BTreeMap;

use domain::Secret;

use super::{
    super::{SettingsError, environment, provider, suggestion},
    read::Sources,
    table::Keys,
};

/// What the variables of providers begin with.
pub(in super::super) const PREFIX: &str = "AUTORATER__PROVIDERS__";
const KEY: &str = "__API_KEY";
const KEY_FILE: &str = "__API_KEY_FILE";

/// The variables of the providers of these names.
pub(in super::super) fn variables(names: &[&str]) -> Vec<String> {
    names
        .iter()
        .flat_map(|name| [variable(name, KEY), variable(name, KEY_FILE)])
        .collect()
}

/// Refuses variables of providers that the file does not have.
pub(super) fn refuse_unknown(
    env: &BTreeMap<String, String>,
    names: &[&str],
) -> Result<(), SettingsError> {
    let known = variables(names);
    for (variable, _) in env.iter().filter(|(_, value)| !value.is_empty()) {
        if !variable.starts_with(PREFIX) || known.contains(variable) {
            continue;
        }
        let problem = if variable.ends_with(KEY) || variable.ends_with(KEY_FILE) {
            let expected = if names.is_empty() {
                "a table [providers.NAME] in the file that AUTORATER_CONFIG names".to_owned()
            } else {
                format!("one of {}", names.join(", "))
            };
            format!("the file has no such provider; expected {expected}")
        } else {
            suggestion::unknown(variable, known.iter().map(String::as_str))
        };
        return Err(SettingsError::new(variable, problem));
    }
    Ok(())
}

/// Reads the key of a provider, wherever it stands.
pub(super) fn read(
    name: &str,
    table: &mut Keys<'_>,
    sources: &mut Sources<'_>,
) -> Result<Option<Secret>, SettingsError> {
    let mut given = Vec::new();
    for key in ["api_key", "api_key_file"] {
        if let Some((place, value)) = table.take(key) {
            let text: String = place.setting(value)?;
            if text.is_empty() {
                return Err(place.error(format!("is empty; expected a value, or no {key}")));
            }
            given.push((place.named(), text, key == "api_key_file"));
        }
    }
    for (suffix, is_file) in [(KEY, false), (KEY_FILE, true)] {
        let variable = variable(name, suffix);
        if let Some(text) = sources.env.get(&variable).filter(|text| !text.is_empty()) {
            given.push((variable, text.clone(), is_file));
        }
    }
    let (place, text, is_file) = match given.as_slice() {
        [] => return Ok(None),
        [one] => one,
        [(first, ..), (second, ..), ..] => {
            return Err(SettingsError::new(
                format!("{first} and {second}"),
                "contradictory: both are set; expected only one of them",
            ));
        }
    };
    let key = if *is_file {
        let Some(files) = sources.files.as_mut() else {
            return Ok(None);
        };
        environment::secret(place, text, files.read(text))?
    } else {
        text.clone()
    };
    let key = Secret::from(key);
    provider::api_key(&key).map_err(|problem| SettingsError::new(place, problem))?;
    Ok(Some(key))
}

fn variable(name: &str, suffix: &str) -> String {
    let name = name.to_ascii_uppercase().replace('-', "_");
    format!("{PREFIX}{name}{suffix}")
}
