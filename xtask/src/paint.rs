//! Colours, and everything that goes to the terminal.

use std::fmt::Display;
use std::io::{Write as _, stderr, stdout};

use console::Style;

/// ANSI colours, or nothing where they are not wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// Coloured on a terminal, unless `NO_COLOR` is set to anything (no-color.org) or the terminal is dumb.
    pub(crate) fn for_stdout() -> Self {
        Self {
            on: console::colors_enabled(),
        }
    }

    /// No colours.
    #[cfg(test)]
    pub(crate) const OFF: Self = Self { on: false };

    fn styled(self, style: Style, text: impl Display) -> String {
        style.force_styling(self.on).apply_to(text).to_string()
    }

    pub(crate) fn bold(self, text: impl Display) -> String {
        self.styled(Style::new().bold(), text)
    }

    pub(crate) fn dim(self, text: impl Display) -> String {
        self.styled(Style::new().dim(), text)
    }

    pub(crate) fn red(self, text: impl Display) -> String {
        self.styled(Style::new().red(), text)
    }

    pub(crate) fn green(self, text: impl Display) -> String {
        self.styled(Style::new().green(), text)
    }

    pub(crate) fn yellow(self, text: impl Display) -> String {
        self.styled(Style::new().yellow(), text)
    }

    /// One of five colours, the same for the same number.
    pub(crate) fn numbered(self, number: usize, text: impl Display) -> String {
        let style = Style::new();
        let style = match number % 5 {
            0 => style.cyan(),
            1 => style.magenta(),
            2 => style.blue(),
            3 => style.green(),
            _ => style.yellow(),
        };
        self.styled(style, text)
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
