//! Which beginnings of a call are marked.

use std::time::Instant;

use judging::JudgeCall;

use super::uses::PrefixUses;

/// Which beginnings of a call are marked; two of the four marks that Anthropic takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Whether texts are sent as blocks of content, marked or not: what was written is found only by the same blocks.
    in_blocks: bool,
    /// What all evaluations by the rubric version have: the shared part of the first message.
    by_version: bool,
    /// What all calls of the evaluation have: up to the shared part of the second message.
    by_evaluation: bool,
}

impl Marks {
    /// Where marking pays, as far as is known of the prefixes of this endpoint. Notes that they are used.
    pub(crate) fn where_they_pay(call: &JudgeCall, uses: &mut PrefixUses, now: Instant) -> Self {
        let mut messages = call.messages.iter().filter_map(|message| message.split());
        let (Some((by_version, mark)), evaluation) = (messages.next(), messages.next()) else {
            return Self::default();
        };
        // The schema of the reply stands in front of the messages: another one is another prefix.
        let schema = call.format.json().map_or("", |(_, schema)| schema.get());
        let is_led = |(material, _): (&str, &str)| {
            let prefix = [schema, by_version, mark, material];
            uses.note_led(&prefix, call.leads, now)
        };
        let by_evaluation = evaluation.is_some_and(is_led);
        Self {
            in_blocks: true,
            by_version: uses.note_shared(&[schema, by_version], now),
            by_evaluation,
        }
    }

    /// Whether there is one.
    pub(crate) fn any(self) -> bool {
        self.by_version || self.by_evaluation
    }

    /// Whether texts are sent as blocks of content.
    pub(crate) fn in_blocks(self) -> bool {
        self.in_blocks
    }

    /// Whether the shared part of this message is marked.
    pub(super) fn is_at(self, message: usize) -> bool {
        match message {
            0 => self.by_version,
            1 => self.by_evaluation,
            _ => false,
        }
    }
}
