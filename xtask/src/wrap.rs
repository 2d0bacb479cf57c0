//! Text that fits.

use console::measure_text_width;
use textwrap::{Options, WrapAlgorithm};

/// Breaks text into lines of at most `width` columns, each begun with `indent`. A word that is longer is cut up.
pub(crate) fn wrap(text: &str, width: usize, indent: &str) -> String {
    let room = width.max(measure_text_width(indent) + 10);
    let options = Options::new(room)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::fill(text.trim(), options)
}

/// At most `width` columns, with an ellipsis where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "…").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_asked() {
        let text = "The function sorts a copy, which is right.\n\nAveryverylongwordwithoutanyspaceinit, 日本語のテキスト.";
        let wrapped = wrap(text, 20, "  ");
        for line in wrapped.lines() {
            assert!(
                measure_text_width(line) <= 20 && (line.is_empty() || line.starts_with("  ")),
                "{line:?}"
            );
        }
        let letters = |text: &str| {
            text.chars()
                .filter(|c| !c.is_whitespace())
                .collect::<String>()
        };
        assert_eq!(letters(&wrapped), letters(text), "nothing is lost");
    }

    #[test]
    fn a_cut_text_says_so() {
        assert_eq!(cut("short", 10), "short");
        assert_eq!(cut("a long title", 6), "a lon…");
    }
}
