//! Colours, and everything that goes to the terminal.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};

/// ANSI colours, or nothing where they are not wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// Coloured on a terminal, unless `NO_COLOR` is set to anything (no-color.org) or the terminal is dumb.
    pub(crate) fn for_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self {
            on: stdout().is_terminal() && !refused && !dumb,
        }
    }

    /// No colours.
    #[cfg(test)]
    pub(crate) const OFF: Self = Self { on: false };

    fn code(self, code: &str, text: impl Display) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }

    pub(crate) fn bold(self, text: impl Display) -> String {
        self.code("1", text)
    }

    pub(crate) fn dim(self, text: impl Display) -> String {
        self.code("2", text)
    }

    pub(crate) fn red(self, text: impl Display) -> String {
        self.code("31", text)
    }

    pub(crate) fn green(self, text: impl Display) -> String {
        self.code("32", text)
    }

    pub(crate) fn yellow(self, text: impl Display) -> String {
        self.code("33", text)
    }

    /// One of six colours, the same for the same number.
    pub(crate) fn numbered(self, number: usize, text: impl Display) -> String {
        let code = ["36", "35", "34", "32", "33", "96"]
            .get(number % 6)
            .copied()
            .unwrap_or("0");
        self.code(code, text)
    }
}

/// Writes a line to standard output. A reader that has gone away (`| head`) is no reason to leave servers behind,
/// which the panic of `println!` would be.
pub(crate) fn say(line: impl Display) {
    drop(writeln!(stdout().lock(), "{line}"));
}

/// Writes an error with its causes to standard error.
pub(crate) fn complain(error: &anyhow::Error) {
    drop(writeln!(stderr().lock(), "error: {error:#}"));
}

/// How wide text may be: the terminal, but not so wide that it is hard to read.
pub(crate) fn width() -> usize {
    let (_rows, columns) = console::Term::stdout().size();
    usize::from(columns).clamp(40, 100)
}
