//! What can go wrong with the database, sorted by what the caller can do about it.

mod sqlstate;

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

pub(crate) use sqlstate::{Cause, cause, spoils_connection, words};

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a database operation did not happen.
///
/// It holds text only, and none of a row: the server's details quote rows, and what stands here ends in logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server cannot be reached, or refuses for a reason that lies not in the record: later the same call
    /// may work.
    #[error("PostgreSQL is not available: {0}")]
    Unavailable(String),
    /// The server refused the record's own data: the same call will never work. Its words are not for clients.
    #[error("the database refused a record's data: {0}")]
    Refused(String),
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
    #[error("the migration failed: {0}")]
    Migration(String),
}

impl Error {
    /// Whether the same call may work later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }

    /// What is wrong with the record itself, in words for its sender; `None` where the record is not at fault,
    /// and the same call may work once somebody has mended something else.
    #[must_use]
    pub fn fault_of_record(&self) -> Option<String> {
        match self {
            Self::Refused(_) => Some("the database does not take what it would hold".to_owned()),
            Self::Unreadable { .. } => Some(self.to_string()),
            Self::Unavailable(_) | Self::Settings(_) | Self::Migration(_) => None,
        }
    }

    /// What went wrong before there was a connection: never a record's fault, whatever the SQLSTATE.
    pub(crate) fn connecting(error: &tokio_postgres::Error) -> Self {
        Self::Unavailable(explained(error))
    }
}

/// The words, and which setting they are about where one side speaks TLS and the other does not.
fn explained(error: &tokio_postgres::Error) -> String {
    let words = words(error);
    let is_refused_plain = error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
        && words.contains("no encryption");
    let hint = if is_refused_plain {
        "the server takes encrypted connections only: DATABASE_URL needs sslmode=require or verify-full"
    } else if words.contains("server does not support TLS") {
        "DATABASE_URL asks for TLS by sslmode, or AUTORATER__DATABASE__CA_FILE does"
    } else if words.contains("invalid peer certificate") {
        "AUTORATER__DATABASE__CA_FILE, or sslrootcert in DATABASE_URL, names who has signed it"
    } else {
        return words;
    };
    format!("{words}; {hint}")
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::connecting(&error),
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
        match error.code().map(cause) {
            Some(Cause::Record) => Self::Refused(words(&error)),
            // Without an SQLSTATE the connection broke, or was never made.
            Some(_) | None => Self::Unavailable(explained(&error)),
        }
    }
}

impl From<refinery::Error> for Error {
    fn from(error: refinery::Error) -> Self {
        Self::Migration(words(&error))
    }
}
