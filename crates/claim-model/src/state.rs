//! What there is: the stores, the worker processes, and the faults that may still happen.

use stateright::Representative;

pub use crate::store::{Entry, Owner, Place, Row, RowState, Set};

/// Worker processes.
pub const WORKERS: usize = 2;
/// Calls that an evaluation needs.
pub const STEPS: u8 = 2;
/// Evaluations that a process runs at once. Two, so that it can claim one again that it also holds as a zombie.
pub const SLOTS: usize = 2;

/// A process, seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Life {
    /// It runs, and its lease is fresh.
    Up,
    /// It runs, but has not beaten since it woke up: its lease may be over.
    Silent,
    /// It stands still (SIGSTOP, a frozen machine): its lease may be over.
    Suspended,
    /// It is gone and will be started again.
    Down,
}

/// An entry that a worker is deciding about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hand {
    /// What it rings for.
    pub evaluation: usize,
    /// Its number.
    pub entry: u8,
    /// Whether the claim is decided, so that only the dismissal is left.
    pub decided: bool,
}

/// What a worker knows of an evaluation that it claimed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Task {
    /// Which one.
    pub evaluation: usize,
    /// Under which epoch.
    pub epoch: u8,
    /// Whether the replies are loaded.
    pub loaded: bool,
    /// Replies it knows.
    pub known: Set,
    /// Calls under way.
    pub calling: Set,
}

/// A worker process.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Worker {
    /// Whether it runs.
    pub life: Life,
    /// The entry that its intake has.
    pub hand: Option<Hand>,
    /// What it judges, in a fixed order.
    pub tasks: Vec<Task>,
}

impl Worker {
    /// Whether it does anything.
    #[must_use]
    pub fn is_awake(&self) -> bool {
        matches!(self.life, Life::Up | Life::Silent)
    }

    /// Whether it can begin with another entry.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.hand.is_none() && self.tasks.len() < SLOTS
    }
}

/// How many faults of each kind may (still) happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Faults {
    /// `kill -9` of a worker.
    pub crashes: u8,
    /// A worker that stands still for any time.
    pub suspensions: u8,
    /// A worker that leaves in good order.
    pub departures: u8,
    /// The stream, or an entry on its way there, gone.
    pub losses: u8,
    /// A row announced twice, or an entry delivered twice.
    pub repeats: u8,
    /// An entry that does not fit into the worker that read it.
    pub put_back: u8,
    /// Cancelled, or the deadline passed.
    pub withdrawals: u8,
    /// The answer to a claim lost on its way to a worker that lives on.
    pub unheard: u8,
    /// An evaluation that a live worker lets go of without a write: a panic, or an end that cannot be written.
    pub abandoned: u8,
}

/// Something that one step must never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Breach {
    /// A terminal state changed.
    TerminalChanged,
    /// A write of somebody who is not the holder changed a row.
    OldWriteCounted,
    /// An epoch fell.
    EpochFell,
    /// The holder bought a reply that was committed.
    BoughtAgain,
}

/// The whole system at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// PostgreSQL.
    pub rows: Vec<Row>,
    /// Redis, the oldest entry first.
    pub stream: Vec<Entry>,
    /// The processes.
    pub workers: [Worker; WORKERS],
    /// What may still go wrong.
    pub left: Faults,
    /// What the last step did wrong; nothing follows on it.
    pub breach: Option<Breach>,
}

impl State {
    /// Whether a task of a worker is the one that holds its evaluation.
    #[must_use]
    pub fn is_current(&self, worker: usize, task: &Task) -> bool {
        let row = &self.rows[task.evaluation];
        row.state == RowState::Running && row.is_owned_by(worker) && row.epoch == task.epoch
    }
}

/// The workers are alike: of two states that differ only in which is which, one needs to be looked at.
impl Representative for State {
    fn representative(&self) -> Self {
        let [first, second] = &self.workers;
        if first < second {
            return self.clone();
        }
        let other = exchanged(self);
        // With two workers in the same state, who owns what decides.
        let order = |state: &Self| {
            let owners = state.rows.iter().map(|row| row.owner);
            let places = state.stream.iter().map(|entry| entry.place);
            (owners.collect::<Vec<_>>(), places.collect::<Vec<_>>())
        };
        if first == second && order(self) <= order(&other) {
            return self.clone();
        }
        other
    }
}

/// The same with the two workers exchanged.
fn exchanged(state: &State) -> State {
    let mut other = state.clone();
    other.workers.reverse();
    for row in &mut other.rows {
        if let Owner::Worker(worker) = &mut row.owner {
            *worker = 1 - *worker;
        }
    }
    for entry in &mut other.stream {
        if let Place::Held(worker) = &mut entry.place {
            *worker = 1 - *worker;
        }
    }
    other
}
