//! What an answer says, whichever API it came over.

use std::iter;
use std::num::NonZeroU32;

use judging::{Answer, Token};

use crate::outcome::{self, Failed, Trigger};

/// What an answer says.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    /// As the provider names it.
    pub(crate) model: Option<String>,
    /// Of the whole request.
    pub(crate) tokens: Option<Tokens>,
    /// How many choices it held, of use or not; none where the request was refused.
    pub(crate) held: u32,
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
    fn plain(answer: Answer) -> Self {
        Self {
            answer,
            logprobs: None,
        }
    }
}

impl Read {
    /// A typed no, of which nothing else is known. It answers all the choices that were asked for.
    pub(crate) fn no(answer: Answer, asked: NonZeroU32) -> Self {
        let others = (1..asked.get()).map(|_| Choice::plain(answer.clone()));
        Self {
            model: None,
            tokens: None,
            held: 0,
            others: others.collect(),
            first: Choice::plain(answer),
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

/// What was used, where the provider says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) input: u64,
    /// Of the input, what came out of the provider's cache.
    pub(crate) cached_input: u64,
    pub(crate) output: u64,
}

/// What the model said, whole or put together from pieces.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) content: String,
    pub(crate) refusal: String,
    /// Of the function that it called.
    pub(crate) arguments: String,
}

impl Told {
    /// The text: the content, or the arguments of the called function where there is none. Empty when the model said
    /// nothing; the strategy then asks again.
    fn text(self) -> String {
        if self.content.trim().is_empty() && !self.arguments.is_empty() {
            self.arguments
        } else {
            self.content
        }
    }

    /// The answer, by the reason of its end.
    pub(crate) fn answer(self, end: End) -> Answer {
        if end == End::Filtered {
            return Answer::ContentFiltered;
        }
        if !self.refusal.trim().is_empty() {
            return Answer::Refused {
                message: self.refusal,
            };
        }
        let text = self.text();
        if end == End::Refused {
            return Answer::Refused { message: text };
        }
        Answer::Text {
            text,
            cut_off: end == End::CutOff,
        }
    }
}

/// Why a reply ended, in the words of OpenAI and of those whose own words shine through compatible endpoints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum End {
    CutOff,
    Filtered,
    Refused,
    /// The provider gave up half-way.
    Interrupted,
    /// `stop` and everything unknown: then the text alone decides.
    Other,
}

impl End {
    pub(crate) fn of(reason: &str) -> Self {
        let reason = reason.to_ascii_lowercase();
        match reason.as_str() {
            "length" | "max_tokens" | "max_output_tokens" | "model_length" => Self::CutOff,
            "safety" | "prohibited_content" | "blocklist" | "recitation" | "spii" => Self::Filtered,
            "refusal" => Self::Refused,
            "error" | "abort" | "insufficient_system_resource" => Self::Interrupted,
            // Also `content_filtered`, and `content_filter: SAFETY`.
            other if other.starts_with("content_filter") => Self::Filtered,
            _ => Self::Other,
        }
    }
}

/// What a piece of a stream was; of several things the greatest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Heard {
    /// Nothing of the answer: an opening, a sign of life.
    Nothing,
    /// The model thinks aloud.
    Thinking,
    /// A piece of the answer.
    Answer,
}

/// Why a piece could not be taken.
#[derive(Debug, PartialEq)]
pub(crate) enum Broken {
    /// It is nothing of an answer.
    Nonsense(Failed),
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
pub(crate) trait Gather {
    /// Takes one event of a stream, or the whole body.
    fn take(&mut self, json: &str) -> Result<Heard, Broken>;

    /// Whether anything is missing.
    fn complete(&self) -> Complete;

    /// The answer, with the probabilities of its tokens where they were asked for.
    fn read(self, with_logprobs: bool) -> Result<Read, Broken>;
}

/// A 200 that is no answer, or a piece of something else.
pub(crate) fn nonsense(what: &str, said: &str) -> Broken {
    let message = format!("the provider answered 200 with {what}");
    Broken::Nonsense(outcome::of(Trigger::NoAnswer, message, said))
}
