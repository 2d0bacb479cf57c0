use super::*;
use crate::abilities::JsonBy;

const SENT: Sent = Sent {
    json: true,
    logprobs: true,
    temperature: false,
    output_bound: false,
    is_chat: true,
};
const BEST: Abilities = Abilities {
    json: JsonBy::Schema,
    streams: true,
    stream_options: true,
    logprobs: true,
    temperature: true,
    store: true,
    output_bound: crate::abilities::OutputBound::Completion,
};

#[test]
fn a_lesson_holds_for_a_day() {
    let now = Instant::now();
    let mut knowledge = Knowledge::default();
    let less = Abilities {
        logprobs: false,
        ..BEST
    };
    knowledge.learned(BEST, less, now);
    assert_eq!(knowledge.abilities(now + HOLDS), less);
    assert_eq!(knowledge.lesson(now + HOLDS), Some((less, HOLDS)));
    let later = now + HOLDS + Duration::from_secs(1);
    assert_eq!(knowledge.lesson(later), None);
    assert_eq!(knowledge.abilities(later), BEST);
}

#[test]
fn two_calls_may_learn_different_things() {
    let now = Instant::now();
    let mut knowledge = Knowledge::default();
    for less in [
        Abilities {
            logprobs: false,
            ..BEST
        },
        Abilities {
            temperature: false,
            ..BEST
        },
    ] {
        knowledge.learned(BEST, less, now);
    }
    let both = knowledge.abilities(now);
    assert!(!both.logprobs && !both.temperature && both.streams);
}

#[test]
fn what_it_has_seen_itself_counts_for_more_than_what_others_say() {
    let now = Instant::now();
    let mut knowledge = Knowledge::default();
    assert!(knowledge.streams(true));
    knowledge.heard(BEST, SENT, "{}", now);
    let told = Abilities {
        streams: false,
        json: JsonBy::Tool,
        logprobs: false,
        ..BEST
    };
    knowledge.told(told, Duration::ZERO, now);
    let expected = Abilities {
        logprobs: false,
        ..BEST
    };
    assert_eq!(knowledge.abilities(now), expected);
}

#[test]
fn nothing_is_concluded_from_one_odd_answer() {
    let now = Instant::now();
    let mut knowledge = Knowledge::default();
    assert!(knowledge.streams(false));
    assert!(!knowledge.streams(false));
    for text in ["", " ", "", "no JSON"] {
        knowledge.heard(BEST, SENT, text, now);
        assert_eq!(knowledge.abilities(now).json, JsonBy::Schema);
    }
    knowledge.heard(BEST, SENT, "no JSON either", now);
    assert_eq!(knowledge.abilities(now).json, JsonBy::Tool);
}
