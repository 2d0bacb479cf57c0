//! The doorbell: announcing, delivering, claiming, dismissing.

use super::Step;
use crate::rules::Rule;
use crate::state::{Entry, Hand, Life, Owner, Place, RowState, Set, Task};

impl Step<'_> {
    pub(super) fn publish(&mut self, evaluation: usize) -> Option<()> {
        let number = self.unknown_number()?;
        let row = &mut self.state.rows[evaluation];
        row.ringing = row.ringing.checked_sub(1)?;
        self.state.stream.push(Entry {
            number,
            evaluation,
            place: Place::Waiting,
        });
        Some(())
    }

    /// The lowest number that neither the stream nor a hand knows. Were there ever none left, the entry would
    /// stay under way, and a check would say that something is stuck.
    fn unknown_number(&self) -> Option<u8> {
        let in_stream = self.state.stream.iter().map(|entry| entry.number);
        let hands = self.state.workers.iter().filter_map(|it| it.hand.as_ref());
        let known = in_stream
            .chain(hands.map(|hand| hand.entry))
            .fold(Set::default(), Set::with);
        (0..8).find(|number| !known.has(*number))
    }

    pub(super) fn mark_published(&mut self, evaluation: usize) -> Option<()> {
        self.somebody_is_awake()?;
        let older = self.state.stream.iter().map(|entry| entry.number);
        let older = older.fold(Set::default(), Set::with);
        let most = self.scenario.most_crashes;
        let row = &mut self.state.rows[evaluation];
        if row.state != RowState::Queued || row.announced.is_some() || row.is_suspect(most) {
            return None;
        }
        row.announced = Some(older);
        row.ringing += 1;
        Some(())
    }

    /// The statement compares `announced_at` with the age of the oldest entry. So a row is not found while an
    /// entry stands there that is older than its mark, nor while its own does.
    pub(super) fn reset_lost(&mut self, evaluation: usize) -> Option<()> {
        self.somebody_is_awake()?;
        let own = self
            .state
            .stream
            .iter()
            .any(|entry| entry.evaluation == evaluation);
        let row = &mut self.state.rows[evaluation];
        let found = row.state == RowState::Queued
            && row.announced == Some(Set::default())
            && row.ringing == 0
            && !own;
        if !found || !self.rules.hold(Rule::ForgetsLost) {
            return None;
        }
        row.announced = None;
        Some(())
    }

    pub(super) fn deliver(&mut self, worker: usize, number: u8) -> Option<()> {
        let process = &self.state.workers[worker];
        if process.life != Life::Up || !process.has_room() {
            return None;
        }
        let waiting = |entry: &&mut Entry| entry.number == number && entry.place == Place::Waiting;
        let entry = self.state.stream.iter_mut().find(waiting)?;
        entry.place = Place::Held(worker);
        let evaluation = entry.evaluation;
        self.take_in_hand(worker, number, evaluation);
        Some(())
    }

    pub(super) fn reclaim(&mut self, worker: usize, number: u8) -> Option<()> {
        let process = &self.state.workers[worker];
        if !self.rules.hold(Rule::TakesOver) || !process.is_awake() {
            return None;
        }
        let workers = &self.state.workers;
        let entry = self.state.stream.iter().find(|it| it.number == number)?;
        let in_vain = match entry.place {
            Place::Idle => true,
            Place::Held(holder) => workers[holder].life == Life::Suspended,
            Place::Waiting => false,
        };
        if !in_vain {
            return None;
        }
        self.put_into_stream_again(number)
    }

    /// Puts an entry back as a new one, at the end. One that is gone stays gone.
    pub(super) fn put_into_stream_again(&mut self, number: u8) -> Option<()> {
        let found = self.state.stream.iter().find(|it| it.number == number);
        let evaluation = found?.evaluation;
        self.remove_entry(number);
        let number = self.unknown_number()?;
        self.state.stream.push(Entry {
            number,
            evaluation,
            place: Place::Waiting,
        });
        Some(())
    }

    fn take_in_hand(&mut self, worker: usize, entry: u8, evaluation: usize) {
        self.state.workers[worker].hand = Some(Hand {
            evaluation,
            entry,
            decided: false,
        });
        if !self.rules.hold(Rule::DismissesAfterClaim) {
            self.remove_entry(entry);
        }
    }

    pub(super) fn claim(&mut self, worker: usize) -> Option<()> {
        let evaluation = self.undecided(worker)?;
        if let Some(epoch) = self.claim_queued(worker, evaluation) {
            self.begin(worker, evaluation, epoch);
        }
        let hand = self.state.workers[worker].hand.as_mut()?;
        hand.decided = true;
        Some(())
    }

    /// Another worker may have something else beside it later on; what counts is what there is when it dies.
    pub(super) fn isolate(&mut self, worker: usize, evaluation: usize) -> Option<()> {
        let process = &self.state.workers[worker];
        let owns = self.state.rows.iter().any(|row| row.is_owned_by(worker));
        let row = &self.state.rows[evaluation];
        let waits = row.state == RowState::Queued && row.is_suspect(self.scenario.most_crashes);
        if process.life != Life::Up || !process.tasks.is_empty() || owns || !waits {
            return None;
        }
        let epoch = self.claim_row(worker, evaluation)?;
        self.begin(worker, evaluation, epoch);
        Some(())
    }

    fn begin(&mut self, worker: usize, evaluation: usize, epoch: u8) {
        let tasks = &mut self.state.workers[worker].tasks;
        tasks.push(Task {
            evaluation,
            epoch,
            loaded: false,
            known: Set::default(),
            calling: Set::default(),
        });
        tasks.sort_unstable();
    }

    /// The statement of a claim: suspects are left to [`Self::isolate`].
    pub(super) fn claim_queued(&mut self, worker: usize, evaluation: usize) -> Option<u8> {
        let is_suspect = self.state.rows[evaluation].is_suspect(self.scenario.most_crashes);
        if is_suspect {
            return None;
        }
        self.claim_row(worker, evaluation)
    }

    /// What the worker has in hand and has not decided about.
    pub(super) fn undecided(&self, worker: usize) -> Option<usize> {
        let process = &self.state.workers[worker];
        let hand = process.hand.as_ref().filter(|hand| !hand.decided)?;
        process.is_awake().then_some(hand.evaluation)
    }

    /// The epoch under which the row is now owned.
    fn claim_row(&mut self, worker: usize, evaluation: usize) -> Option<u8> {
        let row = &mut self.state.rows[evaluation];
        if !self.rules.may_claim(row) {
            return None;
        }
        row.state = RowState::Running;
        row.owner = Owner::Worker(worker);
        row.epoch += self.rules.rise(Rule::ClaimRaisesEpoch);
        row.announced = None;
        row.accompanied = false;
        Some(row.epoch)
    }

    pub(super) fn dismiss(&mut self, worker: usize) -> Option<()> {
        let process = &mut self.state.workers[worker];
        if !process.is_awake() {
            return None;
        }
        let hand = process.hand.take_if(|hand| hand.decided)?;
        self.remove_entry(hand.entry);
        Some(())
    }
}
