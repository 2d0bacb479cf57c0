//! The output of a response: messages, calls of functions, and what is no answer.
//!
//! Now and then the same message is given twice. Each is taken once, and several that differ are never run together.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::streamed::TextKind;
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

/// A part of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContentPart {
    #[serde(rename = "type", deserialize_with = "wire::name")]
    kind: Option<String>,
    text: Option<Box<RawValue>>,
    refusal: Option<Box<RawValue>>,
    logprobs: Option<Box<RawValue>>,
}

impl ContentPart {
    /// Its text, where it is one.
    pub(super) fn text(&self) -> Option<Box<RawValue>> {
        let is_text = matches!(self.kind.as_deref(), Some("output_text" | "text"));
        self.text.clone().filter(|_| is_text)
    }

    /// The words of a refusal.
    pub(super) fn refusal(&self) -> Option<Box<RawValue>> {
        let is_refusal = self.kind.as_deref() == Some("refusal");
        let elsewhere = self.text.as_ref().filter(|_| is_refusal);
        self.refusal.as_ref().or(elsewhere).cloned()
    }
}

impl Item {
    /// Whether it is a message of the model.
    fn is_message(&self) -> bool {
        self.kind.as_deref() == Some("message")
            && matches!(self.role.as_deref(), None | Some("assistant" | "model"))
    }

    /// Whether it is the beginning of an answer, and no more.
    fn is_incomplete(&self) -> bool {
        let is_answer = self.is_message() || self.kind.as_deref() == Some("function_call");
        is_answer && self.status.as_deref() == Some("incomplete")
    }
}

/// Whether one of these items says that it is not whole.
pub(super) fn are_incomplete(items: &[Item]) -> bool {
    items.iter().any(Item::is_incomplete)
}

/// The texts of a kind that these items hold.
pub(super) fn texts(items: &[Item], kind: TextKind) -> Vec<String> {
    let decoded = |json: Box<RawValue>| {
        let mut halves = SurrogateDecoder::default();
        halves.text(json.get()) + halves.end()
    };
    if kind == TextKind::Arguments {
        let calls = items
            .iter()
            .filter(|item| item.kind.as_deref() == Some("function_call"));
        return calls
            .filter_map(|call| call.arguments.clone())
            .map(decoded)
            .collect();
    }
    let messages = items.iter().filter(|item| item.is_message());
    let parts = messages.flat_map(|item| item.content.iter().flatten());
    let texts = parts.filter_map(|part| match kind {
        TextKind::Refusal => part.refusal(),
        TextKind::Text | TextKind::Arguments => part.text(),
    });
    texts.map(decoded).collect()
}

/// What an output says.
#[derive(Debug, Default)]
pub(super) struct FunctionArguments {
    pub(super) told: MessageBuilder,
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
        if item.kind.as_deref() == Some("function_call") {
            let function = Function::new(item.name, item.arguments);
            given.told.calls.add_function(function);
        } else if item.is_message() {
            let message = message(item, &mut given);
            given.is_several |= !take(&mut messages, message);
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
        if let Some(refusal) = part.refusal() {
            given.told.refusal.add_json(refusal.get());
        }
        if let Some(text) = part.text() {
            let mut halves = SurrogateDecoder::default();
            texts.push(halves.text(text.get()) + halves.end());
            given.logprobs = given.logprobs.take().or(part.logprobs);
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
