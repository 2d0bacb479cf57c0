//! A string as it was sent, read when somebody asks for it: most of a payload is one large string, and to take it in
//! needs no more than to know that it can be read.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::OnceLock;

use super::parse;

/// A JSON string that is known to be in order. Reads as `str`: the text, without escapes.
#[derive(Debug, Clone)]
pub struct Text<'a> {
    /// What stands between the quotes.
    raw: &'a str,
    spelling: Spelling,
    /// Where the text is not what was sent.
    read: OnceLock<Box<str>>,
}

/// How a string is spelled, from the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spelling {
    /// Without escapes.
    Plain,
    /// As RFC 8785 §3.2.2.2 has it.
    Canonical,
    /// With escapes that are not needed, or another way to write them.
    Other,
}

impl<'a> Text<'a> {
    pub(super) fn new(raw: &'a str, spelling: Spelling) -> Self {
        Self {
            raw,
            spelling,
            read: OnceLock::new(),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self.spelling {
            Spelling::Plain => self.raw,
            Spelling::Canonical | Spelling::Other => {
                self.read.get_or_init(|| parse::unescaped(self.raw).into())
            }
        }
    }

    /// What was sent between the quotes, if the canonical form has the same there.
    pub(super) fn canonical(&self) -> Option<&'a str> {
        (self.spelling <= Spelling::Canonical).then_some(self.raw)
    }

    pub(super) fn into_cow(self) -> Cow<'a, str> {
        match self.spelling {
            Spelling::Plain => Cow::Borrowed(self.raw),
            Spelling::Canonical | Spelling::Other => Cow::Owned(self.into()),
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

/// Empty.
impl Default for Text<'_> {
    fn default() -> Self {
        Self::new("", Spelling::Plain)
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// By what they say, however it is spelled.
impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        text.as_str().to_owned()
    }
}
