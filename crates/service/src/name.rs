//! The names of the services.

use std::fmt;

/// One of the services that are deployed separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceName {
    /// Takes new work and nothing else.
    IngestApi,
    /// Judges; also relays, sweeps, cleans up and notifies.
    ScorerWorker,
    /// Everything about what exists.
    StatusApi,
}

impl ServiceName {
    /// Every service.
    pub const ALL: [Self; 3] = [Self::IngestApi, Self::ScorerWorker, Self::StatusApi];

    /// The name as it stands in logs, metrics and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IngestApi => "ingest-api",
            Self::ScorerWorker => "scorer-worker",
            Self::StatusApi => "status-api",
        }
    }

    /// Whether the service has a public HTTP address.
    #[must_use]
    pub const fn is_public(self) -> bool {
        match self {
            Self::IngestApi | Self::StatusApi => true,
            Self::ScorerWorker => false,
        }
    }

    /// What the service needs to be ready. Without Redis, work is still taken and still shown: only
    /// judging waits for it.
    #[must_use]
    pub const fn needs(self) -> &'static [&'static str] {
        match self {
            Self::IngestApi | Self::StatusApi => &["postgres"],
            Self::ScorerWorker => &["postgres", "redis"],
        }
    }

    /// One sentence for `--help`.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::IngestApi => "Takes evaluations and makes them durable",
            Self::ScorerWorker => "Judges evaluations",
            Self::StatusApi => "Serves what is known about evaluations, and the dashboard",
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
