//! What a worker does with what it claimed, and how others take it away from the dead.

use super::Step;
use crate::rules::Rule;
use crate::state::{Life, Owner, RowState, Set};

impl Step<'_> {
    pub(super) fn load(&mut self, worker: usize, task: usize) -> Option<()> {
        let (rules, rows) = (self.rules, &self.state.rows);
        let process = &mut self.state.workers[worker];
        let awake = process.is_awake();
        let known = process.tasks.get_mut(task)?;
        if !awake || known.loaded {
            return None;
        }
        known.loaded = true;
        if rules.hold(Rule::LoadsReplies) {
            known.known = rows[known.evaluation].replies;
        }
        process.tasks.sort_unstable();
        Some(())
    }

    pub(super) fn call(&mut self, worker: usize, task: usize) -> Option<()> {
        let process = &mut self.state.workers[worker];
        let awake = process.is_awake();
        let known = process.tasks.get_mut(task)?;
        let missing = Set::STEPS.minus(known.known);
        if !awake || !known.loaded || known.calling != Set::default() || missing == Set::default() {
            return None;
        }
        known.calling = if self.scenario.side_by_side {
            missing
        } else {
            missing
                .iter()
                .take(1)
                .fold(Set::default(), |set, step| set.with(step))
        };
        let row = &mut self.state.rows[known.evaluation];
        for step in known.calling.iter() {
            row.paid[usize::from(step)] += 1;
        }
        process.tasks.sort_unstable();
        Some(())
    }

    pub(super) fn commit(&mut self, worker: usize, task: usize, step: u8) -> Option<()> {
        let process = &mut self.state.workers[worker];
        let awake = process.is_awake();
        let known = process.tasks.get_mut(task)?;
        if !awake || !known.calling.has(step) {
            return None;
        }
        let row = &mut self.state.rows[known.evaluation];
        if self.rules.may_write(row, worker, known.epoch) {
            row.replies = row.replies.with(step);
            known.known = known.known.with(step);
            known.calling = known.calling.minus(Set::default().with(step));
        } else {
            // `Stop::Lost`: the other calls are dropped.
            process.tasks.remove(task);
        }
        process.tasks.sort_unstable();
        Some(())
    }

    pub(super) fn finish(&mut self, worker: usize, task: usize) -> Option<()> {
        let process = &mut self.state.workers[worker];
        let awake = process.is_awake();
        let known = process.tasks.get(task)?;
        if !awake || known.known != Set::STEPS {
            return None;
        }
        let row = &mut self.state.rows[known.evaluation];
        if self.rules.may_write(row, worker, known.epoch) {
            row.state = RowState::Succeeded;
            row.owner = Owner::Nobody;
            row.assessments += 1;
        }
        process.tasks.remove(task);
        Some(())
    }

    pub(super) fn sweep(&mut self, evaluation: usize) -> Option<()> {
        self.somebody_is_awake()?;
        let row = &mut self.state.rows[evaluation];
        let expired = match row.owner {
            Owner::Nobody => false,
            Owner::Gone(_) => true,
            Owner::Worker(owner) => self.state.workers[owner].life != Life::Up,
        };
        if !self.rules.hold(Rule::Sweeps) || row.state != RowState::Running || !expired {
            return None;
        }
        let alone = self.was_alone(evaluation) || !self.rules.hold(Rule::PoisonIsAlone);
        self.note_taking(evaluation);
        let row = &mut self.state.rows[evaluation];
        row.crashes += 1;
        row.interrupted += 1;
        row.epoch += self.rules.rise(Rule::SweepRaisesEpoch);
        row.owner = Owner::Nobody;
        row.state = if alone && row.crashes >= self.scenario.most_crashes {
            RowState::Failed
        } else {
            RowState::Queued
        };
        Some(())
    }

    /// Whether, by the rows, nothing else ran in the worker of a row.
    fn was_alone(&self, evaluation: usize) -> bool {
        let row = &self.state.rows[evaluation];
        let others = self
            .state
            .rows
            .iter()
            .filter(|other| other.owner == row.owner);
        let goes_on = match row.owner {
            Owner::Worker(owner) if self.rules.hold(Rule::TakingIsNoted) => {
                let tasks = &self.state.workers[owner].tasks;
                tasks.iter().any(|task| !self.state.is_current(owner, task))
            }
            _ => false,
        };
        others.count() == 1 && !row.accompanied && !goes_on
    }

    pub(super) fn recall(&mut self, evaluation: usize) -> Option<()> {
        let row = &mut self.state.rows[evaluation];
        let Owner::Worker(owner) = row.owner else {
            return None;
        };
        let process = &self.state.workers[owner];
        let works = process
            .tasks
            .iter()
            .any(|task| task.evaluation == evaluation && task.epoch == row.epoch);
        if !self.rules.hold(Rule::Recalls) || !process.is_awake() || works {
            return None;
        }
        row.state = RowState::Queued;
        row.owner = Owner::Nobody;
        row.epoch += 1;
        row.interrupted += 1;
        Some(())
    }

    pub(super) fn beat(&mut self, worker: usize) -> Option<()> {
        self.change_life(worker, Life::Silent, Life::Up)
    }

    pub(super) fn restart(&mut self, worker: usize) -> Option<()> {
        self.change_life(worker, Life::Down, Life::Up)
    }

    pub(super) fn change_life(&mut self, worker: usize, from: Life, to: Life) -> Option<()> {
        let life = &mut self.state.workers[worker].life;
        if *life != from {
            return None;
        }
        *life = to;
        Some(())
    }
}
