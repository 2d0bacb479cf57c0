//! What one check looks at: how many evaluations, which faults, which rules.

use stateright::{Model, Property};

use crate::action::Action;
use crate::properties;
use crate::rules::Rules;
use crate::state::{Faults, Life, Owner, Row, RowState, STEPS, Set, State, Worker};
use crate::step;

/// A model to check.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// How many evaluations wait at the beginning.
    pub evaluations: usize,
    /// How many faults of each kind may happen.
    pub faults: Faults,
    /// Which rules hold.
    pub rules: Rules,
    /// `worker.max_crashes`.
    pub most_crashes: u8,
    /// Whether the strategy wants its calls all at once, or one after the other.
    pub side_by_side: bool,
}

impl Scenario {
    /// One evaluation under the rules as they are implemented.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self {
            evaluations: 1,
            faults,
            rules: Rules::implemented(),
            most_crashes: 2,
            side_by_side: false,
        }
    }

    /// The same with other rules.
    #[must_use]
    pub fn under(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// Whether the system itself can still do anything here. What may go wrong does not count, nor does a
    /// suspended process that may wake up.
    #[must_use]
    pub fn moves(&self, state: &State) -> bool {
        let actions = Action::of_system(state);
        actions
            .into_iter()
            .any(|action| step::after(self, state, action).is_some())
    }
}

impl Model for Scenario {
    type State = State;
    type Action = Action;

    /// Each evaluation is stored; its sender's service has marked it and is about to ring, or has left both
    /// to the relay.
    fn init_states(&self) -> Vec<State> {
        let worker = Worker {
            life: Life::Up,
            hand: None,
            tasks: Vec::new(),
        };
        (0..1_usize << self.evaluations)
            .map(|marks| State {
                rows: (0..self.evaluations)
                    .map(|evaluation| stored(marks & 1 << evaluation != 0))
                    .collect(),
                stream: Vec::new(),
                workers: [worker.clone(), worker.clone()],
                left: self.faults,
                breach: None,
            })
            .collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(Action::of_system(state));
        actions.extend(Action::of_faults(state));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        step::after(self, state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

fn stored(announced: bool) -> Row {
    Row {
        state: RowState::Queued,
        epoch: 0,
        owner: Owner::Nobody,
        crashes: 0,
        accompanied: false,
        announced: announced.then(Set::default),
        ringing: u8::from(announced),
        replies: Set::default(),
        assessments: 0,
        paid: [0; STEPS as usize],
        interrupted: 0,
        entry_lost: false,
        met_alone: false,
    }
}
