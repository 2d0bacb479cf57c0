//! The rules that keep the protocol together, as data: a check can switch one off and see what breaks.

use crate::state::{Row, RowState};

/// One rule of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A claim takes queued rows only: `WHERE state = 'queued'` in `storage::evaluations::claim`.
    ClaimsQueuedOnly,
    /// A claim raises the epoch: `SET epoch = epoch + 1` in `storage::evaluations::claim`.
    ClaimRaisesEpoch,
    /// A worker's write asks for its name: `owner = $2` in `commit`, `finish`, `fail`, `release`, `give_back`.
    WriteChecksOwner,
    /// A worker's write asks for its epoch: `epoch = $3` in the same statements.
    WriteChecksEpoch,
    /// A worker's write asks for a running row: `state = 'running'` in the same statements.
    WriteChecksState,
    /// A claimed evaluation begins with the committed replies: `inputs::load` in `evaluation::load`.
    LoadsReplies,
    /// Evaluations of workers with an expired lease are queued again: `storage::evaluations::sweep`.
    Sweeps,
    /// The sweep raises the epoch.
    SweepRaisesEpoch,
    /// An end that comes from outside raises the epoch: `storage::evaluations::expire`.
    WithdrawalRaisesEpoch,
    /// A process draws a new name at every start: `Worker::id`.
    NewNameAtStart,
    /// An entry leaves the stream only when its claim is decided: `dismiss` at the end of `intake::claim`.
    DismissesAfterClaim,
    /// Entries that were delivered and never dismissed are delivered again: `Redis::take_over`.
    TakesOver,
    /// Rows whose entry must be gone are announced again: `storage::evaluations::forget_lost`.
    ForgetsLost,
    /// Rows that a live worker owns but does not work on are queued again: `storage::evaluations::let_go`.
    Recalls,
    /// A crash ends an evaluation only where nothing else ran in its worker: `storage::evaluations::sweep`.
    PoisonIsAlone,
    /// What is taken from a worker is noted, so that the rest of what it held does not look alone: `workers.taken_at`.
    TakingIsNoted,
}

impl Rule {
    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// Which rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rules(u16);

impl Rules {
    /// What the services do: every rule.
    ///
    /// That one would be needed for answers that get lost on the way from PostgreSQL to a worker which then
    /// lives on. See the checks of `Faults::unheard` and `Faults::abandoned`.
    #[must_use]
    pub const fn implemented() -> Self {
        Self(u16::MAX)
    }

    /// All of these but one.
    #[must_use]
    pub const fn without(self, rule: Rule) -> Self {
        Self(self.0 & !rule.bit())
    }

    /// Whether a rule holds.
    #[must_use]
    pub const fn hold(self, rule: Rule) -> bool {
        self.0 & rule.bit() != 0
    }

    /// Whether a row lets itself be claimed.
    pub(crate) fn may_claim(self, row: &Row) -> bool {
        if self.hold(Rule::ClaimsQueuedOnly) {
            row.state == RowState::Queued
        } else {
            row.is_open()
        }
    }

    /// Whether a row takes the write of a worker that claimed it under an epoch.
    pub(crate) fn may_write(self, row: &Row, worker: usize, epoch: u8) -> bool {
        (!self.hold(Rule::WriteChecksOwner) || row.is_owned_by(worker))
            && (!self.hold(Rule::WriteChecksEpoch) || row.epoch == epoch)
            && (!self.hold(Rule::WriteChecksState) || row.state == RowState::Running)
    }

    /// By how much the epoch rises where a rule says that it does.
    pub(crate) fn rise(self, rule: Rule) -> u8 {
        u8::from(self.hold(rule))
    }
}
