//! Columns that stand for something else than what PostgreSQL calls them.

use std::time::Duration;

use domain::State;
use tokio_postgres::Row;

use crate::error::{Error, Result};

/// A column with the state of an evaluation.
pub(crate) fn state(row: &Row, index: usize) -> Result<State> {
    State::parse(row.get(index)).ok_or_else(|| Error::Unreadable {
        what: "evaluation",
        problem: "unknown state".to_owned(),
    })
}

/// A column of seconds (`float8`). Less than none is none: clocks may be set back.
pub(crate) fn seconds(row: &Row, index: usize) -> Duration {
    Duration::try_from_secs_f64(row.get(index)).unwrap_or_default()
}
