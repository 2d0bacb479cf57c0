//! The lines of a body, as NDJSON has them.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// A line as it was read, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// All of it.
    Text(Vec<u8>),
    /// It has more bytes than a line may have; none of them is here.
    TooLong,
    /// A part of one that is too long was skipped. It has not ended.
    Skipped,
}

/// After so many bytes others get their turn, and whoever reads hears of what is skipped: a decoder may have more at once than
/// anybody has time for.
const TURN: usize = 64 * 1024;

/// The lines of a body.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    limit: usize,
    /// What has come of the next line.
    line: Vec<u8>,
    begun: bool,
    too_long: bool,
    /// Bytes that were read since they were last asked for.
    read: usize,
    /// Bytes that were read since others had their turn.
    turn: usize,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    /// Those of a body; each may have so many bytes.
    #[must_use]
    pub fn new(reader: R, limit: u64) -> Self {
        Self {
            reader,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            line: Vec::new(),
            begun: false,
            too_long: false,
            read: 0,
            turn: 0,
        }
    }

    /// The bytes, line ends too, that were read since this was last called.
    pub fn take_read(&mut self) -> usize {
        std::mem::take(&mut self.read)
    }

    /// Bytes that [`take_read`](Self::take_read) would say.
    #[must_use]
    pub fn read(&self) -> usize {
        self.read
    }

    /// Reads one line; `None` at the end of the body. One that is too long is skipped without being held. Dropping the future
    /// loses nothing: the next call goes on in the middle of the line.
    ///
    /// # Errors
    /// Those of the body.
    pub async fn next(&mut self) -> std::io::Result<Option<Line>> {
        loop {
            if self.turn >= TURN {
                self.turn = 0;
                tokio::task::yield_now().await;
                if self.too_long {
                    return Ok(Some(Line::Skipped));
                }
            }
            let buffer = self.reader.fill_buf().await?;
            if buffer.is_empty() {
                return Ok(self.begun.then(|| self.whole()));
            }
            self.begun = true;
            let end = buffer.iter().position(|&byte| byte == b'\n');
            let part = buffer
                .get(..end.unwrap_or(buffer.len()))
                .unwrap_or_default();
            if self.line.len() + part.len() > self.limit {
                self.too_long = true;
                self.line = Vec::new();
            }
            if !self.too_long {
                self.line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            self.read += used;
            self.turn += used;
            if end.is_some() {
                return Ok(Some(self.whole()));
            }
        }
    }

    fn whole(&mut self) -> Line {
        let line = std::mem::take(&mut self.line);
        self.begun = false;
        if std::mem::take(&mut self.too_long) {
            Line::TooLong
        } else {
            Line::Text(line)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::poll;
    use tokio::io::BufReader;

    use super::*;

    #[tokio::test]
    async fn a_line_without_end_is_told_of_while_it_is_skipped() {
        let mut lines = Lines::new(BufReader::new(tokio::io::repeat(b'x')), 100);
        for _ in 0..3 {
            assert_eq!(lines.next().await.unwrap(), Some(Line::Skipped));
            assert!((TURN..2 * TURN).contains(&lines.take_read()));
        }
    }

    #[tokio::test]
    async fn others_get_a_turn_between_lines_that_are_there_already() {
        let mut lines = Lines::new(BufReader::new(tokio::io::repeat(b'\n')), 100);
        for _ in 0..TURN {
            assert_eq!(lines.next().await.unwrap(), Some(Line::Text(Vec::new())));
        }
        assert!(poll!(pin!(lines.next())).is_pending());
        assert_eq!(lines.take_read(), TURN);
        assert_eq!(lines.next().await.unwrap(), Some(Line::Text(Vec::new())));
    }
}
