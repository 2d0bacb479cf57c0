//! The probabilities of a reply's tokens.

use judging::{Answer, Token};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Alternatives below this, about 1 in 22,000, decide nothing and would be most of a row.
const MIN_LOGPROB: f64 = -10.0;

/// How far above 0 a logarithm may be by rounding alone.
const ROUNDING: f64 = 1e-3;

#[derive(Debug, Deserialize)]
struct Logprobs<'g> {
    #[serde(borrow, default)]
    content: Option<Vec<Entry<'g>>>,
}

/// A token; its alternatives are of the same form and have none themselves.
#[derive(Debug, Deserialize)]
struct Entry<'g> {
    token: String,
    /// Not a number yet: impossible tokens have `null`, words or what no `f64` holds.
    #[serde(borrow, default)]
    logprob: Option<&'g RawValue>,
    #[serde(default)]
    bytes: Option<Vec<u8>>,
    #[serde(borrow, default)]
    top_logprobs: Option<Vec<Entry<'g>>>,
}

/// The tokens of an answer's text, from the `logprobs` of a chat completion: one, or that of each chunk.
pub(crate) fn of_chat(given: &[Box<RawValue>], answer: &Answer) -> Option<Vec<Token>> {
    let mut entries = Vec::new();
    for part in given {
        let part: Logprobs<'_> = serde_json::from_str(part.get()).ok()?;
        entries.extend(part.content.unwrap_or_default());
    }
    of_text(&entries, answer)
}

/// The tokens of an answer's text, from the `logprobs` of a part of a response: a list.
pub(crate) fn of_response(given: &RawValue, answer: &Answer) -> Option<Vec<Token>> {
    let entries: Vec<Entry<'_>> = serde_json::from_str(given.get()).ok()?;
    of_text(&entries, answer)
}

/// `None` when there are none, or when they are not exactly this text: some servers put reasoning before it, and then
/// nobody knows which token is which.
fn of_text(entries: &[Entry<'_>], answer: &Answer) -> Option<Vec<Token>> {
    let Answer::Text { text, .. } = answer else {
        return None;
    };
    if entries.is_empty() {
        return None;
    }
    // Some servers give bytes that are not those of the text, but of their vocabulary.
    [Spelling::Bytes, Spelling::Text]
        .into_iter()
        .filter_map(|spelling| tokens(entries, spelling))
        .find(|tokens| joined(tokens) == *text)
}

fn joined(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect()
}

/// What the text of a token is taken from.
#[derive(Clone, Copy, PartialEq)]
enum Spelling {
    /// Its bytes where it has them: a part of a character cannot be written as text.
    Bytes,
    Text,
}

impl Entry<'_> {
    fn bytes(&self, spelling: Spelling) -> &[u8] {
        match &self.bytes {
            Some(bytes) if spelling == Spelling::Bytes => bytes,
            _ => self.token.as_bytes(),
        }
    }

    fn text(&self, spelling: Spelling) -> &str {
        str::from_utf8(self.bytes(spelling)).unwrap_or(&self.token)
    }

    /// Whether its probabilities may be those of one place: none above 1, and no token twice.
    fn is_plausible(&self) -> bool {
        let others = self.top_logprobs.as_deref().unwrap_or_default();
        let is_above = |each: &Self| each.logprob().is_some_and(|it| it > ROUNDING);
        // Parts of characters are written alike.
        let is_whole = |each: &Self| !each.token.is_empty() && !each.token.contains('\u{fffd}');
        let is_twice = |(at, each): (usize, &Self)| {
            let mut before = others.iter().take(at);
            is_whole(each)
                && before.any(|other| other.token == each.token && other.bytes == each.bytes)
        };
        !is_above(self) && !others.iter().any(is_above) && !others.iter().enumerate().any(is_twice)
    }

    /// The logarithm of its probability, where it is one.
    fn logprob(&self) -> Option<f64> {
        let number = self.logprob?.get().parse::<f64>().ok()?;
        number.is_finite().then_some(number)
    }
}

/// The tokens, those that only together make whole characters as one.
fn tokens(entries: &[Entry<'_>], spelling: Spelling) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut bytes: Vec<u8> = Vec::new();
    let mut parts: Vec<&Entry<'_>> = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(entry.bytes(spelling));
        parts.push(entry);
        let Ok(text) = str::from_utf8(&bytes) else {
            continue;
        };
        tokens.push(Token {
            alternatives: alternatives(&parts, text, spelling),
            text: text.to_owned(),
        });
        bytes.clear();
        parts.clear();
    }
    parts.is_empty().then_some(tokens)
}

fn alternatives(parts: &[&Entry<'_>], text: &str, spelling: Spelling) -> Vec<(String, f64)> {
    let [entry] = parts else {
        // What else might have stood for a part of a character says nothing about the whole.
        let whole: Option<f64> = parts.iter().map(|part| part.logprob()).sum();
        return whole
            .into_iter()
            .map(|logprob| (text.to_owned(), logprob))
            .collect();
    };
    if !entry.is_plausible() {
        return Vec::new();
    }
    let mut chosen = entry.logprob();
    let mut alternatives = Vec::new();
    for other in entry.top_logprobs.iter().flatten() {
        let own = other.text(spelling) == text;
        if let Some(logprob) = other.logprob()
            && (own || logprob >= MIN_LOGPROB)
        {
            alternatives.push((other.text(spelling).to_owned(), logprob));
            if own {
                chosen = None;
            }
        }
    }
    // It may be none of the most probable ones.
    alternatives.extend(chosen.map(|logprob| (text.to_owned(), logprob)));
    alternatives
}

#[cfg(test)]
mod tests;
