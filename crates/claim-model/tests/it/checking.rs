//! How a scenario is checked.

use std::collections::HashMap;

use claim_model::state::State;
use claim_model::{Action, Scenario};
use stateright::{Checker, Expectation, HasDiscoveries, Model, Path, Property, Representative};

/// Looks at every state: everything that must hold holds, and of what may happen exactly this does.
pub(crate) fn holds(scenario: Scenario, possible: &[&str]) {
    let checker = scenario.checker().symmetry().spawn_dfs().join();
    for property in checker.model().properties() {
        match property.expectation {
            Expectation::Sometimes => {
                let found = checker.discovery(property.name).is_some();
                let expected = possible.contains(&property.name);
                assert_eq!(found, expected, "{}", property.name);
            }
            Expectation::Always | Expectation::Eventually => {
                checker.assert_no_discovery(property.name);
            }
        }
    }
}

/// Everything that must hold holds; what may happen is not looked at.
pub(crate) fn is_safe(scenario: Scenario) -> bool {
    let checker = scenario
        .checker()
        .finish_when(HasDiscoveries::AnyFailures)
        .symmetry()
        .spawn_dfs()
        .join();
    let properties = checker.model().properties();
    let broken = |property: &Property<Scenario>| {
        property.expectation == Expectation::Always && checker.discovery(property.name).is_some()
    };
    !properties.iter().any(broken)
}

/// The shortest way to a state in which a property does not hold.
pub(crate) fn counterexample(
    scenario: Scenario,
    property: &'static str,
) -> Option<Path<State, Action>> {
    let checker = scenario
        .checker()
        .finish_when(HasDiscoveries::AnyOf([property].into()))
        .spawn_bfs()
        .join();
    checker.discovery(property)
}

/// Whether no state can be reached from itself, so that every run ends in a state with nothing left to do.
pub(crate) fn has_no_cycle(scenario: &Scenario) -> bool {
    let mut seen = HashMap::new();
    let begin = scenario.init_states();
    begin.iter().all(|state| ends(scenario, state, &mut seen))
}

/// Whether everything that follows on a state comes to an end. `seen` says false of what is being looked at.
fn ends(scenario: &Scenario, state: &State, seen: &mut HashMap<State, bool>) -> bool {
    let known = state.representative();
    if let Some(ends) = seen.get(&known) {
        return *ends;
    }
    seen.insert(known.clone(), false);
    let next = scenario.next_states(state);
    let all_end = next.iter().all(|next| ends(scenario, next, seen));
    seen.insert(known, all_end);
    all_end
}
