//! Where in what a server writes an answer begins.

/// A longer head is none of ours, and whatever it is is not looked into.
const MAX_HEAD: usize = 64 * 1024;
/// What every head begins with.
const START: &[u8] = b"HTTP/1.1 ";
/// What every head ends with.
const END: &[u8] = b"\r\n\r\n";

/// Follows what is written to a connection from answer to answer.
#[derive(Clone, Debug)]
pub(super) struct Framing {
    at: At,
    /// What was written of a head or of the line with a chunk's size.
    begun: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    Head,
    /// In a body, with so much to come; `is_new` before the first byte of it.
    Body {
        left: u64,
        is_new: bool,
    },
    ChunkSize,
    /// In a chunk, with so much to come, its line end included.
    Chunk {
        left: u64,
        is_last: bool,
    },
    /// Behind something that was not understood.
    Lost,
}

impl Framing {
    pub(super) fn new() -> Self {
        Self {
            at: At::Head,
            begun: Vec::new(),
        }
    }

    /// Where in these bytes, which come next, the first head stands that `is_wanted` wants, and how long it is.
    pub(super) fn find(
        &self,
        bytes: &[u8],
        is_wanted: impl Fn(&[u8]) -> bool,
    ) -> Option<(usize, usize)> {
        let mut ahead = self.clone();
        let mut from = 0;
        while let Some(rest) = bytes.get(from..).filter(|rest| !rest.is_empty()) {
            if ahead.may_begin(rest)
                && let Some(length) = head_of(rest)
                && ahead.is_no_body(rest, length)
                && rest.get(..length).is_some_and(&is_wanted)
            {
                return Some((from, length));
            }
            from += ahead.step(rest);
        }
        None
    }

    /// Follows bytes that were written.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = self.step(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// Whether an answer may begin with these bytes: they stand at its place, or where the body of the one before
    /// would begin, which an answer to HEAD announces and does not have.
    fn may_begin(&self, bytes: &[u8]) -> bool {
        let is_there = match self.at {
            At::Head => self.begun.is_empty(),
            At::Body { is_new, .. } => is_new,
            At::ChunkSize | At::Chunk { .. } | At::Lost => false,
        };
        is_there && bytes.starts_with(START)
    }

    /// Whether a head of this length is not the body that is due, which may look like one.
    fn is_no_body(&self, bytes: &[u8], length: usize) -> bool {
        match self.at {
            At::Body { left, .. } => length == bytes.len() && left != length as u64,
            _ => true,
        }
    }

    /// Goes on by some of these bytes, one at least, and says by how many.
    fn step(&mut self, bytes: &[u8]) -> usize {
        let all = bytes.len();
        let within = |left: u64| usize::try_from(left).map_or(all, |left| left.min(all));
        match self.at {
            At::Head => self.gather(bytes, END, MAX_HEAD, behind),
            At::ChunkSize => self.gather(bytes, b"\r\n", 64, |line| {
                let digits = line.split(|byte| matches!(byte, b'\r' | b';')).next();
                let size = digits.and_then(|digits| str::from_utf8(digits).ok());
                match size.and_then(|size| u64::from_str_radix(size, 16).ok()) {
                    Some(size) => At::Chunk {
                        left: size.saturating_add(2),
                        is_last: size == 0,
                    },
                    None => At::Lost,
                }
            }),
            At::Body { left, .. } => {
                let taken = within(left);
                let left = left - taken as u64;
                self.at = if left == 0 {
                    At::Head
                } else {
                    At::Body {
                        left,
                        is_new: false,
                    }
                };
                taken
            }
            At::Chunk { left, is_last } => {
                let taken = within(left);
                let left = left - taken as u64;
                self.at = match (left, is_last) {
                    (0, true) => At::Head,
                    (0, false) => At::ChunkSize,
                    _ => At::Chunk { left, is_last },
                };
                taken
            }
            At::Lost => all,
        }
    }

    /// Takes bytes up to an end, of which some may have been written before.
    fn gather(
        &mut self,
        bytes: &[u8],
        end: &[u8],
        most: usize,
        next: impl Fn(&[u8]) -> At,
    ) -> usize {
        // Nearly always it is all there, and nothing has to be kept for it.
        if self.begun.is_empty()
            && let Some(found) = find(bytes, end)
        {
            let length = found + end.len();
            self.at = next(bytes.get(..length).unwrap_or_default());
            return length;
        }
        let before = self.begun.len();
        self.begun.extend_from_slice(bytes);
        // The end may have begun before.
        let from = before.saturating_sub(end.len() - 1);
        let found = find(self.begun.get(from..).unwrap_or_default(), end);
        if let Some(found) = found {
            let length = from + found + end.len();
            self.at = next(self.begun.get(..length).unwrap_or_default());
            self.begun = Vec::new();
            return length - before;
        }
        if self.begun.len() > most {
            self.at = At::Lost;
            self.begun = Vec::new();
        }
        bytes.len()
    }
}

/// The length of the head that these bytes begin with.
fn head_of(bytes: &[u8]) -> Option<usize> {
    find(bytes, END).map(|end| end + END.len())
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// What stands behind a head.
fn behind(head: &[u8]) -> At {
    let Some(status) = head.strip_prefix(START).and_then(|rest| rest.get(..3)) else {
        return At::Lost;
    };
    // `100 Continue` and these have no body.
    if status.starts_with(b"1") || status == b"204" || status == b"304" {
        return At::Head;
    }
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let value = |name: &str| {
        let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(found, _)| *found == name);
        found.next().map(|(_, value)| value.trim().to_owned())
    };
    if value("transfer-encoding").is_some_and(|codings| codings.ends_with("chunked")) {
        return At::ChunkSize;
    }
    match value("content-length").and_then(|length| length.parse().ok()) {
        Some(0) => At::Head,
        Some(left) => At::Body { left, is_new: true },
        None => At::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";

    fn found(bytes: &[u8]) -> Option<usize> {
        let is_bare = |head: &[u8]| head == BARE;
        let whole = Framing::new().find(bytes, is_bare).map(|(from, _)| from);
        // However it is cut before that.
        for cut in 0..whole.unwrap_or(0) {
            let mut framing = Framing::new();
            let (before, rest) = bytes.split_at(cut);
            framing.follow(before);
            let from = framing.find(rest, is_bare).map(|(from, _)| from + cut);
            assert_eq!(from, whole, "cut at {cut}");
        }
        whole
    }

    #[test]
    fn an_answer_is_found_behind_whatever_was_answered_before() {
        let with =
            |head: &str, body: &[u8]| [b"HTTP/1.1 ", head.as_bytes(), b"\r\n\r\n", body].concat();
        let length = |length: usize| format!("200 OK\r\nContent-Length: {length}");
        let chunked = "200 OK\r\ntransfer-encoding: chunked";
        for before in [
            Vec::new(),
            with(&length(2), b"{}"),
            with(&length(0), b""),
            with("204 No Content", b""),
            with("100 Continue", b""),
            with(chunked, b"0\r\n\r\n"),
            with(
                chunked,
                b"2\r\n{}\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
            ),
            // The body looks like the answer that is looked for.
            with(&length(BARE.len()), BARE),
            [with(&length(2), b"{}"), with(chunked, b"0\r\n\r\n")].concat(),
        ] {
            let all = [&before, BARE].concat();
            assert_eq!(found(&all), Some(before.len()), "{before:?}");
        }
    }

    #[test]
    fn an_answer_to_head_has_no_body() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n";
        let all = [&head[..], BARE].concat();
        let from = Framing::new().find(&all, |head| head == BARE);
        assert_eq!(from, Some((head.len(), BARE.len())));
    }

    #[test]
    fn a_body_that_looks_like_an_answer_is_a_body() {
        let head = |more: &str| format!("HTTP/1.1 200 OK\r\n{more}\r\n\r\n").into_bytes();
        let sized = head(&format!("content-length: {}", BARE.len()));
        let longer = head(&format!("content-length: {}", BARE.len() + 1));
        let chunk = format!("{:x}\r\n", BARE.len()).into_bytes();
        for all in [
            [&sized[..], BARE].concat(),
            [&longer[..], b"x", BARE].concat(),
            [&head("transfer-encoding: chunked"), &chunk, BARE].concat(),
            [&head("connection: close")[..], BARE].concat(),
            [b"no head\r\n\r\n", BARE].concat(),
        ] {
            assert_eq!(found(&all), None, "{}", String::from_utf8_lossy(&all));
        }
    }
}
