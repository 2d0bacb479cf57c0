//! The lines of a body, as NDJSON has them.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// A line as it was read, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// All of it.
    Text(Vec<u8>),
    /// It has more bytes than a line may have; none of them is here.
    TooLong,
}

/// The lines of a body.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    limit: usize,
    /// What has come of the next line.
    line: Vec<u8>,
    begun: bool,
    too_long: bool,
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
        }
    }

    /// Reads one line; `None` at the end of the body. One that is too long is skipped to its end without being held. Dropping
    /// the future loses nothing: the next call goes on in the middle of the line.
    ///
    /// # Errors
    /// Those of the body.
    pub async fn next(&mut self) -> std::io::Result<Option<Line>> {
        loop {
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
