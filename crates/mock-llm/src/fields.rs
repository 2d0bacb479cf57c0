//! Reading request fields, with errors that name the field.

use crate::ask::{Format, Part, Turn};
use crate::errors::ApiError;
use crate::ordered::Ordered;

/// The `prompt_cache_key`.
pub(crate) fn cache_key(body: &Ordered) -> Result<Option<String>, ApiError> {
    let key = body.present("prompt_cache_key");
    key.map(|_| text(body, "prompt_cache_key")).transpose()
}

/// The request as an object.
pub(crate) fn parse(body: &[u8]) -> Result<Ordered, ApiError> {
    let value: Ordered = serde_json::from_slice(body).map_err(|error| {
        ApiError::body(format!(
            "We could not parse the JSON body of your request: {error}"
        ))
    })?;
    if value.as_object().is_some() {
        Ok(value)
    } else {
        Err(ApiError::body(
            "The body of the request must be a JSON object.",
        ))
    }
}

/// A required, non-empty string.
pub(crate) fn text(body: &Ordered, name: &str) -> Result<String, ApiError> {
    match body.present(name) {
        None => Err(missing(name)),
        Some(value) => match value.as_str() {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(wrong(name, "a non-empty string")),
        },
    }
}

/// An optional flag.
pub(crate) fn flag(body: &Ordered, name: &str) -> Result<bool, ApiError> {
    body.present(name).map_or(Ok(false), |value| {
        value.as_bool().ok_or_else(|| wrong(name, "a boolean"))
    })
}

/// An optional integer within bounds.
pub(crate) fn integer(
    body: &Ordered,
    name: &str,
    low: u64,
    high: u64,
) -> Result<Option<u64>, ApiError> {
    let Some(value) = body.present(name) else {
        return Ok(None);
    };
    match value.as_u64() {
        Some(number) if (low..=high).contains(&number) => Ok(Some(number)),
        _ => Err(wrong(name, &format!("an integer from {low} to {high}"))),
    }
}

/// An optional number within bounds.
pub(crate) fn number(
    body: &Ordered,
    name: &str,
    low: f64,
    high: f64,
) -> Result<Option<f64>, ApiError> {
    let Some(value) = body.present(name) else {
        return Ok(None);
    };
    match value.as_f64() {
        Some(number) if (low..=high).contains(&number) => Ok(Some(number)),
        _ => Err(wrong(name, &format!("a number from {low} to {high}"))),
    }
}

/// The text of a message content.
pub(crate) fn content(value: Option<&Ordered>, param: &str) -> Result<String, ApiError> {
    parts(value, param).map(|(text, _)| text)
}

/// The text of a message content: a string, or parts of which the text ones count; and where these end.
pub(crate) fn parts(value: Option<&Ordered>, param: &str) -> Result<(String, Vec<Part>), ApiError> {
    match value {
        None | Some(Ordered::Null) => Ok((String::new(), Vec::new())),
        Some(Ordered::String(text)) => Ok((text.clone(), Part::whole(text))),
        Some(Ordered::Array(parts)) => {
            let mut joined = String::new();
            let mut ends: Vec<Part> = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                if part.get("type").and_then(Ordered::as_str).is_none() {
                    return Err(ApiError::field(
                        &format!("{param}[{index}].type"),
                        "A content part must be an object with a 'type'.",
                    ));
                }
                let text = part.get("text").or_else(|| part.get("refusal"));
                if let Some(text) = text.and_then(Ordered::as_str) {
                    if !ends.is_empty() {
                        joined.push('\n');
                    }
                    joined.push_str(text);
                    ends.push(Part {
                        end: joined.len(),
                        is_marked: part.present("cache_control").is_some(),
                    });
                }
            }
            Ok((joined, ends))
        }
        Some(_) => Err(wrong(param, "a string or an array of content parts")),
    }
}

/// The wanted form of the answer: `root` is where it stands, `schema` where its name and schema do.
pub(crate) fn format(body: &Ordered, root: &str, schema: &str) -> Result<Format, ApiError> {
    if body.at(root).is_none() {
        return Ok(Format::Text);
    }
    match body.str_at(&format!("{root}.type")) {
        Some("text") => Ok(Format::Text),
        Some("json_object") => Ok(Format::JsonObject),
        Some("json_schema") => {
            let name = format!("{schema}.name");
            body.str_at(&name).ok_or_else(|| missing(&name))?;
            self::schema(body, &format!("{schema}.schema"))
        }
        _ => Err(wrong(
            &format!("{root}.type"),
            "one of text, json_object, json_schema",
        )),
    }
}

/// The format for a schema, which has to be an object.
pub(crate) fn schema(body: &Ordered, path: &str) -> Result<Format, ApiError> {
    let object = body.at(path).filter(|schema| schema.as_object().is_some());
    object
        .cloned()
        .map(Format::Schema)
        .ok_or_else(|| wrong(path, "a JSON schema object"))
}

/// A message of a list; one without content where its role needs some is an error.
pub(crate) fn turn(
    message: &Ordered,
    at: &str,
    roles: &[&str],
    may_be_bare: &[&str],
) -> Result<Turn, ApiError> {
    let role = message.str_at("role").unwrap_or_default();
    if !roles.contains(&role) {
        return Err(wrong(
            &format!("{at}.role"),
            &format!("one of {}", roles.join(", ")),
        ));
    }
    let path = format!("{at}.content");
    if message.present("content").is_none() && !may_be_bare.contains(&role) {
        return Err(wrong(&path, "a string or an array of content parts"));
    }
    let (text, parts) = parts(message.get("content"), &path)?;
    Ok(Turn {
        role: role.to_owned(),
        text,
        parts,
    })
}

/// A list that has something in it.
pub(crate) fn list<'a>(body: &'a Ordered, name: &str) -> Result<&'a [Ordered], ApiError> {
    let value = body.present(name).ok_or_else(|| missing(name))?;
    let items = value.as_array().filter(|items| !items.is_empty());
    items.ok_or_else(|| wrong(name, "a non-empty array"))
}

/// The error for a value that is not there.
pub(crate) fn missing(param: &str) -> ApiError {
    ApiError::field(param, format!("Missing required parameter: '{param}'."))
}

/// The error for a value of a wrong type.
pub(crate) fn wrong(param: &str, wanted: &str) -> ApiError {
    ApiError::field(
        param,
        format!("Invalid value for '{param}': expected {wanted}."),
    )
}
