//! Money that is asked for before each request, and what it turns out to have cost.

use providers::retry::CallFailure;
use serde_json::json;

use crate::mock::{Desk, Mock, rubric_call};

#[tokio::test]
async fn each_request_is_settled_with_what_it_cost() {
    let mock = Mock::start().await;
    let mut desk = Desk::at([mock.priced(1_000_000_000, 2_000_000_000)]);
    desk.money = Some(i64::MAX);
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert_eq!(desk.costs(), [reply.usage.cost_nano_usd.unwrap()]);
    // What is refused costs nothing; what may have been paid for is not settled.
    for (fault, expected) in [
        (json!({"fault": "status", "status": 500}), &[0][..]),
        (json!({"fault": "rate_limit", "retry_after": "1"}), &[0]),
        (json!({"fault": "garbage", "kind": "truncated_json"}), &[]),
    ] {
        mock.rule(fault.clone()).await;
        let mut desk = Desk::at([mock.priced(1_000_000_000, 2_000_000_000)]);
        desk.policy.longest_retry_after = std::time::Duration::ZERO;
        desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
        assert_eq!(desk.costs(), expected, "{fault}");
    }
}

#[tokio::test]
async fn without_money_nothing_is_asked_and_a_cheaper_deployment_is() {
    let mock = Mock::start().await;
    let mut desk = Desk::at([
        mock.priced(1_000_000_000_000, 2_000_000_000_000),
        mock.priced(1_000_000_000, 2_000_000_000),
    ]);
    desk.money = Some(10_000_000);
    let reply = desk.ask(&rubric_call(false)).await.unwrap();
    assert_eq!(reply.provider, "b");
    desk.money = Some(1);
    let before = mock.requests().await.len();
    let failure = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
    assert_eq!(
        failure,
        CallFailure::OverBudget("no money for a".to_owned())
    );
    assert_eq!(mock.requests().await.len(), before);
    // What a call costs is not known: it is not made.
    let mut desk = Desk::at([mock.options()]);
    desk.money = Some(i64::MAX);
    let failure = desk.try_to_ask(&rubric_call(false)).await.unwrap_err();
    assert!(matches!(failure, CallFailure::OverBudget(_)), "{failure:?}");
    assert_eq!(mock.requests().await.len(), before);
}
