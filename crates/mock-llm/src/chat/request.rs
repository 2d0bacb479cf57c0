//! Reading a chat completions request.

use crate::ask::{Ask, Tool, Turn, USUAL_TIER};
use crate::errors::ApiError;
use crate::fields::{cache_key, flag, format, integer, list, missing, number, text, turn, wrong};
use crate::ordered::Ordered;

const ROLES: [&str; 6] = [
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
        let message = "'logprobs' must be set to true if 'top_logprobs' is used.";
        return Err(ApiError::field("top_logprobs", message));
    }
    let options = body.present("stream_options");
    Ok(Ask {
        model,
        turns,
        format: format(body, "response_format", "response_format.json_schema")?,
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
        cache_key: cache_key(body)?,
        tier: USUAL_TIER,
        cached: None,
    })
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn turns(body: &Ordered) -> Result<Vec<Turn>, ApiError> {
    let messages = list(body, "messages")?.iter().enumerate();
    let bare = ["assistant", "tool", "function"];
    let read = |(index, message)| turn(message, &format!("messages[{index}]"), &ROLES, &bare);
    messages.map(read).collect()
}

fn tools(body: &Ordered) -> Result<Vec<Tool>, ApiError> {
    let Some(listed) = body.present("tools") else {
        return Ok(Vec::new());
    };
    let listed = listed
        .as_array()
        .ok_or_else(|| wrong("tools", "an array of tools"))?;
    let read = |(index, tool): (usize, &Ordered)| {
        let name = tool.str_at("function.name");
        let name = name.ok_or_else(|| missing(&format!("tools[{index}].function.name")))?;
        let parameters = tool.at("function.parameters").cloned();
        Ok(Tool {
            name: name.to_owned(),
            parameters: parameters.unwrap_or_else(Tool::without_parameters),
        })
    };
    listed.iter().enumerate().map(read).collect()
}

/// The function that has to be called, and whether it was named.
fn call(body: &Ordered) -> Result<(Option<Tool>, bool), ApiError> {
    let mut tools = tools(body)?.into_iter();
    let (found, named) = match body.present("tool_choice") {
        None => return Ok((None, false)),
        Some(Ordered::String(word)) if word == "none" || word == "auto" => {
            return Ok((None, false));
        }
        Some(Ordered::String(word)) if word == "required" => (tools.next(), false),
        Some(choice @ Ordered::Object(_)) => {
            let wanted = choice.str_at("function.name");
            (tools.find(|tool| Some(tool.name.as_str()) == wanted), true)
        }
        Some(_) => {
            return Err(wrong(
                "tool_choice",
                "none, auto, required or a named function",
            ));
        }
    };
    let found = found.ok_or_else(|| wrong("tool_choice", "a function in 'tools'"))?;
    Ok((Some(found), named))
}
