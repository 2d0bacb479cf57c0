//! Fields of answers, read leniently: providers differ in what they leave out and in what they write where a number or
//! a text belongs, and an answer is as good without a field that nobody can read.

use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A field that is as good as missing where it is of another type.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let given = Box::<RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(given.get()).unwrap_or_default())
}

/// A name; an empty one is none.
pub(crate) fn name<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    let given: Option<String> = lenient(deserializer)?;
    Ok(given.filter(|name| !name.trim().is_empty()))
}

/// A count: a whole number, one with a fraction (rounded), or a text that is one.
pub(crate) fn count<'de, D>(deserializer: D) -> Result<Option<u64>, D::Error>
where
    D: Deserializer<'de>,
{
    let given: Value = lenient(deserializer)?;
    Ok(counted(&given))
}

fn counted(given: &Value) -> Option<u64> {
    /// No count is larger.
    const MAX_COUNT: f64 = 1e15;
    if let Some(small) = given.as_u64().filter(|count| *count < u64::from(u32::MAX)) {
        return Some(small);
    }
    let number = match given {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let number = number.filter(|number: &f64| (0.0..MAX_COUNT).contains(number))?;
    // A whole number below 10^15 as it is written.
    format!("{:.0}", number.round()).parse().ok()
}

/// The text of a JSON string that may come in pieces: half of a character may stand at the end of one piece and the
/// other half at the beginning of the next.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SurrogateDecoder(Option<u16>);

impl SurrogateDecoder {
    /// The text of a JSON string; what else stands where a text belongs is taken as it was written, and nothing where
    /// nothing stands. Half a character without its other half, and U+0000, are U+FFFD: no text holds them.
    pub(crate) fn text(&mut self, json: &str) -> String {
        if json.is_empty() || json == "null" {
            return String::new();
        }
        let inner = json
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let Some(inner) = inner else {
            return json.to_owned();
        };
        let mut text = String::with_capacity(inner.len());
        let mut rest = inner.chars();
        while let Some(c) = rest.next() {
            if c != '\\' {
                self.lost(&mut text);
                push(&mut text, c);
                continue;
            }
            let escaped = match rest.next() {
                Some('u') => {
                    let digits = rest.as_str().get(..4).unwrap_or_default();
                    let unit = u16::from_str_radix(digits, 16).unwrap_or(0xfffd);
                    rest = rest.as_str().get(4..).unwrap_or_default().chars();
                    self.unit(&mut text, unit);
                    continue;
                }
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(other) => other,
                None => break,
            };
            self.lost(&mut text);
            push(&mut text, escaped);
        }
        text
    }

    /// What a half is that never found its other half.
    pub(crate) fn end(&mut self) -> &'static str {
        match self.0.take() {
            Some(_) => "\u{fffd}",
            None => "",
        }
    }

    fn lost(&mut self, text: &mut String) {
        text.push_str(self.end());
    }

    fn unit(&mut self, text: &mut String, unit: u16) {
        if let Some(first) = self.0.take() {
            let joined = char::decode_utf16([first, unit]).next();
            if let Some(Ok(whole)) = joined {
                text.push(whole);
                return;
            }
            text.push('\u{fffd}');
        }
        match char::decode_utf16([unit]).next() {
            Some(Ok(whole)) => push(text, whole),
            _ if (0xd800..0xdc00).contains(&unit) => self.0 = Some(unit),
            _ => text.push('\u{fffd}'),
        }
    }
}

fn push(text: &mut String, c: char) {
    text.push(if c == '\0' { '\u{fffd}' } else { c });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_count_is_a_number_however_it_is_written() {
        for (given, expected) in [
            (json!(61), Some(61)),
            (json!(61.0), Some(61)),
            (json!(60.6), Some(61)),
            (json!(" 61 "), Some(61)),
            (json!("61.0"), Some(61)),
            (json!(0), Some(0)),
            (json!(-1), None),
            (json!(1e300), None),
            (json!("many"), None),
            (json!(""), None),
            (json!(null), None),
            (json!({"total": 61}), None),
            (json!(true), None),
        ] {
            assert_eq!(counted(&given), expected, "{given}");
        }
    }

    #[test]
    fn a_text_in_pieces_is_that_in_one() {
        let mut halves = SurrogateDecoder::default();
        assert_eq!(halves.text(r#""fold \ud83d""#), "fold ");
        assert_eq!(halves.text(r#""\ude80\n\"""#), "🚀\n\"");
        assert_eq!(halves.text(r#""\ud83d\ude80 \u0041é""#), "🚀 Aé");
        assert_eq!(halves.end(), "");
    }

    #[test]
    fn what_no_text_holds_is_replaced() {
        let mut halves = SurrogateDecoder::default();
        assert_eq!(
            halves.text(r#""a\u0000b \ud83dx \ude80""#),
            "a\u{fffd}b \u{fffd}x \u{fffd}"
        );
        assert_eq!(halves.text(r#""\ud83d\ud83d\ude80""#), "\u{fffd}🚀");
        assert_eq!(halves.text(r#""half \ud83d""#), "half ");
        assert_eq!(halves.end(), "\u{fffd}");
    }

    #[test]
    fn what_is_no_string_is_as_it_was_written() {
        let mut halves = SurrogateDecoder::default();
        assert_eq!(halves.text(r#"{"score": 4}"#), r#"{"score": 4}"#);
        assert_eq!(
            (halves.text("null"), halves.text("")),
            (String::new(), String::new())
        );
    }
}
