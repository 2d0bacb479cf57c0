//! What must hold in every state, and what must be possible so that the checks mean something.

use stateright::Property;

use crate::scenario::Scenario;
use crate::state::{Breach, Owner, Row, RowState, STEPS, Set, State, Task};

/// At most one assessment for each evaluation, and exactly one where it succeeded (invariant 2).
pub const ONE_ASSESSMENT: &str = "one assessment";
/// A terminal state never changes; there is no retry in the model (invariant 1).
pub const TERMINAL_STAYS: &str = "a terminal state stays";
/// A write of somebody who is not the holder changes nothing (invariant 2).
pub const OLD_WRITES_DO_NOTHING: &str = "old writes do nothing";
/// An epoch never falls.
pub const EPOCH_RISES: &str = "the epoch never falls";
/// No two tasks, of whichever worker, were given the same epoch of an evaluation.
pub const ONE_HOLDER: &str = "one holder for each epoch";
/// The `CHECK` of the table: a row is running if and only if it has an owner.
pub const RUNNING_IS_OWNED: &str = "what runs has an owner";
/// The holder never starts a call for a step whose reply is committed (invariant 3).
pub const NEVER_BOUGHT_AGAIN: &str = "the holder does not buy what is committed";
/// A call is started once for each step, and again only for a holder that lost the evaluation: at most as many
/// calls are wasted as were wanted at once, for each such loss (invariant 3).
pub const WASTE_HAS_A_BOUND: &str = "calls are wasted only with a lost holder";
/// What succeeds without losing a holder has paid for each step once.
pub const EACH_STEP_ONCE: &str = "undisturbed, each step is bought once";
/// What ends as poison was once all that its worker ran when that died or fell silent.
pub const POISON_WAS_ALONE: &str = "poison was alone";
/// Where the system can do nothing more by itself, every evaluation has ended (invariant 1).
///
/// The model has no cycles (a check of its own), so this says that every evaluation ends once faults stop.
pub const NOTHING_STUCK: &str = "nothing is stuck";

/// An evaluation succeeds.
pub const SUCCEEDS: &str = "succeeds";
/// One fails because its workers died too often.
pub const POISONED: &str = "fails as poison";
/// One is withdrawn while it runs or waits.
pub const WITHDRAWN: &str = "is withdrawn";
/// A worker is about to commit or finish what it no longer holds.
pub const OLD_WRITE_TRIED: &str = "an old write is tried";
/// An evaluation succeeds whose entry got lost while it was queued.
pub const SUCCEEDS_AFTER_LOSS: &str = "succeeds after a loss";
/// A zombie pays for a step that its successor has committed. Allowed: it cannot know.
pub const ZOMBIE_BUYS_AGAIN: &str = "a zombie buys what is committed";

type Checked = Property<Scenario>;

/// All of them.
pub(crate) fn all() -> Vec<Checked> {
    vec![
        Checked::always(ONE_ASSESSMENT, |_, state| one_assessment(state)),
        Checked::always(TERMINAL_STAYS, |_, state| {
            state.breach != Some(Breach::TerminalChanged)
        }),
        Checked::always(OLD_WRITES_DO_NOTHING, |_, state| {
            state.breach != Some(Breach::OldWriteCounted)
        }),
        Checked::always(EPOCH_RISES, |_, state| {
            state.breach != Some(Breach::EpochFell)
        }),
        Checked::always(ONE_HOLDER, |_, state| one_holder(state)),
        Checked::always(RUNNING_IS_OWNED, |_, state| {
            state
                .rows
                .iter()
                .all(|row| (row.state == RowState::Running) == (row.owner != Owner::Nobody))
        }),
        Checked::always(NEVER_BOUGHT_AGAIN, |_, state| {
            state.breach != Some(Breach::BoughtAgain)
        }),
        Checked::always(WASTE_HAS_A_BOUND, waste_has_a_bound),
        Checked::always(EACH_STEP_ONCE, |_, state| each_step_once(state)),
        Checked::always(POISON_WAS_ALONE, |_, state| {
            let blamed = |row: &Row| row.state == RowState::Failed;
            state.rows.iter().all(|row| !blamed(row) || row.met_alone)
        }),
        Checked::always(NOTHING_STUCK, |scenario, state| {
            state.breach.is_some()
                || state.rows.iter().all(|row| !row.is_open())
                || scenario.moves(state)
        }),
        Checked::sometimes(SUCCEEDS, |_, state| any(state, RowState::Succeeded)),
        Checked::sometimes(POISONED, |_, state| any(state, RowState::Failed)),
        Checked::sometimes(WITHDRAWN, |_, state| any(state, RowState::Withdrawn)),
        Checked::sometimes(OLD_WRITE_TRIED, |_, state| old_write_tried(state)),
        Checked::sometimes(SUCCEEDS_AFTER_LOSS, |_, state| {
            let happy = |row: &Row| row.state == RowState::Succeeded;
            state.rows.iter().any(|row| happy(row) && row.entry_lost)
        }),
        Checked::sometimes(ZOMBIE_BUYS_AGAIN, |_, state| zombie_buys_again(state)),
    ]
}

fn any(state: &State, wanted: RowState) -> bool {
    state.rows.iter().any(|row| row.state == wanted)
}

fn one_assessment(state: &State) -> bool {
    let expected = |row: &Row| u8::from(row.state == RowState::Succeeded);
    state
        .rows
        .iter()
        .all(|row| row.assessments == expected(row))
}

fn one_holder(state: &State) -> bool {
    let mut claims: Vec<(usize, u8)> = state
        .workers
        .iter()
        .flat_map(|worker| &worker.tasks)
        .map(|task| (task.evaluation, task.epoch))
        .collect();
    claims.sort_unstable();
    claims.windows(2).all(|pair| pair[0] != pair[1])
}

fn waste_has_a_bound(scenario: &Scenario, state: &State) -> bool {
    let width = if scenario.side_by_side { STEPS } else { 1 };
    state.rows.iter().all(|row| {
        let total: u8 = row.paid.iter().sum();
        row.paid.iter().all(|paid| *paid <= 1 + row.interrupted)
            && total <= STEPS + width * row.interrupted
    })
}

fn each_step_once(state: &State) -> bool {
    state
        .rows
        .iter()
        .filter(|row| row.state == RowState::Succeeded)
        .all(|row| {
            let once = row.paid.iter().all(|paid| *paid == 1);
            row.replies == Set::STEPS && (once || row.interrupted > 0)
        })
}

fn old_write_tried(state: &State) -> bool {
    state.workers.iter().enumerate().any(|(index, worker)| {
        let writes = |task: &&Task| task.calling != Set::default() || task.known == Set::STEPS;
        let mut writing = worker.tasks.iter().filter(writes);
        worker.is_awake() && writing.any(|task| !state.is_current(index, task))
    })
}

fn zombie_buys_again(state: &State) -> bool {
    state.workers.iter().enumerate().any(|(index, worker)| {
        worker.tasks.iter().any(|task| {
            let row = &state.rows[task.evaluation];
            let mut both = task.calling.iter().filter(|step| row.replies.has(*step));
            !state.is_current(index, task) && both.any(|step| row.paid[usize::from(step)] > 1)
        })
    })
}
