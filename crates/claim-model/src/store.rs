//! What outlives a process: rows in PostgreSQL, entries in Redis.

use crate::state::STEPS;

/// A set of small numbers: of steps, or of entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Set(pub u8);

impl Set {
    /// Every step.
    pub const STEPS: Self = Self((1 << STEPS) - 1);

    /// Whether a number is in it.
    #[must_use]
    pub fn has(self, number: u8) -> bool {
        self.0 & (1 << number) != 0
    }

    /// With a number.
    #[must_use]
    pub fn with(self, number: u8) -> Self {
        Self(self.0 | 1 << number)
    }

    /// Without the numbers of another set.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Its numbers, rising.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..8).filter(move |number| self.has(*number))
    }
}

/// `evaluations.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "as in `domain::State`")]
pub enum RowState {
    Queued,
    Running,
    Succeeded,
    /// As poison: the only failure that the protocol itself makes.
    Failed,
    /// Taken back by its sender, or past its deadline.
    Withdrawn,
}

/// `evaluations.owner`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// NULL.
    Nobody,
    /// The process that now runs as this worker.
    Worker(usize),
    /// A process that is no more; the one that took its place has another name. The number tells those apart that still
    /// own something.
    Gone(u8),
}

/// A row of `evaluations` with its replies and assessment, and some figures that only the properties look at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    /// Where it is.
    pub state: RowState,
    /// The fencing token.
    pub epoch: u8,
    /// Who holds it.
    pub owner: Owner,
    /// How often its owner was found dead.
    pub crashes: u8,
    /// `workers.taken_at` of its owner: something that it ran beside this one was taken from it.
    pub accompanied: bool,
    /// `announced_at`: the entries that were older when it was set and still stand in the stream.
    pub announced: Option<Set>,
    /// Entries for it on their way into the stream.
    pub ringing: u8,
    /// Committed replies.
    pub replies: Set,
    /// Assessments written. Figure.
    pub assessments: u8,
    /// Calls started, by step. Figure.
    pub paid: [u8; STEPS as usize],
    /// How often an owner lost it before its end. Figure.
    pub interrupted: u8,
    /// Whether an entry got lost while it was queued. Figure.
    pub entry_lost: bool,
    /// Whether it was ever all that a worker ran when that died or fell silent. Figure.
    pub met_alone: bool,
}

impl Row {
    /// Whether it still has to end.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, RowState::Queued | RowState::Running)
    }

    /// Whether it may be what its workers died of, so that it runs only with nothing beside.
    #[must_use]
    pub fn is_suspect(&self, most_crashes: u8) -> bool {
        self.crashes > 0 && self.crashes + 1 >= most_crashes
    }

    /// Whether this worker's process of today holds it.
    #[must_use]
    pub fn is_owned_by(&self, worker: usize) -> bool {
        self.owner == Owner::Worker(worker)
    }
}

/// Where an entry of the stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Not delivered yet.
    Waiting,
    /// Delivered to a worker that has it in hand.
    Held(usize),
    /// Delivered, and idle for long enough to be delivered to another.
    Idle,
}

/// An entry of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Its id; used again only when nothing knows it any more.
    pub number: u8,
    /// What it rings for.
    pub evaluation: usize,
    /// Where it stands.
    pub place: Place,
}
