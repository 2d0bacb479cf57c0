use super::*;
use crate::capabilities::JsonMode;

const SENT: RequestFeatures = RequestFeatures {
    json: true,
    logprobs: true,
    temperature: false,
    output_bound: false,
    is_chat: true,
    choices: true,
    cache_key: false,
    cache_control: false,
    service_tier: false,
};
const BEST: Capabilities = Capabilities {
    json: JsonMode::Schema,
    streams: true,
    stream_options: true,
    logprobs: true,
    temperature: true,
    store: true,
    output_bound: crate::capabilities::OutputBound::Completion,
    choices: true,
    cache_key: true,
    cache_control: true,
    service_tier: true,
};

#[test]
fn a_lesson_holds_for_a_day() {
    let now = Instant::now();
    let mut knowledge = EndpointCapabilities::default();
    let less = Capabilities {
        logprobs: false,
        ..BEST
    };
    knowledge.learned(BEST, less, now);
    assert_eq!(knowledge.abilities(now + RECORD_TTL), less);
    assert_eq!(knowledge.record(now + RECORD_TTL), Some((less, RECORD_TTL)));
    let later = now + RECORD_TTL + Duration::from_secs(1);
    assert_eq!(knowledge.record(later), None);
    assert_eq!(knowledge.abilities(later), BEST);
}

#[test]
fn two_calls_may_learn_different_things() {
    let now = Instant::now();
    let mut knowledge = EndpointCapabilities::default();
    for less in [
        Capabilities {
            logprobs: false,
            ..BEST
        },
        Capabilities {
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
    let mut knowledge = EndpointCapabilities::default();
    assert!(knowledge.streams(true));
    knowledge.record_remote(BEST, SENT, "{}", now);
    let told = Capabilities {
        streams: false,
        json: JsonMode::Tool,
        logprobs: false,
        ..BEST
    };
    knowledge.merge_remote(told, Duration::ZERO, now);
    let expected = Capabilities {
        logprobs: false,
        ..BEST
    };
    assert_eq!(knowledge.abilities(now), expected);
}

#[test]
fn nothing_is_concluded_from_one_odd_answer() {
    let now = Instant::now();
    let mut knowledge = EndpointCapabilities::default();
    assert!(knowledge.streams(false));
    assert!(!knowledge.streams(false));
    for text in ["", " ", "", "no JSON"] {
        knowledge.record_remote(BEST, SENT, text, now);
        assert_eq!(knowledge.abilities(now).json, JsonMode::Schema);
    }
    knowledge.record_remote(BEST, SENT, "no JSON either", now);
    assert_eq!(knowledge.abilities(now).json, JsonMode::Tool);
}

#[test]
fn who_gives_one_choice_where_several_were_asked_for_is_asked_for_one() {
    let now = Instant::now();
    let five = NonZeroU32::new(5).unwrap();
    let mut knowledge = EndpointCapabilities::default();
    knowledge.record_choices(five, 1, now);
    assert!(!knowledge.abilities(now).choices);
    assert!(knowledge.record(now).is_some());
}

#[test]
fn who_has_given_several_is_believed_to_until_it_refuses() {
    let now = Instant::now();
    let five = NonZeroU32::new(5).unwrap();
    let mut knowledge = EndpointCapabilities::default();
    // Fewer than asked for, and yet several.
    knowledge.record_choices(five, 4, now);
    knowledge.record_choices(five, 1, now);
    assert!(knowledge.abilities(now).choices);
    knowledge.merge_remote(BEST.single(), Duration::ZERO, now);
    assert!(knowledge.abilities(now).choices);
    knowledge.learned(BEST, BEST.single(), now);
    assert!(!knowledge.abilities(now).choices);
    // What it once gave counts no more.
    let later = now + Duration::from_secs(2);
    let told = Capabilities {
        logprobs: false,
        ..BEST.single()
    };
    knowledge.merge_remote(told, Duration::from_secs(1), later);
    assert_eq!(knowledge.abilities(later), told);
}

#[test]
fn who_failed_at_several_choices_is_asked_for_one_for_a_while() {
    let now = Instant::now();
    let mut knowledge = EndpointCapabilities::default();
    knowledge.record_choices_failure(now);
    assert!(!knowledge.may_give_several(now));
    // It is no lesson: any server fails now and then.
    assert_eq!(knowledge.record(now), None);
    assert!(knowledge.may_give_several(now + SINGLE_CHOICE_TTL));
    // Who has given them may fail once, but not twice in a row.
    let five = NonZeroU32::new(5).unwrap();
    for _ in 0..2 {
        knowledge.record_choices(five, 5, now);
        knowledge.record_choices_failure(now);
        assert!(knowledge.may_give_several(now));
    }
    knowledge.record_choices_failure(now);
    assert!(!knowledge.may_give_several(now));
    assert!(knowledge.may_give_several(now + SINGLE_CHOICE_RETRY));
}
