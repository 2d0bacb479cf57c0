//! The filters. They differ from the engine's in that an absent value is an error in each, what they make of a text has
//! a bound, and so have all texts that they go through.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::{Kwargs, Object};
use minijinja::{Error, ErrorKind, State, Value, filters};

use super::MAX_RENDERED;

/// How many bytes the filters of a prompt may go through: some seconds at the worst.
const WORK: usize = 256 << 20;

/// In large letters.
pub(super) fn upper(state: &State<'_, '_>, text: Cow<'_, str>) -> Result<String, Error> {
    charge(state, text.len())?;
    Ok(text.to_uppercase())
}

/// In small letters.
pub(super) fn lower(state: &State<'_, '_>, text: Cow<'_, str>) -> Result<String, Error> {
    charge(state, text.len())?;
    Ok(text.to_lowercase())
}

/// With the first letter large and the others small.
pub(super) fn capitalize(state: &State<'_, '_>, text: Cow<'_, str>) -> Result<String, Error> {
    charge(state, text.len())?;
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let mut capitalized: String = first.into_iter().flatten().collect();
    capitalized.push_str(&letters.as_str().to_lowercase());
    Ok(capitalized)
}

/// With the first letter of each word large and the others small.
pub(super) fn title(state: &State<'_, '_>, text: Cow<'_, str>) -> Result<String, Error> {
    charge(state, text.len())?;
    Ok(filters::title(text))
}

/// Without blanks, or the given characters, at both ends.
pub(super) fn trim(
    state: &State<'_, '_>,
    text: Cow<'_, str>,
    characters: Option<Cow<'_, str>>,
) -> Result<String, Error> {
    charge(state, text.len())?;
    let trimmed = match characters {
        Some(characters) => {
            // Each character of the text may be compared with all of these.
            charge(state, text.len().saturating_mul(characters.len()))?;
            text.trim_matches(|letter| characters.contains(letter))
        }
        None => text.trim(),
    };
    Ok(trimmed.to_owned())
}

/// The first character or item.
pub(super) fn first(value: &Value) -> Result<Value, Error> {
    filters::first(there(value)?)
}

/// The last character or item.
pub(super) fn last(value: &Value) -> Result<Value, Error> {
    filters::last(there(value)?.clone())
}

/// The number of characters or items.
pub(super) fn length(state: &State<'_, '_>, value: &Value) -> Result<usize, Error> {
    charge(state, value.as_str().map_or(0, str::len))?;
    filters::length(there(value)?)
}

/// Puts one text in place of another wherever that occurs.
pub(super) fn replace(
    state: &State<'_, '_>,
    text: Cow<'_, str>,
    from: Cow<'_, str>,
    to: Cow<'_, str>,
) -> Result<String, Error> {
    charge(state, text.len().saturating_add(from.len()))?;
    let added = text.matches(from.as_ref()).count().saturating_mul(to.len());
    bounded(text.len().saturating_add(added))?;
    charge(state, added)?;
    Ok(text.replace(from.as_ref(), &to))
}

/// Puts blanks before the lines, but for the first and for empty ones unless that is asked for.
pub(super) fn indent(
    state: &State<'_, '_>,
    text: Cow<'_, str>,
    width: Option<usize>,
    first: Option<bool>,
    named: Kwargs,
) -> Result<String, Error> {
    let width = width.or(named.get("width")?).unwrap_or(4);
    let first = first.or(named.get("first")?).unwrap_or(false);
    let blank = named.get::<Option<bool>>("blank")?.unwrap_or(false);
    named.assert_all_used()?;
    charge(state, text.len())?;
    let lines = text.split('\n');
    let added = lines.clone().count().saturating_mul(width);
    bounded(text.len().saturating_add(added))?;
    charge(state, added)?;
    let margin = " ".repeat(width);
    let mut indented = String::new();
    for (number, line) in lines.enumerate() {
        if number > 0 {
            indented.push('\n');
        }
        let wanted = if number == 0 {
            first
        } else {
            blank || !line.is_empty()
        };
        if wanted {
            indented.push_str(&margin);
        }
        indented.push_str(line);
    }
    Ok(indented)
}

/// What the filters of this prompt have gone through.
#[derive(Debug, Default)]
struct Done(AtomicUsize);

impl Object for Done {}

fn charge(state: &State<'_, '_>, bytes: usize) -> Result<(), Error> {
    let done: Arc<Done> = state.get_or_set_temp_object("filtered", Done::default);
    let before = done.0.fetch_add(bytes.min(WORK), Ordering::Relaxed);
    if before.saturating_add(bytes) > WORK {
        return Err(ErrorKind::OutOfFuel.into());
    }
    Ok(())
}

fn there(value: &Value) -> Result<&Value, Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    Ok(value)
}

fn bounded(length: usize) -> Result<(), Error> {
    if length > MAX_RENDERED {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a filter makes a text longer than {MAX_RENDERED} bytes"),
        ));
    }
    Ok(())
}
