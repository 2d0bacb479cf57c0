//! Whether a request was too long for its target.
//!
//! The server says 400 to a target that its library does not hold, and 431 to one that fills its buffer, as to whatever
//! else is wrong with a head. So the lines that are read are looked at here: of one that begins as a request does and has a
//! target that is too long nothing else can come.

/// The longest target that the server's library holds, in bytes.
pub(super) const LONGEST: usize = 65_534;
/// No method is longer.
const LONGEST_METHOD: usize = 32;

/// Follows the lines that are read from a connection.
#[derive(Debug)]
pub(super) struct Target {
    line: Line,
    was_too_long: bool,
}

#[derive(Clone, Copy, Debug)]
enum Line {
    /// In what may be a method, of so many bytes.
    Method(usize),
    /// In what may be a target, of so many bytes.
    Target(usize),
    /// In what begins no request, or is behind the target.
    Other,
}

impl Target {
    pub(super) fn new() -> Self {
        Self {
            line: Line::Method(0),
            was_too_long: false,
        }
    }

    /// Whether one was.
    pub(super) fn was_too_long(&self) -> bool {
        self.was_too_long
    }

    pub(super) fn follow(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((first, behind)) = rest.split_first() {
            rest = match (self.line, first) {
                (_, b'\n') => {
                    self.line = Line::Method(0);
                    behind
                }
                (Line::Method(1..), b' ') => {
                    self.line = Line::Target(0);
                    behind
                }
                (Line::Method(length), byte)
                    if length < LONGEST_METHOD && byte.is_ascii_uppercase() =>
                {
                    self.line = Line::Method(length + 1);
                    behind
                }
                (Line::Target(length), byte) if !byte.is_ascii_whitespace() => {
                    let is_over = |byte: &u8| byte.is_ascii_whitespace();
                    let end = rest.iter().position(is_over).unwrap_or(rest.len());
                    let length = length.saturating_add(end);
                    self.was_too_long |= length > LONGEST;
                    self.line = Line::Target(length);
                    rest.get(end..).unwrap_or_default()
                }
                _ => {
                    self.line = Line::Other;
                    let end = rest.iter().position(|byte| *byte == b'\n');
                    end.and_then(|end| rest.get(end..)).unwrap_or_default()
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        for size in [text.len(), 1_000, 1] {
            let mut target = Target::new();
            for piece in text.as_bytes().chunks(size) {
                target.follow(piece);
            }
            assert_eq!(target.was_too_long(), expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_target_is_too_long_from_its_first_byte_too_many() {
        let of = |length: usize| format!("/{}", "a".repeat(length - 1));
        check(&format!("GET {} HTTP/1.1\r\n", of(LONGEST)), false);
        check(&format!("GET {} HTTP/1.1\r\n", of(LONGEST + 1)), true);
        // Its end need not have come, and something may stand before it.
        check(&format!("GET {}", of(LONGEST + 1)), true);
        let second = format!("GET / HTTP/1.1\r\nhost: x\r\n\r\nDELETE {}", of(70_000));
        check(&second, true);
    }

    #[test]
    fn other_long_lines_are_no_target() {
        let long = "a".repeat(70_000);
        for text in [
            format!("GET / HTTP/1.1\r\nx: {long}\r\n\r\n"),
            format!("GET /{}\r\n", " a".repeat(70_000)),
            format!("POST / HTTP/1.1\r\n\r\n{{\"output\":\"{long}\"}}"),
            format!("POST / HTTP/1.1\r\n\r\n{}", "A".repeat(70_000)),
            format!(" {long}"),
            format!("get {long}"),
        ] {
            check(&text, false);
        }
    }
}
