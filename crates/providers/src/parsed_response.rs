//! What an answer says, whichever API it came over.

use std::iter;
use std::num::NonZeroU32;

use judging::{Answer, Token};

use crate::function_calls::{Arguments, AskedFunction, FunctionCalls};
use crate::message_pieces::Pieces;
use crate::outcome::{self, Failed, Trigger};
use crate::usage::Tokens;

/// What an answer says.
#[derive(Debug, PartialEq)]
pub(crate) struct ParsedResponse {
    /// The provider's id of it.
    pub(crate) id: Option<String>,
    /// As the provider names it.
    pub(crate) model: Option<String>,
    /// The tier at which it was answered, in the provider's words.
    pub(crate) service_tier: Option<String>,
    /// Of the whole request.
    pub(crate) tokens: Option<Tokens>,
    /// How many choices it held, of use or not; none where the request was refused.
    pub(crate) choice_count: u32,
    pub(crate) first: Choice,
    pub(crate) others: Vec<Choice>,
}

/// One of the choices that an answer holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    pub(crate) answer: Answer,
    pub(crate) logprobs: Option<Vec<Token>>,
}

impl Choice {
    fn without_logprobs(answer: Answer) -> Self {
        Self {
            answer,
            logprobs: None,
        }
    }
}

impl ParsedResponse {
    /// A typed no, of which nothing else is known. It answers all the choices that were asked for.
    pub(crate) fn refusal_of(answer: Answer, asked: NonZeroU32) -> Self {
        let others = (1..asked.get()).map(|_| Choice::without_logprobs(answer.clone()));
        Self {
            id: None,
            model: None,
            service_tier: None,
            tokens: None,
            choice_count: 0,
            others: others.collect(),
            first: Choice::without_logprobs(answer),
        }
    }

    /// The texts that came to their end.
    pub(crate) fn whole_texts(&self) -> impl Iterator<Item = &str> {
        self.choices().filter_map(|choice| match &choice.answer {
            Answer::Text {
                text,
                cut_off: false,
            } => Some(text.as_str()),
            _ => None,
        })
    }

    /// Whether there is a text among the choices.
    pub(crate) fn has_text(&self) -> bool {
        self.choices()
            .any(|choice| matches!(choice.answer, Answer::Text { .. }))
    }

    fn choices(&self) -> impl Iterator<Item = &Choice> {
        iter::once(&self.first).chain(&self.others)
    }
}

/// What the model said, whole or put together from pieces.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct MessageBuilder {
    pub(crate) content: Pieces,
    pub(crate) refusal: Pieces,
    /// The functions that it called.
    pub(crate) calls: FunctionCalls,
    /// Whether it is not one answer, but several that cannot be told apart.
    pub(crate) is_mixed: bool,
}

impl MessageBuilder {
    /// Whether it said nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.content.is_empty() && self.refusal.is_empty() && self.calls.is_empty()
    }

    /// Whether another one says the same, in however many pieces.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.content.so_far() == other.content.so_far()
            && self.refusal.so_far() == other.refusal.so_far()
            && self.calls == other.calls
    }

    /// The text: the arguments of the function that it was asked to call, or the content; and whether it is the former. Empty
    /// when the model said nothing, and `None` when what it said can be read in two ways.
    fn text(
        calls: FunctionCalls,
        content: Pieces,
        asked: Option<AskedFunction<'_>>,
    ) -> Option<(String, bool)> {
        let content = content.end()?;
        let says_nothing = |text: &str| text.trim().is_empty();
        let arguments = match calls.arguments(asked)? {
            Arguments::Own(arguments) => arguments,
            // Beside words a function that nobody asked for may be another answer than theirs.
            Arguments::Renamed(arguments) => {
                let is_other = content.contains('{') && content.trim() != arguments.trim();
                return (!is_other).then_some((arguments, true));
            }
        };
        // Some call the function without anything, and say it in words.
        let has_called = !says_nothing(&arguments) && arguments.trim() != "{}";
        let is_called = has_called && (asked.is_some() || says_nothing(&content));
        if is_called || (says_nothing(&content) && !says_nothing(&arguments)) {
            Some((arguments, true))
        } else {
            Some((content, false))
        }
    }

    /// The answer, by the reason of its end, to who asked for this function to be called. What can be read in two ways
    /// is an answer without words: the strategy then asks again.
    pub(crate) fn answer(self, end: FinishReason, asked: Option<AskedFunction<'_>>) -> Answer {
        if end == FinishReason::Filtered {
            return Answer::ContentFiltered;
        }
        let refusal = self.refusal.end().unwrap_or_default();
        if !refusal.trim().is_empty() {
            return Answer::Refused { message: refusal };
        }
        let text = Self::text(self.calls, self.content, asked).filter(|_| !self.is_mixed);
        // What a model says before it calls a function is no answer yet, but for an object: that is what was asked for.
        let is_answer = |(text, is_called): &(String, bool)| {
            *is_called || end != FinishReason::Called || text.trim_start().starts_with(['{', '`'])
        };
        let (text, _) = text.filter(is_answer).unwrap_or_default();
        if end == FinishReason::Refused {
            return Answer::Refused { message: text };
        }
        Answer::Text {
            text,
            cut_off: end == FinishReason::CutOff,
        }
    }
}

/// Whether an answer holds words.
pub(crate) fn has_words(answer: &Answer) -> bool {
    match answer {
        Answer::Text { text, .. } | Answer::Refused { message: text } => !text.trim().is_empty(),
        Answer::ContentFiltered | Answer::ContextTooLong => false,
    }
}

/// Why a reply ended, in the words of OpenAI and of those whose own words shine through compatible endpoints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum FinishReason {
    CutOff,
    Filtered,
    Refused,
    /// The provider gave up half-way, or gives a reason that nobody knows: what is there may be half of an answer.
    Interrupted,
    /// The model calls a function.
    Called,
    /// The model came to its end, or nothing is said of it: then the text alone decides.
    Whole,
}

impl FinishReason {
    /// Only what is known to be good ends an answer as whole.
    pub(crate) fn of(reason: &str) -> Self {
        let reason = reason.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        let reason = reason.strip_prefix("finish_reason_").unwrap_or(&reason);
        match reason.strip_prefix("reason_").unwrap_or(reason) {
            "" | "stop" | "stopped" | "stop_sequence" | "stop_token" | "end" | "end_turn"
            | "eos" | "eos_token" | "eos_token_id" | "end_of_text" | "endoftext" | "complete"
            | "completed" | "done" | "finish" | "finished" | "success" | "normal" => Self::Whole,
            "tool_calls" | "tool_call" | "tool_use" | "function_call" | "function_calls" => {
                Self::Called
            }
            "length"
            | "max_length"
            | "length_limit"
            | "max_tokens"
            | "max_output_tokens"
            | "max_completion_tokens"
            | "max_new_tokens"
            | "token_limit"
            | "model_length"
            | "context_length"
            | "context_length_exceeded"
            | "context_window_exceeded"
            | "model_context_window_exceeded"
            | "error_limit"
            | "truncated" => Self::CutOff,
            "safety"
            | "image_safety"
            | "sensitive"
            | "prohibited_content"
            | "blocklist"
            | "recitation"
            | "spii"
            | "moderation"
            | "filter"
            | "filtered"
            | "guardrail"
            | "guardrail_intervened"
            | "error_toxic" => Self::Filtered,
            "refusal" => Self::Refused,
            // Also `content_filtered`, and `content_filter: SAFETY`.
            other if other.starts_with("content_filter") || other.starts_with("content_policy") => {
                Self::Filtered
            }
            _ => Self::Interrupted,
        }
    }
}

/// What a piece of a stream was; of several things the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ChunkKind {
    /// Nothing of the answer: an opening, a sign of life.
    Nothing,
    /// The model thinks aloud.
    Thinking,
    /// A piece of the answer.
    Answer,
}

/// Why a piece could not be taken.
#[derive(Debug, PartialEq)]
pub(crate) enum DecodeError {
    /// It is nothing of an answer.
    Unexpected(Failed),
    /// It says that there is an error, in this JSON.
    Error(String),
}

/// How much of an answer there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Complete {
    /// More has to come.
    No,
    /// It says that it has ended, as some do with every piece: more may come.
    Perhaps,
    /// The choices that have begun have ended; others that were asked for have not begun.
    SoFar,
    /// It has ended.
    Yes,
}

/// Puts an answer together.
pub(crate) trait ResponseDecoder {
    /// Takes one event of a stream, or the whole body.
    fn take(&mut self, json: &str) -> Result<ChunkKind, DecodeError>;

    /// Whether anything is missing.
    fn complete(&self) -> Complete;

    /// The answer, with the probabilities of its tokens where they were asked for, and the arguments of the function
    /// that the model was asked to call.
    fn read(
        self,
        with_logprobs: bool,
        function: Option<AskedFunction<'_>>,
    ) -> Result<ParsedResponse, DecodeError>;
}

/// A stream that ended without a word about why: what is there may be half of an answer.
pub(crate) fn missing_finish_reason() -> DecodeError {
    DecodeError::Unexpected(outcome::unended())
}

/// An answer that the provider broke off, for this reason.
pub(crate) fn broken_off(reason: &str) -> DecodeError {
    let message = "the provider broke off its answer";
    DecodeError::Unexpected(outcome::of(Trigger::CutOff, message, reason))
}

/// What is no answer: an error, where it says so, or nonsense.
pub(crate) fn no_answer(json: &str, what: &str, problem: &str) -> DecodeError {
    if outcome::is_error(json.as_bytes()) {
        DecodeError::Error(json.to_owned())
    } else {
        unexpected(what, problem)
    }
}

/// A 200 that is no answer, or a piece of something else.
pub(crate) fn unexpected(what: &str, said: &str) -> DecodeError {
    let message = format!("the provider answered 200 with {what}");
    DecodeError::Unexpected(outcome::of(Trigger::NoAnswer, message, said))
}
