//! What the events of a stream say before the last one: pieces, texts that are done, items that are done.
//!
//! Each text comes up to four times more: in pieces, when it is done, with its part and with its item. All of them, and
//! the output of the last event, have to say the same. Where they differ a piece was lost, and nobody knows which is right.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::output::{ContentPart, Item};
use crate::message_pieces::Pieces;
use crate::parsed_response::ChunkKind;
use crate::wire::{self, SurrogateDecoder};

/// What an event says of a text.
#[derive(Debug, Deserialize)]
struct Event {
    #[serde(default)]
    delta: Option<Box<RawValue>>,
    #[serde(default)]
    text: Option<Box<RawValue>>,
    #[serde(default)]
    refusal: Option<Box<RawValue>>,
    #[serde(default)]
    arguments: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "wire::lenient")]
    part: Option<ContentPart>,
    #[serde(default, deserialize_with = "wire::lenient")]
    item: Option<Item>,
    /// Of which item of the output, and of which part of it, a piece is.
    #[serde(default, deserialize_with = "wire::count")]
    output_index: Option<u64>,
    #[serde(default, deserialize_with = "wire::count")]
    content_index: Option<u64>,
}

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TextKind {
    Text,
    Refusal,
    Arguments,
}

impl TextKind {
    pub(super) const ALL: [Self; 3] = [Self::Text, Self::Refusal, Self::Arguments];
}

/// Which pieces belong together: their kind, item and part.
type PartKey = (TextKind, Option<u64>, Option<u64>);

/// What came before the last event.
#[derive(Debug, Default)]
pub(super) struct Streamed {
    pieces: BTreeMap<PartKey, Pieces>,
    /// Texts that are done, by themselves and as parts.
    done: BTreeMap<PartKey, String>,
    /// Items that are done.
    pub(super) items: Vec<Item>,
    /// Whether two events say different things of one text.
    is_contradicted: bool,
}

impl Streamed {
    /// Takes an event of this type; `None` where it says nothing of a text.
    pub(super) fn take(&mut self, kind: &str, json: &str) -> serde_json::Result<Option<ChunkKind>> {
        use TextKind::{Arguments, Refusal, Text};
        let kind = kind.strip_prefix("response.").unwrap_or_default();
        let of = match kind {
            "output_text.delta" | "output_text.done" => Text,
            "refusal.delta" | "refusal.done" => Refusal,
            "function_call_arguments.delta" | "function_call_arguments.done" => Arguments,
            "content_part.done" | "output_item.done" => Text,
            _ => return Ok(None),
        };
        let event: Event = serde_json::from_str(json)?;
        let place = (event.output_index, event.content_index);
        if kind.ends_with(".delta") {
            let delta = event.delta.as_deref().map_or("", RawValue::get);
            let key = (of, place.0, place.1);
            self.pieces.entry(key).or_default().add_json(delta);
            // Arguments come value by value: a long one is as silent as a thought.
            return Ok(Some(match of {
                Arguments => ChunkKind::Thinking,
                Text | Refusal => ChunkKind::Answer,
            }));
        }
        self.items.extend(event.item);
        let part = event.part.unwrap_or_default();
        let text = event.text.or_else(|| part.text());
        let refusal = event.refusal.or_else(|| part.refusal());
        for (kind, text) in [
            (Text, text),
            (Refusal, refusal),
            (Arguments, event.arguments),
        ] {
            if let Some(text) = text {
                self.take_done((kind, place.0, place.1), &text);
            }
        }
        Ok(Some(ChunkKind::Nothing))
    }

    /// Takes a text that is done, of which all may have come before.
    fn take_done(&mut self, key: PartKey, json: &RawValue) {
        let mut halves = SurrogateDecoder::default();
        let text = halves.text(json.get()) + halves.end();
        if text.trim().is_empty() {
            return;
        }
        let known = self.done.insert(key, text.clone());
        self.is_contradicted |= known.is_some_and(|known| !is_same(key.0, &known, &text));
    }

    /// The texts of a kind that came in pieces, and whether each can be read in one way; then those that were done.
    fn texts(&self, kind: TextKind) -> [Option<Vec<String>>; 2] {
        let of_kind = |(known, ..): &PartKey| *known == kind;
        let pieces = self.pieces.iter().filter(|(key, _)| of_kind(key));
        let pieces = pieces.map(|(_, pieces)| pieces.clone().end());
        let done = self.done.iter().filter(|(key, _)| of_kind(key));
        let done: Vec<String> = done.map(|(_, text)| text.clone()).collect();
        [pieces.collect(), Some(done)]
    }

    /// The texts of a kind: as they were done, or as their pieces make them. `None` where they can be read in two ways.
    pub(super) fn said(&self, kind: TextKind) -> Option<Vec<String>> {
        let [pieces, done] = self.texts(kind);
        done.filter(|done| !done.is_empty()).or(pieces)
    }

    /// Whether what came contradicts these texts of a kind, or itself. Pieces that can be read in two ways contradict
    /// nothing.
    pub(super) fn contradicts(&self, kind: TextKind, whole: [Vec<String>; 2]) -> bool {
        let said = self.texts(kind).into_iter().flatten();
        let said: Vec<Vec<String>> = said.chain(whole).map(distinct).collect();
        let mut said = said.iter().filter(|texts| !texts.is_empty());
        let first = said.next();
        self.is_contradicted
            || said.any(|texts| first.is_some_and(|first| !are_same(kind, first, texts)))
    }
}

/// The texts that say something, each once: now and then a message is given twice.
fn distinct(texts: Vec<String>) -> Vec<String> {
    let mut known = BTreeSet::new();
    texts
        .into_iter()
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty() && known.insert(text.clone()))
        .collect()
}

/// Whether texts are the same, however they are divided.
fn are_same(kind: TextKind, one: &[String], other: &[String]) -> bool {
    let joined = |texts: &[String]| -> String {
        let all = texts.concat();
        all.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    (one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| is_same(kind, one, other)))
        || joined(one) == joined(other)
}

fn is_same(kind: TextKind, one: &str, other: &str) -> bool {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
    one.trim() == other.trim()
        || (kind == TextKind::Arguments && parsed(one).is_some() && parsed(one) == parsed(other))
}
