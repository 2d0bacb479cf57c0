//! The lines of a body.

use service::http::body;
use service::problem::Problem;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// A line as it was read.
pub(super) enum Item {
    Text(Vec<u8>),
    Bad(Problem),
}

impl Item {
    /// In bytes.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(line) => line.len(),
            Self::Bad(_) => 0,
        }
    }
}

/// Whether a line holds nothing but what JSON calls white space.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

/// The lines of a body.
pub(super) struct Lines<R> {
    reader: R,
    limit: usize,
    /// What has come of the next line.
    line: Vec<u8>,
    begun: bool,
    too_long: bool,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R, limit: u64) -> Self {
        Self {
            reader,
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
            line: Vec::new(),
            begun: false,
            too_long: false,
        }
    }

    /// Reads one line. One that is too long is skipped to its end without being held. Dropping the future loses
    /// nothing: the next call goes on in the middle of the line.
    pub(super) async fn next(&mut self) -> std::io::Result<Option<Item>> {
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

    fn whole(&mut self) -> Item {
        let line = std::mem::take(&mut self.line);
        self.begun = false;
        if std::mem::take(&mut self.too_long) {
            Item::Bad(body::too_large(self.limit as u64))
        } else {
            Item::Text(line)
        }
    }
}
