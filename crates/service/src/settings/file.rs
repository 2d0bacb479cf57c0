//! The layer of the file.

use toml::{Spanned, Table, Value};

use super::{
    SettingsError, files::Files, load::LayerValue, routing::Tables, section::Entry, suggestion,
    value::quoted,
};

/// The variable that names the file.
pub(super) const VARIABLE: &str = "AUTORATER_CONFIG";

/// The tables that are not flat.
const TABLES: [&str; 2] = ["providers", "models"];

/// The settings that the file gives.
pub(super) fn layer(
    path: &str,
    catalog: &[Entry],
    files: &mut Files,
) -> Result<(Vec<LayerValue>, Tables), SettingsError> {
    let text = files.read(path).map_err(|error| {
        SettingsError::new(
            VARIABLE,
            format!("cannot read {path}: {error}; expected a TOML file"),
        )
    })?;
    let mut root = toml::from_str::<Spanned<Table>>(text)
        .map_err(|error| {
            let line = error
                .span()
                .and_then(|span| text.get(..span.start))
                .map_or(1, |before| before.matches('\n').count() + 1);
            // Only the message: the long form quotes the line, which may hold a secret.
            SettingsError::new(
                format!("{path}:{line}"),
                format!("not TOML: {}", error.message()),
            )
        })?
        .into_inner();

    let tables = Tables {
        file: path.to_owned(),
        providers: root.remove("providers"),
        models: root.remove("models"),
    };
    let mut givens = Vec::new();
    for (section, value) in root {
        let is_section = catalog.iter().any(|entry| entry.section == section);
        let Value::Table(table) = value else {
            if is_section {
                return Err(SettingsError::new(
                    format!("{path}: {section}"),
                    format!("is a section; expected a table [{section}]"),
                ));
            }
            return Err(unknown(path, &section, catalog));
        };
        if table.is_empty() && !is_section {
            return Err(unknown(path, &section, catalog));
        }
        for (key, value) in table {
            let setting = format!("{section}.{key}");
            if !catalog.iter().any(|entry| entry.path() == setting) {
                // `[provider.openai]` and `[model."gpt-4o"]`.
                if value.is_table() && TABLES.contains(&format!("{section}s").as_str()) {
                    return Err(SettingsError::new(
                        format!("{path}: {setting}"),
                        format!("unknown setting; did you mean {section}s.{key}?"),
                    ));
                }
                return Err(unknown(path, &setting, catalog));
            }
            let origin = format!("{path}: {setting}");
            let value = scalar(value).ok_or_else(|| {
                SettingsError::new(&origin, "expected one value, not a list or table")
            })?;
            givens.push(LayerValue {
                path: setting,
                value,
                origin,
            });
        }
    }
    Ok((givens, tables))
}

/// A value as text, as it would stand in the environment.
pub(super) fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        Value::Datetime(moment) => Some(moment.to_string()),
        Value::Array(_) | Value::Table(_) => None,
    }
}

fn unknown(path: &str, name: &str, catalog: &[Entry]) -> SettingsError {
    let mut known: Vec<String> = catalog.iter().map(Entry::path).collect();
    known.extend(catalog.iter().map(|entry| entry.section.to_owned()));
    known.extend(TABLES.map(str::to_owned));
    // `format = "json"` outside any section.
    let bare = catalog
        .iter()
        .find(|entry| entry.key == name)
        .map(Entry::path);
    let problem = match bare {
        Some(path) => format!("unknown setting; did you mean {path}?"),
        None => suggestion::unknown(name, known.iter().map(String::as_str)),
    };
    let name = if name.contains(char::is_control) {
        quoted(name)
    } else {
        name.to_owned()
    };
    SettingsError::new(format!("{path}: {name}"), problem)
}
