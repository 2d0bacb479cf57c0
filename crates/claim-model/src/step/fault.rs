//! What goes wrong: each kind as often as the scenario allows.

use super::Step;
use crate::rules::Rule;
use crate::state::{Life, Owner, RowState, WORKERS};

/// Uses up one fault of a kind.
fn spend(left: &mut u8) -> Option<()> {
    *left = left.checked_sub(1)?;
    Some(())
}

impl Step<'_> {
    pub(super) fn crash(&mut self, worker: usize) -> Option<()> {
        spend(&mut self.state.left.crashes)?;
        self.process_ends(worker)
    }

    fn process_ends(&mut self, worker: usize) -> Option<()> {
        let process = &mut self.state.workers[worker];
        if process.life == Life::Down {
            return None;
        }
        // What was taken from it, and it has not noticed yet, ran beside the rest.
        let tasks = &self.state.workers[worker].tasks;
        let goes_on = tasks
            .iter()
            .any(|task| !self.state.is_current(worker, task));
        self.note_alone(worker);
        let noted = goes_on && self.rules.hold(Rule::TakingIsNoted);
        for row in &mut self.state.rows {
            row.accompanied |= noted && row.is_owned_by(worker);
        }
        let process = &mut self.state.workers[worker];
        process.life = Life::Down;
        process.hand = None;
        process.tasks.clear();
        self.let_lie(worker);
        let gone = self.unknown_name();
        if self.rules.hold(Rule::NewNameAtStart) {
            for row in &mut self.state.rows {
                if row.is_owned_by(worker) {
                    row.owner = Owner::Gone(gone);
                }
            }
        }
        Some(())
    }

    /// A name for a process that is gone, of nobody else who still owns something.
    fn unknown_name(&self) -> u8 {
        let is_free = |name: &u8| {
            let owner = Owner::Gone(*name);
            self.state.rows.iter().all(|row| row.owner != owner)
        };
        (0..=u8::MAX).find(is_free).unwrap_or_default()
    }

    /// One worker stays awake or comes back: with all of them frozen for ever nothing can go on.
    pub(super) fn suspend(&mut self, worker: usize) -> Option<()> {
        spend(&mut self.state.left.suspensions)?;
        let another = (0..WORKERS)
            .any(|other| other != worker && self.state.workers[other].life != Life::Suspended);
        let process = &mut self.state.workers[worker];
        if !another || !process.is_awake() {
            return None;
        }
        process.life = Life::Suspended;
        self.note_alone(worker);
        Some(())
    }

    pub(super) fn wake(&mut self, worker: usize) -> Option<()> {
        self.change_life(worker, Life::Suspended, Life::Silent)
    }

    pub(super) fn depart(&mut self, worker: usize) -> Option<()> {
        spend(&mut self.state.left.departures)?;
        let process = &self.state.workers[worker];
        if !process.is_awake() {
            return None;
        }
        for task in &process.tasks {
            let row = &mut self.state.rows[task.evaluation];
            if self.rules.may_write(row, worker, task.epoch) {
                row.state = RowState::Queued;
                row.owner = Owner::Nobody;
                row.interrupted += 1;
            }
        }
        self.process_ends(worker)
    }

    pub(super) fn lose_stream(&mut self) -> Option<()> {
        spend(&mut self.state.left.losses)?;
        if self.state.stream.is_empty() {
            return None;
        }
        for entry in std::mem::take(&mut self.state.stream) {
            let row = &mut self.state.rows[entry.evaluation];
            row.entry_lost |= row.state == RowState::Queued;
            self.remove_entry(entry.number);
        }
        Some(())
    }

    pub(super) fn lose_ring(&mut self, evaluation: usize) -> Option<()> {
        spend(&mut self.state.left.losses)?;
        let row = &mut self.state.rows[evaluation];
        row.ringing = row.ringing.checked_sub(1)?;
        row.entry_lost |= row.state == RowState::Queued;
        Some(())
    }

    pub(super) fn forget_early(&mut self, evaluation: usize) -> Option<()> {
        spend(&mut self.state.left.repeats)?;
        let row = &mut self.state.rows[evaluation];
        if row.state != RowState::Queued {
            return None;
        }
        row.announced.take().map(|_| ())
    }

    pub(super) fn linger(&mut self, worker: usize) -> Option<()> {
        spend(&mut self.state.left.repeats)?;
        self.state.workers[worker].hand.as_ref()?;
        self.let_lie(worker);
        Some(())
    }

    pub(super) fn put_back(&mut self, worker: usize) -> Option<()> {
        spend(&mut self.state.left.put_back)?;
        self.undecided(worker)?;
        let entry = self.state.workers[worker].hand.take()?.entry;
        self.put_into_stream_again(entry)
    }

    pub(super) fn dismiss_fails(&mut self, worker: usize) -> Option<()> {
        spend(&mut self.state.left.repeats)?;
        let process = &mut self.state.workers[worker];
        if !process.is_awake() {
            return None;
        }
        process.hand.take_if(|hand| hand.decided)?;
        self.let_lie(worker);
        Some(())
    }

    pub(super) fn withdraw(&mut self, evaluation: usize) -> Option<()> {
        spend(&mut self.state.left.withdrawals)?;
        let row = &mut self.state.rows[evaluation];
        if !row.is_open() {
            return None;
        }
        self.note_taking(evaluation);
        let row = &mut self.state.rows[evaluation];
        row.state = RowState::Withdrawn;
        row.owner = Owner::Nobody;
        row.epoch += self.rules.rise(Rule::WithdrawalRaisesEpoch);
        Some(())
    }

    pub(super) fn claim_unheard(&mut self, worker: usize) -> Option<()> {
        spend(&mut self.state.left.unheard)?;
        let evaluation = self.undecided(worker)?;
        self.claim_queued(worker, evaluation).map(|_| ())
    }

    pub(super) fn abandon(&mut self, worker: usize, task: usize) -> Option<()> {
        spend(&mut self.state.left.abandoned)?;
        let process = &mut self.state.workers[worker];
        if !process.is_awake() || task >= process.tasks.len() {
            return None;
        }
        process.tasks.remove(task);
        Some(())
    }
}
