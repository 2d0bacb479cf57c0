//! Several deployments, in order.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use domain::Limits;
use domain::deployment_state::BreakerState;
use domain::routing::ProviderConfig;
use judging::{Answer, Reply, Usage};
use providers::ErrorKind;
use providers::retry::CallFailure;
use serde_json::{Value, json};

use crate::mock::{Desk, Mock, rubric_call, text};

async fn two() -> (Mock, Mock, Desk) {
    let (first, second) = tokio::join!(Mock::start(), Mock::start());
    let desk = Desk::at([first.options(), second.options()]);
    (first, second, desk)
}

#[tokio::test]
async fn the_next_one_answers_for_whatever_stops_the_first() {
    let (first, _second, desk) = two().await;
    for (rule, kind) in [
        (json!({"fault": "status", "status": 500}), "unavailable"),
        (json!({"fault": "status", "status": 404}), "rejected"),
        (json!({"fault": "garbage", "kind": "html"}), "garbled"),
        (json!({"fault": "cut"}), "unavailable"),
        (json!({"fault": "context_length"}), "replied"),
        (json!({"fault": "content_filter"}), "replied"),
        (
            json!({"fault": "rate_limit", "retry_after": "0"}),
            "rate_limited",
        ),
        (json!({"fault": "status", "status": 401}), "unauthorized"),
    ] {
        first.rule(rule.clone()).await;
        let reply = desk.ask(&rubric_call(false)).await.unwrap();
        assert_eq!(reply.provider, "b", "{rule}");
        assert!(!text(&reply).is_empty());
        assert_eq!(
            desk.tried(),
            [format!("a:{kind}"), "b:replied".to_owned()],
            "{rule}"
        );
    }
}

#[tokio::test]
async fn a_no_counts_when_nobody_says_yes() {
    let (first, second, desk) = two().await;
    first.rule(json!({"fault": "context_length"})).await;
    second.rule(json!({"fault": "content_filter"})).await;
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert_eq!(
        (reply.answer, &*reply.provider),
        (Answer::ContextTooLong, "a")
    );
    // One that could have said yes is asked again later.
    second.rule(json!({"fault": "status", "status": 503})).await;
    let none = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
    assert!(matches!(none, CallFailure::Failed(error) if error.kind == ErrorKind::Unavailable));
    second.rule(json!({"fault": "status", "status": 404})).await;
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert_eq!(reply.answer, Answer::ContextTooLong);
}

/// With a price of one nano-dollar for each token.
fn priced(mock: &Mock) -> ProviderConfig {
    mock.priced(1_000_000, 1_000_000)
}

#[track_caller]
fn assert_usage(reply: &Reply, [input, output]: [u64; 2]) {
    let expected = Usage {
        cached_input_tokens: Some(0),
        cache_write_tokens: None,
        input_tokens: Some(input),
        output_tokens: Some(output),
        cost_nano_usd: i64::try_from(input + output).ok(),
    };
    assert_eq!(reply.usage, expected);
}

#[tokio::test]
async fn every_no_that_was_paid_for_is_counted() {
    let (first, second, third) = tokio::join!(Mock::start(), Mock::start(), Mock::start());
    let call = rubric_call(false);
    let no = json!({"fault": "content_filter"});
    second.rule(no.clone()).await;
    let alone = Desk::at([priced(&second)]).ask(&call).await.unwrap();
    let took = |reply: &Reply| {
        let usage = reply.usage;
        [usage.input_tokens, usage.output_tokens].map(Option::unwrap)
    };
    let no_took = took(&alone);
    assert!(no_took[0] > 0);
    assert_usage(&alone, no_took);
    // The first no is the one that counts, and it has what the other took.
    first.rule(json!({"fault": "context_length"})).await;
    let both = Desk::at([priced(&first), priced(&second)]);
    let reply = both.ask(&call).await.unwrap();
    assert_eq!(
        (&reply.answer, &*reply.provider),
        (&Answer::ContextTooLong, "a")
    );
    assert_usage(&reply, no_took);
    first.rule(no).await;
    assert_usage(
        &both.ask(&call).await.unwrap(),
        no_took.map(|took| 2 * took),
    );
    // So it is where another replies in the end.
    let alone = Desk::at([priced(&third)]).ask(&call).await.unwrap();
    let all = Desk::at([priced(&first), priced(&second), priced(&third)]);
    let reply = all.ask(&call).await.unwrap();
    assert_eq!(reply.provider, "c");
    let [input, output] = took(&alone);
    assert_usage(&reply, [input + 2 * no_took[0], output + 2 * no_took[1]]);
}

#[tokio::test]
async fn no_later_no_that_was_paid_for_is_bought_again() {
    let (first, second, third) = tokio::join!(Mock::start(), Mock::start(), Mock::start());
    first.rule(json!({"fault": "context_length"})).await;
    third
        .rule(json!({"fault": "rate_limit", "retry_after": "600"}))
        .await;
    let filtered =
        r#"{"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]}"#;
    for is_counted in [true, false] {
        if is_counted {
            second.rule(json!({"fault": "content_filter"})).await;
        } else {
            second.body(filtered).await;
        }
        let desk = Desk::at([priced(&first), priced(&second), priced(&third)]);
        let reply = desk.ask(&rubric_call(false)).await.unwrap();
        assert_eq!(reply.answer, Answer::ContextTooLong);
        assert_eq!(reply.usage.input_tokens.is_some(), is_counted);
        assert_eq!(reply.usage.cost_nano_usd.is_some(), is_counted);
    }
}

#[tokio::test]
async fn a_dead_one_is_left_alone_once_that_is_clear() {
    let (first, _second, desk) = two().await;
    first.kill().await;
    for _ in 0..60 {
        assert_eq!(desk.ask(&rubric_call(false)).await.unwrap().provider, "b");
    }
    let asked = desk.tried();
    let in_vain = asked
        .iter()
        .filter(|tried| *tried == "a:unavailable")
        .count();
    // A second of waiting may have let a probe through, no more.
    assert!((20..=22).contains(&in_vain), "{in_vain} tries in vain");
    let states = desk.providers.deployment_states("judge");
    let of = |name: &str| {
        let found = states.iter().find(|found| found.provider == name);
        found.map(|found| found.state)
    };
    assert_eq!(of("b"), Some(BreakerState::Closed));
    assert_ne!(of("a"), Some(BreakerState::Closed));
}

#[tokio::test]
async fn one_that_asks_for_a_pause_is_not_asked_during_it() {
    let (first, _second, desk) = two().await;
    first
        .rule(json!({"fault": "rate_limit", "retry_after": "60"}))
        .await;
    for _ in 0..5 {
        assert_eq!(desk.ask(&rubric_call(false)).await.unwrap().provider, "b");
    }
    let refused = desk
        .tried()
        .iter()
        .filter(|tried| tried.starts_with("a:"))
        .count();
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn where_all_ask_for_a_pause_the_call_waits_or_is_put_off() {
    let (first, second, mut desk) = two().await;
    desk.policy.tries = 3;
    let soon = json!({"fault": "rate_limit", "retry_after": "1", "times": 1});
    first.rule(soon.clone()).await;
    second.rule(soon).await;
    let begun = Instant::now();
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert_eq!(reply.provider, "a");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let late = json!({"fault": "rate_limit", "retry_after": "600"});
    first.rule(late.clone()).await;
    second.rule(late).await;
    let none = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
    let CallFailure::Unavailable { after, reason, .. } = none else {
        panic!("{none:?}");
    };
    assert!(after > Duration::from_secs(590), "{after:?}");
    assert!(reason.contains("asks for a pause"), "{reason}");
}

/// Lets a deployment answer, so that one refusal is about the call that met it, and tells when it was asked after
/// that, in milliseconds.
async fn asked_at(warm: &Mock, rule: Value, desk: &Desk) -> Vec<u64> {
    const WARM: usize = 10;
    for _ in 0..WARM {
        assert_eq!(desk.ask(&rubric_call(false)).await.unwrap().provider, "a");
    }
    warm.rule(rule).await;
    // Whether it replies in the end is not what this is about.
    let _reply = desk.try_to_ask(&rubric_call(false)).await;
    let requests = warm.requests().await;
    let times = requests[WARM..].iter().map(|request| &request["at_ms"]);
    times.map(|time| time.as_u64().unwrap()).collect()
}

/// With limits.
fn limited(mock: &Mock) -> ProviderConfig {
    let limits = Limits {
        concurrency: Some(1),
        ..Limits::default()
    };
    ProviderConfig {
        limits,
        ..mock.options()
    }
}

#[tokio::test]
async fn one_that_asks_for_a_pause_has_it_while_another_is_looked_at() {
    /// Of which a call waits for room at least half: longer than the pause.
    const TWICE_AND_MORE: Duration = Duration::from_secs(10);
    let rule = json!({"fault": "rate_limit", "retry_after": "3", "times": 1});
    let beside_one_without_room = async {
        let (first, second, _) = two().await;
        let mut desk = Desk::at([first.options(), limited(&second)]);
        desk.policy.tries = 3;
        desk.policy.longest_retry_after = TWICE_AND_MORE;
        desk.full.store(u32::MAX, Relaxed);
        asked_at(&first, rule.clone(), &desk).await
    };
    let beside_one_with_a_shorter_pause = async {
        let (first, second, mut desk) = two().await;
        desk.policy.tries = 1_000;
        // Its budget of tries is soon spent, which is waited for as room is.
        desk.policy.longest_retry_after = TWICE_AND_MORE;
        second
            .rule(json!({"fault": "rate_limit", "retry_after": "0"}))
            .await;
        asked_at(&first, rule.clone(), &desk).await
    };
    let (one, other) = tokio::join!(beside_one_without_room, beside_one_with_a_shorter_pause);
    for asked in [one, other] {
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert!(asked[1] - asked[0] >= 3_000, "{asked:?}");
    }
}

#[tokio::test]
async fn nobody_is_asked_more_often_while_another_has_no_room() {
    let (first, second, _) = two().await;
    let mut desk = Desk::at([first.options(), limited(&second)]);
    desk.policy.tries = 2;
    desk.policy.longest_retry_after = Duration::from_secs(1);
    desk.full.store(u32::MAX, Relaxed);
    let pause = json!({"fault": "rate_limit", "retry_after": "0.1"});
    assert_eq!(asked_at(&first, pause, &desk).await.len(), 2);
    // The other was looked at as long as there was time.
    let looks = desk.tried();
    let looks = looks.iter().filter(|tried| tried.starts_with("b:"));
    assert!(looks.count() > 3);
}

#[tokio::test]
async fn tries_are_counted_over_pauses() {
    let mock = Mock::start().await;
    let mut desk = Desk::at([mock.options()]);
    desk.policy.tries = 3;
    let failure = json!({"fault": "status", "status": 503});
    let pause = json!({"fault": "rate_limit", "retry_after": "0", "times": 1});
    mock.rules(json!([pause, failure])).await;
    let none = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
    assert!(matches!(none, CallFailure::Failed(_)), "{none:?}");
    assert_eq!(
        desk.tried(),
        ["a:rate_limited", "a:unavailable", "a:unavailable"]
    );
}

#[tokio::test]
async fn a_pause_for_ever_is_a_long_one() {
    let mock = Mock::start().await;
    for pause in ["9223372036854775807", "1e30"] {
        let desk = Desk::at([mock.options()]);
        mock.rule(json!({"fault": "rate_limit", "retry_after": pause}))
            .await;
        let none = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
        let CallFailure::Unavailable { after, .. } = none else {
            panic!("{none:?}");
        };
        assert_eq!(after, Duration::from_mins(10));
    }
}

#[tokio::test]
async fn a_provider_that_left_the_settings_is_passed_over() {
    let (_first, _second, mut desk) = two().await;
    "gone".clone_into(&mut desk.route[0].provider);
    assert_eq!(desk.ask(&rubric_call(false)).await.unwrap().provider, "b");
    "gone".clone_into(&mut desk.route[1].provider);
    let none = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
    assert!(matches!(none, CallFailure::Unavailable { .. }), "{none:?}");
    desk.route.clear();
    let error = desk.ask(&rubric_call(false)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no provider is set up for the model `mock-judge`"
    );
}

#[tokio::test]
async fn a_no_is_asked_for_once_and_is_not_bought_twice() {
    let (first, second, mut desk) = two().await;
    desk.policy.tries = 3;
    let pause = json!({"fault": "rate_limit", "retry_after": "1"});
    second.rule(pause.clone()).await;
    // Not paid for: it waits for the other, and does not ask again.
    first.rule(json!({"fault": "context_length"})).await;
    let none = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
    assert!(matches!(none, CallFailure::Unavailable { .. }), "{none:?}");
    assert_eq!(first.requests().await.len(), 1);
    // Paid for: it counts, whatever the other would say later.
    let desk = Desk::at([first.options(), second.options()]);
    first.rule(json!({"fault": "content_filter"})).await;
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert_eq!(reply.answer, Answer::ContentFiltered);
    assert!(reply.usage.input_tokens > Some(0));
}

#[tokio::test]
async fn a_key_that_is_wrong_elsewhere_holds_nothing_up() {
    let (first, second, desk) = two().await;
    first.rule(json!({"fault": "status", "status": 404})).await;
    second.rule(json!({"fault": "status", "status": 401})).await;
    for _ in 0..3 {
        let error = desk.ask(&rubric_call(false)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Rejected, "{error}");
    }
    first.rule(json!({"fault": "context_length"})).await;
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert_eq!(reply.answer, Answer::ContextTooLong);
}

#[tokio::test]
async fn one_that_is_back_soon_is_waited_for_and_nothing_is_counted() {
    let (first, second, desk) = two().await;
    first.kill().await;
    second
        .rule(json!({"fault": "rate_limit", "retry_after": "2"}))
        .await;
    let none = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
    assert!(matches!(none, CallFailure::Unavailable { .. }), "{none:?}");
}
