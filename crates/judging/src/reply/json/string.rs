//! Strings in double or single quotes.

use std::borrow::Cow;
use std::ops::Range;

use domain::plan::ReaderVersion;

/// The text and where it stands between its quotes.
pub(super) type Found<'t> = (Cow<'t, str>, Range<usize>);

/// Reads the string whose opening quote stands at `from`. Returns it with the place behind its closing quote; else
/// what is wrong, and where.
///
/// A string ends at its first quote of its own kind that is not escaped, as in JSON and in Python. An apostrophe
/// within single quotes therefore ends it, and what follows is then most likely an error: where it ends is never
/// guessed from what follows.
pub(super) fn read(
    text: &str,
    rules: ReaderVersion,
    from: usize,
) -> Result<(Found<'_>, usize), (&'static str, usize)> {
    let bytes = text.as_bytes();
    let quote = bytes.get(from).copied().unwrap_or(b'"');
    let start = from + 1;
    let mut at = start;
    let mut out: Option<String> = None;
    let mut plain = start;
    loop {
        match bytes.get(at).copied() {
            None => return Err(("a string without its end", text.len())),
            Some(byte) if byte == quote => break,
            Some(b'\\') => {
                let out = out.get_or_insert_default();
                out.push_str(text.get(plain..at).unwrap_or_default());
                at = escape(text, rules, at, out)?;
                plain = at;
            }
            Some(byte)
                if byte < 0x20
                    && !matches!(byte, b'\n' | b'\r' | b'\t')
                    && rules < ReaderVersion::V2 =>
            {
                return Err(("a control character that is not escaped", at));
            }
            Some(_) => at += 1,
        }
    }
    let last = text.get(plain..at).unwrap_or_default();
    let value = match out {
        None => Cow::Borrowed(last),
        Some(mut out) => {
            out.push_str(last);
            Cow::Owned(out)
        }
    };
    Ok(((value, start..at), at + 1))
}

/// Reads an escape and returns the place behind it. One that JSON does not know stands for itself: models write
/// formulas and paths into their reasons, and where the string ends does not depend on it. From version 2 on `\u`
/// without four hexadecimal digits is such a one, and half a character stands as U+FFFD; and before a letter `\b` and `\f` are
/// the beginning of a word (`\beta`, `D:\files`), since nobody writes a backspace or a form feed into a reason.
fn escape(
    text: &str,
    rules: ReaderVersion,
    at: usize,
    out: &mut String,
) -> Result<usize, (&'static str, usize)> {
    let rest = text.get(at + 1..).unwrap_or_default();
    let Some(first) = rest.chars().next() else {
        return Err(("a string without its end", text.len()));
    };
    let plain = match first {
        '"' | '\'' | '\\' | '/' => first,
        'b' | 'f' if rules >= ReaderVersion::V2 && begins_word(rest) => {
            out.push('\\');
            first
        }
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => match unicode(text, at) {
            Unicode::Character(character, end) => {
                out.push(character);
                return Ok(end);
            }
            Unicode::Half if rules >= ReaderVersion::V2 => {
                out.push(char::REPLACEMENT_CHARACTER);
                return Ok(at + HEXADECIMAL);
            }
            Unicode::None if rules >= ReaderVersion::V2 => {
                out.push('\\');
                first
            }
            Unicode::Half | Unicode::None => {
                return Err(("expected four hexadecimal digits of one character", at));
            }
        },
        other => {
            out.push('\\');
            other
        }
    };
    out.push(plain);
    Ok(at + 1 + first.len_utf8())
}

/// Whether a letter follows the first one.
fn begins_word(rest: &str) -> bool {
    let mut letters = rest.chars().skip(1);
    letters
        .next()
        .is_some_and(|each| each.is_ascii_alphabetic())
}

/// The bytes of `\u` and its four digits.
const HEXADECIMAL: usize = 6;

/// What stands at `\u`.
enum Unicode {
    /// A character, of one such escape or of two, and the place behind it.
    Character(char, usize),
    /// One of the two halves of a character (UTF-16's surrogates) without the other.
    Half,
    /// No four hexadecimal digits.
    None,
}

fn unicode(text: &str, at: usize) -> Unicode {
    let unit = |at: usize| {
        let escape = text.get(at..at + HEXADECIMAL)?;
        let digits = escape.strip_prefix("\\u")?;
        let all = digits.bytes().all(|each| each.is_ascii_hexdigit());
        u16::from_str_radix(digits, 16).ok().filter(|_| all)
    };
    let Some(first) = unit(at) else {
        return Unicode::None;
    };
    let both = [first, unit(at + HEXADECIMAL).unwrap_or_default()];
    match char::decode_utf16(both).next() {
        Some(Ok(character)) => {
            Unicode::Character(character, at + HEXADECIMAL * character.len_utf16())
        }
        _ => Unicode::Half,
    }
}
