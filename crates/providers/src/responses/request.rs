//! The request.

use judging::{JudgeCall, Message};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::cache;
use crate::capabilities::{Capabilities, JsonMode, OutputBound};
use crate::chat::TOP_LOGPROBS;
use crate::deployment::RequestSettings;

/// The body of a request; what is not wanted is left out.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'c> {
    model: &'c str,
    input: &'c [Message],
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tool<'c>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Tool<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    include: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    /// The provider is not to keep what it was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<bool>,
    stream: bool,
    #[serde(flatten)]
    parameters: Map<String, Value>,
}

#[derive(Debug, Serialize)]
struct Text<'c> {
    format: Format<'c>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'c> {
    JsonSchema {
        name: &'c str,
        schema: &'c RawValue,
        strict: bool,
    },
    JsonObject,
}

/// A function, or its name alone.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tool<'c> {
    Function {
        name: &'c str,
        #[serde(skip_serializing_if = "Option::is_none")]
        parameters: Option<&'c RawValue>,
        #[serde(skip_serializing_if = "Option::is_none")]
        strict: Option<bool>,
    },
}

impl<'c> Request<'c> {
    pub(crate) fn of(
        call: &'c JudgeCall,
        asked: &'c RequestSettings,
        abilities: Capabilities,
    ) -> Self {
        let json = call.format.json();
        let tool = json.filter(|_| abilities.json == JsonMode::Tool);
        let logprobs = call.logprobs && abilities.logprobs;
        let format = match (json, abilities.json) {
            (Some((name, schema)), JsonMode::Schema) => Some(Format::JsonSchema {
                name,
                schema,
                strict: true,
            }),
            (Some(_), JsonMode::Mode) => Some(Format::JsonObject),
            _ => None,
        };
        Self {
            model: &asked.model,
            input: &call.messages,
            prompt_cache_key: cache::key(call).filter(|_| abilities.cache_key),
            text: format.map(|format| Text { format }),
            tools: tool.map(|(name, schema)| {
                [Tool::Function {
                    name,
                    parameters: Some(schema),
                    strict: Some(true),
                }]
            }),
            tool_choice: tool.map(|(name, _)| Tool::Function {
                name,
                parameters: None,
                strict: None,
            }),
            temperature: call.temperature.filter(|_| abilities.temperature),
            include: logprobs.then_some(["message.output_text.logprobs"]),
            top_logprobs: logprobs.then_some(TOP_LOGPROBS),
            max_output_tokens: asked
                .output_bound
                .filter(|_| abilities.output_bound != OutputBound::None),
            store: abilities.store.then_some(false),
            stream: abilities.streams,
            parameters: asked.parameters(call, abilities),
        }
    }
}
