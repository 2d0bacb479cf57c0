//! What the answer to a webhook means.

/// What becomes of a delivery after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has it: any 2xx.
    Delivered,
    /// It is tried again, while there are tries left.
    Retry(ErrorClass),
    /// The receiver wants nothing more at this URL: 410.
    Disable,
}

impl Outcome {
    /// What a status says. A redirect is a failure: it would lead past the checks of the address.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Delivered,
            410 => Self::Disable,
            300..=399 => Self::Retry(ErrorClass::Redirect),
            _ => Self::Retry(ErrorClass::Status),
        }
    }
}

/// Why a try failed: one of a few words, and nothing of what the receiver said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// A status that is no 2xx.
    Status,
    /// A status 3xx.
    Redirect,
    /// Its name could not be resolved.
    Dns,
    /// It is or resolves to an address that is not allowed.
    Address,
    /// Nobody answers there, or not by TLS.
    Connect,
    /// It did not answer in time.
    Timeout,
    /// The connection broke.
    Transport,
    /// Too many tries at that target failed just before.
    CircuitOpen,
    /// The tenant has no secret to sign with.
    NoSecret,
    /// The evaluation was run again before this was sent: its next end is told.
    Superseded,
    /// The evaluation's record cannot be read.
    Unreadable,
    /// This or an earlier delivery was answered 410.
    TargetDisabled,
}

impl ErrorClass {
    /// The name in rows and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Dns => "dns",
            Self::Address => "address",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Transport => "transport",
            Self::CircuitOpen => "circuit_open",
            Self::NoSecret => "no_secret",
            Self::Superseded => "superseded",
            Self::Unreadable => "unreadable",
            Self::TargetDisabled => "target_disabled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_2xx_is_success_and_410_the_end() {
        for status in [200, 201, 204, 299] {
            assert_eq!(Outcome::of_status(status), Outcome::Delivered);
        }
        for status in [301, 302, 307, 308] {
            assert_eq!(
                Outcome::of_status(status),
                Outcome::Retry(ErrorClass::Redirect)
            );
        }
        for status in [100, 400, 401, 404, 429, 500, 503] {
            assert_eq!(
                Outcome::of_status(status),
                Outcome::Retry(ErrorClass::Status)
            );
        }
        assert_eq!(Outcome::of_status(410), Outcome::Disable);
    }
}
