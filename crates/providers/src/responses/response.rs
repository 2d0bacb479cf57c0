//! The response, as far as we use it: one JSON document, or the events of a stream, of which the last holds it all.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::output::{self, Item};
use crate::message_pieces::Pieces;
use crate::outcome;
use crate::parsed_response::{
    Choice, ChunkKind, Complete, DecodeError, FinishReason, MessageBuilder, ParsedResponse,
    ResponseDecoder, broken_off, has_words, missing_finish_reason, no_answer, unexpected,
};
use crate::usage::Usage;
use crate::{logprobs, wire};

/// An event of a stream; without a type it is the document itself.
#[derive(Debug, Deserialize)]
struct Event<'e> {
    #[serde(default, rename = "type", deserialize_with = "wire::name")]
    kind: Option<String>,
    #[serde(borrow, default)]
    delta: Option<&'e RawValue>,
    #[serde(borrow, default)]
    response: Option<&'e RawValue>,
    /// Of which item of the output, and of which part of it, a piece is.
    #[serde(default, deserialize_with = "wire::count")]
    output_index: Option<u64>,
    #[serde(default, deserialize_with = "wire::count")]
    content_index: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "wire::name")]
    model: Option<String>,
    #[serde(default, deserialize_with = "wire::name")]
    status: Option<String>,
    #[serde(default)]
    output: Option<Vec<Item>>,
    #[serde(default, deserialize_with = "wire::lenient")]
    incomplete_details: Option<Incomplete>,
    #[serde(default, deserialize_with = "wire::lenient")]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Incomplete {
    #[serde(deserialize_with = "wire::name")]
    reason: Option<String>,
}

/// Which pieces belong together: their kind, item and part.
type PartKey = (&'static str, Option<u64>, Option<u64>);

/// A response that comes.
#[derive(Debug, Default)]
pub(crate) struct Response {
    /// What the pieces made, for those whose last event leaves out the output.
    pieces: BTreeMap<PartKey, Pieces>,
    document: Option<Document>,
}

impl ResponseDecoder for Response {
    fn take(&mut self, json: &str) -> Result<ChunkKind, DecodeError> {
        let unknown = |problem: serde_json::Error| {
            no_answer(json, "something that is no response", &problem.to_string())
        };
        let event: Event<'_> = serde_json::from_str(json).map_err(unknown)?;
        let kind = event.kind.as_deref().unwrap_or_default();
        let of_piece = match kind {
            "" => {
                let document: Document = serde_json::from_str(json).map_err(unknown)?;
                if document.output.is_none() && document.error.is_none() {
                    return Err(no_answer(json, "something that is no response", ""));
                }
                return self.finish(document, json);
            }
            "response.output_text.delta" => TEXT,
            "response.refusal.delta" => REFUSAL,
            "response.function_call_arguments.delta" => ARGUMENTS,
            "response.completed" | "response.incomplete" | "response.failed" => {
                let given = event.response.map_or("null", RawValue::get);
                let document = serde_json::from_str(given).map_err(unknown)?;
                return self.finish(document, given);
            }
            "error" => return Err(DecodeError::Error(json.to_owned())),
            // Summaries and contents of reasoning come in several events.
            thought if thought.contains("reasoning") => return Ok(ChunkKind::Thinking),
            event if event.starts_with("response.") => return Ok(ChunkKind::Nothing),
            // Errors have a type as well, and so have the documents of some.
            _ => {
                let document = serde_json::from_str::<Document>(json);
                return match document {
                    Ok(document) if document.output.is_some() => self.finish(document, json),
                    _ if outcome::is_error(json.as_bytes()) => {
                        Err(DecodeError::Error(json.to_owned()))
                    }
                    _ => Ok(ChunkKind::Nothing),
                };
            }
        };
        let place = (of_piece, event.output_index, event.content_index);
        let delta = event.delta.map_or("", RawValue::get);
        self.pieces.entry(place).or_default().add_json(delta);
        // Arguments come value by value: a long one is as silent as a thought.
        Ok(if of_piece == ARGUMENTS {
            ChunkKind::Thinking
        } else {
            ChunkKind::Answer
        })
    }

    fn complete(&self) -> Complete {
        if self.document.is_some() {
            Complete::Yes
        } else {
            Complete::No
        }
    }

    fn read(
        self,
        with_logprobs: bool,
        function: Option<&str>,
    ) -> Result<ParsedResponse, DecodeError> {
        let Some(document) = self.document else {
            return Err(missing_finish_reason());
        };
        let given = output::read(document.output.unwrap_or_default());
        if given.is_several {
            return Err(DecodeError::Unexpected(outcome::several_answers(false)));
        }
        let told = if given.told.is_empty() && !given.told.is_mixed {
            of_pieces(self.pieces)
        } else {
            given.told
        };
        let reason = document
            .incomplete_details
            .and_then(|details| details.reason);
        let status = document.status.unwrap_or_default();
        let end = match reason {
            Some(reason) => match FinishReason::of(&reason) {
                FinishReason::Whole if status == "incomplete" => FinishReason::CutOff,
                FinishReason::Interrupted => return Err(broken_off(&reason)),
                end => end,
            },
            None if status == "incomplete" || given.is_incomplete => FinishReason::CutOff,
            None => FinishReason::Whole,
        };
        // One that is still at work holds half of it.
        if !matches!(status.as_str(), "" | "completed" | "incomplete") {
            return Err(match status.as_str() {
                "in_progress" | "queued" => missing_finish_reason(),
                other => unexpected("a response that is none", other),
            });
        }
        let answer = told.answer(end, function);
        let logprobs = given.logprobs.filter(|_| with_logprobs);
        Ok(ParsedResponse {
            model: document.model,
            tokens: document
                .usage
                .and_then(|usage| usage.tokens(has_words(&answer))),
            choice_count: 1,
            first: Choice {
                logprobs: logprobs.and_then(|given| logprobs::of_response(&given, &answer)),
                answer,
            },
            others: Vec::new(),
        })
    }
}

const TEXT: &str = "text";
const REFUSAL: &str = "refusal";
const ARGUMENTS: &str = "arguments";

/// What pieces make, where nothing else is there.
fn of_pieces(pieces: BTreeMap<PartKey, Pieces>) -> MessageBuilder {
    let mut told = MessageBuilder::default();
    let mut texts = Vec::new();
    for ((kind, ..), pieces) in pieces {
        let Some(text) = pieces.end() else {
            told.is_mixed = true;
            continue;
        };
        match kind {
            TEXT => texts.push(text),
            REFUSAL => told.refusal.add(&text),
            _ => told.calls.add_arguments(&text),
        }
    }
    output::assemble(&mut told, texts);
    told
}

impl Response {
    fn finish(&mut self, document: Document, json: &str) -> Result<ChunkKind, DecodeError> {
        if document.error.is_some() || document.status.as_deref() == Some("failed") {
            return Err(DecodeError::Error(json.to_owned()));
        }
        self.document = Some(document);
        Ok(ChunkKind::Answer)
    }
}

#[cfg(test)]
mod tests;
