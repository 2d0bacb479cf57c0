//! Reading a responses request.

use crate::ask::{Ask, Format, Turn};
use crate::chat::request::schema;
use crate::errors::ApiError;
use crate::fields::{content, flag, integer, number, text, wrong};
use crate::ordered::Ordered;

/// Checks the body as far as the simulator uses it. Tools are not simulated here.
pub(crate) fn read(body: &Ordered) -> Result<Ask, ApiError> {
    let model = text(body, "model")?;
    let mut turns = Vec::new();
    if let Some(instructions) = body.present("instructions") {
        let text = instructions
            .as_str()
            .ok_or_else(|| wrong("instructions", "a string"))?;
        turns.push(Turn {
            role: "system".to_owned(),
            text: text.to_owned(),
        });
    }
    match body.present("input") {
        Some(Ordered::String(text)) => {
            turns.push(Turn {
                role: "user".to_owned(),
                text: text.clone(),
            });
        }
        Some(Ordered::Array(items)) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                turns.extend(turn(index, item)?);
            }
        }
        Some(_) => return Err(wrong("input", "a string or a non-empty array of items")),
        None => {
            return Err(ApiError::field(
                "input",
                "Missing required parameter: 'input'.",
            ));
        }
    }
    Ok(Ask {
        model,
        turns,
        format: format(body)?,
        call: None,
        call_named: false,
        samples: 1,
        temperature: number(body, "temperature", 0.0, 2.0)?.unwrap_or(1.0),
        seed: body.present("seed").map(Ordered::render),
        max_tokens: integer(body, "max_output_tokens", 1, u64::MAX)?,
        logprobs: false,
        top_logprobs: 0,
        stream: flag(body, "stream")?,
        include_usage: true,
    })
}

/// A message item as a turn; the output of a tool counts as one, other items do not.
fn turn(index: usize, item: &Ordered) -> Result<Option<Turn>, ApiError> {
    let at = |field: &str| format!("input[{index}].{field}");
    match (item.get("type").and_then(Ordered::as_str), item.get("role")) {
        (Some("function_call_output"), _) => {
            let text = content(item.get("output"), &at("output"))?;
            Ok(Some(Turn {
                role: "tool".to_owned(),
                text,
            }))
        }
        (Some("message") | None, Some(Ordered::String(role))) => {
            if item.present("content").is_none() {
                return Err(wrong(
                    &at("content"),
                    "a string or an array of content parts",
                ));
            }
            let text = content(item.get("content"), &at("content"))?;
            Ok(Some(Turn {
                role: role.clone(),
                text,
            }))
        }
        (Some("message") | None, _) => Err(wrong(&at("role"), "the role of a message")),
        _ => Ok(None),
    }
}

fn format(body: &Ordered) -> Result<Format, ApiError> {
    let format = body.present("text").and_then(|text| text.present("format"));
    let Some(format) = format else {
        return Ok(Format::Text);
    };
    match format.get("type").and_then(Ordered::as_str) {
        Some("text") => Ok(Format::Text),
        Some("json_object") => Ok(Format::JsonObject),
        Some("json_schema") => {
            if format.get("name").and_then(Ordered::as_str).is_none() {
                let message = "Missing required parameter: 'text.format.name'.";
                return Err(ApiError::field("text.format.name", message));
            }
            schema(format.get("schema"), "text.format.schema")
        }
        _ => Err(wrong(
            "text.format.type",
            "one of text, json_object, json_schema",
        )),
    }
}
