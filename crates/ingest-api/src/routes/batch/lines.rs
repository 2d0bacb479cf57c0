//! What stands on the lines of a batch.

use service::http::body::{self, Line};
use service::problem::Problem;

/// A line as it was read.
pub(super) enum Item {
    Text(Vec<u8>),
    Bad(Problem),
}

impl Item {
    /// Of a line that may have at most `limit` bytes.
    pub(super) fn of(line: Line, limit: u64) -> Self {
        match line {
            Line::Text(text) => Self::Text(text),
            Line::TooLong => Self::Bad(body::too_large(limit)),
        }
    }

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
