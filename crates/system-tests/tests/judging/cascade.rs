//! A cheap stage, and a dearer one where it is unsure.

use anyhow::{Result, ensure};
use local_stack::eventually;
use serde_json::{Value, json};

use crate::ask::{judged, one_criterion, post, replies, says, steps};
use crate::support::{SOON, System, quick};

fn cascade() -> Value {
    let mut rubric = one_criterion();
    rubric["pass_threshold"] = json!(0.7);
    json!({"output": "Something to judge.", "rubric": rubric, "strategy": {
        "kind": "cascade", "first": {"model": "small", "samples": 2}, "then": {"kind": "direct", "model": "large"}}})
}

async fn read(system: &System, path: &str) -> Result<Value> {
    let url = format!("{}/v1/evaluations/{path}", system.status_url());
    Ok(system.http().get(url).send().await?.json().await?)
}

#[tokio::test]
async fn the_dear_judge_is_asked_where_the_cheap_one_is_unsure() -> Result<()> {
    let system = System::start(quick()).await?;
    let rules = [replies("small", &says(4)), replies("large", &says(2))];
    system.mock_is(json!({"faults": rules})).await?;
    let evaluation = judged(&system, &cascade()).await?;
    let assessment = &evaluation["assessment"];
    assert_eq!(evaluation["strategy"], "cascade");
    assert_eq!(assessment["score"], 0.25);
    assert_eq!(assessment["passed"], false);
    assert_eq!(assessment["cascade"]["decided_by"], "then");
    assert_eq!(assessment["cascade"]["reason"], "interval");
    assert_eq!(assessment["model_used"], json!(["large", "small"]));
    let usage = &evaluation["usage"];
    let stages: Vec<_> = usage["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| {
            (
                stage["stage"].as_str().unwrap(),
                stage["calls"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(stages, [("first", 2), ("then", 1)]);
    let tokens = |stage: usize| usage["stages"][stage]["input_tokens"].as_u64().unwrap();
    assert_eq!(
        tokens(0) + tokens(1),
        usage["input_tokens"].as_u64().unwrap()
    );

    let id = evaluation["id"].as_str().unwrap();
    let timeline = read(&system, &format!("{id}/timeline")).await?;
    let events = timeline["events"].as_array().unwrap();
    let named: Vec<_> = events
        .iter()
        .filter(|event| event["kind"] == "call")
        .map(|event| event["detail"]["stage"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["first", "first", "then"]);
    let call = read(&system, &format!("{id}/calls/then%2Fjudge")).await?;
    assert_eq!(call["stage"], "then");
    assert!(
        call["prompt"].is_array(),
        "the prompt is made again: {call}"
    );
    Ok(())
}

#[tokio::test]
async fn a_sure_cheap_judge_is_enough() -> Result<()> {
    let system = System::start(quick()).await?;
    system
        .mock_is(json!({"faults": [replies("small", &says(1))]}))
        .await?;
    let evaluation = judged(&system, &cascade()).await?;
    let decision = &evaluation["assessment"]["cascade"];
    assert_eq!(
        (&decision["decided_by"], &decision["reason"]),
        (&json!("first"), &json!("sure"))
    );
    let asked = steps(&system).await?;
    assert!(
        asked.iter().all(|step| step.starts_with("first/")),
        "{asked:?}"
    );
    Ok(())
}

/// Killed while the second stage is asked: another worker decides between the stages as the first one did, from the same
/// replies, and buys nothing of the first stage again.
#[tokio::test]
async fn a_killed_cascade_escalates_once() -> Result<()> {
    let system = System::start(quick()).await?;
    let script = [
        json!({"fault": "reply", "model": "small", "text": says(4), "times": 1}),
        // A judge that were asked again would be sure of it.
        replies("small", &says(1)),
        json!({"fault": "hang", "model": "large", "times": 1}),
        replies("large", &says(5)),
    ];
    let mut request = cascade();
    request["strategy"]["first"]["samples"] = json!(1);
    system.mock_is(json!({"faults": script})).await?;
    let id = post(&system, &request).await?;
    eventually(SOON, async || {
        let committed = system.number("SELECT count(*) FROM replies").await?;
        let asked = steps(&system).await?;
        ensure!(
            committed == 1 && asked.iter().any(|step| step == "then/judge"),
            "{committed} committed, {asked:?} asked"
        );
        Ok(())
    })
    .await?;
    let evaluation = system.get(&id).await?;
    assert_eq!(evaluation["progress"]["step"], "second stage: judging");
    let stages = evaluation["usage"]["stages"].as_array().unwrap();
    assert_eq!(
        stages.len(),
        1,
        "only the first stage is paid for: {stages:?}"
    );
    system.kill_worker(0).await?;
    system.start_worker().await?;

    let evaluation = system.judged(&id).await?;
    let assessment = &evaluation["assessment"];
    assert_eq!(assessment["score"], 1.0);
    assert_eq!(assessment["cascade"]["reason"], "interval");
    assert_eq!(evaluation["usage"]["calls"], 2);
    let asked = steps(&system).await?;
    let of = |stage: &str| asked.iter().filter(|step| step.starts_with(stage)).count();
    assert_eq!(
        of("then/"),
        2,
        "the call under way is made again: {asked:?}"
    );
    assert_eq!(of("first/"), 1, "nothing of the first stage is: {asked:?}");
    Ok(())
}
