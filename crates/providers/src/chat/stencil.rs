//! What the events of a stream have in common.
//!
//! Most events differ from the one before in the text that they add and in nothing else. So what was found in one holds for the
//! next, and only its text is read: to read all of each again takes twenty times as long.

use serde_json::value::RawValue;

/// The key of the text in a message.
const KEY: &str = r#""content""#;

/// An event without its text.
#[derive(Debug)]
pub(super) struct Stencil {
    before: String,
    behind: String,
}

impl Stencil {
    /// Of an event whose only text is `text`; `None` where it may stand elsewhere.
    pub(super) fn of(event: &str, text: &RawValue) -> Option<Self> {
        let (before, rest) = event.split_once(KEY)?;
        let is_only = !rest.contains(KEY);
        let value = rest.trim_start().strip_prefix(':')?.trim_start();
        let joint = rest.get(..rest.len() - value.len())?;
        let behind = value.strip_prefix(text.get())?;
        // A key may be written in escapes, and then this is another one.
        let has_escapes = before.contains('\\') || behind.contains('\\');
        (is_only && !has_escapes && text.get().starts_with('"')).then(|| Self {
            before: format!("{before}{KEY}{joint}"),
            behind: behind.to_owned(),
        })
    }

    /// The JSON string of the text of an event that differs in nothing else.
    pub(super) fn text(&self, event: &str) -> Option<Box<RawValue>> {
        let text = event.strip_prefix(self.before.as_str())?;
        let text = text.strip_suffix(self.behind.as_str())?;
        let is_string = text.starts_with('"');
        // Blanks around it are none of the text.
        (is_string && text.ends_with('"'))
            .then(|| serde_json::from_str(text).ok())
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn only_the_text_may_differ() {
        let event = |text: &str| format!(r#"{{"a":1,"delta":{{"content": {text}}},"b":null}}"#);
        let stencil = Stencil::of(&event(r#""x""#), &raw(r#""x""#)).unwrap();
        for text in [r#""""#, r#""a \"content\": \ud83d""#, r#""}""#] {
            let found = stencil.text(&event(text));
            assert_eq!(found.unwrap().get(), text);
        }
        for other in [
            event("null"),
            event("7"),
            event(r#""a","content":"b""#),
            event(r#""\x""#),
            event(r#""a"#),
            event(r#""x""#).replace("null", "1"),
            event(r#""x""#).replace('1', "2"),
            r#"{"a":1,"delta":{"content": "},"b":null}"#.to_owned(),
        ] {
            assert!(stencil.text(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_text_that_may_be_another_has_none() {
        for event in [
            r#"{"content":"x","delta":{"content":"x"}}"#,
            r#"{"delta":{"c\u006fntent":"x"},"content":"x"}"#,
            r#"{"content":"x","delta":{"content" : "x"}}"#,
        ] {
            assert!(Stencil::of(event, &raw(r#""x""#)).is_none(), "{event}");
        }
    }
}
