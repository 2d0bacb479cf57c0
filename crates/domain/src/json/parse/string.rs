//! The strings of a document, and what they escape.

use super::{ParseError, Parser};
use crate::json::Text;
use crate::json::text::Spelling;

impl<'a> Parser<'a> {
    /// A string is only looked through: most of a payload is one that nobody may ever ask for.
    pub(super) fn string(&mut self) -> Result<Text<'a>, ParseError> {
        self.at += 1;
        let start = self.at;
        let mut spelling = Spelling::Plain;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => spelling = spelling.max(self.pass_escape()?),
                Some(_) => return Err(self.wrong("a control character that is not escaped")),
                None => return Err(self.wrong("unexpected end of the document")),
            }
        }
        let raw = self.slice(start, self.at);
        self.at += 1;
        Ok(Text::new(raw, spelling))
    }

    /// Moves to the next quote, backslash or control character, or to the end.
    pub(super) fn skip_plain(&mut self) {
        self.at = self.specials.next(self.at);
    }

    /// Moves behind an escape. Nearly all are of one letter, and nobody asks which.
    pub(super) fn pass_escape(&mut self) -> Result<Spelling, ParseError> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 2;
                Ok(Spelling::Canonical)
            }
            _ => self.escape().map(|(_, spelling)| spelling),
        }
    }

    /// The character, and whether the canonical form writes it so.
    pub(super) fn escape(&mut self) -> Result<(char, Spelling), ParseError> {
        self.at += 1;
        let Some(byte) = self.peek() else {
            return Err(self.wrong("unexpected end of the document"));
        };
        self.at += 1;
        let char = match byte {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => return Ok(('/', Spelling::Other)),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => {
                self.at -= 1;
                return Err(self.wrong("an unknown escape"));
            }
        };
        Ok((char, Spelling::Canonical))
    }

    fn unicode_escape(&mut self) -> Result<(char, Spelling), ParseError> {
        let start = self.at;
        let high = self.hex4()?;
        let code = match high {
            0xD800..=0xDBFF => {
                if self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
                    return Err(self.wrong("a surrogate without its pair"));
                }
                self.at += 2;
                let low = self.hex4()?;
                if !(0xDC00..=0xDFFF).contains(&low) {
                    return Err(self.wrong("a surrogate without its pair"));
                }
                0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)
            }
            other => other,
        };
        let char =
            char::from_u32(code).ok_or_else(|| self.wrong("a surrogate without its pair"))?;
        // Of control characters those without a letter of their own are written so, in lower case.
        let is_canonical = char < ' '
            && !matches!(char, '\u{8}' | '\t' | '\n' | '\u{c}' | '\r')
            && !self
                .slice(start, self.at)
                .bytes()
                .any(|byte| byte.is_ascii_uppercase());
        let spelling = if is_canonical {
            Spelling::Canonical
        } else {
            Spelling::Other
        };
        Ok((char, spelling))
    }

    fn hex4(&mut self) -> Result<u32, ParseError> {
        let digits = self.bytes.get(self.at..self.at + 4).unwrap_or_default();
        if digits.len() != 4 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(self.wrong("expected four hexadecimal digits"));
        }
        let code = u32::from_str_radix(self.slice(self.at, self.at + 4), 16);
        self.at += 4;
        code.map_err(|_| self.wrong("expected four hexadecimal digits"))
    }
}
