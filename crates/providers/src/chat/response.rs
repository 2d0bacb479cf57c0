//! The response, as far as we use it.

use judging::{Answer, Token, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::logprobs;
use super::message::Said;
use crate::error::{CallError, Kind};
use crate::outcome::{self, Failed};

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
    #[serde(default)]
    message: Option<Said>,
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    logprobs: Option<Box<RawValue>>,
    /// Routers report here that the model behind them failed half-way.
    #[serde(default)]
    error: Option<Box<RawValue>>,
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
    pub(crate) logprobs: Option<Vec<Token>>,
}

/// Reads the body of an answer that claims success; the probabilities of its tokens where they were asked for.
pub(crate) fn read(body: &RawValue, with_logprobs: bool) -> Result<Read, Failed> {
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
                garbled("something that is no chat completion", problem.to_string())
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
        return Err(garbled("no choice", String::new()));
    };
    if let Some(error) = &choice.error {
        let body = format!("{{\"error\":{}}}", error.get());
        return Err(outcome::of_error_in_success(body.as_bytes()));
    }
    let end = End::of(&choice.finish_reason.unwrap_or_default());
    let answer = match (choice.message, end) {
        // A filter may leave no message at all.
        (_, End::Filtered) => Answer::ContentFiltered,
        (None, _) => return Err(garbled("a choice without a message", String::new())),
        (Some(said), end) => {
            let refusal = said.refusal();
            let text = said.text();
            match refusal {
                Some(message) => Answer::Refused { message },
                None if end == End::Refused => Answer::Refused { message: text },
                None => Answer::Text {
                    text,
                    cut_off: end == End::CutOff,
                },
            }
        }
    };
    let logprobs = match (&answer, &choice.logprobs) {
        (Answer::Text { text, .. }, Some(given)) if with_logprobs => logprobs::read(given, text),
        _ => None,
    };
    Ok(Read {
        answer,
        model: response.model,
        usage,
        logprobs,
    })
}

fn garbled(what: &str, said: String) -> Failed {
    let message = format!("the provider answered 200 with {what}");
    Failed::Error(CallError::new(Kind::Garbled, message).quoting(said))
}

/// Why a reply ended, in the words of OpenAI and of those whose own words shine through compatible endpoints.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    CutOff,
    Filtered,
    Refused,
    /// `stop` and everything unknown: then the text alone decides.
    Other,
}

impl End {
    fn of(reason: &str) -> Self {
        let reason = reason.to_ascii_lowercase();
        match reason.as_str() {
            "length" | "max_tokens" | "max_output_tokens" | "model_length" => Self::CutOff,
            "safety" | "prohibited_content" | "blocklist" | "recitation" | "spii" => Self::Filtered,
            "refusal" => Self::Refused,
            // Also `content_filtered`, and `content_filter: SAFETY`.
            other if other.starts_with("content_filter") => Self::Filtered,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests;
