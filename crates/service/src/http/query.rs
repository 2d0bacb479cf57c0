//! Query strings.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::problem::{Problem, ProblemCode};

/// The parameters of a query string, in their order. Each stands once, and is text that a database can hold: UTF-8
/// without U+0000.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(pub Vec<(String, String)>);

impl Parameters {
    /// Reads a query string (`application/x-www-form-urlencoded`).
    ///
    /// # Errors
    /// 400 `invalid_query` that names the parameter.
    pub fn read(query: &[u8]) -> Result<Self, Problem> {
        let mut read: Vec<(String, String)> = Vec::new();
        for pair in query.split(|&byte| byte == b'&') {
            if pair.is_empty() {
                continue;
            }
            let mut sides = pair.splitn(2, |&byte| byte == b'=');
            let mut side = || decoded(sides.next().unwrap_or_default());
            let ((name, is_name), (value, is_value)) = (side(), side());
            let shown = String::from_utf8_lossy(&name).replace('\0', "\u{2400}");
            let (Some(name), Some(value)) = (text(name), text(value)) else {
                return Err(wrong(&shown, "must be UTF-8 without U+0000"));
            };
            if !(is_name && is_value) {
                return Err(wrong(
                    &shown,
                    "has a `%` that begins no escape; `%25` is the character itself",
                ));
            }
            if read.iter().any(|(other, _)| *other == name) {
                return Err(wrong(&shown, "is given more than once"));
            }
            read.push((name, value));
        }
        Ok(Self(read))
    }
}

impl FromRequest for Parameters {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request.query_string().as_bytes()))
    }
}

/// A parameter that cannot be meant.
pub fn wrong(name: &str, problem: &str) -> Problem {
    Problem::new(ProblemCode::InvalidQuery).with_detail(format!("`{name}` {problem}"))
}

fn text(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

/// Without its escapes, and whether all of them are some. Half an escape stands for itself.
fn decoded(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut is_whole = true;
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(match (byte, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, behind @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    rest = behind;
                    high << 4 | low
                }
                _ => {
                    is_whole = false;
                    byte
                }
            },
            (b'%', _) => {
                is_whole = false;
                byte
            }
            _ => byte,
        });
    }
    (bytes, is_whole)
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[u8]) -> Result<Vec<(String, String)>, String> {
        let read = Parameters::read(query);
        read.map(|read| read.0)
            .map_err(|problem| problem.to_string())
    }

    #[test]
    fn parameters_are_read_in_their_order() {
        let expected = [
            ("b", "1 2"),
            ("a", ""),
            ("c", "x=y"),
            ("é", "%zz"),
            ("", ""),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let found = read(b"b=1+2&&a&c=x=y&%C3%A9=%25zz&=").unwrap();
        assert_eq!(found, expected);
        assert_eq!(read(b"").unwrap(), []);
    }

    #[test]
    fn what_no_database_holds_and_what_stands_twice_is_refused_with_its_name() {
        for (query, name) in [
            (&b"a=1&b=2&a=1"[..], "`a`"),
            (b"a=1&%61=2", "`a`"),
            (b"metadata.k=1&metadata.k=2", "`metadata.k`"),
            (b"a=%00", "`a`"),
            (b"a%00=1", "`a\u{2400}`"),
            (b"a=%ff", "`a`"),
            (b"a=\xff", "`a`"),
            (b"metadata.a=%zz", "`metadata.a`"),
            (b"a=1%", "`a`"),
            (b"a=%4", "`a`"),
            (b"a%zz=1", "`a%zz`"),
            (b"%C3=1", "`\u{fffd}`"),
        ] {
            let problem = read(query).unwrap_err();
            assert!(problem.contains(name), "{query:?}: {problem}");
        }
    }
}
