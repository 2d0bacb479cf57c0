//! What is judged, in the forms in which agents produce it.

use std::borrow::Cow;

use crate::json::Json;

/// The candidate: at least one of its parts is there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Candidate<'a> {
    /// A text: code, an answer, a document.
    pub output: Option<Cow<'a, str>>,
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
    pub id: Cow<'a, str>,
    /// The text.
    pub text: Cow<'a, str>,
}

/// Chat messages, each an object with a `role`; everything else in them is kept as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation<'a>(pub Vec<Json<'a>>);

/// A patch, what it applies to, and what the tests said.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<'a> {
    /// What the patch applies to.
    pub base: Option<Cow<'a, str>>,
    /// The patch.
    pub patch: Cow<'a, str>,
    /// The output of the tests after the patch.
    pub test_log: Option<Cow<'a, str>>,
}

/// A text or a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Prose<'a> {
    /// Plain text.
    Text(Cow<'a, str>),
    /// Chat messages.
    Messages(Conversation<'a>),
}
