//! A message, or what a chunk adds to it: where its text may stand.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Heard, Told};

/// What the model said. Reasoning stands in fields of its own, which are not read: thoughts are no answer, and a
/// number in them is no score.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    content: Option<Box<RawValue>>,
    refusal: Option<String>,
    tool_calls: Option<Vec<ToolCall>>,
    /// How functions were called before there were tools.
    function_call: Option<Function>,
    /// Where LiteLLM puts what it knows no place for.
    provider_specific_fields: Option<Specific>,
    reasoning_content: Option<Box<RawValue>>,
    reasoning: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Specific {
    refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ToolCall {
    /// Of several calls, where they come in pieces.
    #[serde(default)]
    index: u32,
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Debug, Deserialize)]
struct Function {
    #[serde(default)]
    arguments: Option<Box<RawValue>>,
}

/// A part of a content that is a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<String>,
    refusal: Option<String>,
}

impl Said {
    /// Adds it to what was told before; says what it was.
    pub(super) fn add_to(&self, told: &mut Told) -> Heard {
        let parts = self.parts();
        let content = match &parts {
            Some(parts) => texts(parts),
            None => text_or_json(self.content.as_deref().map_or("", RawValue::get)),
        };
        let refusals = parts
            .iter()
            .flatten()
            .filter_map(|part| part.refusal.as_ref());
        let elsewhere = self.provider_specific_fields.as_ref();
        let elsewhere = elsewhere.and_then(|fields| fields.refusal.as_ref());
        let refusal: String = self
            .refusal
            .iter()
            .chain(elsewhere.filter(|_| self.refusal.is_none()))
            .chain(refusals)
            .map(String::as_str)
            .collect();
        // Of several calls only the first is ours.
        let tools = self
            .tool_calls
            .iter()
            .flatten()
            .filter(|call| call.index == 0);
        let called = tools
            .filter_map(|call| call.function.as_ref())
            .chain(&self.function_call)
            .find_map(|function| function.arguments.as_deref());
        let arguments = called.map_or_else(String::new, |given| text_or_json(given.get()));
        let heard = if !content.is_empty() || !refusal.is_empty() {
            Heard::Answer
        } else if !arguments.is_empty() {
            // They come value by value: a long one is as silent as a thought.
            Heard::Thinking
        } else if self.reasoning_content.is_some() || self.reasoning.is_some() || parts.is_some() {
            Heard::Thinking
        } else {
            Heard::Nothing
        };
        told.content.push_str(&content);
        told.refusal.push_str(&refusal);
        told.arguments.push_str(&arguments);
        heard
    }

    /// The parts of a content that is a list.
    fn parts(&self) -> Option<Vec<Part>> {
        let content = self.content.as_deref()?.get();
        if !content.starts_with('[') {
            return None;
        }
        let items: Vec<&RawValue> = serde_json::from_str(content).unwrap_or_default();
        let part = |item: &RawValue| {
            // A part of an unknown shape has no text for us; a bare string is one.
            let bare = serde_json::from_str::<String>(item.get());
            bare.map_or_else(
                |_| serde_json::from_str(item.get()).unwrap_or_default(),
                |text| Part {
                    text: Some(text),
                    ..Part::default()
                },
            )
        };
        Some(items.into_iter().map(part).collect())
    }
}

fn texts(parts: &[Part]) -> String {
    let texts = parts.iter().filter(|part| {
        // Not `thinking` and `reasoning`, whose parts may have a text as well.
        matches!(part.kind.as_deref(), None | Some("text" | "output_text"))
    });
    texts.filter_map(|part| part.text.as_deref()).collect()
}

/// The text of a JSON string; an object that stands where a text belongs is taken as it was written.
fn text_or_json(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())
}
