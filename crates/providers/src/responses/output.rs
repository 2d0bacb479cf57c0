//! The output of a response: messages, calls of functions, and what is no answer.
//!
//! Now and then the same message is given twice. Each is taken once, and several that differ are never run together.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::function_calls::Function;
use crate::message_pieces;
use crate::parsed_response::MessageBuilder;
use crate::wire::{self, SurrogateDecoder};

/// A message, a call of a function, or something else such as reasoning, which is no answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Item {
    #[serde(rename = "type", deserialize_with = "wire::name")]
    kind: Option<String>,
    #[serde(deserialize_with = "wire::name")]
    id: Option<String>,
    #[serde(deserialize_with = "wire::name")]
    status: Option<String>,
    /// Who speaks: some give the question back.
    #[serde(deserialize_with = "wire::name")]
    role: Option<String>,
    /// What a message is for: some say beforehand what they are about to do.
    #[serde(deserialize_with = "wire::name")]
    phase: Option<String>,
    #[serde(deserialize_with = "wire::lenient")]
    content: Option<Vec<ContentPart>>,
    #[serde(deserialize_with = "wire::name")]
    name: Option<String>,
    arguments: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContentPart {
    #[serde(rename = "type", deserialize_with = "wire::name")]
    kind: Option<String>,
    text: Option<Box<RawValue>>,
    refusal: Option<Box<RawValue>>,
    logprobs: Option<Box<RawValue>>,
}

/// What an output says.
#[derive(Debug, Default)]
pub(super) struct FunctionArguments {
    pub(super) told: MessageBuilder,
    /// Whether a message of it says that it is not whole.
    pub(super) is_incomplete: bool,
    /// Whether two messages of one id say different things.
    pub(super) is_several: bool,
    pub(super) logprobs: Option<Box<RawValue>>,
}

#[derive(Debug)]
struct Message {
    id: Option<String>,
    /// Whether it says that there is more to come of it.
    is_begun: bool,
    is_comment: bool,
    /// `None` where its parts cannot be put together.
    text: Option<String>,
}

/// Reads an output.
pub(super) fn read(items: Vec<Item>) -> FunctionArguments {
    let mut given = FunctionArguments::default();
    let mut messages: Vec<Message> = Vec::new();
    for item in items {
        match item.kind.as_deref() {
            Some("function_call") => {
                let function = Function::new(item.name, item.arguments);
                given.told.calls.add_function(function);
            }
            Some("message")
                if matches!(item.role.as_deref(), None | Some("assistant" | "model")) =>
            {
                given.is_incomplete |= item.status.as_deref() == Some("incomplete");
                let message = message(item, &mut given);
                given.is_several |= !take(&mut messages, message);
            }
            _ => {}
        }
    }
    let has_more = messages.iter().any(|message| !message.is_comment);
    messages.retain(|message| !has_more || !message.is_comment);
    given.told.is_mixed |= messages.iter().any(|message| message.text.is_none());
    let texts = messages.into_iter().filter_map(|message| message.text);
    assemble(&mut given.told, texts.collect());
    given
}

/// Adds a message, unless it is there; false where it is another under the same id.
fn take(messages: &mut Vec<Message>, message: Message) -> bool {
    if messages.iter().any(|other| other.text == message.text) {
        return true;
    }
    let is_it = |other: &&mut Message| other.id.is_some() && other.id == message.id;
    let Some(known) = messages.iter_mut().find(is_it) else {
        messages.push(message);
        return true;
    };
    // The same one, of which more is there. One that says nothing of that may be the beginning of the other by chance.
    let is_rest = |one: &Message, begun: &Message| match (&one.text, &begun.text) {
        (Some(one), Some(other)) => begun.is_begun && one.starts_with(other),
        _ => false,
    };
    if is_rest(&message, known) {
        *known = message;
        true
    } else {
        is_rest(known, &message)
    }
}

fn message(item: Item, given: &mut FunctionArguments) -> Message {
    let mut texts = Vec::new();
    for part in item.content.into_iter().flatten() {
        if matches!(part.kind.as_deref(), Some("output_text" | "text")) {
            let mut halves = SurrogateDecoder::default();
            let text = halves.text(part.text.as_deref().map_or("", RawValue::get));
            texts.push(text + halves.end());
            given.logprobs = given.logprobs.take().or(part.logprobs);
        }
        if let Some(refusal) = part.refusal {
            given.told.refusal.add_json(refusal.get());
        }
    }
    Message {
        id: item.id,
        is_begun: matches!(item.status.as_deref(), Some("in_progress" | "incomplete")),
        is_comment: item.phase.as_deref() == Some("commentary"),
        text: message_pieces::joined(texts.iter().map(String::as_str)),
    }
}

/// Takes the texts of messages as one: with a line between them, so that the end of one and the beginning of the next
/// never make a word or a number that nobody wrote.
pub(super) fn assemble(told: &mut MessageBuilder, mut texts: Vec<String>) {
    texts.retain(|text| !text.trim().is_empty());
    told.content.whole(&texts.join("\n\n"));
}
