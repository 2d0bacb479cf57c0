//! Where the transfer coding `chunked` of a request is damaged.
//!
//! The server takes such a request for a client that has gone, and says nothing any more: an answer that has begun breaks off. So
//! the requests that are read are followed here, and what stands before the damage is all that is read of the connection:
//! the body then ends before its end, and its handler says so.

/// A longer head is refused, and whatever stands behind it is not looked into.
const MAX_HEAD: usize = 128 * 1024;
/// The most digits of a chunk's size.
const MAX_DIGITS: usize = 15;

/// Follows what is read from a connection, from request to request.
#[derive(Debug)]
pub(super) struct Chunks(At);

#[derive(Debug)]
enum At {
    /// In a head, of which so much is there.
    Head(Vec<u8>),
    /// In a body or in a chunk, with so much to come.
    Body(u64),
    Data(u64),
    /// In the digits of a chunk's size, how many there are, and what they say.
    Size(usize, u64),
    /// Behind them.
    Extension(u64),
    /// Before the line feed behind a size, and in the line end behind a chunk.
    SizeEnd(u64),
    DataEnd(bool),
    /// In a line behind the last chunk, and whether something is in it.
    Trailer(bool),
    Damaged,
    /// Behind what is no request that is understood here.
    Lost,
}

impl Chunks {
    pub(super) fn new() -> Self {
        Self(At::Head(Vec::new()))
    }

    /// Whether nothing of what comes now is to be read.
    pub(super) fn are_damaged(&self) -> bool {
        matches!(self.0, At::Damaged)
    }

    /// Follows bytes that were read; says how many of them stand before any damage.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let rest = bytes.len() - at;
            let (next, taken) = match std::mem::replace(&mut self.0, At::Lost) {
                At::Lost => return bytes.len(),
                At::Damaged => {
                    self.0 = At::Damaged;
                    return at;
                }
                At::Body(left) => in_run(left, rest, At::Body, At::Head(Vec::new())),
                At::Data(left) => in_run(left, rest, At::Data, At::DataEnd(false)),
                other => (other.step(*byte), 1),
            };
            self.0 = next;
            if self.are_damaged() {
                return at;
            }
            at += taken;
        }
        at
    }
}

/// Goes on in a run of bytes of which so many are to come and so many are there.
fn in_run(left: u64, there: usize, run: fn(u64) -> At, behind: At) -> (At, usize) {
    let taken = usize::try_from(left).map_or(there, |left| left.min(there));
    match left - taken as u64 {
        0 => (behind, taken),
        left => (run(left), taken),
    }
}

impl At {
    fn step(self, byte: u8) -> Self {
        let digit = char::from(byte).to_digit(16).map(u64::from);
        match (self, byte) {
            (Self::Head(mut head), _) => {
                head.push(byte);
                if head.ends_with(b"\r\n\r\n") && head.len() > 4 {
                    behind_head(&head)
                } else if head.len() > MAX_HEAD {
                    Self::Lost
                } else {
                    Self::Head(head)
                }
            }
            (Self::Size(digits, size), _) if digits < MAX_DIGITS && digit.is_some() => {
                Self::Size(digits + 1, 16 * size + digit.unwrap_or_default())
            }
            (Self::Size(1.., size), b'\r') | (Self::Extension(size), b'\r') => Self::SizeEnd(size),
            (Self::Size(1.., size), b';' | b' ' | b'\t') => Self::Extension(size),
            (Self::Extension(size), byte) if byte >= b' ' || byte == b'\t' => Self::Extension(size),
            (Self::SizeEnd(0), b'\n') => Self::Trailer(false),
            (Self::SizeEnd(size), b'\n') => Self::Data(size),
            (Self::DataEnd(false), b'\r') => Self::DataEnd(true),
            (Self::DataEnd(true), b'\n') => Self::Size(0, 0),
            (Self::Trailer(false), b'\n') => Self::Head(Vec::new()),
            (Self::Trailer(_), b'\n') => Self::Trailer(false),
            (Self::Trailer(has_some), b'\r') => Self::Trailer(has_some),
            (Self::Trailer(_), _) => Self::Trailer(true),
            _ => Self::Damaged,
        }
    }
}

/// What comes behind a head.
fn behind_head(head: &[u8]) -> At {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let value = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(':'));
        let (_, value) = fields.find(|(found, _)| *found == name)?;
        Some(value.trim().to_owned())
    };
    if value("transfer-encoding").is_some_and(|codings| codings.ends_with("chunked")) {
        return At::Size(0, 0);
    }
    match value("content-length").map(|length| length.parse()) {
        None | Some(Ok(0)) => At::Head(Vec::new()),
        Some(Ok(length)) => At::Body(length),
        Some(Err(_)) => At::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n";

    /// How much of a text is read, in pieces of so many bytes.
    fn read(text: &str, size: usize) -> usize {
        let mut chunks = Chunks::new();
        text.as_bytes()
            .chunks(size)
            .map(|piece| chunks.follow(piece))
            .sum()
    }

    fn sizes(text: &str) -> [usize; 4] {
        [1, 2, 7, 10_000].map(|size| read(text, size))
    }

    #[test]
    fn what_is_sound_is_read_to_its_end() {
        let plain = "POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nzz\r\nz";
        let empty = "GET / HTTP/1.1\r\n\r\n";
        for bodies in [
            "3\r\nabc\r\n0\r\n\r\n",
            "0A;x=\"y\"\r\n0123456789\r\n3 \r\nabc\r\n00\r\nX-A: b\r\nX-B: c\r\n\r\n",
            "5\r\n\r\n\r\nz\r\n0\r\n\r\n",
        ] {
            let all = format!("{HEAD}{bodies}{plain}{empty}{HEAD}{bodies}");
            assert_eq!(sizes(&all), [all.len(); 4], "{bodies:?}");
        }
        // The rest is the server's business.
        let odd = "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\nzz\r\n";
        assert_eq!(sizes(odd), [odd.len(); 4]);
    }

    #[test]
    fn nothing_is_read_from_where_it_is_damaged() {
        for (sound, damaged) in [
            ("3\r\nabc\r\n", "zz\r\nabc\r\n0\r\n\r\n"),
            ("3\r\nabc\r\n", "\r\n0\r\n\r\n"),
            ("3\r\nabc", "d\r\n0\r\n\r\n"),
            ("3\r\nabc\r", "x0\r\n\r\n"),
            ("3", "x\r\nabc\r\n"),
            ("", "-1\r\nabc\r\n"),
            ("111111111111111", "1\r\nabc\r\n"),
            ("3\r", "abc\r\n0\r\n\r\n"),
        ] {
            let all = format!("{HEAD}{sound}{damaged}");
            assert_eq!(sizes(&all), [HEAD.len() + sound.len(); 4], "{all:?}");
        }
    }
}
