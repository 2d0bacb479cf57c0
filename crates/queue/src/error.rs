//! What can go wrong with Redis.

use fred::error::{Error as FredError, ErrorKind};

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a Redis operation did not happen, or may not have.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server cannot be reached, does not answer in time, or refuses for now (loading, read-only, full).
    #[error("Redis is not available: {0}")]
    Unavailable(String),
    /// The stream's consumer group is not there: Redis lost its data.
    #[error("Redis has lost the work stream")]
    NoGroup,
    /// Under a key of ours stands something of another type.
    #[error("a key of Redis has another type than ours")]
    WrongType,
    /// The server answered something else than the protocol says, or refused the command for good.
    #[error("Redis refused: {0}")]
    Refused(String),
    /// The connection settings do not fit together.
    #[error("{0}")]
    Settings(String),
}

impl From<FredError> for Error {
    fn from(error: FredError) -> Self {
        let text = error.to_string();
        if is_wrong_type(&error) {
            return Self::WrongType;
        }
        // Before Redis 7.2, one who waits hears the second when the stream is deleted.
        if text.contains("NOGROUP") || text.contains("UNBLOCKED the stream key") {
            return Self::NoGroup;
        }
        let passing = [
            "LOADING",
            "READONLY",
            "OOM",
            "MASTERDOWN",
            "NOREPLICAS",
            "BUSY ",
            "TRYAGAIN",
            "MISCONF",
        ];
        match error.kind() {
            ErrorKind::IO
            | ErrorKind::Timeout
            | ErrorKind::Canceled
            | ErrorKind::Backpressure
            | ErrorKind::Tls
            | ErrorKind::Sentinel => Self::Unavailable(text),
            _ if passing.iter().any(|word| text.contains(word)) => Self::Unavailable(text),
            _ => Self::Refused(text),
        }
    }
}

pub(crate) fn is_wrong_type(error: &FredError) -> bool {
    error.details().contains("WRONGTYPE")
}
