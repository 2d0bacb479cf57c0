//! Exit codes, and the environment that is read at the beginning.

use std::{io::Write as _, process::ExitCode};

/// `EX_USAGE`: a setting is wrong, another start will not help.
pub(super) const USAGE: u8 = 64;
/// A second signal.
pub(super) const INTERRUPTED: i32 = 130;

/// Ends before there are logs: one line on standard error.
pub(super) fn early(code: u8, line: &dyn std::fmt::Display) -> ExitCode {
    // Nothing is left to be done when standard error is closed.
    drop(writeln!(std::io::stderr(), "{line}"));
    ExitCode::from(code)
}

/// The environment; what is not UTF-8 is none of ours, and made readable for the error otherwise.
pub(super) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        let name = name.to_string_lossy().into_owned();
        (name, value.to_string_lossy().into_owned())
    })
}
