//! Names that clients give to things: rubrics, criteria.

/// The longest name, in characters.
pub const MAX_NAME: usize = 64;

/// Whether a text can name a rubric: letters, digits, `-`, `_`, `.`; it starts with a letter or digit.
#[must_use]
pub fn is_rubric_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || matches!(each, '-' | '_' | '.'))
}

/// Whether a text can name a criterion: 1 to 64 characters, none of them a control character or a quote.
#[must_use]
pub fn is_criterion_name(text: &str) -> bool {
    !text.trim().is_empty()
        && text.chars().count() <= MAX_NAME
        && !text.chars().any(|each| each.is_control() || each == '"')
}
