//! Several judges.

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::ask::{ended, judged, one_criterion, post, replies, says, steps};
use crate::support::{SOON, System, quick};

fn debate(options: &Value) -> Value {
    let mut strategy = json!({"kind": "debate", "models": ["a", "b"], "moderator": "chair"});
    for (key, value) in options.as_object().into_iter().flatten() {
        strategy[key] = value.clone();
    }
    json!({"output": "Something to argue about.", "rubric": one_criterion(), "strategy": strategy})
}

#[tokio::test]
async fn a_debate_without_agreement_goes_to_the_moderator() -> Result<()> {
    let system = System::start(quick()).await?;
    let rules = [
        replies("a", &says(1)),
        replies("b", &says(5)),
        replies("chair", &says(4)),
    ];
    system.mock_is(json!({"faults": rules})).await?;
    let evaluation = judged(&system, &debate(&json!({}))).await?;
    let assessment = &evaluation["assessment"];
    assert_eq!(assessment["score"], 0.75);
    assert_eq!(evaluation["usage"]["calls"], 7);
    assert_eq!(evaluation["progress"]["total"], 7);
    assert_eq!(evaluation["progress"]["completed"], 7);
    assert_eq!(assessment["model_used"], json!(["a", "b", "chair"]));
    let told: Vec<String> = assessment["judges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| {
            format!(
                "{} {} {}",
                word["role"].as_str().unwrap(),
                word["model"].as_str().unwrap(),
                word["round"]
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "debater a 0",
            "debater b 0",
            "debater a 1",
            "debater b 1",
            "debater a 2",
            "debater b 2",
            "moderator chair 2"
        ]
    );
    Ok(())
}

#[tokio::test]
async fn no_consensus_is_an_honest_end() -> Result<()> {
    let system = System::start(quick()).await?;
    let rules = [replies("a", &says(1)), replies("b", &says(5))];
    system.mock_is(json!({"faults": rules})).await?;
    let evaluation = ended(
        &system,
        &debate(&json!({"verdict": "consensus", "moderator": null, "rounds": 1})),
    )
    .await?;
    let assessment = &evaluation["assessment"];
    assert_eq!(evaluation["status"], "succeeded");
    assert_eq!(assessment["outcome"], "abstained");
    assert_eq!(assessment["reason"], "no_consensus");
    assert!(assessment["score"].is_null() && assessment["passed"].is_null());
    assert_eq!(assessment["judges"].as_array().unwrap().len(), 4);
    Ok(())
}

#[tokio::test]
async fn a_jury_does_without_a_juror_that_refuses() -> Result<()> {
    let system = System::start(quick()).await?;
    let rules = [
        replies("a", &says(2)),
        json!({"fault": "refusal", "model": "b"}),
        replies("c", &says(4)),
    ];
    system.mock_is(json!({"faults": rules})).await?;
    let request = json!({"output": "Anything.", "rubric": one_criterion(),
        "strategy": {"kind": "debate", "models": ["a", "b", "c"], "rounds": 0}});
    let evaluation = judged(&system, &request).await?;
    let assessment = &evaluation["assessment"];
    assert_eq!(assessment["score"], 0.5);
    assert!(assessment["flags"].to_string().contains("replies_unusable"));
    assert_eq!(assessment["uncertainty"]["samples"], 2);
    assert_eq!(assessment["uncertainty"]["unusable"], 1);
    Ok(())
}

/// Killed in the middle of a round, with one of its replies committed and one call under way: another worker
/// goes on with the round and buys nothing twice but that call.
#[tokio::test]
async fn a_killed_debate_goes_on_where_it_was() -> Result<()> {
    let system = System::start(quick()).await?;
    let once = |model: &str, score: u32| json!({"fault": "reply", "model": model, "text": says(score), "times": 1});
    let script = [
        once("a", 1),
        once("b", 5), // openings
        once("a", 2),
        json!({"fault": "hang", "model": "b", "times": 1}), // the first round, cut short
        replies("a", &says(3)),
        replies("b", &says(5)),
        replies("chair", &says(4)),
    ];
    system.mock_is(json!({"faults": script})).await?;
    let id = post(&system, &debate(&json!({}))).await?;
    eventually(SOON, async || {
        let committed = system.number("SELECT count(*) FROM replies").await?;
        let asked = system.mock_count("requests").await?;
        ensure!(
            (committed, asked) == (3, 4),
            "{committed} committed, {asked} asked"
        );
        Ok(())
    })
    .await?;
    let evaluation = system.get(&id).await?;
    assert_eq!(evaluation["progress"]["step"], "round 1 of 2");
    system.kill_worker(0).await?;
    system.start_worker().await?;

    let evaluation = system.judged(&id).await?;
    assert_eq!(evaluation["assessment"]["score"], 0.75);
    assert_eq!(evaluation["attempts"], 2);
    let mut calls = steps(&system).await?;
    calls.sort();
    assert_eq!(
        calls,
        [
            "moderator",
            "opening/1",
            "opening/2",
            "round-1/1",
            "round-1/2",
            "round-1/2",
            "round-2/1",
            "round-2/2"
        ]
    );
    // What the first worker paid for is in the result.
    let scores: Vec<f64> = evaluation["assessment"]["judges"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|word| word["score"].as_f64())
        .collect();
    assert_eq!(scores, [0.0, 1.0, 0.25, 1.0, 0.5, 1.0, 0.75]);
    Ok(())
}
