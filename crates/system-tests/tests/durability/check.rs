//! A rubric version is checked before its use: judged by workers, whoever dies, and nothing else changes.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::studies::{ended, paid, record};
use crate::support::{System, quick};

/// What only the second version tells its judge.
const STRICT: &str = "Nothing that is weak may pass.";

fn rubric(description: &str) -> Value {
    json!({"description": description, "pass_threshold": 0.5,
        "criteria": [{"name": "merit", "scale": {"type": "numeric", "min": 1, "max": 5}}]})
}

fn says(score: u32) -> String {
    json!({"criteria": {"merit": {"rationale": "So.", "evidence": [], "score": score}}, "summary": "So."})
        .to_string()
}

/// Version 1 passes everything, version 2 only what is strong; `held` never gets its answer.
fn judge(held: bool) -> Value {
    let mut rules = vec![
        json!({"fault": "reply", "contains": [STRICT, "A weak one"], "text": says(2)}),
        json!({"fault": "reply", "contains": [STRICT], "text": says(5)}),
        json!({"fault": "reply", "text": says(4)}),
    ];
    if held {
        rules.insert(1, json!({"fault": "hang", "contains": [STRICT]}));
    }
    json!({"faults": rules})
}

async fn stored(system: &System, description: &str) -> Result<()> {
    system.put_rubric("checked", &rubric(description)).await
}

#[tokio::test]
async fn a_check_outlives_who_works_on_it_and_changes_nothing_else() -> Result<()> {
    let system = System::start(quick()).await?;
    system.mock_is(judge(true)).await?;
    stored(&system, "The first.").await?;
    let mut weak = Vec::new();
    for (text, score) in [("weak", 0.25), ("strong", 1.0)] {
        for number in 0..3 {
            let payload =
                json!({"output": format!("A {text} one, number {number}."), "rubric": "checked"});
            let id = system.post_payload(&payload).await?;
            system.judged(&id).await?;
            let url = format!("{}/v1/evaluations/{id}/labels", system.status_url());
            let label = json!({"rater": "ann", "score": score});
            let answer = system.http().post(url).json(&label).send().await?;
            assert_eq!(answer.status(), 201);
            if text == "weak" {
                weak.push(id);
            }
        }
    }
    // Of another rubric; what this judge says does not fit it.
    let other = system.post("Not labelled, of another rubric.").await?;
    system.ended(&other).await?;
    stored(&system, STRICT).await?;
    let before = record(&system, "checked").await?;
    let requests = system.mock_count("requests").await?;

    // What it would take is what judging them took.
    let (status, preview) = system.ask("/v1/rubrics/checked/check?dry_run=true").await?;
    assert_eq!(status, 200, "{preview}");
    assert_eq!(preview["rubric"], "checked@2");
    assert_eq!(preview["against"], "checked@1");
    assert_eq!(preview["sample"]["chosen"], 6);
    assert_eq!(preview["evaluations"], 6, "{preview}");
    assert_eq!(preview["estimate"]["calls"], 6);
    assert!(preview["estimate"]["input_tokens"].as_u64() > Some(1000));
    assert_eq!(system.mock_count("requests").await?, requests);

    let (status, check) = system.ask("/v1/rubrics/checked/check").await?;
    assert_eq!(status, 202, "{check}");
    let id = check["id"].as_str().context("an id")?.to_owned();
    let path = format!("/v1/rubrics/checked@2/checks/{id}");
    ended(&system, &path, 3).await?;
    system.mock_reaches("in_flight", 3).await?;
    system.kill_worker(0).await?;
    system.status()[0].kill().await?;
    system.mock_is(judge(false)).await?;
    system.status()[0].start_again()?;
    system.status()[0].wait_ready().await?;
    // Whoever lost the answer asks again, and has it.
    let (status, again) = system.ask("/v1/rubrics/checked/check").await?;
    assert_eq!((status, again["id"].as_str()), (200, Some(&*id)));
    system.start_worker().await?;
    let check = ended(&system, &path, 6).await?;
    assert_eq!(check["status"], "finished", "{check}");
    assert_eq!(check["coverage"]["compared"], 6);
    assert_eq!(check["judging"]["total"], 6);
    assert_eq!(check["judging"]["usage"]["calls"], 6);
    let flips = check["flips"].as_array().context("flips")?;
    assert_eq!(flips.len(), 1, "{check}");
    assert_eq!(flips[0]["from"], "passed");
    assert_eq!(flips[0]["to"], "failed");
    let cases = flips[0]["cases"].as_array().context("cases")?;
    let mut flipped: Vec<_> = cases.iter().filter_map(|it| it["id"].as_str()).collect();
    flipped.reverse();
    assert_eq!(flipped, weak);
    assert_eq!(check["before"]["accuracy"]["value"], 0.5, "{check}");
    assert_eq!(check["after"]["accuracy"]["value"], 1.0, "{check}");
    assert_eq!(check["accuracy_change"]["value"], 0.5, "{check}");
    // From 0.75 to 0.25 and to 1: half of each.
    assert_eq!(check["score_change"]["value"], -0.125, "{check}");
    let (low, high) = (
        &check["score_change"]["low"],
        &check["score_change"]["high"],
    );
    assert!(low.as_f64() < Some(-0.125) && high.as_f64() > Some(-0.125));
    let of_criterion: Value = system.api.get(&format!("{path}?criterion=merit")).await?;
    assert_eq!(of_criterion["coverage"]["compared"], 6);
    assert_eq!(of_criterion["after"]["n"], 0, "nobody labelled it");

    // None was paid for twice: what hung when the worker died is asked again, and nothing else.
    assert_eq!(system.mock_count("requests").await?, requests + 6 + 3);
    assert_eq!(paid(&system).await?, 6);
    assert_eq!(record(&system, "checked").await?, before);
    // By the version that judged them nothing is left to judge.
    let path = "/v1/rubrics/checked@1/check?dry_run=true";
    let (_, preview) = system.ask(path).await?;
    assert_eq!(
        (&preview["evaluations"], &preview["against"]),
        (&json!(0), &json!("judged"))
    );
    Ok(())
}

#[tokio::test]
async fn a_check_goes_on_until_what_others_had_judged_has_ended() -> Result<()> {
    let system = System::start(quick()).await?;
    stored(&system, STRICT).await?;
    system.mock_is(judge(true)).await?;
    let payload = json!({"output": "A slow one.", "rubric": "checked"});
    let id = system.post_payload(&payload).await?;
    let url = format!("{}/v1/evaluations/{id}/labels", system.status_url());
    let label = json!({"rater": "ann", "score": 1.0});
    let answer = system.http().post(url).json(&label).send().await?;
    assert_eq!(answer.status(), 201);
    let (_, check) = system.ask("/v1/rubrics/checked/check").await?;
    assert_eq!(check["judging"]["total"], 0, "it is judged as it is");
    assert_eq!(check["status"], "running", "{check}");
    system.ask(&format!("/v1/evaluations/{id}/cancel")).await?;
    let study = check["id"].as_str().context("an id")?;
    let path = format!("/v1/rubrics/checked/checks/{study}");
    let check: Value = system.api.get(&path).await?;
    assert_eq!(check["status"], "finished", "{check}");
    Ok(())
}

#[tokio::test]
async fn a_check_that_cannot_be_meant_is_refused() -> Result<()> {
    let system = System::start(quick().workers(0)).await?;
    stored(&system, "The first.").await?;
    for (path, expected) in [
        ("checked/check", 422),
        ("unknown/check", 404),
        ("checked@2/check", 404),
        ("checked/check?against=1", 400),
        ("checked/check?against=other@1", 400),
        ("checked/check?against=7", 400),
        ("checked/check?sample=0", 400),
        ("checked/check?sample=201", 400),
        ("checked/check?labelled=false", 400),
        ("checked/check?rubric=other", 400),
        ("checked/check?agianst=judged", 400),
    ] {
        let (status, answer) = system.ask(&format!("/v1/rubrics/{path}")).await?;
        assert_eq!(status, expected, "{path}: {answer}");
    }
    let none = "/v1/rubrics/checked/checks/00000000-0000-8000-8000-000000000000";
    let answer = system.api.status_get(none).send().await?;
    assert_eq!(answer.status(), 404);
    Ok(())
}
