//! Text that fits.

use console::measure_text_width;

/// Breaks text into lines of at most `width` columns, each begun with `indent`. A word that is longer is cut up.
pub(crate) fn wrap(text: &str, width: usize, indent: &str) -> String {
    let room = width.saturating_sub(measure_text_width(indent)).max(10);
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.trim().lines() {
        let mut line = String::new();
        for word in paragraph
            .split_whitespace()
            .flat_map(|word| pieces(word, room))
        {
            if line.is_empty() {
                line = word;
            } else if measure_text_width(&line) + 1 + measure_text_width(&word) <= room {
                line.push(' ');
                line.push_str(&word);
            } else {
                lines.push(std::mem::replace(&mut line, word));
            }
        }
        lines.push(line);
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("{indent}{line}").trim_end().to_owned())
        .collect();
    lines.join("\n")
}

/// At most `width` columns, with an ellipsis where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    console::truncate_str(text, width, "…").into_owned()
}

fn pieces(word: &str, room: usize) -> Vec<String> {
    if measure_text_width(word) <= room {
        return vec![word.to_owned()];
    }
    let mut pieces = vec![String::new()];
    for character in word.chars() {
        let full = pieces.last().is_some_and(|piece| {
            measure_text_width(piece) + measure_text_width(character.encode_utf8(&mut [0; 4]))
                > room
        });
        if full {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(character);
        }
    }
    pieces
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
