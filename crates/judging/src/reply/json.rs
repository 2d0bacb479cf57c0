//! JSON as models write it: a forgiving reader that knows where each value stands.
//!
//! Beyond RFC 8259 it takes what has one meaning only: a comma before a closing bracket, comments between values,
//! Python's `True`, `False`, `None` and strings in single quotes, line breaks and unknown escapes within strings; from
//! [version 2](domain::plan::ReaderVersion::V2) on also `\u` without its digits, half a character, and control characters.
//! It never completes what breaks off, and a duplicate key stays an error. It takes neither `NaN` and
//! `Infinity`, which are no values, nor curly quotes, which stand inside texts as well.

mod parse;
mod string;

use std::borrow::Cow;
use std::ops::Range;

use domain::plan::ReaderVersion;

pub(super) use parse::{Problem, ProblemKind, comments, value};

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node<'t> {
    /// Where it stands in the whole text, in bytes; of a string what stands between its quotes. `None` within a value
    /// that is itself written as a string.
    pub(super) at: Option<Range<usize>>,
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

    /// The object or array that a string holds, where one belongs: models write what is nested one level too deep. Itself
    /// where it is no string, holds anything besides, or is read by the first rules.
    pub(super) fn unfolded<'n>(&'n self, rules: ReaderVersion) -> Cow<'n, Node<'n>> {
        let unfolded = self.text().filter(|_| rules >= ReaderVersion::V2);
        match unfolded.and_then(|text| held(text, rules)) {
            Some(node) => Cow::Owned(node),
            None => Cow::Borrowed(self),
        }
    }

    fn without_places(mut self) -> Self {
        self.at = None;
        self.value = match self.value {
            Value::List(items) => {
                Value::List(items.into_iter().map(Self::without_places).collect())
            }
            Value::Map(members) => {
                let members = members.into_iter();
                Value::Map(
                    members
                        .map(|(key, node)| (key, node.without_places()))
                        .collect(),
                )
            }
            other => other,
        };
        self
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

/// The object or array that is all there is in a text.
fn held(text: &str, rules: ReaderVersion) -> Option<Node<'_>> {
    let (node, end) = value(text, rules, 0, text.len()).ok()?;
    let is_whole = text.get(end..)?.trim().is_empty();
    let is_nested = matches!(node.value, Value::List(_) | Value::Map(_));
    (is_whole && is_nested).then(|| node.without_places())
}
