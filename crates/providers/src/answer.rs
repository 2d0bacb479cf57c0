//! What an answer says, whichever API it came over.

use judging::{Answer, Token};

use crate::outcome::{self, Failed, Trigger};

/// What an answer says.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) answer: Answer,
    /// As the provider names it.
    pub(crate) model: Option<String>,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) logprobs: Option<Vec<Token>>,
}

impl Read {
    /// A typed no, of which nothing else is known.
    pub(crate) fn no(answer: Answer) -> Self {
        Self {
            answer,
            model: None,
            tokens: None,
            logprobs: None,
        }
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

/// What a piece of a stream was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    fn read(self, with_logprobs: bool) -> Result<Read, Failed>;
}

/// A 200 that is no answer.
pub(crate) fn no_answer(what: &str, said: &str) -> Failed {
    let message = format!("the provider answered 200 with {what}");
    outcome::of(Trigger::NoAnswer, message, said)
}

/// A piece of something else.
pub(crate) fn nonsense(what: &str, said: &str) -> Broken {
    Broken::Nonsense(no_answer(what, said))
}
