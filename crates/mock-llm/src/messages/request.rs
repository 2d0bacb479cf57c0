//! Reading a messages request.

use crate::ask::{Ask, Format, Tool, Turn, USUAL_TIER};
use crate::errors::ApiError;
use crate::fields::{flag, integer, list, number, parts, schema, text, turn, wrong};
use crate::ordered::Ordered;

/// Checks the body as far as the simulator uses it.
pub(crate) fn read(body: &Ordered) -> Result<Ask, ApiError> {
    let model = text(body, "model")?;
    let limit = integer(body, "max_tokens", 1, u64::MAX)?
        .ok_or_else(|| ApiError::field("max_tokens", "max_tokens: Field required"))?;
    let (system, ends) = parts(body.get("system"), "system")?;
    let system = (!system.is_empty()).then(|| Turn {
        role: "system".to_owned(),
        text: system,
        parts: ends,
    });
    let messages = list(body, "messages")?.iter().enumerate();
    let read = |(index, message)| {
        turn(
            message,
            &format!("messages.{index}"),
            &["user", "assistant"],
            &[],
        )
    };
    let turns = system.into_iter().map(Ok).chain(messages.map(read));
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
        cache_key: None,
        tier: USUAL_TIER,
        cached: None,
    })
}

/// A schema stands in `output_format`, or in the newer `output_config.format`.
fn format(body: &Ordered) -> Result<Format, ApiError> {
    let places = ["output_config.format", "output_format"];
    let Some(place) = places.into_iter().find(|place| body.at(place).is_some()) else {
        return Ok(Format::Text);
    };
    match body.str_at(&format!("{place}.type")) {
        Some("json_schema") => schema(body, &format!("{place}.schema")),
        _ => Err(wrong(&format!("{place}.type"), "json_schema")),
    }
}

/// The tool that has to be used, if one has to.
fn call(body: &Ordered) -> Result<Option<Tool>, ApiError> {
    let wanted = match (body.at("tool_choice"), body.str_at("tool_choice.type")) {
        (None, _) | (_, Some("auto" | "none")) => return Ok(None),
        (_, Some("any")) => None,
        (_, Some("tool")) => Some(text(body.at("tool_choice").unwrap_or(body), "name")?),
        _ => return Err(wrong("tool_choice.type", "auto, any, tool or none")),
    };
    let tools = body.present("tools").and_then(Ordered::as_array);
    let found = tools.unwrap_or_default().iter().find_map(|tool| {
        let name = tool.str_at("name")?.to_owned();
        let parameters = tool.get("input_schema")?.clone();
        let fits = wanted.as_ref().is_none_or(|wanted| *wanted == name);
        fits.then_some(Tool { name, parameters })
    });
    found
        .map(Some)
        .ok_or_else(|| wrong("tool_choice", "a tool in 'tools'"))
}
