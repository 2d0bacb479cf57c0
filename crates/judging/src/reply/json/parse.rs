//! The reader.

use std::borrow::Cow;

use domain::plan::ReaderVersion;

use super::{Node, Value, string};

/// How many arrays and objects may stand inside one another.
const MAX_DEPTH: usize = 64;

/// How many values one object may hold: far more than a verdict on fifty criteria has, and few enough to compare each
/// key with each.
const MAX_VALUES: usize = 5_000;

/// Why a text is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::reply) struct Problem {
    /// What is wrong, without the place.
    pub(in crate::reply) what: String,
    /// Where, in bytes of the whole text.
    pub(in crate::reply) at: usize,
    /// What sort of thing it is.
    pub(in crate::reply) kind: ProblemKind,
}

/// The sorts of what can be wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::reply) enum ProblemKind {
    /// An object has one key twice.
    DuplicateKey,
    /// The text ends before the value does.
    Unfinished,
    /// It is not JSON.
    Malformed,
}

/// Reads the value that begins at `from` and ends before `to`, both in bytes of `text`. Returns it with the place
/// behind it.
pub(in crate::reply) fn value(
    text: &str,
    rules: ReaderVersion,
    from: usize,
    to: usize,
) -> Result<(Node<'_>, usize), Problem> {
    let mut reader = Reader::new(text, rules, from, to);
    reader.space()?;
    let node = reader.value()?;
    Ok((node, reader.at))
}

/// The comments before and within the value that begins at `from`, with their marks.
pub(in crate::reply) fn comments(
    text: &str,
    rules: ReaderVersion,
    from: usize,
    to: usize,
) -> Vec<&str> {
    let mut reader = Reader::new(text, rules, from, to);
    let read = reader.space().and_then(|()| reader.value());
    match read {
        Ok(_) => reader.comments,
        Err(_) => Vec::new(),
    }
}

struct Reader<'t> {
    text: &'t str,
    rules: ReaderVersion,
    at: usize,
    depth: usize,
    values: usize,
    comments: Vec<&'t str>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, rules: ReaderVersion, from: usize, to: usize) -> Self {
        Self {
            text: text.get(..to).unwrap_or_default(),
            rules,
            at: from,
            depth: 0,
            values: 0,
            comments: Vec::new(),
        }
    }

    fn wrong(&self, what: impl Into<String>) -> Problem {
        Problem {
            what: what.into(),
            at: self.at,
            kind: if self.at >= self.text.len() {
                ProblemKind::Unfinished
            } else {
                ProblemKind::Malformed
            },
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips blanks and comments.
    fn space(&mut self) -> Result<(), Problem> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            let rest = self.rest();
            let end = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                let Some(end) = rest.find("*/") else {
                    self.at = self.text.len();
                    return Err(self.wrong("a comment without its end"));
                };
                end + "*/".len()
            } else {
                return Ok(());
            };
            self.comments.extend(rest.get(..end));
            self.at += end;
        }
    }

    fn value(&mut self) -> Result<Node<'t>, Problem> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.wrong("too many values"));
        }
        match self.peek() {
            Some(b'"' | b'\'') => {
                let (text, at) = self.string()?;
                Ok(Node {
                    at: Some(at),
                    value: Value::Text(text),
                })
            }
            Some(b'{') => self.within(Self::object),
            Some(b'[') => self.within(Self::array),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err(self.wrong("unexpected end")),
        }
    }

    fn word(&mut self) -> Result<Node<'t>, Problem> {
        let rest = self.rest();
        let end = rest
            .find(|each: char| !each.is_alphanumeric() && each != '_')
            .unwrap_or(rest.len());
        let value = match rest.get(..end).unwrap_or_default() {
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            "null" | "None" => Value::Null,
            _ => return Err(self.wrong("expected a JSON value")),
        };
        self.at += end;
        Ok(Node {
            at: Some(self.at - end..self.at),
            value,
        })
    }

    /// Reads what stands between brackets.
    fn within(
        &mut self,
        inside: fn(&mut Self) -> Result<Value<'t>, Problem>,
    ) -> Result<Node<'t>, Problem> {
        if self.depth == MAX_DEPTH {
            return Err(self.wrong("nested too deep"));
        }
        self.depth += 1;
        let start = self.at;
        self.at += 1;
        let value = inside(self)?;
        self.depth -= 1;
        Ok(Node {
            at: Some(start..self.at),
            value,
        })
    }

    /// Whether a list of things goes on, after each of them: `,` or the closing bracket, or both.
    fn goes_on(&mut self, close: u8, first: bool) -> Result<bool, Problem> {
        self.space()?;
        if !first && self.peek() == Some(b',') {
            self.at += 1;
            self.space()?;
        } else if !first && self.peek() != Some(close) {
            return Err(self.wrong(format!("expected `,` or `{}`", char::from(close))));
        }
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        Ok(true)
    }

    fn array(&mut self) -> Result<Value<'t>, Problem> {
        let mut items = Vec::new();
        while self.goes_on(b']', items.is_empty())? {
            items.push(self.value()?);
        }
        Ok(Value::List(items))
    }

    fn object(&mut self) -> Result<Value<'t>, Problem> {
        let mut members: Vec<(Cow<'t, str>, Node<'t>)> = Vec::new();
        while self.goes_on(b'}', members.is_empty())? {
            if !matches!(self.peek(), Some(b'"' | b'\'')) {
                return Err(self.wrong("expected a key in quotes"));
            }
            let start = self.at;
            let (key, _) = self.string()?;
            self.space()?;
            if self.peek() != Some(b':') {
                return Err(self.wrong("expected `:`"));
            }
            self.at += 1;
            self.space()?;
            let value = self.value()?;
            if members.iter().any(|(other, _)| *other == key) {
                self.at = start;
                return Err(Problem {
                    what: format!("the key `{key}` twice"),
                    at: self.at,
                    kind: ProblemKind::DuplicateKey,
                });
            }
            members.push((key, value));
        }
        Ok(Value::Map(members))
    }

    fn string(&mut self) -> Result<string::Found<'t>, Problem> {
        match string::read(self.text, self.rules, self.at) {
            Ok((found, end)) => {
                self.at = end;
                Ok(found)
            }
            Err((what, at)) => {
                self.at = at;
                Err(self.wrong(what))
            }
        }
    }

    fn number(&mut self) -> Result<Node<'t>, Problem> {
        let rest = self.rest();
        let end = rest
            .find(|each: char| !matches!(each, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
            .unwrap_or(rest.len());
        let token = rest.get(..end).unwrap_or_default();
        if !is_number(token) {
            return Err(self.wrong("expected a JSON value"));
        }
        self.at += end;
        Ok(Node {
            at: Some(self.at - end..self.at),
            value: Value::Number(token),
        })
    }
}

/// Whether a token is a number as JSON writes it, and one that a double holds.
fn is_number(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    let begins_well = match digits.as_bytes() {
        [b'0'] => true,
        [b'0', next, ..] => !next.is_ascii_digit(),
        [first, ..] => first.is_ascii_digit(),
        [] => false,
    };
    // Rust's own grammar forbids the rest but for a point without digits around it.
    begins_well
        && !token.ends_with('.')
        && !token.contains(".e")
        && !token.contains(".E")
        && token.parse::<f64>().is_ok_and(f64::is_finite)
}
