//! The response, as far as we use it: one JSON document, or the events of a stream, of which the last holds it all.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Broken, Choice, Complete, End, Gather, Heard, Read, Tokens, Told, nonsense};
use crate::logprobs;

/// An event of a stream; without a type it is the document itself.
#[derive(Debug, Deserialize)]
struct Event<'e> {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(borrow, default)]
    delta: Option<&'e RawValue>,
    #[serde(borrow, default)]
    response: Option<&'e RawValue>,
}

#[derive(Debug, Deserialize)]
struct Document {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    output: Option<Vec<Item>>,
    #[serde(default)]
    incomplete_details: Option<Incomplete>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
struct Incomplete {
    #[serde(default)]
    reason: Option<String>,
}

/// A message, a call of a function, or something else such as reasoning, which is no answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    content: Option<Vec<Part>>,
    arguments: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    refusal: Option<String>,
    logprobs: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    total_tokens: Option<u64>,
    input_tokens_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u64>,
}

/// A response that comes.
#[derive(Debug, Default)]
pub(crate) struct Response {
    /// What the pieces made, for those whose last event leaves out the output.
    pieces: Told,
    document: Option<Document>,
}

impl Gather for Response {
    fn take(&mut self, json: &str) -> Result<Heard, Broken> {
        let unknown = |problem: serde_json::Error| {
            nonsense("something that is no response", &problem.to_string())
        };
        let event: Event<'_> = serde_json::from_str(json).map_err(unknown)?;
        let Some(kind) = event.kind.as_deref() else {
            let document: Document = serde_json::from_str(json).map_err(unknown)?;
            if document.output.is_none() && document.error.is_none() {
                return Err(nonsense("something that is no response", ""));
            }
            return self.finish(document, json);
        };
        let target = match kind {
            "response.output_text.delta" => &mut self.pieces.content,
            "response.refusal.delta" => &mut self.pieces.refusal,
            "response.function_call_arguments.delta" => &mut self.pieces.arguments,
            "response.completed" | "response.incomplete" | "response.failed" => {
                let given = event.response.map_or("null", RawValue::get);
                let document = serde_json::from_str(given).map_err(unknown)?;
                return self.finish(document, given);
            }
            "error" => return Err(Broken::Error(json.to_owned())),
            // Summaries and contents of reasoning come in several events.
            thought if thought.contains("reasoning") => return Ok(Heard::Thinking),
            _ => return Ok(Heard::Nothing),
        };
        let delta = event.delta.map_or("\"\"", RawValue::get);
        target.push_str(&serde_json::from_str::<String>(delta).map_err(unknown)?);
        // Arguments come value by value: a long one is as silent as a thought.
        Ok(if kind.contains("arguments") {
            Heard::Thinking
        } else {
            Heard::Answer
        })
    }

    fn complete(&self) -> Complete {
        if self.document.is_some() {
            Complete::Yes
        } else {
            Complete::No
        }
    }

    fn read(self, with_logprobs: bool) -> Result<Read, Broken> {
        let Some(document) = self.document else {
            return Err(nonsense("a stream without a response", ""));
        };
        let mut told = Told::default();
        let mut logprobs = None;
        for item in document.output.into_iter().flatten() {
            if item.kind == "function_call" && told.arguments.is_empty() {
                told.arguments = item.arguments.unwrap_or_default();
            }
            if item.kind != "message" {
                continue;
            }
            for part in item.content.into_iter().flatten() {
                if part.kind == "output_text" || part.kind == "text" {
                    told.content.push_str(&part.text.unwrap_or_default());
                    logprobs = logprobs.or(part.logprobs);
                }
                told.refusal.push_str(&part.refusal.unwrap_or_default());
            }
        }
        if told.content.is_empty() && told.refusal.is_empty() && told.arguments.is_empty() {
            told = self.pieces;
        }
        let reason = document
            .incomplete_details
            .and_then(|details| details.reason);
        let incomplete = document.status.as_deref() == Some("incomplete");
        let end = match (reason, incomplete) {
            (Some(reason), _) => End::of(&reason),
            (None, true) => End::CutOff,
            (None, false) => End::Other,
        };
        let answer = told.answer(end);
        let given = logprobs.filter(|_| with_logprobs);
        Ok(Read {
            model: document.model,
            tokens: document.usage.and_then(Usage::tokens),
            held: 1,
            first: Choice {
                logprobs: given.and_then(|given| logprobs::of_response(&given, &answer)),
                answer,
            },
            others: Vec::new(),
        })
    }
}

impl Response {
    fn finish(&mut self, document: Document, json: &str) -> Result<Heard, Broken> {
        if document.error.is_some() || document.status.as_deref() == Some("failed") {
            return Err(Broken::Error(json.to_owned()));
        }
        self.document = Some(document);
        Ok(Heard::Answer)
    }
}

impl Usage {
    fn tokens(self) -> Option<Tokens> {
        let input = self.input_tokens.unwrap_or_default();
        let beyond = self.total_tokens.unwrap_or_default().saturating_sub(input);
        (self.input_tokens.is_some() || self.output_tokens.is_some()).then(|| Tokens {
            input,
            cached_input: self
                .input_tokens_details
                .and_then(|details| details.cached_tokens)
                .unwrap_or_default(),
            output: self.output_tokens.unwrap_or_default().max(beyond),
        })
    }
}

#[cfg(test)]
mod tests;
