//! Finding the one JSON object in a reply that has other things around it.

use domain::json::{Json, ParseError};

/// A JSON object in a reply.
pub(super) struct Found<'t> {
    pub(super) object: Json<'t>,
    /// The object as it stands in the reply, where other things stand around it.
    pub(super) taken_from: Option<&'t str>,
}

/// The JSON object of a reply: the whole reply; else what stands behind the reasoning of a model that thinks
/// aloud; else the inside of its last code fence; else its outermost braces.
///
/// # Errors
/// One sentence: what the reply has instead.
pub(super) fn object(text: &str) -> Result<Found<'_>, String> {
    // First as it is: an answer may quote `</think>` out of the material.
    if let Ok(object) = parse(text.trim()) {
        return Ok(Found {
            object,
            taken_from: None,
        });
    }
    let answer = after_thinking(text).trim();
    if answer.is_empty() {
        return Err("it is empty".to_owned());
    }
    let whole = match parse(answer) {
        Ok(object) => {
            return Ok(Found {
                object,
                taken_from: None,
            });
        }
        Err(problem) => problem,
    };
    let candidates = [last_fence(answer), outermost_braces(answer)];
    for candidate in candidates.into_iter().flatten() {
        if let Ok(object) = parse(candidate) {
            return Ok(Found {
                object,
                taken_from: Some(candidate),
            });
        }
    }
    Err(whole)
}

fn parse(text: &str) -> Result<Json<'_>, String> {
    match Json::parse(text.as_bytes()) {
        Ok(object @ Json::Object(_)) => Ok(object),
        Ok(other) => Err(format!(
            "it is {} where an object was asked for",
            other.kind()
        )),
        Err(ParseError::DuplicateKey { pointer }) => {
            Err(format!("its JSON has the key {pointer} twice"))
        }
        Err(problem) => Err(format!("it is not a JSON object ({problem})")),
    }
}

/// What follows the last `</think>`: reasoning models that run behind a plain server leave their thoughts in
/// the text. An unclosed thought has no answer behind it.
fn after_thinking(text: &str) -> &str {
    if let Some((_, answer)) = text.rsplit_once("</think>") {
        return answer;
    }
    if text.trim_start().starts_with("<think>") {
        ""
    } else {
        text
    }
}

/// The inside of the last closed code fence.
fn last_fence(text: &str) -> Option<&str> {
    let (before, _) = text.rsplit_once("```")?;
    let (_, inside) = before.rsplit_once("```")?;
    let (language, body) = inside.split_once('\n')?;
    if language.trim().chars().all(char::is_alphanumeric) {
        Some(body.trim())
    } else {
        Some(inside.trim())
    }
}

fn outermost_braces(text: &str) -> Option<&str> {
    text.get(text.find('{')?..=text.rfind('}')?)
}
