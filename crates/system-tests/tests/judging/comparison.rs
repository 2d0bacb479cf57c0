//! Two candidates, under each strategy.

use anyhow::Result;
use serde_json::{Value, json};

use crate::ask::{judged, one_criterion, steps};
use crate::support::{System, quick};

const GOOD: &str = "def median(xs):\n    xs = sorted(xs)\n    half = len(xs) // 2\n    return xs[half] if len(xs) % 2 else (xs[half - 1] + xs[half]) / 2\n";
const BAD: &str = "def median(xs):\n    # TODO: not implemented\n    raise NotImplementedError\n";

fn pair(first: &str, second: &str, strategy: &Value) -> Value {
    json!({"input": "Write a median function.", "rubric": one_criterion(), "strategy": strategy,
        "outputs": [{"id": "one", "text": first}, {"id": "two", "text": second}]})
}

#[tokio::test]
async fn the_better_one_wins_wherever_it_stands_under_every_strategy() -> Result<()> {
    let system = System::start(quick()).await?;
    for strategy in [
        json!("direct"),
        json!("cot"),
        json!({"kind": "debate", "models": ["a", "b"]}),
        json!({"kind": "debate", "models": ["a", "b", "c"], "rounds": 0}),
    ] {
        for (first, second, winner) in [(GOOD, BAD, "first"), (BAD, GOOD, "second")] {
            let evaluation = judged(&system, &pair(first, second, &strategy)).await?;
            let assessment = &evaluation["assessment"];
            assert_eq!(
                assessment["preference"]["winner"], winner,
                "{strategy}: {evaluation}"
            );
            assert_eq!(assessment["preference"]["order_dependent"], false);
            assert!(assessment["score"].is_null() && assessment["passed"].is_null());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_judge_that_always_takes_the_first_is_found_out() -> Result<()> {
    let system = System::start(quick()).await?;
    let says = json!({"criteria": {"merit": {"rationale": "A it is.", "evidence": [], "better": "A"}}, "summary": "A."});
    system
        .mock_is(json!({"faults": [{"fault": "reply", "text": says.to_string()}]}))
        .await?;
    let evaluation = judged(&system, &pair(GOOD, BAD, &json!("direct"))).await?;
    let assessment = &evaluation["assessment"];
    assert_eq!(
        assessment["preference"],
        json!({"winner": "tie", "winner_id": null, "probability_first": 0.5, "order_dependent": true})
    );
    assert!(assessment["flags"].to_string().contains("order_dependent"));
    let mut calls = steps(&system).await?;
    calls.sort();
    assert_eq!(calls, ["judge", "swapped/judge"]);
    let one_order = json!({"kind": "direct", "swap": false});
    let evaluation = judged(&system, &pair(GOOD, BAD, &one_order)).await?;
    let preference = &evaluation["assessment"]["preference"];
    assert_eq!(preference["winner"], "first");
    assert!(preference["order_dependent"].is_null());
    Ok(())
}
