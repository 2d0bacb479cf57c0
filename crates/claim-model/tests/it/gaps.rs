//! What a *living* worker owns and does not work on.
//!
//! The sweep looks for workers that are silent. A worker that lives on with a claim it does not know of, or
//! with an evaluation that it has dropped without a write, has to let go of that row itself.

use claim_model::properties::NOTHING_STUCK;
use claim_model::state::{Life, Owner, RowState, State};
use claim_model::{Action, Faults, Rule, Rules, Scenario};

use crate::checking::{counterexample, has_no_cycle, is_safe};

/// Whether a row runs for a worker that is up and does nothing for it.
fn held_by_the_living(state: &State) -> bool {
    let [row] = &state.rows[..] else { return false };
    let Owner::Worker(owner) = row.owner else {
        return false;
    };
    let worker = &state.workers[owner];
    row.state == RowState::Running && worker.life == Life::Up && worker.tasks.is_empty()
}

/// The claim went through and its answer did not: the worker claims again, finds the row running, and
/// dismisses the entry. In `scorer_worker::intake::claim` that is the loop around `evaluations::claim`.
#[test]
fn a_claim_that_was_not_heard_of() {
    let scenario = Scenario::new(Faults {
        unheard: 1,
        ..Faults::default()
    });
    let found = counterexample(scenario.clone().under(without_recalls()), NOTHING_STUCK).unwrap();
    assert!(held_by_the_living(found.last_state()));
    let actions = found.into_actions();
    let unheard = |action: &Action| matches!(action, Action::ClaimUnheard { .. });
    assert!(actions.iter().any(unheard), "{actions:?}");

    assert!(is_safe(scenario));
}

/// The evaluation was let go of without a write. In `engine::end` that is a panic, an end that
/// cannot be written within a lease, or one that PostgreSQL refuses.
#[test]
fn an_evaluation_that_was_let_go_of() {
    let scenario = Scenario::new(Faults {
        abandoned: 1,
        ..Faults::default()
    });
    let found = counterexample(scenario.clone().under(without_recalls()), NOTHING_STUCK).unwrap();
    assert!(held_by_the_living(found.last_state()));

    assert!(is_safe(scenario));
}

/// With recalls, the rest holds as before, whatever else goes wrong.
#[test]
fn recalls_break_nothing() {
    let mixtures = [
        Faults {
            unheard: 1,
            abandoned: 1,
            crashes: 1,
            ..Faults::default()
        },
        Faults {
            unheard: 1,
            suspensions: 1,
            ..Faults::default()
        },
    ];
    for faults in mixtures {
        let scenario = Scenario::new(faults);
        assert!(is_safe(scenario.clone()), "{faults:?}");
        assert!(has_no_cycle(&scenario), "{faults:?}");
    }
}

fn without_recalls() -> Rules {
    Rules::implemented().without(Rule::Recalls)
}
