//! The message of a choice: where its text may stand.

use serde::Deserialize;
use serde_json::value::RawValue;

/// What the model said. Reasoning stands in fields of its own (`reasoning_content`, `reasoning`), which are not
/// read: thoughts are no answer, and a number in them is no score.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Said {
    content: Option<Box<RawValue>>,
    refusal: Option<String>,
    tool_calls: Option<Vec<ToolCall>>,
    /// How functions were called before there were tools.
    function_call: Option<Function>,
}

#[derive(Debug, Deserialize)]
struct ToolCall {
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
    /// The words of a refusal.
    pub(super) fn refusal(&self) -> Option<String> {
        let parts = || self.parts().into_iter().filter_map(|part| part.refusal);
        self.refusal
            .clone()
            .into_iter()
            .chain(parts())
            .find(|words| !words.trim().is_empty())
    }

    /// The text: the content, or the arguments of the called function where there is none. Empty when the
    /// model said nothing; the strategy then asks again.
    pub(super) fn text(&self) -> String {
        let content = self.content();
        if !content.trim().is_empty() {
            return content;
        }
        let tools = self.tool_calls.iter().flatten();
        let called = tools
            .filter_map(|call| call.function.as_ref())
            .chain(&self.function_call)
            .find_map(|function| function.arguments.as_deref());
        called.map_or(content, |arguments| text_or_json(arguments.get()))
    }

    fn content(&self) -> String {
        let content = self.content.as_deref().map_or("", RawValue::get);
        if !content.starts_with('[') {
            return text_or_json(content);
        }
        let texts = self.parts().into_iter().filter(|part| {
            // Not `thinking` and `reasoning`, whose parts may have a text as well.
            matches!(part.kind.as_deref(), None | Some("text" | "output_text"))
        });
        texts.filter_map(|part| part.text).collect()
    }

    fn parts(&self) -> Vec<Part> {
        let content = self.content.as_deref().map_or("", RawValue::get);
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
        items.into_iter().map(part).collect()
    }
}

/// The text of a JSON string; an object that stands where a text belongs is taken as it was written.
fn text_or_json(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())
}
