//! Reading a chat completions request.

use crate::ask::{Ask, Format, Tool, Turn};
use crate::errors::ApiError;
use crate::fields::{content, flag, integer, number, text, wrong};
use crate::ordered::Ordered;

const ROLES: &[&str] = &[
    "system",
    "developer",
    "user",
    "assistant",
    "tool",
    "function",
];

/// Checks the body as far as the simulator uses it.
pub(crate) fn read(body: &Ordered) -> Result<Ask, ApiError> {
    let model = text(body, "model")?;
    let turns = turns(body)?;
    let (call, call_named) = call(body)?;
    let limit = integer(body, "max_completion_tokens", 1, u64::MAX)?;
    let logprobs = flag(body, "logprobs")?;
    let top_logprobs = integer(body, "top_logprobs", 0, 20)?;
    if top_logprobs.is_some() && !logprobs {
        return Err(ApiError::field(
            "top_logprobs",
            "'logprobs' must be set to true if 'top_logprobs' is used.",
        ));
    }
    let options = body.present("stream_options");
    Ok(Ask {
        model,
        turns,
        format: format(body)?,
        call,
        call_named,
        samples: index(integer(body, "n", 1, 128)?.unwrap_or(1)),
        temperature: number(body, "temperature", 0.0, 2.0)?.unwrap_or(1.0),
        seed: body.present("seed").map(Ordered::render),
        max_tokens: limit.or(integer(body, "max_tokens", 1, u64::MAX)?),
        logprobs,
        top_logprobs: index(top_logprobs.unwrap_or(0)),
        stream: flag(body, "stream")?,
        include_usage: options.map_or(Ok(false), |options| flag(options, "include_usage"))?,
    })
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn turns(body: &Ordered) -> Result<Vec<Turn>, ApiError> {
    let messages = body
        .present("messages")
        .ok_or_else(|| ApiError::field("messages", "Missing required parameter: 'messages'."))?;
    let messages = messages
        .as_array()
        .ok_or_else(|| wrong("messages", "an array of messages"))?;
    if messages.is_empty() {
        return Err(wrong("messages", "a non-empty array"));
    }
    let read = |(index, message): (usize, &Ordered)| {
        let at = |field: &str| format!("messages[{index}].{field}");
        let role = message
            .get("role")
            .and_then(Ordered::as_str)
            .unwrap_or_default();
        if !ROLES.contains(&role) {
            return Err(wrong(&at("role"), &format!("one of {}", ROLES.join(", "))));
        }
        let bare = message.present("content").is_none();
        if bare && ["system", "developer", "user"].contains(&role) {
            return Err(wrong(
                &at("content"),
                "a string or an array of content parts",
            ));
        }
        let text = content(message.get("content"), &at("content"))?;
        Ok(Turn {
            role: role.to_owned(),
            text,
        })
    };
    messages.iter().enumerate().map(read).collect()
}

fn format(body: &Ordered) -> Result<Format, ApiError> {
    let Some(format) = body.present("response_format") else {
        return Ok(Format::Text);
    };
    match format.get("type").and_then(Ordered::as_str) {
        Some("text") => Ok(Format::Text),
        Some("json_object") => Ok(Format::JsonObject),
        Some("json_schema") => {
            let outer = format.present("json_schema");
            if outer
                .and_then(|outer| outer.get("name"))
                .and_then(Ordered::as_str)
                .is_none()
            {
                let param = "response_format.json_schema.name";
                return Err(ApiError::field(
                    param,
                    format!("Missing required parameter: '{param}'."),
                ));
            }
            schema(
                outer.and_then(|outer| outer.get("schema")),
                "response_format.json_schema.schema",
            )
        }
        _ => Err(wrong(
            "response_format.type",
            "one of text, json_object, json_schema",
        )),
    }
}

/// The format for a schema, which has to be an object.
pub(crate) fn schema(schema: Option<&Ordered>, param: &str) -> Result<Format, ApiError> {
    let object = schema.filter(|schema| schema.as_object().is_some());
    object
        .cloned()
        .map(Format::Schema)
        .ok_or_else(|| wrong(param, "a JSON schema object"))
}

fn call(body: &Ordered) -> Result<(Option<Tool>, bool), ApiError> {
    let mut tools = Vec::new();
    if let Some(listed) = body.present("tools") {
        let listed = listed
            .as_array()
            .ok_or_else(|| wrong("tools", "an array of tools"))?;
        for (index, tool) in listed.iter().enumerate() {
            let function = tool.get("function");
            let name = function
                .and_then(|function| function.get("name"))
                .and_then(Ordered::as_str);
            let name = name.ok_or_else(|| {
                let param = format!("tools[{index}].function.name");
                ApiError::field(&param, format!("Missing required parameter: '{param}'."))
            })?;
            let parameters = function.and_then(|function| function.present("parameters"));
            let empty = || {
                Ordered::Object(vec![(
                    "type".to_owned(),
                    Ordered::String("object".to_owned()),
                )])
            };
            tools.push(Tool {
                name: name.to_owned(),
                parameters: parameters.cloned().unwrap_or_else(empty),
            });
        }
    }
    let Some(choice) = body.present("tool_choice") else {
        return Ok((None, false));
    };
    match choice {
        Ordered::String(word) if word == "none" || word == "auto" => Ok((None, false)),
        Ordered::String(word) if word == "required" => {
            let first = tools.into_iter().next();
            first.map_or_else(
                || Err(wrong("tool_choice", "'tools' to choose from")),
                |tool| Ok((Some(tool), false)),
            )
        }
        Ordered::Object(_) => {
            let function = choice
                .get("function")
                .and_then(|function| function.get("name"));
            let wanted = function.and_then(Ordered::as_str);
            let tool = tools
                .into_iter()
                .find(|tool| Some(tool.name.as_str()) == wanted);
            tool.map_or_else(
                || Err(wrong("tool_choice", "the name of a function in 'tools'")),
                |tool| Ok((Some(tool), true)),
            )
        }
        _ => Err(wrong(
            "tool_choice",
            "none, auto, required or a named function",
        )),
    }
}
