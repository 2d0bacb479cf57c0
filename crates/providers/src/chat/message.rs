//! A message, or what a chunk adds to it: where its text may stand.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::function_calls::{Function, FunctionCall};
use crate::message_pieces;
use crate::parsed_response::{ChunkKind, MessageBuilder};
use crate::wire::{self, SurrogateDecoder};

/// What the model said. Reasoning stands in fields of its own, which are not read: thoughts are no answer, and a
/// number in them is no score.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawMessage {
    #[serde(deserialize_with = "wire::name")]
    role: Option<String>,
    pub(super) content: Option<Box<RawValue>>,
    refusal: Option<Box<RawValue>>,
    #[serde(deserialize_with = "wire::lenient")]
    tool_calls: Option<Vec<FunctionCall>>,
    /// How functions were called before there were tools.
    #[serde(deserialize_with = "wire::lenient")]
    function_call: Option<Function>,
    /// Where LiteLLM puts what it knows no place for.
    #[serde(deserialize_with = "wire::lenient")]
    provider_specific_fields: Option<VendorFields>,
    reasoning_content: Option<Box<RawValue>>,
    reasoning: Option<Box<RawValue>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct VendorFields {
    refusal: Option<Box<RawValue>>,
}

/// A part of a content that is a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ContentPart {
    #[serde(rename = "type", deserialize_with = "wire::name")]
    kind: Option<String>,
    text: Option<Box<RawValue>>,
    refusal: Option<Box<RawValue>>,
}

impl RawMessage {
    /// Whether it says who speaks, as the first piece of an answer does.
    pub(super) fn has_role(&self) -> bool {
        self.role.is_some()
    }

    /// Whether it says that somebody else speaks than the model: some give the question back. `None` where it says nothing of that.
    pub(super) fn is_of_another(&self) -> Option<bool> {
        let role = self.role.as_deref()?.trim().to_lowercase();
        let others = ["user", "human", "system", "developer", "tool", "function"];
        Some(others.contains(&role.as_str()))
    }

    /// The text of a whole message.
    pub(super) fn whole_text(self) -> Option<String> {
        let mut told = MessageBuilder::default();
        self.add_to(&mut told, true);
        told.content.end()
    }

    /// Adds it to what was told before; says what it was.
    pub(super) fn add_to(self, told: &mut MessageBuilder, is_whole: bool) -> ChunkKind {
        let parts = self.parts();
        let mut has_text = match &parts {
            Some(parts) => add_parts(parts, told),
            None => add(self.content.as_deref(), is_whole, told),
        };
        let elsewhere = self
            .provider_specific_fields
            .and_then(|fields| fields.refusal);
        let refusals = parts
            .iter()
            .flatten()
            .filter_map(|part| part.refusal.as_deref());
        let own = self.refusal.or(elsewhere);
        for refusal in own.as_deref().into_iter().chain(refusals) {
            has_text |= told.refusal.add_json(refusal.get());
        }
        let mut has_called = false;
        for call in self.tool_calls.into_iter().flatten() {
            has_called |= if is_whole {
                told.calls.add_whole(call)
            } else {
                told.calls.add(&call)
            };
        }
        if let Some(function) = self.function_call {
            has_called |= if is_whole {
                told.calls.add_function(function)
            } else {
                told.calls.add(&FunctionCall::of(function))
            };
        }
        if has_text {
            ChunkKind::Answer
        } else if has_called
            || self.reasoning_content.is_some()
            || self.reasoning.is_some()
            || parts.is_some()
        {
            // Arguments come value by value: a long one is as silent as a thought.
            ChunkKind::Thinking
        } else {
            ChunkKind::Nothing
        }
    }

    /// The parts of a content that is a list.
    fn parts(&self) -> Option<Vec<ContentPart>> {
        let content = self.content.as_deref()?.get();
        if !content.starts_with('[') {
            return None;
        }
        let items: Vec<Box<RawValue>> = serde_json::from_str(content).unwrap_or_default();
        let part = |item: Box<RawValue>| {
            // A part of an unknown shape has no text for us; a bare string is one.
            if item.get().starts_with('"') {
                ContentPart {
                    text: Some(item),
                    ..ContentPart::default()
                }
            } else {
                serde_json::from_str(item.get()).unwrap_or_default()
            }
        };
        Some(items.into_iter().map(part).collect())
    }
}

/// Adds a content that is a text.
fn add(content: Option<&RawValue>, is_whole: bool, told: &mut MessageBuilder) -> bool {
    let json = content.map_or("", RawValue::get);
    if !is_whole {
        return told.content.add_json(json);
    }
    let mut halves = SurrogateDecoder::default();
    let text = halves.text(json) + halves.end();
    told.content.whole(&text);
    !text.is_empty()
}

/// Adds the texts of a content that is a list.
fn add_parts(parts: &[ContentPart], told: &mut MessageBuilder) -> bool {
    // Not `thinking` and `reasoning`, whose parts may have a text as well.
    let is_text =
        |part: &&ContentPart| matches!(part.kind.as_deref(), None | Some("text" | "output_text"));
    let mut halves = SurrogateDecoder::default();
    let mut texts: Vec<String> = parts
        .iter()
        .filter(is_text)
        .filter_map(|part| part.text.as_deref())
        .map(|text| halves.text(text.get()))
        .collect();
    texts.push(halves.end().to_owned());
    match message_pieces::joined(texts.iter().map(String::as_str)) {
        Some(text) => {
            told.content.add(&text);
            !text.is_empty()
        }
        None => {
            told.is_mixed = true;
            true
        }
    }
}
