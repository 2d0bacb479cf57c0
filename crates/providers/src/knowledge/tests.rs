use super::*;
use crate::abilities::JsonBy;

const SENT: Sent = Sent {
    json: true,
    logprobs: true,
    temperature: false,
    output_bound: false,
    is_chat: true,
    choices: true,
};
const BEST: Abilities = Abilities {
    json: JsonBy::Schema,
    streams: true,
    stream_options: true,
    logprobs: true,
    temperature: true,
    store: true,
    output_bound: crate::abilities::OutputBound::Completion,
    choices: true,
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

#[test]
fn who_gives_one_choice_where_several_were_asked_for_is_asked_for_one() {
    let now = Instant::now();
    let five = NonZeroU32::new(5).unwrap();
    let mut knowledge = Knowledge::default();
    knowledge.gave(five, 1, now);
    assert!(!knowledge.abilities(now).choices);
    assert!(knowledge.lesson(now).is_some());
}

#[test]
fn who_has_given_several_is_believed_to_until_it_refuses() {
    let now = Instant::now();
    let five = NonZeroU32::new(5).unwrap();
    let mut knowledge = Knowledge::default();
    // Fewer than asked for, and yet several.
    knowledge.gave(five, 4, now);
    knowledge.gave(five, 1, now);
    assert!(knowledge.abilities(now).choices);
    knowledge.told(BEST.single(), Duration::ZERO, now);
    assert!(knowledge.abilities(now).choices);
    knowledge.learned(BEST, BEST.single(), now);
    assert!(!knowledge.abilities(now).choices);
    // What it once gave counts no more.
    let later = now + Duration::from_secs(2);
    let told = Abilities {
        logprobs: false,
        ..BEST.single()
    };
    knowledge.told(told, Duration::from_secs(1), later);
    assert_eq!(knowledge.abilities(later), told);
}

#[test]
fn who_failed_at_several_choices_is_asked_for_one_for_a_while() {
    let now = Instant::now();
    let mut knowledge = Knowledge::default();
    knowledge.failed_at_several(now);
    assert!(!knowledge.may_give_several(now));
    // It is no lesson: any server fails now and then.
    assert_eq!(knowledge.lesson(now), None);
    assert!(knowledge.may_give_several(now + ONE_CHOICE));
    // Who has given them may fail once, but not twice in a row.
    let five = NonZeroU32::new(5).unwrap();
    for _ in 0..2 {
        knowledge.gave(five, 5, now);
        knowledge.failed_at_several(now);
        assert!(knowledge.may_give_several(now));
    }
    knowledge.failed_at_several(now);
    assert!(!knowledge.may_give_several(now));
    assert!(knowledge.may_give_several(now + ONE_CHOICE_FOR_NOW));
}
