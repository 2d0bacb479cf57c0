//! What helps a provider's cache of prefixes: a key for what begins alike, and marks where explicit writes pay.
//!
//! A written prefix costs a quarter more than plain input, and a read one a tenth (Anthropic's prices). So a prefix is marked
//! only where it is likely to be read: where this worker marked it within its lifetime; where other calls of the same evaluation
//! wait for this one; and where so many evaluations by the rubric version came within the lifetime that more will.

mod marks;
mod uses;

use std::fmt::Write as _;

use judging::{JudgeCall, Message};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub(crate) use self::marks::Marks;
pub(crate) use self::uses::PrefixUses;

/// The key under which a provider finds what begins as this call does: the same for all calls by a rubric version, and a
/// digest, which tells nothing of the rubric. `None` where it is not known what other calls have as well.
pub(crate) fn key(call: &JudgeCall) -> Option<String> {
    const BYTES: usize = 16;
    let (shared, _) = call.messages.first()?.split()?;
    let digest = Sha256::digest(shared);
    let key = |mut key: String, byte: &u8| {
        let written = write!(key, "{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
        key
    };
    Some(digest.iter().take(BYTES).fold(String::new(), key))
}

/// A message as it is sent: its text, or blocks of content where beginnings may be marked.
#[derive(Debug, Serialize)]
pub(crate) struct SentMessage<'m> {
    role: judging::Role,
    content: Content<'m>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content<'m> {
    Text(&'m str),
    Blocks(Vec<Block<'m>>),
}

#[derive(Debug, Serialize)]
struct Block<'m> {
    #[serde(rename = "type")]
    kind: &'static str,
    text: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct CacheControl {
    #[serde(rename = "type")]
    kind: &'static str,
}

impl<'m> SentMessage<'m> {
    /// The messages of a call, with these marks.
    pub(crate) fn all(messages: &'m [Message], marks: Marks) -> Vec<Self> {
        let sent = messages.iter().enumerate();
        sent.map(|(index, message)| Self::of(message, marks, marks.is_at(index)))
            .collect()
    }

    fn of(message: &'m Message, marks: Marks, is_marked: bool) -> Self {
        let block = |text, is_marked: bool| Block {
            kind: "text",
            text,
            cache_control: is_marked.then_some(CacheControl { kind: "ephemeral" }),
        };
        let content = match message.split().filter(|_| marks.in_blocks()) {
            None => Content::Text(&message.content),
            Some((shared, "")) => Content::Blocks(vec![block(shared, is_marked)]),
            Some((shared, rest)) => {
                Content::Blocks(vec![block(shared, is_marked), block(rest, false)])
            }
        };
        Self {
            role: message.role,
            content,
        }
    }
}
