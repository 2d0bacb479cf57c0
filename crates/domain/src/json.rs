//! A JSON document as it was sent: strings borrowed where they can be, numbers as their digits.
//!
//! The general-purpose parser is not enough here, for three reasons that all belong to identity: a
//! duplicate key must be an error with its place, an integer beyond 2^53 − 1 must keep its digits, and the
//! canonical form must come from the document itself and not from types that it was read into.

mod canonical;
mod parse;
mod plain;
mod text;

use std::borrow::Cow;

pub use parse::{MAX_DEPTH, MAX_VALUES, ParseError};
pub use text::Text;

/// A parsed JSON value. Object members keep the order in which they were sent; keys are unique.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The number's digits as written: an integer of any length, or what is finite as a double.
    Number(&'a str),
    /// A string.
    String(Text<'a>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Parses a whole document (RFC 8259, restricted to I-JSON, RFC 7493).
    ///
    /// # Errors
    /// [`ParseError`] says what is wrong and where: at a byte offset, or at a JSON pointer for a duplicate key.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        parse::document(bytes)
    }

    /// The canonical form: RFC 8785, except that every integer written without fraction or exponent keeps
    /// its digits (which differs from the RFC only beyond ±(2^53 − 1), where the RFC would round).
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.canonical_pieces(&mut |piece| out.extend_from_slice(piece));
        out
    }

    /// The canonical form as pieces that follow one another, for whom it is enough to see it once.
    pub fn canonical_pieces(&self, take: &mut impl FnMut(&[u8])) {
        canonical::pieces(self, take);
    }

    /// The value of a member, when this is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Json::Object(members) => members
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, when this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// How many values this is: itself, and all that it holds.
    #[must_use]
    pub fn values(&self) -> usize {
        let held: usize = match self {
            Json::Array(items) => items.iter().map(Json::values).sum(),
            Json::Object(members) => members.iter().map(|(_, value)| value.values()).sum(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 0,
        };
        1 + held
    }

    /// What kind of value this is, with its article, for messages.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }
}
