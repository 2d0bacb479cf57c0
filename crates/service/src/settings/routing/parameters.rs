//! Parameters that are added to the body of every request as they are.

use serde_json::{Map, Number, Value as Json};
use toml::Value;

use super::{super::SettingsError, table::SettingPath};

/// Parameters that we set ourselves, in one API or the other.
const RESERVED: [&str; 14] = [
    "model",
    "messages",
    "input",
    "stream",
    "stream_options",
    "include",
    "store",
    "response_format",
    "text",
    "tools",
    "tool_choice",
    "logprobs",
    "top_logprobs",
    "n",
];

/// Reads the parameters of a provider or of a deployment.
pub(super) fn read(
    place: &SettingPath<'_>,
    value: Value,
) -> Result<Map<String, Json>, SettingsError> {
    let mut parameters = Map::new();
    for (name, value) in place.table(value)? {
        let place = place.key(&name);
        if RESERVED.contains(&name.as_str()) {
            return Err(place.error(format!(
                "is set by autorater itself; expected none of {}",
                RESERVED.join(", ")
            )));
        }
        parameters.insert(name, json(&place, value)?);
    }
    Ok(parameters)
}

fn json(place: &SettingPath<'_>, value: Value) -> Result<Json, SettingsError> {
    Ok(match value {
        Value::String(text) => Json::String(text),
        Value::Integer(number) => Json::from(number),
        Value::Float(number) => Number::from_f64(number)
            .map(Json::Number)
            .ok_or_else(|| place.error("no JSON has such a number; expected a finite one"))?,
        Value::Boolean(flag) => Json::Bool(flag),
        Value::Datetime(_) => {
            return Err(place.error("no JSON has a date of its own; expected it in quotes"));
        }
        Value::Array(values) => Json::Array(
            values
                .into_iter()
                .enumerate()
                .map(|(index, value)| json(&place.index(index), value))
                .collect::<Result<_, _>>()?,
        ),
        Value::Table(table) => Json::Object(
            table
                .into_iter()
                .map(|(key, value)| {
                    let value = json(&place.key(&key), value)?;
                    Ok((key, value))
                })
                .collect::<Result<_, SettingsError>>()?,
        ),
    })
}
