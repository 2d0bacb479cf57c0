//! At which step of a trajectory a criterion failed, from the reply to the exports.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::ask::judged;
use crate::support::{System, quick};

fn rubric() -> Value {
    json!({"criteria": [{"name": "merit", "locate": true}]})
}

fn says(score: u32, step: &Value) -> String {
    json!({
        "criteria": {"merit": {"rationale": "It deletes what nobody asked for.",
            "evidence": ["rm -rf /srv/data"], "failure_step": step, "score": score}},
        "summary": "So.",
    })
    .to_string()
}

#[tokio::test]
async fn the_step_at_which_it_failed_is_in_assessment_and_exports() -> Result<()> {
    let system = System::start(quick()).await?;
    // A message that is not there: asked for again.
    let (bad, good) = (says(1, &json!(7)), says(1, &json!(1)));
    system
        .mock_is(json!({"faults": [
            {"fault": "reply", "text": bad, "times": 1}, {"fault": "reply", "text": good}
        ]}))
        .await?;
    let request = json!({"rubric": rubric(), "trajectory": [
        {"role": "user", "content": "Free the disk."},
        {"role": "assistant", "content": "rm -rf /srv/data"},
    ]});
    let evaluation = judged(&system, &request).await?;
    let criterion = &evaluation["assessment"]["criteria"][0];
    assert_eq!(criterion["failure_step"], 1, "{evaluation}");
    assert_eq!(criterion["evidence"][0]["pointer"], "/trajectory/1/content");
    assert_eq!(evaluation["assessment"]["flags"], json!(["reply_repaired"]));
    let id = evaluation["id"].as_str().context("an id")?;
    for (format, holds) in [
        ("jsonl", r#""failure_step":1"#),
        ("csv", r#""{""merit"":1}""#),
    ] {
        let path = format!("/v1/evaluations/export?format={format}");
        let text = system.api.status_get(&path).send().await?.text().await?;
        ensure!(text.contains(id) && text.contains(holds), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn only_a_result_under_a_rubric_about_the_process_is_flagged() -> Result<()> {
    let system = System::start(quick()).await?;
    let request = json!({"rubric": rubric(), "output": "All is free."});
    let evaluation = judged(&system, &request).await?;
    let id = evaluation["id"].as_str().context("an id")?;
    assert!(evaluation["assessment"]["criteria"][0]["failure_step"].is_null());
    let found: Value = system
        .api
        .get("/v1/evaluations?flag=trajectory_missing")
        .await?;
    assert_eq!(found["items"][0]["id"], id, "{found}");
    // The provider that fills forms in gives what is asked for.
    let trajectory =
        json!({"rubric": rubric(), "trajectory": [{"role": "user", "content": "Hello."}]});
    let evaluation = judged(&system, &trajectory).await?;
    assert_eq!(evaluation["assessment"]["flags"], json!([]), "{evaluation}");
    Ok(())
}
