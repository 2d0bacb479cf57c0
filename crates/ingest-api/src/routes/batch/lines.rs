//! What stands on the lines of a batch.

use service::problem::Problem;

/// A line as it was read.
pub(super) enum Item {
    Text(Vec<u8>),
    Bad(Problem),
}

/// Whether a line holds nothing but what JSON calls white space.
pub(super) fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}
