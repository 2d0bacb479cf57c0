//! The response, as far as we use it: one JSON document, or the events of a stream, of which the last holds it all.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::output::{self, Item};
use super::streamed::{Streamed, TextKind};
use crate::end_words::EndWords;
use crate::function_calls::AskedFunction;
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
    response: Option<&'e RawValue>,
}

#[derive(Debug, Deserialize)]
struct Document {
    #[serde(default, deserialize_with = "wire::name")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::name")]
    model: Option<String>,
    #[serde(default, deserialize_with = "wire::name")]
    service_tier: Option<String>,
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

/// A response that comes.
#[derive(Debug, Default)]
pub(crate) struct Response {
    streamed: Streamed,
    document: Option<Document>,
    /// What is said of its end beside the reason.
    ends: EndWords,
}

impl ResponseDecoder for Response {
    fn take(&mut self, json: &str) -> Result<ChunkKind, DecodeError> {
        let unknown = |problem: serde_json::Error| {
            no_answer(json, "something that is no response", &problem.to_string())
        };
        let event: Event<'_> = serde_json::from_str(json).map_err(unknown)?;
        let kind = event.kind.as_deref().unwrap_or_default();
        if let Some(heard) = self.streamed.take(kind, json).map_err(unknown)? {
            return Ok(heard);
        }
        match kind {
            "" => {
                let document: Document = serde_json::from_str(json).map_err(unknown)?;
                if document.output.is_none() && document.error.is_none() {
                    return Err(no_answer(json, "something that is no response", ""));
                }
                self.finish(document, json)
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                let given = event.response.map_or("null", RawValue::get);
                let document = serde_json::from_str(given).map_err(unknown)?;
                self.finish(document, given)
            }
            "error" => Err(DecodeError::Error(json.to_owned())),
            // Summaries and contents of reasoning come in several events.
            thought if thought.contains("reasoning") => Ok(ChunkKind::Thinking),
            event if event.starts_with("response.") => Ok(ChunkKind::Nothing),
            // Errors have a type as well, and so have the documents of some.
            _ => {
                let document = serde_json::from_str::<Document>(json);
                match document {
                    Ok(document) if document.output.is_some() => self.finish(document, json),
                    _ if outcome::is_error(json.as_bytes()) => {
                        Err(DecodeError::Error(json.to_owned()))
                    }
                    _ => Ok(ChunkKind::Nothing),
                }
            }
        }
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
        function: Option<AskedFunction<'_>>,
    ) -> Result<ParsedResponse, DecodeError> {
        let Some(document) = self.document else {
            return Err(missing_finish_reason());
        };
        let mut streamed = self.streamed;
        let output = document.output.unwrap_or_default();
        let done = std::mem::take(&mut streamed.items);
        let is_incomplete = document.status.as_deref() == Some("incomplete")
            || output::are_incomplete(&output)
            || output::are_incomplete(&done);
        let contradicts = |kind: TextKind| {
            let told = [output::texts(&output, kind), output::texts(&done, kind)];
            streamed.contradicts(kind, told)
        };
        let is_contradicted = TextKind::ALL.into_iter().any(contradicts);
        let mut given = output::read(output);
        if given.told.is_empty() && !given.told.is_mixed {
            // Some leave the output out of the last event.
            given = output::read(done);
        }
        if given.is_several {
            return Err(DecodeError::Unexpected(outcome::several_answers(false)));
        }
        let mut told = given.told;
        if told.is_empty() && !told.is_mixed {
            told = of_texts(&streamed);
        } else if told.refusal.is_empty() {
            let refusals = streamed.said(TextKind::Refusal).unwrap_or_default();
            told.refusal.add(&refusals.concat());
        }
        let reason = document
            .incomplete_details
            .and_then(|details| details.reason);
        let status = document.status.unwrap_or_default();
        let end = match self.ends.end(reason.unwrap_or_default()) {
            (FinishReason::Interrupted, reason) => return Err(broken_off(&reason)),
            (FinishReason::Whole | FinishReason::Called, _) if is_incomplete => {
                FinishReason::CutOff
            }
            (end, _) => end,
        };
        // One that is still at work holds half of it.
        if !matches!(status.as_str(), "" | "completed" | "incomplete") {
            return Err(match status.as_str() {
                "in_progress" | "queued" => missing_finish_reason(),
                other => unexpected("a response that is none", other),
            });
        }
        // What was cut off may have lost its end.
        if is_contradicted && !is_incomplete {
            return Err(DecodeError::Unexpected(outcome::contradicted_stream()));
        }
        let answer = told.answer(end, function);
        let logprobs = given.logprobs.filter(|_| with_logprobs);
        Ok(ParsedResponse {
            id: document.id,
            model: document.model,
            service_tier: document.service_tier,
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

/// What the texts of a stream make, where nothing else is there.
fn of_texts(streamed: &Streamed) -> MessageBuilder {
    let mut told = MessageBuilder::default();
    let said = TextKind::ALL.map(|kind| streamed.said(kind));
    told.is_mixed = said.iter().any(Option::is_none);
    let [texts, refusals, arguments] = said.map(Option::unwrap_or_default);
    told.refusal.add(&refusals.concat());
    for arguments in arguments {
        told.calls.add_arguments(&arguments);
    }
    output::assemble(&mut told, texts);
    told
}

impl Response {
    fn finish(&mut self, document: Document, json: &str) -> Result<ChunkKind, DecodeError> {
        if document.error.is_some() || document.status.as_deref() == Some("failed") {
            return Err(DecodeError::Error(json.to_owned()));
        }
        self.ends.merge(EndWords::of(json));
        self.document = Some(document);
        Ok(ChunkKind::Answer)
    }
}

#[cfg(test)]
mod tests;
