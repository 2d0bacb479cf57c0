//! Columns that stand for something else than what PostgreSQL calls them.

use std::time::Duration;

use tokio_postgres::Row;

/// A column of seconds (`float8`). Less than none is none: clocks may be set back.
pub(crate) fn seconds(row: &Row, index: usize) -> Duration {
    Duration::try_from_secs_f64(row.get(index)).unwrap_or_default()
}
