//! What is judged, in the forms in which agents produce it.

use crate::json::{Json, Text};

/// The candidate: at least one of its parts is there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Candidate<'a> {
    /// A text: code, an answer, a document.
    pub output: Option<Text<'a>>,
    /// Two texts to compare; then the other parts are absent.
    pub outputs: Option<[Output<'a>; 2]>,
    /// The course of the agent's work.
    pub trajectory: Option<Conversation<'a>>,
    /// A change to existing files.
    pub change: Option<Change<'a>>,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Output<'a> {
    /// The sender's name for it.
    pub id: Text<'a>,
    /// The text.
    pub text: Text<'a>,
}

/// Chat messages, each an object with a `role`; everything else in them is kept as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation<'a>(pub Vec<Json<'a>>);

/// A patch, what it applies to, and what the tests said.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<'a> {
    /// What the patch applies to.
    pub base: Option<Text<'a>>,
    /// The patch.
    pub patch: Text<'a>,
    /// The output of the tests after the patch.
    pub test_log: Option<Text<'a>>,
}

/// A text or a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Prose<'a> {
    /// Plain text.
    Text(Text<'a>),
    /// Chat messages.
    Messages(Conversation<'a>),
}
