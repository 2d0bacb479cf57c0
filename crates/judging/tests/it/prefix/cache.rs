//! A cache of prefixes, as providers have them.

use std::collections::HashSet;
use std::fmt::Write as _;

use judging::JudgeCall;

/// A provider's cache.
pub(super) struct Cache {
    /// Bytes of a block.
    pub(super) block: usize,
    /// Bytes of the shortest beginning that is kept.
    pub(super) least: usize,
    /// Whether the schema of the reply stands before the messages.
    pub(super) schema_first: bool,
    pub(super) blocks: HashSet<(String, u64)>,
    pub(super) read: usize,
    pub(super) sent: usize,
}

impl Cache {
    pub(super) fn new(block_tokens: usize, least_tokens: usize, schema_first: bool) -> Self {
        Self {
            block: block_tokens * 4,
            least: least_tokens * 4,
            schema_first,
            blocks: HashSet::new(),
            read: 0,
            sent: 0,
        }
    }

    /// As hosted ones are: blocks of 128 tokens, 1,024 at least.
    pub(super) fn hosted() -> Self {
        Self::new(128, 1_024, false)
    }

    pub(super) fn put(&mut self, call: &JudgeCall) {
        let schema = call.format.json().filter(|_| self.schema_first);
        let mut bytes = schema.map_or_else(String::new, |(_, schema)| schema.get().to_owned());
        for message in &call.messages {
            write!(bytes, "{:?}\n{}\n", message.role, message.content).unwrap();
        }
        let beginning = |blocks: usize| {
            let bytes = bytes.as_bytes().get(..blocks * self.block);
            bytes.map(|bytes| (call.model.clone(), digest(bytes)))
        };
        let beginnings: Vec<_> = (1..).map_while(beginning).collect();
        let held = beginnings
            .iter()
            .take_while(|each| self.blocks.contains(*each));
        let held = held.count() * self.block;
        self.read += if held < self.least { 0 } else { held };
        self.sent += bytes.len();
        self.blocks.extend(beginnings);
    }
}

pub(super) fn digest(bytes: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
