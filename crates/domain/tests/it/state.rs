//! The life of an evaluation.

use domain::State;
use domain::state::Event;
use proptest::prelude::*;

const EVENTS: [Event; 7] = [
    Event::Claim,
    Event::Release,
    Event::OwnerDied,
    Event::Finish,
    Event::Fail,
    Event::Cancel,
    Event::Retry,
];

fn any_events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(prop::sample::select(&EVENTS[..]), 0..60)
}

proptest! {
    #[test]
    fn only_its_sender_brings_an_ended_one_back(events in any_events()) {
        let mut state = State::Queued;
        for event in events {
            if let Some(after) = state.after(event) {
                prop_assert!(!state.is_terminal() || event == Event::Retry, "{state:?} left by {event:?}");
                prop_assert_ne!(after, state);
                state = after;
            }
        }
    }

    #[test]
    fn only_a_running_one_gets_a_result(events in any_events()) {
        let mut state = State::Queued;
        for event in events {
            let after = state.after(event);
            if after == Some(State::Succeeded) {
                prop_assert_eq!(state, State::Running);
            }
            state = after.unwrap_or(state);
        }
    }
}

#[test]
fn every_state_leads_to_an_end() {
    for state in [State::Queued, State::Running] {
        assert!(
            EVENTS
                .iter()
                .any(|event| state.after(*event).is_some_and(State::is_terminal)),
            "{state:?}"
        );
    }
}

#[test]
fn names_lead_back() {
    for state in State::ALL {
        assert_eq!(State::parse(state.as_str()), Some(state));
        assert_eq!(State::from_status(state.status()), Some(state));
    }
    assert_eq!(
        State::from_status("queued"),
        None,
        "clients know it as pending"
    );
}
