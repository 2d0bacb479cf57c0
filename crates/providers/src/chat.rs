//! Chat completions on the wire. Types of our own: compatible providers differ in what they leave out and in
//! which words they use, and a closed enumeration would turn that into an error.

use judging::{Answer, JudgeCall, Message, ReplyFormat, Usage};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::{CallError, Kind};
use crate::outcome::{self, Failed};

/// The request.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'c> {
    model: &'c str,
    messages: &'c [Message],
    response_format: Format<'c>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
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
        let ReplyFormat::Json { name, schema } = &call.format;
        Self {
            model: &call.model,
            messages: &call.messages,
            response_format: Format::JsonSchema {
                json_schema: Schema {
                    name,
                    schema,
                    strict: true,
                },
            },
            temperature: call.temperature,
            stream: false,
        }
    }
}

/// The response, as far as we use it.
#[derive(Debug, Deserialize)]
struct Response {
    #[serde(default)]
    model: Option<String>,
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Tokens>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: Said,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Said {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<ToolCall>>,
}

#[derive(Debug, Deserialize)]
struct ToolCall {
    function: Function,
}

#[derive(Debug, Deserialize)]
struct Function {
    arguments: String,
}

#[derive(Debug, Default, Deserialize)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
}

/// What a response says.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) answer: Answer,
    pub(crate) model: Option<String>,
    pub(crate) usage: Usage,
}

/// Reads the body of an answer that claims success.
pub(crate) fn read(body: &RawValue) -> Result<Read, Failed> {
    let response: Response = match serde_json::from_str(body.get()) {
        Ok(response) => response,
        Err(problem) => {
            #[derive(Deserialize)]
            struct WithError {
                #[expect(dead_code, reason = "only its presence matters")]
                error: serde_json::Value,
            }
            let has_error = serde_json::from_str::<WithError>(body.get()).is_ok();
            return Err(if has_error {
                outcome::of_error_in_success(body.get().as_bytes())
            } else {
                let message = "the provider answered 200 with something that is no chat completion";
                Failed::Error(CallError::new(Kind::Garbled, message).quoting(problem.to_string()))
            });
        }
    };
    let tokens = response.usage.unwrap_or_default();
    let usage = Usage {
        input_tokens: tokens.prompt_tokens.unwrap_or_default(),
        output_tokens: tokens.completion_tokens.unwrap_or_default(),
        cost_nano_usd: None,
    };
    let Some(choice) = response.choices.into_iter().next() else {
        let message = "the provider answered 200 without a choice";
        return Err(Failed::Error(CallError::new(Kind::Garbled, message)));
    };
    let finish = choice.finish_reason.unwrap_or_default();
    let answer = match (
        choice.message.refusal.filter(|words| !words.is_empty()),
        finish.as_str(),
    ) {
        (Some(message), _) => Answer::Refused { message },
        (None, "content_filter") => Answer::ContentFiltered,
        (None, finish) => {
            let called = || {
                choice
                    .message
                    .tool_calls
                    .and_then(|calls| calls.into_iter().next())
                    .map(|call| call.function.arguments)
            };
            let text = choice
                .message
                .content
                .filter(|text| !text.is_empty())
                .or_else(called)
                .unwrap_or_default();
            Answer::Text {
                text,
                cut_off: finish == "length",
            }
        }
    };
    Ok(Read {
        answer,
        model: response.model,
        usage,
    })
}
