//! Something like a tokenizer: enough for chunks, logprobs and usage to look right.

/// Tokens in a text of that many bytes.
pub(crate) fn count(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX)
}

/// The longest start of the text within that many bytes.
pub(crate) fn clip(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    Letter,
    Digit,
    Space,
    Mark,
}

impl Class {
    fn of(character: char) -> Self {
        if character.is_alphabetic() || character == '_' {
            Self::Letter
        } else if character.is_ascii_digit() {
            Self::Digit
        } else if character.is_whitespace() {
            Self::Space
        } else {
            Self::Mark
        }
    }

    /// Characters of this class in one token.
    const fn longest(self) -> usize {
        match self {
            Self::Letter => 10,
            Self::Digit | Self::Mark => 3,
            Self::Space => 8,
        }
    }
}

/// Cuts a text into tokens which joined together give the text. A number up to three digits is
/// one token without the space before it, as in current tokenizers: judges read scores there.
pub(crate) fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut last: Option<(Class, usize)> = None;
    for character in text.chars() {
        let class = Class::of(character);
        let joins = match last {
            Some((Class::Space, 1)) if class == Class::Letter => {
                pieces.last().is_some_and(|piece| piece == " ")
            }
            Some((before, length)) => before == class && length < class.longest(),
            None => false,
        };
        match (joins, pieces.last_mut(), last) {
            (true, Some(piece), Some((_, length))) => {
                piece.push(character);
                last = Some((class, length + 1));
            }
            _ => {
                pieces.push(character.to_string());
                last = Some((class, 1));
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{clip, pieces};

    #[test]
    fn pieces_join_to_the_text() {
        for text in [
            "",
            "4",
            "Rating: [[7]]",
            "{\"score\":4,\"x\":\"ä  b\\n日本語\"}",
            "a  b\n\n c 1234",
        ] {
            assert_eq!(pieces(text).concat(), text);
        }
        assert_eq!(
            pieces("Rating: [[7]]"),
            ["Rating", ":", " ", "[[", "7", "]]"]
        );
    }

    #[test]
    fn clips_at_a_character() {
        assert_eq!(clip("aä", 2), "a");
        assert_eq!(clip("aä", 9), "aä");
    }
}
