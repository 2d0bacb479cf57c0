//! Strings in double or single quotes.

use std::borrow::Cow;
use std::ops::Range;

/// The text and where it stands between its quotes.
pub(super) type Found<'t> = (Cow<'t, str>, Range<usize>);

/// Reads the string whose opening quote stands at `from`. Returns it with the place behind its closing quote; else
/// what is wrong, and where.
///
/// A string ends at its first quote of its own kind that is not escaped, as in JSON and in Python. An apostrophe
/// within single quotes therefore ends it, and what follows is then most likely an error: where it ends is never
/// guessed from what follows.
pub(super) fn read(text: &str, from: usize) -> Result<(Found<'_>, usize), (&'static str, usize)> {
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
                at = escape(text, at, out)?;
                plain = at;
            }
            Some(byte) if byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t') => {
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
/// formulas and paths into their reasons, and where the string ends does not depend on it.
fn escape(text: &str, at: usize, out: &mut String) -> Result<usize, (&'static str, usize)> {
    let rest = text.get(at + 1..).unwrap_or_default();
    let Some(first) = rest.chars().next() else {
        return Err(("a string without its end", text.len()));
    };
    let plain = match first {
        '"' | '\'' | '\\' | '/' => first,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unicode(text, at, out),
        other => {
            out.push('\\');
            other
        }
    };
    out.push(plain);
    Ok(at + 1 + first.len_utf8())
}

fn unicode(text: &str, at: usize, out: &mut String) -> Result<usize, (&'static str, usize)> {
    let hex = |from: usize| {
        let digits = text.get(from..from + 4)?;
        let all = digits.bytes().all(|each| each.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| all)
    };
    let broken = (
        "expected four hexadecimal digits of one character",
        at.min(text.len()),
    );
    if text.len() < at + 6 {
        return Err(("a string without its end", text.len()));
    }
    let high = hex(at + 2).ok_or(broken)?;
    let (code, end) = if (0xD800..0xDC00).contains(&high) {
        let low = text
            .get(at + 6..at + 8)
            .filter(|mark| *mark == "\\u")
            .and_then(|_| hex(at + 8))
            .filter(|low| (0xDC00..0xE000).contains(low))
            .ok_or(broken)?;
        (0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00), at + 12)
    } else {
        (high, at + 6)
    };
    out.push(char::from_u32(code).ok_or(broken)?);
    Ok(end)
}
