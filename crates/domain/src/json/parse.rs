//! The parser: one pass over bytes that are known to be UTF-8.

mod string;

use std::borrow::Cow;
use std::str;

use super::Json;
use super::plain::Specials;
use crate::fields::pointer_to;

/// How many arrays and objects may stand inside one another.
pub const MAX_DEPTH: usize = 128;

/// How many values one document may hold. A value takes many times the memory of the two bytes that it can be
/// written in; no real payload comes near this.
pub const MAX_VALUES: usize = 200_000;

/// Why a document was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The bytes are no UTF-8.
    #[error("the body is not valid UTF-8 at byte {offset}")]
    Encoding {
        /// Where the first invalid byte is.
        offset: usize,
    },
    /// The text is no JSON (or no I-JSON: lone surrogates; numbers with a fraction or an exponent beyond the range of a
    /// double).
    #[error("{problem} at byte {offset}")]
    Syntax {
        /// What is wrong there.
        problem: &'static str,
        /// Where, in bytes from the start.
        offset: usize,
    },
    /// An object has the same key twice.
    #[error("duplicate key")]
    DuplicateKey {
        /// JSON pointer (RFC 6901) to the member that stands twice.
        pointer: String,
    },
}

pub(super) fn document(bytes: &[u8]) -> Result<Json<'_>, ParseError> {
    let text = str::from_utf8(bytes).map_err(|error| ParseError::Encoding {
        offset: error.valid_up_to(),
    })?;
    let mut parser = Parser::of(text);
    parser.skip_space();
    let value = parser.value()?;
    parser.skip_space();
    if parser.at == bytes.len() {
        Ok(value)
    } else {
        Err(parser.wrong("unexpected text after the document"))
    }
}

/// One step of the way to the value that is being read, for the pointer of a duplicate key.
enum Step<'a> {
    Key(Cow<'a, str>),
    Index(usize),
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    specials: Specials<'a>,
    at: usize,
    path: Vec<Step<'a>>,
    values: usize,
}

/// The text of a string that was looked through before, from what stands between its quotes.
pub(super) fn unescaped(raw: &str) -> String {
    let mut parser = Parser::of(raw);
    let mut text = String::with_capacity(raw.len());
    loop {
        let plain = parser.at;
        parser.skip_plain();
        text.push_str(parser.slice(plain, parser.at));
        // It ends here, or goes on with a whole escape.
        match parser.peek().map(|_| parser.escape()) {
            Some(Ok((char, _))) => text.push(char),
            Some(Err(_)) | None => return text,
        }
    }
}

impl<'a> Parser<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            specials: Specials::of(text.as_bytes()),
            at: 0,
            path: Vec::new(),
            values: 0,
        }
    }

    fn wrong(&self, problem: &'static str) -> ParseError {
        ParseError::Syntax {
            problem,
            offset: self.at,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Json<'a>, ParseError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.wrong("more than 200000 values"));
        }
        match self.peek() {
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Json::Bool(true)),
            Some(b'f') => self.literal("false", Json::Bool(false)),
            Some(b'n') => self.literal("null", Json::Null),
            Some(_) => Err(self.wrong("expected a JSON value")),
            None => Err(self.wrong("unexpected end of the document")),
        }
    }

    fn literal(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, ParseError> {
        if self
            .bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(word.as_bytes()))
        {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.wrong("expected a JSON value"))
        }
    }

    fn enter(&mut self, step: Step<'a>) -> Result<(), ParseError> {
        if self.path.len() == MAX_DEPTH {
            return Err(self.wrong("nested deeper than 128 levels"));
        }
        self.path.push(step);
        Ok(())
    }

    fn array(&mut self) -> Result<Json<'a>, ParseError> {
        self.at += 1;
        self.skip_space();
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(items));
        }
        self.enter(Step::Index(0))?;
        loop {
            self.skip_space();
            if let Some(step) = self.path.last_mut() {
                *step = Step::Index(items.len());
            }
            items.push(self.value()?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.wrong("expected `,` or `]`")),
            }
        }
        self.at += 1;
        self.path.pop();
        Ok(Json::Array(items))
    }

    fn object(&mut self) -> Result<Json<'a>, ParseError> {
        self.at += 1;
        self.skip_space();
        let mut members: Vec<(Cow<'a, str>, Json<'a>)> = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        self.enter(Step::Index(0))?;
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("expected a key in double quotes"));
            }
            let key = self.string()?.into_cow();
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.wrong("expected `:`"));
            }
            self.at += 1;
            self.skip_space();
            if let Some(step) = self.path.last_mut() {
                *step = Step::Key(key.clone());
            }
            let value = self.value()?;
            members.push((key, value));
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.wrong("expected `,` or `}`")),
            }
        }
        self.at += 1;
        self.path.pop();
        match duplicate(&members) {
            Some(key) => Err(ParseError::DuplicateKey {
                pointer: pointer_to(&self.pointer(), key),
            }),
            None => Ok(Json::Object(members)),
        }
    }

    fn pointer(&self) -> String {
        self.path
            .iter()
            .fold(String::new(), |pointer, step| match step {
                Step::Key(key) => pointer_to(&pointer, key),
                Step::Index(index) => format!("{pointer}/{index}"),
            })
    }

    fn number(&mut self) -> Result<Json<'a>, ParseError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let mut integer = true;
        if self.peek() == Some(b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            integer = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let token = self.slice(start, self.at);
        if integer || token.parse::<f64>().is_ok_and(f64::is_finite) {
            Ok(Json::Number(token))
        } else {
            self.at = start;
            Err(self.wrong("a number beyond the range of a double"))
        }
    }

    fn digits(&mut self) -> Result<(), ParseError> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            Err(self.wrong("expected a digit"))
        } else {
            Ok(())
        }
    }

    /// The text between two offsets that are known to be character boundaries (both stand at ASCII bytes).
    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }
}

/// A key that stands twice, if any. Small objects are compared pair by pair, large ones are sorted.
fn duplicate<'m>(members: &'m [(Cow<'_, str>, Json<'_>)]) -> Option<&'m str> {
    if members.len() <= 16 {
        let twice = members
            .iter()
            .enumerate()
            .find(|(index, (key, _))| members.iter().take(*index).any(|(other, _)| other == key));
        return twice.map(|(_, (key, _))| key.as_ref());
    }
    let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_ref()).collect();
    keys.sort_unstable();
    keys.windows(2)
        .find(|pair| pair.first() == pair.last())
        .and_then(|pair| pair.first().copied())
}
