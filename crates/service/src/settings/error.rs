//! The one line that a wrong setting ends in.

use std::fmt;

/// A setting that cannot be used.
///
/// Displays as one line: the variable (or `FILE: key`), what is wrong and what is expected. Never
/// holds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    place: String,
    problem: String,
}

impl SettingsError {
    /// An error at a variable or at a key of a file.
    pub fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
        }
    }

    /// The variable, or `FILE: key`, at fault.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whatever a file name or a parser's message holds, the line stays one line.
        let line = format!("{}: {}", self.place, self.problem);
        for c in line.chars() {
            let shown = if c.is_control() { ' ' } else { c };
            fmt::Write::write_char(f, shown)?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsError {}
