//! Reading request fields, with errors that name the field.

use crate::errors::ApiError;
use crate::ordered::Ordered;

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
        None => Err(ApiError::field(
            name,
            format!("Missing required parameter: '{name}'."),
        )),
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

/// The text of a message content: a string, or parts of which the text ones count.
pub(crate) fn content(value: Option<&Ordered>, param: &str) -> Result<String, ApiError> {
    match value {
        None | Some(Ordered::Null) => Ok(String::new()),
        Some(Ordered::String(text)) => Ok(text.clone()),
        Some(Ordered::Array(parts)) => {
            let mut texts = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                if part.get("type").and_then(Ordered::as_str).is_none() {
                    return Err(ApiError::field(
                        &format!("{param}[{index}].type"),
                        "A content part must be an object with a 'type'.",
                    ));
                }
                let text = part.get("text").or_else(|| part.get("refusal"));
                if let Some(text) = text.and_then(Ordered::as_str) {
                    texts.push(text);
                }
            }
            Ok(texts.join("\n"))
        }
        Some(_) => Err(wrong(param, "a string or an array of content parts")),
    }
}

/// The error for a value of a wrong type.
pub(crate) fn wrong(param: &str, wanted: &str) -> ApiError {
    ApiError::field(
        param,
        format!("Invalid value for '{param}': expected {wanted}."),
    )
}
