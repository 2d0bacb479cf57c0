//! `[judge]`: what a request is judged by when it does not say.

use super::section::section;

section! {
    /// What a request is judged by when it does not say.
    pub struct Judge in "judge" {
        /// The judge model used where a request and its rubric name none.
        scoring_model: String = "gpt-4o".to_owned(), usual "SCORING_MODEL", check |text: &String| name(text);
        /// The rubric used where a request names none: `name` or `name@version`.
        default_rubric: String = "general-quality".to_owned(), check |text: &String| rubric(text);
    }
}

pub(super) fn name(name: &str) -> Result<(), String> {
    if name.is_empty()
        || name.len() > 200
        || name.chars().any(|c| c.is_whitespace() || c.is_control())
    {
        Err(
            "empty, too long or with white space in it; expected a name of at most 200 bytes"
                .to_owned(),
        )
    } else {
        Ok(())
    }
}

fn rubric(name: &str) -> Result<(), String> {
    domain::rubric::parse_reference(name)
        .map(|_| ())
        .map_err(|problem| {
            format!("names no rubric ({problem}); expected `name` or `name@version`")
        })
}
