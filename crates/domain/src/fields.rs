//! Strict reading of JSON objects: every error with its place, every unknown field refused.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::{Json, Text};

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) to the field.
    pub pointer: String,
    /// One sentence for the person who sent it.
    pub message: String,
}

/// All that was found wrong so far. More than [`Errors::MAX_ERRORS`] are not collected.
#[derive(Debug, Default)]
pub struct Errors {
    found: Vec<FieldError>,
    is_accepted: bool,
}

impl Errors {
    /// How many errors one answer names at most.
    pub const MAX_ERRORS: usize = 20;

    /// For reading once more what was accepted, maybe by a release that refused less.
    #[must_use]
    pub fn of_accepted() -> Self {
        Self {
            is_accepted: true,
            ..Self::default()
        }
    }

    /// Notes what is refused of a new request and can be followed in one that was accepted before there was this rule.
    pub fn add_at_intake(&mut self, pointer: &str, message: impl Into<String>) {
        if !self.is_accepted {
            self.add(pointer, message);
        }
    }

    /// Notes one error.
    pub fn add(&mut self, pointer: &str, message: impl Into<String>) {
        if self.found.len() < Self::MAX_ERRORS {
            self.found.push(FieldError {
                pointer: pointer.to_owned(),
                message: message.into(),
            });
        }
    }

    /// Whether nothing was wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The errors, in the order in which they were found.
    #[must_use]
    pub fn into_vec(self) -> Vec<FieldError> {
        self.found
    }
}

/// The pointer to a member of the value at `parent` (RFC 6901 §3: `~` and `/` are escaped).
#[must_use]
pub fn pointer_to(parent: &str, key: &str) -> String {
    format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// An object whose fields are taken one by one; what is left at the end is unknown.
#[derive(Debug)]
pub struct Fields<'j, 'a> {
    members: &'j [(Cow<'a, str>, Json<'a>)],
    pointer: String,
    known: Vec<&'static str>,
}

impl<'j, 'a> Fields<'j, 'a> {
    /// Starts reading the object at a pointer; notes an error when it is none.
    pub fn of(value: &'j Json<'a>, pointer: &str, errors: &mut Errors) -> Option<Self> {
        match value {
            Json::Object(members) => Some(Self {
                members,
                pointer: pointer.to_owned(),
                known: Vec::new(),
            }),
            other => {
                errors.add(
                    pointer,
                    format!("expected an object, found {}", other.kind()),
                );
                None
            }
        }
    }

    /// The pointer to one of its fields.
    #[must_use]
    pub fn pointer(&self, key: &str) -> String {
        pointer_to(&self.pointer, key)
    }

    /// An optional field; `null` counts as absent.
    pub fn take(&mut self, key: &'static str) -> Option<&'j Json<'a>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        let (_, value) = self.members.iter().find(|(name, _)| name == key)?;
        if matches!(value, Json::Null) {
            None
        } else {
            Some(value)
        }
    }

    /// A field that must be there.
    pub fn require(&mut self, key: &'static str, errors: &mut Errors) -> Option<&'j Json<'a>> {
        let value = self.take(key);
        if value.is_none() {
            errors.add(&self.pointer(key), "is required");
        }
        value
    }

    /// An optional string.
    pub fn text(&mut self, key: &'static str, errors: &mut Errors) -> Option<Text<'a>> {
        match self.take(key)? {
            Json::String(text) => Some(text.clone()),
            other => {
                errors.add(
                    &self.pointer(key),
                    format!("expected a string, found {}", other.kind()),
                );
                None
            }
        }
    }

    /// An optional string that is stored in a row of its own or shown in lists: not empty, bounded, no NUL.
    pub fn short_text(
        &mut self,
        key: &'static str,
        most: usize,
        errors: &mut Errors,
    ) -> Option<Text<'a>> {
        let text = self.text(key, errors)?;
        match short_text_problem(&text, most) {
            None => Some(text),
            Some(problem) => {
                errors.add(&self.pointer(key), problem);
                None
            }
        }
    }

    /// An optional text of one line, such as a name: as [`Fields::short_text`], and nothing that breaks a line or steers a
    /// terminal, since it is shown in lists, logs and headers.
    pub fn line(
        &mut self,
        key: &'static str,
        most: usize,
        errors: &mut Errors,
    ) -> Option<Text<'a>> {
        let text = self.short_text(key, most, errors)?;
        if let Some(problem) = name_problem(&text) {
            errors.add_at_intake(&self.pointer(key), problem);
        }
        Some(text)
    }

    /// An optional number in a closed range.
    pub fn number(
        &mut self,
        key: &'static str,
        range: (f64, f64),
        errors: &mut Errors,
    ) -> Option<f64> {
        let value = self.take(key)?;
        match as_number(value) {
            Ok(number) if (range.0..=range.1).contains(&number) => Some(number),
            Ok(number) => {
                errors.add(
                    &self.pointer(key),
                    format!("must be between {} and {}, not {number}", range.0, range.1),
                );
                None
            }
            Err(problem) => {
                errors.add(&self.pointer(key), problem);
                None
            }
        }
    }

    /// An optional truth.
    pub fn boolean(&mut self, key: &'static str, errors: &mut Errors) -> Option<bool> {
        match self.take(key)? {
            Json::Bool(truth) => Some(*truth),
            other => {
                errors.add(
                    &self.pointer(key),
                    format!("expected true or false, found {}", other.kind()),
                );
                None
            }
        }
    }

    /// An optional whole number in a closed range.
    pub fn integer(
        &mut self,
        key: &'static str,
        range: (u32, u32),
        errors: &mut Errors,
    ) -> Option<u32> {
        let number = self.number(key, (f64::from(range.0), f64::from(range.1)), errors)?;
        if number.fract() == 0.0 {
            // In range of two u32, so the conversion is exact.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "checked just above"
            )]
            return Some(number as u32);
        }
        errors.add(&self.pointer(key), "must be a whole number");
        None
    }

    /// Ends the reading: every field that nobody asked for is an error.
    pub fn finish(self, errors: &mut Errors) {
        for (name, _) in self.members {
            if !self.known.contains(&name.as_ref()) {
                errors.add(
                    &self.pointer(name),
                    format!("unknown field; known here: {}", self.known.join(", ")),
                );
            }
        }
    }
}

/// A finite number.
///
/// # Errors
/// A sentence that says what was found instead.
pub fn as_number(value: &Json<'_>) -> Result<f64, String> {
    let number = match value {
        Json::Number(token) => token
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite()),
        other => return Err(format!("expected a number, found {}", other.kind())),
    };
    number.ok_or_else(|| "is beyond the range of a double".to_owned())
}

/// What keeps a text from being one line.
#[must_use]
pub fn line_problem(text: &str) -> Option<String> {
    let breaks = |each: char| each.is_control() || matches!(each, '\u{2028}' | '\u{2029}');
    let character = text.chars().find(|each| breaks(*each))?;
    Some(format!(
        "must not contain line breaks or control characters, has U+{:04X}",
        u32::from(character)
    ))
}

/// What keeps a text from being a name of one line. Two that look alike must be the same: a blank at an end, or one that
/// is none of the usual, is there by mistake.
#[must_use]
pub fn name_problem(text: &str) -> Option<String> {
    if let Some(problem) = line_problem(text) {
        return Some(problem);
    }
    let is_odd = |each: char| each.is_whitespace() && each != ' ';
    if let Some(blank) = text.chars().find(|each| is_odd(*each)) {
        let code = u32::from(blank);
        return Some(format!(
            "must not contain blanks other than U+0020, has U+{code:04X}"
        ));
    }
    (text.trim() != text).then(|| "must not begin or end with a blank".to_owned())
}

/// What keeps a text from being stored in a row of its own, if anything.
#[must_use]
pub fn short_text_problem(text: &str, most: usize) -> Option<String> {
    if text.is_empty() {
        Some("must not be empty".to_owned())
    } else if text.len() > most {
        Some(format!("must be at most {most} bytes, is {}", text.len()))
    } else if text.contains('\0') {
        Some("must not contain U+0000".to_owned())
    } else {
        None
    }
}
