//! What happened so far.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

pub(crate) mod exchange;
mod journal;
mod stats;

pub(crate) use journal::{Entry, Message};

use crate::usage::Usage;
use journal::Journal;
use stats::Stats;

/// Counts and the last requests, kept under one lock so that they agree.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    stats: Stats,
    journal: Journal,
    bodies: HashSet<u128>,
    /// Raised by a reset: what began before it no longer counts when it ends.
    epoch: u64,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
struct Ticket {
    number: u64,
    epoch: u64,
}

impl Ledger {
    /// The counts now.
    pub(crate) fn stats(&self) -> Stats {
        self.state().stats.clone()
    }

    /// Forgets everything but what is under way.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        let epoch = state.epoch + 1;
        let journal = state.journal.successor();
        let stats = state.stats.successor();
        *state = State {
            stats,
            journal,
            bodies: HashSet::new(),
            epoch,
        };
    }

    /// The last requests, oldest first.
    pub(crate) fn recent(&self, limit: usize, bodies: bool) -> Vec<Value> {
        self.state().journal.recent(limit, bodies)
    }

    fn open(&self, entry: Entry, body_hash: u128) -> Ticket {
        let mut state = self.state();
        let repeated = !state.bodies.insert(body_hash);
        state.stats.opened(&entry, repeated);
        let number = state.journal.add(entry);
        Ticket {
            number,
            epoch: state.epoch,
        }
    }

    fn close(&self, ticket: Ticket, end: End) {
        let mut state = self.state();
        state.stats.left();
        if ticket.epoch == state.epoch {
            state.stats.closed(end);
            state.journal.end(ticket.number, end);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The server did all it meant to do.
    Completed(u16, Usage),
    /// The client went away before.
    Cancelled,
}
