//! The cheaper tier: bought where there is time and capacity, and the usual one in time where there is not.

use std::time::Duration;

use domain::plan::BatchTier;
use domain::routing::{Price, ProviderConfig};
use domain::timeline::WaitReason;
use providers::retry::CallFailure;
use serde_json::{Value, json};

use crate::mock::{Desk, Mock, call};

const PRICE: Price = Price {
    input: 2_000_000,
    cached_input: None,
    cache_write: None,
    output: 8_000_000,
};

/// A provider with prices of both tiers. A call at the usual one takes ten seconds at most.
fn priced(mock: &Mock) -> ProviderConfig {
    let half = Price {
        input: PRICE.input / 2,
        output: PRICE.output / 2,
        ..PRICE
    };
    ProviderConfig {
        prices: [("mock-judge".to_owned(), PRICE)].into(),
        tier_prices: [("mock-judge".to_owned(), [("flex".to_owned(), half)].into())].into(),
        call_timeout: Duration::from_secs(10),
        ..mock.options()
    }
}

/// Who asks at the tier, where answers may take this long.
fn desk(options: ProviderConfig, timeout: Duration) -> Desk {
    let mut desk = Desk::at([options]);
    desk.route[0].batch_tier = Some(BatchTier {
        name: "flex".to_owned(),
        timeout_ms: u64::try_from(timeout.as_millis()).unwrap(),
    });
    desk
}

const LONG: Duration = Duration::from_secs(900);

async fn tiers(mock: &Mock) -> Vec<Value> {
    let requests = mock.requests().await;
    let body = |request: &Value| -> Value {
        serde_json::from_str(request["body"].as_str().unwrap()).unwrap()
    };
    requests
        .iter()
        .map(|request| body(request)["service_tier"].clone())
        .collect()
}

#[tokio::test]
async fn what_is_bought_at_the_tier_costs_what_it_costs_there() {
    let mock = Mock::start().await;
    mock.settings(json!({"flex": ["mock-judge"]})).await;
    let desk = desk(priced(&mock), LONG);
    let reply = desk.ask(&call("Judge.", false)).await.unwrap();
    assert_eq!(tiers(&mock).await, ["flex"]);
    assert_eq!(reply.service_tier.as_deref(), Some("flex"));
    let usage = reply.usage;
    let nano = usage.input_tokens.unwrap() + usage.output_tokens.unwrap() * 4;
    assert_eq!(usage.cost_nano_usd.unwrap().unsigned_abs(), nano);
    assert_eq!(desk.tried(), ["a@flex:replied"]);
}

#[tokio::test]
async fn the_answer_says_at_which_tier_it_was_bought() {
    let mock = Mock::start().await;
    // It takes the parameter, and has no such tier.
    let desk = desk(priced(&mock), LONG);
    let reply = desk.ask(&call("Judge.", false)).await.unwrap();
    assert_eq!(reply.service_tier.as_deref(), Some("default"));
    let usage = reply.usage;
    let nano = usage.input_tokens.unwrap() * 2 + usage.output_tokens.unwrap() * 8;
    assert_eq!(usage.cost_nano_usd.unwrap().unsigned_abs(), nano);
}

#[tokio::test]
async fn a_tier_without_a_price_costs_an_unknown_amount() {
    let mock = Mock::start().await;
    mock.settings(json!({"flex": ["mock-judge"]})).await;
    let options = ProviderConfig {
        tier_prices: std::collections::BTreeMap::new(),
        ..priced(&mock)
    };
    let reply = desk(options, LONG)
        .ask(&call("Judge.", false))
        .await
        .unwrap();
    assert_eq!(reply.usage.cost_nano_usd, None);
}

#[tokio::test]
async fn without_capacity_the_call_waits_while_there_is_time() {
    let mock = Mock::start().await;
    mock.settings(json!({"flex": ["mock-judge"], "faults": [{"fault": "no_capacity"}]}))
        .await;
    let desk = desk(priced(&mock), LONG);
    for _ in 0..30 {
        let none = desk.try_to_ask(&call("Judge.", false)).await.unwrap_err();
        let CallFailure::Unavailable { after, why, .. } = none else {
            panic!("{none:?}");
        };
        assert_eq!(why, WaitReason::NoCapacity);
        assert!((15..=30).contains(&after.as_secs()), "{after:?}");
    }
    assert_eq!(desk.tried(), ["a@flex:no_capacity"; 30]);
    assert_eq!(desk.costs(), [0; 30], "it is not billed");
    // Neither breaker nor retry budget know of it.
    mock.settings(json!({"flex": ["mock-judge"]})).await;
    let reply = desk.ask(&call("Judge.", false)).await.unwrap();
    assert_eq!(reply.service_tier.as_deref(), Some("flex"));
}

#[tokio::test]
async fn without_capacity_and_time_the_call_is_made_at_the_usual_tier() {
    let mock = Mock::start().await;
    mock.settings(json!({"flex": ["mock-judge"], "faults": [{"fault": "no_capacity"}]}))
        .await;
    let mut desk = desk(priced(&mock), LONG);
    // Time for one request there, and not for another after a pause.
    desk.time_left = Duration::from_secs(10 + 31);
    let reply = desk.ask(&call("Judge.", false)).await.unwrap();
    assert_eq!(tiers(&mock).await, [json!("flex"), Value::Null]);
    assert_eq!(desk.tried(), ["a@flex:no_capacity", "a:replied"]);
    assert_eq!(reply.service_tier, None);
}

#[tokio::test]
async fn a_short_deadline_is_met_at_the_usual_tier() {
    let mock = Mock::start().await;
    mock.settings(json!({"flex": ["mock-judge"]})).await;
    let mut desk = desk(priced(&mock), LONG);
    desk.time_left = Duration::from_secs(10 + 29);
    let reply = desk.ask(&call("Judge.", false)).await.unwrap();
    assert_eq!(tiers(&mock).await, [Value::Null]);
    assert_eq!(reply.service_tier, None);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_at_the_tier_is_bought_at_the_usual_one() {
    let mock = Mock::start().await;
    mock.settings(json!({"flex": ["mock-judge"], "faults": [{"fault": "hang", "times": 1}]}))
        .await;
    let desk = desk(priced(&mock), Duration::from_millis(300));
    desk.ask(&call("Judge.", false)).await.unwrap();
    assert_eq!(desk.tried(), ["a@flex:timed_out", "a:replied"]);
}

#[tokio::test]
async fn who_does_not_take_a_tier_is_asked_without_it_from_then_on() {
    let mock = Mock::start().await;
    mock.rule(json!({"fault": "refuse", "parameters": ["service_tier"], "style": "openai"}))
        .await;
    let desk = desk(priced(&mock), LONG);
    for _ in 0..2 {
        let reply = desk.ask(&call("Judge.", false)).await.unwrap();
        assert_eq!(reply.service_tier, None);
        assert!(reply.usage.cost_nano_usd.is_some(), "at the usual price");
    }
    assert_eq!(
        tiers(&mock).await,
        [json!("flex"), Value::Null, Value::Null]
    );
}
