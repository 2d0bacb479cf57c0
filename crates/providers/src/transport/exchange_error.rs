//! Why an exchange gave no answer.

use std::time::Duration;

use judging::Message;

use crate::outcome::{self, Failed};
use crate::parsed_response::DecodeError;

/// Why an exchange gave no answer, before anybody has looked at what the provider says of it.
#[derive(Debug)]
pub(crate) enum ExchangeError {
    /// An answer whose status is no success.
    Status {
        status: u16,
        body: Vec<u8>,
        /// When the provider wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// Something else than an answer, or none at all.
    Decode(DecodeError),
}

impl ExchangeError {
    /// What it means for a request with these messages, which the provider's words may quote.
    pub(crate) fn classify(self, asked: &[Message]) -> Failed {
        match self {
            Self::Status {
                status,
                body,
                retry_after,
            } => outcome::of_status(status, &body, retry_after, asked),
            Self::Decode(DecodeError::Unexpected(failed)) => failed,
            Self::Decode(DecodeError::Error(json)) => {
                outcome::of_error_in_success(json.as_bytes(), asked)
            }
        }
    }
}

impl From<DecodeError> for ExchangeError {
    fn from(broken: DecodeError) -> Self {
        Self::Decode(broken)
    }
}

impl From<Failed> for ExchangeError {
    fn from(failed: Failed) -> Self {
        Self::Decode(DecodeError::Unexpected(failed))
    }
}
