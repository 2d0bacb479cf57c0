//! Reading a responses request.

use crate::ask::{Ask, Turn, USUAL_TIER};
use crate::errors::ApiError;
use crate::fields::{cache_key, content, flag, format, integer, list, number, text, turn, wrong};
use crate::ordered::Ordered;

/// Checks the body as far as the simulator uses it. Tools are not simulated here.
pub(crate) fn read(body: &Ordered) -> Result<Ask, ApiError> {
    let model = text(body, "model")?;
    let system = body.present("instructions").map(|instructions| {
        let text = instructions.as_str();
        text.map(|text| Turn::new("system", text))
            .ok_or_else(|| wrong("instructions", "a string"))
    });
    let mut turns: Vec<Turn> = system.transpose()?.into_iter().collect();
    match body.present("input") {
        Some(Ordered::String(text)) => turns.push(Turn::new("user", text)),
        _ => {
            for (index, item) in list(body, "input")?.iter().enumerate() {
                turns.extend(item_turn(index, item)?);
            }
        }
    }
    Ok(Ask {
        model,
        turns,
        format: format(body, "text.format", "text.format")?,
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
        cache_key: cache_key(body)?,
        tier: USUAL_TIER,
        cached: None,
    })
}

/// A message item as a turn; the output of a tool counts as one, other items do not.
fn item_turn(index: usize, item: &Ordered) -> Result<Option<Turn>, ApiError> {
    let at = format!("input[{index}]");
    match item.str_at("type") {
        Some("function_call_output") => {
            let text = content(item.get("output"), &format!("{at}.output"))?;
            Ok(Some(Turn::new("tool", &text)))
        }
        Some("message") | None => {
            let role = item.str_at("role");
            let role = role.ok_or_else(|| wrong(&format!("{at}.role"), "the role of a message"))?;
            turn(item, &at, &[role], &[]).map(Some)
        }
        Some(_) => Ok(None),
    }
}
