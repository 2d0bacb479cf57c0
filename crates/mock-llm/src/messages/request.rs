//! Reading a messages request.

use crate::ask::{Ask, Format, Tool, Turn};
use crate::chat::request::schema;
use crate::errors::ApiError;
use crate::fields::{content, flag, integer, number, text, wrong};
use crate::ordered::Ordered;

/// Checks the body as far as the simulator uses it.
pub(crate) fn read(body: &Ordered) -> Result<Ask, ApiError> {
    let model = text(body, "model")?;
    let limit = integer(body, "max_tokens", 1, u64::MAX)?
        .ok_or_else(|| ApiError::field("max_tokens", "max_tokens: Field required"))?;
    let system = content(body.get("system"), "system")?;
    let system = (!system.is_empty()).then(|| Turn {
        role: "system".to_owned(),
        text: system,
    });
    let turns = system.into_iter().map(Ok).chain(turns(body)?);
    Ok(Ask {
        model,
        turns: turns.collect::<Result<_, _>>()?,
        format: format(body)?,
        call: call(body)?,
        call_named: false,
        samples: 1,
        temperature: number(body, "temperature", 0.0, 1.0)?.unwrap_or(1.0),
        seed: None,
        max_tokens: Some(limit),
        logprobs: false,
        top_logprobs: 0,
        stream: flag(body, "stream")?,
        include_usage: true,
    })
}

fn turns(
    body: &Ordered,
) -> Result<impl Iterator<Item = Result<Turn, ApiError>> + use<'_>, ApiError> {
    let messages = body.present("messages").and_then(Ordered::as_array);
    let messages = messages
        .filter(|messages| !messages.is_empty())
        .ok_or_else(|| wrong("messages", "a non-empty array of messages"))?;
    Ok(messages.iter().enumerate().map(|(index, message)| {
        let at = |field: &str| format!("messages.{index}.{field}");
        let role = message
            .get("role")
            .and_then(Ordered::as_str)
            .filter(|role| ["user", "assistant"].contains(role))
            .ok_or_else(|| wrong(&at("role"), "user or assistant"))?;
        if message.present("content").is_none() {
            return Err(wrong(&at("content"), "a string or an array of blocks"));
        }
        Ok(Turn {
            role: role.to_owned(),
            text: content(message.get("content"), &at("content"))?,
        })
    }))
}

/// A schema stands in `output_format`, or in the newer `output_config.format`.
fn format(body: &Ordered) -> Result<Format, ApiError> {
    let newer = body
        .present("output_config")
        .and_then(|config| config.present("format"));
    let Some(format) = newer.or_else(|| body.present("output_format")) else {
        return Ok(Format::Text);
    };
    match format.get("type").and_then(Ordered::as_str) {
        Some("json_schema") => schema(format.get("schema"), "output_format.schema"),
        _ => Err(wrong("output_format.type", "json_schema")),
    }
}

/// The tool that has to be used, if one has to.
fn call(body: &Ordered) -> Result<Option<Tool>, ApiError> {
    let choice = body.present("tool_choice");
    let kind = choice
        .and_then(|choice| choice.get("type"))
        .and_then(Ordered::as_str);
    let wanted = match kind {
        None if choice.is_some() => {
            return Err(wrong("tool_choice.type", "auto, any, tool or none"));
        }
        None | Some("auto" | "none") => return Ok(None),
        Some("any") => None,
        Some("tool") => choice
            .and_then(|choice| choice.get("name"))
            .and_then(Ordered::as_str)
            .map_or_else(|| Err(wrong("tool_choice.name", "the name of a tool")), Ok)
            .map(Some)?,
        Some(_) => return Err(wrong("tool_choice.type", "auto, any, tool or none")),
    };
    let tools = body.present("tools").and_then(Ordered::as_array);
    let found = tools.unwrap_or_default().iter().find_map(|tool| {
        let name = tool.get("name").and_then(Ordered::as_str)?;
        let parameters = tool.get("input_schema")?.clone();
        wanted.is_none_or(|wanted| wanted == name).then(|| Tool {
            name: name.to_owned(),
            parameters,
        })
    });
    found
        .map(Some)
        .ok_or_else(|| wrong("tool_choice", "a tool in 'tools'"))
}
