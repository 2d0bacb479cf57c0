//! One choice of a completion, whole or put together from pieces.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::message::Said;
use crate::answer::{self, Broken, End, Heard, Told, nonsense};
use crate::logprobs;
use crate::outcome::{self, Trigger};

/// A choice, or a piece of one.
#[derive(Debug, Deserialize)]
pub(super) struct Piece {
    /// Of which choice.
    #[serde(default)]
    pub(super) index: u32,
    /// Of a whole completion.
    #[serde(default)]
    message: Option<Said>,
    /// Of a chunk.
    #[serde(default)]
    delta: Option<Said>,
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    logprobs: Option<Box<RawValue>>,
    /// Routers report here that the model behind them failed half-way.
    #[serde(default)]
    pub(super) error: Option<Box<RawValue>>,
}

impl Piece {
    /// Whether it is all there is of its choice.
    pub(super) fn is_whole(&self) -> bool {
        self.message.is_some()
    }
}

/// A choice that comes.
#[derive(Debug, Default)]
pub(super) struct Choice {
    told: Told,
    has_message: bool,
    finish: Option<String>,
    /// Whether the piece that says so holds a piece of the answer as well.
    ends_with_text: bool,
    logprobs: Vec<Box<RawValue>>,
    error: Option<Box<RawValue>>,
}

impl Choice {
    /// Adds a piece; says what it was.
    pub(super) fn take(&mut self, piece: Piece) -> Heard {
        let mut heard = Heard::Nothing;
        self.logprobs.extend(piece.logprobs);
        if let Some(said) = piece.message.or(piece.delta) {
            self.has_message = true;
            heard = said.add_to(&mut self.told);
        }
        self.error = self.error.take().or(piece.error);
        // Some say nothing in words.
        let finish = piece.finish_reason;
        let finish = finish.filter(|reason| !reason.is_empty() && reason != "null");
        self.ends_with_text = finish.is_some() && heard != Heard::Nothing;
        self.finish = finish.or_else(|| self.finish.take());
        heard
    }

    pub(super) fn has_ended(&self) -> bool {
        self.finish.is_some() || self.error.is_some()
    }

    /// Whether more may come although it says that it has ended.
    pub(super) fn may_go_on(&self) -> bool {
        self.ends_with_text
    }

    /// What it says.
    pub(super) fn read(self, with_logprobs: bool) -> Result<answer::Choice, Broken> {
        if let Some(error) = self.error {
            return Err(broken(&error));
        }
        let reason = self.finish.unwrap_or_default();
        let end = End::of(&reason);
        if end == End::Interrupted {
            let message = "the provider broke off its answer";
            let failed = outcome::of(Trigger::CutOff, message, &reason);
            return Err(Broken::Nonsense(failed));
        }
        // A filter may leave no message at all.
        if !self.has_message && end != End::Filtered {
            return Err(nonsense("a choice without a message", ""));
        }
        let answer = self.told.answer(end);
        let logprobs = with_logprobs
            .then(|| logprobs::of_chat(&self.logprobs, &answer))
            .flatten();
        Ok(answer::Choice { answer, logprobs })
    }
}

/// An error object by itself, as an answer that holds nothing else.
pub(super) fn broken(error: &RawValue) -> Broken {
    Broken::Error(format!("{{\"error\":{}}}", error.get()))
}
