//! One choice of a completion, whole or put together from pieces.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::message::RawMessage;
use super::restarts::{Restarts, Signs};
use crate::end_words::EndWords;
use crate::function_calls::AskedFunction;
use crate::outcome;
use crate::parsed_response::{
    self, ChunkKind, DecodeError, FinishReason, MessageBuilder, broken_off, missing_finish_reason,
    unexpected,
};
use crate::usage::Usage;
use crate::wire::SurrogateDecoder;
use crate::{logprobs, wire};

/// A choice, or a piece of one.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Piece {
    /// Of which choice; the first, where it does not say.
    #[serde(default, deserialize_with = "wire::count")]
    index: Option<u64>,
    /// Of a whole completion. Some add to each chunk what was said so far.
    #[serde(default, deserialize_with = "wire::lenient")]
    message: Option<RawMessage>,
    /// Of a chunk.
    #[serde(default, deserialize_with = "wire::lenient")]
    delta: Option<RawMessage>,
    /// Where completions had their text before there were messages. Some write it once more beside one.
    #[serde(default)]
    text: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "wire::lenient")]
    finish_reason: Option<String>,
    #[serde(default)]
    logprobs: Option<Box<RawValue>>,
    /// Routers report here that the model behind them failed half-way.
    #[serde(default)]
    pub(super) error: Option<Box<RawValue>>,
    /// Where some say what the whole answer took.
    #[serde(default, deserialize_with = "wire::lenient")]
    pub(super) usage: Option<Usage>,
}

impl Piece {
    /// Of which choice it is.
    pub(super) fn index(&self) -> u64 {
        self.index.unwrap_or_default()
    }

    /// Whether it is all there is of its choice.
    pub(super) fn is_whole(&self) -> bool {
        self.message.is_some() && self.delta.is_none()
    }

    /// The text that it adds, where neither its end nor anything beside its message is told.
    pub(super) fn text(&self) -> Option<&RawValue> {
        let is_plain = self.message.is_none()
            && self.text.is_none()
            && self.finish_reason.is_none()
            && self.logprobs.is_none()
            && self.error.is_none()
            && self.usage.is_none();
        let delta = self.delta.as_ref().filter(|_| is_plain)?;
        delta.content.as_deref()
    }

    /// With this text in the place of its own.
    pub(super) fn with_text(mut self, text: Option<Box<RawValue>>) -> Self {
        if let Some(delta) = &mut self.delta {
            delta.content = text;
        }
        self
    }

    /// The texts that stand beside the one that is read.
    fn beside(&mut self) -> Vec<String> {
        let message = self.delta.as_ref().and_then(|_| self.message.take());
        let message = message.and_then(RawMessage::whole_text);
        let text = self.text.take().map(|text| {
            let mut halves = SurrogateDecoder::default();
            halves.text(text.get()) + halves.end()
        });
        let texts = message.into_iter().chain(text);
        texts.filter(|text| !text.trim().is_empty()).collect()
    }
}

/// A choice that comes.
#[derive(Debug, Default)]
pub(super) struct Choice {
    told: MessageBuilder,
    /// Whether others came under its number in one chunk.
    is_several: bool,
    /// Whether somebody else than the model speaks.
    is_of_another: bool,
    /// What was said beside its text and is not what had come by then: all of it, or another answer.
    announced: Option<String>,
    has_message: bool,
    /// Whether all of it came at once.
    is_whole: bool,
    finish: Option<String>,
    /// What else was said of its end.
    ends: EndWords,
    /// Whether the piece that says so holds a piece of the answer as well.
    ends_with_text: bool,
    restarts: Restarts,
    logprobs: Vec<Box<RawValue>>,
    error: Option<Box<RawValue>>,
}

impl Choice {
    /// Adds a piece; says what it was.
    pub(super) fn take(&mut self, mut piece: Piece, id: Option<&str>) -> ChunkKind {
        let mut heard = ChunkKind::Nothing;
        let has_role = piece.delta.as_ref().is_some_and(RawMessage::has_role);
        let is_whole = piece.is_whole();
        let beside = piece.beside();
        let said_before = if beside.is_empty() {
            String::new()
        } else {
            self.told.content.so_far().to_owned()
        };
        let before = self.told.content.len();
        let words = self.told.content.words();
        let had_something = !self.told.is_empty();
        self.logprobs.extend(piece.logprobs);
        if let Some(said) = piece.delta.or(piece.message) {
            self.has_message = true;
            self.is_whole |= is_whole;
            self.is_of_another = said.is_of_another().unwrap_or(self.is_of_another);
            if !self.is_of_another {
                heard = said.add_to(&mut self.told, is_whole);
            }
        }
        if !self.is_of_another {
            self.compare(beside, &said_before);
        }
        self.error = self.error.take().or(piece.error);
        // Some say nothing in words.
        let finish = piece.finish_reason;
        let finish = finish.filter(|reason| !reason.is_empty() && reason != "null");
        if !is_whole {
            let has_words = self.told.content.words() > words;
            self.restarts.take(Signs {
                id,
                has_role,
                has_end: finish.is_some(),
                is_empty: !has_words && heard != ChunkKind::Thinking,
                has_words,
                goes_on: had_something,
            });
        }
        self.ends_with_text = finish.is_some() && heard != ChunkKind::Nothing;
        if self.ends_with_text && !is_whole {
            self.told.content.ends(before);
        }
        // One that says more than that it has ended is not taken back by a later one that does not.
        let is_plain = |reason: &String| {
            matches!(
                FinishReason::of(reason),
                FinishReason::Whole | FinishReason::Called
            )
        };
        if self.finish.as_ref().is_none_or(is_plain) {
            self.finish = finish.or_else(|| self.finish.take());
        }
        heard
    }

    /// Compares what stands beside a piece with what was said before it, and with it.
    fn compare(&mut self, beside: Vec<String>, before: &str) {
        let so_far = self.told.content.so_far();
        let own = so_far.strip_prefix(before).unwrap_or(so_far);
        for text in beside {
            if [so_far, before, own]
                .iter()
                .any(|said| said.trim() == text.trim())
            {
                continue;
            }
            let goes_on = |known: &String| text.starts_with(known.as_str());
            self.is_several |= !self.announced.as_ref().is_none_or(goes_on);
            self.announced = Some(text);
        }
    }

    /// Whether it is another answer than one beside it: both say something, and not the same.
    pub(super) fn differs(&self, other: &Self) -> bool {
        !self.told.is_empty() && !other.told.is_empty() && !self.told.says_the_same(&other.told)
    }

    /// Whether all of it came at once.
    pub(super) fn came_at_once(&self) -> bool {
        self.is_whole
    }

    /// Takes a whole choice of the same name beside it: the same once more, or another answer.
    pub(super) fn take_beside(&mut self, piece: Piece) -> ChunkKind {
        let mut other = Self::default();
        let heard = other.take(piece, None);
        if other.told != self.told {
            self.mix();
        }
        heard
    }

    /// Takes another choice of the same name beside it.
    pub(super) fn mix(&mut self) {
        self.is_several = true;
    }

    /// Whether it may be several choices in one, where several were asked for and fewer came.
    pub(super) fn may_be_several(&self) -> bool {
        self.is_several || self.restarts.are_there() || self.told.content.is_number_in_pieces()
    }

    /// Whether it is, for all that can be seen, more than one answer.
    fn is_several(&self) -> bool {
        let are_of_one = self.told.content.are_of_one();
        let said = self.told.content.so_far().trim();
        let announces_another = |text: &String| text.trim() != said;
        self.is_several
            || self.announced.as_ref().is_some_and(announces_another)
            || self.restarts.are_several(are_of_one)
    }

    /// Takes what is said of its end beside the reason.
    pub(super) fn take_ends(&mut self, ends: EndWords) {
        self.ends.merge(ends);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.finish.is_some() || self.error.is_some()
    }

    /// Whether more may come although it says that it has ended.
    pub(super) fn may_go_on(&self) -> bool {
        self.ends_with_text
    }

    /// What it says, to who asked for a function to be called.
    pub(super) fn read(
        self,
        with_logprobs: bool,
        function: Option<AskedFunction<'_>>,
    ) -> Result<parsed_response::Choice, DecodeError> {
        if let Some(error) = self.error {
            return Err(broken(&error));
        }
        if self.is_several() {
            return Err(DecodeError::Unexpected(outcome::several_answers(
                !self.is_whole,
            )));
        }
        // What came in pieces may be half of it.
        if self.finish.is_none() && self.has_message && !self.is_whole {
            return Err(missing_finish_reason());
        }
        let (end, reason) = self.ends.end(self.finish.unwrap_or_default());
        if end == FinishReason::Interrupted {
            return Err(broken_off(&reason));
        }
        // A filter may leave no message at all, and so may a model that thought until its limit.
        if !self.has_message && !matches!(end, FinishReason::Filtered | FinishReason::CutOff) {
            return Err(unexpected("a choice without a message", ""));
        }
        let answer = self.told.answer(end, function);
        let logprobs = with_logprobs
            .then(|| logprobs::of_chat(&self.logprobs, &answer))
            .flatten();
        Ok(parsed_response::Choice { answer, logprobs })
    }
}

/// An error object by itself, as an answer that holds nothing else.
pub(super) fn broken(error: &RawValue) -> DecodeError {
    DecodeError::Error(format!("{{\"error\":{}}}", error.get()))
}
