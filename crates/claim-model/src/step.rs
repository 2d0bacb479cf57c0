//! What each step changes, and when it is possible.

mod fault;
mod judge;
mod queue;

use crate::action::Action;
use crate::rules::Rules;
use crate::scenario::Scenario;
use crate::state::{Breach, Place, Row, State};

/// The state after a step; `None` where the step is not possible.
pub(crate) fn after(scenario: &Scenario, before: &State, action: Action) -> Option<State> {
    if before.breach.is_some() {
        return None;
    }
    let mut step = Step {
        rules: scenario.rules,
        scenario,
        state: before.clone(),
    };
    step.take(action)?;
    let mut state = step.state;
    state.breach = breach(before, &state, action);
    Some(state)
}

/// A state that is about to change.
struct Step<'s> {
    rules: Rules,
    scenario: &'s Scenario,
    state: State,
}

impl Step<'_> {
    fn take(&mut self, action: Action) -> Option<()> {
        match action {
            Action::Ring { evaluation } => self.publish(evaluation),
            Action::Announce { evaluation } => self.mark_published(evaluation),
            Action::ForgetLost { evaluation } => self.reset_lost(evaluation),
            Action::Deliver { worker, entry } => self.deliver(worker, entry),
            Action::TakeOver { worker, entry } => self.reclaim(worker, entry),
            Action::Claim { worker } => self.claim(worker),
            Action::Dismiss { worker } => self.dismiss(worker),
            Action::Load { worker, task } => self.load(worker, task),
            Action::Call { worker, task } => self.call(worker, task),
            Action::Commit { worker, task, step } => self.commit(worker, task, step),
            Action::Finish { worker, task } => self.finish(worker, task),
            Action::Sweep { evaluation } => self.sweep(evaluation),
            Action::Isolate { worker, evaluation } => self.isolate(worker, evaluation),
            Action::Recall { evaluation } => self.recall(evaluation),
            Action::Beat { worker } => self.beat(worker),
            Action::Restart { worker } => self.restart(worker),
            Action::Crash { worker } => self.crash(worker),
            Action::Suspend { worker } => self.suspend(worker),
            Action::Wake { worker } => self.wake(worker),
            Action::Depart { worker } => self.depart(worker),
            Action::LoseStream => self.lose_stream(),
            Action::LoseRing { evaluation } => self.lose_ring(evaluation),
            Action::ForgetEarly { evaluation } => self.forget_early(evaluation),
            Action::Linger { worker } => self.linger(worker),
            Action::PutBack { worker } => self.put_back(worker),
            Action::DismissFails { worker } => self.dismiss_fails(worker),
            Action::Withdraw { evaluation } => self.withdraw(evaluation),
            Action::ClaimUnheard { worker } => self.claim_unheard(worker),
            Action::Abandon { worker, task } => self.abandon(worker, task),
        }
    }

    /// Whether any worker can sweep and relay.
    fn somebody_is_awake(&self) -> Option<()> {
        let awake = self.state.workers.iter().any(|worker| worker.is_awake());
        awake.then_some(())
    }

    /// Takes an entry out of the stream, if it still stands there.
    fn remove_entry(&mut self, number: u8) {
        self.state.stream.retain(|entry| entry.number != number);
        let gone = crate::state::Set::default().with(number);
        for row in &mut self.state.rows {
            row.announced = row.announced.map(|older| older.minus(gone));
        }
    }

    /// A row is taken from its owner by another: the rest of what that holds was not alone.
    pub(crate) fn note_taking(&mut self, evaluation: usize) {
        let owner = self.state.rows[evaluation].owner;
        if owner == crate::state::Owner::Nobody
            || !self.rules.hold(crate::rules::Rule::TakingIsNoted)
        {
            return;
        }
        for (other, row) in self.state.rows.iter_mut().enumerate() {
            row.accompanied |= other != evaluation && row.owner == owner;
        }
    }

    /// A worker dies or falls silent: who was alone in it?
    pub(crate) fn note_alone(&mut self, worker: usize) {
        let tasks = &self.state.workers[worker].tasks;
        for (evaluation, row) in self.state.rows.iter_mut().enumerate() {
            row.met_alone |=
                row.is_owned_by(worker) && tasks.iter().all(|task| task.evaluation == evaluation);
        }
    }

    /// The entry that a worker has in hand is idle from now on.
    fn let_lie(&mut self, worker: usize) {
        for entry in &mut self.state.stream {
            if entry.place == Place::Held(worker) {
                entry.place = Place::Idle;
            }
        }
    }
}

/// What a step did that no step may do, whatever the guards let through.
fn breach(before: &State, after: &State, action: Action) -> Option<Breach> {
    for (old, new) in before.rows.iter().zip(&after.rows) {
        if !old.is_open() && without_figures(old) != without_figures(new) {
            return Some(Breach::TerminalChanged);
        }
        if new.epoch < old.epoch {
            return Some(Breach::EpochFell);
        }
    }
    let (Action::Call { worker, task }
    | Action::Commit { worker, task, .. }
    | Action::Finish { worker, task }) = action
    else {
        return None;
    };
    let known = &before.workers[worker].tasks[task];
    let (old, new) = (
        &before.rows[known.evaluation],
        &after.rows[known.evaluation],
    );
    let current = before.is_current(worker, known);
    if !current && without_figures(old) != without_figures(new) {
        return Some(Breach::OldWriteCounted);
    }
    let bought = |step: u8| new.paid[usize::from(step)] > old.paid[usize::from(step)];
    if current && old.replies.iter().any(bought) {
        return Some(Breach::BoughtAgain);
    }
    None
}

/// What PostgreSQL knows of a row. Rings under way are none of it.
fn without_figures(row: &Row) -> Row {
    Row {
        ringing: 0,
        paid: [0; crate::state::STEPS as usize],
        interrupted: 0,
        entry_lost: false,
        met_alone: false,
        announced: None,
        ..row.clone()
    }
}
