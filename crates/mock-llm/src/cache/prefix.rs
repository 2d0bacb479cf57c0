//! A prompt as a row of bytes.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::ask::{Ask, Format};
use crate::cache::{CacheSettings, Kind};

/// Bytes of a token.
const TOKEN: usize = 4;
/// Bytes that stand for the frame of a message: four tokens, as they are counted.
const FRAME: usize = 4 * TOKEN;

/// A prompt in the order in which a provider has it.
pub(super) struct Prefix<'a> {
    /// Of what is kept for all that begins like this: the model, and the key where there is one.
    beginning: DefaultHasher,
    schema: Option<String>,
    ask: &'a Ask,
}

/// A block of content.
pub(super) struct Part {
    /// Tokens up to its end.
    pub(super) tokens: u64,
    /// Of all up to its end.
    pub(super) hash: u64,
    /// Whether it has a `cache_control`.
    pub(super) is_marked: bool,
}

impl<'a> Prefix<'a> {
    pub(super) fn of(ask: &'a Ask, settings: &CacheSettings) -> Self {
        let mut beginning = DefaultHasher::new();
        ask.model.hash(&mut beginning);
        if settings.kind == Kind::Automatic {
            ask.cache_key.hash(&mut beginning);
        }
        let schema = match (&ask.format, &ask.call) {
            (Format::Schema(schema), _) => Some(schema.render()),
            (_, Some(tool)) => Some(tool.parameters.render()),
            _ => None,
        };
        Self {
            beginning,
            schema: schema.filter(|_| settings.schema_first),
            ask,
        }
    }

    /// The hash of all up to the end of each whole block.
    pub(super) fn hashes_of_blocks(&self, block: u64) -> Vec<u64> {
        let size = usize::try_from(block)
            .unwrap_or(usize::MAX)
            .saturating_mul(TOKEN);
        let mut bytes = self.schema.clone().unwrap_or_default().into_bytes();
        for turn in &self.ask.turns {
            bytes.extend(frame(&turn.role));
            bytes.extend(turn.text.as_bytes());
        }
        let mut hasher = self.beginning.clone();
        bytes
            .chunks_exact(size)
            .map(|block| {
                block.hash(&mut hasher);
                hasher.finish()
            })
            .collect()
    }

    /// The blocks of content of all messages.
    pub(super) fn parts(&self) -> Vec<Part> {
        let mut hasher = self.beginning.clone();
        self.schema.hash(&mut hasher);
        let mut bytes = self.schema.as_ref().map_or(0, String::len);
        let mut parts = Vec::new();
        for turn in &self.ask.turns {
            turn.role.hash(&mut hasher);
            bytes += FRAME;
            let mut begin = 0;
            for part in &turn.parts {
                turn.text.get(begin..part.end).hash(&mut hasher);
                bytes += part.end - begin;
                begin = part.end;
                parts.push(Part {
                    tokens: u64::try_from(bytes / TOKEN).unwrap_or(u64::MAX),
                    hash: hasher.finish(),
                    is_marked: part.is_marked,
                });
            }
        }
        parts
    }
}

fn frame(role: &str) -> impl Iterator<Item = u8> {
    role.bytes().chain(std::iter::repeat(b' ')).take(FRAME)
}
