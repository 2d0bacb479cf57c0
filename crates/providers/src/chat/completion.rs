//! The completion, as far as we use it: one JSON document, or the chunks of a stream.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::choice::{self, Choice, Piece};
use super::stencil::Stencil;
use crate::end_words::EndWords;
use crate::function_calls::AskedFunction;
use crate::outcome;
use crate::parsed_response::{
    ChunkKind, Complete, DecodeError, ParsedResponse, ResponseDecoder, has_words, no_answer,
    unexpected,
};
use crate::usage::Usage;
use crate::wire;

/// A completion, or a chunk of one.
#[derive(Debug, Deserialize)]
struct Chunk {
    #[serde(default, deserialize_with = "wire::name")]
    id: Option<String>,
    #[serde(default, deserialize_with = "wire::name")]
    model: Option<String>,
    #[serde(default, deserialize_with = "wire::name")]
    service_tier: Option<String>,
    #[serde(default)]
    choices: Option<Vec<Piece>>,
    #[serde(default, deserialize_with = "wire::lenient")]
    usage: Option<Usage>,
    #[serde(default)]
    error: Option<Box<RawValue>>,
    /// Where MiniMax says whether it is an answer.
    #[serde(default)]
    base_resp: Option<Box<RawValue>>,
}

/// The choices of a chunk as they were written.
#[derive(Debug, Default, Deserialize)]
struct RawChoices<'c> {
    #[serde(borrow, default)]
    choices: Option<Vec<&'c RawValue>>,
}

/// A completion that comes.
#[derive(Debug)]
pub(crate) struct Completion {
    /// How many choices were asked for.
    asked: NonZeroU32,
    id: Option<String>,
    model: Option<String>,
    service_tier: Option<String>,
    /// Those that have begun, by their index: they come together or one after the other.
    choices: BTreeMap<u64, Choice>,
    usage: Usage,
    /// The latest chunk that added a text and told of nothing else.
    latest: Option<Latest>,
}

/// A chunk that added a text to a choice.
#[derive(Debug)]
struct Latest {
    stencil: Stencil,
    /// Without its text.
    piece: Piece,
    id: Option<String>,
}

impl Latest {
    fn of(json: &str, chunk: &Chunk) -> Option<Self> {
        let [piece] = chunk.choices.as_deref()? else {
            return None;
        };
        let stencil = Stencil::of(json, piece.text()?)?;
        chunk.usage.is_none().then(|| Self {
            stencil,
            piece: piece.clone().with_text(None),
            id: chunk.id.clone(),
        })
    }
}

impl Completion {
    pub(crate) fn of(asked: NonZeroU32) -> Self {
        Self {
            asked,
            id: None,
            model: None,
            service_tier: None,
            choices: BTreeMap::new(),
            usage: Usage::default(),
            latest: None,
        }
    }

    /// Takes a chunk that differs from the one before in its text alone.
    fn take_alike(&mut self, json: &str) -> Option<ChunkKind> {
        let latest = self.latest.as_ref()?;
        let text = latest.stencil.text(json)?;
        let choice = self.choices.get_mut(&latest.piece.index())?;
        let piece = latest.piece.clone().with_text(Some(text));
        Some(choice.take(piece, latest.id.as_deref()))
    }

    /// Whether a piece is that of another model than the one before. A name may become longer: that of a model, and then of a
    /// version of it.
    fn is_other_model(&self, name: Option<&str>) -> bool {
        let names = self.model.as_deref().zip(name);
        names.is_some_and(|(known, name)| {
            if known == name {
                return false;
            }
            let (known, name) = (known.to_lowercase(), name.to_lowercase());
            !known.contains(&name) && !name.contains(&known)
        })
    }

    /// Whether the choices that were asked for have come as one, of which nobody knows whose piece is whose.
    fn are_mixed(&self) -> bool {
        let may_be_several = |choice: &Choice| choice.may_be_several();
        self.asked > NonZeroU32::MIN
            && self.choices.len() == 1
            && self.choices.values().any(may_be_several)
    }
}

impl ResponseDecoder for Completion {
    fn take(&mut self, json: &str) -> Result<ChunkKind, DecodeError> {
        const DESCRIPTION: &str = "something that is no chat completion";
        if let Some(heard) = self.take_alike(json) {
            return Ok(heard);
        }
        let unknown =
            |problem: serde_json::Error| no_answer(json, DESCRIPTION, &problem.to_string());
        let chunk: Chunk = serde_json::from_str(json).map_err(unknown)?;
        let may_be_error = chunk.choices.is_none() || chunk.base_resp.is_some();
        if may_be_error && outcome::is_error(json.as_bytes()) {
            return Err(DecodeError::Error(json.to_owned()));
        }
        // What is said of the end may stand in any place.
        let tells_of_end = EndWords::may_be_in(json);
        let latest = Latest::of(json, &chunk).filter(|_| !tells_of_end);
        let raw: Option<RawChoices<'_>> = tells_of_end
            .then(|| serde_json::from_str(json).ok())
            .flatten();
        let raw = raw.and_then(|raw| raw.choices).unwrap_or_default();
        let mut raw = raw.into_iter();
        let pieces = chunk.choices.unwrap_or_default();
        let mut errors = pieces.iter().filter_map(|piece| piece.error.as_ref());
        // Of several choices one may fail alone.
        let alone = errors.next().filter(|_| self.asked == NonZeroU32::MIN);
        if let Some(error) = chunk.error.as_ref().or(alone) {
            return Err(choice::broken(error));
        }
        let usages = pieces.iter().filter_map(|piece| piece.usage);
        usages
            .chain(chunk.usage)
            .for_each(|usage| self.usage.update(usage));
        let mut heard = ChunkKind::Nothing;
        let mut named = BTreeSet::new();
        for (place, piece) in (0..).zip(pieces) {
            let ends = raw.next().map(|choice| EndWords::of(choice.get()));
            // Some give all the choices of a whole completion the same index, or none.
            let is_new = named.insert(piece.index());
            let is_whole = piece.is_whole();
            let is_alone = self.asked == NonZeroU32::MIN;
            let index = if is_whole && !is_alone {
                place
            } else {
                piece.index()
            };
            // Who counts from one gives the only choice there is another number.
            if is_alone || index < u64::from(self.asked.get()) {
                let choice = self.choices.entry(index).or_default();
                choice.take_ends(ends.unwrap_or_default());
                if is_alone && is_whole && !is_new {
                    heard = heard.max(choice.take_beside(piece));
                    continue;
                }
                heard = heard.max(choice.take(piece, chunk.id.as_deref()));
                if !is_new && !is_whole {
                    choice.mix();
                }
            }
        }
        let is_other_model = self.is_other_model(chunk.model.as_deref());
        if is_other_model && heard == ChunkKind::Answer {
            self.choices.values_mut().for_each(Choice::mix);
        }
        self.latest = latest.filter(|_| !is_other_model);
        if tells_of_end {
            for choice in self.choices.values_mut() {
                choice.take_ends(EndWords::of(json));
            }
        }
        self.id = self.id.take().or(chunk.id);
        self.model = self.model.take().or(chunk.model);
        // The last chunk knows best.
        self.service_tier = chunk.service_tier.or_else(|| self.service_tier.take());
        Ok(heard)
    }

    fn complete(&self) -> Complete {
        let begun = || self.choices.values().take(index(self.asked));
        if self.choices.is_empty() || begun().any(|choice| !choice.has_ended()) {
            Complete::No
        } else if begun().any(Choice::may_go_on) {
            Complete::Perhaps
        } else if begun().len() < index(self.asked) {
            // Who takes no notice of how many were asked for says no more than this, and says nothing of that.
            Complete::SoFar
        } else {
            Complete::Yes
        }
    }

    fn read(
        self,
        with_logprobs: bool,
        function: Option<AskedFunction<'_>>,
    ) -> Result<ParsedResponse, DecodeError> {
        if self.are_mixed() {
            return Err(DecodeError::Unexpected(outcome::mixed()));
        }
        let mut all = self.choices.values();
        if self.asked == NonZeroU32::MIN
            && let Some(first) = all.next()
            && all.any(|other| other.differs(first))
        {
            return Err(DecodeError::Unexpected(outcome::several_answers(
                !first.came_at_once(),
            )));
        }
        let most = index(self.asked);
        let held = u32::try_from(self.choices.len().min(most)).unwrap_or(u32::MAX);
        let mut problem = None;
        let mut good = Vec::new();
        for choice in self.choices.into_values().take(most) {
            match choice.read(with_logprobs, function) {
                Ok(choice) => good.push(choice),
                Err(broken) => problem = problem.or(Some(broken)),
            }
        }
        let says_something = good.iter().any(|choice| has_words(&choice.answer));
        let mut good = good.into_iter();
        let Some(first) = good.next() else {
            return Err(problem.unwrap_or_else(|| unexpected("no choice", "")));
        };
        Ok(ParsedResponse {
            id: self.id,
            model: self.model,
            service_tier: self.service_tier,
            tokens: self.usage.tokens(says_something),
            choice_count: held,
            first,
            others: good.collect(),
        })
    }
}

fn index(number: NonZeroU32) -> usize {
    usize::try_from(number.get()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
