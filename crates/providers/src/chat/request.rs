//! The request.

use judging::{JudgeCall, Message, ReplyFormat};
use serde::Serialize;
use serde_json::value::RawValue;

/// The most alternatives that OpenAI gives for a token.
const TOP_LOGPROBS: u8 = 20;

/// The body of a request.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'c> {
    model: &'c str,
    messages: &'c [Message],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Format<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    // Left out rather than `false`: reasoning models refuse a request that names them at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<u8>,
    stream: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'c> {
    JsonSchema { json_schema: Schema<'c> },
}

#[derive(Debug, Serialize)]
struct Schema<'c> {
    name: &'c str,
    schema: &'c RawValue,
    strict: bool,
}

impl<'c> Request<'c> {
    pub(crate) fn of(call: &'c JudgeCall) -> Self {
        Self {
            model: &call.model,
            messages: &call.messages,
            response_format: match &call.format {
                ReplyFormat::Json { name, schema } => Some(Format::JsonSchema {
                    json_schema: Schema {
                        name,
                        schema,
                        strict: true,
                    },
                }),
                ReplyFormat::Text => None,
            },
            temperature: call.temperature,
            logprobs: call.logprobs.then_some(true),
            top_logprobs: call.logprobs.then_some(TOP_LOGPROBS),
            stream: false,
        }
    }
}
