//! The request.

use std::num::NonZeroU32;

use judging::JudgeCall;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::cache::{self, Marks, SentMessage};
use crate::capabilities::{Capabilities, JsonMode, OutputBound};
use crate::deployment::RequestSettings;

/// The most alternatives that OpenAI gives for a token.
pub(crate) const TOP_LOGPROBS: u8 = 20;

/// The body of a request. What is not wanted is left out rather than `false` or `null`: some refuse a request that names
/// it at all.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'c> {
    model: &'c str,
    messages: Vec<SentMessage<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Format<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<[Tool<'c>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Tool<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(flatten)]
    parameters: Map<String, Value>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'c> {
    JsonSchema { json_schema: Schema<'c> },
    JsonObject,
}

#[derive(Debug, Serialize)]
struct Schema<'c> {
    name: &'c str,
    schema: &'c RawValue,
    strict: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tool<'c> {
    Function { function: Function<'c> },
}

/// A function, or its name alone.
#[derive(Debug, Serialize)]
struct Function<'c> {
    name: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<&'c RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl<'c> Request<'c> {
    pub(crate) fn of(
        call: &'c JudgeCall,
        choices: NonZeroU32,
        marks: Marks,
        asked: &'c RequestSettings,
        abilities: Capabilities,
    ) -> Self {
        let json = call.format.json();
        let function = |parameters: Option<&'c RawValue>, name| Tool::Function {
            function: Function {
                name,
                strict: parameters.map(|_| true),
                parameters,
            },
        };
        let tool = json.filter(|_| abilities.json == JsonMode::Tool);
        let logprobs = call.logprobs && abilities.logprobs;
        let bound = |name| {
            asked
                .output_bound
                .filter(|_| abilities.output_bound == name)
        };
        Self {
            model: &asked.model,
            messages: SentMessage::all(&call.messages, marks),
            prompt_cache_key: cache::key(call).filter(|_| abilities.cache_key),
            response_format: match (json, abilities.json) {
                (Some((name, schema)), JsonMode::Schema) => Some(Format::JsonSchema {
                    json_schema: Schema {
                        name,
                        schema,
                        strict: true,
                    },
                }),
                (Some(_), JsonMode::Mode) => Some(Format::JsonObject),
                _ => None,
            },
            tools: tool.map(|(name, schema)| [function(Some(schema), name)]),
            tool_choice: tool.map(|(name, _)| function(None, name)),
            temperature: call.temperature.filter(|_| abilities.temperature),
            logprobs: logprobs.then_some(true),
            top_logprobs: logprobs.then_some(TOP_LOGPROBS),
            n: Some(choices).filter(|choices| *choices > NonZeroU32::MIN),
            max_completion_tokens: bound(OutputBound::Completion),
            max_tokens: bound(OutputBound::Plain),
            stream: abilities.streams,
            stream_options: (abilities.streams && abilities.stream_options).then_some(
                StreamOptions {
                    include_usage: true,
                },
            ),
            parameters: asked.parameters(call, abilities),
        }
    }
}
