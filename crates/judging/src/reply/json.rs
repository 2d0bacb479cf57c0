//! JSON as models write it: a forgiving reader that knows where each value stands.
//!
//! Beyond RFC 8259 it takes what has one meaning only: a comma before a closing bracket, comments between values,
//! Python's `True`, `False`, `None` and strings in single quotes, line breaks and unknown escapes within strings; from
//! [version 2](domain::plan::ReaderVersion::V2) on also `\u` without its digits, half a character, and control characters.
//! It never completes what breaks off, and a key that stands twice stays an error. It takes neither `NaN` and
//! `Infinity`, which are no values, nor curly quotes, which stand inside texts as well.

mod parse;
mod string;

use std::borrow::Cow;
use std::ops::Range;

pub(super) use parse::{Problem, value};

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node<'t> {
    /// Where it stands in the whole text, in bytes; of a string what stands between its quotes.
    pub(super) at: Range<usize>,
    pub(super) value: Value<'t>,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'t> {
    Null,
    Bool(bool),
    /// The digits as written.
    Number(&'t str),
    Text(Cow<'t, str>),
    List(Vec<Node<'t>>),
    /// In the order written; keys are unique.
    Map(Vec<(Cow<'t, str>, Node<'t>)>),
}

impl<'t> Node<'t> {
    /// The members of an object.
    pub(super) fn members(&self) -> Option<&[(Cow<'t, str>, Node<'t>)]> {
        match &self.value {
            Value::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The value of a member, when this is an object that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let (_, node) = self.members()?.iter().find(|(name, _)| name == key)?;
        Some(node)
    }

    /// The text, when this is a string.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether this is `null`.
    pub(super) fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    /// What kind of value this is, with its article, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "an array",
            Value::Map(_) => "an object",
        }
    }
}
