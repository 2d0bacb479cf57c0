//! Asking the same deployment again.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use domain::Limits;
use domain::routing::ProviderConfig;
use providers::ErrorKind;
use providers::retry::CallFailure;
use serde_json::json;

use crate::mock::{Desk, Mock, rubric_call};

fn patient(mock: &Mock) -> Desk {
    let mut desk = Desk::at([mock.options()]);
    desk.policy.tries = 3;
    desk
}

#[tokio::test]
async fn a_hiccup_is_bridged_and_a_refusal_is_not_repeated() {
    let mock = Mock::start().await;
    let desk = patient(&mock);
    mock.rule(json!({"fault": "status", "status": 500, "times": 2}))
        .await;
    desk.ask(&rubric_call(false)).await.unwrap();
    assert_eq!(
        desk.tried(),
        ["a:unavailable", "a:unavailable", "a:replied"]
    );
    mock.rule(json!({"fault": "status", "status": 404})).await;
    let none = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
    assert!(matches!(none, CallFailure::Refused(error) if error.kind == ErrorKind::Rejected));
    assert_eq!(desk.tried(), ["a:rejected"]);
}

#[tokio::test]
async fn every_try_of_a_call_has_the_same_key_and_trace() {
    let mock = Mock::start().await;
    let desk = patient(&mock);
    mock.rule(json!({"fault": "status", "status": 500, "times": 2}))
        .await;
    desk.ask(&rubric_call(false)).await.unwrap();
    let requests = mock.requests().await;
    assert_eq!(requests.len(), 3);
    let key = &requests[0]["headers"]["idempotency-key"];
    assert!(key.as_str().unwrap().starts_with("test/1."), "{key}");
    for request in &requests {
        let headers = &request["headers"];
        assert_eq!(headers["idempotency-key"], *key);
        assert_eq!(headers["x-correlation-id"], "test");
        assert_eq!(
            headers["traceparent"],
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        );
    }
}

#[tokio::test]
async fn a_provider_with_limits_is_asked_once_there_is_room() {
    let mock = Mock::start().await;
    let limits = Limits {
        concurrency: Some(1),
        ..Limits::default()
    };
    let limited = || ProviderConfig {
        limits,
        max_output_tokens: Some(7),
        ..mock.options()
    };
    let desk = Desk::at([limited()]);
    // More often than a call is tried: to look whether there is room is no try.
    desk.full.store(4, Relaxed);
    desk.ask(&rubric_call(false)).await.unwrap();
    let tried = desk.tried();
    assert_eq!(tried.len(), 6, "{tried:?}");
    assert!(tried[0].ends_with(" tokens") && tried[5] == "a:replied");
    // Where there is another deployment, nobody waits.
    let desk = Desk::at([limited(), mock.options()]);
    desk.full.store(1, Relaxed);
    assert_eq!(desk.ask(&rubric_call(false)).await.unwrap().provider, "b");
}

#[tokio::test]
async fn tokens_that_nobody_counted_are_as_estimated() {
    let mock = Mock::start().await;
    let desk = Desk::at([ProviderConfig {
        limits: Limits {
            tokens_per_minute: Some(60_000),
            ..Limits::default()
        },
        ..mock.options()
    }]);
    let choice = r#"{"message": {"content": "Score: 1"}, "finish_reason": "stop"}"#;
    let counted = r#"{"prompt_tokens": 30, "completion_tokens": 12}"#;
    for usage in ["null", counted] {
        let body = format!(r#"{{"choices": [{choice}], "usage": {usage}}}"#);
        mock.body(&body).await;
        desk.ask(&rubric_call(false)).await.unwrap();
    }
    let settled = desk.settled();
    assert!(settled[0] > 1_000, "{settled:?}");
    assert_eq!(settled[1..], [42]);
}

#[tokio::test]
async fn tries_again_have_a_budget() {
    let mock = Mock::start().await;
    let mut desk = Desk::at([ProviderConfig {
        retry_budget: 0.0,
        ..mock.options()
    }]);
    desk.policy.tries = 3;
    // Too few to open the breaker, more than the reserve of ten.
    mock.rule(json!({"fault": "status", "status": 500})).await;
    let mut put_off = 0;
    for _ in 0..6 {
        match desk.try_to_ask(&rubric_call(false)).await.unwrap_err() {
            CallFailure::Failed(_) => {}
            CallFailure::Unavailable { reason, .. } => {
                put_off += 1;
                assert!(
                    reason.contains("too many calls are tried again"),
                    "{reason}"
                );
            }
            CallFailure::Refused(error) => panic!("{error}"),
            CallFailure::OverBudget(reason) => panic!("{reason}"),
        }
    }
    assert!(put_off > 0);
    // Six first tries, the reserve, and what a second or two give back.
    let tries = desk.tried().len();
    assert!((16..18).contains(&tries), "{tries}");
}

#[tokio::test]
async fn room_is_taken_only_for_calls_that_are_made() {
    let mock = Mock::start().await;
    let limited = ProviderConfig {
        retry_budget: 0.0,
        limits: Limits {
            requests_per_minute: Some(60),
            ..Limits::default()
        },
        ..mock.options()
    };
    let mut desk = Desk::at([limited]);
    desk.policy.tries = 3;
    desk.policy.longest_retry_after = Duration::from_millis(500);
    mock.rule(json!({"fault": "rate_limit", "retry_after": "0"}))
        .await;
    // Each asks twice more while the reserve of ten lasts.
    for _ in 0..10 {
        let none = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
        assert!(matches!(none, CallFailure::Unavailable { .. }), "{none:?}");
    }
    let made = mock.requests().await.len();
    assert!((20..30).contains(&made), "{made} calls");
    assert_eq!(desk.settled().len(), made);
}

#[tokio::test]
async fn to_look_for_room_again_takes_nothing_of_the_budget() {
    let mock = Mock::start().await;
    let mut desk = Desk::at([ProviderConfig {
        retry_budget: 0.0,
        limits: Limits {
            concurrency: Some(1),
            ..Limits::default()
        },
        ..mock.options()
    }]);
    desk.policy.tries = 3;
    desk.policy.cap = Duration::from_millis(1);
    mock.rule(json!({"fault": "rate_limit", "retry_after": "0", "times": 1}))
        .await;
    // Far more often than there are tries again.
    desk.full_later.store(100, Relaxed);
    desk.ask(&rubric_call(false)).await.unwrap();
    let looks = desk.tried();
    let looks = looks.iter().filter(|tried| tried.ends_with(" tokens"));
    assert_eq!(looks.count(), 102);
}

#[tokio::test]
async fn every_request_has_room_of_its_own_and_each_body_a_key() {
    let mock = Mock::start().await;
    for style in ["openai", "wordless"] {
        let limits = Limits {
            requests_per_minute: Some(1_000),
            ..Limits::default()
        };
        let desk = Desk::at([ProviderConfig {
            limits,
            ..mock.options()
        }]);
        let before = mock.requests().await.len();
        mock.rule(json!({"fault": "refuse", "parameters": ["logprobs", "response_format"], "style": style}))
            .await;
        desk.ask(&rubric_call(true)).await.unwrap();
        desk.ask(&rubric_call(true)).await.unwrap();
        let requests = mock.requests().await.split_off(before);
        assert!(requests.len() > 3, "{style}");
        let tried = desk.tried();
        let admitted = tried.iter().filter(|tried| tried.ends_with(" tokens"));
        assert_eq!(admitted.count(), requests.len(), "{style} {tried:?}");
        assert_eq!(tried.len(), 2 * requests.len(), "{style} {tried:?}");
        assert_eq!(desk.settled().len(), requests.len(), "{style}");
        // The same body has the same key, another another.
        let mut bodies = std::collections::BTreeMap::new();
        for request in &requests {
            let key = request["headers"]["idempotency-key"].to_string();
            let body = request["body"].to_string();
            assert_eq!(
                bodies
                    .insert(key, body.clone())
                    .unwrap_or_else(|| body.clone()),
                body
            );
        }
        assert_eq!(bodies.len(), requests.len() - 1, "{style}");
    }
}

#[tokio::test]
async fn lessons_are_paid_for_out_of_the_budget_and_go_on_where_they_were() {
    let mock = Mock::start().await;
    let limited = ProviderConfig {
        limits: Limits {
            concurrency: Some(1),
            ..Limits::default()
        },
        ..mock.options()
    };
    let desk = Desk::at([limited]);
    mock.rule(json!({"fault": "refuse", "parameters": ["response_format.json_schema"]}))
        .await;
    // There is no room for the request that is made in another way, for a while.
    desk.full_later.store(3, Relaxed);
    desk.ask(&rubric_call(false)).await.unwrap();
    let asked = mock.requests().await;
    assert_eq!(asked.len(), 2, "what was refused is not asked again");
}
