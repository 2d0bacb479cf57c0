//! One judge: direct scoring and chain of thought.

use anyhow::Result;
use serde_json::json;

use crate::ask::{ended, judged, one_criterion, post, replies, says, steps};
use crate::support::{System, quick};

#[tokio::test]
async fn samples_are_averaged_with_their_spread() -> Result<()> {
    let system = System::start(quick()).await?;
    let texts = [2, 3, 4].map(says);
    system
        .mock_is(json!({"faults": [{"fault": "reply", "texts": texts}]}))
        .await?;
    let request = json!({"output": "Something.", "rubric": one_criterion(), "samples": 3});
    let evaluation = judged(&system, &request).await?;
    let assessment = &evaluation["assessment"];
    assert_eq!(assessment["score"], 0.5);
    assert_eq!(assessment["uncertainty"]["samples"], 3);
    assert_eq!(assessment["uncertainty"]["std"], 0.25);
    assert_eq!(assessment["judges"].as_array().unwrap().len(), 3);
    assert_eq!(evaluation["usage"]["calls"], 3);
    assert_eq!(evaluation["progress"]["total"], 3);
    // Three replies, which are the choices of one request.
    assert_eq!(system.mock_count("requests").await?, 1);
    Ok(())
}

#[tokio::test]
async fn each_criterion_may_have_a_call_of_its_own() -> Result<()> {
    let system = System::start(quick()).await?;
    let request = json!({
        "output": "def median(xs): return sorted(xs)[len(xs) // 2]",
        "rubric": {"criteria": [{"name": "right"}, {"name": "clear"}, {"name": "safe", "scale": {"type": "boolean"}}]},
        "strategy": {"kind": "direct", "per_criterion": true},
    });
    let evaluation = judged(&system, &request).await?;
    assert_eq!(evaluation["usage"]["calls"], 3);
    let names: Vec<_> = evaluation["assessment"]["criteria"]
        .as_array()
        .unwrap()
        .iter()
        .map(|criterion| criterion["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["right", "clear", "safe"]);
    Ok(())
}

#[tokio::test]
async fn scores_are_weighed_by_token_probabilities_where_they_are_there() -> Result<()> {
    let system = System::start(quick()).await?;
    let alternatives = json!({"4": {"4": 0.5, "5": 0.25, "3": 0.25}, "2": {"2": 0.5, "1": 0.5}});
    let probable =
        |score| json!({"fault": "reply", "text": says(score), "alternatives": alternatives});
    for (score, expected) in [(4, 4.0), (2, 1.5)] {
        system.mock_is(json!({"faults": [probable(score)]})).await?;
        let request = json!({"output": format!("Something worth {score}."), "rubric": one_criterion(),
            "strategy": {"kind": "direct", "logprobs": true}});
        let evaluation = judged(&system, &request).await?;
        let criterion = &evaluation["assessment"]["criteria"][0];
        assert_eq!(criterion["weighed"], true, "{evaluation}");
        let weighed = criterion["score"].as_f64().unwrap();
        assert!((weighed - expected).abs() < 1e-6, "{weighed}");
    }
    // A reply without probabilities: the score stands, and is not passed off as a weighed one.
    system.mock_is(json!({"faults": [{"fault": "status", "status": 200, "body": json!({
        "object": "chat.completion", "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": says(3)}}],
    }).to_string()}]})).await?;
    let request = json!({"output": "Something else.", "rubric": one_criterion(),
        "strategy": {"kind": "direct", "logprobs": true}});
    let evaluation = judged(&system, &request).await?;
    assert_eq!(evaluation["assessment"]["criteria"][0]["score"], 3.0);
    let flags = evaluation["assessment"]["flags"].to_string();
    assert!(flags.contains("logprobs_missing"), "{flags}");
    Ok(())
}

#[tokio::test]
async fn steps_are_made_once_for_a_rubric_version_and_a_model() -> Result<()> {
    let system = System::start(quick().workers(2)).await?;
    let mut ids = Vec::new();
    for n in 0..12 {
        let request = json!({"output": format!("Candidate {n}."), "strategy": "cot", "rubric": "general-quality@1"});
        ids.push(post(&system, &request).await?);
    }
    for id in &ids {
        let evaluation = system.judged(id).await?;
        assert_eq!(evaluation["strategy"], "cot");
        assert_eq!(evaluation["assessment"]["prompt_version"], "cot-3");
    }
    let made = |steps: &[String]| steps.iter().filter(|step| *step == "steps").count();
    let calls = steps(&system).await?;
    assert_eq!((made(&calls), calls.len()), (1, 13), "{calls:?}");
    let request = json!({"output": "Candidate 0.", "strategy": "cot", "rubric": "general-quality@1", "model": "another"});
    judged(&system, &request).await?;
    assert_eq!(
        made(&steps(&system).await?),
        2,
        "another model makes its own"
    );
    Ok(())
}

#[tokio::test]
async fn a_rubrics_own_steps_are_gone_through() -> Result<()> {
    let system = System::start(quick()).await?;
    let mut rubric = one_criterion();
    rubric["steps"] = json!(["Count the words.", "Weigh each of them."]);
    let request = json!({"output": "Three short words.", "strategy": "cot", "rubric": rubric});
    judged(&system, &request).await?;
    assert_eq!(steps(&system).await?, ["judge"]);
    Ok(())
}

#[tokio::test]
async fn steps_that_cannot_be_had_leave_it_unscorable_and_a_second_run_tries_again() -> Result<()> {
    let system = System::start(quick()).await?;
    let garbage = json!({"fault": "reply", "text": "Let me think.", "times": 2});
    system
        .mock_is(json!({"faults": [garbage, replies("gpt-4o", &says(4))]}))
        .await?;
    let request = json!({"output": "Anything.", "strategy": "cot", "rubric": one_criterion()});
    let evaluation = ended(&system, &request).await?;
    assert_eq!(evaluation["assessment"]["outcome"], "unscorable");
    assert_eq!(evaluation["assessment"]["reason"], "unreadable_reply");
    assert!(evaluation["assessment"]["score"].is_null());
    assert_eq!(steps(&system).await?, ["steps", "steps/repair"]);

    let said =
        json!({"fault": "reply", "text": r#"{"steps": ["Read it.", "Weigh it."]}"#, "times": 1});
    system
        .mock_is(json!({"faults": [said, replies("gpt-4o", &says(4))]}))
        .await?;
    let id = evaluation["id"].as_str().unwrap();
    assert_eq!(system.api.transition(id, "retry").await?.0, 202);
    let evaluation = system.judged(id).await?;
    assert_eq!(evaluation["assessment"]["score"], 0.75);
    assert_eq!(
        steps(&system).await?,
        ["steps", "steps/repair", "steps", "judge"]
    );
    Ok(())
}
