//! Commands for all evaluations that match a filter.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A command for all evaluations that match, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Command {
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub command: CommandKind,
    /// Whether there is something left to do.
    pub status: CommandStatus,
    /// How many evaluations it was for when it was given.
    pub matched: u64,
    /// How many it has changed so far. In the end these may be fewer: what ended, or was changed by another, in the meantime.
    pub done: u64,
    /// When it was given; what was posted later is none of it.
    pub created_at: Timestamp,
    /// When there was nothing left to do.
    #[schema(required)]
    pub finished_at: Option<Timestamp>,
}

/// What a command does with each evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandKind {
    /// It takes the evaluation back.
    Cancel,
    /// It has the evaluation run again.
    Retry,
}

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandStatus {
    /// It goes on, batch by batch.
    Running,
    /// There is nothing left to do.
    Finished,
}

/// What a command would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommandPreview {
    /// How many evaluations match and can be changed.
    pub matched: u64,
}
