//! What can go wrong with the database, sorted by what the caller can do about it.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a database operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server cannot be reached, is starting or stopping, or has no connection or time to spare: later
    /// the same call may work.
    #[error("PostgreSQL is not available: {0}")]
    Unavailable(String),
    /// The server refused the operation. The details are in `source()` and are not for clients.
    #[error("the database refused the operation")]
    Refused(#[source] tokio_postgres::Error),
    /// A stored record cannot be read.
    #[error("a stored {what} cannot be read: {problem}")]
    Unreadable {
        /// Which kind of record.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The connection settings do not fit together.
    #[error("{0}")]
    Settings(String),
    /// A migration failed.
    #[error("the migration failed")]
    Migration(#[source] Box<refinery::Error>),
}

impl Error {
    /// Whether the same call may work later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Timeout(_) => Self::Unavailable("no free connection in time".to_owned()),
            PoolError::Closed => Self::Unavailable("the pool is closed".to_owned()),
            PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                Self::Unavailable(error.to_string())
            }
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(code) = error.code() else {
            // No SQLSTATE: the connection broke, or was never made.
            return Self::Unavailable(chain(&error));
        };
        if is_passing(code) {
            Self::Unavailable(chain(&error))
        } else {
            Self::Refused(error)
        }
    }
}

/// Whether an operator, another server or time mends it: an evaluation must not fail for a password that is
/// being changed, a standby that is not yet promoted, or a schema that is not yet migrated.
fn is_passing(code: &SqlState) -> bool {
    // Connections, resources, the operator, the system; credentials and databases that are not there yet.
    const CLASSES: [&str; 6] = ["08", "28", "3D", "53", "57", "58"];
    let class = code.code().get(..2).unwrap_or_default();
    CLASSES.contains(&class)
        || [
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::UNDEFINED_TABLE,
            SqlState::UNDEFINED_COLUMN,
        ]
        .contains(code)
}

/// The error with its sources: `tokio_postgres` alone only says `db error`.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
