//! The states of an evaluation, and which event leads where.
//!
//! Storage enforces this table with conditional writes; a test there holds the two against each other.

use serde::{Deserialize, Serialize};

/// Where an evaluation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Durable and waiting for a worker (or for its time, when it was delayed).
    Queued,
    /// Owned by one worker, under one epoch.
    Running,
    /// It has its one assessment.
    Succeeded,
    /// It has a reason why there is no assessment.
    Failed,
    /// Its sender took it back.
    Cancelled,
}

/// What can happen to an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A worker takes it.
    Claim,
    /// Its worker gives it back, now or for later.
    Release,
    /// Its worker was found dead.
    OwnerDied,
    /// Its worker wrote the assessment.
    Finish,
    /// It ends without one.
    Fail,
    /// Its sender takes it back.
    Cancel,
    /// Its sender wants an ended one to run again.
    Retry,
}

impl Event {
    /// The kind of the entry in an evaluation's timeline that tells of it.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Claim => "claimed",
            Self::Release => "queued",
            Self::OwnerDied => "owner_lost",
            Self::Finish => "succeeded",
            Self::Fail => "failed",
            Self::Cancel => "cancelled",
            Self::Retry => "retried",
        }
    }
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The state after an event, or `None` where the event changes nothing.
    ///
    /// `Retry` of a succeeded evaluation is allowed here because an *unscorable* one may run again; whether
    /// this one is that is for the caller to know.
    #[must_use]
    pub fn after(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Queued, Event::Claim) => Some(Self::Running),
            (Self::Running, Event::Release | Event::OwnerDied) => Some(Self::Queued),
            (Self::Running, Event::Finish) => Some(Self::Succeeded),
            (Self::Queued | Self::Running, Event::Fail) => Some(Self::Failed),
            (Self::Queued | Self::Running, Event::Cancel) => Some(Self::Cancelled),
            (Self::Succeeded | Self::Failed | Self::Cancelled, Event::Retry) => Some(Self::Queued),
            _ => None,
        }
    }

    /// Whether it stays there unless its sender asks otherwise.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The name in rows.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The `status` that clients see: a queued evaluation is `pending`.
    #[must_use]
    pub fn status(self) -> &'static str {
        match self {
            Self::Queued => "pending",
            other => other.as_str(),
        }
    }

    /// The state of that name, as rows have it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// The state of that status, as clients write it.
    #[must_use]
    pub fn from_status(status: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.status() == status)
    }
}
